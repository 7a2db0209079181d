"""A running gateway judges canaries by itself, with what it serves, and sends none."""

import asyncio
from dataclasses import replace

import pytest

from tests.fakes.gateway import Gateway, between, total
from tests.fakes.upstream import Upstream


async def until_counted(gate: Gateway, result: str) -> float:
    async with asyncio.timeout(60):
        while not (count := total(await gate.metrics(), "tidegate_canary_runs_total", result=result)):  # noqa: ASYNC110  # metrics tell nobody
            await asyncio.sleep(0.05)
    return count


async def test_canaries_are_judged_and_counted_and_not_sent(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        gate.live.sing_from(0.0)
        assert await until_counted(gate, "kept") > 0
        assert total(await gate.metrics(), "tidegate_canary_runs_total", result="leaked") == 0
        assert (local.accepted, cloud.accepted) == (0, 0)
        assert gate.exchanges == []
        assert total(await gate.metrics(), "tidegate_requests_total") == 0


async def test_a_plan_that_has_gone_blind_is_noticed(local: Upstream, cloud: Upstream, caplog: pytest.LogCaptureFixture) -> None:
    async with between(local, cloud) as gate:
        object.__setattr__(gate.live.runtime, "plan", replace(gate.live.runtime.plan, fast=()))
        gate.live.sing_from(0.0)
        assert await until_counted(gate, "leaked") > 0
        assert "canary leaked" in caplog.text
        assert cloud.accepted == 0


async def test_they_can_be_switched_off(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud, {"canaries": {"every_s": 0}}) as gate:
        gate.live.sing_from(0.0)
        await asyncio.sleep(0.2)
        assert total(await gate.metrics(), "tidegate_canary_runs_total") == 0
