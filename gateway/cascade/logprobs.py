"""Log-probabilities that the gateway asks for, and the caller did not: put into the request, and taken out of the answer.

What is left of the answer are the engine's own bytes: the value becomes `null`, as it is when nobody asks.
"""

import re
from typing import Any

import msgspec

from gateway.wire.ask import Ask
from gateway.wire.splice import top_level

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]')
_OPEN, _SHUT = (b"{", b"["), (b"}", b"]")
_MEMBER = b'"logprobs"'
_NOTHING = re.compile(rb'"delta"\s*:\s*\{\s*\}')
"""In an event of a stream: engines send one for a token without text only because its log-probability was asked for."""


class _Choice(msgspec.Struct):
    delta: dict[str, Any] | None = None
    finish_reason: str | None = None
    logprobs: msgspec.Raw = msgspec.Raw()


class _Event(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Event).decode
_NONE = (b"", b"null")


def is_ours(ask: Ask) -> bool:
    """Whether log-probabilities can be asked for in the caller's stead: it did not, and nothing of its request speaks against it."""
    fields = ask.fields
    if ask.endpoint == "chat":
        return not fields.get("logprobs") and not fields.get("top_logprobs")
    # with `echo` those of the whole prompt would be computed
    return ask.endpoint == "completions" and fields.get("logprobs") is None and not fields.get("echo")


def with_logprobs(body: bytes, ask: Ask) -> bytes:
    """`body`, which encodes the members of `ask`, asking for the log-probability of each token of the answer."""
    value = b"true" if ask.endpoint == "chat" else b"1"
    if "logprobs" in ask.fields:
        start, end = top_level(body)["logprobs"]
        return body[:start] + value + body[end:]
    end = body.rindex(b"}")
    return b"%b,%b:%b%b" % (body[:end], _MEMBER, value, body[end:])


def events_without(block: bytes) -> bytes:
    """Whole events of a stream without them. Events that came only because of them are left out."""
    if block.find(_MEMBER) < 0:
        return block
    return b"".join([_stripped(event) for event in re.split(rb"(?<=\n\n)", block) if event and not _is_extra(event)])


def body_without(body: bytes) -> bytes:
    """A whole answer without them."""
    return _stripped(body)


def _is_extra(event: bytes) -> bool:
    if _NOTHING.search(event) is None or not event.startswith(b"data:"):
        return False
    try:
        said = _decode(event[5:])
    except (ValueError, RecursionError):
        return False
    if not said.choices or bytes(said.usage) not in _NONE:
        return False
    return all(not one.delta and one.finish_reason is None and bytes(one.logprobs) not in _NONE for one in said.choices)


def _stripped(text: bytes) -> bytes:
    """JSON, or an event with JSON in it, in which `logprobs` of every member of `choices` is null."""
    if text.find(_MEMBER) < 0:
        return text
    pieces, at = [], 0
    for start, end in _spans(text):
        pieces += [text[at:start], b"null"]
        at = end
    return b"".join([*pieces, text[at:]])


def _spans(text: bytes) -> list[tuple[int, int]]:
    """Where the values are, without the white space around them."""
    spans: list[tuple[int, int]] = []
    depth, start, member, previous = 0, -1, b"", b""
    for found in _TOKEN.finditer(text):
        token = found.group()
        if token == b":" and depth == 1:
            member = previous
        elif token == b":" and depth == 3 and (member, previous) == (b'"choices"', _MEMBER):
            start = found.end()
        elif start >= 0 and depth == 3 and token in (b",", b"}"):
            value = text[start : found.start()]
            spans.append((start + len(value) - len(value.lstrip()), start + len(value.rstrip())))
            start = -1
        depth += (token in _OPEN) - (token in _SHUT)
        previous = token
    return spans
