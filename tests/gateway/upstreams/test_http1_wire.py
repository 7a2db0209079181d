import asyncio
import time
from dataclasses import replace

import pytest

from gateway.upstreams.http1 import BadAnswer, BodyTooLarge, Cut, Http1Client, Origin, SlowStart, Stalled, UpstreamFault
from router.decision import Clocks
from tests.fakes.patience import paced, turns
from tests.fakes.sockets import Close, Flood, RawServer, Receive, Reset, Script, Send, Sleep, Step, raw_server

CLOCKS = Clocks(connect_s=20, headers_s=20, first_token_s=20, between_chunks_s=20, total_s=50)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
CANARY = b"canary"


async def post(client: Http1Client, clocks: Clocks = CLOCKS) -> tuple[int, bytes]:
    answer = await client.post(b"/x", b"{}", b"", clocks)
    try:
        return answer.status, await answer.read(1 << 26)
    finally:
        answer.close()


def client_of(server: RawServer) -> Http1Client:
    return Http1Client(Origin.parse(server.url), [])


@pytest.mark.parametrize(
    ("wire", "status", "body", "after"),
    [
        pytest.param(OK + b"content-length: 2\r\n\r\nhi", 200, b"hi", "0 active, 1 idle", id="content-length"),
        pytest.param(OK + b"content-length: 0\r\n\r\n", 200, b"", "0 active, 1 idle", id="an empty body"),
        pytest.param(CHUNKED + b"1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", 200, b"hi", "0 active, 1 idle", id="chunked"),
        pytest.param(CHUNKED + b"2;x=y\r\nhi\r\n0\r\nt: r\r\n\r\n", 200, b"hi", "0 active, 1 idle", id="chunk extensions and trailers"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"content-length: 2\r\n\r\nhi", 200, b"hi", "0 active, 1 idle", id="100"),
        pytest.param(
            b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n" * 3 + OK + b"content-length: 2\r\n\r\nhi", 200, b"hi", "0 active, 1 idle", id="103"
        ),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", "0 active, 1 idle", id="204 has no body"),
        pytest.param(
            b"HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", 307, b"", "0 active, 1 idle", id="307"
        ),
        pytest.param(OK + b"content-length: 2\r\nconnection: close\r\n\r\nhi", 200, b"hi", "0 active, 0 idle", id="connection: close"),
        pytest.param(
            b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nhi", 200, b"hi", "0 active, 0 idle", id="HTTP/1.0"
        ),
        pytest.param(OK + b"content-length: 2\r\n\r\nhi" + OK, 200, b"hi", "0 active, 0 idle", id="a second answer follows"),
        pytest.param(OK + b"content-length: 2\r\n\r\nhi\x00\x01", 200, b"hi", "0 active, 0 idle", id="rubbish follows"),
        pytest.param(CHUNKED + b"2\r\nhi\r\n0\r\n\r\nX", 200, b"hi", "0 active, 0 idle", id="rubbish follows the chunks"),
    ],
)
async def test_answers(wire: bytes, status: int, body: bytes, after: str) -> None:
    async with raw_server([Receive(), Send(wire)]) as server:
        client = client_of(server)
        assert await post(client) == (status, body)
        assert repr(client) == f"<Http1Client {server.url}: {after}>"
        await client.close()


async def test_a_body_that_the_end_of_the_connection_ends() -> None:
    async with raw_server([Receive(), Send(OK + b"\r\nhi"), Sleep(0.02), Send(b" there"), Close()]) as server:
        client = client_of(server)
        assert await post(client) == (200, b"hi there")
        assert repr(client).endswith("0 active, 0 idle>")


@pytest.mark.parametrize(
    ("script", "got_headers"),
    [
        pytest.param([Receive(), Close()], False, id="closed before the headers"),
        pytest.param([Receive(), Reset()], False, id="reset before the headers"),
        pytest.param([Receive(), Send(OK + b"conte"), Sleep(0.02), Close()], False, id="closed inside the headers"),
        pytest.param([Receive(), Send(b"HTTP/1.1 100 Continue\r\n\r\n"), Sleep(0.02), Close()], False, id="closed after an interim answer"),
        pytest.param([Receive(), Send(OK + b"content-length: 9\r\n\r\nhi"), Sleep(0.02), Close()], True, id="closed inside a sized body"),
        pytest.param([Receive(), Send(CHUNKED + b"2\r\nhi\r\n"), Sleep(0.02), Close()], True, id="closed between chunks"),
        pytest.param([Receive(), Send(CHUNKED + b"2\r\nhi\r\n0\r\n"), Sleep(0.02), Close()], True, id="closed before the last line"),
        pytest.param([Receive(), Send(CHUNKED + b"2\r\nhi\r\n"), Sleep(0.02), Reset()], True, id="reset inside a chunked body"),
        pytest.param([Receive(), Send(OK + b"\r\nhi"), Sleep(0.02), Reset()], True, id="reset inside a body that the end would end"),
    ],
)
async def test_a_cut_is_never_an_end(script: Script, *, got_headers: bool) -> None:
    async with raw_server(script) as server:
        client = client_of(server)
        with pytest.raises(Cut) as caught:
            await post(client)
        assert (caught.value.got_headers, caught.value.reused) == (got_headers, False)
        assert repr(client).endswith("0 active, 0 idle>")


async def test_what_came_before_a_cut_is_returned_first() -> None:
    async with raw_server([Receive(), Send(CHUNKED + b"2\r\nhi\r\n"), Close()]) as server:
        answer = await client_of(server).post(b"/x", b"", b"", CLOCKS)
        await server.until_gone()
        await turns()
        assert await answer.chunk() == b"hi"
        for _ in range(2):
            with pytest.raises(Cut):
                await answer.chunk()
        answer.close()


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param(b"\x16\x03\x01 canary canary\r\n\r\n", id="not HTTP"),
        pytest.param(b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n", id="another version"),
        pytest.param(b"HTTP/1.1 200 OK\ncontent-length: 0\n\n", id="lines without CR"),
        pytest.param(OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\nhi", id="two lengths"),
        pytest.param(OK + b"content-length: 2\r\ncontent-length: 2\r\n\r\nhi", id="a length twice"),
        pytest.param(OK + b"content-length: 1, 2\r\n\r\nhi", id="a list of lengths"),
        pytest.param(OK + b"content-length: +2\r\n\r\nhi", id="a signed length"),
        pytest.param(OK + b"content-length: 99999999999999999999\r\n\r\nhi", id="a huge length"),
        pytest.param(OK + b"content-length : 2\r\n\r\nhi", id="a space before the colon"),
        pytest.param(OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", id="length, then chunked"),
        pytest.param(OK + b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n0\r\n\r\n", id="chunked, then length"),
        pytest.param(OK + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="gzip, chunked"),
        pytest.param(OK + b"transfer-encoding: gzip\r\n\r\nhi", id="transfer-encoding gzip"),
        pytest.param(OK + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", id="chunked twice"),
        pytest.param(b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", id="chunked in HTTP/1.0"),
        pytest.param(OK + b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\nhi", id="a compressed body"),
        pytest.param(
            OK + b"content-encoding: gzip\r\ncontent-encoding: identity\r\ncontent-length: 2\r\n\r\nhi", id="two content encodings"
        ),
        pytest.param(
            b"HTTP/1.1 103 E\r\na: %b\r\n\r\n" % (b"x" * 60_000) + OK + b"content-length: 2\r\na: %b\r\n\r\nhi" % (b"x" * 6_000),
            id="long heads",
        ),
        pytest.param(OK + b"a: canary\r\n folded\r\ncontent-length: 0\r\n\r\n", id="a folded header"),
        pytest.param(OK + b"a: can\x00ary\r\ncontent-length: 0\r\n\r\n", id="a NUL in a header"),
        pytest.param(OK + b"a: " + CANARY * 11_000 + b"\r\ncontent-length: 0\r\n\r\n", id="a long header"),
        pytest.param(OK + b"a: canary\r\n" * 8_000 + b"\r\n", id="many headers"),
        pytest.param(OK + b"a: " + CANARY * 11_000, id="a header without an end"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 9, id="a flood of interim answers"),
        pytest.param(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\ncanary", id="an upgrade"),
        pytest.param(b"HTTP/1.1 204 No\r\ncontent-length: 2\r\n\r\nhi", id="204 with a body"),
        pytest.param(b"HTTP/1.1 304 No\r\ncontent-length: 2\r\n\r\n", id="304 that declares a body"),
        pytest.param(b"HTTP/1.1 20 OK\r\n\r\n", id="a status of two digits"),
        pytest.param(CHUNKED + b"canary\r\n", id="a chunk size that is none"),
        pytest.param(CHUNKED + b"2\r\nhi!\r\n0\r\n\r\n", id="a chunk longer than its size"),
        pytest.param(CHUNKED + b"ffffffffffffffffff\r\nhi", id="a huge chunk"),
        pytest.param(CHUNKED + b"0\r\na: " + CANARY * 60_000, id="trailers without an end"),
        pytest.param(CHUNKED + b"2;" + CANARY * 60_000, id="a chunk extension without an end"),
    ],
)
async def test_what_is_not_accepted(wire: bytes) -> None:
    async with raw_server([Receive(), Send(wire)]) as server:
        client = client_of(server)
        with pytest.raises(BadAnswer) as caught:
            await post(client)
        await server.until_gone()
        assert "canary" not in str(caught.value)
        assert repr(client).endswith("0 active, 0 idle>")


CLOCK_S = 0.05


@pytest.mark.parametrize(
    ("script", "clocks", "fault", "says"),
    [
        pytest.param([Receive()], Clocks(headers_s=CLOCK_S), SlowStart, "headers_s", id="silence before the headers"),
        pytest.param([Receive(), Send(CHUNKED)], Clocks(first_token_s=CLOCK_S), SlowStart, "first_token_s", id="silence after the headers"),
        pytest.param(
            [Receive(), Send(CHUNKED + b"2\r\nhi\r\n")],
            Clocks(between_chunks_s=CLOCK_S),
            Stalled,
            "between_chunks_s",
            id="silence after a chunk",
        ),
        pytest.param(
            [Receive(), Send(CHUNKED), *[Sleep(0.01), Send(b"1\r\nx\r\n")] * 100], Clocks(total_s=CLOCK_S), Stalled, "total_s", id="a drip"
        ),
        pytest.param([Receive()], Clocks(total_s=CLOCK_S), Stalled, "total_s", id="the total clock, before the headers"),
        pytest.param(
            [Receive(), Send(CHUNKED + b"1;"), *[Sleep(0.01), Send(b"x")] * 100],
            Clocks(first_token_s=CLOCK_S),
            SlowStart,
            "first_token_s",
            id="no body in the bytes",
        ),
    ],
)
async def test_clocks(script: Script, clocks: Clocks, fault: type[UpstreamFault], says: str) -> None:
    async def scene(pace: float) -> None:
        async with raw_server(script) as server:
            client = client_of(server)
            begun = time.monotonic()
            with pytest.raises(fault, match=says):
                await asyncio.wait_for(post(client, replace(clocks, **{says: CLOCK_S * pace})), 25)
            assert CLOCK_S * 0.5 < time.monotonic() - begun < 20  # no other clock is shorter than 30 seconds
            await asyncio.wait_for(server.until_gone(), 10)
            assert repr(client).endswith("0 active, 0 idle>")

    await paced(scene)  # the total clock runs while a connection is made


ALL = 1 << 20
"""More than any answer below has: such an answer is waited for to its end."""


@pytest.mark.parametrize(
    ("script", "clocks", "fault", "says"),
    [
        pytest.param([Receive()], Clocks(headers_s=CLOCK_S), SlowStart, "headers_s", id="silence before the headers"),
        pytest.param([Receive(), Send(CHUNKED)], Clocks(first_token_s=CLOCK_S), SlowStart, "first_token_s", id="silence after the headers"),
        pytest.param(
            [Receive(), Send(OK + b"content-length: 9\r\n\r\nhi")],
            Clocks(between_chunks_s=CLOCK_S),
            Stalled,
            "between_chunks_s",
            id="silence in the body",
        ),
        pytest.param(
            [Receive(), Send(CHUNKED), *[Sleep(0.01), Send(b"1\r\nx\r\n")] * 100], Clocks(total_s=CLOCK_S), Stalled, "total_s", id="a drip"
        ),
    ],
)
async def test_the_clocks_of_an_answer_that_is_waited_for_to_its_end(
    script: Script, clocks: Clocks, fault: type[UpstreamFault], says: str
) -> None:
    async def scene(pace: float) -> None:
        async with raw_server(script) as server:
            client = client_of(server)
            begun = time.monotonic()
            with pytest.raises(fault, match=says):
                await asyncio.wait_for(whole(client, replace(clocks, **{says: CLOCK_S * pace})), 25)
            assert CLOCK_S * 0.5 < time.monotonic() - begun < 20  # no other clock is shorter than 30 seconds
            await asyncio.wait_for(server.until_gone(), 10)
            assert repr(client).endswith("0 active, 0 idle>")

    await paced(scene)


async def whole(client: Http1Client, clocks: Clocks = CLOCKS) -> bytes:
    answer = await client.post(b"/x", b"{}", b"", clocks, ALL)
    try:
        return await answer.read(ALL)
    finally:
        answer.close()


async def test_each_part_of_a_whole_answer_may_take_as_long_as_its_clock() -> None:
    async def scene(pace: float) -> None:
        slowly: list[Step] = [Sleep(0.3 * pace), Send(b"1\r\nx\r\n")]
        async with raw_server([Receive(), Sleep(0.3 * pace), Send(CHUNKED), *slowly * 4, Send(b"0\r\n\r\n")]) as server:
            limit_s = 1.0 * pace
            assert await whole(client_of(server), Clocks(headers_s=limit_s, first_token_s=limit_s, between_chunks_s=limit_s)) == b"xxxx"

    await paced(scene)


async def test_a_whole_answer_is_there_when_it_is_returned_and_any_other_at_its_headers() -> None:
    slowly: list[Step] = [Receive(), Send(OK + b"content-length: 4\r\n\r\nhi"), Sleep(0.05), Send(b"yo")]
    refused: list[Step] = [Receive(), Send(b"HTTP/1.1 400 No\r\ncontent-length: 9\r\n\r\nhi"), Sleep(10)]
    async with raw_server([*slowly, *refused]) as server:
        client = client_of(server)
        answer = await client.post(b"/x", b"{}", b"", CLOCKS, ALL)
        assert (answer.whole(4), answer.is_over) == (b"hiyo", True)
        assert repr(client).endswith("0 active, 1 idle>")
        answer = await asyncio.wait_for(client.post(b"/x", b"{}", b"", CLOCKS, ALL), 10)  # before any clock runs out
        assert (answer.status, answer.whole(4)) == (400, None)
        assert await answer.chunk() == b"hi"
        answer.close()


async def test_a_whole_answer_is_not_waited_for_beyond_what_is_wanted() -> None:
    piece, times = bytes(100_000), 500
    script: Script = [Receive(), Send(OK + b"content-length: %d\r\n\r\n" % (len(piece) * times)), Flood(piece, times)]
    async with raw_server(script) as server:
        client = client_of(server)
        answer = await client.post(b"/x", b"", b"", CLOCKS, 1_000_000)
        assert answer.whole(1_000_000) is None
        with pytest.raises(BodyTooLarge, match="more than 1000000 bytes"):
            await answer.read(1_000_000)
        assert server.sent_bytes < len(piece) * times / 2
        assert repr(client).endswith("0 active, 0 idle>")


async def test_a_large_whole_answer_is_read_without_a_pause() -> None:
    piece, times = bytes(100_000), 50
    script: Script = [Receive(), Send(OK + b"content-length: %d\r\n\r\n" % (len(piece) * times)), Flood(piece, times)]
    async with raw_server(script) as server:
        answer = await client_of(server).post(b"/x", b"", b"", CLOCKS, 64_000_000)
        assert answer.whole(64_000_000) == piece * times


async def test_a_cut_inside_a_whole_answer_is_one() -> None:
    async with raw_server([Receive(), Send(OK + b"content-length: 9\r\n\r\nhi"), Sleep(0.02), Close()]) as server:
        with pytest.raises(Cut) as caught:
            await whole(client_of(server))
        assert (caught.value.got_headers, caught.value.reused) == (True, False)


async def test_who_leaves_a_whole_answer_closes_the_connection_at_once() -> None:
    async with raw_server([Receive(), Send(OK + b"content-length: 9\r\n\r\nhi")]) as server:
        client = client_of(server)
        task = asyncio.ensure_future(whole(client))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert repr(client).endswith("0 active, 0 idle>")
        await asyncio.wait_for(server.until_gone(), 10)


async def test_clocks_do_not_run_while_nobody_waits() -> None:
    async with raw_server([Receive(), Send(CHUNKED + b"2\r\nhi\r\n"), Sleep(0.15), Send(b"0\r\n\r\n")]) as server:
        answer = await client_of(server).post(b"/x", b"", b"", Clocks(first_token_s=0.05))
        await asyncio.sleep(0.1)
        assert (await answer.chunk(), await answer.chunk()) == (b"hi", b"")


async def test_the_clocks_of_each_request_are_its_own() -> None:
    talk: list[Step] = [Receive(), Send(OK + b"content-length: 2\r\n\r\nhi")]
    async with raw_server([*talk, Receive()]) as server:
        client = client_of(server)
        await post(client, Clocks())
        with pytest.raises(SlowStart):
            await asyncio.wait_for(post(client, Clocks(headers_s=CLOCK_S)), 25)
        assert server.accepted == 1


async def test_a_slow_reader_stops_the_upstream() -> None:
    size = 50_000_000
    piece = bytes(500_000)
    script: list[Step] = [Receive(), Send(OK + b"content-length: %d\r\n\r\n" % size), Flood(piece, size // len(piece))]
    async with raw_server(script) as server:
        answer = await client_of(server).post(b"/x", b"", b"", CLOCKS)
        await asyncio.sleep(0.3)
        assert server.sent_bytes < size / 2  # what the kernel's buffers hold
        first = await answer.chunk()
        assert len(first) <= 768 * 1024
        assert len(first) + len(await answer.read(size)) == size


async def test_a_large_body_arrives_whole() -> None:
    body = bytes(range(256)) * 4_000
    async with raw_server([Receive(), Send(OK + b"content-length: 0\r\n\r\n")]) as server:
        client = client_of(server)
        await (await client.post(b"/x", body, b"", CLOCKS)).read(0)
        assert server.requests[0].endswith(b"\r\n\r\n" + body)


async def test_an_answer_before_the_end_of_the_request_costs_the_connection() -> None:
    async with raw_server([Send(b""), Sleep(0.05), Send(OK + b"content-length: 0\r\n\r\n"), Sleep(1)]) as server:
        client = client_of(server)
        answer = await client.post(b"/x", bytes(20_000_000), b"", CLOCKS)
        assert await answer.read(0) == b""
        assert repr(client).endswith("0 active, 0 idle>")
