"""Our HTTP/1.1 protocol: uvicorn's, with the hot endpoints served directly, and stricter.

Malformed requests are answered in OpenAI's shape, headers are bounded, slow and stuck callers are dropped, and a request whose caller
leaves hears of it at once. What is not hot takes uvicorn's way to the ASGI application.
"""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any

import httptools
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import BadRequest, error_body
from gateway.http.body import CLOSE
from gateway.http.chat import Hot
from gateway.http.direct import Direct
from gateway.http.headers import Headers
from gateway.http.room import AGAIN_S, Room, no_room

MOST_HEADER_BYTES = 64_000
HEADERS_S = 30.0
"""How long headers may take, from the connection or from their first byte that came alone."""
LINGER_S = 2.0
"""For so long a caller who was refused is heard out: if we closed meanwhile, its system would throw the answer away (RFC 9112, 9.6)."""
STUCK_S = 60.0
"""How long a caller may read nothing of an answer while more waits for them."""


class Protocol(HttpToolsProtocol):
    """One connection."""

    headers_s = HEADERS_S
    stuck_s = STUCK_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hot: Mapping[bytes, Hot] = getattr(self.app, "hot", {})
        self.room: Room = getattr(self.app, "room", None) or Room()
        self._serving: Direct | None = None
        self._nobody = asyncio.Event()  # what uvicorn would wake when a caller leaves
        self._header_bytes = 0  # of headers that are complete
        self._partial_bytes = 0  # of those that are not
        self._read_bytes = 0  # at most so many can be headers: the cheap question before the exact one
        self._is_in_headers = True
        self._is_deaf = False
        self._messages = 0
        self._asks_upgrade = False
        self._opening: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._idle_since = self.loop.time()
        self._idling: asyncio.TimerHandle | None = None
        self._parting: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if not self.room.has_place(len(self.connections)):
            self._is_deaf = True
            self._refuse(*_NO_ROOM)
            return
        self._opening = self.loop.call_later(self.headers_s, transport.close)
        self._idling = self.loop.call_later(self.timeout_keep_alive, self._look_if_idle)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self._opening, self._stuck, self._idling, self._parting):
            if timer is not None:
                timer.cancel()
        if self._serving is not None:
            self._serving.leave()
        for cycle, _ in self.pipeline:  # what was read of requests that nobody will serve
            if isinstance(cycle, Direct):
                cycle.drop()
        self._serving = None
        self.cycle = None  # type: ignore[assignment]  # it refers to us: the pair would wait for the garbage collector, with all that was asked

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck = self.loop.call_later(self.stuck_s, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        messages = self._messages
        self._read_bytes = self._partial_bytes + len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._malformed()
            return
        # What holds the end of a message is not counted: at most one read. The rest is headers from its first byte to its last.
        if self._is_in_headers and messages == self._messages:
            self._partial_bytes += len(data)
            if self._opening is None:
                self._opening = self.loop.call_later(self.headers_s, self.transport.close)
            if self._partial_bytes > MOST_HEADER_BYTES and not self.transport.is_closing():
                self._refuse(*_TOO_LARGE)
        elif self._opening is not None:
            self._opening.cancel()
            self._opening = None

    @override
    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._header_bytes = 0

    @override
    def on_headers_complete(self) -> None:
        self._is_in_headers = False
        parser = self.parser
        if parser.should_upgrade():  # the parser would skip the body, and read what comes of it later as the next request
            self._asks_upgrade = True
            raise ValueError("asks for an upgrade")  # the parser stops, and `_malformed` is called
        if self._read_bytes > MOST_HEADER_BYTES:
            self._header_bytes = len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        if self._header_bytes > MOST_HEADER_BYTES:
            raise ValueError("too many bytes of headers")
        hot = self._hot.get(self.url)
        if hot is not None and parser.get_method() == b"POST" and parser.get_http_version() == "1.1":
            self._directly(hot)
        else:
            self._through_asgi()

    def _directly(self, hot: Hot) -> None:
        keep_alive = self.parser.should_keep_alive() and not self.room.is_draining()
        direct = Direct(self, hot, Headers(self.headers), self._nobody, keep_alive=keep_alive)
        direct.expects = self.expect_100_continue
        is_free = not self._is_answering
        self.cycle = direct  # type: ignore[assignment]  # a cycle in all that uvicorn asks of it
        if is_free:
            self._start(direct)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((direct, self.app))  # type: ignore[arg-type]

    def _through_asgi(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # makes the scope, which no direct request needs
        self.url, self.headers, self.expect_100_continue = url, headers, expects
        self.scope["headers"] = headers
        super().on_headers_complete()

    def _start(self, direct: Direct) -> None:
        self._serving = direct
        task = self.loop.create_task(direct.run())
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    @override
    def on_body(self, body: bytes) -> None:
        if isinstance(self.cycle, Direct):
            self.cycle.feed(body)
        else:
            super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._is_in_headers, self._partial_bytes = True, 0
        self._messages += 1
        if isinstance(self.cycle, Direct):
            self.cycle.finish()
        else:
            super().on_message_complete()

    def part(self) -> None:
        """Say that nothing more comes, and read what does, for a while, without keeping it."""
        if self._is_deaf or self.transport.is_closing():  # what it sent was not HTTP
            self.transport.close()
            return
        self._is_deaf = True
        self.transport.write_eof()
        self.flow.resume_reading()
        self._parting = self.loop.call_later(LINGER_S, self.transport.close)

    @override
    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self._serving = None
        if self.transport.is_closing() or self._parting is not None:
            return
        self._idle_since = self.loop.time()
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            if isinstance(cycle, Direct):
                self._start(cycle)
            else:
                self._start_asgi_task(cycle, app)

    def _look_if_idle(self) -> None:
        """One timer for the life of the connection is cheaper than one per request."""
        left_s = self.timeout_keep_alive if self._is_answering else self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left_s <= 0:
            self.transport.close()
        else:
            self._idling = self.loop.call_later(left_s, self._look_if_idle)

    @property
    def _is_answering(self) -> bool:
        cycle: Any = self.cycle  # None until the first request, which uvicorn's annotation does not say
        return cycle is not None and not cycle.response_complete

    def _malformed(self) -> None:
        if isinstance(self.cycle, Direct) and not self.cycle.response_complete:  # what was asked before is still answered
            self.cycle.spoil(BadRequest(_MALFORMED[1], _MALFORMED[2], headers=CLOSE))
            self._is_deaf = True
        elif self._is_answering and not self.cycle.more_body:
            self.cycle.keep_alive = False
            self._is_deaf = True
        elif self._header_bytes > MOST_HEADER_BYTES:
            self._refuse(*_TOO_LARGE)
        else:
            self._refuse(*(_UPGRADE if self._asks_upgrade else _MALFORMED))

    def _refuse(self, status: bytes, code: str, say: str) -> None:
        body = error_body(say, "server_error" if status.startswith(b"503") else "invalid_request_error", code)
        head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nx-request-id: req_%b\r\nconnection: close\r\n"
        more = b"retry-after: %d\r\n\r\n" % AGAIN_S if status.startswith(b"503") else b"\r\n"
        self.transport.write(head % (status, len(body), secrets.token_hex(12).encode()) + more + body)
        self.transport.close()


_TOO_LARGE = (b"431 Request Header Fields Too Large", "headers_too_large", "The headers are too large; send at most 64 kB of them.")
_UPGRADE = (b"400 Bad Request", "malformed_http", "Send the request without an Upgrade header, as plain HTTP/1.1.")
_MALFORMED = (
    b"400 Bad Request",
    "malformed_http",
    "This is not a well-formed HTTP/1.1 request; check its request line, headers and lengths.",
)
_NO_ROOM = (b"503 Service Unavailable", "no_room", no_room().say)
