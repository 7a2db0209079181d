"""What an upstream call costs the gateway in CPU time, by client library: ours, aiohttp, httpx, and pyreqwest where it is installed.

    python -m benchmarks.clients

A scripted server runs in a process of its own, so that only the client's time is counted (`time.process_time`: user and system).
The first row is the floor: a bare uvloop protocol that writes prepared bytes and counts what comes back, without parsing. Clients
take turns for several rounds and the best round counts, because other work on the machine only ever adds. Figures are ratios:
compare rows, not machines.
"""

import asyncio
import importlib
import importlib.util
import multiprocessing
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any, cast

import aiohttp
import httpx
import typer
import uvloop
from rich.console import Console
from rich.table import Table
from typing_extensions import override

from gateway.upstreams.http1 import Http1Client, Origin
from router.decision import Clocks

BODY = b'{"model":"m","messages":[{"role":"user","content":"' + b"x" * 1_950 + b'"}]}'
ANSWER = b"y" * 2_000
EVENT = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" word"}}]}' + b" " * 60 + b"\n\n"
)
SATURATED, PACED = 2_000, 150
"""Events of a stream that comes as fast as it can, and of one that comes event by event."""
PACE_S = 0.001
HEADERS = {"content-type": "application/json", "authorization": "Bearer none"}
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ANSWER) + ANSWER
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
END = b"0\r\n\r\n"
SIZES = {"/whole": len(ANSWER), "/saturated": SATURATED * len(EVENT), "/paced": PACED * len(EVENT)}

Fetch = Callable[[str], Awaitable[int]]
"""POST `BODY` to a path, read the answer as it comes, and return how many bytes of body came."""


class Server(asyncio.Protocol):
    """Answers by the path; reads no more of a request than it must."""

    def __init__(self) -> None:
        self._seen = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, blank, body = self._seen.partition(b"\r\n\r\n")
        if not blank or len(body) < len(BODY):
            return
        self._seen = b""
        path = head.split(b" ", 2)[1]
        if path == b"/whole":
            self._transport.write(WHOLE)
        elif path == b"/saturated":
            self._transport.write(STREAM + CHUNK * SATURATED + END)
        else:
            self._transport.write(STREAM)
            self._drip(PACED)

    def _drip(self, left: int) -> None:
        self._transport.write(CHUNK if left else END)
        if left:
            asyncio.get_running_loop().call_later(PACE_S, self._drip, left - 1)


async def serve(pipe: Pipe) -> None:
    listener = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    pipe.send(listener.sockets[0].getsockname()[1])
    await asyncio.to_thread(pipe.recv)


def run_server(pipe: Pipe) -> None:
    uvloop.run(serve(pipe))


class Floor(asyncio.Protocol):
    """Writes prepared bytes and counts what comes back."""

    def __init__(self) -> None:
        self.left = 0
        self.done: asyncio.Future[None] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self.left -= len(data)
        if self.left <= 0 and self.done is not None:
            self.done.set_result(None)


LENGTHS = {"/whole": len(WHOLE), "/saturated": len(STREAM + CHUNK * SATURATED + END), "/paced": len(STREAM + CHUNK * PACED + END)}


@asynccontextmanager
async def floor(port: int) -> AsyncIterator[Fetch]:
    loop = asyncio.get_running_loop()
    idle: list[Floor] = []

    async def fetch(path: str) -> int:
        if idle:
            connection = idle.pop()
        else:
            _, connection = await loop.create_connection(Floor, "127.0.0.1", port)
        connection.left = LENGTHS[path]
        connection.done = loop.create_future()
        connection.transport.write(b"POST %b HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % (path.encode(), len(BODY)) + BODY)
        await connection.done
        idle.append(connection)
        return SIZES[path]

    yield fetch
    for connection in idle:
        connection.transport.abort()


@asynccontextmanager
async def ours(port: int) -> AsyncIterator[Fetch]:
    headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    client = Http1Client(Origin.parse(f"http://127.0.0.1:{port}"), headers)
    clocks = Clocks()

    async def fetch(path: str) -> int:
        answer = await client.post(path.encode(), BODY, b"x-request-id: abc\r\n", clocks)
        try:
            size = 0
            while piece := await answer.chunk():
                size += len(piece)
            return size
        finally:
            answer.close()

    yield fetch
    await client.close()


@asynccontextmanager
async def with_aiohttp(port: int) -> AsyncIterator[Fetch]:
    async with aiohttp.ClientSession(headers=HEADERS, auto_decompress=False, connector=aiohttp.TCPConnector(limit=0)) as session:

        async def fetch(path: str) -> int:
            async with session.post(f"http://127.0.0.1:{port}{path}", data=BODY, allow_redirects=False) as answer:
                return sum([len(piece) async for piece in answer.content.iter_any()])

        yield fetch


@asynccontextmanager
async def with_httpx(port: int) -> AsyncIterator[Fetch]:
    async with httpx.AsyncClient(headers=HEADERS, trust_env=False, limits=httpx.Limits(max_connections=None)) as client:

        async def fetch(path: str) -> int:
            async with client.stream("POST", f"http://127.0.0.1:{port}{path}", content=BODY) as answer:
                return sum([len(piece) async for piece in answer.aiter_raw()])

        yield fetch


@asynccontextmanager
async def with_pyreqwest(port: int) -> AsyncIterator[Fetch]:
    library: Any = importlib.import_module("pyreqwest.client")
    async with library.ClientBuilder().default_headers(HEADERS).build() as client:

        async def fetch(path: str) -> int:
            async with client.post(f"http://127.0.0.1:{port}{path}").body_bytes(BODY).build_streamed() as answer:
                size = 0
                while piece := await answer.body_reader.read_chunk():
                    size += len(piece)
                return size

        yield fetch


CLIENTS: Mapping[str, Any] = {
    "floor: bare uvloop protocol, no parsing": floor,
    "ours: gateway.upstreams.http1": ours,
    "aiohttp": with_aiohttp,
    "httpx": with_httpx,
    "pyreqwest": with_pyreqwest,
}


@dataclass(frozen=True, slots=True)
class Load:
    """So many requests for a path, some at a time. `units` is what the CPU time of one request is divided by."""

    title: str
    path: str
    requests: int
    at_a_time: int
    units: int


LOADS = (
    Load("request, 2 kB", "/whole", 1_000, 8, 1),
    Load("chunk, saturated", "/saturated", 12, 2, SATURATED),
    Load("chunk, paced", "/paced", 16, 16, PACED),
)


async def cpu_us(fetch: Fetch, load: Load) -> float:
    """CPU microseconds of this process per unit."""
    left = load.requests

    async def work() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            if await fetch(load.path) != SIZES[load.path]:
                raise RuntimeError("an answer came back with another length: the comparison is not fair")

    begun = time.process_time()
    await asyncio.gather(*(work() for _ in range(load.at_a_time)))
    return (time.process_time() - begun) * 1e6 / load.requests / load.units


async def measure(port: int, rounds: int) -> dict[str, list[float]]:
    best: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, client in CLIENTS.items():
            if name == "pyreqwest" and importlib.util.find_spec("pyreqwest") is None:
                continue
            async with client(port) as fetch:
                await cpu_us(fetch, Load("warm-up", "/whole", 100, 8, 1))
                figures = [await cpu_us(fetch, load) for load in LOADS]
            best[name] = [min(pair) for pair in zip(figures, best.get(name, figures), strict=True)]
    return best


def main(rounds: int = 3) -> None:
    """Print CPU microseconds per request and per chunk; three rounds take about half a minute."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=run_server, args=(there,), daemon=True)
    server.start()
    try:
        best = uvloop.run(measure(here.recv(), rounds))
    finally:
        here.send(None)
        server.join(5)
    table = Table("client", *(load.title for load in LOADS), title="CPU microseconds per ...")
    for name, figures in best.items():
        table.add_row(name, *(f"{figure:,.1f}" for figure in figures))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
