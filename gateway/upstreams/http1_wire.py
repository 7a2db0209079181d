"""One HTTP/1.1 connection to an upstream: an asyncio protocol around llhttp that carries one request and one answer at a time."""

import asyncio
import math
from collections.abc import Callable
from typing import Protocol, cast

import httptools
from typing_extensions import override

from gateway.upstreams.http1_faults import BadAnswer, Cut, Stalled, UpstreamFault
from gateway.upstreams.http1_head import Headers, framing, size
from router.decision import Clocks

HEAD_LIMIT_BYTES = 64 * 1024
"""The most that a header block may take, and that may come without a byte of body: interim answers, trailers, chunk extensions."""
UNREAD_LIMIT_BYTES = 256 * 1024
"""Reading from the socket pauses above this. One more read, of 256 kB at most, can be on its way."""
MAX_INTERIM = 8
"""1xx answers before the answer; one `100 Continue` or a few `103 Early Hints` are normal."""
JOIN_LIMIT_BYTES = 64 * 1024
"""Up to here one copy is cheaper than a vectored write."""
LINGER_S = 1.0
"""How long after its content an answer may end: engines write a stream's last chunk separately, well under a millisecond later."""
TICK_SLACK_S = 0.001
"""uvloop's clock counts milliseconds: a timer may fire that much before its time."""
Take = Callable[[bytes], bool]
"""Is given a block of the body; says whether it takes more."""


class Pool(Protocol):
    """Where connections live between requests."""

    def keep(self, connection: "Connection", /) -> None:
        """Take back a connection that can serve again."""

    def forget(self, connection: "Connection", /) -> None:
        """Free the slot of a connection that is closing. Idempotent."""


class Connection(asyncio.Protocol):
    """One socket: idle, `send`, the headers, the body, `finish`; then idle again, or gone.

    There is one timer. It is armed for the shortest clock and looks, when it fires, how long the current wait may still last; so a
    busy connection touches no timer per request or per chunk. Pieces of the body go from the parser into `chunks` without a call of ours.
    """

    transport: asyncio.Transport

    def __init__(self, loop: asyncio.AbstractEventLoop, pool: Pool) -> None:
        """Make the protocol of a connection that is being opened."""
        self._loop = loop
        self._pool = pool
        self.chunks: list[bytes] = []
        self.on_body = self.chunks.append
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._timer: asyncio.TimerHandle | None = None
        self._tick_at = 0.0
        self._waiter: asyncio.Future[None] | None = None
        self._taker: Take | None = None
        self.clocks: Clocks | None = None
        self.is_busy = False
        self.uses = 0
        self.idle_since = 0.0
        self.fault: UpstreamFault | None = None
        self.headers: Headers = []
        self._unread_bytes = 0
        self._is_paused = self._is_reusable = self._until_eof = self._is_enough = False
        self._wait_due = math.inf
        self._flaw = ""

    # ---- a request and its answer, as the client sees them

    def send(self, head: bytes, body: bytes, clocks: Clocks, now: float) -> None:
        """Write a request. The total clock runs from `now` on, on the loop's clock."""
        self.is_busy = True
        self.uses += 1
        self.got_headers = self.complete = self._lingers = False
        self.status = self._interim = self._interim_bytes = self._quiet_bytes = 0
        self.headers = []
        self._total_due = now + clocks.total_s
        if clocks is not self.clocks:
            self.clocks = clocks
            self._shortest_s = min(clocks.headers_s, clocks.first_token_s, clocks.between_chunks_s, clocks.total_s)
        if len(body) <= JOIN_LIMIT_BYTES:
            self.transport.write(head + body)
        else:
            self.transport.writelines((head, body))
        self._arm(now)

    async def wait(self, limit_s: float, late: type[UpstreamFault], why: str) -> None:
        """Wait until headers, body bytes, the end or a fault are there; after `limit_s` seconds the fault is `late`, saying `why`.

        When the waiting task is cancelled, the connection is aborted at once: that is what stops the upstream's work.
        """
        self._late, self._why, self._limit_s = late, why, limit_s
        self._wait_due = self._loop.time() + limit_s
        waiter = self._waiter = self._loop.create_future()
        try:
            await waiter
        except BaseException:
            self.abort()
            raise
        finally:
            self._waiter = self._taker = None
            self._wait_due = math.inf

    async def pour(self, take: Take, limit_s: float, late: type[UpstreamFault], why: str) -> bool:
        """Give `take` every block in the moment in which it comes, until the end or a fault is there, or until it takes no more: False.

        The waiting task sleeps all the while. `limit_s` counts from each block to the next. What `take` raises is raised here.
        """
        if self.complete or self.fault is not None:
            return True
        self._taker, self._is_enough = take, False
        await self.wait(limit_s, late, why)
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
        now = self._loop.time()
        self._total_due = min(self._total_due, now + LINGER_S)
        self._arm(now)

    def abort(self) -> None:
        """Drop the connection now; the upstream sees a closed socket. Idempotent."""
        if self.is_busy and not self.complete and self.fault is None:
            self.fault = Cut(got_headers=self.got_headers, reused=self.uses > 1 and not self._quiet_bytes)
        self._pool.forget(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.transport.abort()

    def _fail(self, fault: UpstreamFault) -> None:
        if self.fault is None and not self.complete:
            self.fault = fault
        self.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # ---- clocks

    def _arm(self, now: float) -> None:
        """Have the timer fire before any clock that may start from now on can run out."""
        at = min(now + self._shortest_s, self._total_due, self._wait_due)
        if self._timer is not None:
            if self._tick_at <= at:
                return
            self._timer.cancel()
        self._tick_at = at
        self._timer = self._loop.call_at(at, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not self.is_busy or self.complete:
            return
        now = self._loop.time() + TICK_SLACK_S
        if now >= self._wait_due:
            self._fail(self._late(f"{self._why} = {self._limit_s:g} seconds"))
        elif now >= self._total_due and self.clocks is not None:
            self._fail(Stalled(f"the answer was not complete within total_s = {self.clocks.total_s:g} seconds"))
        else:
            self._arm(now)

    # ---- asyncio

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are Transports without saying so

    @override
    def data_received(self, data: bytes) -> None:
        if not self.is_busy or self._parser is None:
            # Nobody asked for these bytes. Read as the answer to the next request, they would reach the wrong caller.
            self.abort()
            return
        pieces = len(self.chunks)
        self._quiet_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # After the end, `_fail` only closes: the answer is whole, but what follows it was not asked for.
            self._fail(BadAnswer(f"the answer is not acceptable: {self._flaw or 'it breaks the syntax of HTTP/1.1'}"))
            return
        if len(self.chunks) != pieces:
            self._quiet_bytes = 0
            self._got(len(data))
        elif self._quiet_bytes > HEAD_LIMIT_BYTES:
            self._fail(BadAnswer(f"the answer has more than {HEAD_LIMIT_BYTES} bytes of headers, trailers or interim answers"))
        if self._lingers and self.complete:
            self.finish()

    def _got(self, size: int) -> None:
        """Hand on what has come of the body, or keep it until it is taken."""
        waiter = self._waiter
        if self._taker is not None and waiter is not None and not waiter.done():
            self._wait_due = self._loop.time() + self._limit_s
            try:
                if self._taker(self.take()):
                    return
            except Exception as error:  # noqa: BLE001  # the taker's own: it belongs to the task that waits
                waiter.set_exception(error)
            self._is_enough = True
        self._wake()
        self._unread_bytes += size  # with the framing around it
        if self._unread_bytes > UNREAD_LIMIT_BYTES and not self._is_paused and not self.complete:
            self._is_paused = True
            self.transport.pause_reading()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.is_busy and not self.complete and self.fault is None:
            if self.got_headers and self._until_eof and exc is None:
                self.complete = True
            else:
                self.fault = Cut(got_headers=self.got_headers, reused=self.uses > 1 and not self._quiet_bytes)
        self._is_reusable = False
        self.abort()
        self._wake()
        self._parser = None  # it refers to us: without this the pair would wait for the garbage collector

    # ---- llhttp

    def on_message_begin(self) -> None:
        """Note the start of a message; after the end of the answer it is one that nobody asked for."""
        if self.complete:
            raise self._refuse("bytes follow it")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header. After the body it is a trailer: those are dropped."""
        if not self.got_headers:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Judge the header block; llhttp has checked its syntax, and that there is one content-length or one transfer-encoding."""
        parser = self._parser
        assert parser is not None  # noqa: S101 (narrows the type)
        status = parser.get_status_code()
        if self._quiet_bytes > HEAD_LIMIT_BYTES and self._interim_bytes + size(self.headers) > HEAD_LIMIT_BYTES:
            raise self._refuse(f"its headers have more than {HEAD_LIMIT_BYTES} bytes")
        if status < 200:
            self._interim += 1
            self._interim_bytes += size(self.headers)
            if status in (100, 102, 103) and self._interim <= MAX_INTERIM:
                self.headers.clear()
                return
            raise self._refuse("it switches protocols, or has too many interim answers")
        version = parser.get_http_version()
        sized, flaw = framing(status, version, self.headers)
        if flaw:
            raise self._refuse(flaw)
        self._until_eof = not sized
        self._is_reusable = sized and version == "1.1" and parser.should_keep_alive()
        self.status = status
        self.got_headers = True
        self._wake()

    def on_message_complete(self) -> None:
        """Note the end of an interim answer, or of the answer."""
        if self.got_headers:
            self.complete = True
            self._wake()

    def _refuse(self, flaw: str) -> ValueError:
        """Return what stops the parser; it wraps what a callback raises, so the sentence is kept here."""
        self._flaw = flaw
        return ValueError(flaw)
