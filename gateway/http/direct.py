"""One request of a hot endpoint on our own protocol, read and answered without ASGI in between.

For uvicorn's protocol, which keeps the connection, it is what uvicorn calls a cycle: the attributes without underscore below are its.
"""

import asyncio
from typing import Protocol

from typing_extensions import override
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway.errors import Refusal, error_event
from gateway.http.body import CallerLeft, too_large, too_late
from gateway.http.chat import Hot
from gateway.http.downstream import HttpDownstream
from gateway.http.headers import Headers
from gateway.http.room import AGAIN_S, Room, ending, no_room

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(Protocol):
    """What a request needs of the connection it came on."""

    @property
    def transport(self) -> asyncio.Transport:
        """Where bytes go."""

    @property
    def flow(self) -> FlowControl:
        """Whether they may, now."""

    @property
    def room(self) -> Room:
        """How much all connections may hold."""

    def part(self) -> None:
        """The answer that was written is the last one, and the caller may not have sent all of its request."""

    def on_response_complete(self) -> None:
        """The answer is written; the connection may serve the next request."""


class Direct(HttpDownstream):
    """The request. `feed` and `finish` come from the parser, `leave` from the transport, all others from the task that serves it."""

    __slots__ = (
        "_awaited",
        "_closes",
        "_connection",
        "_headers",
        "_hot",
        "_is_streaming",
        "_is_whole",
        "_most",
        "_pieces",
        "_size",
        "_spoilt",
        "disconnected",
        "expects",
        "keep_alive",
        "message_event",
        "response_complete",
    )

    def __init__(self, connection: Connection, hot: Hot, headers: Headers, message_event: asyncio.Event, *, keep_alive: bool) -> None:
        super().__init__(headers.request_id)
        self._connection = connection
        self._hot = hot
        self._headers = headers
        self._pieces: list[bytes] = []
        self._size = 0
        self._most = 0
        self._is_whole = False
        self._is_streaming = False
        self._spoilt: Refusal | None = None
        self._awaited: asyncio.Future[None] | None = None
        self.expects = False
        self.keep_alive = keep_alive
        self.response_complete = False
        self.disconnected = False
        self.message_event = message_event

    async def run(self) -> None:
        """Serve the request. Never raises, but for a cancellation that is none of the caller's doing: the gateway ends."""
        try:
            await self._hot.serve(self._headers, self)
        except asyncio.CancelledError:
            self._part()
            raise
        if not self.response_complete:  # the caller left, or a defect came after the first byte
            self._connection.transport.close()
            self._over()

    def _part(self) -> None:
        """The time of grace is over. Whoever still waits is told so, whatever the answer has come to."""
        if self.response_complete or self.disconnected:
            return
        transport, refusal = self._connection.transport, ending()
        self.keep_alive = False
        if self._is_streaming:
            event = error_event(refusal.say, refusal.code)
            transport.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(event), event))
        elif not self.is_committed:
            head = b"content-type: application/json\r\nx-request-id: %b\r\nconnection: close\r\n" % self.request_id.encode()
            more = b"content-length: %d\r\n\r\n%b" % (len(refusal.body), refusal.body)
            transport.write(b"%b%bretry-after: %d\r\n%b" % (STATUS_LINE[refusal.status], head, AGAIN_S, more))
        self._over()

    def feed(self, data: bytes) -> None:
        """Some of the body."""
        if self.response_complete:
            return
        self._pieces.append(data)
        self._size += len(data)
        room = self._connection.room
        room.held_bytes += len(data)
        if self._awaited is not None:
            if self._size > self._most:
                self._wake(too_large(self._most))
            elif room.is_full:
                self._wake(no_room())

    def drop(self) -> None:
        """What was read of the body is held no more."""
        self._connection.room.held_bytes -= self._size
        self._size = 0

    def finish(self) -> None:
        """The body is complete."""
        self._is_whole = True
        self._wake(None)

    def spoil(self, refusal: Refusal) -> None:
        """What follows is no HTTP: this answer is the connection's last one, and a refusal if the body was not complete."""
        self.keep_alive = False
        if not self._is_whole:
            self._spoilt = refusal
            self._wake(refusal)

    @override
    def leave(self) -> None:
        self.disconnected = True
        self._wake(CallerLeft())
        super().leave()

    def _wake(self, failure: Exception | None) -> None:
        if self._awaited is None or self._awaited.done():
            return
        if failure is None:
            self._awaited.set_result(None)
        else:
            self._awaited.set_exception(failure)

    @override
    async def read(self, most: int, within_s: float) -> bytes:
        if self.disconnected:
            raise CallerLeft
        if self._spoilt is not None:
            raise self._spoilt
        if self._size > most:
            raise too_large(most)
        if self._connection.room.is_full:
            raise no_room()
        if not self._is_whole:
            await self._wait(most, within_s)
        pieces, self._pieces = self._pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _wait(self, most: int, within_s: float) -> None:
        if self.expects and not self._size:
            self._connection.transport.write(_CONTINUE)
        loop = asyncio.get_running_loop()
        self._most, self._awaited = most, loop.create_future()
        timer = loop.call_later(within_s, lambda: self._wake(too_late(within_s)))
        try:
            await self._awaited
        finally:
            timer.cancel()

    @override
    async def _whole(self, status: int, head: bytes, body: bytes) -> None:
        if head.find(b"\r\nconnection: close\r\n") >= 0:  # CPython takes `in` for a number first, and fails slowly
            self.keep_alive = False
        elif not self.keep_alive:
            head += b"connection: close\r\n"
        self.sent_bytes += len(body)
        flow = self._connection.flow
        if flow.write_paused and not self.disconnected:
            await flow.drain()
        if not self.disconnected:
            self._connection.transport.write(b"%b%bcontent-length: %d\r\n\r\n%b" % (STATUS_LINE[status], head, len(body), body))
        self._over()

    @override
    async def _start(self, status: int, head: bytes) -> None:
        close = b"" if self.keep_alive else b"connection: close\r\n"
        await self._send(b"%b%b%btransfer-encoding: chunked\r\n\r\n" % (STATUS_LINE[status], head, close))
        self._is_streaming = True

    @override
    async def write(self, data: bytes) -> None:
        self.sent_bytes += len(data)
        await self._send(b"%x\r\n%b\r\n" % (len(data), data))

    async def _send(self, data: bytes) -> None:
        flow = self._connection.flow
        if flow.write_paused and not self.disconnected:
            await flow.drain()
        if not self.disconnected:
            self._connection.transport.write(data)

    @override
    def write_nowait(self, data: bytes, framed: bytes = b"") -> bool:
        connection = self._connection
        if not self.disconnected:
            if connection.flow.write_paused:
                return False
            connection.transport.write(framed or b"%x\r\n%b\r\n" % (len(data), data))
        self.sent_bytes += len(data)
        return True

    @override
    async def end(self, data: bytes = b"") -> None:
        self.sent_bytes += len(data)
        await self._send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else b"0\r\n\r\n")
        self._over()

    def _over(self) -> None:
        self.response_complete = True
        self.drop()
        if not self.keep_alive and self._is_whole:
            self._connection.transport.close()
        elif not self.keep_alive:
            self._connection.part()
        self._connection.on_response_complete()
