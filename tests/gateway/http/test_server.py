"""What the protocol adds to uvicorn's. How callers misuse it on real sockets stands in tests/journeys/test_bad_requests.py."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn

from gateway.app import _config
from gateway.http.downstream import Receive, Scope, Send
from gateway.http.server import MOST_HEADER_BYTES
from tests.fakes.client import caller


class Echo:
    """Answers with the number of bytes of the body, and keeps the hooks it was given."""

    def __init__(self) -> None:
        self.hooks: list[object] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.hooks.append(scope["extensions"]["tidegate.gone"])
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        body = b'{"size": %d}' % size
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def listening(app: Echo) -> AsyncIterator[int]:
    server = uvicorn.Server(_config(app, "127.0.0.1", 0, 1.0))  # type: ignore[arg-type]  # any ASGI application
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.servers[0].close()
        for connection in tuple(server.server_state.connections):
            connection.transport.abort()


HEAD = b"POST / HTTP/1.1\r\nhost: a\r\n"


@pytest.mark.parametrize(
    "pieces,status",
    [
        pytest.param(
            [HEAD + b"x: " + b"a" * (MOST_HEADER_BYTES - 100) + b"\r\ncontent-length: 2\r\n\r\n{}"], 200, id="headers just within"
        ),
        pytest.param([HEAD + b"x: " + b"a" * MOST_HEADER_BYTES + b"\r\n\r\n"], 431, id="headers beyond, at once"),
        pytest.param([HEAD, *[b"x: " + b"a" * 6000 + b"\r\n"] * 11, b"\r\n"], 431, id="headers beyond, in pieces"),
        pytest.param([HEAD, b"x: ", *[b"a" * 10_000] * 7], 431, id="one header that never ends"),
        pytest.param([b"GET /" + b"a" * MOST_HEADER_BYTES + b" HTTP/1.1\r\n\r\n"], 431, id="a path beyond"),
        pytest.param(
            [HEAD + b"content-length: 200000\r\n\r", b"\n" + b"a" * 200_000], 200, id="a large body behind headers cut at their end"
        ),
        pytest.param([HEAD + b"content-length: 200000\r\n\r\n" + b"a" * 200_000], 200, id="a large body at once"),
        pytest.param([b"\r\n\r\n" + HEAD + b"content-length: 2\r\n\r\n{}"], 200, id="blank lines before"),
        pytest.param([b"nonsense\r\n\r\n"], 400, id="no HTTP"),
    ],
)
async def test_headers_are_bounded_and_bodies_do_not_count(pieces: list[bytes], status: int) -> None:
    async with listening(Echo()) as port, caller(port) as one:
        for piece in pieces:
            one.send(piece)
            await one.writer.drain()
        reply = await one.reply()
        assert reply.status == status
        if status != 200:
            assert reply.error["code"] == ("headers_too_large" if status == 431 else "malformed_http")
            assert reply.headers["connection"] == "close"


async def test_a_second_request_behind_a_large_body_starts_from_nothing() -> None:
    async with listening(Echo()) as port, caller(port) as one:
        for _ in range(3):
            one.send(HEAD + b"content-length: 100000\r\nx: " + b"b" * 30_000 + b"\r\n\r\n" + b"a" * 100_000)
        for _ in range(3):
            assert (await one.reply()).json == {"size": 100_000}


async def test_every_request_of_a_connection_gets_the_same_hook() -> None:
    app = Echo()
    async with listening(app) as port, caller(port) as one:
        for _ in range(2):
            one.send(HEAD + b"content-length: 0\r\n\r\n")
            await one.reply()
        assert app.hooks[0] is app.hooks[1]
        assert app.hooks[0] == []
