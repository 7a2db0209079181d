import numpy as np
import pytest

from gateway.report.blocks import blocks
from gateway.report.period import DAY_S, HOUR_S, Period

WEEK = Period.week("2026-W46")


@pytest.mark.parametrize(
    ("period", "many", "size", "kinds"),
    [
        pytest.param(Period(0, 24 * HOUR_S, ""), 24, HOUR_S, 1, id="a day: hours, any for any"),
        pytest.param(Period(0, 1.5 * HOUR_S, ""), 2, HOUR_S, 1, id="a begun hour is one"),
        pytest.param(WEEK, 28, DAY_S // 4, 8, id="a week: quarters of days, of working days and weekends"),
        pytest.param(Period(WEEK.since, WEEK.since + 35 * DAY_S, ""), 35, DAY_S, 2, id="weeks: days"),
    ],
)
def test_blocks_are_as_long_as_the_period_asks_for(period: Period, many: int, size: float, kinds: int) -> None:
    found = blocks(period)
    assert (found.many, found.size_s, len(set(found.kinds))) == (many, size, kinds)


def test_values_are_summed_by_their_block() -> None:
    found = blocks(WEEK)
    at = np.array([WEEK.since, WEEK.since + DAY_S // 4, WEEK.since + DAY_S // 4 + 1, WEEK.until])
    sums = found.sums(at, np.array([1, 2, 3, 4], np.int64))
    assert sums[:2].tolist() == [1, 5]
    assert sums[-1] == 4
    assert sums.sum() == 10


def test_blocks_stand_for_each_other_only_within_their_kind_and_with_the_right_variance() -> None:
    found = blocks(WEEK)
    drawn = found.draws(4_000, np.random.default_rng(1))
    kinds = np.array(found.kinds)
    for kind in set(found.kinds):
        of_it = drawn[:, kinds == kind]
        assert of_it.sum(axis=1) == pytest.approx(np.full(4_000, of_it.shape[1]))
        values = np.arange(of_it.shape[1])
        # The variance of a sum of n values, estimated without bias from those n.
        assert (of_it @ values).var() == pytest.approx(len(values) * values.var(ddof=1), rel=0.1)


def test_a_block_that_is_alone_stays() -> None:
    found = blocks(Period(WEEK.since, WEEK.since + 3 * DAY_S, ""))
    assert found.draws(10, np.random.default_rng(1)).shape == (10, 12)
    three = blocks(Period(WEEK.since + 4 * DAY_S, WEEK.since + 7 * DAY_S, ""))  # one working day, two of a weekend
    drawn = three.draws(50, np.random.default_rng(1))
    assert (drawn[:, :4] == 1).all()
    assert (drawn[:, 4:] != 1).all()
