"""Canaries stay with what ships, are fresh each time, and tell when something is broken."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest

from gateway.canaries import CODED, PLAIN, VALUES, Canary, Result, canaries, judged, sing
from gateway.plan import Plan
from gateway.runtime import Runtime
from router.fleet import Fleet
from tests.fakes.gateway import compiled, configuration

CONTENT = ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
PLAN = compiled(configuration(*CONTENT))
PATTERNED = set(VALUES) - {"person"}


def runtime(plan: Plan = PLAN, **members: Any) -> Runtime:
    return Runtime(plan=plan, upstreams={}, fleet=Fleet(plan.policy.targets.values()), **members)


async def test_every_canary_stays_in_every_form() -> None:
    counted: list[Result] = []
    tally = await sing(runtime(), counted.append)
    assert tally == {(category, "kept"): len(PLAIN) + len(CODED) for category in PATTERNED}
    assert Counter(counted) == {"kept": len(PATTERNED) * (len(PLAIN) + len(CODED))}


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_values_the_dice_give(seed: int) -> None:
    tally = await sing(runtime(), dice=Random(seed))
    assert {result for _, result in tally} == {"kept"}


REDACTING = compiled(
    configuration(
        *CONTENT,
        {"sensitivity.on_explicit_model": "redact", "routes": [{"name": "all", "to": ["gpt"], "fallback": ["qwen"], "redact": True}]},
    )
)


async def test_what_leaves_only_redacted_has_stayed() -> None:
    tally = await sing(runtime(REDACTING))
    assert {result for _, result in tally} == {"kept"}
    tally = await sing(runtime(replace(REDACTING, fast=())))
    assert tally["card", "leaked"] == len(PLAIN) + len(CODED)


def test_values_are_fresh_and_ask_to_leave() -> None:
    first, second = (list(canaries(PLAN, Random(seed))) for seed in (1, 2))
    assert not {canary.body for canary in first} & {canary.body for canary in second}
    assert {msgspec.json.decode(canary.body)["model"] for canary in first} == {"auto:best", "gpt"}
    assert "model" not in repr(first[0])
    assert "card" in repr(first[0])


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param({"sensitivity.detectors": ["secrets"]}, id="what no detector looks for"),
        pytest.param({"sensitivity.labels": dict.fromkeys(PATTERNED - {"credential"}, "public")}, id="what may go anywhere"),
    ],
)
async def test_there_are_canaries_only_of_what_the_plan_keeps(edits: dict[str, Any]) -> None:
    assert {category for category, _ in await sing(runtime(compiled(configuration(*CONTENT, edits))))} == {"credential"}


async def test_detectors_that_find_nothing_let_canaries_leak(caplog: pytest.LogCaptureFixture) -> None:
    blind = replace(PLAN, fast=())
    canary = next(canaries(blind, Random(1)))
    assert await judged(runtime(blind), canary) == "leaked"
    tally = await sing(runtime(blind))
    assert {result for _, result in tally} == {"leaked"}
    record = caplog.records[0]
    assert (record.message, record.levelname, record.__dict__["category"]) == ("canary leaked", "ERROR", "card")
    for one in canaries(blind, Random(1)):
        assert one.body.decode() not in str([record.__dict__ for record in caplog.records])


async def test_what_the_policy_allows_is_no_leak() -> None:
    plan = compiled(configuration(*CONTENT, {"sensitivity.labels": dict.fromkeys(PATTERNED, "internal")}))
    canary = Canary("email", "said", b'{"model": "gpt", "messages": [{"role": "user", "content": "write to a.b@tidegate-mail.org"}]}')
    assert await judged(runtime(plan), canary) == "kept"


async def test_a_lockdown_keeps_them_too() -> None:
    locked = runtime(replace(PLAN, fast=()))
    locked.lockdown.turn(on=True)
    assert {result for _, result in await sing(locked)} == {"kept"}


async def test_what_cannot_be_judged_has_failed(caplog: pytest.LogCaptureFixture) -> None:
    assert await judged(runtime(), Canary("card", "said", b"no json")) == "failed"
    assert "defect" in caplog.text
    tally = await sing(runtime(replace(PLAN, meanings={})))
    assert {result for _, result in tally} == {"failed"}


async def test_slow_detectors_are_asked_about_what_would_leave() -> None:
    slow = {"sensitivity.detectors": [{"tests.fakes.word_detector": {"is_slow": True, "words": ["card", "email", "person"]}}]}
    plan = compiled(configuration(*CONTENT, slow))
    with ThreadPoolExecutor(1) as pool:
        tally = await sing(runtime(plan, pool=pool))
    assert tally["card", "kept"] >= len(PLAIN)
    assert tally["person", "leaked"] == len(PLAIN), "the word itself does not stand in it"
