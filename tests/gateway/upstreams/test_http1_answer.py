import asyncio
import time

import pytest

from gateway.upstreams.http1 import Answer, BadAnswer, BodyTooLarge, Cut, Http1Client, Origin, Stalled, UpstreamFault
from gateway.upstreams.http1_wire import LINGER_S
from router.decision import Clocks
from tests.fakes.patience import paced, quick, turns, undisturbed
from tests.fakes.sockets import Close, Flood, Hold, RawServer, Receive, Script, Send, Sleep, Step, comes_to, raw_server

CLOCKS = Clocks(connect_s=20, headers_s=20, first_token_s=20, between_chunks_s=20, total_s=50)
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
            Hold(),
            Send(b"2\r\nhi\r\n"),
            Hold(),
            Send(b"1\r\n \r\n2\r\nyo\r\n"),
            Hold(),
            Send(b"0\r\n\r\n"),
        ]
    ) as server:
        client, answer = await open_answer(server)
        for piece in (b"hi", b" yo", b""):
            server.go_on()
            assert await answer.chunk() == piece
        assert await answer.chunk() == b""
        assert repr(client).endswith("0 active, 1 idle>")


async def test_the_connection_is_free_as_soon_as_the_last_bytes_are_taken() -> None:
    async with raw_server([Receive(), Send(HI)]) as server:
        client, answer = await open_answer(server)
        await turns()
        assert await answer.chunk() == b"hi"
        assert repr(client).endswith("0 active, 1 idle>")
        assert await answer.chunk() == b""


async def test_chunks_are_joined_for_a_reader_that_is_slower() -> None:
    async with raw_server([Receive(), Send(CHUNKED + b"2\r\nhi\r\n"), Sleep(0.01), Send(b"2\r\nyo\r\n")]) as server:
        _, answer = await open_answer(server)
        await comes_to(lambda: server.sent_bytes, len(CHUNKED + b"2\r\nhi\r\n2\r\nyo\r\n"))
        await turns()  # it has come, if it was sent
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
        await asyncio.wait_for(server.until_gone(), 10)
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
        assert time.monotonic() - begun < 15, "no clock is that short"
        with pytest.raises(RuntimeError, match="closed before its end"):
            await answer.chunk()


async def test_closing_an_answer_that_is_all_there_keeps_the_connection() -> None:
    async with raw_server([Receive(), Send(HI)]) as server:
        client, answer = await open_answer(server)
        await turns()
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
        pytest.param([Send(b"0\r\n\r\n")], "0 active, 1 idle", id="the end comes"),
        pytest.param([Send(b"2\r\n\r\n\r\n0\r\n\r\n")], "0 active, 1 idle", id="a little more and the end come"),
        pytest.param([Send(b"0\r\n\r\nX")], "0 active, 0 idle", id="more than the end comes"),
        pytest.param([Send(b"rubbish\r\n")], "0 active, 0 idle", id="something else comes"),
    ],
)
async def test_lingering_for_the_end(rest: Script, after: str) -> None:
    async def scene() -> None:
        async with raw_server([Receive(), Send(CHUNKED + b"2\r\nhi\r\n"), Hold(), *rest]) as server:
            client, answer = await open_answer(server)
            assert await answer.chunk() == b"hi"
            with quick(LINGER_S * 0.9):
                answer.linger()
                answer.close()
                assert repr(client).endswith("1 active, 0 idle>")
                assert await answer.chunk() == b""
                server.go_on()
                await comes_to(lambda: "1 active" in repr(client), expected=False)
                assert repr(client) == f"<Http1Client {server.url}: {after}>"

    await undisturbed(scene)


async def test_lingering_for_an_end_that_is_there() -> None:
    async with raw_server([Receive(), Send(HI), Receive(), Send(b"HTTP/1.1 204 No\r\n\r\n")]) as server:
        client, answer = await open_answer(server)
        await turns()
        answer.linger()
        assert repr(client).endswith("0 active, 1 idle>")
        assert await (await client.post(b"/x", b"{}", b"", CLOCKS)).read(0) == b""


async def test_lingering_has_an_end_itself() -> None:
    async with raw_server([Receive(), Send(CHUNKED + b"2\r\nhi\r\n")]) as server:
        client, answer = await open_answer(server)
        assert await answer.chunk() == b"hi"
        answer.linger()
        await asyncio.wait_for(server.until_gone(), 10)
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
        assert time.monotonic() - begun < 15, "no clock is that short"
        with pytest.raises(Cut):
            await answer.chunk()


class Taker:
    """Keeps what it is given, and the task in which that was; takes no more at every `full`th block."""

    def __init__(self, full: int = 0) -> None:
        self.blocks: list[bytes] = []
        self.tasks: list[object] = []
        self._full = full

    def __call__(self, block: bytes) -> bool:
        self.blocks.append(block)
        self.tasks.append(asyncio.current_task())
        return not self._full or len(self.blocks) % self._full != 0


async def test_pouring_hands_on_every_block_as_it_comes() -> None:
    script: Script = [Receive(), Send(CHUNKED), *DRIP * 20, Send(b"0\r\n\r\n")]
    async with raw_server(script) as server:
        client, answer = await open_answer(server)
        taker = Taker()
        assert await answer.pour(taker)
        assert b"".join(taker.blocks) == b"hello" * 20
        assert len(taker.blocks) > 5
        assert repr(client).endswith("0 active, 1 idle>")


async def test_pouring_is_done_in_the_callback_of_the_socket_and_the_task_sleeps() -> None:
    async with raw_server([Receive(), Send(CHUNKED), *DRIP * 5, Send(b"0\r\n\r\n")]) as server:
        _, answer = await open_answer(server)
        taker = Taker()
        await answer.pour(taker)
        assert taker.tasks == [asyncio.current_task(), *[None] * (len(taker.tasks) - 1)]
        assert len(taker.tasks) > 2


async def test_pouring_stops_when_no_more_is_taken_and_can_go_on() -> None:
    async with raw_server([Receive(), Send(CHUNKED), *DRIP * 10, Send(b"0\r\n\r\n")]) as server:
        _, answer = await open_answer(server)
        taker = Taker(full=2)
        for _ in range(20):
            if await answer.pour(taker):
                break
            await asyncio.sleep(0.02)
        assert b"".join(taker.blocks) == b"hello" * 10


async def test_what_is_not_poured_stops_the_upstream() -> None:
    size, piece = 50_000_000, bytes(500_000)
    script: Script = [Receive(), Send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size), Flood(piece, size // len(piece))]
    async with raw_server(script) as server:
        _, answer = await open_answer(server)
        few, rest = Taker(full=1), Taker()
        assert not await answer.pour(few)
        await asyncio.sleep(0.3)
        assert server.sent_bytes < size / 2  # what the kernel's buffers hold
        assert await answer.pour(rest)
        sizes = [len(block) for block in few.blocks + rest.blocks]
        assert sum(sizes) == size
        assert max(sizes) <= 768 * 1024


@pytest.mark.parametrize(
    ("rest", "fault"),
    [
        pytest.param([Close()], Cut, id="a cut"),
        pytest.param([Send(b"zz\r\n")], BadAnswer, id="broken framing"),
        pytest.param([Sleep(30)], Stalled, id="silence"),
    ],
)
async def test_pouring_ends_with_a_fault_after_all_that_came_before_it(rest: list[Step], fault: type[UpstreamFault]) -> None:
    async def scene(pace: float) -> None:
        async with raw_server([Receive(), Send(CHUNKED), *DRIP * 3, Send(b"2\r\nhi\r\n"), *rest]) as server:
            client = Http1Client(Origin.parse(server.url), [])
            answer = await client.post(b"/x", b"{}", b"", Clocks(between_chunks_s=0.5 * pace))
            taker = Taker()
            with pytest.raises(fault):
                await answer.pour(taker)
            answer.close()
            assert b"".join(taker.blocks) == b"hellohellohellohi"
            assert repr(client).endswith("0 active, 0 idle>")

    await paced(scene)


async def test_while_something_is_poured_the_clock_between_chunks_starts_anew() -> None:
    async def scene(pace: float) -> None:
        slowly: list[Step] = [Send(b"1\r\nx\r\n"), Sleep(0.3 * pace)]
        async with raw_server([Receive(), Send(CHUNKED), *slowly * 4, Send(b"0\r\n\r\n")]) as server:
            client = Http1Client(Origin.parse(server.url), [])
            answer = await client.post(b"/x", b"{}", b"", Clocks(between_chunks_s=1.0 * pace))
            assert await answer.pour(lambda _: True)

    await paced(scene)


@pytest.mark.parametrize("at", [1, 3])
async def test_what_the_taker_raises_is_raised_by_pouring_and_closes_the_connection(at: int) -> None:
    async with raw_server([Receive(), Send(CHUNKED), *DRIP * 20, Sleep(5)]) as server:
        client, answer = await open_answer(server)
        seen = 0

        def take(_: bytes) -> bool:
            nonlocal seen
            seen += 1
            if seen == at:
                raise LookupError
            return True

        try:
            with pytest.raises(LookupError):
                await answer.pour(take)
        finally:
            answer.close()
        assert seen == at
        await asyncio.wait_for(server.until_gone(), 10)
        assert repr(client).endswith("0 active, 0 idle>")


async def test_a_cancelled_pouring_closes_the_connection_at_once_and_takes_no_more() -> None:
    async with raw_server([Receive(), Send(CHUNKED), *DRIP * 200]) as server:
        client, answer = await open_answer(server)
        taker = Taker()
        pouring = asyncio.ensure_future(answer.pour(taker))
        await comes_to(lambda: bool(taker.blocks), expected=True)
        pouring.cancel()
        seen = len(taker.blocks)
        assert answer._connection is not None
        answer._connection.data_received(b"2\r\nhi\r\n")  # before the task has heard of it
        with pytest.raises(asyncio.CancelledError):
            await pouring
        assert repr(client).endswith("0 active, 0 idle>")
        await asyncio.wait_for(server.until_gone(), 10)
        assert 0 < len(taker.blocks) == seen


async def test_the_repr_has_no_content() -> None:
    async with raw_server([Receive(), Send(HI)]) as server:
        _, answer = await open_answer(server)
        assert repr(answer) == "<Answer 200: open>"
        await answer.read(2)
        assert repr(answer) == "<Answer 200: over>"
