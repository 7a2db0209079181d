"""`spliced`: the caller's own bytes with another `model` (and `stream_options`), every other byte untouched."""

import re

import msgspec

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]')
_COLON = re.compile(rb"\s*:\s*")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_ESCAPED = re.compile(rb"\\u00(?:6[dfcDFC]|64|65)")
"""A letter of `model`, escaped."""
_WANTED = b'"stream_options":{"include_usage":true}'
Spans = dict[str, tuple[int, int]]


def spliced(body: bytes, fields: dict[str, object], model: str, *, adds_usage: bool) -> bytes:
    """`body`, which decodes to `fields`, asking for `model`, and with `adds_usage` for a usage event at the end of the stream."""
    edits = [(*_model_span(body), msgspec.json.encode(model))]
    if adds_usage:
        edits.append(_usage_edit(body, fields))
        edits.sort(reverse=True)
    for start, end, new in edits:
        body = b"%b%b%b" % (body[:start], new, body[end:])
    return body


def _model_span(body: bytes) -> tuple[int, int]:
    """Where the value of the top-level `model` is.

    A bare `"model"` in valid JSON is a whole string (a quote inside a string is escaped), so when it stands once, followed by a colon,
    it is the key that we know to be there. Else the text is walked.
    """
    at = body.find(b'"model"')
    is_bare = at >= 0 and body[at - 1] != 0x5C and body.find(b'"model"', at + 7) < 0
    if is_bare and (body.find(b"\\u00") < 0 or _ESCAPED.search(body) is None):
        colon = _COLON.match(body, at + 7)
        value = _STRING.match(body, colon.end()) if colon else None
        if value:
            return value.span()
    return top_level(body)["model"]


def _usage_edit(body: bytes, fields: dict[str, object]) -> tuple[int, int, bytes]:
    options = fields.get("stream_options")
    if "stream_options" not in fields:
        end = body.rindex(b"}")
        return end, end, b"," + _WANTED
    merged = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    return (*top_level(body)["stream_options"], msgspec.json.encode(merged))


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
