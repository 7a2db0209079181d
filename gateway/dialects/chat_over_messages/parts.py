"""Parts of a chat's messages, as blocks of the Messages API."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping

from gateway.dialects.reading import Lost, Thing, bad, not_carried, text, thing

Block = dict[str, object]
_CALLED: Mapping[str, str] = {"image/jpg": "image/jpeg"}
"""Types by names that callers use, and the API does not know."""
_DATA = re.compile(r"data:([\w.+/-]{1,100})(?:;[\w.=+-]{1,60}){0,3};base64,(.*)", re.DOTALL | re.ASCII)


def block(part: Thing, at: str, lost: Lost) -> Block | None:
    """One part as a block; None for one that says nothing. Raises `BadRequest`."""
    kind = part.get("type")
    read = _KINDS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise not_carried(f"{at}.type", "This model takes text, pictures and files only. Leave other parts out, or ask for another model.")
    made = read(part, at, lost)
    if made is None or part.get("cache_control") is None:
        return made
    return {**made, "cache_control": part["cache_control"]}


def _text(part: Thing, at: str, lost: Lost) -> Block | None:
    lost.rest(part, {"type", "text", "cache_control"}, "messages[].content[]")
    said = text(part.get("text"), f"{at}.text")
    return {"type": "text", "text": said} if said.strip() else None


def _refusal(part: Thing, at: str, _lost: Lost) -> Block | None:
    said = text(part.get("refusal"), f"{at}.refusal")
    return {"type": "text", "text": said} if said.strip() else None


def _image(part: Thing, at: str, lost: Lost) -> Block:
    image = thing(part.get("image_url"), f"{at}.image_url")
    lost.rest(image, {"url"}, "messages[].content[].image_url")
    url = text(image.get("url"), f"{at}.image_url.url")
    return {"type": "image", "source": _source(url, f"{at}.image_url.url")}


def _source(url: str, at: str) -> Block:
    known = _DATA.fullmatch(url)
    if known is not None:
        return {"type": "base64", "media_type": _CALLED.get(known[1], known[1]), "data": known[2]}
    if not url.startswith(("https://", "http://")):
        raise bad(at, "an address that begins with https://, or a data URL in base64")
    return {"type": "url", "url": url}


def _file(part: Thing, at: str, lost: Lost) -> Block:
    file = thing(part.get("file"), f"{at}.file")
    if file.get("file_data") is None:
        raise not_carried(f"{at}.file.file_id", "Files kept elsewhere cannot be sent to this model. Send `file_data`.")
    lost.rest(file, {"file_data", "filename"}, "messages[].content[].file")
    known = _DATA.fullmatch(text(file["file_data"], f"{at}.file.file_data"))
    if known is None:
        raise bad(f"{at}.file.file_data", "a data URL in base64")
    named = {} if file.get("filename") is None else {"title": text(file["filename"], f"{at}.file.filename")}
    if known[1].startswith("text/"):
        source = {"type": "text", "media_type": "text/plain", "data": _words(known[2], f"{at}.file.file_data")}
    else:
        source = {"type": "base64", "media_type": known[1], "data": known[2]}
    return {"type": "document", "source": source, **named}


def _words(data: str, at: str) -> str:
    """A file of words as such: in base64 the API takes PDF only."""
    try:
        return b64decode(data, validate=True).decode()
    except ValueError:
        raise bad(at, "a data URL in base64, of text in UTF-8") from None


_KINDS: Mapping[str, Callable[[Thing, str, Lost], Block | None]] = {
    "text": _text,
    "refusal": _refusal,
    "image_url": _image,
    "file": _file,
}
