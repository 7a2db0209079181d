"""Over real sockets: metrics say what upstreams themselves counted, in both formats, whoever scrapes; a killed worker takes nothing back."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from random import Random

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from gateway.errors import CODES
from gateway.possible import possible, series
from tests.fakes.client import ask, get, post
from tests.fakes.gateway import PATIENCE_S, Gateway, Process, between, configuration, process, samples, total
from tests.fakes.prometheus import missing, prometheus
from tests.fakes.upstream import Script, Upstream, answer, chat, failing, words

OPEN = {"accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}
CLOSE = {"connection": "close"}
RISING = ("requests_total", "upstream_attempts_total", "tokens_total", "request_duration_seconds_count")


async def test_embeddings_have_no_baseline_which_is_a_model_that_writes(local: Upstream, cloud: Upstream) -> None:
    vectors = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
        "model": "m",
        "usage": {"prompt_tokens": 7, "total_tokens": 7},
    }
    local.then(answer(200, json.dumps(vectors).encode()))
    async with between(local, cloud, {"destinations.qwen.cost": {"gpu_hour_usd": 1800}}) as gate:
        assert (await gate.post({"model": "auto", "input": "easy"}, "/v1/embeddings")).status == 200
        exchange = await gate.until_observed()
        assert (exchange.usage is not None, exchange.cost is not None, exchange.baseline_cost) == (True, True, None)


class Books:
    """What an upstream is to answer, and what it then has answered: the usage of each."""

    def __init__(self, dice: Random, count: int) -> None:
        self.usages = [(dice.randrange(1, 5_000), dice.randrange(1, 500)) if dice.random() < 0.8 else None for _ in range(count)]

    @property
    def scripts(self) -> list[Script]:
        return [failing(500) if usage is None else chat(usage=usage) for usage in self.usages]

    def holds(self, metrics: dict[tuple[str, frozenset[tuple[str, str]]], float], target: str, upstream: Upstream) -> None:
        made = self.usages[: len(upstream.bodies)]
        assert total(metrics, "tidegate_upstream_attempts_total", target=target) == len(made)
        assert total(metrics, "tidegate_upstream_attempts_total", target=target, ending="Served") == len([one for one in made if one])
        for kind, place in (("prompt", 0), ("completion", 1)):
            assert total(metrics, "tidegate_tokens_total", target=target, kind=kind) == sum(one[place] for one in made if one)


async def test_metrics_say_what_upstreams_counted(local: Upstream, cloud: Upstream) -> None:
    dice = Random(11)
    here, there = Books(dice, 400), Books(dice, 400)
    local.then(*here.scripts)
    cloud.then(*there.scripts)
    async with between(local, cloud) as gate:
        sent = [ask("easy", dice.choice(["auto", "qwen", "gpt"])) if dice.random() < 0.5 else ask("hard " * 20) for _ in range(120)]
        for start in range(0, len(sent), 4):
            await asyncio.gather(*(gate.post(one) for one in sent[start : start + 4]))
        await gate.until_observed(len(sent))
        metrics = await gate.metrics()
        here.holds(metrics, "qwen", local)
        there.holds(metrics, "gpt", cloud)
        assert total(metrics, "tidegate_requests_total") == total(metrics, "tidegate_request_duration_seconds_count") == len(sent)
        assert total(metrics, "tidegate_egress_requests_total", target="gpt") == len(cloud.bodies)
        assert total(metrics, "tidegate_egress_bytes_total", target="gpt") == sum(map(len, cloud.bodies))
        paid = [usage for usage in there.usages[: len(cloud.bodies)] if usage]
        assert round(total(metrics, "tidegate_cost_usd_total") * 1e6) == sum(prompt + 10 * answer for prompt, answer in paid)
        assert total(metrics, "tidegate_cost_unknown_total", target="qwen") == len([one for one in here.usages[: len(local.bodies)] if one])


async def test_there_are_no_more_series_than_was_said(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        for script in (chat(), failing(500), failing(400), words("a")):
            local.then(script)
            cloud.then(script)
            for body in (ask(), ask("x" * 60), ask(stream=True), ask(model="gpt"), ask(model="unknown"), b"nonsense"):
                await gate.post(body)
        most = series(possible(gate.live.runtime.plan, CODES))
        assert len(await gate.metrics()) <= sum(most.values())


async def scraped(gate: Gateway) -> tuple[str, bytes]:
    reply = await get(gate.admin, "/metrics", OPEN)
    return reply.headers["content-type"], reply.body


async def test_openmetrics_shows_which_request_was_slow_and_nothing_of_it(local: Upstream, cloud: Upstream) -> None:
    local.then(words("a", "b"))
    async with between(local, cloud) as gate:
        await gate.post(ask("my secret plan", stream=True), headers={"x-request-id": "my secret id"})
        exchange = await gate.until_observed()
        content_type, body = await scraped(gate)
        assert content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
        families = {family.name: family for family in text_string_to_metric_families(body.decode())}  # type: ignore[no-untyped-call]
        for name in ("request_duration_seconds", "time_to_first_token_seconds", "time_per_output_token_seconds"):
            shown = [sample.exemplar.labels for sample in families[f"tidegate_{name}"].samples if sample.exemplar]
            assert shown == [{"request_id": exchange.request_id}], name
        assert b"secret" not in body
        assert samples((await get(gate.admin, "/metrics")).body).keys() == {
            (sample.name, frozenset(sample.labels.items())) for family in families.values() for sample in family.samples
        }


@pytest.mark.skipif(bool(missing()), reason=missing())
async def test_a_real_prometheus_shows_which_requests_they_were(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    local.then(words("a", "b"))
    async with between(local, cloud) as gate, prometheus(tmp_path, {"tidegate": [gate.admin]}) as watch:
        begun = time.time()
        for _ in range(3):
            await gate.post(ask(stream=True))
        await gate.until_observed(3)
        known = {exchange.request_id for exchange in gate.exchanges}
        async with asyncio.timeout(PATIENCE_S):
            while not (seen := await watch.exemplars("tidegate_time_to_first_token_seconds_bucket", begun, time.time() + 1)):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        assert {one["request_id"] for one in seen} <= known
        assert await watch.total("sum(tidegate_requests_total)") == 3


async def test_promtool_has_no_objection_to_a_gateway_that_has_served(local: Upstream, cloud: Upstream) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    async with between(local, cloud) as gate:
        await gate.post(ask())
        body = (await get(gate.admin, "/metrics")).body
    said = await asyncio.to_thread(subprocess.run, [promtool, "check", "metrics"], input=body, capture_output=True, check=False)
    assert (said.returncode, said.stdout + said.stderr) == (0, b"")


def children(gate: Process) -> list[int]:
    """The workers' process ids."""
    return [int(one) for one in Path(f"/proc/{gate.process.pid}/task/{gate.process.pid}/children").read_text().split()]


Shown = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def shown(gate: Process) -> Shown:
    """What may only rise."""
    found = samples((await get(gate.admin, "/metrics")).body)
    return {key: value for key, value in found.items() if key[0].removeprefix("tidegate_") in RISING}


async def until(gate: Process, name: str, value: float) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while total(samples((await get(gate.admin, "/metrics")).body), f"tidegate_{name}") != value:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.05)


async def test_what_was_shown_is_never_taken_back_when_a_worker_is_killed(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with process(configuration(local.url, cloud.url), tmp_path, workers=2) as gate:

        async def served(count: int) -> None:
            for _ in range(count):
                assert (await post(gate.port, ask(), headers=CLOSE)).status == 200

        await served(20)
        await until(gate, "requests_total", 20)
        before = await shown(gate)
        for _ in range(2):
            os.kill(children(gate)[0], signal.SIGKILL)
            after = await shown(gate)
            assert all(after[key] >= value for key, value in before.items())
            await until(gate, "workers", 2)
            await served(5)
            before = await shown(gate)
            assert all(before[key] >= value for key, value in after.items())
        await until(gate, "requests_total", 30)
        assert total(await shown(gate), "tidegate_upstream_attempts_total") == 30
        reply = await get(gate.admin, "/metrics", OPEN)
        families = {family.name: family for family in text_string_to_metric_families(reply.body.decode())}  # type: ignore[no-untyped-call]
        assert any(sample.exemplar for sample in families["tidegate_request_duration_seconds"].samples)
        gauges = {sample.labels["digest"]: sample.value for sample in families["tidegate_config_info"].samples}
        assert list(gauges.values()) == [1.0]
