"""A scorer that is asked over the network, with the whole gateway: only where a decision hangs on it, and never longer than it may take."""

from typing import Any

import pytest

from tests.fakes.client import ask, post
from tests.fakes.gateway import between
from tests.fakes.patience import paced
from tests.fakes.sockets import Sleep
from tests.fakes.upstream import Upstream, chat, failing

ASKS: dict[str, Any] = {"difficulty": {"scorer": "llm", "options": {"destination": "qwen"}, "deadline_s": 5.0}}
ROUTE, TARGET = "x-tidegate-route", "x-tidegate-target"


def says(number: int) -> Any:
    return chat(f'{{"difficulty": {number}}}')


async def test_what_the_local_model_finds_hard_goes_out(local: Upstream, cloud: Upstream) -> None:
    local.then(says(80))
    async with between(local, cloud, ASKS) as gate:
        reply = await gate.post(ask("Prove it."))
        assert (reply.headers[ROUTE], reply.headers[TARGET]) == ("hard", "gpt")
        exchange = await gate.until_observed()
    assert exchange.difficulty == 0.8
    assert len(local.bodies) == len(cloud.bodies) == 1
    assert local.fields[0]["messages"][0]["role"] == "system"


async def test_what_it_finds_easy_stays_and_is_then_answered(local: Upstream, cloud: Upstream) -> None:
    local.then(says(10), chat("here"))
    async with between(local, cloud, ASKS) as gate:
        assert (await gate.post(ask("Prove it."))).headers[TARGET] == "qwen"
    assert (len(local.bodies), cloud.accepted) == (2, 0)


@pytest.mark.parametrize(
    "odd", [pytest.param(failing(500), id="an error"), pytest.param(chat("very"), id="no number"), pytest.param((Sleep(90),), id="silence")]
)
async def test_an_unknown_difficulty_satisfies_no_rule(local: Upstream, cloud: Upstream, odd: Any) -> None:
    async def scene(pace: float) -> None:
        local.then(odd, chat("here"))
        before = cloud.accepted
        async with between(
            local, cloud, {"difficulty": ASKS["difficulty"] | {"deadline_s": 0.3 * pace if odd == (Sleep(90),) else 30.0}}
        ) as gate:
            reply = await gate.post(ask("Prove it."))
            assert (reply.status, reply.headers[ROUTE]) == (200, "easy")
            assert (await gate.until_observed()).difficulty is None
        assert cloud.accepted == before

    await paced(scene)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        pytest.param("Prove it to bob@example.com", "auto", id="a label that stays"),
        pytest.param("Prove it.", "auto:local", id="a caller who stays"),
        pytest.param("Prove it.", "auto:best", id="a caller who has decided"),
        pytest.param("Prove it.", "gpt", id="a target by name"),
    ],
)
async def test_it_is_not_asked_where_nothing_hangs_on_it(local: Upstream, cloud: Upstream, text: str, model: str) -> None:
    async with between(local, cloud, ASKS) as gate:
        assert (await gate.post(ask(text, model))).status == 200
    assert not any(b'"task' in body for body in local.bodies)


async def test_explain_asks_it_too(local: Upstream, cloud: Upstream) -> None:
    local.then(says(80))
    async with between(local, cloud, ASKS) as gate:
        told = (await post(gate.admin, {"text": "Prove it."}, "/admin/route/explain")).json
    assert (told["difficulty"]["score"], told["target"]) == (0.8, "gpt")
    assert told["difficulty"]["features"] == [{"name": "the model's opinion", "moved": 0.8}]


async def test_a_slow_scorer_of_this_process(local: Upstream, cloud: Upstream) -> None:
    slow = {"difficulty": {"scorer": "tests.fakes.slow_scorer", "options": {"score": 0.9}}}
    async with between(local, cloud, slow) as gate:
        assert (await gate.post(ask("Prove it."))).headers[TARGET] == "gpt"
