"""A raw TCP server that plays scripts: what an upstream does on the wire, byte by byte, good or bad.

Connection number n plays script number n; the last script also serves all later connections. After its last step a connection stays
open and silent until the peer closes it.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Receive:
    """Wait for one whole request (headers and content-length bytes)."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send bytes, as one segment if they are small."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Flood:
    """Send `payload` `times` times, as fast as the peer takes them."""

    payload: bytes
    times: int


@dataclass(frozen=True, slots=True)
class Sleep:
    """Do nothing for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Do nothing until the test says `go_on`, however slow this machine is."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection with a FIN."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Close the connection with a RST."""


TURNS = 5
"""Turns of the event loop in which a connection gets to `accept`: asyncio leaks one that is on its way when its listener closes."""

Step = Receive | Send | Flood | Sleep | Hold | Close | Reset
Script = Sequence[Step]


class RawServer:
    """What the server saw: `requests` as raw bytes, `accepted` and `gone` connections, and `sent_bytes` that were taken by the kernel."""

    def __init__(self, scripts: Sequence[Script]) -> None:
        """Serve these scripts, in the order of the connections."""
        self.port = 0
        self.requests: list[bytes] = []
        self.accepted = 0
        self.gone = 0
        self.sent_bytes = 0
        self._scripts = scripts
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()
        self._moved = asyncio.Event()
        self._passes = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._plays: list[asyncio.Future[None]] = []

    @property
    def url(self) -> str:
        """The base URL, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def go_on(self) -> None:
        """End one `Hold`, now or when it comes."""
        self._passes += 1
        self._moved.set()

    async def until_gone(self, connections: int = 1) -> None:
        """Wait until so many connections have been closed, by either side."""
        while self.gone < connections:
            self._changed.clear()
            await self._changed.wait()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin a connection."""
        if self._closing.is_set():
            writer.transport.abort()
            return
        script = self._scripts[min(self.accepted, len(self._scripts) - 1)]
        self.accepted += 1
        self._writers.append(writer)
        self._plays.append(asyncio.ensure_future(self._play(script, reader, writer)))

    async def close(self) -> None:
        """Drop every connection and wait until their scripts have ended."""
        self._closing.set()
        self._moved.set()
        for writer in self._writers:
            writer.transport.abort()
        for play in self._plays:
            await play

    async def _play(self, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for step in script:
                await self._step(step, reader, writer)
            while await reader.read(65536):
                pass
        except (OSError, EOFError):
            pass
        finally:
            self.gone += 1
            self._changed.set()
            writer.transport.abort()

    async def _step(self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match step:
            case Receive():
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                self.requests.append(head + await reader.readexactly(int(lengths[0])))
            case Send(payload):
                await self._send(payload, writer)
            case Flood(payload, times):
                for _ in range(times):
                    await self._send(payload, writer)
            case Sleep(seconds):
                try:
                    await asyncio.wait_for(self._closing.wait(), seconds)
                except TimeoutError:
                    return
            case Hold():
                while not self._passes and not self._closing.is_set():
                    self._moved.clear()
                    await self._moved.wait()
                self._passes -= 1
            case Close():
                writer.close()
                raise EOFError
            case Reset():
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
                raise EOFError

    async def _send(self, payload: bytes, writer: asyncio.StreamWriter) -> None:
        if writer.transport.is_closing():  # the caller is gone: uvloop raises a RuntimeError for a write, asyncio nothing
            raise EOFError
        writer.write(payload)
        await writer.drain()
        self.sent_bytes += len(payload)


@asynccontextmanager
async def accepting(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]], host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """Serve each connection in a task of its own; gives the port. In the end all are dropped, those too that have only just come."""
    serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
    is_over = False

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if is_over:
            writer.transport.abort()
            return
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        serving[task] = writer
        task.add_done_callback(serving.pop)

    listener = await asyncio.start_server(accept, host, port, limit=1 << 24)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        listener.close()
        is_over = True
        tasks = tuple(serving)
        for task, writer in serving.items():
            task.cancel()  # one that has not begun would close nothing
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(TURNS):
            await asyncio.sleep(0)


async def comes_to(look: Callable[[], object], expected: object) -> None:
    """Wait until `look` returns what is expected; after ten seconds, fail with what it returns."""
    for _ in range(1000):
        if look() == expected:
            return
        await asyncio.sleep(0.01)
    assert look() == expected


@asynccontextmanager
async def raw_server(
    *scripts: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[RawServer]:
    """Run a scripted server, by default on a free port of 127.0.0.1."""
    server = RawServer(scripts or [()])
    listener = await asyncio.start_server(server.accept, host, port, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        listener.close()
        await server.close()
        await listener.wait_closed()
