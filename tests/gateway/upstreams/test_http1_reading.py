import asyncio

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from gateway.upstreams.http1 import Cut, UpstreamFault
from gateway.upstreams.http1_answer import answer_on
from gateway.upstreams.http1_pool import Sockets
from gateway.upstreams.http1_wire import Connection
from router.decision import Clocks

CLOCKS = Clocks(connect_s=20, headers_s=20, first_token_s=20, between_chunks_s=20, total_s=50)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"


class Transport(asyncio.Transport):
    """A transport that leads nowhere."""

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    @override
    def get_write_buffer_size(self) -> int:
        return 0

    @override
    def is_closing(self) -> bool:
        return False

    @override
    def abort(self) -> None:
        pass


def read_split(wire: bytes, cuts: list[int]) -> tuple[int, list[tuple[bytes, bytes]], bytes, int] | str:
    """Feed an answer in pieces, then the connection's end; return what the caller sees, and how many connections are idle before that."""
    loop = asyncio.new_event_loop()
    try:
        sockets = Sockets(8, 30)
        connection = Connection(loop, sockets)
        connection.connection_made(Transport())
        connection.send(b"", b"", CLOCKS, loop.time())

        async def read() -> tuple[int, list[tuple[bytes, bytes]], bytes, int]:
            for begin, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
                connection.data_received(wire[begin:end])
                if connection.fault is not None:
                    raise connection.fault
            if not connection.complete:
                connection.connection_lost(None)
            if not connection.got_headers:
                raise Cut(got_headers=False, reused=False)
            answer = answer_on(connection)
            return answer.status, answer.headers, await answer.read(1 << 20), len(sockets.idle)

        try:
            return loop.run_until_complete(read())
        except UpstreamFault as fault:
            return type(fault).__name__
        finally:
            sockets.close()
            connection.abort()
    finally:
        loop.close()


HEADS = st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\na: b\r\n\r\n"])
PIECES = st.lists(st.binary(min_size=1, max_size=40), max_size=5)


def framed(pieces: list[bytes], *, is_chunked: bool) -> bytes:
    if is_chunked:
        return CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    body = b"".join(pieces)
    return OK + b"X-A: b\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


@settings(deadline=None, max_examples=150)
@given(interim=HEADS, pieces=PIECES, is_chunked=st.booleans(), seed=st.lists(st.integers(0, 400), max_size=12))
def test_any_split_gives_the_same_answer(interim: bytes, pieces: list[bytes], seed: list[int], *, is_chunked: bool) -> None:
    wire = interim + framed(pieces, is_chunked=is_chunked)
    cuts = sorted(cut % (len(wire) + 1) for cut in seed)
    whole = read_split(wire, [])
    assert whole == read_split(wire, cuts) == read_split(wire, list(range(1, len(wire))))
    assert whole[2:] == (b"".join(pieces), 1)


LINES = st.lists(
    st.tuples(
        st.sampled_from([b"Content-Length", b"content-type", b"X-Content-Length", b"Date", b"Connection", b"Retry-After"]),
        st.sampled_from([b"5", b"", b" ", b"a b", b"\t5 ", b"content-length: 7", b"close", b"caf\xc3\xa9", b":", b"keep-alive"]),
    ),
    max_size=6,
)


class Lines:
    """What llhttp gives of a head, header by header."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.strip(b" \t")))


@settings(deadline=None, max_examples=300)
@given(
    lines=LINES, empty=st.sampled_from([b"", b"\r\n", b"\r\n\r\n"]), interim=HEADS, separator=st.sampled_from([b":", b": ", b":\t", b" :"])
)
def test_a_head_says_what_llhttp_reads_in_it(lines: list[tuple[bytes, bytes]], empty: bytes, interim: bytes, separator: bytes) -> None:
    head = OK + b"".join(name + separator + value + b"\r\n" for name, value in lines) + b"\r\n"
    seen, read = Lines(), read_split(interim + empty + head, [])
    try:
        httptools.HttpResponseParser(seen).feed_data(head)
    except httptools.HttpParserError:
        assert read == "BadAnswer"
    else:
        assert read in ("BadAnswer", "Cut") or read[1] == seen.headers
        assert read != "BadAnswer" or [name for name, _ in seen.headers].count(b"content-length") > 1


@settings(deadline=None, max_examples=150)
@given(noise=st.binary(min_size=1, max_size=30), at=st.integers(0, 200), seed=st.lists(st.integers(0, 400), max_size=6))
def test_noise_is_judged_alike_however_it_is_split(noise: bytes, at: int, seed: list[int]) -> None:
    wire = framed([b"hello", b"there"], is_chunked=True)
    at %= len(wire)
    wire = wire[:at] + noise + wire[at + len(noise) :]
    cuts = sorted(cut % (len(wire) + 1) for cut in seed)
    assert read_split(wire, []) == read_split(wire, cuts) == read_split(wire, list(range(1, len(wire))))


def poured(wire: list[bytes]) -> tuple[bytes, str]:
    """What a taker is given of an answer that comes so, and the fault that ended it."""
    loop = asyncio.new_event_loop()
    sockets = Sockets(8, 30)
    connection = Connection(loop, sockets)
    connection.connection_made(Transport())
    connection.send(b"", b"", CLOCKS, loop.time())
    taken: list[bytes] = []

    def take(block: bytes) -> bool:
        taken.append(block)
        return True

    async def pour() -> str:
        connection.data_received(wire[0])
        task = asyncio.ensure_future(answer_on(connection).pour(take))
        for piece in wire[1:]:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if connection.complete or connection.fault is not None:
                break
            connection.data_received(piece)
        await asyncio.sleep(0)
        if not connection.complete:
            connection.connection_lost(None)
        try:
            await task
        except UpstreamFault as fault:
            return type(fault).__name__
        return ""

    try:
        fault = loop.run_until_complete(pour())
        return b"".join(taken), fault
    finally:
        sockets.close()
        connection.abort()
        loop.close()


LOOKALIKE = b"1f\r\n%b\r\n" % (b"5\r\nhello\r\n" * 3 + b"x")


@pytest.mark.parametrize(
    ("wire", "content", "fault"),
    [
        ([b"5\r\nhello\r\n", b"10\r\n0123456789abcdef\r\n", b"0\r\n\r\n"], b"hello0123456789abcdef", ""),
        ([b"5\r\nhello\r\n", b"A\r\n0123456789\r\n", b"05\r\nhello\r\n", b"0\r\n\r\n"], b"hello0123456789hello", ""),
        ([b"5;a=b\r\nhello\r\n", b"5\r\nhe\r\n\r\r\n", b"0\r\n\r\n"], b"hellohe\r\n\r", ""),
        ([b"5\r\nhello\r\n0\r\n", b"\r\n"], b"hello", ""),
        ([b"1f\r\n5\r\nhello\r\n", b"5\r\nhello\r\n", b"5\r\nhello\r\nx\r\n", b"0\r\n\r\n"], LOOKALIKE[4:-2], ""),
        ([b"a\r\n", b"5\r\nhello\r\n", b"\r\n0\r\n\r\n"], b"5\r\nhello\r\n", ""),
        ([b"5\r\nhello", b"5\r\nhello\r\n"], b"hello", "BadAnswer"),
        ([b"5\r\nhello\r\n", b"4\r\nhello\r\n"], b"hellohell", "BadAnswer"),
        ([b"5\r\nhello\r\n", b"5\r\nhello\r\n"], b"hellohello", "Cut"),
        ([b"5\r\nhello\r\n", b"0\r\n", b"5\r\nhello\r\n"], b"hello", "BadAnswer"),
        ([b"5\r\nhello\r\n", b"5\r\nhello12", b"0\r\n\r\n"], b"hellohello", "BadAnswer"),
        ([b"5\r\nhello\r\n", b"5\nhello\r\n"], b"hello", "BadAnswer"),
    ],
)
def test_a_chunk_that_comes_alone_is_what_llhttp_reads_in_it(wire: list[bytes], content: bytes, fault: str) -> None:
    assert poured([CHUNKED, b"1\r\n.\r\n", *wire]) == (b"." + content, fault)
    whole = CHUNKED + b"1\r\n.\r\n" + b"".join(wire)
    for at in range(len(CHUNKED), len(whole)):
        assert poured([whole[:at], whole[at:]]) == (b"." + content, fault)


def test_what_looks_like_a_chunk_is_content_where_nothing_is_chunked() -> None:
    assert poured([OK + b"content-length: 21\r\n\r\n", b".", b"5\r\nhello\r\n", b"5\r\nhello\r\n"]) == (
        b".5\r\nhello\r\n5\r\nhello\r\n",
        "",
    )


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5), st.data())
def test_any_split_pours_the_same(pieces: list[bytes], data: st.DataObject) -> None:
    wire = framed(pieces, is_chunked=True)
    begin = wire.index(b"\r\n\r\n") + 4
    cuts = sorted(data.draw(st.sets(st.integers(begin, len(wire) - 1))))
    assert poured([wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]) == (b"".join(pieces), "")
