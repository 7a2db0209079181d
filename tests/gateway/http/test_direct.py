"""Requests on our own protocol, over real sockets. What callers may do wrong stands in tests/journeys/test_bad_requests.py."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from starlette.types import Receive, Scope, Send

from gateway.exchange import Exchange
from gateway.http.chat import Hot
from gateway.http.direct import Direct
from gateway.http.room import Room
from gateway.http.server import Shared
from gateway.plan import Limits
from tests.fakes.client import Caller, ask, caller
from tests.fakes.gateway import compiled, configuration
from tests.fakes.scripted import HANG, Scripted, Stage, stage
from tests.fakes.server import listening

PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
PATH = b"/v1/chat/completions"
BODY = b'{"model":"qwen","messages":[{"role":"user","content":"Say something."}]}'
HEAD = b"POST " + PATH + b" HTTP/1.1\r\nhost: a\r\n"
WHOLE = HEAD + b"content-length: %d\r\n\r\n" % len(BODY) + BODY


class Api:
    """Everything here goes directly, but for what the last test sends."""

    def __init__(self, on: Stage, room: Room | None = None) -> None:
        self.shared = Shared({PATH: Hot("chat", lambda: on.runtime)}, room)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def connected(local: Scripted, keep_alive_s: float = 75) -> AsyncIterator[tuple[Stage, Caller]]:
    on = stage(PLAN, {"qwen": local, "gpt": Scripted()})
    async with listening(Api(on), keep_alive_s=keep_alive_s) as port, caller(port) as one:
        yield on, one


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[tuple[Stage, Caller]]:
    async with connected(Scripted()) as both:
        yield both


async def until(on: Stage, count: int) -> list[Exchange]:
    async with asyncio.timeout(20):
        while len(on.exchanges) < count:  # noqa: ASYNC110  # the gateway knows nothing of our events
            await asyncio.sleep(0.005)
    return on.exchanges


async def test_requests_follow_each_other_on_one_connection(gate: tuple[Stage, Caller]) -> None:
    on, one = gate
    for _ in range(3):
        one.post(ask())
        assert (await one.reply()).status == 200
    assert [exchange.result for exchange in on.exchanges] == ["served"] * 3


async def test_what_ends_like_a_length_is_none_when_the_head_comes_again(gate: tuple[Stage, Caller]) -> None:
    _, one = gate
    for _ in range(3):
        one.send(HEAD + b"x-strength: 3\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY)
        assert (await one.reply()).status == 200


@pytest.mark.parametrize("size", [1, 15, 16, 300, 1_023, 1_024, 5_000])
def test_a_chunk_says_how_long_it_is(size: int) -> None:
    written: list[bytes] = []
    transport, flow = SimpleNamespace(write=written.append), SimpleNamespace(write_paused=False)
    connection: Any = SimpleNamespace(transport=transport, flow=flow, room=Room())
    asked: Any = SimpleNamespace(keep_alive=True)
    hot: Any = None
    assert Direct(connection, hot, asked, "req_1", 0, b"").write_nowait(bytes(size))
    assert written == [b"%x\r\n%b\r\n" % (size, bytes(size))]


async def test_pipelined_requests_are_answered_in_order_each_once(gate: tuple[Stage, Caller]) -> None:
    on, one = gate
    refused = HEAD + b"content-length: 2\r\n\r\n{}"
    one.send(WHOLE + refused + WHOLE)
    assert [(await one.reply()).status for _ in range(3)] == [200, 400, 200]
    assert [exchange.result for exchange in on.exchanges] == ["served", "invalid", "served"]


@pytest.mark.parametrize("cut", [1, len(HEAD), len(WHOLE) - len(BODY), len(WHOLE) - len(BODY) + 1, len(WHOLE) - 1])
async def test_a_request_may_come_in_pieces(gate: tuple[Stage, Caller], cut: int) -> None:
    _, one = gate
    one.send(WHOLE[:cut])
    await one.writer.drain()
    await asyncio.sleep(0.02)
    one.send(WHOLE[cut:])
    assert (await one.reply()).status == 200


async def test_the_last_answer_before_nonsense_is_whole_and_then_the_connection_ends(gate: tuple[Stage, Caller]) -> None:
    _, one = gate
    one.send(WHOLE + b"nonsense\r\n\r\n")
    reply = await one.reply()
    assert (reply.status, reply.is_whole) == (200, True)
    reply = await one.reply()
    assert (reply.status, reply.headers["connection"]) == (400, "close")
    assert await one.reader.read() == b""


async def test_a_caller_that_wants_to_close_is_told_so(gate: tuple[Stage, Caller]) -> None:
    _, one = gate
    one.send(WHOLE.replace(b"host", b"connection: close\r\nhost"))
    assert (await one.reply()).headers["connection"] == "close"
    assert await one.reader.read() == b""


async def test_a_caller_that_leaves_before_the_body_is_complete_is_recorded(gate: tuple[Stage, Caller]) -> None:
    on, one = gate
    one.send(WHOLE[:-1])
    await one.writer.drain()
    await asyncio.sleep(0.02)
    await one.leave()
    assert [(exchange.result, exchange.code) for exchange in await until(on, 1)] == [("abandoned", "caller_left")]


async def test_a_caller_that_leaves_while_an_upstream_works_is_recorded() -> None:
    async with connected(Scripted([HANG])) as (on, one):
        one.send(WHOLE)
        await one.writer.drain()
        await asyncio.sleep(0.05)
        await one.leave()
        assert [exchange.result for exchange in await until(on, 1)] == ["abandoned"]


async def test_a_refusal_does_not_wait_for_the_body(gate: tuple[Stage, Caller]) -> None:
    on, one = gate
    one.send(HEAD + b"content-length: 99999999999\r\n\r\n{")
    reply = await one.reply()
    assert (reply.status, reply.error["code"], reply.headers["connection"]) == (413, "body_too_large", "close")
    assert await one.reader.read() == b""
    assert [exchange.code for exchange in on.exchanges] == ["body_too_large"]


@pytest.mark.parametrize("first", [b"", b"a" * 10], ids=["that has not begun", "that has begun"])
async def test_chunks_beyond_the_limit_are_refused(gate: tuple[Stage, Caller], first: bytes) -> None:
    _, one = gate
    most = PLAN.limits.body_bytes
    one.send(HEAD + b"transfer-encoding: chunked\r\n\r\n" + (b"%x\r\n%b\r\n" % (len(first), first) if first else b""))
    await asyncio.sleep(0.02)
    one.send(b"%x\r\n" % (most + 1) + b"a" * (most + 1))
    assert (await one.reply()).error["code"] == "body_too_large"


async def test_a_busy_connection_does_not_idle() -> None:
    async with connected(Scripted([HANG]), keep_alive_s=0.3) as (_, one):
        one.send(WHOLE)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(one.reader.read(), 0.7)


@pytest.mark.parametrize("is_behind", [False, True], ids=["alone", "behind a good one"])
async def test_a_body_that_is_no_http_is_refused_in_its_turn(gate: tuple[Stage, Caller], *, is_behind: bool) -> None:
    on, one = gate
    one.send(WHOLE * is_behind + HEAD + b"transfer-encoding: chunked\r\n\r\nnonsense\r\n")
    if is_behind:
        assert (await one.reply()).status == 200
    reply = await one.reply()
    assert (reply.status, reply.error["code"]) == (400, "malformed_http")
    assert await one.reader.read() == b""
    assert [exchange.code for exchange in on.exchanges] == [""] * is_behind + ["malformed_http"]


async def test_what_is_not_post_or_not_1_1_goes_through_asgi(gate: tuple[Stage, Caller]) -> None:
    _, one = gate
    one.send(WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert (await one.reply()).status == 299


async def test_bodies_are_held_until_their_requests_end_and_no_more_than_there_is_room_for() -> None:
    room = Room(lambda: Limits(held_bytes=len(BODY) + 50))
    on = stage(PLAN, {"qwen": Scripted([HANG]), "gpt": Scripted()})
    async with listening(Api(on, room)) as port, caller(port) as first, caller(port) as second, caller(port) as third:
        first.send(WHOLE)
        await until_held(room, len(BODY))
        second.send(HEAD + b"content-length: 100\r\n\r\n" + b" " * 60)
        reply = await second.reply()
        assert (reply.status, reply.error["code"], reply.headers["retry-after"]) == (503, "no_room", "1")
        assert (reply.headers["connection"], await second.reader.read()) == ("close", b"")
        await until_held(room, len(BODY))
        third.send(HEAD + b"content-length: 99\r\n\r\n")
        third.send(b" " * 98)
        assert (await third.reply()).status == 503, "whether it is there at once or comes later"
        await first.leave()
        await until_held(room, 0)
    assert sorted(exchange.code for exchange in await until(on, 3)) == ["", "no_room", "no_room"]


async def test_what_was_read_of_requests_that_nobody_serves_is_held_no_more() -> None:
    room = Room()
    on = stage(PLAN, {"qwen": Scripted([HANG]), "gpt": Scripted()})
    async with listening(Api(on, room)) as port, caller(port) as one:
        one.send(WHOLE * 3)
        await until_held(room, len(BODY) + 2 * len(WHOLE))
    await until_held(room, 0)


async def test_while_the_gateway_drains_every_answer_is_the_last_of_its_connection() -> None:
    ends: list[int] = []
    on = stage(PLAN, {"qwen": Scripted(), "gpt": Scripted()})
    async with listening(Api(on, Room(Limits, lambda: bool(ends)))) as port, caller(port) as one:
        one.send(WHOLE)
        assert "connection" not in (await one.reply()).headers
        ends.append(1)
        one.send(WHOLE)
        reply = await one.reply()
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        assert await one.reader.read() == b""


async def until_held(room: Room, expected: int) -> None:
    async with asyncio.timeout(20):
        while room.held_bytes != expected:  # noqa: ASYNC110  # nothing wakes us
            await asyncio.sleep(0.005)
