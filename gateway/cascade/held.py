"""`Held`: the caller's side of an answer that is judged before the caller sees any of it.

A whole answer is judged when it is there. A stream is held back until its end, or until it is over its bounds of time or tokens: then
what there is of it decides. Once accepted, all that was held goes on in the pieces in which it came, and what follows as it comes.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

from gateway.cascade.forms import Form
from gateway.cascade.logprobs import body_without, events_without
from gateway.cascade.reading import Reading
from gateway.upstreams.upstream import Downstream
from router.attempt import Usage
from router.cascade import Cascade, Evidence, Grounds, Rejection, grounds, rejection

MOST_BYTES = 4_000_000
"""Of one stream that are held back, whatever its bounds."""

Doubting = Callable[[str], Awaitable[float | None]]
"""Asks how probable it is that an answer is right; None when nobody says."""


class Held:
    """A `Downstream` before `out`. It is made in the task of the request, which it cancels to stop a stream that was rejected.

    For the relay the caller of a rejected stream is gone, so that it stops as it does then. `grounds` is None before the verdict.
    `hides_logprobs`: they were asked for by us alone.
    """

    __slots__ = (
        "_cascade",
        "_doubts",
        "_form",
        "_head",
        "_hides",
        "_is_stopped",
        "_out",
        "_pieces",
        "_pouring",
        "_reading",
        "_size",
        "_task",
        "_timer",
        "_usage",
        "grounds",
        "is_whole",
        "rejection",
    )

    def __init__(self, out: Downstream, cascade: Cascade, form: Form, *, hides_logprobs: bool, doubts: Doubting | None = None) -> None:
        self._out = out
        self._cascade = cascade
        self._form = form
        self._hides = hides_logprobs
        self._doubts = doubts
        self._reading = Reading()
        self._head: tuple[int, bytes] | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._usage: Usage | None = None
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._pouring: asyncio.Task[None] | None = None
        self._is_stopped = False
        self.grounds: Grounds | None = None
        self.rejection: Rejection | None = None
        self.is_whole = False

    @property
    def is_committed(self) -> bool:
        """Whether the caller has seen the first byte, or is about to."""
        return self._out.is_committed or (self.grounds is not None and self.rejection is None)

    @property
    def is_gone(self) -> bool:
        """Whether nobody waits for this answer any more."""
        return self.rejection is not None or self._out.is_gone

    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """A whole answer."""
        self._reading.whole(body)
        self._head, self._usage = (status, content_type), usage
        self._pieces.append(body_without(body) if self._hides else body)
        await self._settle()
        if self.rejection is None:
            await self.give()

    async def begin(self, status: int, content_type: bytes) -> None:
        """The start of a stream. From now on its time runs. Said again at its end, which changes nothing."""
        if self._head is None:
            self._head = status, content_type
            self._task = asyncio.current_task()
            self._timer = asyncio.get_running_loop().call_later(self._cascade.hold.max_s, self._due)

    async def write(self, data: bytes) -> None:
        """Some of a stream."""
        if self.grounds is None:
            self._keep(data)
            await asyncio.sleep(0)  # where it is stopped, if it was rejected
            await self._poured()
        elif self.rejection is None:
            await self._poured()
            shown = self._shown(data)
            if shown:  # an empty chunk would end the caller's answer
                await self._out.write(shown)

    def write_nowait(self, data: bytes) -> bool:
        """Some of a stream, at once."""
        if self.grounds is None:
            self._keep(data)
            return True
        if self.rejection is not None:
            return True
        if self._pouring is not None and not self._pouring.done():
            return False
        shown = self._shown(data)
        return not shown or self._out.write_nowait(shown)

    async def end(self, data: bytes = b"") -> None:
        """The last of a stream."""
        if self.grounds is None:
            self._stop_clock()
            self._reading.stream(data)
            self._pieces.append(self._shown(data))
            await self._settle()
            if self.rejection is None:
                await self._pour(ends=True)
        elif self.rejection is None:
            await self._poured()
            await self._out.end(self._shown(data))

    async def give(self) -> None:
        """Give the caller all that is held, which is whole."""
        if self._head is not None and self._task is None:
            status, content_type = self._head
            await self._out.answer(status, content_type, self._pieces[0], self._usage)
        else:
            await self._pour(ends=True)

    async def close(self) -> None:
        """The relay is over. The task that we stopped it with goes on."""
        self._stop_clock()
        if self._pouring is not None and not self._pouring.done():
            self._pouring.cancel()
        if self._is_stopped and self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)  # where the cancellation ends that the relay did not come to see
            self._task.uncancel()
            self._is_stopped = False

    def _shown(self, data: bytes) -> bytes:
        return events_without(data) if self._hides else data

    def _keep(self, data: bytes) -> None:
        """Hold some more back; decide when it is too much."""
        self._reading.stream(data)
        shown = self._shown(data)
        if shown:
            self._pieces.append(shown)
            self._size += len(shown)
        if self._reading.tokens >= self._cascade.hold.max_tokens or self._size > MOST_BYTES:
            self._due()

    def _due(self) -> None:
        """The hold is over before the answer is: what there is of it decides. Called outside of the request's task too."""
        self._stop_clock()
        if self.grounds is None:
            self._judge(self._reading.evidence(self._form, is_whole=False))
            if self.rejection is not None and self._task is not None:
                self._is_stopped = True
                self._task.cancel()
            elif self.rejection is None:
                self._pouring = asyncio.get_running_loop().create_task(self._pour(ends=False))

    async def _settle(self) -> None:
        """The answer is whole: the verdict. The self-check is asked about what passed all else."""
        seen = self._reading.evidence(self._form, is_whole=True)
        accept = self._cascade.accept
        if self._doubts is not None and accept.self_check is not None and rejection(seen, accept) is None:
            seen = replace(seen, belief=await self._doubts(self._reading.text))
        self.is_whole = True
        self._judge(seen)

    def _judge(self, seen: Evidence) -> None:
        accept = self._cascade.accept
        self.rejection = rejection(seen, accept)
        self.grounds = grounds(seen, accept)

    async def _pour(self, *, ends: bool) -> None:
        """Give on all that is held, piece by piece."""
        if self._head is not None:
            await self._out.begin(*self._head)
        pieces, self._pieces = self._pieces, []
        last = pieces.pop() if ends else b""
        for piece in pieces:
            if piece:
                await self._out.write(piece)
        if ends:
            await self._out.end(last)

    async def _poured(self) -> None:
        if self._pouring is not None:
            await self._pouring

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
