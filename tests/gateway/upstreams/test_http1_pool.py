import asyncio
import time

import pytest

from gateway.upstreams.http1 import Answer, Cut, Http1Client, Origin
from router.decision import Clocks
from tests.fakes.patience import TRIES
from tests.fakes.sockets import Close, Hold, Receive, Reset, Script, Send, Sleep, Step, comes_to, raw_server

CLOCKS = Clocks(connect_s=20, headers_s=20, first_token_s=20, between_chunks_s=20, total_s=50)
TALK: list[Step] = [Receive(), Send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")]


async def post(client: Http1Client) -> Answer:
    return await client.post(b"/x", b"{}", b"", CLOCKS)


async def talk(client: Http1Client) -> None:
    assert await (await post(client)).read(2) == b"hi"


async def test_one_connection_serves_request_after_request() -> None:
    async with raw_server(TALK * 5) as server:
        client = Http1Client(Origin.parse(server.url), [])
        for _ in range(5):
            await talk(client)
        assert (server.accepted, len(server.requests)) == (1, 5)
        assert repr(client) == f"<Http1Client {server.url}: 0 active, 1 idle>"


async def test_requests_at_the_same_time_have_connections_of_their_own() -> None:
    async with raw_server([Receive(), Sleep(0.1), *TALK[1:], *TALK]) as server:
        client = Http1Client(Origin.parse(server.url), [])
        await asyncio.gather(*(talk(client) for _ in range(5)))
        assert server.accepted == 5
        assert repr(client).endswith("0 active, 5 idle>")


async def test_the_last_one_in_is_the_first_one_out() -> None:
    ask, say = TALK
    late = [ask, Hold(), say, ask, Send(b"HTTP/1.1 201 Made\r\ncontent-length: 0\r\n\r\n")]
    async with raw_server(TALK * 2, late) as server:
        client = Http1Client(Origin.parse(server.url), [])
        both = asyncio.gather(talk(client), talk(client))
        await comes_to(lambda: repr(client), f"<Http1Client {server.url}: 1 active, 1 idle>")
        server.go_on()
        await both
        assert (await post(client)).status == 201


async def test_no_more_than_max_idle_are_kept() -> None:
    async with raw_server([Receive(), Sleep(0.1), *TALK[1:]]) as server:
        client = Http1Client(Origin.parse(server.url), [], max_idle=2)
        await asyncio.gather(*(talk(client) for _ in range(4)))
        assert repr(client).endswith("0 active, 2 idle>")
        await asyncio.wait_for(server.until_gone(2), 10)


async def test_idle_connections_are_closed_in_time() -> None:
    async def scene() -> None:
        async with raw_server(TALK * 3) as server:
            client = Http1Client(Origin.parse(server.url), [], idle_s=1.0)
            await talk(client)
            await asyncio.sleep(0.3)
            begun = time.monotonic()
            await talk(client)
            used_again.append(server.accepted == 1)
            await asyncio.wait_for(server.until_gone(server.accepted), 10)
            assert time.monotonic() - begun > 0.9, "not before it has been idle for so long since it was last used"
            assert repr(client).endswith("0 active, 0 idle>")

    used_again: list[bool] = []
    while not any(used_again) and len(used_again) < TRIES:  # a machine that pauses for a second finds it closed
        await scene()
    assert used_again[-1]


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param([Close()], id="the upstream closes it"),
        pytest.param([Sleep(0.02), Close()], id="the upstream closes it later"),
        pytest.param([Sleep(0.02), Reset()], id="the upstream resets it"),
        pytest.param([Sleep(0.02), Send(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad")], id="an answer comes that nobody asked for"),
        pytest.param([Sleep(0.02), Send(b"\r\n")], id="an empty line comes"),
    ],
)
async def test_an_idle_connection_is_dropped_when(rest: Script) -> None:
    async with raw_server([*TALK, *rest], TALK) as server:
        client = Http1Client(Origin.parse(server.url), [])
        await talk(client)
        await comes_to(lambda: repr(client), f"<Http1Client {server.url}: 0 active, 0 idle>")
        await talk(client)
        assert server.accepted == 2


async def test_a_cut_on_a_connection_that_had_served_says_so() -> None:
    async with raw_server([*TALK, Receive(), Close()]) as server:
        client = Http1Client(Origin.parse(server.url), [])
        await talk(client)
        with pytest.raises(Cut) as caught:
            await post(client)
        assert (caught.value.got_headers, caught.value.reused) == (False, True)
        assert server.accepted == 1  # repeating it is the caller's decision
        assert repr(client).endswith("0 active, 0 idle>")


async def test_closing_keeps_nothing_and_interrupts_nobody() -> None:
    async with raw_server([*TALK, Receive(), Hold(), *TALK[1:]]) as server:
        client = Http1Client(Origin.parse(server.url), [])
        await asyncio.gather(talk(client), talk(client))
        under_way = asyncio.ensure_future(talk(client))
        await comes_to(lambda: len(server.requests), 3)
        await client.close()
        assert repr(client).endswith("1 active, 0 idle>")
        server.go_on()
        await under_way
        await talk(client)  # a request that began before a reload may still need its fallback
        assert repr(client).endswith("0 active, 0 idle>")
        await client.close()
