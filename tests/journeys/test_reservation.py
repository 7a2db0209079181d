"""A local engine that costs a dollar a second: who pays for it, over sockets. All times are the gateway's own."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.usage.rows import Leased
from router.attempt import Attempt
from router.names import TargetName
from router.reservation import ANSWER
from tests.fakes.client import ask, get, post
from tests.fakes.engine import engine
from tests.fakes.gateway import Gateway, between, configuration, gateway, process, samples, total
from tests.fakes.sockets import Reset, Sleep
from tests.fakes.upstream import DONE, Wait, delta, event, failing, stream, upstream, words

DOLLAR_A_SECOND = {"gpu_hour_usd": 1800, "gpus": 2}
COSTS = {"destinations.qwen.cost": DOLLAR_A_SECOND}
USAGE = event({"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 300, "total_tokens": 1000}})
SHORT, LONG = (stream(delta("a"), Sleep(seconds), delta("b", finish="stop"), USAGE, DONE) for seconds in (0.1, 0.3))
HANGING = (*stream(delta("a"), ends=False), Wait())


async def money(gate: Gateway) -> Mapping[str, float]:
    """USD and seconds of GPUs, by kind and state."""
    metrics = await gate.metrics()
    usd = {kind: total(metrics, "tidegate_local_cost_usd_total", kind=kind) for kind in ("allocated", "idle")}
    return usd | {f"{state}_s": total(metrics, "tidegate_local_gpu_seconds_total", state=state) for state in ("busy", "idle")}


def rows_of(gate: Gateway) -> list[Leased]:
    return gate.live.reservations.rows(of_all=True)


async def test_what_requests_cost_and_what_is_idle_is_the_bill() -> None:
    async with upstream(SHORT, LONG) as local, upstream() as cloud, between(local, cloud, COSTS) as gate:
        replies = await asyncio.gather(gate.post(ask("easy", stream=True)), gate.post(ask("easy too", stream=True)))
        assert [(reply.status, "x-tidegate-cost-usd" in reply.headers) for reply in replies] == [(200, False)] * 2
        await gate.until_observed(2)
        costs = [exchange.cost or 0 for exchange in gate.exchanges]
        rows, shown = rows_of(gate), await money(gate)
        reserved, idle = sum(row.reserved for row in rows), sum(row.idle for row in rows)
        assert sum(costs) + idle == reserved == round(sum(row.wall_s for row in rows) * 1e6)
        assert sum(costs) == sum(row.allocated for row in rows)
        assert sum(costs) >= 300_000, "so long one of them was there"
        assert min(costs) > 0
        assert shown["allocated"] == pytest.approx(sum(costs) / 1e6, abs=1e-6)
        assert shown["allocated"] + shown["idle"] == pytest.approx((shown["busy_s"] + shown["idle_s"]) / 2, abs=1e-6)
        for exchange in gate.exchanges:
            (attempt,) = exchange.attempts
            assert attempt.cost == exchange.cost
            assert attempt.gpu_s == pytest.approx(2 * (exchange.cost or 0) / 1e6, abs=2e-6)
            assert attempt.gpu_s <= 2 * attempt.total_s + 0.1


async def test_prices_are_shown() -> None:
    async with upstream(SHORT) as local, upstream() as cloud, between(local, cloud, COSTS) as gate:
        assert (await gate.post(ask("easy", stream=True))).status == 200
        (exchange,) = [await gate.until_observed()]
        metrics = await gate.metrics()
        priced = total(metrics, "tidegate_unit_cost_usd_per_million_tokens", basis="allocated")
        assert priced == pytest.approx((exchange.cost or 0) / 1000, rel=1e-4)
        assert total(metrics, "tidegate_cost_usd_total", target="qwen") == pytest.approx((exchange.cost or 0) / 1e6)
        assert total(metrics, "tidegate_unit_cost_usd_per_million_tokens", basis="full") > priced
        assert 0 < total(metrics, "tidegate_breakeven_ratio", target="qwen") < 1


@pytest.mark.parametrize(
    ("script", "endings"),
    [
        pytest.param(failing(500), ["Failed", "Failed", "Served"], id="it fails, twice"),
        pytest.param(stream(delta("a"), Sleep(0.05), Reset(), ends=False), ["Broken"], id="it breaks off"),
    ],
)
async def test_what_failed_is_paid_for(script: Any, endings: list[str]) -> None:
    async with upstream(script) as local, upstream(words("from", " outside")) as cloud, between(local, cloud, COSTS) as gate:
        await gate.post(ask("easy", stream=True))
        exchange = await gate.until_observed()
        assert [one.ending for one in exchange.attempts] == endings
        spent = [one.cost for one in exchange.attempts if one.target == "qwen"]
        assert all(cost is not None and cost > 0 for cost in spent)
        assert (await money(gate))["allocated"] == pytest.approx(sum(cost or 0 for cost in spent) / 1e6, abs=1e-6)


async def test_who_leaves_has_paid_for_what_was_done() -> None:
    async with upstream(HANGING) as local, upstream() as cloud, between(local, cloud, COSTS) as gate:
        asking = asyncio.ensure_future(gate.post(ask("easy", stream=True)))
        await local.until(requests=1)
        await asyncio.sleep(0.1)
        asking.cancel()
        exchange = await gate.until_observed()
        assert exchange.attempts[0].ending == "Abandoned"
        assert (exchange.cost or 0) >= 50_000
        before = await money(gate)
        await asyncio.sleep(0.05)
        after = await money(gate)
        assert before["allocated"] == after["allocated"]
        assert before["idle"] < after["idle"], "from then on nobody has it"


async def test_both_attempts_of_a_hedge_are_paid_for() -> None:
    async with upstream(HANGING[-1:]) as one, upstream(words("quick")) as two, upstream() as cloud:
        edits = {"destinations.qwen.urls": [one.url, two.url], "destinations.qwen.hedge": {"after_s": 0.05, "budget": 0.5}}
        content = configuration("", cloud.url, {**edits, **COSTS})
        del content["destinations"]["qwen"]["url"]
        async with gateway(content) as gate:
            asking = [asyncio.ensure_future(gate.post(ask(f"easy {number}", stream=True))) for number in range(2)]
            await asyncio.wait(asking, timeout=20, return_when=asyncio.FIRST_COMPLETED)
            one.go_on()
            await asyncio.gather(*asking)
            await gate.until_observed(2)
            costs = [attempt.cost for exchange in gate.exchanges for attempt in exchange.attempts]
            assert None not in costs
            assert sum(exchange.cost or 0 for exchange in gate.exchanges) == sum(cost or 0 for cost in costs)
            rows = rows_of(gate)
            assert {row.replica for row in rows} == {0, 1}
            assert sum(cost or 0 for cost in costs) + sum(row.idle for row in rows) == sum(row.reserved for row in rows)


async def test_who_shares_an_engine_with_others_pays_for_a_part() -> None:
    async with engine() as local, upstream() as cloud:
        local.running = 4
        edits = {"destinations.qwen.pool": {"every_s": 0.02, "stall_s": 60}}
        async with gateway(configuration(local.url, cloud.url, {**edits, **COSTS})) as gate:
            async with asyncio.timeout(60):
                while local.asked.count("/metrics") < 3:  # noqa: ASYNC110  # nobody tells
                    await asyncio.sleep(0.01)
            runtime = gate.live.runtime
            account = gate.live.reservations.account(runtime.fleet, Attempt(1, runtime.plan.policy.targets[TargetName("qwen")]))
            assert account is not None
            assert account.reading(150) == 4 * ANSWER, "four others are there"
            assert (await gate.post(ask("My SSN is 078-05-1120"))).status == 200
            rows = rows_of(gate)
            assert sum(row.idle for row in rows) >= 3 * sum(row.allocated for row in rows), "their part is not used by us"


async def test_an_answer_that_is_continued_is_two_attempts() -> None:
    torn, rest = stream(delta("a"), Reset(), ends=False), words("b")
    async with (
        upstream(torn, rest) as local,
        upstream() as cloud,
        between(local, cloud, {**COSTS, "destinations.qwen.continues": True}) as gate,
    ):
        assert (await gate.post(ask("easy", stream=True))).status == 200
        exchange = await gate.until_observed()
        assert [one.ending for one in exchange.attempts] == ["Broken", "Served"]
        assert all(one.cost for one in exchange.attempts)
        assert exchange.cost == sum(one.cost or 0 for one in exchange.attempts)


async def test_a_replica_that_is_not_listed_any_more_costs_nothing_from_then_on(tmp_path: Path) -> None:
    async with engine() as one, engine() as two, upstream() as cloud:
        listed = tmp_path / "engines"
        listed.write_text(f"{one.url}\n{two.url}\n")
        pool = {"discover": "file", "file": str(listed), "refresh_s": 0.02, "every_s": 0.02, "stall_s": 60}
        content = configuration("", cloud.url, {"destinations.qwen.pool": pool, **COSTS})
        del content["destinations"]["qwen"]["url"]
        async with gateway(content) as gate:
            fleet = gate.live.runtime.fleet
            target = gate.live.runtime.plan.policy.targets[TargetName("qwen")]
            accounts = [gate.live.reservations.account(fleet, Attempt(1, target, number)) for number in range(2)]
            listed.write_text(f"{two.url}\n")
            async with asyncio.timeout(60):
                while not fleet.pool(target.name)[0].outs:  # noqa: ASYNC110  # nobody tells
                    await asyncio.sleep(0.01)
            assert [account is not None and account.is_there for account in accounts] == [False, True]


async def test_a_reload_keeps_the_account(tmp_path: Path) -> None:
    async with upstream(SHORT) as local, upstream() as cloud:
        config = tmp_path / "tidegate.yaml"
        config.write_text(json.dumps(configuration(local.url, cloud.url, COSTS)))
        async with process(json.loads(config.read_text()), tmp_path) as running:
            assert (await post(running.port, ask("easy", stream=True))).status == 200
            before = samples((await get(running.admin, "/metrics")).body)
            for cost in (DOLLAR_A_SECOND, {"gpu_hour_usd": 3600}, "unknown"):
                running.config.write_text(json.dumps(configuration(local.url, cloud.url, {"destinations.qwen.cost": cost})))
                assert (await post(running.admin, b"", "/admin/reload")).status == 200
                after = samples((await get(running.admin, "/metrics")).body)
                for kind in ("allocated", "idle"):
                    assert total(after, "tidegate_local_cost_usd_total", kind=kind) >= total(
                        before, "tidegate_local_cost_usd_total", kind=kind
                    )
                before = after
            last = samples((await get(running.admin, "/metrics")).body)
            assert total(last, "tidegate_local_cost_usd_total") == total(before, "tidegate_local_cost_usd_total") > 0.1


async def test_the_sum_over_workers_is_the_bill(tmp_path: Path) -> None:
    async with (
        upstream(LONG) as local,
        upstream() as cloud,
        process(configuration(local.url, cloud.url, COSTS), tmp_path, workers=2) as running,
    ):
        replies = await asyncio.gather(*(post(running.port, ask(f"easy {number}", stream=True)) for number in range(6)))
        assert [reply.status for reply in replies] == [200] * 6
        metrics = samples((await get(running.admin, "/metrics")).body)
        usd = {kind: total(metrics, "tidegate_local_cost_usd_total", kind=kind) for kind in ("allocated", "idle")}
        seconds = {state: total(metrics, "tidegate_local_gpu_seconds_total", state=state) for state in ("busy", "idle")}
        assert usd["allocated"] > 0.1
        assert sum(usd.values()) == pytest.approx(sum(seconds.values()) / 2, abs=1e-6)
        assert usd["idle"] > 0
        assert total(metrics, "tidegate_cost_usd_total", target="qwen") == pytest.approx(usd["allocated"], abs=1e-5)
