"""Outages, on short clocks: what callers see, and what a dead target gets. `benchmarks/outage.py` plays them at their full length."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from router.breaker import TRIP
from tests.fakes.client import Reply, ask, caller
from tests.fakes.gateway import Gateway, between, keep_open, total
from tests.fakes.patience import paced
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Close
from tests.fakes.upstream import HEAD, Script, Upstream, Wait, answer, chat, chunk, delta, failing

HARD = "x" * 60
DOWN = pytest.mark.parametrize(
    ("script", "checks"),
    [
        pytest.param(failing(503), failing(503), id="it answers 503"),
        pytest.param((Close(),), (Close(),), id="it hangs up"),
        pytest.param(failing(503), answer(200, b'{"data": []}'), id="its health checks are fine all the time"),
    ],
)


async def flood(gate: Gateway, text: str, seconds: float, rate: float = 25.0) -> list[Reply]:
    """Requests at a rate, whatever becomes of them."""
    sent, start = [], time.monotonic()
    while time.monotonic() < start + seconds:
        sent.append(asyncio.create_task(gate.post(ask(text))))
        await asyncio.sleep(max(0.0, start + len(sent) / rate - time.monotonic()))
    return await asyncio.gather(*sent)


async def until_waiting(gate: Gateway, count: int = 1) -> None:
    """Until so many requests wait for a target to come back."""
    async with asyncio.timeout(20):
        while len(gate.live.runtime.waiting) < count:  # noqa: ASYNC110  # nothing wakes us
            await asyncio.sleep(0.01)


@DOWN
async def test_an_outage_of_a_provider_is_not_seen(local: Upstream, cloud: Upstream, script: Script, checks: Script) -> None:
    cloud.then(script)
    cloud.models = checks
    async with between(local, cloud) as gate:
        replies = await flood(gate, HARD, 1.0)
        cloud.bodies.clear()
        replies += (down := await flood(gate, HARD, 3.0))
        assert len(cloud.bodies) <= 0.02 * len(down) + 2, "of so few, one probe is more than one in a hundred"
        cloud.then(chat())
        cloud.models = answer(200, b'{"data": []}')
        back = time.monotonic()
        while (reply := await gate.post(ask(HARD))).headers.get("x-tidegate-target") != "gpt":
            replies.append(reply)
            await asyncio.sleep(0.02)
            assert time.monotonic() < back + 60
        assert {reply.status for reply in replies} == {200}
        assert all(head.startswith(b"GET /v1/models ") for head in cloud.checks)


@pytest.mark.parametrize("at_once", [pytest.param(60, id="all at once"), pytest.param(6, id="a few at a time")])
async def test_when_everything_fails_nobody_is_asked_in_vain(local: Upstream, cloud: Upstream, at_once: int) -> None:
    async def scene(pace: float) -> None:
        local.then(failing(503))
        cloud.then(failing(503))
        edits = {"destinations.qwen.patience_s": 0.1 * pace, "destinations.gpt.patience_s": 0.1 * pace}
        async with between(local, cloud, edits) as gate:
            for _ in range(60 // at_once):
                replies = await asyncio.gather(*(gate.post(ask(HARD)) for _ in range(at_once)))
                assert {reply.status for reply in replies} == {503}
            assert (
                len(local.bodies) + len(cloud.bodies)
            ) / 60 <= 1.4  # without budget, breaker and detour 3, without detour 2; the benchmark has the figures

    await paced(scene)  # who has no patience left makes a detour


@DOWN
async def test_after_a_short_outage_all_who_waited_are_served(local: Upstream, cloud: Upstream, script: Script, checks: Script) -> None:
    async def scene(pace: float) -> None:
        local.then(script)
        local.models = checks
        # more patience than the default, for a machine that is busy with other things
        async with between(local, cloud, {"destinations.qwen.retries": 0, "destinations.qwen.patience_s": 60}) as gate:
            failed = await asyncio.gather(*(gate.post(ask(model="auto:private")) for _ in range(TRIP)))
            assert {reply.status for reply in failed} == {503}
            keep_open(gate, 2.0 * pace)  # until all are there
            asked = [ask(Canary().say) if number % 2 else ask(model="auto:private") for number in range(80)]
            herd = [asyncio.create_task(gate.post(body)) for body in asked]
            await until_waiting(gate, 75)
            local.then(chat())
            local.models = answer(200, b'{"data": []}')
            replies = await asyncio.gather(*herd)
            assert [reply.status for reply in replies].count(200) >= 78
            assert total(await gate.metrics(), "tidegate_waits_total") >= 75
            assert total(await gate.metrics(), "tidegate_requests_waiting") == 0

    await paced(scene)


async def test_while_a_probe_is_under_way_nobody_else_is_let_through(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    local.then(failing(503))
    edits = {"destinations.qwen.retries": 0, "destinations.qwen.patience_s": 20}
    ledger = {"ledger": {"dir": str(tmp_path / "ledger"), "all": True}}  # an attempt then waits for its line before it begins
    async with between(local, cloud, edits | ledger) as gate:
        await asyncio.gather(*(gate.post(ask(model="auto:private")) for _ in range(TRIP)))
        local.then((Wait(), *chat()))
        herd = [asyncio.create_task(gate.post(ask(model="auto:private"))) for _ in range(20)]
        await local.until(requests=1)
        await asyncio.sleep(0.3)
        assert len(local.bodies) == 1
        local.go_on()
        assert {reply.status for reply in await asyncio.gather(*herd)} == {200}


async def test_who_waits_and_leaves_is_forgotten(local: Upstream, cloud: Upstream) -> None:
    local.then(failing(503))
    async with between(local, cloud, {"destinations.qwen.retries": 0, "destinations.qwen.patience_s": 20}) as gate:
        await asyncio.gather(*(gate.post(ask(model="auto:private")) for _ in range(TRIP)))
        keep_open(gate, 15.0)
        async with caller(gate.port) as one:
            one.post(ask(model="auto:private"))
            await until_waiting(gate)
            await one.leave()
        exchange = await gate.until_observed(TRIP + 1)
        assert (exchange.result, exchange.attempts) == ("abandoned", ())
        assert total(await gate.metrics(), "tidegate_requests_waiting") == 0


async def test_a_lockdown_that_begins_while_a_request_waits_holds(local: Upstream, cloud: Upstream) -> None:
    cloud.then(failing(503))
    cloud.models = failing(503)
    async with between(local, cloud, {"destinations.gpt.retries": 0, "destinations.gpt.patience_s": 20}) as gate:
        await asyncio.gather(*(gate.post(ask(model="gpt")) for _ in range(TRIP)))
        keep_open(gate, 5.0)
        waiting = asyncio.create_task(gate.post(ask(model="gpt")))
        await until_waiting(gate)
        gate.live.turn_lockdown(on=True, by="admin")
        cloud.then(chat())
        checks = len(cloud.checks)
        assert (await waiting).headers.get("x-tidegate-target") != "gpt"
        assert not cloud.bodies
        await asyncio.sleep(1.2)
        assert len(cloud.checks) <= checks + 1, "nor is it looked at"


REUSED = pytest.mark.parametrize(
    ("scripts", "status", "attempts"),
    [
        pytest.param([chat(), (Close(),), chat()], 200, 2, id="a kept connection that closes as it is used: asked again"),
        pytest.param([(Close(),), chat()], 502, 1, id="a new one that is cut: perhaps billed, not asked again"),
        pytest.param([chat(), (b"HTTP/1.1 200 OK\r\n", Close()), chat()], 502, 1, id="one that had begun to answer"),
        pytest.param([answer(200, b"nonsense"), chat()], 502, 1, id="an answer that is none"),
        pytest.param([failing(500), chat()], 200, 2, id="a failure that it told of"),
    ],
)


@REUSED
async def test_no_provider_is_asked_twice_for_what_it_may_bill(
    local: Upstream, cloud: Upstream, scripts: Sequence[Script], status: int, attempts: int
) -> None:
    cloud.then(*scripts)
    async with between(local, cloud) as gate:
        if scripts[0] == chat():
            assert (await gate.post(ask(model="gpt"))).status == 200
        reply = await gate.post(ask(model="gpt"))
        assert (reply.status, reply.headers["x-tidegate-attempts"]) == (status, str(attempts))


async def test_stalled_streams_at_home_do_not_slow_the_cloud(local: Upstream, cloud: Upstream) -> None:
    local.then((HEAD, chunk(delta("a")), Wait()))
    async with between(local, cloud) as gate:
        hanging = [asyncio.create_task(gate.post(ask(model="auto:private", stream=True))) for _ in range(120)]
        await local.until(requests=120)
        start = time.monotonic()
        assert (await gate.post(ask(HARD))).status == 200
        assert time.monotonic() - start < 9, "no clock of theirs is that short"
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        await local.until(closed=True)


async def test_who_leaves_leaves_no_generation_behind(local: Upstream, cloud: Upstream) -> None:
    local.then((Wait(),))
    async with between(local, cloud) as gate:

        async def leave(number: int) -> None:
            async with caller(gate.port) as one:
                one.post(ask(model="auto:private", stream=bool(number % 2)))
                await asyncio.sleep(0.01 * (number % 10))
                await one.leave()

        await asyncio.gather(*(leave(number) for number in range(100)))
        await local.until(closed=True)
        assert local.open == 0
