"""Targets behind litellm, as the gateway sees them: asked in a process of their own (`gateway.upstreams.vendors`).

Its import takes seconds and each call milliseconds, which would stall every stream beside it; and what a library does there happens
where no request of a local target ever is.
"""

import asyncio
import contextlib
import importlib.util

import msgspec

from gateway.plan import UpstreamPlan
from gateway.upstreams import vendor_hosts
from gateway.upstreams.apart_frames import Asked, Begun, Ended, Piece, Whole, asked, framed, read, vendor_of
from gateway.upstreams.relaying import Watch, broke, left
from gateway.upstreams.upstream import Call, Downstream
from gateway.upstreams.vendors import Vendors
from gateway.wire.sse import Stream, TooLong
from router.attempt import Attempt, Outcome
from router.clearance import ClearedBody
from router.decision import Target

LEAVING_S = 0.5
"""For so long is waited for what an answer that nobody wants any more has used so far."""
SILENCE_S = 10.0
"""So much later than all its clocks a process that says nothing is taken for dead."""
_GONE = (OSError, asyncio.IncompleteReadError, msgspec.DecodeError)


class Apart:
    """One target. `vendors` is the process, which it shares with the others."""

    def __init__(self, target: Target, plan: UpstreamPlan, vendors: Vendors) -> None:
        self._target = target
        self._vendor = vendor_of(target, plan)
        self._vendors = vendors

    async def close(self) -> None:
        """Nothing is open between attempts."""

    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:  # noqa: ARG002  # no replicas
        """Have the process make the attempt, and hand on what it says."""
        watch, stream = Watch(), call.stream()
        body = payload.for_target(self._target.name)
        try:
            reader, writer = await self._vendors.open()
        except OSError:
            return await broke("UNREACHABLE", stream, out, watch)
        try:
            async with asyncio.timeout(call.clocks(self._target).total_s + SILENCE_S):
                writer.write(framed(asked(self._vendor, payload, body, call)))
                return await _hand_on(reader, out, stream)
        except TimeoutError:
            return await broke("STALLED", stream, out, watch)
        except _GONE:  # the process has ended, and the attempt with it
            return await broke("CUT", stream, out, watch)
        except asyncio.CancelledError:
            if not out.is_gone:
                raise
            return await _leave(reader, writer, stream, watch)
        finally:
            writer.close()


async def _hand_on(reader: asyncio.StreamReader, out: Downstream, stream: Stream | None) -> Outcome:
    while True:
        match await read(reader):
            case Whole() as answer:
                await out.answer(answer.status, answer.content_type, answer.body, answer.usage)
            case Begun(status=status, content_type=content_type):
                await out.begin(status, content_type)
            case Piece(data=data, is_last=is_last):
                _count(stream, data)
                await (out.end(data) if is_last else out.write(data))
            case Ended() as last:
                return last.outcome()
            case Asked():  # which is ours to say
                raise msgspec.DecodeError


def _count(stream: Stream | None, data: bytes) -> None:
    """Keep books of what was handed on, for the case that the process does not come to tell what it was."""
    if stream is not None:
        with contextlib.suppress(TooLong):
            stream.feed(data)


async def _leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stream: Stream | None, watch: Watch) -> Outcome:
    """Tell the process that the caller has left, and hear what that answer has used."""
    with contextlib.suppress(TimeoutError, *_GONE):
        async with asyncio.timeout(LEAVING_S):
            writer.write_eof()
            while True:
                frame = await read(reader)
                if isinstance(frame, Ended):
                    return frame.outcome()
    return left(stream, watch)


def connect(target: Target, plan: UpstreamPlan, vendors: Vendors) -> Apart:
    """The upstream of `plan`; the process is started, if it is not. Raises `ValueError` with a sentence."""
    if importlib.util.find_spec("litellm") is None:
        raise ValueError("destinations of kind litellm need litellm: pip install 'tidegate[closed]'")
    vendor_hosts.vendor_of(target)
    vendors.start()
    return Apart(target, plan, vendors)
