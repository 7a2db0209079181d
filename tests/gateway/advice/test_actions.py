from fractions import Fraction

import pytest

from gateway.advice.action import Action
from gateway.advice.actions import actions, weighs_threshold
from gateway.advice.traffic import Traffic, counted
from gateway.advice.volume import standings
from gateway.plan import Plan
from tests.fakes.usage import leased, used
from tests.fakes.week import HOUSE, MONDAY, house, minutes, requests

PLAN, _ = house()
MONTH = Fraction(730, 168)


def found(traffic: Traffic, plan: Plan = PLAN) -> dict[str, Action]:
    stands = standings(plan, traffic)
    return {one.do: one for one in actions(plan, traffic, stands[0] if stands else None)}


def cheap_gpus(traffic: Traffic) -> Traffic:
    """The same, with GPUs that cost next to nothing, so that closed models are most of the bill."""
    for lease in traffic.leases.values():
        lease.reserved //= 1_000
    return traffic


def test_what_saves_most_stands_first() -> None:
    saved = [one.saves or 0 for one in found(counted(PLAN, requests(), minutes())).values()]
    assert saved == sorted(saved, reverse=True)
    assert len(saved) == 3


def test_gpus_that_nobody_needs_are_given_back() -> None:
    one = found(counted(PLAN, requests(), minutes()))["Send all of it to `gpt`, and give the GPUs back"]
    assert one.saves == 2_920 - 2_352 * Fraction("0.002") * MONTH
    assert not any("give the GPUs back" in do for do in found(counted(PLAN, [*requests(), used(label="restricted")], minutes())))


def test_nobody_gives_gpus_back_for_an_hour_of_traffic() -> None:
    one, lease = used(at=float(MONDAY), cost=1), leased(at=float(MONDAY) + 60.0)
    assert not any("give the GPUs back" in do for do in found(counted(PLAN, [one], [lease])))
    assert any("give the GPUs back" in do for do in found(counted(PLAN, [one, one._replace(at=MONDAY + 23 * 3_600.0)], [lease])))


def test_a_replica_that_the_busiest_hour_does_not_need_is_given_back() -> None:
    one = found(counted(PLAN, requests(), minutes()))["Run 1 replica of `qwen` instead of 2"]
    assert one.saves == one.gpus_usd == 1_460
    assert "0.6 of 2 replicas" in one.figures


@pytest.mark.parametrize(
    ("busy", "many", "needed"),
    [
        pytest.param(0.36, 2, None, id="just too much for one"),
        pytest.param(0.35, 2, 1, id="just not"),
        pytest.param(0.5, 4, 3, id="one of four"),
    ],
)
def test_replicas_are_full_at_seventy_per_cent(busy: float, many: int, needed: int | None) -> None:
    said = [do for do in found(counted(PLAN, requests(), minutes(busy=busy, replicas=many))) if do.startswith("Run")]
    assert said == ([] if needed is None else [f"Run {needed} replica{'s' * (needed > 1)} of `qwen` instead of {many}"])


def test_engines_that_answer_nobody_are_named() -> None:
    text = HOUSE.replace("to: [qwen], fallback: [gpt]", "to: [qwen], fallback: [spare, gpt]").replace(
        "  gpt:\n", "  spare: {kind: openai_compatible, zone: local, url: http://127.0.0.1:8009/v1, model: s, clearance: restricted,\n"
        "    cost: {gpu_hour_usd: 1.0}}\n  gpt:\n", 1,
    )  # fmt: skip
    plan, _ = house(text)
    one = found(counted(plan, requests(), minutes()), plan)["Give `spare` back, or see why nothing goes there"]
    assert one.saves == pytest.approx(730)
    assert "Give `qwen` back" not in " ".join(found(counted(PLAN, requests(), minutes())))


def test_a_day_has_to_be_over_before_replicas_go() -> None:
    early = counted(PLAN, [used(at=float(MONDAY))], [leased(at=float(MONDAY), replica=number, reserved=2_000_000) for number in (0, 1)])
    assert not any(do.startswith("Run") for do in found(early))


def test_a_higher_threshold_keeps_the_easiest_of_what_leaves() -> None:
    traffic = cheap_gpus(counted(PLAN, requests(), minutes()))
    one = found(traffic)["Raise the difficulty threshold from 0.5 to 0.71"]
    assert "50% of the scored requests that leave at home (840 of 1,680)" in one.figures
    assert one.saves == one.home_usd == 840 * Fraction("0.003") * MONTH  # difficulties 0.55, 0.59, 0.63, 0.67 and 0.71 of ten
    assert one.low is not None
    assert one.high is not None
    assert one.low < one.saves < one.high
    assert one.patch == "difficulty:\n  threshold: 0.71 # was 0.5"


def test_a_threshold_is_raised_only_as_far_as_there_is_room() -> None:
    busy = cheap_gpus(counted(PLAN, requests(), minutes(busy=0.64)))
    one = found(busy)["Raise the difficulty threshold from 0.5 to 0.55"]
    assert "10% of" in one.figures
    assert "Leave the threshold where it is" in found(cheap_gpus(counted(PLAN, requests(), minutes(busy=0.7))))


def test_without_rows_of_gpus_the_room_is_not_known_and_that_is_said() -> None:
    text = HOUSE.replace("gpu_hour_usd: 2.0", "gpu_hour_usd: 0.001")
    plan, _ = house(text)
    one = found(counted(plan, requests()), plan)["Raise the difficulty threshold from 0.5 to 0.71"]
    assert "whether the GPUs have room is not known" in one.figures


@pytest.mark.parametrize(
    "old",
    [pytest.param('"> threshold"', id="no rule asks for the threshold")],
)
def test_a_threshold_that_decides_nothing_is_left_alone(old: str) -> None:
    plan, _ = house(HOUSE.replace(old, '"> 0.4"'))
    assert not weighs_threshold(plan)
    assert not any("threshold" in do for do in found(counted(plan, requests(), minutes()), plan))


def test_what_leaves_without_being_hard_does_not_count() -> None:
    easy = counted(PLAN, [used(), used(path="cloud", target="gpt", difficulty=0.1)], minutes())
    assert not any("Raise" in do for do in found(easy))


def test_where_many_wait_there_is_more_or_less_goes_home() -> None:
    waiting = found(cheap_gpus(counted(PLAN, requests(queue_s=3.0), minutes())))
    assert waiting["Add a replica of `qwen`"].saves == pytest.approx(-2 * 730)
    rows = [used(difficulty=number / 1_000, queue_s=3.0, at=float(MONDAY), prompt=1_000) for number in range(500)]
    lower = found(counted(PLAN, rows))["Or lower the difficulty threshold from 0.5 to 0.4"]
    assert "20% of what may leave" in lower.figures
    assert lower.saves is not None
    assert lower.saves < 0


def test_few_who_wait_are_no_reason() -> None:
    assert not any("Add" in do for do in found(counted(PLAN, [*requests(), used(at=float(MONDAY), queue_s=3.0)], minutes())))


def test_the_same_work_at_a_cheaper_model_that_may_have_it() -> None:
    rows = [used(at=float(MONDAY), path="cloud", target="claude", prompt=1_000, completion=100, cost=5_000, beside=500) for _ in range(100)]
    one = found(counted(PLAN, rows))["Send what goes to `claude` to `gpt`"]
    assert one.saves == (Fraction("0.45") - Fraction("0.2")) * 730
    away, _ = house(HOUSE.replace("url: https://api.example.com/v1, model: gpt, clearance: internal", "url: https://api.example.com/v1, model: gpt, clearance: public").replace(
        '- {name: hard, when: {difficulty: "> threshold"}, to: [gpt, claude]', '- {name: hard, when: {label: public, difficulty: "> threshold"}, to: [gpt, claude]'
    ).replace("  - {name: easy, to: [qwen], fallback: [gpt]}", "  - {name: easy, to: [qwen], fallback: [claude]}"))  # fmt: skip
    assert not any("claude" in do for do in found(counted(away, rows), away)), "what is internal may not go there"


def test_trifles_are_left_out() -> None:
    rows = [used(at=float(MONDAY), path="cloud", target="claude", prompt=1_000, completion=100, cost=5_000)]
    assert not any("claude" in do for do in found(counted(PLAN, [*requests(), *rows], minutes())))
