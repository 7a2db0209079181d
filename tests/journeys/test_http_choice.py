"""Whoever speaks HTTP with callers, they see the same."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fakes.client import ask, caller, get
from tests.fakes.gateway import Gateway, between
from tests.fakes.upstream import HEAD, Upstream, Wait, chunk, delta, words

KEY = {"keys": [{"name": "app", "value": {"env": "CALLER_KEY"}}]}
MINE = {"authorization": "Bearer not-a-key"}


@pytest_asyncio.fixture(params=["own", "uvicorn"])
async def gate(request: pytest.FixtureRequest, local: Upstream, cloud: Upstream) -> AsyncIterator[Gateway]:
    """A gateway of each kind."""
    async with between(local, cloud, KEY | {"server.http": request.param}) as running:
        yield running


async def test_requests_on_one_connection_are_served(gate: Gateway) -> None:
    async with caller(gate.port) as one:
        for text in ("one", "another", "a third"):
            one.post(ask(text), headers=MINE)
            reply = await one.reply()
            assert (reply.status, reply.headers["x-tidegate-path"], reply.is_whole) == (200, "local", True)
    assert [(exchange.result, exchange.key) for exchange in gate.exchanges] == [("served", "app")] * 3


async def test_streams_come_whole(gate: Gateway, local: Upstream) -> None:
    local.then(words("a", "b", "c"))
    async with caller(gate.port) as one:
        one.post(ask(stream=True), headers=MINE)
        reply = await one.reply()
    assert (reply.status, reply.is_whole, reply.events[-1]) == (200, True, b"[DONE]")
    assert 0 < reply.body.find(b'"a"') < reply.body.find(b'"b"') < reply.body.find(b'"c"')


@pytest.mark.parametrize(
    "body,headers,status,code",
    [
        pytest.param(ask(), {}, 401, "missing_key", id="no key"),
        pytest.param(ask(), {"authorization": "Bearer wrong"}, 401, "unknown_key", id="a wrong key"),
        pytest.param(b"{", MINE, 400, "malformed_json", id="no JSON"),
        pytest.param(ask(model="nobody"), MINE, 404, "model_not_found", id="an unknown model"),
        pytest.param(ask("x" * 10_000_001), MINE, 413, "body_too_large", id="a large body"),
        pytest.param(ask(), MINE | {"content-encoding": "gzip"}, 400, "encoded_body", id="a compressed body"),
    ],
)
async def test_refusals_are_the_same(gate: Gateway, body: object, headers: dict[str, str], status: int, code: str) -> None:
    reply = await gate.post(body, headers=headers)
    assert (reply.status, reply.error["code"]) == (status, code)
    assert (await gate.post(ask(), headers=MINE)).status == 200


async def test_what_is_not_hot_is_served(gate: Gateway) -> None:
    assert (await get(gate.port, "/healthz")).status == 200
    assert (await get(gate.port, "/v1/models", MINE)).status == 200
    assert (await get(gate.port, "/nowhere")).error["code"] == "not_found"


async def test_who_leaves_is_noticed(gate: Gateway, local: Upstream) -> None:
    local.then((HEAD, chunk(delta("a")), Wait()))
    async with caller(gate.port) as one:
        one.post(ask(stream=True), headers=MINE)
        await one.reader.readuntil(b'"a"')
        await one.leave()
    async with asyncio.timeout(20):
        await local.until(closed=True)
    assert (await gate.until_observed()).result == "abandoned"
