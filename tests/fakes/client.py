"""A caller on a raw socket: what it gets is exactly what was sent, and it can misbehave."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `is_whole` is False when the connection ended before the answer did; `head` holds its raw head."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool
    head: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error, whose shape is checked: all four members, a sentence, a request id."""
        assert self.headers["content-type"].startswith("application/json"), self
        error = self.json["error"]
        assert error.keys() == {"message", "type", "param", "code"}, error  # also where the shape is Anthropic's
        assert error["message"].endswith((".", ")")), error
        assert " " in error["message"], error
        assert error["type"] and error["code"], error
        assert self.headers["x-request-id"], self.headers
        found: dict[str, Any] = error
        return found

    @property
    def events(self) -> list[bytes]:
        """The data of server-sent events."""
        return [line[6:] for line in self.body.split(b"\n") if line.startswith(b"data: ")]


class Caller:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self.writer.write(data)

    def post(self, body: object, path: str = "/v1/chat/completions", headers: Mapping[str, str] | None = None) -> None:
        """Send a request. `body` is encoded unless it is bytes."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = {"content-type": "application/json", **(headers or {})}
        more = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        head = f"POST {path} HTTP/1.1\r\nhost: gateway\r\ncontent-length: {len(raw)}\r\n{more}\r\n"
        self.send(head.encode() + raw)

    async def reply(self, *, is_head: bool = False) -> Reply:
        """Read one answer, as far as it comes."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body, is_whole = b"", True
        try:
            if is_head:
                pass
            elif headers.get("transfer-encoding") == "chunked":
                while True:
                    size = int(await self.reader.readuntil(b"\r\n"), 16)
                    body += (await self.reader.readexactly(size + 2))[:-2]
                    if not size:
                        break
            else:
                body = await self.reader.readexactly(int(headers["content-length"]))
        except asyncio.IncompleteReadError as cut:
            body, is_whole = body + cut.partial, False
        except ConnectionError:
            is_whole = False
        return Reply(int(first.split()[1]), headers, body, is_whole, head)

    async def leave(self) -> None:
        """Close the connection at once."""
        self.writer.transport.abort()


@asynccontextmanager
async def caller(port: int) -> AsyncIterator[Caller]:
    """A connection to a port of 127.0.0.1."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def post(port: int, body: object, path: str = "/v1/chat/completions", headers: Mapping[str, str] | None = None) -> Reply:
    """One request on a connection of its own."""
    async with caller(port) as one:
        one.post(body, path, headers)
        return await one.reply()


async def get(port: int, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Reply:
    """One request without a body."""
    async with caller(port) as one:
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        one.send(f"{method} {path} HTTP/1.1\r\nhost: gateway\r\n{more}\r\n".encode())
        return await one.reply(is_head=method == "HEAD")


def ask(text: str = "Say something.", model: str = "auto", **more: object) -> dict[str, object]:
    """The body of a chat request."""
    return {"model": model, "messages": [{"role": "user", "content": text}]} | more
