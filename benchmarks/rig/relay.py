"""The floor for Python: two asyncio protocols on uvloop that pass bytes on. It looks at lengths, to keep connections, and at nothing else.

    python -m benchmarks.rig.relay PORT UPSTREAM_PORT

No limits, no clocks, no errors, no pipelining: not a gateway, but what one in Python cannot be cheaper than.
"""

import asyncio
import sys
from typing import cast

import uvloop
from typing_extensions import override

CHUNKED = 1 << 62
"""Bytes that are left of an answer in chunks: until the last one."""


def _ends_at(bytes_: bytes) -> int:
    """Where the message ends whose head this is: -1 when the head is not whole, 0 when its body is chunked."""
    end = bytes_.find(b"\r\n\r\n")
    if end < 0:
        return -1
    head = bytes_[:end].lower()
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        return end + 4 + int(head[at + 17 :].partition(b"\r\n")[0])
    return 0 if b"\r\ntransfer-encoding:" in head else end + 4


class Upstream(asyncio.Protocol):
    """A connection to the upstream; answers go to `caller` as they come."""

    def __init__(self, idle: "list[Upstream]") -> None:
        self.idle = idle
        self.caller: Caller | None = None
        self.head = self.tail = b""
        self.left = -1

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        caller = self.caller
        assert caller is not None
        caller.transport.write(data)
        if self.left < 0:
            self.head += data
            ends = _ends_at(self.head)
            if ends < 0:
                return
            self.left = ends - len(self.head) + len(data) if ends else CHUNKED
            self.head = b""
        if self.left < CHUNKED:
            self.left -= len(data)
        else:
            self.tail = (self.tail + data[-5:])[-5:]
            if self.tail == b"0\r\n\r\n":
                self.left = 0
        if self.left == 0:
            self.left = -1
            self.caller = caller.upstream = None
            self.idle.append(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.caller is not None:
            self.caller.transport.abort()
        elif self in self.idle:
            self.idle.remove(self)


class Caller(asyncio.Protocol):
    """A caller's connection; a request goes on when it is whole."""

    def __init__(self, port: int, idle: list[Upstream]) -> None:
        self.port = port
        self.idle = idle
        self.pieces: list[bytes] = []
        self.left = -1
        self.upstream: Upstream | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        if self.left < 0:
            whole = b"".join(self.pieces) if len(self.pieces) > 1 else data
            ends = _ends_at(whole)
            if ends < 0:
                return
            self.left = ends - len(whole) + len(data)
        self.left -= len(data)
        if self.left == 0:
            self.left = -1
            pieces, self.pieces = self.pieces, []
            if self.idle:
                self._send(self.idle.pop(), pieces)
            else:
                self.task = asyncio.get_running_loop().create_task(self._open(pieces))

    async def _open(self, pieces: list[bytes]) -> None:
        _, upstream = await asyncio.get_running_loop().create_connection(lambda: Upstream(self.idle), "127.0.0.1", self.port)
        self._send(upstream, pieces)

    def _send(self, upstream: Upstream, pieces: list[bytes]) -> None:
        self.upstream, upstream.caller = upstream, self
        upstream.transport.writelines(pieces)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.upstream is not None:
            self.upstream.transport.abort()


async def relay(port: int, upstream_port: int) -> None:
    """Serve until the process is ended."""
    idle: list[Upstream] = []
    server = await asyncio.get_running_loop().create_server(lambda: Caller(upstream_port, idle), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(relay(int(sys.argv[1]), int(sys.argv[2])))
