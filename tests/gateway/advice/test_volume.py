from fractions import Fraction

import pytest

from gateway.advice.traffic import counted
from gateway.advice.volume import a_month, blended, gpus_usd, room, standings
from tests.fakes.usage import called, leased, used
from tests.fakes.week import HOUSE, house, minutes, requests

PLAN, _ = house()
WEEK = counted(PLAN, requests(), minutes())
MONTH = Fraction(730, 168)


def test_a_month_is_730_hours() -> None:
    assert a_month(WEEK) == MONTH


def test_break_even_by_hand() -> None:
    (stand,) = standings(PLAN, WEEK)
    assert stand.origin == "leased"
    assert stand.gpus_usd == 2 * 168 * 2 * MONTH == 2_920
    assert stand.requests_a_day == 336
    assert stand.idle_usd == 2_190
    gpt, claude = stand.against
    assert (gpt.model, claude.model) == ("gpt", "claude")
    assert gpt.value_usd == 2_352 * Fraction("0.002") * MONTH
    assert gpt.ratio == stand.ratio == gpt.value_usd / 2_920
    assert gpt.requests_a_day == Fraction(2_920 * 500 * 24, 730)
    assert claude.value_usd == 2_352 * Fraction("0.0045") * MONTH


def test_without_rows_of_gpus_the_configured_price_holds_for_every_hour() -> None:
    (stand,) = standings(PLAN, counted(PLAN, requests()))
    assert stand.origin == "configured"
    assert float(stand.gpus_usd) == pytest.approx(2 * 2 * 730)
    assert (stand.room, stand.idle_usd) == (None, None)


def test_without_a_price_nothing_is_said() -> None:
    plan, _ = house(HOUSE.replace("    cost: {gpu_hour_usd: 2.0}\n", ""))
    traffic = counted(plan, requests())
    assert gpus_usd(plan, traffic, "qwen") is None
    assert standings(plan, traffic) == ()
    assert blended(plan, traffic).gpus_usd is None
    assert blended(plan, traffic).million_usd is None
    assert standings(PLAN, counted(PLAN, [])) == ()


def test_without_work_at_home_no_number_pays() -> None:
    (stand,) = standings(PLAN, counted(PLAN, [used(path="cloud", target="gpt", first="gpt")], [leased(reserved=2_000_000)]))
    assert stand.ratio == 0
    assert [one.requests_a_day for one in stand.against] == [None, None]


def test_gpus_that_cost_nothing_have_no_ratio_to_speak_of() -> None:
    (stand,) = standings(PLAN, counted(PLAN, [used()], [leased(reserved=0)]))
    assert stand.ratio == 0


def test_several_local_targets_stand_together_and_alone() -> None:
    text = HOUSE.replace("to: [qwen], fallback: [gpt]", "to: [small, qwen], fallback: [gpt]").replace(
        "  gpt:\n", "  small: {kind: openai_compatible, zone: local, url: http://127.0.0.1:8009/v1, model: s, clearance: restricted,\n"
        "    cost: {gpu_hour_usd: 1.0}}\n  gpt:\n", 1,
    )  # fmt: skip
    plan, _ = house(text)
    traffic = counted(plan, [*requests(), used(target="small", prompt=None)], minutes())
    stands = standings(plan, traffic)
    assert [stand.targets for stand in stands] == [("qwen", "small"), ("qwen",), ("small",)]
    assert stands[0].gpus_usd == stands[1].gpus_usd + stands[2].gpus_usd
    assert stands[0].origin == "configured", "one of them"
    assert stands[0].work.uncounted == 1


def test_room_is_what_the_busiest_hour_leaves() -> None:
    assert room(WEEK, ("qwen",)) == pytest.approx(0.7 / 0.3)
    assert room(WEEK, ("nobody",)) is None
    assert room(counted(PLAN, requests(), minutes(busy=1.0)), ("qwen",)) == 1.0


def test_what_may_not_leave_is_said() -> None:
    (stand,) = standings(PLAN, counted(PLAN, [used(), used(label="restricted")], minutes()))
    assert stand.sensitive == Fraction(1, 2)


def test_the_period_as_it_was() -> None:
    found = blended(PLAN, WEEK)
    assert (found.closed_usd, found.gpus_usd) == (Fraction("5.04"), Fraction(672))
    tokens = 2_352 * 1_100 + 1_680 * 1_200
    assert found.million_usd == Fraction("677.04") * 1_000_000 / tokens
    assert (found.beside_usd, found.unpriced, found.uncounted) == (Fraction(0), 0, 0)


def test_what_closed_models_charged_is_without_gpus_and_with_what_nobody_was_served() -> None:
    """A local answer of 40,000 was rejected, in the GPUs' bill; one of `claude` was outrun; a stream of `gpt` broke off."""
    cloud = used(path="cloud", target="gpt")
    rows = [
        cloud._replace(request_id="e", cost=1_040_000, beside=40_000, cascade="escalated"),
        cloud._replace(request_id="h", cost=1_500_000, beside=500_000, hedge="primary"),
        cloud._replace(request_id="b", cost=250_000, result="broken"),
        cloud._replace(request_id="k", cost=2_000_000, beside=0, cascade="kept"),
        cloud._replace(request_id="u", cost=None, beside=None, prompt=9_000, completion=9_000),
    ]
    calls = [
        called(request_id="e", ending="Rejected", failure="", cost=40_000, gpu_s=0.5),
        called(request_id="e", target="gpt", ending="Served", failure="", cost=1_000_000),
        called(request_id="h", target="claude", ending="Outrun", failure="", cost=500_000),
        called(request_id="h", target="gpt", ending="Served", failure="", cost=1_000_000),
        called(request_id="k", target="gpt", ending="Rejected", failure="", cost=2_000_000),
    ]
    found = blended(PLAN, counted(PLAN, rows, minutes(), (), calls))
    assert found.closed_usd == Fraction("4.75")
    assert found.gpus_usd is not None
    assert found.million_usd == (found.closed_usd + found.gpus_usd) * 1_000_000 / (3 * 120), "three answers of known cost"


def test_embeddings_are_worth_nothing_at_a_model_that_writes() -> None:
    (without,) = standings(PLAN, WEEK)
    vectors = [
        used(at=one.at, request_id=f"e{number}", endpoint="embeddings", prompt=50_000, completion=0)
        for number, one in enumerate(requests())
    ]
    (found,) = standings(PLAN, counted(PLAN, [*requests(), *vectors], minutes()))
    assert found.work.requests > without.work.requests
    assert found.against == without.against
