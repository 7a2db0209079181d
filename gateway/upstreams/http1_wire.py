"""One HTTP/1.1 connection to an upstream: an asyncio protocol around llhttp that carries one request and one answer at a time."""

import asyncio
import math
from typing import NamedTuple, Protocol, cast

from typing_extensions import override

from gateway.upstreams.http1_faults import Cut, SlowStart, Stalled, UpstreamFault
from gateway.upstreams.http1_reading import Reading, Take
from router.decision import Clocks

UNREAD_LIMIT_BYTES = 256 * 1024
"""Reading from the socket pauses above this. One more read, of 256 kB at most, can be on its way."""
LINGER_S = 1.0
"""How long after its content an answer may end: engines write a stream's last chunk separately, well under a millisecond later."""
TICK_SLACK_S = 0.001
"""uvloop's clock counts milliseconds: a timer may fire that much before its time."""


class Awaited(NamedTuple):
    """What is waited for: the clock that runs, and the fault when it runs out."""

    clock: str
    late: type[UpstreamFault]
    why: str


HEAD = Awaited("headers_s", SlowStart, "no answer headers came within headers_s")
FIRST = Awaited("first_token_s", SlowStart, "headers came, but no byte of the body within first_token_s")
NEXT = Awaited("between_chunks_s", Stalled, "no more of the answer came within between_chunks_s")


class Pool(Protocol):
    """Where connections live between requests."""

    def keep(self, connection: "Connection", /) -> None:
        """Take back a connection that can serve again."""

    def forget(self, connection: "Connection", /) -> None:
        """Free the slot of a connection that is closing. Idempotent."""


class Connection(Reading):
    """One socket: idle, `send`, the headers, the body, `finish`; then idle again, or gone.

    There is one timer. It is armed for the shortest clock and looks, when it fires, how long the current wait may still last; so a
    busy connection touches no timer per request or per chunk.
    """

    __slots__ = (
        "_awaited",
        "_is_enough",
        "_is_paused",
        "_limit_s",
        "_lingers",
        "_pool",
        "_shortest_s",
        "_tick_at",
        "_timer",
        "_total_due",
        "_unread_bytes",
        "_wait_due",
        "clocks",
        "idle_since",
        "loop",
        "transport",
        "uses",
    )

    transport: asyncio.Transport
    clocks: Clocks | None

    def __init__(self, loop: asyncio.AbstractEventLoop, pool: Pool) -> None:
        """Make the protocol of a connection that is being opened."""
        nobody = loop.create_future()
        nobody.set_result(None)
        super().__init__(nobody)
        self.loop = loop
        self._pool = pool
        self._timer: asyncio.TimerHandle | None = None
        self._tick_at = self._wait_due = math.inf
        self.clocks = None
        self.uses = self._unread_bytes = 0
        self.idle_since = 0.0
        self._is_paused = self._is_enough = self._lingers = False

    # ---- a request and its answer, as the client sees them

    def send(self, head: bytes, body: bytes, clocks: Clocks, now: float, most: int = 0) -> asyncio.Future[None]:
        """Write a request, and begin to wait for the headers of its answer. The total clock runs from `now` on, on the loop's clock.

        With `most`, a success is waited for to its end, or until it has more than so many bytes; each part of it has its own clock.
        Whose waiting is cancelled must `abort`.
        """
        self._reset()
        self.is_busy = True
        self._lingers = False
        self.uses += 1
        self._total_due = now + clocks.total_s
        if clocks is not self.clocks:
            self.clocks = clocks
            self._shortest_s = min(clocks.headers_s, clocks.first_token_s, clocks.between_chunks_s, clocks.total_s)
        if body:
            self.transport.writelines((head, body))
        else:
            self.transport.write(head)
        self._awaited, self._limit_s, self._most = HEAD, clocks.headers_s, most
        self._wait_due = now + clocks.headers_s
        if now + self._shortest_s < self._tick_at:
            self._arm(now)
        self._waiter = self.loop.create_future()
        return self._waiter

    async def wait(self, what: Awaited) -> None:
        """Wait until body bytes, the end or a fault are there, or until the clock has run out, which is a fault.

        When the waiting task is cancelled, the connection is aborted at once: that is what stops the upstream's work.
        """
        self._await(what)
        self._waiter = self.loop.create_future()
        try:
            await self._waiter
        except BaseException:
            self.abort()
            raise

    def _await(self, what: Awaited) -> None:
        self._awaited = what
        self._limit_s = getattr(self.clocks, what.clock)
        self._wait_due = self.loop.time() + self._limit_s

    async def pour(self, take: Take) -> bool:
        """Give `take` every block in the moment in which it comes, until the end or a fault is there, or until it takes no more: False.

        The waiting task sleeps all the while; the clock counts from each block to the next. What `take` raises is raised here.
        """
        if self.complete or self.fault is not None:
            return True
        self._taker, self._is_enough = take, False
        await self.wait(NEXT)
        return not self._is_enough

    def take(self) -> bytes:
        """Take all body bytes that are there; reading from the socket goes on if it had paused."""
        chunks = self.chunks
        taken = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self._unread_bytes = 0
        if self._is_paused:
            self._is_paused = False
            if not self.transport.is_closing():
                self.transport.resume_reading()
        return taken

    def finish(self) -> None:
        """End the exchange: go back to the pool if the connection can serve again, else close it."""
        transport = self.transport
        if self.complete and self._is_reusable and not transport.is_closing() and not transport.get_write_buffer_size():
            if self.chunks:
                self.take()
            self.is_busy = False
            self._pool.keep(self)
        else:
            self.abort()

    def linger(self) -> None:
        """End the exchange as `finish` does, but give the answer a moment to come to its end, so that the connection can serve again."""
        if self.complete or self.fault is not None:
            self.finish()
            return
        self._lingers = True
        self.take()
        now = self.loop.time()
        self._total_due = min(self._total_due, now + LINGER_S)
        self._arm(now)

    @override
    def abort(self) -> None:
        """Drop the connection now; the upstream sees a closed socket. Idempotent."""
        if self.is_busy and not self.complete and self.fault is None:
            self.fault = Cut(got_headers=self.got_headers, reused=self.uses > 1 and not self._quiet_bytes)
        self._taker = None
        self._pool.forget(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._tick_at = None, math.inf
        self.transport.abort()

    @override
    def _fail(self, fault: UpstreamFault) -> None:
        if self.fault is None and not self.complete:
            self.fault = fault
        self.abort()
        self._wake()

    def _wake(self) -> None:
        """What is waited for is there, or never will be: no clock runs until somebody waits again."""
        self._taker, self._most, self._wait_due = None, 0, math.inf
        if not self._waiter.done():
            self._waiter.set_result(None)

    @override
    def _got(self, size: int) -> None:
        self._unread_bytes += size
        if self._most and not self.complete and 200 <= self.status < 300 and self._unread_bytes <= self._most:
            self._await(NEXT if self.chunks else FIRST)  # the rest comes to the same waiter
            return
        self._wake()
        if self._lingers and self.complete:
            self.finish()
        elif self._unread_bytes > UNREAD_LIMIT_BYTES and not self._is_paused and not self.complete:
            self._is_paused = True
            self.transport.pause_reading()

    @override
    def _pour(self, taker: Take) -> None:
        chunks = self.chunks
        block = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self._wait_due = self.loop.time() + self._limit_s
        try:
            if taker(block):
                if self.complete:
                    self._wake()
                return
        except Exception as error:  # noqa: BLE001  # the taker's own: it belongs to the task that waits
            self._waiter.set_exception(error)
        self._is_enough = True
        self._wake()

    # ---- clocks

    def _arm(self, now: float) -> None:
        """Have the timer fire before any clock that may start from now on can run out."""
        at = min(now + self._shortest_s, self._total_due, self._wait_due)
        if self._timer is not None:
            if self._tick_at <= at:
                return
            self._timer.cancel()
        self._tick_at = at
        self._timer = self.loop.call_at(at, self._tick)

    def _tick(self) -> None:
        self._timer, self._tick_at = None, math.inf
        if not self.is_busy or self.complete:
            return
        now = self.loop.time() + TICK_SLACK_S
        if now >= self._wait_due:
            self._fail(self._awaited.late(f"{self._awaited.why} = {self._limit_s:g} seconds"))
        elif now >= self._total_due and self.clocks is not None:
            self._fail(Stalled(f"the answer was not complete within total_s = {self.clocks.total_s:g} seconds"))
        else:
            self._arm(now)

    # ---- asyncio

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are Transports without saying so

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.is_busy and not self.complete and self.fault is None:
            if self.got_headers and self._is_open and exc is None:
                self.complete = True
            else:
                self.fault = Cut(got_headers=self.got_headers, reused=self.uses > 1 and not self._quiet_bytes)
        self._is_reusable = False
        self.abort()
        self._wake()
        self._parser = None  # it refers to us: without this the pair would wait for the garbage collector
