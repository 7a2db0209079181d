"""The caller's side of an answer, over ASGI: the commit point, the response headers, and noticing that the caller has left."""

import time
from asyncio import Task, current_task, get_running_loop
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from gateway.errors import Refusal
from router.attempt import Usage

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

_JSON = b"application/json"
WHOLE = "tidegate.answer"
"""An ASGI extension of ours: a message with `status`, `head` (encoded header lines) and `body`, which is a whole answer."""


class AsgiDownstream:
    """One response. `describe` is called before every attempt; headers are fixed at the commit point.

    `status`, `sent_bytes` and `first_byte` (monotonic seconds, None before the commit point) are for the exchange.
    """

    __slots__ = (
        "_caller",
        "_describe",
        "_hook",
        "_send",
        "_takes_whole",
        "_watcher",
        "first_byte",
        "is_committed",
        "is_gone",
        "request_id",
        "sent_bytes",
        "status",
    )

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._takes_whole = False
        self._describe: Callable[[Usage | None], list[Header]] = lambda _usage: []
        self._watcher: Task[None] | None = None
        self._hook: list[Callable[[], None]] | None = None
        self._caller: Task[Any] | None = None
        self.request_id = request_id
        self.is_committed = False
        self.is_gone = False
        self.status = 0
        self.sent_bytes = 0
        self.first_byte: float | None = None

    def describe(self, headers: Callable[[Usage | None], list[Header]]) -> None:
        """What the `x-tidegate-*` headers will be, given the usage if it is known at the commit point."""
        self._describe = headers

    def watch(self, scope: Scope, receive: Receive) -> None:
        """From now on, when the caller leaves, the running task is cancelled and `is_gone` is set.

        Our own server protocol calls back when the connection is lost; under any other server a task waits for the message.
        """
        self._caller = current_task()
        extensions = scope.get("extensions", {})
        self._takes_whole = WHOLE in extensions
        self._hook = extensions.get("tidegate.gone")
        if self._hook is not None:
            self._hook.append(self.leave)
        else:
            self._watcher = get_running_loop().create_task(self._wait(receive))  # kept: the loop holds weak references only

    def unwatch(self) -> None:
        """The exchange has ended; the caller may leave."""
        self._caller = None
        if self._hook is not None:
            self._hook.remove(self.leave)
        if self._watcher is not None:
            self._watcher.cancel()

    def leave(self) -> None:
        """The caller has left."""
        if self._caller is not None:
            self.is_gone = True
            self._caller.cancel()

    async def _wait(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.leave()

    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """A whole answer."""
        self._commit(status)
        self.sent_bytes += len(body)
        if self._takes_whole:
            head = b"".join([b"%b: %b\r\n" % header for header in ((b"content-type", content_type), *self._describe(usage), self._id)])
            await self._send({"type": WHOLE, "status": status, "head": head, "body": body})
            return
        headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *self._describe(usage), self._id]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    async def begin(self, status: int, content_type: bytes) -> None:
        """The start of a stream."""
        self._commit(status)
        headers = [
            (b"content-type", content_type),
            (b"cache-control", b"no-cache"),
            (b"x-accel-buffering", b"no"),
            *self._describe(None),
            self._id,
        ]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def write(self, data: bytes) -> None:
        """Some of a stream."""
        self.sent_bytes += len(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, data: bytes = b"") -> None:
        """The last of a stream."""
        self.sent_bytes += len(data)
        await self._send({"type": "http.response.body", "body": data})

    async def refuse(self, refusal: Refusal) -> None:
        """An error in OpenAI's shape. Nothing when the caller is gone or has begun to read an answer."""
        if self.is_gone or self.is_committed:
            return
        self._commit(refusal.status)
        body = refusal.body
        headers = [(b"content-type", _JSON), (b"content-length", b"%d" % len(body)), *self._describe(None), self._id]
        headers.extend((name.encode(), value.encode()) for name, value in refusal.headers.items())
        self.sent_bytes += len(body)
        await self._send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _commit(self, status: int) -> None:
        self.is_committed = True
        self.status = status
        self.first_byte = time.monotonic()

    @property
    def _id(self) -> Header:
        return b"x-request-id", self.request_id.encode()
