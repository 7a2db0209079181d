"""`spliced`: the caller's own bytes with another `model` (and `stream_options`), every other byte untouched."""

import re

import msgspec

from gateway.wire.outline import Outline

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]')
_MODEL = re.compile(rb'"model"\s*+:\s*+("(?:[^"\\]|\\.)*+")')
_FIRST = re.compile(rb"\s*+\{\s*+" + _MODEL.pattern)
"""The key as the first of the body, where most callers put it."""
_ESCAPED = re.compile(rb"\\u00(?:6[dfcDFC]|64|65)")
"""A letter of `model`, escaped."""
_BEGINNING = b'{"model":'
_encode = msgspec.json.Encoder().encode
_WANTED = b'"stream_options":{"include_usage":true}'
Spans = dict[str, tuple[int, int]]


def spliced(body: bytes, fields: dict[str, object], model: str, *, adds_usage: bool, outline: Outline | None = None) -> bytes:
    """`body`, which decodes to `fields`, asking for `model`, and with `adds_usage` for a usage event at the end of the stream."""
    start, end = _model_span(body, fields["model"], outline)
    new = _encode(model)
    if not adds_usage:
        return body[:start] + new + body[end:]
    edits = [(start, end, new), _usage_edit(body, fields)]
    for start, end, new in sorted(edits, reverse=True):
        body = b"%b%b%b" % (body[:start], new, body[end:])
    return body


def _model_span(body: bytes, model: object, outline: Outline | None) -> tuple[int, int]:
    """Where the value of the top-level `model` is, which is this.

    A bare `"model"` in valid JSON is a whole string (a quote inside a string is escaped), so when it stands once, followed by a colon,
    it is the key that we know to be there. Else the text is walked.
    """
    if body[:9] == _BEGINNING:  # as `_FIRST` in its two usual forms, in a quarter of the time
        value, start = _encode(model), 10 if body[9] == 0x20 else 9
        if body.startswith(value, start):
            return start, start + len(value)
    first = _FIRST.match(body)
    if first:
        return first.span(1)
    text = body if outline is None else outline.text
    at = text.find(b'"model"')
    is_bare = at >= 0 and text[at - 1] != 0x5C and text.find(b'"model"', at + 7) < 0
    if is_bare and (text.find(b"\\u00") < 0 or _ESCAPED.search(text) is None):
        found = _MODEL.match(body, at if outline is None else outline.place(at))
        if found:
            return found.span(1)
    return top_level(body)["model"]


def _usage_edit(body: bytes, fields: dict[str, object]) -> tuple[int, int, bytes]:
    options = fields.get("stream_options")
    if "stream_options" not in fields:
        end = body.rindex(b"}")
        return end, end, b"," + _WANTED
    merged = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    return (*top_level(body)["stream_options"], _encode(merged))


def unkept(body: bytes, fields: dict[str, object]) -> bytes:
    """`body`, which decodes to `fields`, asking that nothing of it be kept."""
    if fields.get("store") is False:
        return body
    if "store" not in fields:
        end = body.rindex(b"}")
        return b'%b,"store":false%b' % (body[:end], body[end:])
    start, end = top_level(body)["store"]
    return b"%bfalse%b" % (body[:start], body[end:])


def top_level(body: bytes) -> Spans:
    """The spans of the values of the members of the object that `body` is, by decoded key. `body` must be a valid JSON object."""
    spans: Spans = {}
    depth, key, start, previous = 0, "", 0, b""
    for token in _TOKEN.finditer(body):
        text = token.group()
        if depth == 1 and text == b":":
            key, start = msgspec.json.decode(previous), token.end()
        elif depth == 1 and text in (b",", b"}") and start:
            spans[key] = _trimmed(body, start, token.start())
            start = 0
        depth += (text in (b"{", b"[")) - (text in (b"}", b"]"))
        previous = text
    return spans


def _trimmed(body: bytes, start: int, end: int) -> tuple[int, int]:
    text = body[start:end]
    return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
