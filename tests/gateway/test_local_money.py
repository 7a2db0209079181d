"""What a scrape shows of local engines' money, when one process or several have counted."""

from collections.abc import Mapping

import pytest

from gateway.local_money import HOUR_S, STEP_S, LocalMoney
from gateway.tally import Count, Tally, added


class Clock:
    """Time, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def tally(
    reserved: float, allocated: float, *, energy: float = 0.0, tokens: float = 0.0, baseline: float = 0.0, target: str = "qwen"
) -> Tally:
    """What was counted of a machine with two GPUs for a dollar a second."""
    kinds = (("allocated", allocated), ("idle", reserved), *((("energy", energy),) if energy else ()))
    return Tally(
        {
            "local_cost_usd_total": tuple(Count((target, kind), value) for kind, value in kinds),
            "local_gpu_seconds_total": (Count((target, "busy"), allocated * 2), Count((target, "idle"), reserved * 2)),
            "tokens_total": (
                Count(("local", target, "prompt"), tokens * 0.75),
                Count(("local", target, "cached"), tokens * 0.5),
                Count(("local", target, "completion"), tokens * 0.25),
                Count(("cloud", "gpt", "prompt"), 1e9),
            ),
            "baseline_cost_usd_total": (Count(("local", target), baseline), Count(("cloud", "gpt"), baseline)),
        },
        {},
        {"workers": (Count((), 2.0),)},
    )


def numbers(tally: Tally) -> Mapping[tuple[str, ...], float]:
    """By family and labels."""
    names = "local_cost_usd_total", "local_gpu_seconds_total", "unit_cost_usd_per_million_tokens", "breakeven_ratio"
    rows = {**tally.counts, **tally.gauges}
    return {(name, *labels): value for name in names for labels, value in rows.get(name, ())}


def test_what_is_not_allocated_is_idle() -> None:
    assert numbers(LocalMoney().shown(tally(10, 4))) == {
        ("local_cost_usd_total", "qwen", "allocated"): 4,
        ("local_cost_usd_total", "qwen", "idle"): 6,
        ("local_gpu_seconds_total", "qwen", "busy"): 8,
        ("local_gpu_seconds_total", "qwen", "idle"): 12,
    }


def test_of_several_workers_the_sum_is_the_bill() -> None:
    shown = numbers(LocalMoney().shown(added((tally(10, 4), tally(0, 5)), {})))
    assert shown["local_cost_usd_total", "qwen", "allocated"] + shown["local_cost_usd_total", "qwen", "idle"] == 10


def test_what_is_idle_never_falls() -> None:
    money = LocalMoney()
    idle = [numbers(money.shown(tally(10, allocated)))["local_cost_usd_total", "qwen", "idle"] for allocated in (4, 5, 4.5, 3)]
    assert idle == [6, 6, 6, 7]


def test_nothing_is_made_up_where_nothing_is_reserved() -> None:
    nothing = Tally({"tokens_total": (Count(("local", "qwen", "prompt"), 1.0),)})
    assert LocalMoney().shown(nothing) is nothing


def test_tokens_have_prices() -> None:
    shown = LocalMoney().shown(tally(10, 4, energy=1, tokens=2_000_000, baseline=15))
    assert {name: value for name, value in numbers(shown).items() if not name[0].startswith("local")} == {
        ("unit_cost_usd_per_million_tokens", "qwen", "full"): 5,
        ("unit_cost_usd_per_million_tokens", "qwen", "allocated"): 2,
        ("unit_cost_usd_per_million_tokens", "qwen", "marginal"): pytest.approx(0.2),
        ("breakeven_ratio", "qwen"): 1.5,
    }
    assert shown.gauges["workers"] == (Count((), 2.0),), "what else there is stays"


@pytest.mark.parametrize(
    ("counted", "missing"),
    [
        pytest.param(tally(10, 4, energy=1, baseline=15), "unit_cost_usd_per_million_tokens", id="no price of tokens without tokens"),
        pytest.param(tally(10, 4, energy=1, tokens=9), "breakeven_ratio", id="no comparison without a baseline"),
        pytest.param(tally(0, 0, tokens=9, baseline=9), "breakeven_ratio", id="no comparison with nothing"),
    ],
)
def test_what_is_not_known_is_not_there(counted: Tally, missing: str) -> None:
    assert not [name for name in numbers(LocalMoney().shown(counted)) if name[0] == missing]


def test_of_energy_nothing_is_said_that_is_not_known() -> None:
    assert ("unit_cost_usd_per_million_tokens", "qwen", "marginal") not in numbers(LocalMoney().shown(tally(10, 4, tokens=9)))


def test_prices_are_of_the_last_hour() -> None:
    clock = Clock()
    money, full = LocalMoney(clock), list[float]()
    for minute in range(1, 181):  # a dollar and a thousand tokens a minute for two hours, then half of them
        clock.now += STEP_S
        tokens = 1000 * minute - 500 * max(minute - 120, 0)
        shown = numbers(money.shown(tally(minute, 0, tokens=tokens)))
        full.append(shown["unit_cost_usd_per_million_tokens", "qwen", "full"])
    assert full[:120] == [pytest.approx(1000)] * 120
    assert full[149] == pytest.approx(60e6 / 45_000)
    assert full[179] == pytest.approx(2000)
    clock.now += 2 * HOUR_S
    assert numbers(money.shown(tally(190, 0, tokens=90_000 + 120_000)))["unit_cost_usd_per_million_tokens", "qwen", "full"] < 2000


def test_after_an_hour_without_tokens_there_is_no_price() -> None:
    clock = Clock()
    money, shown = LocalMoney(clock), dict[tuple[str, ...], float]()
    for minute in range(70):
        clock.now += STEP_S
        shown = dict(numbers(money.shown(tally(minute, 0, tokens=1000, baseline=3))))
    assert ("unit_cost_usd_per_million_tokens", "qwen", "full") not in shown
    assert shown["breakeven_ratio", "qwen"] == 0.0, "it would have cost nothing elsewhere"
