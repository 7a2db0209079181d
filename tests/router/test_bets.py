import random
from collections import Counter

import pytest

from router.bets import MOST, Capital, until, upper_bound


@pytest.mark.parametrize(
    ("values", "bound"),
    [
        pytest.param([0.0] * 1_000, 0.004, id="what was never seen is rare: close to the rule of three"),
        pytest.param([0.0] * 900 + [1.0] * 100, 0.130, id="a tenth; the normal approximation says 0.116"),
        pytest.param([0.5, -0.5] * 500, 0.045, id="plus and minus; the normal approximation says 0.026"),
        pytest.param([0.0] * 5, 0.52, id="five values say little"),
        pytest.param([1.0] * 3, 1.0, id="no mean is above one"),
    ],
)
def test_a_bound_is_a_little_above_what_a_normal_approximation_says(values: list[float], bound: float) -> None:
    assert upper_bound(values, 0.05) == pytest.approx(bound, abs=0.005)


def test_a_bound_is_exceeded_as_rarely_as_was_said() -> None:
    dice = random.Random(5)
    exceeded = sum(upper_bound([float(dice.random() < 0.1) for _ in range(150)], 0.1) < 0.1 for _ in range(400))
    assert exceeded <= 40 + 19  # three standard deviations of 400 throws at a tenth


def test_a_smaller_doubt_needs_a_wider_bound() -> None:
    values = [0.0] * 90 + [1.0] * 10
    assert upper_bound(values, 0.2) < upper_bound(values, 0.05) < upper_bound(values, 0.001)


def test_moved_capital_is_that_of_what_was_moved_to() -> None:
    moved, straight = Capital(300, 0.05, 0.05), Capital(300, 0.05, 0.05)
    seen = [moved.suffices]
    for _ in range(20):
        straight.move(0.0, 1.0)
    for before, after in [(0.0, -0.5), (-0.5, 1.0), (1.0, 0.0)]:
        for _ in range(20):
            moved.move(before, after)
        seen.append(moved.suffices)
    assert seen == [True, True, straight.suffices, True]
    assert not straight.suffices


def test_without_a_value_nothing_is_known() -> None:
    assert not Capital(0, 0.5, 0.05).suffices


@pytest.mark.parametrize("counts", [Counter({0.0: 1}), Counter({0.0: 95, 1.0: 5}), Counter({0.0: 80, 1.0: 12, -1.0: 8})], ids=str)
def test_so_many_more_are_needed_and_no_fewer(counts: Counter[float]) -> None:
    more = until(counts, 10, 0.06, 0.05)
    assert more is not None

    total = sum(counts.values())

    def passes(times: int) -> bool:
        """The same distribution, so many times."""
        capital = Capital(times * total, 0.06, 0.05)
        for value, many in counts.items():
            for _ in range(times * many):
                capital.move(0.0, value)
        return capital.suffices

    assert passes((10 + more) // total + 1)
    assert not passes((10 + more - 1) // total)


@pytest.mark.parametrize(
    ("counts", "units", "more"),
    [
        pytest.param(Counter({0.0: 1}), 100_000, 0, id="there are enough"),
        pytest.param(Counter({0.0: 9, 1.0: 1}), 100, None, id="none are enough where the mean is above the limit"),
        pytest.param(Counter({0.0: 1}), MOST, 0, id="even so many"),
    ],
)
def test_there_may_be_enough_or_never_enough(counts: Counter[float], units: int, more: int | None) -> None:
    assert until(counts, units, 0.05, 0.05) == more
