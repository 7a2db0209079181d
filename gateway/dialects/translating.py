"""`Translating`: the caller's side of an answer that comes in another dialect than the caller's."""

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec
from typing_extensions import override

from gateway.dialects.table import TRANSLATIONS
from gateway.dialects.translation import Answers
from gateway.upstreams.http1_faults import BadAnswer
from gateway.upstreams.upstream import Downstream, Through
from gateway.wire.ask import Ask
from gateway.wire.sse import split
from router.attempt import Usage

_NAME = re.compile(r"[\w.\[\]-]{1,64}", re.ASCII)
_MOST_NAMES = 20
"""Names of members are the caller's own words: what is no plain name, and more than that, is not repeated in a header."""
_LAST = (b'"choices":[]', b'"usage":')
"""What an event has that tells of usage and nothing else."""


_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


class Translating(Through):
    """A `Downstream` before `out`, which gets the answer in its own dialect. `hides_usage`: the caller of a chat did not ask for that.

    Raises `BadAnswer` for what cannot be read. What came before it in a stream the caller has.
    """

    __slots__ = ("_answers", "_hides_usage", "_unsent")

    def __init__(self, out: Downstream, answers: Answers, *, hides_usage: bool = False) -> None:
        super().__init__(out)
        self._answers = answers
        self._hides_usage = hides_usage
        self._unsent: bytes | None = None

    @override
    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """A whole answer."""
        try:
            translated = self._answers.whole(body)
        except _UNREADABLE:
            raise _bad_answer() from None
        await super().answer(status, content_type, translated, usage)

    @override
    async def write(self, data: bytes) -> None:
        """Some of a stream. What `write_nowait` could not write was translated there."""
        ready = self._events(data) if self._unsent is None else self._unsent
        self._unsent = None
        if ready:
            await super().write(ready)

    @override
    def write_nowait(self, data: bytes) -> bool:
        """Some of a stream, at once. False, and nothing was written: `write` must follow with the same bytes."""
        ready = self._events(data)
        if not ready or super().write_nowait(ready):
            return True
        self._unsent = ready
        return False

    @override
    async def end(self, data: bytes = b"") -> None:
        """The last of a stream, behind what came before something that could not be read."""
        unsent, self._unsent = self._unsent or b"", None
        await super().end(unsent + self._events(data))

    def _events(self, block: bytes) -> bytes:
        ready: list[bytes] = []
        try:
            for event in split(block):
                ready.append(self._answers.events(event))  # noqa: PERF401  # what was ready before an error is kept
        except _UNREADABLE:
            self._unsent = self._shown(b"".join(ready))
            raise _bad_answer() from None
        return self._shown(b"".join(ready))

    def _shown(self, ready: bytes) -> bytes:
        if self._hides_usage and _LAST[0] in ready:
            return b"".join(event for event in split(ready) if not all(mark in event for mark in _LAST))
        return ready


def _bad_answer() -> BadAnswer:
    return BadAnswer("what it sent cannot be read")


def seen_at(way: Sequence[Ask]) -> int:
    """The hop at which the gateway looks into answers: the chat among the forms; the caller's own where there is none."""
    return next((number for number, ask in enumerate(way) if ask.endpoint == "chat"), 0)


def lost_on(way: Sequence[Ask]) -> tuple[str, ...]:
    """Members of the request that are lost on the way, as names that may stand in a header."""
    if len(way) == 1 and not way[0].lost:
        return ()
    names = dict.fromkeys(name for ask in way for name in ask.lost if _NAME.fullmatch(name))
    return tuple(names)[:_MOST_NAMES]


def back(way: Sequence[Ask], out: Downstream, request_id: str) -> Downstream:
    """Where an answer in the last of these forms goes, so that it comes to `out` in the first."""
    for asked, sent in pairwise(way):
        answers = TRANSLATIONS[asked.endpoint, sent.endpoint].answers(asked.fields, request_id)
        out = Translating(out, answers, hides_usage=asked.hides_usage)
    return out
