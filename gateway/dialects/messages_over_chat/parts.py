"""What users and tools say: Anthropic's content blocks as the content parts of a chat."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from gateway.dialects.reading import Lost, Thing, bad, not_carried, text, thing, things

Part: TypeAlias = dict[str, object]
_Read: TypeAlias = Callable[[Thing, str, Lost], list[Part]]
_FILE = "Files that are kept at Anthropic cannot be read by this model. Send the content itself, or ask for one of Anthropic's models."
_ELSEWHERE = "This model's API takes no documents by URL. Send the content itself, or ask for one of Anthropic's models."
_UNKNOWN = "This kind of content block cannot be put to this model. Leave it out, or ask for one of Anthropic's models."


def blocks(content: object, at: str) -> list[tuple[str, Thing]]:
    """The blocks of a content, each with its place; a string is one block of text. Raises `BadRequest`."""
    if isinstance(content, str):
        return [(at, {"type": "text", "text": content})]
    if not isinstance(content, list):
        raise bad(at, "a string or a list of content blocks")
    return things(content, at)


def parts(content: Iterable[tuple[str, Thing]], lost: Lost) -> list[Part]:
    """The parts that blocks become, in their order. Raises `BadRequest`."""
    return [part for at, block in content for part in _part(block, at, lost)]


def content_of(said: list[Part]) -> str | list[Part]:
    """Parts as a message's content: a single text is a plain string, which every engine and template takes."""
    return text_of(said[0]) if len(said) == 1 and is_text(said[0]) else said


def is_text(part: Part) -> bool:
    """Whether a part is text."""
    return part["type"] == "text"


def text_of(part: Part) -> str:
    """The text of a part of text."""
    return str(part["text"])


def worded(said: str) -> Part:
    """A part of text."""
    return {"type": "text", "text": said}


def _part(block: Thing, at: str, lost: Lost) -> list[Part]:
    kind = text(block.get("type"), f"{at}.type")
    if kind not in _KINDS:
        raise not_carried(at, _UNKNOWN)
    read, carried = _KINDS[kind]
    lost.rest(block, carried, at)
    return read(block, at, lost)


def _text(block: Thing, at: str, _lost: Lost) -> list[Part]:
    return [worded(text(block.get("text"), f"{at}.text"))]


def _image(block: Thing, at: str, _lost: Lost) -> list[Part]:
    at += ".source"
    source = thing(block.get("source"), at)
    if source.get("type") == "file":
        raise not_carried(at, _FILE)
    if source.get("type") == "url":
        url = text(source.get("url"), f"{at}.url")
    elif source.get("type") == "base64":
        url = _inline(source, at)
    else:
        raise bad(f"{at}.type", "`base64`, `url` or `file`")
    return [{"type": "image_url", "image_url": {"url": url}}]


def _inline(source: Thing, at: str) -> str:
    return f"data:{text(source.get('media_type'), f'{at}.media_type')};base64,{text(source.get('data'), f'{at}.data')}"


def _document(block: Thing, at: str, lost: Lost) -> list[Part]:
    title, context = (None if block.get(name) is None else text(block[name], f"{at}.{name}") for name in ("title", "context"))
    at += ".source"
    source = thing(block.get("source"), at)
    kind = source.get("type")
    if kind in ("url", "file"):
        raise not_carried(at, _ELSEWHERE if kind == "url" else _FILE)
    before = "\n\n".join(said for said in (title, context) if said)
    if kind == "text":
        data = text(source.get("data"), f"{at}.data")
        return [worded(f"{before}\n\n{data}" if before else data)]
    opening = [worded(before)] if before else []
    if kind == "content":
        return opening + parts(blocks(source.get("content"), f"{at}.content"), lost)
    if kind == "base64":
        return [*opening, {"type": "file", "file": {"filename": title or "document.pdf", "file_data": _inline(source, at)}}]
    raise bad(f"{at}.type", "`base64`, `text`, `content`, `url` or `file`")


def _search_result(block: Thing, at: str, lost: Lost) -> list[Part]:
    head = [text(block.get(name), f"{at}.{name}") for name in ("title", "source")]
    said = parts(blocks(block.get("content"), f"{at}.content"), lost)
    return [worded("\n".join(head)), *said]


def _tool_reference(block: Thing, at: str, _lost: Lost) -> list[Part]:
    """A tool that a search has found. A chat has all its tools at hand, so its name is enough."""
    return [worded(text(block.get("tool_name"), f"{at}.tool_name"))]


_KINDS: Mapping[str, tuple[_Read, frozenset[str]]] = {
    "text": (_text, frozenset({"type", "text"})),
    "image": (_image, frozenset({"type", "source"})),
    "document": (_document, frozenset({"type", "source", "title", "context"})),
    "search_result": (_search_result, frozenset({"type", "source", "title", "content"})),
    "tool_reference": (_tool_reference, frozenset({"type", "tool_name"})),
}
"""How each kind of block is read, and which of its members are carried."""
