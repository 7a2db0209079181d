"""The upstream HTTP/1.1 client of the hot path: one origin of one destination, one pool, no settings from the environment.

It sends POST, and GET for what an engine says of itself; it follows no redirect, keeps no cookie, and connects only to addresses that it
has checked.
Every wait has a clock (`router.decision.Clocks`). The faults it raises are the tree in `gateway.upstreams.http1_faults`.
"""

import asyncio
import errno
import os
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any

from typing_extensions import override

from gateway.upstreams.http1_answer import Answer, answer_on
from gateway.upstreams.http1_faults import BadAnswer, Barred, BodyTooLarge, Cut, SlowStart, Stalled, Unreachable, UpstreamFault
from gateway.upstreams.http1_pool import Sockets
from gateway.upstreams.http1_wire import Connection
from gateway.upstreams.origin import Origin
from router.decision import Clocks

__all__ = [
    "Answer",
    "BadAnswer",
    "Barred",
    "BodyTooLarge",
    "Cut",
    "Http1Client",
    "Origin",
    "SlowStart",
    "Stalled",
    "Unreachable",
    "UpstreamFault",
]

OURS = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"connection", b"accept-encoding", b"expect", b"upgrade", b"te", b"trailer"}
)
"""Headers that this client writes itself, or that would change how the connection is used."""
TOKEN = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
VALUE = re.compile(rb"[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?|")
TARGET = re.compile(rb"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)+")
JOIN_LIMIT_BYTES = 64 * 1024
"""Up to here one copy is cheaper than a vectored write."""
MAX_HEADS = 64
"""Encoded request heads that are remembered; a client is asked for a handful of paths."""


Resolve = Callable[[Origin], Awaitable[Sequence[str]]]
"""Returns the addresses of an origin's host, best first; raises `OSError`."""
Bar = tuple[Callable[[Any], object], object]
"""A question, and what it is asked about: whether that may not be sent to any more. A closure for each request would cost more."""


async def resolve(origin: Origin) -> Sequence[str]:
    """Ask the system's resolver."""
    rows = await asyncio.get_running_loop().getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


class Http1Client:
    """POSTs to one origin, through a pool of its own. Runs under asyncio and uvloop; all calls belong to one event loop."""

    def __init__(  # noqa: PLR0913 (what to reach and say, then limits and seams with defaults)
        self,
        origin: Origin,
        headers: Sequence[tuple[bytes, bytes]],
        *,
        max_idle: int = 64,
        max_connections: int = 1024,
        idle_s: float = 30.0,
        ssl_context: ssl.SSLContext | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        """Encode the fixed `headers` once. Raises `ValueError` for a header we cannot send, or an `ssl_context` that does not verify."""
        self.origin = origin
        self._max_connections = max_connections
        self._sockets = Sockets(max_idle, idle_s)
        self._connecting = 0
        self._resolve = resolve
        self._lookup: asyncio.Future[Sequence[str]] | None = None
        self._tls = _tls(ssl_context) if origin.scheme == "https" else None
        self._fixed = _encode([(b"host", origin.authority.encode()), (b"accept-encoding", b"identity"), *_checked(headers)])
        self._heads: dict[bytes, bytes] = {}

    async def post(
        self,
        path: bytes,
        body: bytes,
        extra: bytes,
        clocks: Clocks,
        most: int = 0,
        bar: Bar | None = None,
    ) -> Answer:
        """POST `body` to the origin's base path plus `path`, and return when the headers of the answer are there.

        A path with two slashes is beside the `/v1` of the base, not below it.

        With `most`, return of a success when all of it is there, or more than so many bytes. `extra` is a block of encoded header lines,
        each ended by CRLF, or b"": whoever makes it answers for its syntax. A connection that had served before and is cut before the
        headers raises `Cut` with `reused` set; nobody can tell whether the upstream saw the request, so repeating it is the caller's
        decision. `bar` is asked once more where opening a connection took a while: what is true then raises `Barred`. Raises every fault
        but `BodyTooLarge`.
        """
        now = time.monotonic()  # the loop's clock, without asking which loop: that is a question to the system each time
        head = self._heads.get(path) or self._head(path)
        connection = self._sockets.take(now)
        if connection is None:
            connection = await self._connect(asyncio.get_running_loop(), clocks)
            if bar is not None and bar[0](bar[1]):
                connection.abort()
                raise Barred(f"what was to be sent to {self.origin} may not be sent there any more")
        size = len(body)
        if size <= JOIN_LIMIT_BYTES:
            head, body = b"%bcontent-length: %d\r\n%b\r\n%b" % (head, size, extra, body), b""
        else:
            head = b"%bcontent-length: %d\r\n%b\r\n" % (head, size, extra)
        try:
            await connection.send(head, body, clocks, now, most)
        except BaseException:
            connection.abort()
            raise
        return answer_on(connection)

    async def get(self, path: bytes, clocks: Clocks) -> Answer:
        """GET the origin's base path plus `path`: what an engine says of itself, never anything of a request. Raises what `post` raises."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        head = self._head(path, b"GET")
        connection = self._sockets.take(now) or await self._connect(loop, clocks)
        try:
            await connection.send(head + b"\r\n", b"", clocks, now)
        except BaseException:
            connection.abort()
            raise
        return answer_on(connection)

    async def _connect(self, loop: asyncio.AbstractEventLoop, clocks: Clocks) -> Connection:
        """Open a connection within the connect clock, trying one allowed address after the other."""
        if self._connecting + len(self._sockets.busy) >= self._max_connections:
            raise Unreachable(f"all {self._max_connections} connections to {self.origin} are in use: raise max_connections or add replicas")
        due = loop.time() + min(clocks.connect_s, clocks.total_s)
        self._connecting += 1
        failure: OSError | None = None
        try:
            async with asyncio.timeout_at(due):
                addresses = await self._addresses()
            for position, address in enumerate(addresses):
                # An address that swallows packets must leave time for the next one.
                share_s = (due - loop.time()) / (len(addresses) - position)
                try:
                    async with asyncio.timeout(share_s):
                        return await self._dial(loop, address)
                except OSError as error:
                    failure = error
        except OSError as error:
            failure = error
        finally:
            self._connecting -= 1
        raise Unreachable(f"no connection to {self.origin}: {_why(failure)}") from failure

    async def _dial(self, loop: asyncio.AbstractEventLoop, address: str) -> Connection:
        _, connection = await loop.create_connection(
            lambda: Connection(loop, self._sockets),
            address,
            self.origin.port,
            ssl=self._tls,
            server_hostname=self.origin.host if self._tls else None,
        )
        if connection.transport.is_closing():
            raise ConnectionResetError(errno.ECONNRESET, "closed, or spoken on, before a request was sent")
        self._sockets.busy.add(connection)
        return connection

    async def _addresses(self) -> list[str]:
        """Resolve the host and keep the addresses inside the allowed networks. Raises `Unreachable` when none is left.

        All requests that need a connection share one lookup: a name server that hangs holds one thread, not the loop's whole pool of them,
        which other destinations need.
        """
        try:
            found: Sequence[str] = [str(ip_address(self.origin.host))]
        except ValueError:
            if self._lookup is None or self._lookup.done():
                self._lookup = asyncio.ensure_future(self._resolve(self.origin))
                self._lookup.add_done_callback(lambda lookup: lookup.cancelled() or lookup.exception())  # else asyncio logs it
            found = await asyncio.shield(self._lookup)
        allowed = [address for address in found if self.origin.allows(address)]
        if not allowed:
            raise Unreachable(
                f"no connection to {self.origin}: its address is outside the allowed networks; check `networks` and the name server"
            )
        return allowed

    def _head(self, path: bytes, method: bytes = b"POST") -> bytes:
        base = self.origin.base_path
        target = base.encode() + path if path[:2] != b"//" else base.removesuffix("/v1").encode() + path[1:]
        if not TARGET.fullmatch(target):
            raise ValueError("the path of a request must begin with / and have no space, query or control characters")
        head = b"%b %b HTTP/1.1\r\n%b" % (method, target, self._fixed)
        if method == b"POST" and len(self._heads) < MAX_HEADS:
            self._heads[path] = head
        return head

    async def close(self) -> None:
        """Close idle connections, and from now on every connection at the end of its answer.

        Exchanges under way go on, and may still `post`: after a reload the old client serves the requests that began with it.
        """
        self._sockets.close()
        await asyncio.sleep(0)  # the transports close their sockets in the loop's next round

    @override
    def __repr__(self) -> str:
        """Origin and connections: what tests assert on."""
        return f"<Http1Client {self.origin}: {self._connecting + len(self._sockets.busy)} active, {len(self._sockets.idle)} idle>"


def _encode(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in headers)


def _checked(headers: Sequence[tuple[bytes, bytes]]) -> Sequence[tuple[bytes, bytes]]:
    seen: set[bytes] = set()
    for name, value in headers:
        shown = name.decode("ascii", "replace")
        if not TOKEN.fullmatch(name):
            raise ValueError("a header has a name with characters that names do not have")
        if name.lower() in OURS:
            raise ValueError(f"the header {shown!r} is written by the client itself: leave it out")
        if name.lower() in seen:
            raise ValueError(f"the header {shown!r} is given twice")
        if not VALUE.fullmatch(value):
            raise ValueError(f"the value of the header {shown!r} has line breaks, control characters or spaces around it")
        seen.add(name.lower())
    return headers


def _tls(context: ssl.SSLContext | None) -> ssl.SSLContext:
    if context is None:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        # Else SSLKEYLOGFILE in the environment has the keys of every connection written to a file. (The stub does not know None.)
        context.keylog_filename = None  # type: ignore[assignment]
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise ValueError("the ssl_context does not verify certificates and host names: load your own authority into it instead")
    return context


def _why(failure: OSError | None) -> str:
    """Say what an operator should look at."""
    match failure:
        case ssl.SSLCertVerificationError():
            return "its TLS certificate cannot be verified; check the certificate, or add your own authority"
        case ssl.SSLError():
            return "the TLS handshake failed; check that the port speaks TLS"
        case TimeoutError():
            return "nothing within connect_s; check address and firewall"
        case socket.gaierror():
            return "its name has no address; check the spelling and the name server"
        case ConnectionRefusedError():
            return "refused; check that it is running and that the port is right"
        case _:
            return f"{os.strerror(failure.errno) if failure and failure.errno else 'it hung up at once'}; check that it is running"
