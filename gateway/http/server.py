"""uvicorn's HTTP protocol, with malformed requests answered in OpenAI's shape, headers bounded, and word at once when a caller leaves."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.errors import error_body
from gateway.http.downstream import WHOLE

MOST_HEADER_BYTES = 64_000
HEADERS_S = 30.0
"""How long headers may take, from the connection or from their first byte that came alone."""
STUCK_S = 60.0
"""How long a caller may read nothing of an answer while more waits for them."""


class _Cycle(RequestResponseCycle):
    """uvicorn's exchange, which also takes a whole answer as one message of ours.

    It is written at once, and headers that we made ourselves are not looked at again: together a tenth of a request's time.
    """

    @override
    async def send(self, message: Any) -> None:
        if message["type"] != WHOLE:
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        head, body = message["head"], message["body"]
        close = b"" if self.keep_alive else b"connection: close\r\n"
        self.transport.write(b"".join((STATUS_LINE[message["status"]], head, close, b"content-length: %d\r\n\r\n" % len(body), body)))
        self.response_started = self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._leaving: list[Callable[[], None]] = []
        self._header_bytes = 0  # of headers that are complete
        self._partial_bytes = 0  # of those that are not
        self._read_bytes = 0  # at most so many can be headers: the cheap question before the exact one
        self._is_in_headers = True
        self._messages = 0
        self._asks_upgrade = False
        self._opening: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._opening = self.loop.call_later(HEADERS_S, transport.close)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck = self.loop.call_later(STUCK_S, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()

    @override
    def data_received(self, data: bytes) -> None:
        messages = self._messages
        self._read_bytes = self._partial_bytes + len(data)
        super().data_received(data)
        # What holds the end of a message is not counted: at most one read. The rest is headers from its first byte to its last.
        if self._is_in_headers and messages == self._messages:
            self._partial_bytes += len(data)
            if self._opening is None:
                self._opening = self.loop.call_later(HEADERS_S, self.transport.close)
            if self._partial_bytes > MOST_HEADER_BYTES and not self.transport.is_closing():
                self._refuse_headers()
        elif self._opening is not None:
            self._opening.cancel()
            self._opening = None

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = 0
        self.scope["extensions"] = {"tidegate.gone": self._leaving, WHOLE: {}}  # type: ignore[dict-item]  # one of ours is a list

    @override
    def on_headers_complete(self) -> None:
        self._is_in_headers = False
        if self.parser.should_upgrade():  # the parser would skip the body, and read what comes of it later as the next request
            self._asks_upgrade = True
            raise ValueError("asks for an upgrade")  # the parser stops, and `send_400_response` is called
        if self._read_bytes > MOST_HEADER_BYTES:
            self._header_bytes = len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        if self._header_bytes > MOST_HEADER_BYTES:
            raise ValueError("too many bytes of headers")  # the parser stops, and `send_400_response` is called
        super().on_headers_complete()
        self.cycle.__class__ = _Cycle  # uvicorn names its class in the middle of this function; ours adds to it and changes nothing

    @override
    def on_message_complete(self) -> None:
        self._is_in_headers, self._partial_bytes = True, 0
        self._messages += 1
        super().on_message_complete()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self._opening, self._stuck):
            if timer is not None:
                timer.cancel()
        for leave in tuple(self._leaving):
            leave()

    @override
    def send_400_response(self, msg: str) -> None:
        if self._header_bytes > MOST_HEADER_BYTES:
            self._refuse_headers()
            return
        if self._asks_upgrade:
            self._refuse(b"400 Bad Request", "malformed_http", "Send the request without an Upgrade header, as plain HTTP/1.1.")
            return
        self._refuse(
            b"400 Bad Request", "malformed_http", "This is not a well-formed HTTP/1.1 request; check its request line, headers and lengths."
        )

    def _refuse_headers(self) -> None:
        self._refuse(b"431 Request Header Fields Too Large", "headers_too_large", "The headers are too large; send at most 64 kB of them.")

    def _refuse(self, status: bytes, code: str, say: str) -> None:
        body = error_body(say, "invalid_request_error", code)
        head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nx-request-id: req_%b\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (status, len(body), secrets.token_hex(12).encode()) + body)
        self.transport.close()
