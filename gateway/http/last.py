"""What a caller is told whose connection ends here, where there is no request that could be answered."""

from typing import NamedTuple

from gateway.errors import advice, error_body
from gateway.http.ids import new_id
from gateway.http.room import AGAIN_S, no_room


class Last(NamedTuple):
    """The last answer of a connection."""

    status: bytes
    code: str
    say: str

    def written(self) -> bytes:
        """It, as it goes to the caller."""
        is_ours = self.status.startswith(b"503")
        body = error_body(self.say, "server_error" if is_ours else "invalid_request_error", self.code)
        head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nx-request-id: %b\r\nconnection: close\r\n%b\r\n"
        more = "".join(f"{name}: {value}\r\n" for name, value in advice(self.code, AGAIN_S if is_ours else None).items())
        return head % (self.status, len(body), new_id().encode(), more.encode()) + body


TOO_LARGE = Last(b"431 Request Header Fields Too Large", "headers_too_large", "The headers are too large; send at most 64 kB of them.")
NO_WEBSOCKET = Last(
    b"501 Not Implemented",
    "not_implemented",
    "WebSockets are not served, so there is no realtime API here. Use POST /v1/responses or /v1/chat/completions with `stream`.",
)
UPGRADE = Last(b"400 Bad Request", "malformed_http", "Send the request without an Upgrade header, as plain HTTP/1.1.")
MALFORMED = Last(
    b"400 Bad Request", "malformed_http", "This is not a well-formed HTTP/1.1 request; check its request line, headers and lengths."
)
NO_ROOM = Last(b"503 Service Unavailable", "no_room", no_room().say)
