"""The answer to one request, read by the caller at its own pace from the connection on which it comes."""

from typing_extensions import override

from gateway.upstreams.http1_faults import BodyTooLarge, SlowStart, Stalled
from gateway.upstreams.http1_head import Headers
from gateway.upstreams.http1_wire import Connection, Take
from router.decision import Clocks

STALLED = "no more of the answer came within between_chunks_s"


class Answer:
    """The answer to one `post`. Its `close` must be called in a `finally`."""

    __slots__ = ("_any", "_clocks", "_connection", "_is_over", "headers", "status")

    def __init__(self, connection: Connection, clocks: Clocks) -> None:
        """Begin with a connection on which the headers have arrived."""
        self._connection: Connection | None = connection
        self._clocks = clocks
        self._any = self._is_over = False
        self.status = connection.status
        self.headers: Headers = connection.headers
        """Names in lower case, in the order in which they came."""

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of a header, by its lower-case name."""
        for candidate, value in self.headers:
            if candidate == name:
                return value
        return None

    async def chunk(self) -> bytes:
        """Return the next bytes of the body, all that have come since the last call; b"" at the clean end and after it.

        Raises `SlowStart`, `Stalled`, `Cut` or `BadAnswer`; bytes that came before the fault are returned first.
        """
        connection = self._connection
        if connection is None:
            if self._is_over:
                return b""
            raise RuntimeError("the answer was closed before its end; do not read from it afterwards")
        if not connection.chunks and not connection.complete and connection.fault is None:
            await self._wait(connection)
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

    async def _wait(self, connection: Connection) -> None:
        clocks = self._clocks
        if self._any:
            await connection.wait(clocks.between_chunks_s, Stalled, STALLED)
        else:
            await connection.wait(clocks.first_token_s, SlowStart, "headers came, but no byte of the body within first_token_s")

    async def pour(self, take: Take) -> bool:
        """Give `take` the rest of the body in blocks, each in the moment in which it comes, from within the socket's callback.

        Returns True at the clean end, and False when `take` has returned False: nothing more is taken then. Raises what `chunk` raises,
        after everything that came before it was given, and what `take` raises.
        """
        while piece := await self.chunk():
            if not take(piece):
                return False
            connection = self._connection
            if connection is not None and not await connection.pour(take, self._clocks.between_chunks_s, Stalled, STALLED):
                return False
        return True

    async def read(self, limit: int) -> bytes:
        """Return the whole rest of the body. Raises `BodyTooLarge` above `limit` bytes, and what `chunk` raises."""
        parts: list[bytes] = []
        size = 0
        while piece := await self.chunk():
            size += len(piece)
            if size > limit:
                self.close()
                raise BodyTooLarge(f"the body has more than {limit} bytes, which is the reader's limit")
            parts.append(piece)
            if self._is_over:
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def linger(self) -> None:
        """Instead of `close`, when the content is known to be over (a stream's `[DONE]`) though the answer's framing may not be.

        The connection gets a second in the background to come to its clean end, and then serves again; else it is aborted.
        """
        connection = self._connection
        if connection is not None:
            self._connection = None
            self._is_over = True
            connection.linger()

    def close(self) -> None:
        """Give the connection back. Idempotent. If the answer has not come to its end, the connection is aborted: the upstream stops."""
        connection = self._connection
        if connection is not None:
            self._connection = None
            connection.finish()

    def _finish(self, connection: Connection) -> None:
        self._is_over = True
        self._connection = None
        connection.finish()

    @override
    def __repr__(self) -> str:
        """Status and state, no content."""
        return f"<Answer {self.status}: {'over' if self._is_over else 'closed' if self._connection is None else 'open'}>"
