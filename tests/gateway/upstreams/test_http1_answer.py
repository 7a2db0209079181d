import asyncio
import time

import pytest

from gateway.upstreams.http1 import Answer, BodyTooLarge, Cut, Http1Client, Origin
from router.decision import Clocks
from tests.fakes.sockets import RawServer, Receive, Script, Send, Sleep, Step, comes_to, raw_server

CLOCKS = Clocks(connect_s=2, headers_s=2, first_token_s=2, between_chunks_s=2, total_s=5)
HI = b"HTTP/1.1 200 OK\r\nX-Two: 1\r\nx-two: 2\r\ncontent-length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

DRIP: list[Step] = [Send(b"5\r\nhello\r\n"), Sleep(0.005)]


async def open_answer(server: RawServer) -> tuple[Http1Client, Answer]:
    client = Http1Client(Origin.parse(server.url), [])
    return client, await client.post(b"/x", b"{}", b"", CLOCKS)


async def test_headers() -> None:
    async with raw_server([Receive(), Send(HI)]) as server:
        _, answer = await open_answer(server)
        assert answer.status == 200
        assert answer.headers == [(b"x-two", b"1"), (b"x-two", b"2"), (b"content-length", b"2")]
        assert (answer.header(b"x-two"), answer.header(b"x-three")) == (b"1", None)


async def test_chunks_come_as_they_came() -> None:
    async with raw_server(
        [
            Receive(),
            Send(CHUNKED),
            Sleep(0.1),
            Send(b"2\r\nhi\r\n"),
            Sleep(0.1),
            Send(b"1\r\n \r\n2\r\nyo\r\n"),
            Sleep(0.1),
            Send(b"0\r\n\r\n"),
        ]
    ) as server:
        client, answer = await open_answer(server)
        assert [await answer.chunk() for _ in range(4)] == [b"hi", b" yo", b"", b""]
        assert repr(client).endswith("0 active, 1 idle>")


async def test_the_connection_is_free_as_soon_as_the_last_bytes_are_taken() -> None:
    async with raw_server([Receive(), Send(HI)]) as server:
        client, answer = await open_answer(server)
        await asyncio.sleep(0.02)
        assert await answer.chunk() == b"hi"
        assert repr(client).endswith("0 active, 1 idle>")
        assert await answer.chunk() == b""


async def test_chunks_are_joined_for_a_reader_that_is_slower() -> None:
    async with raw_server([Receive(), Send(CHUNKED + b"2\r\nhi\r\n"), Sleep(0.01), Send(b"2\r\nyo\r\n")]) as server:
        _, answer = await open_answer(server)
        await asyncio.sleep(0.2)
        assert await answer.chunk() == b"hiyo"
        answer.close()


@pytest.mark.parametrize(
    ("limit", "fits"), [pytest.param(2, True, id="as long as the limit"), pytest.param(1, False, id="one byte longer than the limit")]
)
async def test_the_limit_of_a_body(limit: int, *, fits: bool) -> None:
    async with raw_server([Receive(), Send(HI)]) as server:
        client, answer = await open_answer(server)
        if fits:
            assert await answer.read(limit) == b"hi"
        else:
            with pytest.raises(BodyTooLarge, match="more than 1 bytes"):
                await answer.read(limit)
        assert " 0 active" in repr(client)


async def test_the_limit_of_a_body_without_an_end() -> None:
    async with raw_server([Receive(), Send(CHUNKED), *DRIP * 20]) as server:
        client, answer = await open_answer(server)
        with pytest.raises(BodyTooLarge):
            await answer.read(22)
        await asyncio.wait_for(server.until_gone(), 1)
        assert repr(client).endswith("0 active, 0 idle>")


async def test_closing_early_closes_the_connection_at_once() -> None:
    async with raw_server([Receive(), Send(CHUNKED + b"2\r\nhi\r\n")]) as server:
        client, answer = await open_answer(server)
        assert await answer.chunk() == b"hi"
        answer.close()
        answer.close()
        assert repr(client).endswith("0 active, 0 idle>")
        begun = time.monotonic()
        await server.until_gone()
        assert time.monotonic() - begun < 1
        with pytest.raises(RuntimeError, match="closed before its end"):
            await answer.chunk()


async def test_closing_an_answer_that_is_all_there_keeps_the_connection() -> None:
    async with raw_server([Receive(), Send(HI)]) as server:
        client, answer = await open_answer(server)
        await asyncio.sleep(0.02)
        answer.close()
        assert repr(client).endswith("0 active, 1 idle>")


async def test_an_old_answer_does_not_touch_the_connection_again() -> None:
    async with raw_server([Receive(), Send(HI), Receive(), Send(CHUNKED)]) as server:
        client, first = await open_answer(server)
        await first.read(2)
        second = await client.post(b"/x", b"{}", b"", CLOCKS)
        first.close()
        first.linger()
        assert await first.chunk() == b""
        assert repr(client).endswith("1 active, 0 idle>")
        second.close()


@pytest.mark.parametrize(
    ("rest", "after"),
    [
        pytest.param([Sleep(0.1), Send(b"0\r\n\r\n")], "0 active, 1 idle", id="the end comes"),
        pytest.param([Sleep(0.1), Send(b"2\r\n\r\n\r\n0\r\n\r\n")], "0 active, 1 idle", id="a little more and the end come"),
        pytest.param([Sleep(0.1), Send(b"0\r\n\r\nX")], "0 active, 0 idle", id="more than the end comes"),
        pytest.param([Sleep(0.1), Send(b"rubbish\r\n")], "0 active, 0 idle", id="something else comes"),
    ],
)
async def test_lingering_for_the_end(rest: Script, after: str) -> None:
    async with raw_server([Receive(), Send(CHUNKED + b"2\r\nhi\r\n"), *rest]) as server:
        client, answer = await open_answer(server)
        assert await answer.chunk() == b"hi"
        answer.linger()
        answer.close()
        assert repr(client).endswith("1 active, 0 idle>")
        assert await answer.chunk() == b""
        await comes_to(lambda: repr(client), f"<Http1Client {server.url}: {after}>")


async def test_lingering_for_an_end_that_is_there() -> None:
    async with raw_server([Receive(), Send(HI), Receive(), Send(b"HTTP/1.1 204 No\r\n\r\n")]) as server:
        client, answer = await open_answer(server)
        await asyncio.sleep(0.02)
        answer.linger()
        assert repr(client).endswith("0 active, 1 idle>")
        assert await (await client.post(b"/x", b"{}", b"", CLOCKS)).read(0) == b""


async def test_lingering_has_an_end_itself() -> None:
    async with raw_server([Receive(), Send(CHUNKED + b"2\r\nhi\r\n")]) as server:
        client, answer = await open_answer(server)
        assert await answer.chunk() == b"hi"
        answer.linger()
        await asyncio.wait_for(server.until_gone(), 3)
        assert repr(client).endswith("0 active, 0 idle>")


async def test_a_cancelled_reader_closes_the_connection_at_once() -> None:
    async with raw_server([Receive(), Send(CHUNKED)]) as server:
        client, answer = await open_answer(server)
        reader = asyncio.ensure_future(answer.read(10))
        await asyncio.sleep(0.02)
        begun = time.monotonic()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert repr(client).endswith("0 active, 0 idle>")
        await server.until_gone()
        assert time.monotonic() - begun < 1
        with pytest.raises(Cut):
            await answer.chunk()


async def test_the_repr_has_no_content() -> None:
    async with raw_server([Receive(), Send(HI)]) as server:
        _, answer = await open_answer(server)
        assert repr(answer) == "<Answer 200: open>"
        await answer.read(2)
        assert repr(answer) == "<Answer 200: over>"
