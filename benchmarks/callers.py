"""Callers of a load: each request on a raw connection, its tokens counted as they come, and what became of it told in a `Seen`.

A caller may leave in the middle, at a time that is set before. Connections are kept and used again, as SDKs do.
"""

import asyncio
import math
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

import httptools
import msgspec
from typing_extensions import override

PATIENCE_S = 120.0
"""No caller waits longer for the end of an answer."""
_CODE = re.compile(rb'"code": ?"(\w+)"')
CHAT = b"/v1/chat/completions"
_HEAD = (
    b"POST %b HTTP/1.1\r\nhost: load\r\ncontent-type: application/json\r\nauthorization: Bearer sk-bench-key\r\n"
    b"x-request-id: %b\r\ncontent-length: %d\r\n\r\n"
)
Became = Literal["whole", "refused", "broken", "left", "lost", "silence"]
"""An answer to its end; an error status; an error event in a stream; the caller left; the connection ended under it; no end in time."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `due` is when it was to be sent, on the loop's clock: latencies count from then. `leaves_s`: when its caller leaves."""

    number: int
    text: str
    tokens: int
    due: float
    leaves_s: float | None = None
    is_stream: bool = True

    @property
    def request_id(self) -> str:
        """A UUID, which the gateway keeps."""
        return str(uuid.UUID(int=self.number + (7 << 96)))

    def raw(self, path: bytes = CHAT) -> bytes:
        """Its bytes."""
        message = {"role": "user", "content": self.text}
        fields = {"model": "auto", "messages": [message], "max_tokens": self.tokens, "seed": self.number, "stream": self.is_stream}
        body = msgspec.json.encode(fields)
        return _HEAD % (path, self.request_id.encode(), len(body)) + body


@dataclass(slots=True)
class Seen:
    """What the caller saw. Seconds count from when the request was due; `widest_s` is the longest wait between two pieces of the answer."""

    ask: Ask
    became: Became = "lost"
    status: int = 0
    code: str = ""
    target: str = ""
    tokens: int = 0
    first_s: float | None = None
    widest_s: float = 0.0
    total_s: float = 0.0
    left_at_s: float = math.inf
    """When its caller left, on the monotonic clock that all processes share."""


class _Connection(asyncio.Protocol):
    """One connection, and at most one request on it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._seen: Seen | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are not of asyncio's classes

    def send(self, seen: Seen, path: bytes) -> asyncio.Future[bool]:
        """Ask; the future says whether the connection can be used again."""
        self._loop = asyncio.get_running_loop()
        self._seen, self._rest, self._is_done = seen, b"", False
        self._parser = httptools.HttpResponseParser(self)
        self._over: asyncio.Future[bool] = self._loop.create_future()
        self._last = self._loop.time()
        leaves_s = seen.ask.leaves_s
        self._timer = self._loop.call_later(
            PATIENCE_S if leaves_s is None else leaves_s, self._leave, "silence" if leaves_s is None else "left"
        )
        if self.transport is not None:
            self.transport.write(seen.ask.raw(path))
        return self._over

    def _leave(self, became: Became) -> None:
        if self._seen is not None and self.transport is not None:
            self._seen.became, self._seen.left_at_s = became, time.monotonic()
            self.transport.abort()
            self._end(is_usable=False)

    def _end(self, *, is_usable: bool) -> None:
        if self._seen is None:
            return
        self._timer.cancel()
        self._seen.total_s = self._loop.time() - self._seen.ask.due
        self._seen = None
        self._over.set_result(is_usable)

    @override
    def data_received(self, data: bytes) -> None:
        if self._seen is not None:
            self._parser.feed_data(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end(is_usable=False)

    @property
    def is_open(self) -> bool:
        """Whether it can carry a request."""
        return self.transport is not None and not self.transport.is_closing()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Which target answers."""
        if self._seen is not None and name.lower() == b"x-tidegate-target":
            self._seen.target = value.decode()

    def on_body(self, body: bytes) -> None:
        """Some of the answer."""
        seen, now = self._seen, self._loop.time()
        if seen is None:
            return
        data = self._rest + body
        whole, blank, self._rest = data.rpartition(b"\n\n")
        if not blank and seen.ask.is_stream:
            return
        block = whole if seen.ask.is_stream else data
        tokens = block.count(b'"content":" ')
        if tokens:
            if seen.first_s is None:
                seen.first_s = now - seen.ask.due
            else:
                seen.widest_s = max(seen.widest_s, now - self._last)
            self._last = now
            seen.tokens += tokens
        self._is_done = self._is_done or b"data: [DONE]" in block
        if b'"error"' in block and (code := _CODE.search(block)):
            seen.code = code[1].decode()

    def on_message_complete(self) -> None:
        """The answer is there, or its framing pretends so."""
        seen = self._seen
        if seen is None:
            return
        seen.status = self._parser.get_status_code()
        if seen.status != 200:
            seen.became, found = "refused", _CODE.search(self._rest)
            seen.code = seen.code or (found[1].decode() if found else str(seen.status))
        elif seen.code:
            seen.became = "broken"
        elif self._is_done or not seen.ask.is_stream:
            seen.became = "whole"
            if not seen.ask.is_stream:
                seen.first_s, seen.tokens = self._loop.time() - seen.ask.due, seen.ask.tokens
        self._end(is_usable=self._parser.should_keep_alive())


class Callers:
    """Everybody who asks on one port."""

    def __init__(self, port: int, told: Callable[[Seen], None], path: bytes = CHAT) -> None:
        self._port = port
        self._path = path
        self._told = told
        self._idle: list[_Connection] = []
        self.active = 0

    async def ask(self, ask: Ask) -> Seen:
        """Send a request, wait until it is over, tell and return what was seen."""
        seen = Seen(ask)
        self.active += 1
        try:
            connection = await self._connection()
            if await connection.send(seen, self._path):
                self._idle.append(connection)
        except OSError:
            seen.code, seen.total_s = "unreachable", asyncio.get_running_loop().time() - ask.due
        finally:
            self.active -= 1
        self._told(seen)
        return seen

    async def _connection(self) -> _Connection:
        while self._idle:
            if (kept := self._idle.pop()).is_open:
                return kept
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", self._port)
        return connection

    def close(self) -> None:
        """Leave for good."""
        for connection in self._idle:
            if connection.transport is not None:
                connection.transport.close()
        self._idle.clear()
