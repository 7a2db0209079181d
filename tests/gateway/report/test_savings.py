import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.report.at_home import AtHome
from gateway.report.blocks import blocks
from gateway.report.columns import Requests, requests
from gateway.report.declared import Declared, Length
from gateway.report.period import Period
from gateway.report.savings import Savings, Spent, against, comparable, priced
from router.cost import Tariff, Usage, cost
from router.names import TargetName
from tests.fakes.usage import used

WEEK = Period.week("2026-W46")
PIECES = blocks(WEEK)
TARIFF = Tariff.per_million("1.25", "10", "0.125")
GPT = Declared("all_gpt", "gpt-5", TARIFF, TargetName("gpt"))
AS_LONG = Length()
NOTHING = Spent(PIECES, np.zeros(PIECES.many))


def saved(asked: Requests, length: Length = AS_LONG, spent: Spent = NOTHING, seed: int = 1) -> Savings:
    return against(GPT, length, asked, spent, priced(asked, TARIFF, "gpt"), seed)


def week(dice: np.random.Generator, dearer: float = 1.0) -> Requests:
    """Traffic whose days differ, and whose hours are alike within."""
    rows = []
    for hour in range(168):
        mood = math.exp(dice.normal(0, 0.3))
        rows += [
            used(
                at=WEEK.since + hour * 3_600 + 60.0 * at,
                target="qwen",
                prompt=1_000,
                completion=max(1, round(200 * mood)),
                cost=round(1_500 * dearer * math.exp(dice.normal(0, 0.2))),
            )
            for at in range(6)
        ]
    return requests(rows)


@pytest.mark.parametrize(
    ("changes", "is_in"),
    [
        pytest.param({}, True, id="answered, known"),
        pytest.param({"cost": None}, False, id="unknown cost"),
        pytest.param({"prompt": None, "completion": None}, False, id="answered, unknown tokens"),
        pytest.param({"prompt": None, "completion": None, "result": "failed"}, True, id="nobody answered, at a known cost"),
        pytest.param({"endpoint": "embeddings"}, False, id="embeddings"),
        pytest.param({"attempts": 0, "cost": None}, False, id="nobody was asked"),
    ],
)
def test_both_sides_hold_what_is_known(changes: dict[str, object], is_in: bool) -> None:
    assert comparable(requests([used(**changes)])).tolist() == [is_in]


def test_a_baseline_charges_what_the_formula_says() -> None:
    rows = [used(prompt=1_000, completion=500, cached=100), used(target="gpt", completion=7), used(prompt=None)]
    found = priced(requests(rows), TARIFF, "gpt")
    whole = cost(Usage(1_000, 500, 100), TARIFF)
    assert (found.steady + found.by_length).tolist() == [whole, cost(Usage(100, 7), TARIFF), 0]
    assert found.by_length.tolist() == [5_000, 0, 0]  # its own answers would not have been longer
    assert found.is_known.all()


def test_savings_are_what_it_would_have_cost_less_everything_that_was_spent() -> None:
    asked = requests(
        [used(at=WEEK.since, prompt=1_000_000, completion=0, cost=250_000), used(at=WEEK.since, result="failed", prompt=None, cost=50_000)]
    )
    idle = np.zeros(PIECES.many)
    idle[3] = 100_000
    found = saved(asked, spent=Spent(PIECES, idle))
    assert (found.baseline, found.spent, found.saved, found.share) == (1_250_000, 400_000, 850_000, 0.68)
    assert (found.compared, found.left_out) == (2, 0)


def test_savings_have_their_sign() -> None:
    found = saved(requests([used(prompt=1_000_000, completion=0, cost=2_000_000)]))
    assert found.saved == -750_000
    assert found.share == -0.6


def test_unknown_costs_are_in_neither_side_and_counted() -> None:
    known = [used(prompt=1_000, completion=100, cost=500)]
    alone, beside = saved(requests(known)), saved(requests([*known, used(cost=None), used(prompt=None)]))
    assert (beside.baseline, beside.spent, beside.compared, beside.left_out) == (alone.baseline, alone.spent, 1, 2)


def test_longer_answers_cost_more_except_the_baselines_own() -> None:
    asked = requests([used(prompt=0, completion=1_000), used(prompt=0, completion=1_000, target="gpt")])
    assert saved(asked, Length(1.5)).baseline == 25_000


def test_nothing_to_compare_is_not_zero() -> None:
    for rows in ([], [used(cost=None)]):
        found = saved(requests(rows))
        assert (found.baseline, found.saved, found.share, found.low, found.high) == (None,) * 5
    assert against(GPT, Length(), requests([used()]), NOTHING, None).saved is None


@given(
    costs=st.lists(st.integers(0, 10**9), min_size=1, max_size=20),
    tokens=st.integers(0, 10**6),
    beside=st.integers(0, 10**9),
    ratio=st.floats(0.5, 2),
)
def test_savings_are_the_difference_whatever_the_figures(costs: list[int], tokens: int, beside: int, ratio: float) -> None:
    asked = requests([used(at=WEEK.since + 3_600.0 * at, cost=one, completion=tokens, prompt=1) for at, one in enumerate(costs)])
    found = saved(asked, Length(ratio), Spent(PIECES, np.full(PIECES.many, beside / PIECES.many)))
    assert found.baseline is not None
    assert found.spent == pytest.approx(sum(costs) + beside, abs=1)
    assert found.saved == found.baseline - found.spent
    if found.low is not None and found.high is not None:
        assert found.low <= found.saved + 1
        assert found.high >= found.saved - 1


def test_the_same_seed_gives_the_same_interval() -> None:
    asked = week(np.random.default_rng(1))
    assert saved(asked) == saved(asked)
    assert saved(asked).low != saved(asked, seed=2).low


def test_the_interval_has_the_truth_in_it_nineteen_of_twenty_times() -> None:
    # What is saved on each dollar, over many such weeks.
    many = [saved(week(np.random.default_rng(1_000 + number))) for number in range(60)]
    truth = 1 - sum(one.spent for one in many) / sum(one.baseline or 0 for one in many)
    hits = sum((one.low or 0) <= truth * (one.baseline or 0) <= (one.high or 0) for one in many)
    assert 52 <= hits <= 60, hits


def test_a_length_that_is_not_known_exactly_widens_the_interval() -> None:
    asked = week(np.random.default_rng(1))
    exact, vague = saved(asked, Length(1.2)), saved(asked, Length(1.2, 0.9, 1.6))
    assert None not in (exact.low, exact.high, vague.low, vague.high)
    assert exact.saved == vague.saved
    assert (vague.high or 0) - (vague.low or 0) > 2 * ((exact.high or 0) - (exact.low or 0))


def test_too_few_blocks_give_no_interval() -> None:
    pieces = blocks(Period(WEEK.since, WEEK.since + 3 * 3_600, "three hours"))
    found = saved(requests([used(at=WEEK.since)]), spent=Spent(pieces, np.zeros(pieces.many)))
    assert found.saved is not None
    assert (found.low, found.high) == (None, None)


def home(by_length: float, had: float = 3_600.0) -> AtHome:
    at = WEEK.since + 3_600 * np.arange(168, dtype=np.float64)
    return AtHome(at, np.full(168, 1_000.0), np.full(168, by_length), np.full(168, had), 100.0, 1, 1, np.full(168, 3_600.0))


def test_at_home_it_is_the_bill_if_the_gpus_could_have_taken_it() -> None:
    asked = week(np.random.default_rng(1))
    declared = Declared("at_home", "your own GPUs")
    found = against(declared, Length(), asked, NOTHING, home(1_000))
    assert (found.baseline, found.gpus, found.needed) == (168 * 360_000, 1, 1)
    assert found.saved == 168 * 360_000 - found.spent


def test_at_home_the_least_is_the_bill_as_it_was() -> None:
    asked = week(np.random.default_rng(1))
    found = against(Declared("at_home", "your own GPUs"), Length(), asked, NOTHING, home(5_000))
    assert (found.baseline, found.needed, found.least) == (3 * 168 * 360_000, 3, 168 * 360_000)
    assert found.low is not None
    assert found.low <= 168 * 360_000 - found.spent
