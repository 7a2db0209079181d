"""One request of a hot endpoint on our own protocol, read and answered without ASGI in between."""

import asyncio
from typing import Protocol

from typing_extensions import override
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway.dialects.refusals import broken_off, refused
from gateway.errors import Refusal
from gateway.http.body import CallerLeft, too_large, too_late
from gateway.http.chat import Hot
from gateway.http.downstream import HttpDownstream
from gateway.http.heads import Head
from gateway.http.room import AGAIN_S, Room, ending, no_room

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FEW = 1_024
_SIZES = [b"%x\r\n" % size for size in range(_FEW)]
"""How a chunk of so many bytes begins: most are one event, and so many that it pays to have these ready."""
_CLOSE = b"connection: close\r\n"
_HEAD = b"%bcontent-type: %b\r\n%bx-request-id: %b\r\n%b"
_WHOLE = _HEAD + b"content-length: %d\r\n\r\n%b"
_STREAM = _HEAD + b"%btransfer-encoding: chunked\r\n\r\n"


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

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        """All that serve a request."""

    def part(self) -> None:
        """The answer that was written is the last one, and the caller may not have sent all of its request."""

    def answered(self) -> None:
        """The answer is written; the connection may serve the next request."""


class Direct(HttpDownstream):
    """The request. `feed` and `finish` come with the rest of its body, `leave` from the transport, all others from the task that serves it.

    `length` is that of the body as it was declared, `body` what came of it with the head.
    """

    task: "asyncio.Task[None]"
    """The one that serves it."""
    _most = 0
    _is_streaming = False
    _spoilt: Refusal | None = None
    _awaited: asyncio.Future[None] | None = None
    response_complete = False

    def __init__(self, connection: Connection, hot: Hot, asked: Head, request_id: str, length: int, body: bytes) -> None:
        size, room = len(body), connection.room
        room.held_bytes += size
        self.request_id = request_id  # as `super().__init__` would do
        self._connection = connection
        self._hot = hot
        self._asked = asked
        self._length = length
        self._body: bytes | bytearray = body
        self._is_whole = size == length
        self.disconnected = False
        self.keep_alive = asked.keep_alive and not room.is_draining()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have it served."""
        self.task = asyncio.Task(self.run(), loop=loop, name="request")  # what `create_task` does, which would count its name up
        self._connection.tasks.add(self.task)

    @override
    def watch(self) -> None:
        self._caller = self.task

    async def run(self) -> None:
        """Serve the request. Never raises, but for a cancellation that is none of the caller's doing: the gateway ends."""
        try:
            await self._hot.serve(self._asked.headers, self)
        except asyncio.CancelledError:
            self._part()
            raise
        finally:
            self._connection.tasks.discard(self.task)
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
            event = broken_off(refusal.say, refusal.code, self.endpoint)
            transport.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(event), event))
        elif not self.is_committed:
            head = b"content-type: application/json\r\nx-request-id: %b\r\nconnection: close\r\n" % self.request_id.encode()
            status, body = refused(refusal, self.endpoint, self.request_id)
            more = b"content-length: %d\r\n\r\n%b" % (len(body), body)
            transport.write(b"%b%bretry-after: %d\r\n%b" % (STATUS_LINE[status], head, AGAIN_S, more))
        self._over()

    def feed(self, data: bytes) -> None:
        """More of the body."""
        if self.response_complete:
            return
        if not isinstance(self._body, bytearray):
            self._body = bytearray(self._body)
        self._body += data
        room = self._connection.room
        room.held_bytes += len(data)
        if self._awaited is not None:
            if len(self._body) > self._most:
                self._wake(too_large(self._most))
            elif room.is_full():
                self._wake(no_room())

    def finish(self) -> None:
        """The body is complete."""
        self._is_whole = True
        self._wake(None)

    def spoil(self, refusal: Refusal) -> None:
        """What follows is no HTTP: the body will never be complete."""
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
    def read_nowait(self, most: int) -> bytes | None:
        body = self._body
        is_here = self._is_whole and not self.disconnected and len(body) <= most and not self._connection.room.is_full()
        return body if is_here and isinstance(body, bytes) else None

    @override
    async def read(self, most: int, within_s: float) -> bytes:
        if self.disconnected:
            raise CallerLeft
        if self._length > most or len(self._body) > most:
            raise too_large(most)
        if self._spoilt is not None:
            raise self._spoilt
        if self._connection.room.is_full():
            raise no_room()
        if not self._is_whole:
            await self._wait(most, within_s)
        self._body = body = bytes(self._body)  # which costs nothing when it came at once
        return body

    async def _wait(self, most: int, within_s: float) -> None:
        if self._asked.headers.expects and not self._body:
            self._connection.transport.write(_CONTINUE)
        loop = asyncio.get_running_loop()
        self._most, self._awaited = most, loop.create_future()
        timer = loop.call_later(within_s, lambda: self._wake(too_late(within_s)))
        try:
            await self._awaited
        finally:
            timer.cancel()

    @override
    async def _whole(self, status: int, content_type: bytes, lines: bytes, more: bytes, body: bytes) -> None:
        if more and more.find(_CLOSE) >= 0:  # of a refusal that says so
            self.keep_alive = False
        elif not self.keep_alive:
            more += _CLOSE
        self.sent_bytes += len(body)
        flow = self._connection.flow
        if flow.write_paused and not self.disconnected:
            await flow.drain()
        if not self.disconnected:
            named = self.request_id.encode()
            self._connection.transport.write(_WHOLE % (STATUS_LINE[status], content_type, lines, named, more, len(body), body))
        self._over()

    @override
    async def _start(self, status: int, content_type: bytes, lines: bytes, more: bytes) -> None:
        close = b"" if self.keep_alive else _CLOSE
        await self._send(_STREAM % (STATUS_LINE[status], content_type, lines, self.request_id.encode(), more, close))
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
    def write_nowait(self, data: bytes) -> bool:
        connection = self._connection
        if not self.disconnected:
            if connection.flow.write_paused:
                return False
            size = len(data)
            connection.transport.write(_SIZES[size] + data + b"\r\n" if size < _FEW else b"%x\r\n%b\r\n" % (size, data))
        self.sent_bytes += len(data)
        return True

    @override
    async def end(self, data: bytes = b"") -> None:
        self.sent_bytes += len(data)
        await self._send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else b"0\r\n\r\n")
        self._over()

    def _over(self) -> None:
        self.response_complete = True
        connection = self._connection
        connection.room.held_bytes -= len(self._body)
        self._body = b""
        if not self.keep_alive:
            if self._is_whole:
                connection.transport.close()
            else:
                connection.part()
        connection.answered()
