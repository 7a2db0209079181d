from gateway import tally
from gateway.series import Buckets, Counts, Family
from gateway.tally import Count, Spread, Tally, added, taken

SERVED, LATE = Family("served_total", "counter", ("target",), ""), Family("late_seconds", "histogram", (), "", (1.0, 2.0))


def one_process(served: float, *late: float, well: float = 1.0, flying: float = 0.0) -> Tally:
    counts, buckets = Counts(SERVED), Buckets(LATE)
    counts.seed(("qwen",))[0] = served
    for each in late:
        buckets.seed(()).add(each)
    gauges: dict[str, list[tuple[tuple[str, ...], float]]] = {"well": [((), well)], "flying": [(("qwen",), flying)]}
    return tally.decode(tally.encode(taken({"served_total": counts}, {"late_seconds": buckets}, gauges)))


def test_what_several_counted_is_added_up_and_gauges_as_is_said_of_them() -> None:
    both = added([one_process(2, 0.5, 3.0, flying=4), one_process(3, 1.5, well=0.0, flying=5)], {"well": min})
    assert both.counts["served_total"] == (Count(("qwen",), 5.0),)
    assert both.buckets["late_seconds"] == (Spread((), (1, 1, 1), 5.0),)
    assert both.gauges == {"well": (Count((), 0.0),), "flying": (Count(("qwen",), 9.0),)}


def test_what_is_left_of_one_that_ended_has_no_gauges() -> None:
    left = one_process(2, 0.5, flying=4).lasting()
    assert left.gauges == {}
    assert added([left, one_process(1)], {}).counts["served_total"] == (Count(("qwen",), 3.0),)
    assert added([left, one_process(1)], {}).buckets["late_seconds"] == (Spread((), (1, 0, 0), 0.5),)


def test_of_nobody_there_is_nothing() -> None:
    assert added([], {}) == Tally()
