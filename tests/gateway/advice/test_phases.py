import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.advice.phases import Migration, migration
from gateway.advice.traffic import counted
from gateway.cli.judge import judge
from gateway.config.compile import compile_text
from gateway.config.strict_yaml import read
from gateway.wire.prompts import ask_of_text
from router.cost import Tariff
from tests.fakes.usage import used
from tests.fakes.week import HOUSE, house, requests

ROOT = Path(__file__).parents[3]
GPT = Tariff.per_million(1, 10)


def moves(text: str = HOUSE) -> Migration:
    content = read(text).content
    assert isinstance(content, dict)
    found = migration(content, None)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["default", "hybrid", "healthcare"])
def test_every_patch_compiles_and_lets_nobody_anywhere_new(name: str) -> None:
    path = ROOT / "configs" / f"{name}.yaml"
    text = path.read_text()
    content: dict[str, Any] = yaml.safe_load(text)
    found = migration(content, None)
    before = compile_text(text, os.environ, path.parent, needs_secrets=False)
    if found is None:
        assert name == "healthcare", "its routes home have no way out"
        return
    for phase in found.phases:
        patched = yaml.safe_dump(content | yaml.safe_load(phase.patch), sort_keys=False)
        after = compile_text(patched, os.environ, path.parent, needs_secrets=False)
        for key, decision in after.policy.decisions.items():
            if key.rule >= 0 and after.policy.rules[key.rule].name.endswith("-not-yet"):
                rule = after.policy.rules[key.rule + 1]
                (twin,) = (one for one in before.policy.rules if one.name == rule.name)
                assert {target.name for target in decision.chain} <= {target.name for target in twin.to + twin.fallback}


def test_so_many_come_home_as_the_phase_says() -> None:
    content = yaml.safe_load(HOUSE)
    asks = [ask_of_text(f"What is the capital of country number {number}?", "auto", 64) for number in range(400)]
    for phase in moves().phases:
        plan, _ = house(yaml.safe_dump(content | yaml.safe_load(phase.patch)))
        home = sum(judge(plan, ask).path == "local" for ask in asks)
        assert home / 400 == pytest.approx(phase.percent / 100, abs=0.075)  # three standard deviations


def test_phases_hold_back_less_and_less_and_the_last_is_the_configuration() -> None:
    found = moves()
    assert [(phase.name, phase.percent) for phase in found.phases] == [
        ("shadow", 0), ("5%", 5), ("25%", 25), ("50%", 50), ("75%", 75), ("full", 100)
    ]  # fmt: skip
    assert found.movable == ("easy",)
    twins = [dict(route) for phase in found.phases for route in phase.routes if str(route["name"]).endswith("-not-yet")]
    assert twins == [
        {"name": "easy-not-yet", "when": {"share": f"{held}%"}, "to": ["gpt"], "fallback": ["qwen"]} for held in (100, 95, 75, 50, 25)
    ]
    assert list(found.phases[-1].routes) == yaml.safe_load(HOUSE)["routes"]


def test_a_twin_stands_right_before_its_route_and_has_its_conditions() -> None:
    text = HOUSE.replace(
        "{name: easy, to: [qwen]", '{name: short, when: {tokens: "< 100"}, to: qwen, fallback: [claude, gpt]}\n  - {name: easy, to: [qwen]'
    )
    names = [route["name"] for route in moves(text).phases[1].routes]
    assert names == ["sensitive", "hard", "short-not-yet", "short", "easy-not-yet", "easy"]
    twin = moves(text).phases[1].routes[2]
    assert twin == {"name": "short-not-yet", "when": {"tokens": "< 100", "share": "95%"}, "to": ["claude", "gpt"], "fallback": ["qwen"]}


def test_a_configuration_in_a_phase_knows_where_it_is_and_is_not_changed_twice() -> None:
    content = yaml.safe_load(HOUSE)
    for phase in moves().phases:
        again = moves(yaml.safe_dump(content | yaml.safe_load(phase.patch)))
        assert again.now == phase.percent
        assert again.phases == moves().phases


def test_twins_that_differ_are_in_no_phase() -> None:
    text = HOUSE.replace(
        "{name: easy, to: [qwen]", '{name: short, when: {tokens: "< 100"}, to: [qwen], fallback: [gpt]}\n  - {name: easy, to: [qwen]'
    )
    content = yaml.safe_load(text) | yaml.safe_load(moves(text).phases[1].patch)
    content["routes"][2]["when"]["share"] = 0.5
    assert moves(yaml.safe_dump(content)).now is None


@pytest.mark.parametrize(
    "route",
    [
        pytest.param("{name: easy, to: [qwen]}", id="no way out"),
        pytest.param("{name: easy, to: [gpt], fallback: [qwen]}", id="out first"),
        pytest.param("{name: easy, to: [qwen], fallback: [gpt], redact: true}", id="redacted"),
    ],
)
def test_what_cannot_move_is_left_alone(route: str) -> None:
    content = yaml.safe_load(HOUSE.replace("{name: easy, to: [qwen], fallback: [gpt]}", route))
    assert migration(content, None) is None


def test_figures_are_of_the_traffic() -> None:
    plan, content = house()
    held = [used(path="cloud", target="gpt", route="easy-not-yet", prompt=1_000, completion=100) for _ in range(0)]
    found = migration(content, counted(plan, [*requests(), *held]), "gpt", GPT)
    assert found is not None
    half = found.phases[3]
    assert half.home_a_day == 168
    assert half.closed_usd == 2_352 * Fraction("0.002") * Fraction(730, 168) / 2
    assert found.phases[5].closed_usd == 0
    unpriced = migration(content, counted(plan, requests()))
    assert unpriced is not None
    assert (unpriced.phases[3].home_a_day, unpriced.phases[3].closed_usd) == (Fraction(168), None)


def test_what_a_migration_holds_back_can_come_home_too() -> None:
    plan, content = house()
    rows = [used(prompt=1_000, completion=100), used(path="cloud", target="gpt", route="easy-not-yet", prompt=1_000, completion=100)]
    found = migration(content, counted(plan, rows), "gpt", GPT)
    assert found is not None
    assert found.phases[5].home_a_day == 48, "both, in the one hour that was measured"
    assert found.phases[0].closed_usd == 2 * Fraction("0.002") * 730
