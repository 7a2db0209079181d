"""What the gateway is measured against and with: a scripted upstream, a plain FastAPI+httpx proxy, and a load driver.

`python -m benchmarks.peers upstream PORT` and `... plain PORT UPSTREAM` run the first two. Loopback only; every load is bounded.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from typing import cast

import httptools
import msgspec
from typing_extensions import override

_EVENT = msgspec.json.encode(
    {
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion.chunk",
        "created": 1750000000,
        "model": "scripted",
        "choices": [{"index": 0, "delta": {"content": " word"}, "logprobs": None, "finish_reason": None}],
    }
)
_LAST = _EVENT.replace(b'"content":" word"', b"").replace(b'"finish_reason":null', b'"finish_reason":"stop"')
_USAGE = msgspec.json.encode(
    {"id": "chatcmpl-0", "choices": [], "usage": {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600}},
)
_ANSWER = msgspec.json.encode(
    {
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion",
        "created": 1750000000,
        "model": "scripted",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "word " * 80}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600},
    }
)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n%b\r\n\r\n"


def _chunk(payload: bytes) -> bytes:
    event = b"data: " + payload + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(event), event)


class Scripted(asyncio.Protocol):
    """One connection to the scripted upstream. A body with `"stream":true` gets `max_tokens` events, each written by itself."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are not of asyncio's classes
        self.parser = httptools.HttpRequestParser(self)
        self.body = bytearray()
        self.paused: asyncio.Event = asyncio.Event()
        self.paused.set()

    @override
    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self.parser.feed_data(data)

    @override
    def pause_writing(self) -> None:
        """The gateway is slower than we are."""
        self.paused.clear()

    @override
    def resume_writing(self) -> None:
        """It has caught up."""
        self.paused.set()

    def on_body(self, body: bytes) -> None:
        """Collect the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """Answer."""
        body, self.body = bytes(self.body), bytearray()
        if b'"stream":true' not in body:
            self.transport.write(_HEAD % (b"application/json", b"content-length: %d" % len(_ANSWER)) + _ANSWER)
            return
        self.task = asyncio.get_running_loop().create_task(self.stream(msgspec.json.decode(body)["max_tokens"]))

    async def stream(self, count: int) -> None:
        """`count` events, one write each, giving way to the other streams between them."""
        self.transport.write(_HEAD % (b"text/event-stream", b"transfer-encoding: chunked"))
        event = _chunk(_EVENT)
        for _ in range(count):
            self.transport.write(event)
            await self.paused.wait()
            await asyncio.sleep(0)
        self.transport.write(_chunk(_LAST) + _chunk(_USAGE) + _chunk(b"[DONE]") + b"0\r\n\r\n")


async def upstream(port: int) -> None:
    """Serve the scripted upstream."""
    server = await asyncio.get_running_loop().create_server(Scripted, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def plain(port: int, base: str) -> None:
    """What a first draft of a gateway looks like: a FastAPI route, `request.json()`, httpx, and back. It classifies nothing."""
    import httpx
    import uvicorn
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse, Response, StreamingResponse

    app = FastAPI()
    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=1024, max_keepalive_connections=1024), timeout=60, trust_env=False)

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body = await request.json()
        if not body.get("stream"):
            answer = await client.post(base + "/v1/chat/completions", json=body)
            return JSONResponse(answer.json(), answer.status_code)

        async def events() -> AsyncIterator[bytes]:
            async with client.stream("POST", base + "/v1/chat/completions", json=body) as answer:
                async for piece in answer.aiter_raw():
                    yield piece

        return StreamingResponse(events(), media_type="text/event-stream")

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


class Client(asyncio.Protocol):
    """One connection of the driver: sends a request, counts the answer's bytes and events, says when it is whole."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are not of asyncio's classes
        self.parser = httptools.HttpResponseParser(self)
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.events = 0

    @override
    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self.parser.feed_data(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """The gateway hung up."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the connection was closed"))

    def on_body(self, body: bytes) -> None:
        """Count events."""
        self.events += body.count(b"\n\n")

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self.parser.get_status_code() != 200:
            self.done.set_exception(RuntimeError(f"status {self.parser.get_status_code()}"))
        elif not self.done.done():
            self.done.set_result(None)

    async def ask(self, request: bytes) -> float:
        """Send and wait; seconds until the answer was whole."""
        self.done = asyncio.get_running_loop().create_future()
        start = time.perf_counter()
        self.transport.write(request)
        await self.done
        self.parser = httptools.HttpResponseParser(self)
        return time.perf_counter() - start


async def connect(port: int, count: int) -> list[Client]:
    """`count` connections."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Client, "127.0.0.1", port))[1] for _ in range(count)]


def request(body: bytes) -> bytes:
    """The bytes of a chat request."""
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\naccept: */*\r\nuser-agent: bench\r\n"
    return head + b"authorization: Bearer sk-bench-key\r\ncontent-length: %d\r\n\r\n" % len(body) + body


async def closed_loop(clients: list[Client], raw: bytes, count: int) -> list[float]:
    """`count` requests over all connections, each sent as soon as the one before was answered; the latencies in seconds."""
    latencies: list[float] = []
    left = iter(range(count))

    async def work(client: Client) -> None:
        for _ in left:
            latencies.append(await client.ask(raw))  # noqa: PERF401  # one at a time, into the one list

    await asyncio.gather(*(work(client) for client in clients))
    return latencies


async def open_loop(clients: list[Client], raw: bytes, rate: float, seconds: float) -> list[float]:
    """Requests at a fixed rate, latency counted from when each was due, so that a slow answer does not hide those behind it."""
    free: asyncio.Queue[Client] = asyncio.Queue()
    for client in clients:
        free.put_nowait(client)
    latencies: list[float] = []
    tasks: set[asyncio.Task[None]] = set()
    start = time.perf_counter()

    async def one(due: float) -> None:
        client = await free.get()
        await client.ask(raw)
        latencies.append(time.perf_counter() - due)
        free.put_nowait(client)

    for number in range(int(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.get_running_loop().create_task(one(due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return latencies


if __name__ == "__main__":
    if sys.argv[1] == "plain":
        plain(int(sys.argv[2]), sys.argv[3])
    else:
        import uvloop

        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(upstream(int(sys.argv[2])))
