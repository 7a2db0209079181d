"""Every request ends in exactly one exchange; metrics and logs say what happened and nothing of what was said."""

import json
import random
import string
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.observers.prometheus import FAMILIES, PREFIX
from tests.fakes.client import ask, caller, get
from tests.fakes.gateway import Gateway, between, configuration, gateway, total
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Reset, Sleep
from tests.fakes.upstream import HEAD, Script, Upstream, answer, chat, chunk, delta, failing, words

NOISE = random.Random(7)


def noise() -> str:
    return "".join(NOISE.choices(string.ascii_letters + string.digits + ' \u00e9\u4e2d{}"\\', k=30))


async def leaving(gate: Gateway, local: Upstream) -> None:
    before = len(local.bodies)
    async with caller(gate.port) as one:
        one.post(ask(model="qwen", stream=True))
        await local.until(requests=before + 1)
        await one.leave()


MIX: list[tuple[Script, dict[str, Any] | bytes | None, str]] = [
    (chat(), ask(), "served"),
    (words("a", "b"), ask(stream=True), "served"),
    (chat(), ask("x" * 60), "served"),
    (failing(500), ask(), "served"),
    (failing(500), ask(model="qwen"), "failed"),
    (failing(400), ask(model="qwen"), "refused"),
    ((HEAD, chunk(delta("a")), Reset()), ask(stream=True), "broken"),
    ((Sleep(30),), None, "abandoned"),
    (chat(), b"nonsense", "invalid"),
    (chat(), ask(model=noise()), "invalid"),
    (chat(), ask(Canary().say), "served"),
    (answer(200, b"[]"), ask(Canary().say), "failed"),
]


async def test_every_request_is_counted_once_by_how_it_ended(local: Upstream, cloud: Upstream) -> None:
    expected: dict[str, int] = {}
    async with between(local, cloud) as gate:
        for script, body, result in MIX * 2:
            local.then(script)
            expected[result] = expected.get(result, 0) + 1
            await (leaving(gate, local) if body is None else gate.post(body))
            assert (await gate.until_observed(sum(expected.values()))).result == result
        metrics = await gate.metrics()
        counted = {result: total(metrics, "tidegate_requests_total", result=result) for result in expected}
        assert counted == expected
        sent = len(MIX) * 2
        assert total(metrics, "tidegate_requests_total") == sent
        assert total(metrics, "tidegate_request_duration_seconds_count") == sent
        assert total(metrics, "tidegate_sensitivity_requests_total") == sent - expected["invalid"]
        assert total(metrics, "tidegate_routes_total") == sent - expected["invalid"]
        assert total(metrics, "tidegate_stream_terminations_total", kind="complete") == 2
        assert total(metrics, "tidegate_stream_terminations_total", kind="broken") == 2
        assert total(metrics, "tidegate_stream_terminations_total", kind="abandoned") == 2
        assert total(metrics, "tidegate_time_to_first_token_seconds_count") == 4
        assert total(metrics, "tidegate_egress_requests_total") == len(cloud.bodies) == 4
        assert total(metrics, "tidegate_pii_findings_total", category="card") == 4
        assert total(metrics, "tidegate_requests_in_flight") == 0
        lines = [json.loads(line) for line in gate.log.getvalue().splitlines()]
        assert len(lines) == sent
        assert len({line["request_id"] for line in lines}) == sent


async def test_money_and_tokens_are_what_the_target_reported(local: Upstream, cloud: Upstream) -> None:
    cloud.then(chat(usage=(1000, 100)))
    local.then(chat(usage=(2000, 200)))
    async with between(local, cloud) as gate:
        await gate.post(ask(model="gpt"))
        await gate.post(ask(model="qwen"))
        local.then(chat(usage=None))
        await gate.post(ask(model="qwen"))
        metrics = await gate.metrics()
        assert total(metrics, "tidegate_tokens_total", target="gpt", kind="prompt") == 1000
        assert total(metrics, "tidegate_tokens_total", target="qwen", kind="completion") == 200
        assert total(metrics, "tidegate_cost_usd_total", path="cloud") == pytest.approx(0.002)
        assert total(metrics, "tidegate_cost_unknown_total", target="qwen") == 2, "no price: unknown, not zero"
        assert total(metrics, "tidegate_baseline_cost_usd_total", path="cloud") == pytest.approx(0.002)
        assert total(metrics, "tidegate_baseline_cost_usd_total", path="local") == 0, "what it cost is not known, nor what it saved"
        assert total(metrics, "tidegate_egress_bytes_total", target="gpt") == len(cloud.bodies[0])


UNSEEDED = {
    *("fallbacks_total", "redactions_total", "redaction_unrestored_total", "cascades_total", "spilled_total", "admission_refusals_total"),
    *("hedges_total", "local_cost_usd_total", "local_gpu_seconds_total", "otel_dropped_total", "usage_rows_total", "usage_rows_lost_total"),
    "batch_lines_total",
}
"""Counters without series where nothing falls back, is redacted, cascades, waits for room, is hedged or costs by the hour, no collector is
told and nothing is kept."""


async def test_the_exposition_is_well_formed_and_says_what_the_table_says(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        await gate.post(ask())
        reply = await get(gate.admin, "/metrics")
        assert reply.headers["content-type"].startswith("text/plain; version=")
        families = {family.name: family for family in text_string_to_metric_families(reply.body.decode())}
        for family in FAMILIES:
            shown = families[PREFIX + family.name.removesuffix("_total")]
            assert (shown.type, shown.documentation) == (family.kind, family.help)
            if family.kind == "counter" and family.name not in UNSEEDED:
                assert shown.samples, f"{family.name} is not seeded"
            for sample in shown.samples:
                assert sample.labels.keys() - {"le"} == set(family.labels)


async def test_callers_can_add_no_series(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:

        async def everything() -> None:
            for model in ("auto", "qwen", "gpt", noise()):
                for is_stream in (False, True):
                    local.then(words(noise()) if is_stream else chat(noise(), model=noise()))
                    cloud.then(words(noise()) if is_stream else chat(noise(), model=noise()))
                    headers = {"x-request-id": "r" + "".join(NOISE.choices(string.ascii_letters, k=9)), "user-agent": "u", "x-tenant": "t"}
                    await gate.post(ask(noise(), model, user=noise(), stream=is_stream, metadata={noise(): noise()}), headers=headers)
            await gate.post({"model": "auto", "prompt": noise()}, f"/v1/{NOISE.randrange(9)}")

        await everything()
        before = (await gate.metrics()).keys()
        for _ in range(5):
            await everything()
        assert (await gate.metrics()).keys() == before
        assert len(before) < 1000


async def test_an_odd_finish_reason_or_model_name_of_an_engine_is_not_repeated(local: Upstream, cloud: Upstream) -> None:
    odd = {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "because you said so"}
    local.then(chat(model="a model that you said", choices=[odd]))
    async with between(local, cloud) as gate:
        assert (await gate.post(ask())).status == 200
        assert (await gate.until_observed()).finish == "_other"
        for text in (gate.log.getvalue().decode(), (await get(gate.admin, "/metrics")).body.decode()):
            assert "you said" not in text


async def test_an_observer_that_fails_harms_nobody(local: Upstream, cloud: Upstream, caplog: pytest.LogCaptureFixture) -> None:
    def failing_observer(_exchange: object) -> None:
        raise RuntimeError("text of a caller")

    async with between(local, cloud) as gate:
        observers = gate.live.runtime.observers
        object.__setattr__(gate.live.runtime, "observers", (failing_observer, *observers))
        assert (await gate.post(ask())).status == 200
        await gate.until_observed()
        assert "defect" in caplog.text
        assert "text of a caller" not in caplog.text


async def test_observers_can_be_left_out(local: Upstream, cloud: Upstream) -> None:
    content = configuration(local.url, cloud.url, {"observers": {"log": False, "prometheus": False}})
    async with gateway(content) as gate:
        object.__setattr__(gate.live.runtime, "observers", ())
        assert (await gate.post(ask())).status == 200
        assert (await get(gate.admin, "/metrics")).status == 200
