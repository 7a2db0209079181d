"""The two seams of a relay: `Upstream`, which answers, and `Downstream`, which the answer goes to."""

import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from gateway.tracing import NO_TRACE, Trace
from gateway.wire.sse import Stream
from gateway.wire.typed import MARKS, TypedStream
from router.attempt import Attempt, Outcome, Usage
from router.clearance import ClearedBody
from router.decision import Clocks, Target
from router.facts import NEVER
from router.failures import Kind
from router.names import Endpoint


def _not_barred(_target: Target) -> Kind | None:
    return None


TICK_SLACK_S = 0.01
"""An attempt that ends so shortly before the caller's deadline has ended because of it."""


class Call(msgspec.Struct, frozen=True, gc=False):
    """What an upstream must know of a request beside its body. `hides_usage`: the stream's usage event is ours, not the caller's.

    `prompt_tokens` is an estimate. `due` is when the caller waits no longer, in seconds of the monotonic clock. `bar` says why the
    target may not get the request any more; None: it may. `trace` is what the request is part of. `lines` are more header lines, each
    ended by CRLF.
    """

    request_id: str
    endpoint: Endpoint
    is_stream: bool = False
    choices: int = 1
    hides_usage: bool = False
    answer_bytes: int = 64_000_000
    event_bytes: int = 8_000_000
    prompt_tokens: int = 0
    due: float = NEVER
    bar: Callable[[Target], Kind | None] = _not_barred
    trace: Trace = NO_TRACE
    lines: bytes = b""

    def stream(self) -> Stream | None:
        """The state of the stream that will come; None for a whole answer."""
        if not self.is_stream:
            return None
        if self.endpoint in MARKS:
            return TypedStream(self.endpoint, longest=self.event_bytes, prompt_tokens=self.prompt_tokens)
        return Stream(choices=self.choices, hides_usage=self.hides_usage, longest=self.event_bytes, prompt_tokens=self.prompt_tokens)

    def clocks(self, target: Target) -> Clocks:
        """The target's clocks, none of which runs beyond `due`."""
        return target.clocks if self.due == NEVER else target.clocks.within(self.due - time.monotonic())

    def is_overdue(self) -> bool:
        """Whether the caller waits no longer. A timer may fire a little before its time."""
        return time.monotonic() >= self.due - TICK_SLACK_S


class Downstream(Protocol):
    """Where an answer goes. `begin` or `answer` is the commit point: before it nothing was seen, after it nothing can be taken back."""

    @property
    def is_committed(self) -> bool:
        """Whether the caller has seen the first byte."""

    @property
    def is_gone(self) -> bool:
        """Whether the caller has left."""

    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """A whole answer."""

    async def begin(self, status: int, content_type: bytes) -> None:
        """The start of a stream."""

    async def write(self, data: bytes) -> None:
        """Some of a stream. Waits while the caller reads slower than we write."""

    def write_nowait(self, data: bytes) -> bool:
        """Some of a stream, written at once. False, and nothing is written, while the caller reads slower than we write: `write` waits.

        Called outside of the request's task too. What is written for a caller who has left is dropped.
        """

    async def end(self, data: bytes = b"") -> None:
        """The last of a stream."""


class Through:
    """A `Downstream` that passes all of an answer on to another one: for those who want something of it on its way."""

    __slots__ = ("_out",)

    def __init__(self, out: Downstream) -> None:
        self._out = out

    @property
    def is_committed(self) -> bool:
        """Whether the caller has seen the first byte."""
        return self._out.is_committed

    @property
    def is_gone(self) -> bool:
        """Whether the caller has left."""
        return self._out.is_gone

    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """A whole answer."""
        await self._out.answer(status, content_type, body, usage)

    async def begin(self, status: int, content_type: bytes) -> None:
        """The start of a stream."""
        await self._out.begin(status, content_type)

    async def write(self, data: bytes) -> None:
        """Some of a stream."""
        await self._out.write(data)

    def write_nowait(self, data: bytes) -> bool:
        """Some of a stream, at once."""
        return self._out.write_nowait(data)

    async def end(self, data: bytes = b"") -> None:
        """The last of a stream."""
        await self._out.end(data)


class Upstream(Protocol):
    """One target. Takes nothing but a `ClearedBody`; every attempt ends as a value."""

    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
        """Make one attempt and relay its answer."""

    async def close(self) -> None:
        """End every connection."""
