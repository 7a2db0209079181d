"""What one process has counted, as plain values that another process can add up."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from gateway import series
from gateway.series import Buckets, Counts, Exemplar, Labels


class Count(NamedTuple):
    """A counter or a gauge: its label values and its value."""

    labels: Labels
    value: float


class Spread(NamedTuple):
    """A histogram: its label values, its counts per bucket, the sum of what was observed, and the last request in buckets that have one."""

    labels: Labels
    counts: tuple[int, ...]
    sum: float
    exemplars: tuple[tuple[int, Exemplar], ...] = ()


class Tally(msgspec.Struct, frozen=True):
    """All families by name. Gauges are of now; the rest only rises, and outlives who counted it."""

    counts: Mapping[str, tuple[Count, ...]] = {}
    buckets: Mapping[str, tuple[Spread, ...]] = {}
    gauges: Mapping[str, tuple[Count, ...]] = {}

    def lasting(self) -> "Tally":
        """What is left when its process has ended."""
        return Tally(self.counts, self.buckets)


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Tally).decode


def taken(counts: Mapping[str, Counts], buckets: Mapping[str, Buckets], gauges: Mapping[str, Iterable[tuple[Labels, float]]]) -> Tally:
    """What was counted so far."""
    return Tally(
        {name: tuple(Count(labels, cell[0]) for labels, cell in one.values.items()) for name, one in counts.items()},
        {name: tuple(_spread(labels, one) for labels, one in each.values.items()) for name, each in buckets.items()},
        {name: tuple(Count(labels, value) for labels, value in rows) for name, rows in gauges.items()},
    )


def _spread(labels: Labels, one: series.Spread) -> Spread:
    return Spread(labels, tuple(one.counts), one.sum, tuple(one.exemplars.items()))


def added(tallies: Iterable[Tally], over: Mapping[str, Callable[[Iterable[float]], float]]) -> Tally:
    """All of them together. `over` says of a gauge what becomes of several values; absent: their sum."""
    counts: dict[str, dict[Labels, float]] = {}
    buckets: dict[str, dict[Labels, Spread]] = {}
    gauges: dict[str, dict[Labels, list[float]]] = {}
    for tally in tallies:
        for name, rows in tally.counts.items():
            known = counts.setdefault(name, {})
            for labels, value in rows:
                known[labels] = known.get(labels, 0.0) + value
        for name, spreads in tally.buckets.items():
            spread = buckets.setdefault(name, {})
            for one in spreads:
                spread[one.labels] = one if one.labels not in spread else _both(spread[one.labels], one)
        for name, rows in tally.gauges.items():
            seen = gauges.setdefault(name, {})
            for labels, value in rows:
                seen.setdefault(labels, []).append(value)
    return Tally(
        {name: tuple(Count(labels, value) for labels, value in rows.items()) for name, rows in counts.items()},
        {name: tuple(rows.values()) for name, rows in buckets.items()},
        {name: tuple(Count(labels, over.get(name, sum)(values)) for labels, values in rows.items()) for name, rows in gauges.items()},
    )


def _both(one: Spread, other: Spread) -> Spread:
    last = dict(sorted(one.exemplars + other.exemplars, key=lambda row: row[1][3]))  # of each bucket the last one stays
    return Spread(one.labels, tuple(map(sum, zip(one.counts, other.counts, strict=True))), one.sum + other.sum, tuple(last.items()))
