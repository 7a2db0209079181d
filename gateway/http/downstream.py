"""The caller's side of a request: its body, the commit point of the answer, and noticing that the caller has left.

`HttpDownstream` is what all of them share. `AsgiDownstream` works under any ASGI server; `gateway.http.direct` under our own protocol.
"""

import time
from abc import ABC, abstractmethod
from asyncio import Task, current_task, get_running_loop
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from starlette.types import Receive, Send
from typing_extensions import override

from gateway.dialects.refusals import refused
from gateway.errors import Refusal
from gateway.http import body
from router.attempt import Attempt, Usage
from router.names import Endpoint

_Of = TypeVar("_Of", bound=Attempt | None)
Describe = Callable[[_Of, Usage | None], bytes]
"""Gives the `x-tidegate-*` lines of the answer of an attempt, each ended by CRLF, from the usage as far as it is known then."""


class HttpDownstream(ABC):
    """One request's caller. `describe` is called before every attempt; headers are fixed at the commit point.

    `status`, `sent_bytes` and `first_byte` (monotonic seconds, None before the commit point) are for the exchange.
    """

    _describe: Describe[Any] | None = None  # how it begins is said by the class: to store each member takes longer
    _attempt: Attempt | None = None
    _caller: Task[Any] | None = None
    is_committed = False
    is_gone = False
    status = 0
    sent_bytes = 0
    first_byte: float | None = None

    endpoint: Endpoint | None = None
    """In whose words errors are told."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id

    def describe(self, lines: Describe[_Of], attempt: _Of) -> None:
        """What the `x-tidegate-*` headers will be, and whose answer they are about."""
        self._describe, self._attempt = lines, attempt

    def watch(self) -> None:
        """From now on, when the caller leaves, the running task is cancelled and `is_gone` is set."""
        self._caller = current_task()

    def unwatch(self) -> None:
        """The exchange has ended; the caller may leave. An idle connection must not hold what was asked on it."""
        self._caller = None
        self._describe = None

    def leave(self) -> None:
        """The caller has left."""
        if self._caller is not None:
            self.is_gone = True
            self._caller.cancel()

    def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> Coroutine[Any, Any, None]:
        """A whole answer."""
        return self._whole(status, content_type, self._commit(status, usage), b"", body)

    async def refuse(self, refusal: Refusal) -> None:
        """An error in the words of the endpoint. Nothing when the caller is gone or has begun to read an answer."""
        if self.is_gone or self.is_committed:
            return
        more = b"".join(f"{name}: {value}\r\n".encode() for name, value in refusal.headers.items())
        status, told = refused(refusal, self.endpoint, self.request_id)
        await self._whole(status, b"application/json", self._commit(status, None), more, told)

    def begin(self, status: int, content_type: bytes) -> Coroutine[Any, Any, None]:
        """The start of a stream."""
        return self._start(status, content_type, self._commit(status, None), b"cache-control: no-cache\r\nx-accel-buffering: no\r\n")

    def _commit(self, status: int, usage: Usage | None) -> bytes:
        """This is the commit point. Gives the lines that describe the answer."""
        self.is_committed = True
        self.status = status
        self.first_byte = time.monotonic()
        describe = self._describe
        return b"" if describe is None else describe(self._attempt, usage)

    def read_nowait(self, most: int) -> bytes | None:  # noqa: ARG002  # what overrides it asks for that
        """The body, where it is here and has at most `most` bytes. None: `read` says what there is to say."""
        return None

    @abstractmethod
    async def read(self, most: int, within_s: float) -> bytes:
        """The body, of at most `most` bytes, within `within_s` seconds. Raises `TooLarge`, `TooLate` or `CallerLeft`."""

    @abstractmethod
    async def _whole(self, status: int, content_type: bytes, lines: bytes, more: bytes, body: bytes) -> None:
        """Send a whole answer, with these header lines before the request's id, and `more` behind it."""

    @abstractmethod
    async def _start(self, status: int, content_type: bytes, lines: bytes, more: bytes) -> None:
        """Send the head of a stream, with such lines."""

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Some of a stream. Waits while the caller reads slower than we write."""

    @abstractmethod
    def write_nowait(self, data: bytes) -> bool:
        """Some of a stream, at once and from anywhere. False, and nothing was sent, where that cannot be: `await write(data)` then."""

    @abstractmethod
    async def end(self, data: bytes = b"") -> None:
        """The last of a stream."""


class AsgiDownstream(HttpDownstream):
    """A request that came through an ASGI server."""

    def __init__(self, receive: Receive, send: Send, request_id: str) -> None:
        super().__init__(request_id)
        self._receive = receive
        self._send = send
        self._watcher: Task[None] | None = None

    @override
    def watch(self) -> None:
        super().watch()
        self._watcher = get_running_loop().create_task(self._wait())  # kept: the loop holds weak references only

    @override
    def unwatch(self) -> None:
        super().unwatch()
        if self._watcher is not None:
            self._watcher.cancel()

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.leave()

    @override
    async def read(self, most: int, within_s: float) -> bytes:
        return await body.read(self._receive, most, within_s)

    @override
    async def _whole(self, status: int, content_type: bytes, lines: bytes, more: bytes, body: bytes) -> None:
        self.sent_bytes += len(body)
        await self._start(status, content_type, lines, b"%bcontent-length: %d\r\n" % (more, len(body)))
        await self._send({"type": "http.response.body", "body": body})

    @override
    async def _start(self, status: int, content_type: bytes, lines: bytes, more: bytes) -> None:
        head = b"content-type: %b\r\n%bx-request-id: %b\r\n%b" % (content_type, lines, self.request_id.encode(), more)
        headers = [tuple(line.split(b": ", 1)) for line in head.split(b"\r\n")[:-1]]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    @override
    async def write(self, data: bytes) -> None:
        self.sent_bytes += len(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    @override
    def write_nowait(self, data: bytes) -> bool:
        return False

    @override
    async def end(self, data: bytes = b"") -> None:
        self.sent_bytes += len(data)
        await self._send({"type": "http.response.body", "body": data})
