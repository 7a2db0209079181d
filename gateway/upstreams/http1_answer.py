"""The answer to one request, read by the caller at its own pace from the connection on which it comes."""

import msgspec
from typing_extensions import override

from gateway.upstreams.http1_faults import BodyTooLarge
from gateway.upstreams.http1_head import Headers, headers, value
from gateway.upstreams.http1_reading import Take
from gateway.upstreams.http1_wire import FIRST, NEXT, Connection


class Answer(msgspec.Struct, eq=False):
    """The answer to one `post`, from when its headers are there; `headers_at` is when, in monotonic seconds.

    Its `close` must be called in a `finally`. `is_over`: all that is wanted of it has been taken, and the connection given back.
    """

    _connection: Connection | None
    _head: bytes
    _low: bytes
    status: int
    headers_at: float
    _any: bool = False
    is_over: bool = False

    @property
    def headers(self) -> Headers:
        """Names in lower case, in the order in which they came."""
        return headers(self._head)

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of a header, by its lower-case name."""
        return value(self._head, self._low, b"\r\n%b:" % name)

    async def chunk(self) -> bytes:
        """Return the next bytes of the body, all that have come since the last call; b"" at the clean end and after it.

        Raises `SlowStart`, `Stalled`, `Cut` or `BadAnswer`; bytes that came before the fault are returned first.
        """
        connection = self._connection
        if connection is None:
            if self.is_over:
                return b""
            raise RuntimeError("the answer was closed before its end; do not read from it afterwards")
        if not connection.chunks and not connection.complete and connection.fault is None:
            await connection.wait(NEXT if self._any else FIRST)
        if connection.chunks:
            self._any = True
            taken = connection.take()
            if connection.complete:
                self._finish(connection)
            return taken
        if connection.complete:
            self._finish(connection)
            return b""
        assert connection.fault is not None  # noqa: S101 (what else would have ended the wait)
        raise connection.fault

    async def pour(self, take: Take) -> bool:
        """Give `take` the rest of the body in blocks, each in the moment in which it comes, from within the socket's callback.

        Returns True at the clean end, and False when `take` has returned False: nothing more is taken then. Raises what `chunk` raises,
        after everything that came before it was given, and what `take` raises.
        """
        while piece := await self.chunk():
            if not take(piece):
                return False
            connection = self._connection
            if connection is not None and not await connection.pour(take):
                return False
        return True

    def whole(self, limit: int) -> bytes | None:
        """Return the whole body if it has come, else None: it must be `read`. Raises `BodyTooLarge` above `limit` bytes."""
        connection = self._connection
        if connection is None or not connection.complete:
            return None
        self._connection, self.is_over = None, True
        body = connection.take()
        connection.finish()
        if len(body) > limit:
            raise _too_large(limit)
        return body

    async def read(self, limit: int) -> bytes:
        """Return the whole rest of the body. Raises `BodyTooLarge` above `limit` bytes, and what `chunk` raises."""
        parts: list[bytes] = []
        size = 0
        while piece := await self.chunk():
            size += len(piece)
            if size > limit:
                self.close()
                raise _too_large(limit)
            parts.append(piece)
            if self.is_over:
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def linger(self) -> None:
        """Instead of `close`, when the content is known to be over (a stream's `[DONE]`) though the answer's framing may not be.

        The connection gets a second in the background to come to its clean end, and then serves again; else it is aborted.
        """
        connection = self._connection
        if connection is not None:
            self._connection = None
            self.is_over = True
            connection.linger()

    def close(self) -> None:
        """Give the connection back. Idempotent. If the answer has not come to its end, the connection is aborted: the upstream stops."""
        connection = self._connection
        if connection is not None:
            self._connection = None
            connection.finish()

    def _finish(self, connection: Connection) -> None:
        self.is_over = True
        self._connection = None
        connection.finish()

    @override
    def __repr__(self) -> str:
        """Status and state, no content."""
        return f"<Answer {self.status}: {'over' if self.is_over else 'closed' if self._connection is None else 'open'}>"


def answer_on(connection: Connection) -> Answer:
    """The answer whose headers have arrived on the connection. Raises its fault where they have not."""
    if connection.got_headers:
        return Answer(connection, connection.head, connection.low, connection.status, connection.headers_at)
    assert connection.fault is not None  # noqa: S101 (what else would have ended the wait)
    raise connection.fault


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body has more than {limit} bytes, which is the reader's limit")
