"""Server-sent events of an answer: relayed as they came, in whole events, looked into only where that is needed. No I/O.

It notices content, finish reasons, usage, errors and the end, so that a cut stream is never presented as a finished one.
"""

import re
from itertools import pairwise

import msgspec

from gateway.wire.counts import UsageOnWire
from gateway.wire.usage import finish_of
from router.attempt import Usage
from router.names import Answered, Endpoint

DONE = b"data: [DONE]\n\n"
_ENDS = (b"\n\n", b"\n\r\n", b"\r\r")
_EVENT_END = re.compile(rb"(?:\r\n?+|\n)(?:\r\n?+|\n)")
_TELLING = (b"[DONE]", b'"error"')
_NULL = (b'"usage"', b'"finish_reason"')
"""A block of events without any of the first, and in which the others are null, holds nothing that must be looked into."""
_TEXTS = (b'content":"', b'"text":"')
_BYTES_PER_TOKEN = 4
_MOST_BYTES_OF_ONE = 16
"""An engine puts one token into an event; events with more text than this hold several, of about four bytes each. How much text they have
is seen in those that are looked into, the first ones among them: all would cost every stream time for what few need."""
_MOULDS = 8
"""How often a stream may change the form of its events before they are no longer compared with each other."""


class TooLong(ValueError):
    """One event is longer than the limit."""


class _Choice(msgspec.Struct):
    index: int = 0
    finish_reason: str | None = None
    text: str | None = None
    delta: dict[str, msgspec.Raw] | None = None


class _Chunk(msgspec.Struct):
    model: str | None = None
    choices: list[_Choice] | None = None
    usage: UsageOnWire | None = None
    error: msgspec.Raw = msgspec.Raw()  # immutable; Raw | None would admit null alone
    service_tier: object = None


class _OddChunk(_Chunk):
    usage: object = None  # type: ignore[assignment]  # in a form that nobody reads


_decode = msgspec.json.Decoder(_Chunk).decode
_decode_odd = msgspec.json.Decoder(_OddChunk).decode
_EMPTY = (b"", b'""', b"null", b"[]", b"{}")


class Stream:
    """The state of one stream.

    `usage`, `answered` and `finish` are what it told; `error` the data of an error event, `is_done` whether `[DONE]` came, `is_over`
    whether either of them did; `has_content` whether anything beyond the opening came: until then a failure may still be answered by
    another target. `prompt_tokens` is an estimate, which counts when the stream ends before it has told its usage.
    """

    __slots__ = (
        "_choices",
        "_events",
        "_finished",
        "_hides_usage",
        "_longest",
        "_mould",
        "_moulds",
        "_prompt_tokens",
        "_seen",
        "_seen_bytes",
        "_tail",
        "_tier",
        "answered",
        "error",
        "finish",
        "has_content",
        "is_done",
        "is_over",
        "usage",
    )
    endpoint: Endpoint | None = None
    number = 0
    """Which one the next event is, where events are numbered."""

    def __init__(self, *, choices: int = 1, hides_usage: bool = False, longest: int = 8_000_000, prompt_tokens: int = 0) -> None:
        self._choices = choices
        self._hides_usage = hides_usage
        self._longest = longest
        self._tail = bytearray()
        self._mould: tuple[bytes, bytes, int, int] | None = None
        self._moulds = 0
        self._prompt_tokens = prompt_tokens
        self._events = self._seen = self._seen_bytes = 0
        self._finished: set[int] = set()
        self._tier: object = None
        self.usage: Usage | None = None
        self.answered: Answered | None = None
        self.finish = ""
        self.error: bytes | None = None
        self.is_done = self.is_over = False
        self.has_content = False

    @property
    def is_whole(self) -> bool:
        """Whether the answer is complete: `[DONE]` came, or every choice has finished."""
        return self.is_done or len(self._finished) >= self._choices

    @property
    def tokens(self) -> int:
        """Tokens of the answer so far: what the stream told, else an estimate, since most streams tell at their end only."""
        if self.usage is not None:
            return self.usage.completion
        if self._seen_bytes > _MOST_BYTES_OF_ONE * self._seen:
            return self._events * self._seen_bytes // (self._seen * _BYTES_PER_TOKEN)
        return self._events

    @property
    def is_estimate(self) -> bool:
        """Whether `spent` is an estimate."""
        return self.usage is None and self.has_content

    @property
    def spent(self) -> Usage | None:
        """What the answer has used so far, for one that does not come to its end; None before its first content."""
        return Usage(self._prompt_tokens, self.tokens) if self.is_estimate else self.usage

    def feed(self, data: bytes) -> bytes:
        """Whole events that may go on to the caller. Raises `TooLong`. After `[DONE]` nothing goes on, nor an error and what follows."""
        if self.is_over:
            return b""
        if (mould := self._mould) is not None and not self._tail:
            before, after, start, end = mould  # as in `_is_said`, without its call: most blocks are such an event
            if data.startswith(before) and data.endswith(after) and len(data) >= start - end:
                text = data[start:end]
                if 34 not in text and 10 not in text and 13 not in text:
                    self._events += 1
                    return data
        if self._tail or not data.endswith(b"\n\n"):
            data = self._whole(data)
        if self.has_content and self._is_plain(data):
            return data
        events = split(data)  # `filter`, since a comprehension would have a cell made for its closure at each block
        passing = filter(self._look_into if len(events) == 1 else self._passes, events)
        return b"".join(passing)

    def close(self) -> bytes:
        """What is still to be said after the upstream ended well: a last unterminated event, and `[DONE]` if it was left out."""
        counted = self._events
        last = self.feed(b"\n\n") if self._tail.strip() else b""
        if not self.is_whole:  # what is half an event does not go on
            self._events = counted
        return last if self.is_done else last + DONE

    def _whole(self, data: bytes) -> bytes:
        """The events that are complete now. Of what waits, only the last bytes are looked at again: a blank line may be cut in two."""
        tail = self._tail
        seen = max(0, len(tail) - 2)
        tail += data
        end = max([at + len(mark) for mark in _ENDS if (at := tail.rfind(mark, seen)) >= 0], default=0)
        if len(tail) - end > self._longest:
            raise TooLong
        block = bytes(tail[:end])
        del tail[:end]
        return block

    def _is_said(self, block: bytes, before: bytes, after: bytes, start: int, end: int) -> bool:
        """Whether a block is one event that differs from one before in its text alone, which is from `start` to `end`, as most do.

        Without a quotation mark (34) and a line's end (10, 13) neither a member nor an event can begin there: all of it is said, not told.
        """
        if not block.startswith(before) or not block.endswith(after) or len(block) < start - end:
            return False
        text = block[start:end]
        is_said = 34 not in text and 10 not in text and 13 not in text
        self._events += is_said
        return is_said

    def _is_plain(self, block: bytes) -> bool:
        """Whether nothing in a block must be looked into."""
        if _tells(block):
            return False
        if self._moulds < _MOULDS:
            self._moulds += 1
            first = block[: block.find(b"\n\n") + 2]
            self._mould = _mould(first)
            if self._mould is not None:
                self._saw(len(first) - self._mould[2] + self._mould[3])
                block = block[len(first) :]
        self._events += block.count(b"data:")
        return True

    def _saw(self, said_bytes: int) -> None:
        """An event with so much text."""
        self._events += 1
        self._seen += 1
        self._seen_bytes += said_bytes

    def _passes(self, event: bytes) -> bool:
        """Whether the caller gets an event of several."""
        if self.is_over:
            return False
        is_said = self.has_content and ((self._mould is not None and self._is_said(event, *self._mould)) or self._is_plain(event))
        return is_said or self._look_into(event)

    def _look_into(self, event: bytes) -> bool:
        """Note what one event tells; say whether the caller gets it."""
        text = payload(event)
        if text == b"[DONE]":
            self.is_done = self.is_over = True
            return True
        if not text:
            return True
        if (chunk := _chunk(text)) is not None:
            return self._note(chunk, text)
        self.has_content = True  # one odd event is the caller's to see, not ours to judge
        return True

    def _note(self, chunk: _Chunk, text: bytes) -> bool:
        if bytes(chunk.error) not in _EMPTY:
            self.error, self.is_over = text, True
            return False
        self._tier = chunk.service_tier or self._tier
        if chunk.usage is not None:
            self.usage = chunk.usage.usage(self._tier) or self.usage  # counts are of the stream so far: the last ones hold
        if chunk.model:
            self.answered = Answered(chunk.model)
        for choice in chunk.choices or ():
            if choice.finish_reason is not None:
                self._finished.add(choice.index)
                self.finish = finish_of(choice.finish_reason)
            said = _said_bytes(choice)
            if said:
                self._saw(said)
            self.has_content = self.has_content or said > 0 or choice.finish_reason is not None
        return not (self._hides_usage and chunk.usage is not None and not chunk.choices)


def _chunk(text: bytes) -> _Chunk | None:
    """What an event's data says; None where it is of another form. A usage of another form is passed over: its counts are unknown."""
    try:
        return _decode(text)
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    try:
        chunk = _decode_odd(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    chunk.usage = UsageOnWire() if chunk.usage is not None else None
    return chunk


def _mould(event: bytes) -> tuple[bytes, bytes, int, int] | None:
    """What is before and after the text in an event that tells nothing, and where it is. None without text, or with other line ends."""
    start = max(at + len(name) if (at := event.rfind(name)) >= 0 else 0 for name in _TEXTS)
    end = event.find(b'"', start)
    return (event[:start], event[end:], start, end - len(event)) if 0 < start < end and event.endswith(b"\n\n") else None


def _tells(block: bytes) -> bool:
    """Whether something in it must be looked into. `in` would cost bytes three times what `find` does."""
    if block.find(_TELLING[0]) >= 0 or block.find(_TELLING[1]) >= 0:
        return True
    for name in _NULL:
        if (count := block.count(name)) and count != block.count(name + b":null") and count != block.count(name + b": null"):
            return True
    return False


def _said_bytes(choice: _Choice) -> int:
    """Bytes of what a choice says, in JSON; 0 for nothing but a role."""
    said = [text for key, value in (choice.delta or {}).items() if key != "role" and (text := bytes(value)) not in _EMPTY]
    return sum(map(len, said)) + len(choice.text or "")


def split(block: bytes) -> list[bytes]:
    """The events of a block, each with the blank line that ends it."""
    if 13 not in block:
        *events, rest = block.split(b"\n\n")
        return [event + b"\n\n" for event in events] + ([rest] if rest else [])
    ends = [end.end() for end in _EVENT_END.finditer(block)]  # one stream may mix line ends: a proxy's comments are not the engine's
    return [block[start:end] for start, end in pairwise((0, *ends, len(block))) if start < end]


def payload(event: bytes) -> bytes:
    """The data of an event: its `data:` lines, joined. Empty for a comment or a field without data."""
    if event.startswith(b"data: ") and event.find(b"\n") == len(event) - 2 and 13 not in event:
        return event[6:-2]
    lines = event.splitlines()
    return b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:"))
