import asyncio
from ipaddress import ip_network

import pytest

from gateway.plan import PoolPlan, UpstreamPlan
from gateway.pool.engine import Engine, makes_a_token
from gateway.secret import Secret
from gateway.upstreams.openai_compatible import connect
from router.names import TargetName
from router.replica import Fit
from tests.fakes.engine import engine
from tests.fakes.upstream import answer, upstream
from tests.router.examples import PUBLIC, QWEN

PATIENCE_S = 60.0
NETWORKS = (ip_network("127.0.0.0/8"),)


def plan(url: str, *, networks: object = NETWORKS) -> UpstreamPlan:
    key = Secret("not-a-" + "key")
    return UpstreamPlan(TargetName("qwen"), "openai_compatible", (url,), key, networks=networks, pool=PoolPlan())  # type: ignore[arg-type]  # networks


async def test_an_engine_is_asked_at_the_root_of_its_base() -> None:
    async with engine(window=4_000) as server:
        asked = Engine(plan(server.url), server.url, PATIENCE_S)
        reading = await asked.read()
        assert reading is not None
        assert (reading.running, reading.kv, reading.missing) == (0, 0.25, frozenset())
        assert await asked.fit() == Fit((("qwen3-8b", 4_000), ("other", 0)))
        assert server.asked == ["/metrics", "/v1/models"]
        await asked.close()


async def test_one_of_the_addresses_of_a_host_is_asked_and_no_other() -> None:
    async with engine(host="127.0.0.3") as server:
        asked = Engine(plan(f"http://nobody.internal:{server.port}/v1"), "127.0.0.3", PATIENCE_S)
        assert await asked.read() is not None
        await asked.close()
        outside = Engine(plan(f"http://nobody.internal:{server.port}/v1", networks=(ip_network("10.0.0.0/8"),)), "127.0.0.3")
        assert await outside.read() is None, "it is outside the networks"
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    "url",
    [pytest.param("http://127.0.0.1:1/v1", id="nobody is there"), pytest.param("http://10.255.255.1:9/v1", id="outside the networks")],
)
async def test_an_engine_that_does_not_answer_says_nothing(url: str) -> None:
    asked = Engine(plan(url), url, 0.2)
    assert (await asked.read(), await asked.fit()) == (None, Fit())
    await asked.close()


async def test_what_is_no_list_of_models_says_nothing() -> None:
    async with engine(says_metrics=False) as server:
        asked = Engine(plan(server.url.removesuffix("/v1") + "/health"), server.url.removesuffix("/v1") + "/health")
        assert (await asked.read(), await asked.fit()) == (None, Fit())
        await asked.close()


async def test_a_token_shows_that_an_engine_works() -> None:
    async with engine() as server:
        there = connect(QWEN, plan(server.url))
        assert await makes_a_token(there, QWEN, 0, PUBLIC, PATIENCE_S)
        assert server.prompts == ['[{"role": "user", "content": "1"}]'], "nothing of a caller"
        server.stall(on=True)
        assert not await makes_a_token(there, QWEN, 0, PUBLIC, 0.05)
        await asyncio.sleep(0)
        await there.close()


async def test_an_answer_that_is_no_token_shows_nothing() -> None:
    async with upstream(answer(400, b"{}")) as server:
        there = connect(QWEN, plan(server.url))
        assert not await makes_a_token(there, QWEN, 0, PUBLIC, PATIENCE_S)
        await there.close()
