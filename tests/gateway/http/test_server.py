"""What the protocol adds to uvicorn's. How callers misuse it on real sockets stands in tests/journeys/test_bad_requests.py."""

import asyncio
import socket

import pytest
from starlette.types import Receive, Scope, Send

from gateway.http.room import Room
from gateway.http.server import MOST_HEADER_BYTES, Protocol, Shared
from gateway.plan import Limits
from tests.fakes.client import caller
from tests.fakes.patience import paced
from tests.fakes.server import listening


class Echo:
    """Answers with the number of bytes of the body."""

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        body = b'{"size": %d}' % size
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})


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


class Impatient(Protocol):
    headers_s = 0.05


@pytest.mark.parametrize("sent", [b"", b"POST / HT", HEAD], ids=["nothing", "half a request line", "half of the headers"])
async def test_headers_have_a_clock(sent: bytes) -> None:
    async with listening(Echo(), Impatient) as port, caller(port) as one:
        one.send(sent)
        assert await asyncio.wait_for(one.reader.read(), 20) == b""


async def test_the_clock_of_headers_runs_for_the_second_request_too() -> None:
    class Later(Protocol):
        """Patient with the first request, however slow this machine is."""

    async with listening(Echo(), Later) as port, caller(port) as one:
        one.send(HEAD + b"content-length: 2\r\n\r\n{}")
        assert (await one.reply()).status == 200
        Later.headers_s = 0.05
        await asyncio.sleep(0.1)
        one.send(HEAD)
        assert await asyncio.wait_for(one.reader.read(), 20) == b""


class Endless:
    """An answer that does not end; `is_over` once nobody can be reading it."""

    def __init__(self) -> None:
        self.is_over = asyncio.Event()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        gone = asyncio.ensure_future(receive())
        while not gone.done():
            await send({"type": "http.response.body", "body": b"a" * 100_000, "more_body": True})
        self.is_over.set()


class Dropping(Protocol):
    stuck_s = 0.05


async def test_a_caller_that_does_not_read_is_dropped() -> None:
    app = Endless()
    async with listening(app, Dropping) as port:
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(HEAD + b"content-length: 0\r\n\r\n")
            await asyncio.wait_for(app.is_over.wait(), 30)


async def test_an_idle_connection_is_closed() -> None:
    async def scene(pace: float) -> None:
        async with listening(Echo(), keep_alive_s=0.4 * pace) as port, caller(port) as one:
            one.send(HEAD + b"content-length: 2\r\n\r\n{}")
            assert (await one.reply()).status == 200
            assert await asyncio.wait_for(one.reader.read(), 20) == b""

    await paced(scene)


async def test_pipelined_requests_through_asgi_are_answered_in_order() -> None:
    async with listening(Echo()) as port, caller(port) as one:
        one.send(b"".join(HEAD + b"content-length: %d\r\n\r\n" % size + b"a" * size for size in range(1, 4)))
        assert [(await one.reply()).json["size"] for _ in range(3)] == [1, 2, 3]


async def test_a_connection_for_which_there_is_no_place_is_told_so() -> None:
    class Small(Echo):
        shared = Shared({}, Room(lambda: Limits(connections=2)))

    async with listening(Small()) as port, caller(port) as one, caller(port) as two:
        for each in (one, two):
            each.send(HEAD + b"content-length: 2\r\n\r\n{}")
            assert (await each.reply()).status == 200
        async with caller(port) as three:
            reply = await three.reply()
            assert (reply.status, reply.error["code"], reply.headers["retry-after"]) == (503, "no_room", "1")
            assert await three.reader.read() == b""
        one.writer.close()
        for _ in range(100):
            async with caller(port) as four:
                four.send(HEAD + b"content-length: 2\r\n\r\n{}")
                if (await four.reply()).status == 200:
                    return
            await asyncio.sleep(0.02)
        raise AssertionError("a place that became free is given away again")
