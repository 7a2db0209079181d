"""Whatever callers send, they get an error in OpenAI's shape that says what to do, and the process keeps serving."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.client import Reply, ask, caller, get, post
from tests.fakes.gateway import Gateway, between, configuration, process, total
from tests.fakes.patience import TRIES, paced
from tests.fakes.upstream import Upstream

KEY = {"keys": [{"name": "app", "value": {"env": "CALLER_KEY"}}]}


@pytest_asyncio.fixture
async def gate(local: Upstream, cloud: Upstream) -> AsyncIterator[Gateway]:
    """A gateway that must serve at the end as it did at the beginning."""
    async with between(local, cloud) as running:
        yield running
        assert (await running.post(ask())).status == 200
        assert not running.live.is_draining


def chat(**members: object) -> bytes:
    return json.dumps(ask() | members).encode()


BODIES = [
    pytest.param(b"", 400, "malformed_json", id="nothing"),
    pytest.param(b"{", 400, "malformed_json", id="half an object"),
    pytest.param(b'{"model": "auto",}', 400, "malformed_json", id="a comma too many"),
    pytest.param(chat()[:-1] + b"} {}", 400, "malformed_json", id="two objects"),
    pytest.param(chat()[:-1] + b"}\x00", 400, "malformed_json", id="a zero byte at the end"),
    pytest.param(b"\xef\xbb\xbf" + chat(), 400, "malformed_json", id="a byte order mark"),
    pytest.param(chat().replace(b'"Say something."', b"'x'"), 400, "malformed_json", id="single quotes"),
    pytest.param(chat(temperature="T").replace(b'"T"', b"NaN"), 400, "malformed_json", id="NaN"),
    pytest.param(chat(temperature="T").replace(b'"T"', b"Infinity"), 400, "malformed_json", id="Infinity"),
    pytest.param(chat(temperature="T").replace(b'"T"', b"-Infinity"), 400, "malformed_json", id="minus Infinity"),
    pytest.param(chat(temperature="T").replace(b'"T"', b"1e999"), 400, "malformed_json", id="a number beyond all floats"),
    pytest.param(chat(temperature="T").replace(b'"T"', b"01"), 400, "malformed_json", id="a leading zero"),
    pytest.param(chat(user="U").replace(b"U", b"\\ud800"), 400, "malformed_json", id="a lone high surrogate"),
    pytest.param(chat(user="U").replace(b"U", b"\\udc00\\ud800"), 400, "malformed_json", id="surrogates the wrong way round"),
    pytest.param(chat(user="U").replace(b"U", b"\xed\xa0\x80"), 400, None, id="a surrogate in UTF-8"),
    pytest.param(chat(user="U").replace(b"U", b"\xff\xfe"), 400, None, id="no UTF-8"),
    pytest.param(chat().decode().encode("utf-16"), 400, None, id="UTF-16"),
    pytest.param(chat(user="U").replace(b"U", b"a\nb"), 400, "malformed_json", id="a raw line end in a string"),
    pytest.param(chat()[:-1] + b',"model":"gpt"}', 400, "duplicate_key", id="the model twice"),
    pytest.param(chat(x={"a": 1}).replace(b'{"a": 1}', b'{"a": 1, "a": 2}'), 400, "duplicate_key", id="a deep key twice"),
    pytest.param(chat(x={"a": 1}).replace(b'{"a": 1}', b'{"a": 1, "\\u0061": 2}'), 400, "duplicate_key", id="a key twice, once escaped"),
    pytest.param(chat()[:-1] + b',"messages":[{}]}', 400, "duplicate_key", id="the messages twice"),
    pytest.param(b"[]", 400, "not_an_object", id="a list"),
    pytest.param(b'"auto"', 400, "not_an_object", id="a string"),
    pytest.param(b"null", 400, "not_an_object", id="null"),
    pytest.param(b"{}", 400, "missing_model", id="an empty object"),
    pytest.param(chat(model=None), 400, "missing_model", id="no model"),
    pytest.param(chat(model=7), 400, "missing_model", id="a number as model"),
    pytest.param(chat(model=""), 400, "missing_model", id="an empty model"),
    pytest.param(chat(model="gpt-99"), 404, "model_not_found", id="an unknown model"),
    pytest.param(chat(model="auto:nonsense"), 404, "model_not_found", id="an unknown preference"),
    pytest.param(chat(model="http://elsewhere/v1"), 404, "model_not_found", id="a URL as model"),
    pytest.param(chat(messages=None), 400, "bad_field", id="no messages"),
    pytest.param(chat(messages=[]), 400, "bad_field", id="no message"),
    pytest.param(chat(messages="hello"), 400, "bad_field", id="a string as messages"),
    pytest.param(chat(messages=["hello"]), 400, "bad_field", id="strings as messages"),
    pytest.param(chat(messages={"role": "user"}), 400, "bad_field", id="an object as messages"),
    pytest.param(chat(stream="yes"), 400, "bad_field", id="a string as stream"),
    pytest.param(chat(stream=1), 400, "bad_field", id="a number as stream"),
    pytest.param(chat(stream_options=[]), 400, "bad_field", id="a list as stream options"),
    pytest.param(chat(n=0), 400, "bad_field", id="no choice"),
    pytest.param(chat(n=True), 400, "bad_field", id="true choices"),
    pytest.param(chat(n=1.5), 400, "bad_field", id="one and a half choices"),
    pytest.param(chat(api_base="http://elsewhere"), 400, "forbidden_field", id="an address in the body"),
    pytest.param(chat(api_key="x"), 400, "forbidden_field", id="a key in the body"),
    pytest.param(chat(extra_headers={}), 400, "forbidden_field", id="headers in the body"),
    pytest.param(chat(chat_template="{{ x }}"), 400, "forbidden_field", id="a template in the body"),
    pytest.param(chat(x="D").replace(b'"D"', b"[" * 100 + b"]" * 100), 400, "too_deep", id="a hundred lists deep"),
    pytest.param(chat(x="D").replace(b'"D"', b'{"a":' * 100 + b"1" + b"}" * 100), 400, "too_deep", id="a hundred objects deep"),
    pytest.param(chat(x="D").replace(b'"D"', b"[" * 100_000 + b"]" * 100_000), 400, "too_deep", id="a hundred thousand lists deep"),
    pytest.param(b"[" * 1_000_000, 400, None, id="a million open brackets"),
    pytest.param(b'{"a":' * 1_000_000, 400, None, id="a million open objects"),
    pytest.param(
        chat(messages=[{"role": "user", "content": "D"}]).replace(b'"D"', b"[" * 80 + b"]" * 80), 400, "too_deep", id="a deep message"
    ),
]


@pytest.mark.parametrize("body,status,code", BODIES)
async def test_a_bad_body_is_refused_with_a_sentence(gate: Gateway, local: Upstream, body: bytes, status: int, code: str | None) -> None:
    reply = await gate.post(body)
    assert reply.status == status, reply
    assert reply.error["type"] == "invalid_request_error"
    assert code is None or reply.error["code"] == code
    exchange = await gate.until_observed()
    assert (exchange.result, exchange.status, exchange.code) == ("invalid", status, reply.error["code"])
    assert local.accepted == 0


@pytest.mark.parametrize(
    "path,body",
    [
        pytest.param("/v1/completions", {"model": "auto"}, id="no prompt"),
        pytest.param("/v1/completions", {"model": "auto", "prompt": {"a": 1}}, id="an object as prompt"),
        pytest.param("/v1/completions", {"model": "auto", "prompt": ""}, id="an empty prompt"),
        pytest.param("/v1/embeddings", {"model": "auto"}, id="no input"),
        pytest.param("/v1/embeddings", {"model": "auto", "input": []}, id="an empty input"),
        pytest.param("/v1/embeddings", {"model": "auto", "input": 7}, id="a number as input"),
    ],
)
async def test_the_other_endpoints_are_as_strict(gate: Gateway, path: str, body: object) -> None:
    reply = await gate.post(body, path)
    assert (reply.status, reply.error["code"]) == (400, "bad_field")


@pytest.mark.parametrize(
    "method,path,status,code",
    [
        pytest.param("GET", "/", 404, "not_found", id="the root"),
        pytest.param("GET", "/v1", 404, "not_found", id="the base"),
        pytest.param("POST", "/v1/chat/completions/", 404, "not_found", id="a slash too many"),
        pytest.param("POST", "/v1/assistants", 404, "not_found", id="an endpoint that is not there"),
        pytest.param("POST", "/chat/completions", 404, "not_found", id="without the base"),
        pytest.param("GET", "/v1/../metrics", 404, "not_found", id="upwards"),
        pytest.param("GET", "/metrics", 404, "not_found", id="metrics are elsewhere"),
        pytest.param("POST", "/admin/reload", 404, "not_found", id="so is admin"),
        pytest.param("GET", "/docs", 404, "not_found", id="documentation pages load scripts from elsewhere"),
        pytest.param("GET", "/%ff%00", 404, "not_found", id="odd bytes in the path"),
        pytest.param("GET", "/v1/chat/completions", 405, "wrong_method", id="GET chat"),
        pytest.param("PUT", "/v1/chat/completions", 405, "wrong_method", id="PUT chat"),
        pytest.param("DELETE", "/v1/models", 405, "wrong_method", id="DELETE models"),
        pytest.param("OPTIONS", "/v1/embeddings", 405, "wrong_method", id="OPTIONS"),
        pytest.param("POST", "/healthz", 405, "wrong_method", id="POST health"),
        pytest.param("GET", "/v1/models/nothing", 404, "model_not_found", id="an unknown model"),
    ],
)
async def test_an_unknown_endpoint_or_method_is_answered_with_what_there_is(
    gate: Gateway, method: str, path: str, status: int, code: str
) -> None:
    reply = await get(gate.port, path, method=method)
    assert (reply.status, reply.error["code"]) == (status, code)
    if code != "model_not_found":
        assert "/v1/chat/completions" in reply.error["message"]
    if status == 405:
        assert reply.headers["allow"]


@pytest.mark.parametrize(
    "headers,code",
    [
        pytest.param({}, "missing_key", id="none"),
        pytest.param({"authorization": "Bearer wrong"}, "unknown_key", id="a wrong one"),
        pytest.param({"authorization": "Bearer "}, "missing_key", id="an empty one"),
        pytest.param({"authorization": "Basic bm90LWEta2V5"}, "missing_key", id="basic"),
        pytest.param({"api-key": "wrong"}, "unknown_key", id="a wrong one in another header"),
    ],
)
async def test_without_a_good_key_nobody_is_let_in(local: Upstream, cloud: Upstream, headers: dict[str, str], code: str) -> None:
    async with between(local, cloud, KEY) as gate:
        for reply in (await gate.post(ask(), headers=headers), await get(gate.port, "/v1/models", headers)):
            assert (reply.status, reply.error["code"]) == (401, code)
            assert reply.error["type"] == "authentication_error"
        assert local.accepted == 0
        assert (await get(gate.port, "/healthz")).status == 200
        for good in (
            {"authorization": "Bearer not-a-key"},
            {"authorization": "bearer not-a-key"},
            {"api-key": "not-a-key"},
            {"x-api-key": "not-a-key"},
        ):
            assert (await gate.post(ask(), headers=good)).status == 200
        assert gate.exchanges[-1].key == "app"


BODY = chat()
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n"
RAW = [
    pytest.param(HEAD + b"content-length: %d\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" % len(BODY), 400, id="a length and chunks"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n", 400, id="chunks and a length"),
    pytest.param(HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef", 400, id="two lengths"),
    pytest.param(HEAD + b"content-length: 5\r\ncontent-length: 5\r\n\r\nabcde", 400, id="the same length twice"),
    pytest.param(HEAD + b"content-length: 5, 5\r\n\r\nabcde", 400, id="two lengths in one header"),
    pytest.param(HEAD + b"content-length: -1\r\n\r\n", 400, id="a negative length"),
    pytest.param(HEAD + b"content-length: 0x10\r\n\r\n", 400, id="a hexadecimal length"),
    pytest.param(HEAD + b"content-length: +5\r\n\r\nabcde", 400, id="a length with a sign"),
    pytest.param(HEAD + b"content-length: 99999999999999999999999\r\n\r\n", 400, id="a length beyond all numbers"),
    pytest.param(HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, id="compressed chunks"),
    pytest.param(HEAD + b"transfer-encoding: xchunked\r\n\r\n", 400, id="an unknown transfer encoding"),
    pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n", 400, id="a chunk size that is none"),
    pytest.param(HEAD + b"content-length : 5\r\n\r\nabcde", 400, id="a space before the colon"),
    pytest.param(HEAD + b" folded: x\r\n\r\n", 400, id="a folded header"),
    pytest.param(HEAD + b"bad header\r\n\r\n", 400, id="a header without a colon"),
    pytest.param(HEAD + b"x: a\x00b\r\n\r\n", 400, id="a zero byte in a header"),
    pytest.param(b"hello\r\n\r\n", 400, id="no HTTP"),
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, id="TLS"),
    pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, id="HTTP/2"),
    pytest.param(b"POST /v1/chat/completions HTTP/9.9\r\n\r\n", 400, id="a version of the future"),
    pytest.param(b"POST /v1/chat/completions\r\n\r\n", 400, id="no version"),
    pytest.param(b"CONNECT elsewhere:443 HTTP/1.1\r\nhost: elsewhere\r\n\r\n", None, id="a tunnel"),
    pytest.param(b"GET http://elsewhere/x HTTP/1.1\r\nhost: elsewhere\r\n\r\n", 404, id="a proxy request"),
    pytest.param(HEAD + b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 2\r\n\r\n{}", None, id="an upgrade"),
    pytest.param(HEAD + b"content-encoding: gzip\r\ncontent-length: 40\r\n\r\n" + gzip.compress(BODY)[:40], 400, id="compressed"),
    pytest.param(HEAD + b"content-length: 104857600\r\n\r\n", 413, id="a hundred megabytes announced"),
    pytest.param(HEAD + b"x: " + b"a" * 70_000 + b"\r\n\r\n", 431, id="a huge header"),
    pytest.param(HEAD + b"".join(b"x-%d: %b\r\n" % (number, b"a" * 90) for number in range(2000)) + b"\r\n", 431, id="very many headers"),
    pytest.param(b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 431, id="a huge path"),
]


@pytest.mark.parametrize("raw,status", RAW)
async def test_malformed_http_is_answered_in_the_same_shape(gate: Gateway, local: Upstream, raw: bytes, status: int | None) -> None:
    async with caller(gate.port) as one:
        one.send(raw)
        async with asyncio.timeout(20):
            reply = await one.reply()
        assert 400 <= reply.status < 500
        assert status in (None, reply.status), reply
        assert reply.error["type"] == "invalid_request_error"
    assert local.accepted == 0


async def test_headers_are_bounded_however_slowly_they_come(gate: Gateway) -> None:
    async with caller(gate.port) as one:
        one.send(HEAD)
        for _ in range(90):
            one.send(b"x: " + b"a" * 1000 + b"\r\n")
            await one.writer.drain()
        assert (await one.reply()).error["code"] == "headers_too_large"


async def test_large_bodies_do_not_count_as_headers(gate: Gateway) -> None:
    async with caller(gate.port) as one:
        for _ in range(3):
            one.post(ask("word " * 40_000, model="qwen"))
            assert (await one.reply()).status == 200


async def test_a_refusal_before_the_body_does_not_read_it_as_the_next_request(local: Upstream, cloud: Upstream) -> None:
    smuggled = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)
    async with between(local, cloud, {"limits": {"body_bytes": 1000}}) as gate, caller(gate.port) as one:
        one.send(HEAD + b"content-length: 5000\r\n\r\n" + smuggled)
        assert (await one.reply()).error["code"] == "body_too_large"
        assert await one.reader.read() == b""
        assert local.accepted == 0


async def test_pipelined_requests_are_answered_in_order(gate: Gateway) -> None:
    async with caller(gate.port) as one:
        one.post(ask())
        one.post(b"nonsense")
        one.post(ask(model="nobody"))
        one.post(ask())
        replies = [await one.reply() for _ in range(4)]
        assert [reply.status for reply in replies] == [200, 400, 404, 200]
        assert len({reply.headers["x-request-id"] for reply in replies}) == 4


async def test_a_body_that_does_not_come_is_not_waited_for(local: Upstream, cloud: Upstream) -> None:
    async def scene(pace: float) -> None:
        async with between(local, cloud, {"limits": {"receive_s": 0.2 * pace}}) as gate, caller(gate.port) as one:
            one.send(HEAD + b"content-length: 50\r\n\r\n{")
            reply = await one.reply()
            assert (reply.status, reply.error["code"]) == (408, "slow_body")
            assert await one.reader.read() == b""
            assert (await gate.post(ask())).status == 200

    await paced(scene)


async def test_expect_100_continue_is_told_before_the_body_is_sent(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud, {"limits": {"body_bytes": 1000}}) as gate:
        async with caller(gate.port) as one:
            one.send(HEAD + b"expect: 100-continue\r\ncontent-length: 5000\r\n\r\n")
            assert (await one.reply()).status == 413
        async with caller(gate.port) as one:
            one.send(HEAD + b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(BODY))
            assert await one.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            one.send(BODY)
            assert (await one.reply()).status == 200


async def test_an_unknown_label_in_a_header_is_refused(gate: Gateway) -> None:
    reply = await gate.post(ask(), headers={"x-tidegate-label": "secret"})
    assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "unknown_label", "x-tidegate-label")
    assert "public, internal, personal, restricted" in reply.error["message"]


async def test_a_label_in_a_header_only_raises(local: Upstream, cloud: Upstream) -> None:
    edits = {"keys": [{"name": "app", "value": {"env": "CALLER_KEY"}, "floor": "personal"}]}
    key = {"authorization": "Bearer not-a-key"}
    async with between(local, cloud, edits) as gate:
        for asked, label in (("public", "personal"), ("restricted", "restricted")):
            reply = await gate.post(ask("x" * 60), headers=key | {"x-tidegate-label": asked})
            assert (reply.headers["x-tidegate-label"], reply.headers["x-tidegate-path"]) == (label, "local")
        assert cloud.accepted == 0


async def test_refusals_are_counted(gate: Gateway) -> None:
    for body in (b"{", b"{", chat(model="nobody")):
        await gate.post(body)
    metrics = await gate.metrics()
    assert total(metrics, "tidegate_refusals_total", code="malformed_json") == 2
    assert total(metrics, "tidegate_refusals_total", code="model_not_found") == 1
    assert total(metrics, "tidegate_refusals_total", code="_other") == 0


def _peak_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


async def _flood(port: int, head: bytes, piece: bytes) -> Reply:
    """Send a hundred megabytes, or as much as is taken; the answer. Who is cut off while sending, before it was read, comes again."""
    for left in reversed(range(TRIES)):
        try:
            return await _sent(port, head, piece)
        except ConnectionError:
            if not left:
                raise
    raise AssertionError("unreachable")


async def _sent(port: int, head: bytes, piece: bytes) -> Reply:
    async with caller(port) as one:
        one.send(head)
        answered = asyncio.ensure_future(one.reply())
        for _ in range(100):
            if answered.done():
                break
            one.send(piece)
            try:
                await one.writer.drain()
            except ConnectionError:
                break
            await asyncio.sleep(0)
        return await answered


async def test_a_hundred_megabytes_are_refused_without_being_kept(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    megabyte = b" " * 1_000_000
    async with process(configuration(local.url, cloud.url), tmp_path) as gate:
        assert (await post(gate.port, ask())).status == 200
        before = _peak_bytes(gate.process.pid)
        replies = [
            await _flood(gate.port, HEAD + b"content-length: 100000000\r\n\r\n", megabyte),
            await _flood(gate.port, HEAD + b"transfer-encoding: chunked\r\n\r\n", b"f4240\r\n" + megabyte + b"\r\n"),
            await _flood(gate.port, b"POST /v1/nowhere HTTP/1.1\r\ncontent-length: 100000000\r\n\r\n", megabyte),
            await _flood(gate.port, b"GET /v1/models HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", b"f4240\r\n" + megabyte + b"\r\n"),
        ]
        assert [reply.status for reply in replies] == [413, 413, 404, 200]
        assert all(reply.error["code"] == "body_too_large" for reply in replies[:2])
        assert _peak_bytes(gate.process.pid) - before < 60_000_000
        assert (await post(gate.port, ask())).status == 200


async def test_who_still_sends_when_it_is_refused_gets_the_answer(gate: Gateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    writer.write(HEAD + b"content-length: 100000000\r\n\r\n")
    for _ in range(80):  # more than is taken, and nobody reads what comes
        writer.write(b" " * 500_000)
        await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 60)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"body_too_large" in answer
    writer.close()


async def test_a_body_behind_an_upgrade_is_not_taken_for_a_request(gate: Gateway, local: Upstream) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    hidden = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\ncontent-length: %d\r\n\r\n" % len(
        hidden
    )
    writer.write(head)
    await writer.drain()
    writer.write(hidden)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"without an Upgrade header" in answer
    assert not local.bodies
