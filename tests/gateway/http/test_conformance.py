"""What HTTP/1.1 demands of a server where a mistake could be used: each request is read in one way only, and nothing twice.

Bytes go straight into the protocol, in whatever pieces; so every cut can be tried. Everything is asked twice: a head that is known
already must mean what it meant when it was judged. uvicorn's protocol is held to the same table, but for what only ours promises.
"""

import asyncio
import hashlib
import itertools
from collections.abc import Sequence
from typing import Any

import httptools
import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis.strategies import binary, data, integers, lists, sampled_from
from starlette.types import Receive, Scope, Send
from typing_extensions import override
from uvicorn.server import ServerState

from gateway.app import configured
from gateway.errors import Refusal
from gateway.http.chunks import Chunks
from gateway.http.downstream import HttpDownstream
from gateway.http.headers import Headers
from gateway.http.heads import MOST_KNOWN, Judging, Malformed
from gateway.http.server import Shared
from gateway.plan import CallerKey

PATH = b"/v1/chat/completions"
START = b"POST " + PATH + b" HTTP/1.1\r\n"
HEAD = START + b"host: a\r\n"
KEYS = {hashlib.sha256(name).digest(): CallerKey(name.decode(), hashlib.sha256(name).digest(), "tenant") for name in (b"one", b"two")}


class Echo:
    """A hot endpoint, and an ASGI application: answers with the body that it was sent, and who sent it where keys are wanted."""

    def __init__(self, keys: dict[bytes, CallerKey] | None = None) -> None:
        self.keys = keys or {}
        self.served: list[bytes] = []

    async def serve(self, headers: Headers, out: HttpDownstream) -> None:
        try:
            caller = headers.caller(self.keys)
            headers.check_framing(1_000)
            body = await out.read(1_000, 60)
        except Refusal as refusal:
            await out.refuse(refusal)
            return
        self.served.append(body)
        await out.answer(200, b"text/plain", caller.name.encode() + b":" + body, None)

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.served.append(body)
        body = b"anonymous:" + body
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})


class App:
    """What a server serves."""

    def __init__(self, echo: Echo) -> None:
        self.shared = Shared({PATH: echo})  # type: ignore[dict-item]  # it serves, as a `Hot` does
        self._echo = echo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._echo(scope, receive, send)


class Wire(asyncio.Transport):
    """A transport of which nothing is lost."""

    def __init__(self, protocol: Any) -> None:
        super().__init__()
        self.sent = b""
        self.is_closed = False
        self._protocol = protocol

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closed, "nothing is written behind the end"
        self.sent += bytes(data)

    @override
    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    @override
    def abort(self) -> None:
        self.close()

    @override
    def is_closing(self) -> bool:
        return self.is_closed

    @override
    def write_eof(self) -> None:
        self.is_ended = True

    is_ended = False

    @override
    def pause_reading(self) -> None:
        pass

    @override
    def resume_reading(self) -> None:
        pass


async def answers(app: App, pieces: Sequence[bytes], http: Any = "own") -> tuple[list[tuple[int, bytes]], bool]:
    """Status and body of each answer to these bytes, and whether the connection has ended then."""
    config: uvicorn.Config = configured(app, "127.0.0.1", 0, 1.0, http=http)
    config.load()
    protocol: Any = config.http_protocol_class(config, ServerState(), {})  # type: ignore[call-arg]  # uvicorn says so of its own ones
    wire = Wire(protocol)
    protocol.connection_made(wire)
    for piece in pieces:
        if piece and not wire.is_closed:
            protocol.data_received(piece)
        for _ in range(4):
            await asyncio.sleep(0)
    for _ in range(30):
        await asyncio.sleep(0)
    has_ended = wire.is_closed or wire.is_ended
    wire.close()
    await asyncio.sleep(0)
    return _parsed(wire.sent), has_ended


def _parsed(sent: bytes) -> list[tuple[int, bytes]]:
    found = []
    while sent:
        head, _, sent = sent.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status == 100:
            continue
        size = next(int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        found.append((status, sent[:size]))
        sent = sent[size:]
    return found


OK, BAD = "ok", "bad"
CASES = [
    pytest.param(HEAD + b"content-length: 3\r\n\r\nabc", [b"abc"], OK, id="a length"),
    pytest.param(HEAD + b"Content-Length: 3\r\n\r\nabc", [b"abc"], OK, id="a length in capitals"),
    pytest.param(HEAD + b"content-length:3\r\n\r\nabc", [b"abc"], OK, id="no space behind the colon"),
    pytest.param(HEAD + b"content-length: \t 3 \r\n\r\nabc", [b"abc"], OK, id="spaces around a length"),
    pytest.param(HEAD + b"content-length: 003\r\n\r\nabc", [b"abc"], OK, id="zeros before a length"),
    pytest.param(HEAD + b"content-length: 0\r\n\r\n", [b""], OK, id="no body"),
    pytest.param(HEAD + b"\r\n", [b""], OK, id="no length"),
    pytest.param(HEAD + b"x: \r\ncontent-length: 3\r\n\r\nabc", [b"abc"], OK, id="an empty header"),
    pytest.param(HEAD + b"x: content-length: 9\r\ncontent-length: 3\r\n\r\nabc", [b"abc"], OK, id="a length in a value"),
    pytest.param(HEAD + b"content-length: 3\r\nx: \xff\x80\r\n\r\nabc", [b"abc"], OK, id="bytes beyond ASCII in a value"),
    pytest.param(b"\r\n\r\n" + HEAD + b"content-length: 3\r\n\r\nabc", [b"abc"], OK, id="blank lines before"),
    pytest.param(HEAD + b"content-length: 19\r\n\r\ncontent-length: 9\r\n", [b"content-length: 9\r\n"], OK, id="a length in the body"),
    pytest.param(
        HEAD + b"x: y\r\n\r\n\r\n" + HEAD + b"content-length: 3\r\n\r\nabc", [b"", b"abc"], OK, id="a length in the next request only"
    ),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", [b"abc"], OK, id="chunks"),
    pytest.param(HEAD + b"Transfer-Encoding: Chunked\r\n\r\n1\r\na\r\n02\r\nbc\r\n0\r\n\r\n", [b"abc"], OK, id="several chunks"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\nA;x=y;z\r\n0123456789\r\n0\r\n\r\n", [b"0123456789"], OK, id="extensions"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n", [b"abc"], OK, id="a trailer"),
    pytest.param((HEAD + b"content-length: 3\r\n\r\nabc") * 3, [b"abc"] * 3, OK, id="three in a row"),
    pytest.param(
        HEAD + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + HEAD + b"content-length: 1\r\n\r\nx",
        [b"abc", b"x"],
        OK,
        id="one behind chunks",
    ),
    pytest.param(
        b"POST /cold HTTP/1.1\r\ncontent-length: 2\r\n\r\nab" + HEAD + b"content-length: 1\r\n\r\nx",
        [b"ab", b"x"],
        OK,
        id="one behind a cold one",
    ),
    pytest.param(HEAD + b"content-length: 1\r\n\r\nx" + b"GET /cold HTTP/1.1\r\n\r\n", [b"x", b""], OK, id="a cold one behind"),
    # ---- what is answered, and is the connection's last
    pytest.param(HEAD + b"connection: close\r\ncontent-length: 1\r\n\r\nx", [b"x"], "last", id="the caller closes"),
    pytest.param(START.replace(b"1.1", b"1.0") + b"content-length: 1\r\n\r\nx", [b"x"], "last", id="HTTP 1.0"),
    pytest.param((HEAD + b"connection: close\r\ncontent-length: 1\r\n\r\nx") * 2, [b"x"], "last", id="nothing behind the last one"),
    # ---- what is refused, with 400, and nothing of it served
    pytest.param(HEAD + b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a length twice"),
    pytest.param(HEAD + b"content-length: 3\r\nContent-Length: 4\r\n\r\nabcd", [], BAD, id="two lengths"),
    pytest.param(HEAD + b"Content-Length: 4\r\ncontent-length: 3\r\n\r\nabcd", [], BAD, id="two lengths, the other way round"),
    pytest.param(HEAD + b"content-length: 3, 3\r\n\r\nabc", [], BAD, id="a list of lengths"),
    pytest.param(HEAD + b"content-length: +3\r\n\r\nabc", [], BAD, id="a sign"),
    pytest.param(HEAD + b"content-length: -3\r\n\r\nabc", [], BAD, id="a negative length"),
    pytest.param(HEAD + b"content-length: 0x3\r\n\r\nabc", [], BAD, id="a hexadecimal length"),
    pytest.param(HEAD + b"content-length: 3_0\r\n\r\nabc", [], BAD, id="a length as Python writes it"),
    pytest.param(HEAD + b"content-length: \xb2\r\n\r\nabc", [], BAD, id="a digit of another script"),
    pytest.param(HEAD + b"content-length: 1 2\r\n\r\nabc", [], BAD, id="a length with a gap"),
    pytest.param(HEAD + b"content-length: \r\n\r\n", [], BAD, id="an empty length"),
    pytest.param(HEAD + b"content-length: 18446744073709551619\r\n\r\nabc", [], BAD, id="a length that overflows to 3"),
    pytest.param(HEAD + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", [], BAD, id="a length and chunks"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n", [], BAD, id="chunks and a length"),
    pytest.param(HEAD + b"transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n", [], BAD, id="chunks that are not last"),
    pytest.param(HEAD + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n", [], BAD, id="nearly chunked"),
    pytest.param(HEAD + b"transfer-encoding:\x0bchunked\r\n\r\n0\r\n\r\n", [], BAD, id="a vertical tab before chunked"),
    pytest.param(HEAD + b"content-length : 3\r\n\r\nabc", [], BAD, id="a space before the colon"),
    pytest.param(HEAD + b"content-length\t: 3\r\n\r\nabc", [], BAD, id="a tab before the colon"),
    pytest.param(HEAD + b" content-length: 3\r\n\r\nabc", [], BAD, id="a folded line"),
    pytest.param(HEAD + b"x: y\r\n\tz\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a line folded by a tab"),
    pytest.param(START + b" host: a\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a space before the first header"),
    pytest.param(HEAD + b"x: a\x00b\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a zero byte in a value"),
    pytest.param(HEAD + b"x\x00y: a\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a zero byte in a name"),
    pytest.param(HEAD + b"x: a\rb: c\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a bare carriage return"),
    pytest.param(HEAD + b"x: a\nb: c\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a bare line feed"),
    pytest.param(HEAD + b"x: a\n\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a blank line of line feeds"),
    pytest.param(HEAD + b"content-length: 3\n\r\n\r\nabc", [], BAD, id="a line feed behind the length"),
    pytest.param(HEAD.replace(b"\r\n", b"\n") + b"content-length: 3\n\nabc", [], BAD, id="line feeds only"),
    pytest.param(HEAD + b": y\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="no name"),
    pytest.param(HEAD + b"nonsense\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="no colon"),
    pytest.param(HEAD + b"x@y: z\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a name that is none"),
    pytest.param(START.replace(b"1.1", b"1.7") + b"content-length: 3\r\n\r\nabc", [], BAD, id="a version of the future"),
    pytest.param(START.replace(b"HTTP", b"http") + b"content-length: 3\r\n\r\nabc", [], BAD, id="a version in small letters"),
    pytest.param(b"post " + PATH + b" HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a method in small letters"),
    pytest.param(b"POST /a b HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="a space in the path"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\nx\r\n", [], BAD, id="a size that is none"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", [], BAD, id="a size with a prefix"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n", [], BAD, id="a negative size"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n", [], BAD, id="a space behind a size"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n 3\r\nabc\r\n0\r\n\r\n", [], BAD, id="a space before a size"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", [], BAD, id="a line feed behind a size"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", [], BAD, id="a chunk that is longer than it says"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n", [], BAD, id="a line feed behind a chunk"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n\r\n3\r\nabc\r\n0\r\n\r\n", [], BAD, id="no size"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n100000000000000003\r\nabc\r\n0\r\n\r\n", [], BAD, id="a size that overflows"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n3;a\nb\r\nabc\r\n0\r\n\r\n", [], BAD, id="a line feed in an extension"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx y\r\n\r\n", [], BAD, id="a trailer that is none"),
]
OURS = [
    pytest.param(HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", [], BAD, id="compressed chunks"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", [], BAD, id="chunked twice"),
    pytest.param(START.replace(b"1.1", b"1.0") + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n", [], BAD, id="chunks in HTTP 1.0"),
    pytest.param(HEAD + b"connection: upgrade\r\nupgrade: websocket\r\ncontent-length: 3\r\n\r\nabc", [], "not here", id="a WebSocket"),
    pytest.param(HEAD + b"connection: upgrade\r\nupgrade: h2c\r\n\r\n" + HEAD + b"\r\n", [], BAD, id="an upgrade, and a request behind it"),
    pytest.param(b"CONNECT a:443 HTTP/1.1\r\n\r\n", [], BAD, id="a tunnel"),
    pytest.param(b"POST " + PATH + b"\r\ncontent-length: 3\r\n\r\nabc", [], BAD, id="HTTP 0.9"),
    pytest.param(HEAD + b"content-length: 3\r\n\r\nabc" + b"nonsense\r\n\r\n", [b"abc"], "then bad", id="nonsense behind a good one"),
    pytest.param(HEAD + b"x: " + b"a" * 64_000 + b"\r\n\r\n", [], "too large", id="a large head"),
]


async def checked(app: App, pieces: Sequence[bytes], bodies: list[bytes], end: str, http: str = "own") -> None:
    echo = app._echo
    echo.served.clear()
    found, has_ended = await answers(app, pieces, http)
    assert echo.served == bodies, "served once each, in their order"
    good = [(200, b"anonymous:" + body) for body in bodies]
    assert found[: len(good)] == good
    rest = [status for status, _ in found[len(good) :]]
    assert rest == {OK: [], "last": [], BAD: [400], "then bad": [400], "too large": [431], "not here": [501]}[end]
    assert has_ended == (end != OK)


@pytest.mark.parametrize("raw,bodies,end", CASES + OURS)
async def test_bytes_have_one_meaning_whether_their_head_is_known_or_not(raw: bytes, bodies: list[bytes], end: str) -> None:
    app = App(Echo())
    for _ in range(3):
        await checked(app, [raw], bodies, end)


@pytest.mark.parametrize("raw,bodies,end", [case for case in CASES + OURS if len(str(case.values[0])) < 1_000])
async def test_it_does_not_matter_how_they_are_cut(raw: bytes, bodies: list[bytes], end: str) -> None:
    app = App(Echo())
    for cut in range(1, len(raw)):
        await checked(app, [raw[:cut], raw[cut:]], bodies, end)
    await checked(app, [raw[at : at + 1] for at in range(len(raw))], bodies, end)


@pytest.mark.parametrize("raw,bodies,end", CASES)
async def test_the_conservative_choice_reads_them_so_too(raw: bytes, bodies: list[bytes], end: str) -> None:
    await checked(App(Echo()), [raw], bodies, end, "uvicorn")


def by(key: bytes, body: bytes, more: bytes = b"") -> bytes:
    return HEAD + b"authorization: Bearer " + key + b"\r\n" + more + b"content-length: %d\r\n\r\n" % len(body) + body


async def test_a_known_head_is_known_with_other_lengths_and_means_the_same_caller() -> None:
    app = App(Echo(KEYS))
    for body in (b"", b"a", b"b" * 10, b"c" * 1_000, b"d"):
        for key in (b"one", b"two", b"six"):
            found, has_ended = await answers(app, [by(key, body)])
            assert not has_ended
            assert found[0] == (200, key + b":" + body) if key != b"six" else found[0][0] == 401


async def test_what_is_declared_too_large_is_refused_though_its_head_is_known() -> None:
    app = App(Echo())
    assert (await answers(app, [HEAD + b"content-length: 3\r\n\r\nabc"]))[0] == [(200, b"anonymous:abc")]
    for length in (1_001, 99_999_999):
        found, has_ended = await answers(app, [HEAD + b"content-length: %d\r\n\r\nabc" % length])
        assert ([status for status, _ in found], has_ended) == ([413], True)
    assert (await answers(app, [HEAD + b"content-length: 3\r\n\r\nabc"]))[0] == [(200, b"anonymous:abc")], "the next one is not"


async def test_a_head_that_was_judged_with_a_length_that_is_too_large_is_known_without_it() -> None:
    app = App(Echo())
    assert [status for status, _ in (await answers(app, [HEAD + b"content-length: 5000\r\n\r\n"]))[0]] == [413]
    assert (await answers(app, [HEAD + b"content-length: 3\r\n\r\nabc"]))[0] == [(200, b"anonymous:abc")]


async def test_whoever_is_known_is_looked_up_again_when_there_are_other_keys() -> None:
    app = App(echo := Echo(dict(KEYS)))
    assert (await answers(app, [by(b"one", b"x")]))[0] == [(200, b"one:x")]
    digest = hashlib.sha256(b"one").digest()
    echo.keys = {digest: CallerKey("renamed", digest, "tenant")}
    assert (await answers(app, [by(b"one", b"x")]))[0] == [(200, b"renamed:x")]
    echo.keys = {hashlib.sha256(b"two").digest(): KEYS[hashlib.sha256(b"two").digest()]}
    assert [status for status, _ in (await answers(app, [by(b"one", b"x")]))[0]] == [401]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(b"x-request-id: 01234567-89ab-cdef-0123-456789abcdef\r\n", id="a request id"),
        pytest.param(b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n", id="a trace"),
        pytest.param(b"tracestate: a=b\r\n", id="the state of a trace"),
        pytest.param(b"expect: 100-continue\r\n", id="an expectation"),
    ],
)
async def test_heads_that_do_not_come_again_are_not_kept(more: bytes) -> None:
    app = App(Echo(KEYS))
    assert (await answers(app, [by(b"one", b"x", more)]))[0] == [(200, b"one:x")]
    assert not app.shared.heads._known


async def test_heads_are_kept_as_digests_and_not_without_end() -> None:
    app = App(Echo(KEYS))
    for number in range(MOST_KNOWN + 10):
        await _judge_only(app, b"x-%d: y\r\n" % number)
    known = app.shared.heads._known
    assert 0 < len(known) <= MOST_KNOWN
    for key, head in known.items():
        assert len(key) == 16
        assert (head.fields, head.url, head.headers.key) == ((), b"", hashlib.sha256(b"one").digest())


async def _judge_only(app: App, more: bytes) -> None:
    heads = app.shared.heads
    head = by(b"one", b"", more)
    _, key, _ = heads.look(head, len(head))
    heads.keep(key, Judging().end(head, heads.hot))


async def test_the_body_is_asked_for_where_that_is_expected() -> None:
    app = App(Echo())
    head = HEAD + b"expect: 100-continue\r\ncontent-length: 3\r\n\r\n"
    for _ in range(2):
        assert (await answers(app, [head, b"abc"]))[0] == [(200, b"anonymous:abc")]


@given(data())
@settings(max_examples=150)
def test_chunks_are_read_as_the_parser_reads_them(draw: Any) -> None:
    """Ours and httptools's come to the same, however the bytes were damaged and cut; where they differ, ours refuses."""
    chunks = draw.draw(lists(binary(min_size=1, max_size=20), max_size=4))
    raw = bytearray(b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n")
    for _ in range(draw.draw(integers(0, 2))):
        raw[draw.draw(integers(0, len(raw) - 1))] = draw.draw(sampled_from(b"\r\n0123;aF: \x00-"))
    cuts = sorted(draw.draw(lists(integers(0, len(raw)), max_size=3)))
    ours, theirs = bytearray(), _Body()
    chunked, rest, is_refused = Chunks(), None, False
    for start, stop in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        if start < stop and rest is None:
            try:
                rest = chunked.feed(bytes(raw[start:stop]), ours.extend)
            except Malformed:
                is_refused = True
                break
    parser = httptools.HttpRequestParser(theirs)
    try:
        parser.feed_data(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + raw)
    except httptools.HttpParserError:
        is_bad = not theirs.is_complete
    else:
        is_bad = False
    if is_refused:
        return
    assert not is_bad or rest is None
    if rest is not None:
        assert theirs.is_complete
        assert bytes(theirs.body) == bytes(ours)


class _Body:
    def __init__(self) -> None:
        self.body = bytearray()
        self.is_complete = False

    def on_body(self, data: bytes) -> None:
        if not self.is_complete:
            self.body += data

    def on_message_complete(self) -> None:
        self.is_complete = True


@given(lists(binary(min_size=1, max_size=20), max_size=4), lists(integers(0, 200), max_size=4), binary(max_size=5))
def test_good_chunks_are_read_however_they_are_cut(chunks: list[bytes], cuts: list[int], behind: bytes) -> None:
    raw = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    got, chunked, rest = bytearray(), Chunks(), None
    places = sorted({0, *(cut for cut in cuts if cut < len(raw)), len(raw)})
    for start, stop in itertools.pairwise(places):
        assert rest is None
        rest = chunked.feed(raw[start:stop] + (behind if stop == len(raw) else b""), got.extend)
    assert (bytes(got), rest) == (b"".join(chunks), behind)


def test_a_head_does_not_show_the_callers_key() -> None:
    head = Judging().end(b"POST /x HTTP/1.1\r\nhost: a\r\nauthorization: Bearer unspeakable\r\ncontent-length: 0\r\n\r\n", {})
    assert "unspeakable" not in repr(head)
