"""The relay of one answer, the same for every kind of upstream: what is held back, when it commits, and what a break looks like."""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from gateway.dialects.refusals import broken_off
from gateway.upstreams.http1_faults import BadAnswer, Barred, BodyTooLarge, Cut, SlowStart, Stalled, Unreachable, UpstreamFault
from gateway.upstreams.upstream import Downstream
from gateway.wire.sse import Stream, TooLong
from gateway.wire.usage import UNTOLD, NoAnswer, told
from router.attempt import Abandoned, Broken, Failed, Outcome, Refused, Served, Timing
from router.failures import FAILURES, Failure, Kind, event_status, recognise_event
from router.names import Endpoint

KINDS: Mapping[type[UpstreamFault], Kind] = {
    Unreachable: "UNREACHABLE",
    Barred: "WITHDRAWN",  # where nobody says why any more
    SlowStart: "SLOW_START",
    Stalled: "STALLED",
    Cut: "CUT",
    BadAnswer: "BAD_ANSWER",
    BodyTooLarge: "BAD_ANSWER",
}
DROPPED_S = 1.0
"""A server that closes an idle connection just as it is used is noticed within a round trip; what is cut later was being worked on."""
MOST_HELD = 1_000_000
"""Bytes of events without content that are held back; an upstream that sends more is not answering."""
JSON = b"application/json"
SSE = b"text/event-stream; charset=utf-8"


class Chunks(Protocol):
    """A streamed answer as bytes. `chunk` is empty at the end and raises an `UpstreamFault`."""

    async def chunk(self) -> bytes:
        """The next bytes."""

    async def pour(self, take: Callable[[bytes], bool]) -> bool:
        """All that comes, as it comes, until `take` takes no more: False; True at the end. Raises what `chunk` and `take` raise."""


class Watch(msgspec.Struct, gc=False):
    """The times of one attempt, in monotonic seconds; 0 for what never came so far."""

    start: float = msgspec.field(default_factory=time.monotonic)
    headers_at: float = 0.0
    first_at: float = 0.0

    def timing(self) -> Timing:
        """The times so far, from the start on."""
        start = self.start
        return Timing(
            self.headers_at - start if self.headers_at else None,
            self.first_at - start if self.first_at else None,
            time.monotonic() - start,
        )


def is_dropped(fault: UpstreamFault, watch: Watch) -> bool:
    """Whether a connection that was kept from an earlier request closed as it was used: the target has hardly seen this one."""
    return isinstance(fault, Cut) and fault.reused and not fault.got_headers and watch.timing().total_s < DROPPED_S


async def relay_whole(body: bytes, endpoint: Endpoint, out: Downstream, watch: Watch, kind: bytes = JSON) -> Outcome:
    """Hand on a whole answer of that content type, if it is one. A page of HTML is what something on the way there says of an error."""
    if not body or kind.startswith(b"text/html"):
        return Failed(FAILURES["BAD_ANSWER"], 200, None, watch.timing())
    try:
        said = told(body, endpoint) if kind == JSON else UNTOLD
    except NoAnswer:
        return Failed(FAILURES["BAD_ANSWER"], 200, None, watch.timing())
    watch.first_at = time.monotonic()
    await out.answer(200, kind, body, said.usage)
    return Served(200, said.usage, said.answered, said.finish, watch.timing())


class _Onward:
    """What a committed stream is poured into: looks into a block and writes it at once, outside of the request's task.

    It takes no more when `rest` could not be written, or when the stream has told its end, or an error: that is in `rest` too.
    """

    __slots__ = ("_out", "_stream", "rest")

    def __init__(self, stream: Stream, out: Downstream) -> None:
        self._stream = stream
        self._out = out
        self.rest = b""

    def take(self, block: bytes) -> bool:
        """Pass a block on. Raises `TooLong`."""
        stream = self._stream
        ready = stream.feed(block)
        if stream.is_over or (ready and not self._out.write_nowait(ready)):
            self.rest = ready
            return False
        return True


async def relay_stream(answer: Chunks, stream: Stream, out: Downstream, watch: Watch) -> Outcome:
    """Relay events. What comes before the first content is held back, so that an error among it can still be answered elsewhere."""
    held, onward = bytearray(), _Onward(stream, out)
    try:
        while not stream.has_content and not stream.is_over and (data := await answer.chunk()):
            held += stream.feed(data)
            if len(held) > MOST_HELD and not stream.has_content:
                return await broke("BAD_ANSWER", stream, out, watch)
        rest, is_end = bytes(held), not stream.has_content
        if stream.has_content:
            watch.first_at = time.monotonic()
            await out.begin(200, SSE)
        while not stream.is_over and not is_end:
            if rest:  # an empty chunk would end the caller's answer
                await out.write(rest)
            is_end = await answer.pour(onward.take)
            rest, onward.rest = onward.rest, b""
    except TooLong:
        return await broke("BAD_ANSWER", stream, out, watch)
    return await _ended(stream, rest, out, watch)


async def _ended(stream: Stream, rest: bytes, out: Downstream, watch: Watch) -> Outcome:
    """The upstream closed its stream, or said `[DONE]`, or told of an error: complete, or cut. `rest` is still to be written."""
    last = stream.close()
    if stream.error is not None:
        return await _error_event(stream, rest, out, watch)
    if not stream.is_whole:
        return await broke("CUT", stream, out, watch)
    if not out.is_committed:
        watch.first_at = time.monotonic()
        await out.begin(200, SSE)
    await out.end(rest + last)
    return Served(200, stream.usage, stream.answered, stream.finish, watch.timing())


async def _error_event(stream: Stream, rest: bytes, out: Downstream, watch: Watch) -> Outcome:
    """An error inside a stream: before content it is a failed attempt, after it the caller has seen it and gets no `[DONE]`."""
    event = stream.error or b""
    failure, status = recognise_event(event), event_status(event)
    if out.is_committed:
        await out.end(rest + _their_last(event, failure, stream))
        return Broken(failure, stream.spent, watch.timing(), stream.is_estimate)
    if failure.is_about_request:
        return Refused(failure, status, event, watch.timing())
    return Failed(failure, status, timing=watch.timing())


async def broke(kind: Kind, stream: Stream | None, out: Downstream, watch: Watch) -> Outcome:
    """The attempt came to an end that is none: `Failed` before the commit point, after it an error event without `[DONE]`."""
    failure = FAILURES[kind]
    if not out.is_committed:
        return Failed(failure, timing=watch.timing())
    if stream is None:  # the whole answer is written in one piece, so that nothing can follow it
        return Broken(failure, None, watch.timing())
    await out.end(_our_last(failure, stream))
    return Broken(failure, stream.spent, watch.timing(), stream.is_estimate)


def left(stream: Stream | None, watch: Watch) -> Abandoned:
    """The caller has left."""
    return Abandoned(None, watch.timing()) if stream is None else Abandoned(stream.spent, watch.timing(), stream.is_estimate)


def _so_far(failure: Failure, tokens: int, *, is_estimate: bool) -> dict[str, object]:
    """What a caller may want to know of a stream that broke: whether to ask again, and how much of an answer there is."""
    return {"retryable": failure.is_passing, "tokens_served": tokens, "is_estimate": is_estimate}


def our_last(failure: Failure, tokens: int, endpoint: Endpoint | None = None, *, is_estimate: bool, number: int = 0) -> bytes:
    """The event that says that the answer is not whole."""
    so_far = _so_far(failure, tokens, is_estimate=is_estimate)
    if failure.kind == "OVERDUE":
        return broken_off(f"What was sent is not the whole answer. {failure.say}", failure.code, endpoint, so_far, number)
    say = "The upstream broke off; what was sent is not the whole answer. Send the request again."
    return broken_off(say, "upstream_interrupted", endpoint, so_far, number)


def _our_last(failure: Failure, stream: Stream) -> bytes:
    return our_last(failure, stream.tokens, stream.endpoint, is_estimate=stream.is_estimate, number=stream.number)


def _their_last(event: bytes, failure: Failure, stream: Stream) -> bytes:
    """The target's own error event, with what we know beside what it says; ours, where nobody can read its."""
    try:
        told = msgspec.json.decode(event, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _our_last(failure, stream)
    so_far, error = _so_far(failure, stream.tokens, is_estimate=stream.is_estimate), told.get("error")
    if isinstance(error, dict):
        told["error"] = {**error, **so_far}
    elif stream.endpoint is None:
        told["error"] = {"message": str(error), "type": "server_error", "param": None, "code": None, **so_far}
    else:  # Responses tells of an error without another one inside
        told |= so_far
    kind = b"" if stream.endpoint is None else b"event: %b\n" % str(told["type"]).encode()
    return b"%bdata: %b\n\n" % (kind, msgspec.json.encode(told))
