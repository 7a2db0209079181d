"""The promise of the pool, on the model of `benchmarks/pool.py`: prompts with shared beginnings wait less, others no longer."""

import pytest

from benchmarks.pool import BATCH, compared, rows, workload


@pytest.mark.parametrize("per_s", [4.0, 12.0])
def test_shared_beginnings_wait_at_least_two_fifths_less_than_in_turn(per_s: float) -> None:
    results = compared(workload(500, per_s, 2))
    in_turn, least, ours = (results[name] for name in ("round robin", "least loaded", "ours"))
    assert ours.mean_s <= 0.6 * in_turn.mean_s
    assert ours.mean_s <= least.mean_s
    assert ours.hit > in_turn.hit
    assert results["ours, 2 gateways"].mean_s <= 0.75 * in_turn.mean_s


def test_prompts_of_their_own_wait_no_longer_than_where_the_fewest_are() -> None:
    results = compared(workload(500, 6.0, 2, shares=False))
    assert results["ours"].mean_s <= results["least loaded"].mean_s
    assert max(one.hit for one in results.values()) < 0.01


def test_the_table_has_a_line_for_each() -> None:
    table = list(rows(120, 1))
    assert len(table) == 1 + 4 * 5 + 1
    assert BATCH > 0
