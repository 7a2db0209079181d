"""Content of messages and of tool outputs: the parts of a Responses request as parts of a chat."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway.dialects.reading import Lost, Thing, bad, filled, not_carried, text, thing, things

Part = dict[str, object]
Content = str | list[Part]

_ELSEWHERE = (
    "The model that serves this request has no file storage: send the content itself, as a data URL or base64, instead of a file id."
)
_BY_URL = "The model that serves this request does not fetch files: send the content itself as `file_data` instead of `file_url`."
_UNKNOWN = "This kind of content part has no counterpart at the model that serves this request. Use text, images or files."


def content_of(value: object, param: str, lost: Lost) -> Content:
    """A string, or a list of parts; a single part that is text becomes a string, which every engine takes. Raises `BadRequest`."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise bad(param, "a string or a list of parts")
    return plain(parts_of(value, param, lost))


def parts_of(value: object, param: str, lost: Lost) -> list[Part]:
    """The parts of a list. Raises `BadRequest`."""
    return [_part(part, place, lost) for place, part in things(value, param)]


def plain(parts: list[Part]) -> Content:
    """The parts, or their text where they are one text."""
    if len(parts) == 1 and parts[0]["type"] == "text":
        return str(parts[0]["text"])
    return parts


def as_parts(content: Content) -> list[Part]:
    """The same as a list of parts."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _part(part: Thing, param: str, lost: Lost) -> Part:
    kind = filled(part.get("type"), f"{param}.type")
    row = _PARTS.get(kind)
    if row is None:
        raise not_carried(f"{param}.type", _UNKNOWN)
    known, made = row
    lost.rest(part, known, "input[].content[]")
    return made(part, param)


def _text(part: Thing, param: str) -> Part:
    return {"type": "text", "text": text(part.get("text"), f"{param}.text")}


def _refusal(part: Thing, param: str) -> Part:
    return {"type": "refusal", "refusal": text(part.get("refusal"), f"{param}.refusal")}


def _image(part: Thing, param: str) -> Part:
    if part.get("image_url") is None and part.get("file_id") is not None:
        raise not_carried(f"{param}.file_id", _ELSEWHERE)
    image: dict[str, object] = {"url": filled(part.get("image_url"), f"{param}.image_url")}
    if part.get("detail") is not None:
        image["detail"] = part["detail"]
    return {"type": "image_url", "image_url": image}


def _file(part: Thing, param: str) -> Part:
    file_data = part.get("file_data")
    if file_data is None and part.get("file_id") is not None:
        raise not_carried(f"{param}.file_id", _ELSEWHERE)
    if file_data is None and part.get("file_url") is not None:
        raise not_carried(f"{param}.file_url", _BY_URL)
    file: dict[str, object] = {"file_data": filled(file_data, f"{param}.file_data")}
    if part.get("filename") is not None:
        file["filename"] = part["filename"]
    return {"type": "file", "file": file}


def _audio(part: Thing, param: str) -> Part:
    return {"type": "input_audio", "input_audio": dict(thing(part.get("input_audio"), f"{param}.input_audio"))}


_PARTS: Mapping[str, tuple[frozenset[str], Callable[[Thing, str], Part]]] = MappingProxyType(
    {
        "input_text": (frozenset({"type", "text"}), _text),
        "output_text": (frozenset({"type", "text", "logprobs"}), _text),
        "text": (frozenset({"type", "text"}), _text),
        "refusal": (frozenset({"type", "refusal"}), _refusal),
        "input_image": (frozenset({"type", "image_url", "detail"}), _image),
        "input_file": (frozenset({"type", "file_data", "filename"}), _file),
        "input_audio": (frozenset({"type", "input_audio"}), _audio),
    }
)
"""By the type of a part: the members that are carried, or say nothing to a model, and who carries them."""
