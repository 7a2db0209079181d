"""The numbers behind metrics: counters and histograms by label values, in plain numbers, which cost a tenth of a library's.

Everything here runs on one event loop, so no lock is needed.
"""

from bisect import bisect_left
from typing import Literal, NamedTuple

from router.attempt import Usage
from router.names import MicroUsd


class Family(NamedTuple):
    """One metric family: name without prefix, kind, labels, help, buckets of a histogram.

    `over` says what a gauge is over several worker processes.
    """

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()
    over: Literal["sum", "min", "max"] = "sum"


Cell = list[float]
"""A counter: a list of one number, so that who has the list can count without looking it up."""


class Counts:
    """The counters of one family, by label values."""

    __slots__ = ("family", "values")

    def __init__(self, family: Family) -> None:
        self.family = family
        self.values: dict[tuple[str, ...], Cell] = {}

    def seed(self, labels: tuple[str, ...]) -> Cell:
        """The counter of these label values, from now on."""
        return self.values.setdefault(labels, [0.0])


class Spread:
    """One histogram: counts per bucket (the last one unbounded), and the sum of what was observed."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Observe one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class Buckets:
    """The histograms of one family, by label values."""

    __slots__ = ("family", "values")

    def __init__(self, family: Family) -> None:
        self.family = family
        self.values: dict[tuple[str, ...], Spread] = {}

    def seed(self, labels: tuple[str, ...]) -> Spread:
        """The histogram of these label values, from now on."""
        return self.values.setdefault(labels, Spread(self.family.buckets))


class Alike(NamedTuple):
    """What every exchange of one kind adds to: counters that rise by one, and its duration. As many as the configuration has kinds."""

    counts: tuple[Cell, ...]
    duration: Spread


class Money(NamedTuple):
    """What answers of one target add to. `add` one: what it cost, None when unknown, and its tokens, if it said."""

    cost: Cell
    unknown: Cell
    baseline: Cell
    prompt: Cell
    completion: Cell
    cached: Cell
    reasoning: Cell

    def add(self, usage: Usage | None, cost: MicroUsd | None, baseline: MicroUsd | None) -> None:
        """One more."""
        if cost is None:
            self.unknown[0] += 1
        else:
            self.cost[0] += cost / 1e6
        if baseline is not None:
            self.baseline[0] += baseline / 1e6
        if usage is not None:
            self.prompt[0] += usage.prompt
            self.completion[0] += usage.completion
            self.cached[0] += usage.cached
            self.reasoning[0] += usage.reasoning
