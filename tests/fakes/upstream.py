"""An upstream on a real socket that keeps every byte it receives and answers request after request from a script.

`Script` number n answers request number n, on whichever connection it comes; the last one also answers all that follow. A GET is a check:
it is counted apart, and answered by `models`.
"""

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.fakes.sockets import Close, Reset, Send, Sleep, accepting


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until the test says `go_on`, however slow this machine is."""


Script = Sequence[bytes | Send | Sleep | Wait | Close | Reset]
REASONS = {200: "OK", 400: "Bad Request", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}


class Upstream:
    """`received` holds the raw bytes of all connections; `heads`, `bodies` and `times` (monotonic seconds) the requests.

    `open` counts connections that are alive.
    """

    def __init__(self, scripts: Sequence[Script]) -> None:
        self.scripts = list(scripts)
        self.received = bytearray()
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.times: list[float] = []
        self.models: Script = answer(200, b'{"object": "list", "data": []}')
        self.checks: list[bytes] = []
        self.accepted = 0
        self.open = 0
        self.port = 0
        self._changed = asyncio.Event()
        self._going = asyncio.Event()

    @property
    def url(self) -> str:
        """The API base."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def fields(self) -> list[dict[str, Any]]:
        """The bodies, decoded."""
        return [json.loads(body) for body in self.bodies]

    def then(self, *scripts: Script) -> None:
        """Answer from now on with these; requests so far are forgotten."""
        self.scripts[:] = scripts
        self._going.clear()
        self.heads.clear()
        self.bodies.clear()
        self.times.clear()

    def go_on(self) -> None:
        """End every `Wait`, until the next scripts."""
        self._going.set()

    async def until(self, *, requests: int = 0, closed: bool = False, within_s: float = 20.0) -> None:
        """Wait until so many requests came, or every connection is closed."""
        async with asyncio.timeout(within_s):
            while len(self.bodies) < requests or (closed and self.open):
                self._changed.clear()
                await self._changed.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.accepted += 1
        self.open += 1
        try:
            with contextlib.suppress(OSError, EOFError):
                while True:
                    if not await self._receive(reader):
                        await self._play(self.models if b"/models " in self.checks[-1] else answer(404, b""), reader, writer)
                        continue
                    index = min(len(self.bodies), len(self.scripts)) - 1
                    await self._play(self.scripts[index], reader, writer)
        finally:
            writer.transport.abort()
            self.open -= 1
            self._changed.set()

    async def _receive(self, reader: asyncio.StreamReader) -> bool:
        """Read a request; whether it is one that counts."""
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET "):
            self.checks.append(head)
            return False
        self.received += head
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        body = await reader.readexactly(int(lengths[0]) if lengths else 0)
        self.received += body
        self.heads.append(head)
        self.bodies.append(body)
        self.times.append(time.monotonic())
        self._changed.set()
        return True

    async def _play(self, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for step in script:
            match step:
                case Sleep(seconds):
                    await self._rest(seconds, reader)
                case Wait():
                    await self._wait(reader)
                case Close():
                    await writer.drain()
                    writer.close()
                    await writer.wait_closed()
                    raise EOFError
                case Reset():
                    await writer.drain()
                    for _ in range(4):  # turns of the loop, so that the peer reads what came before
                        await asyncio.sleep(0.005)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    raise EOFError
                case bytes() | Send():
                    writer.write(step if isinstance(step, bytes) else step.payload)
                    await writer.drain()

    async def _rest(self, seconds: float, reader: asyncio.StreamReader) -> None:
        """Do nothing, but notice when the peer leaves."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if not await reader.read(1):
                    raise EOFError

    async def _wait(self, reader: asyncio.StreamReader) -> None:
        """Likewise, until the test says otherwise."""
        going, gone = asyncio.ensure_future(self._going.wait()), asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait((going, gone), return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise EOFError
        finally:
            going.cancel()
            gone.cancel()
            await asyncio.gather(going, gone, return_exceptions=True)


@asynccontextmanager
async def upstream(*scripts: Script) -> AsyncIterator[Upstream]:
    """Run an upstream on a free port of 127.0.0.1."""
    server = Upstream(scripts or [chat("ok")])
    async with accepting(server.serve) as server.port:
        yield server


def answer(status: int, body: bytes, headers: Mapping[str, str] | None = None, kind: str = "application/json") -> Script:
    """A whole answer."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return (head.encode() + body,)


def chat(text: str = "ok", *, model: str = "served", usage: tuple[int, int] | None = (7, 3), **more: object) -> Script:
    """A chat completion."""
    message = {"role": "assistant", "content": text}
    content: dict[str, object] = {"id": "c1", "object": "chat.completion", "created": 1, "model": model}
    content["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
    if usage is not None:
        content["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    return answer(200, json.dumps(content | more).encode())


def failing(status: int, say: str = "no", headers: Mapping[str, str] | None = None, **more: object) -> Script:
    """An error in OpenAI's shape."""
    return answer(status, json.dumps({"error": {"message": say, "type": "t", "param": None, "code": None} | more}).encode(), headers)


def delta(text: str | None = None, *, finish: str | None = None, index: int = 0, **more: object) -> bytes:
    """One event of a chat stream."""
    says = ({} if text is None else {"content": text}) | more
    choice = {"index": index, "delta": says, "finish_reason": finish}
    return event({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "served", "choices": [choice]})


def event(content: object) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(content).encode() + b"\n\n"


USAGE = event(
    {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "served",
        "choices": [],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }
)
DONE = b"data: [DONE]\n\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked answer."""
    return b"%x\r\n%b\r\n" % (len(data), data)


END = b"0\r\n\r\n"


def stream(*pieces: bytes | Sleep | Reset | Close, ends: bool = True) -> Script:
    """A stream of these pieces, each a chunk of its own."""
    steps = [chunk(piece) if isinstance(piece, bytes) else piece for piece in pieces]
    return (HEAD, *steps, *([END] if ends else []))


def words(*texts: str) -> Script:
    """A whole stream of these words, with usage."""
    return stream(delta(role="assistant", content=""), *(delta(text) for text in texts), delta(finish="stop"), USAGE, DONE)
