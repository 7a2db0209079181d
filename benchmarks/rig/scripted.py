"""The scripted upstream in Python, for machines without a compiler: it obeys and answers as upstream.cpp does."""

import asyncio
import time
from collections.abc import Mapping
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import httptools
import msgspec
from typing_extensions import override

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n%b\r\n\r\n"
STAMP = 17
CHUNK = {"id": "chatcmpl-0123456789abcdef", "object": "chat.completion.chunk", "created": 1_763_700_000, "model": "scripted"}


def stamp() -> bytes:
    """The moment, as in wire.hpp: tens of nanoseconds of the monotonic clock."""
    return b"@%016d" % (time.monotonic_ns() // 10)


def _framed(content: object) -> bytes:
    event = content if isinstance(content, bytes) else b"data: " + msgspec.json.encode(content) + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(event), event)


def _delta(delta: Mapping[str, str], finish: str | None = None) -> bytes:
    return _framed({**CHUNK, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]})


class Script:
    """What all connections share: the settings, and what was answered."""

    def __init__(self) -> None:
        self.settings = {"tokens": 100.0, "chunks": 100.0, "first_ms": 0.0, "gap_ms": 0.0, "burst": 1.0}
        self.requests = self.chunks = self.connections = 0
        self.event = _delta({"content": "@" * STAMP + " "})

    def told(self, target: str) -> bytes:
        """What is not a completion."""
        parts = urlsplit(target)
        if parts.path == "/_set":
            self.settings.update({name: float(value) for name, value in parse_qsl(parts.query) if name in self.settings})
        if parts.path == "/_stats":
            said = {"requests": self.requests, "chunks": self.chunks, "connections": self.connections, "cpu_s": time.process_time()}
            return msgspec.json.encode(said)
        return b'{"object":"list","data":[{"id":"scripted","object":"model","created":1763700000,"owned_by":"vllm"}],"version":"0.11.0"}'

    def usage(self, tokens: float) -> dict[str, int]:
        """Of an answer of so many tokens."""
        return {"prompt_tokens": 50, "total_tokens": 50 + int(tokens), "completion_tokens": int(tokens)}

    def answer(self) -> bytes:
        """One that is not streamed."""
        tokens = self.settings["tokens"]
        choice = {"index": 0, "message": {"role": "assistant", "content": "word" * int(tokens)}, "finish_reason": "stop"}
        return msgspec.json.encode({**CHUNK, "object": "chat.completion", "choices": [choice], "usage": self.usage(tokens)})


class Upstream(asyncio.Protocol):
    """One connection to the scripted upstream."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.is_open = asyncio.Event()
        self.is_open.set()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are not of asyncio's classes
        self.parser = httptools.HttpRequestParser(self)
        self.body = bytearray()
        self.script.connections += 1

    @override
    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    @override
    def pause_writing(self) -> None:
        self.is_open.clear()

    @override
    def resume_writing(self) -> None:
        self.is_open.set()

    def on_url(self, url: bytes) -> None:
        """The target."""
        self.target = url.decode()

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """Answer."""
        body, self.body = bytes(self.body), bytearray()
        if "completions" not in self.target:
            self._say(self.script.told(self.target))
            return
        self.script.requests += 1
        asked = msgspec.json.decode(body)
        if asked.get("stream"):
            usage = bool((asked.get("stream_options") or {}).get("include_usage"))
            self.task = asyncio.get_running_loop().create_task(self._stream(usage))
        else:
            self._say(self.script.answer())

    def _say(self, body: bytes) -> None:
        self.transport.write(HEAD % (b"application/json", b"content-length: %d" % len(body)) + body)

    async def _stream(self, usage: bool) -> None:
        settings = self.script.settings
        due, count, gap_s = time.monotonic() + settings["first_ms"] / 1e3, int(settings["chunks"]), settings["gap_ms"] / 1e3
        head = HEAD % (b"text/event-stream", b"transfer-encoding: chunked") + _delta({"role": "assistant", "content": ""})
        for number in range(count):
            await asyncio.sleep(max(0.0, due - time.monotonic()) if gap_s or not number else 0)
            await self.is_open.wait()
            self.transport.write(head + self.script.event.replace(b"@" * STAMP, stamp()))
            head, due = b"", due + gap_s
            self.script.chunks += 1
        last = _framed({**CHUNK, "choices": [], "usage": self.script.usage(count)}) if usage else b""
        self.transport.write(_delta({}, "stop") + last + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")


async def serve(port: int) -> None:
    """The upstream, until the process is ended."""
    script = Script()
    server = await asyncio.get_running_loop().create_server(lambda: Upstream(script), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()
