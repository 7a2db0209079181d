"""uvicorn's HTTP protocol, with malformed requests answered in OpenAI's shape, headers bounded, and word at once when a caller leaves."""

import secrets
from collections.abc import Callable
from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import error_body

MOST_HEADER_BYTES = 64_000


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._leaving: list[Callable[[], None]] = []
        self._header_bytes = 0  # of the headers that are complete, and of those that are not
        self._partial_bytes = 0
        self._is_in_headers = True
        self._messages = 0

    @override
    def data_received(self, data: bytes) -> None:
        messages = self._messages
        super().data_received(data)
        # What holds the end of a message is not counted: at most one read. The rest is headers from its first byte to its last.
        if self._is_in_headers and messages == self._messages:
            self._partial_bytes += len(data)
            if self._partial_bytes > MOST_HEADER_BYTES and not self.transport.is_closing():
                self._refuse_headers()

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = 0
        self.scope["extensions"] = {"tidegate.gone": self._leaving}  # type: ignore[dict-item]  # an extension of ours: a list to append to

    @override
    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value) + len(": \r\n"))

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MOST_HEADER_BYTES:
            raise ValueError("too many bytes of headers")  # the parser stops, and `send_400_response` is called

    @override
    def on_headers_complete(self) -> None:
        self._is_in_headers = False
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        self._is_in_headers, self._partial_bytes = True, 0
        self._messages += 1
        super().on_message_complete()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for leave in tuple(self._leaving):
            leave()

    @override
    def send_400_response(self, msg: str) -> None:
        if self._header_bytes > MOST_HEADER_BYTES:
            self._refuse_headers()
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
