"""The numbers behind metrics: counters and histograms by label values, in plain numbers, which cost a tenth of a library's.

Everything here runs on one event loop, so no lock is needed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import count
from typing import Literal, NamedTuple

from gateway.exchange import Exchange
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


Labels = tuple[str, ...]
"""Label values, in the order of the family's labels."""
Cell = list[float]
"""A counter: a list of one number, so that who has the list can count without looking it up."""
Exemplar = tuple[str, str, float, float]
"""A request that was observed in a bucket: its id, its trace's or nothing, the value, when in seconds since 1970."""
Observed = tuple[float, Exchange]
"""An exchange, and when it ended, in seconds since 1970."""
OTHER = "_other"
"""The value of every label of what is not among the series that a plan can bring about."""


class Closed:
    """Which label values a family may have: no others get a series, whoever asks. None: any, where others have seen to that."""

    __slots__ = ("family", "known")

    def __init__(self, family: Family) -> None:
        self.family = family
        self.known: frozenset[Labels] | None = None

    def allow(self, known: frozenset[Labels]) -> None:
        """These, beside those that were allowed before: requests that began then still end."""
        self.known = known if self.known is None else self.known | known

    def place(self, labels: Labels) -> Labels:
        """The label values under which it is counted."""
        return labels if self.known is None or labels in self.known else (OTHER,) * len(self.family.labels)


class Counts(Closed):
    """The counters of one family, by label values."""

    __slots__ = ("values",)

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self.values: dict[Labels, Cell] = {}

    def seed(self, labels: Labels) -> Cell:
        """The counter of these label values, from now on."""
        return self.values.get(labels) or self.values.setdefault(self.place(labels), [0.0])


class Spread:
    """One histogram: counts per bucket (the last one unbounded), the sum of what was observed, and the last request in each bucket."""

    __slots__ = ("bounds", "counts", "exemplars", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.exemplars: dict[int, Exemplar] = {}
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Observe one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def add_all(self, values: list[float]) -> None:
        """Observe these values, which are sorted then."""
        self.sum += sum(values)
        values.sort()
        below, many, counts = 0, len(values), self.counts
        for place, bound in enumerate(self.bounds):
            if below == many:
                return
            before, below = below, bisect_right(values, bound, below)
            counts[place] += below - before
        counts[-1] += many - below

    def add_of(self, seen: Sequence[Observed], values: list[float]) -> None:
        """Observe one value of each of these exchanges."""
        places = [bisect_left(self.bounds, value) for value in values]
        for place, at in dict(zip(places, count())).items():  # of each bucket the last one stays
            ended, one = seen[at]
            if place not in self.exemplars or self.exemplars[place][3] <= ended:
                self.exemplars[place] = one.request_id, one.trace_id if one.is_sampled else "", values[at], ended
        self.add_all(values)


class Buckets(Closed):
    """The histograms of one family, by label values."""

    __slots__ = ("values",)

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self.values: dict[Labels, Spread] = {}

    def seed(self, labels: Labels) -> Spread:
        """The histogram of these label values, from now on."""
        return self.values.get(labels) or self.values.setdefault(self.place(labels), Spread(self.family.buckets))


class Money(NamedTuple):
    """What answers of one target add to."""

    cost: Cell
    unknown: Cell
    baseline: Cell
    prompt: Cell
    completion: Cell
    cached: Cell
    cache_write: Cell
    reasoning: Cell

    def add(self, costs: Sequence[MicroUsd | None], usages: Sequence[Usage | None], baselines: Sequence[MicroUsd | None]) -> None:
        """More answers: what each cost, None when unknown, its tokens, if it said, and what it would have cost at the baseline."""
        known = [cost for cost in costs if cost is not None]
        self.cost[0] += sum(known) / 1e6
        self.unknown[0] += len(costs) - len(known)
        self.baseline[0] += sum([cost for cost in baselines if cost is not None]) / 1e6
        told = [usage for usage in usages if usage is not None]
        self.prompt[0] += sum([usage.prompt for usage in told])
        self.completion[0] += sum([usage.completion for usage in told])
        self.cached[0] += sum([usage.cached for usage in told])
        self.cache_write[0] += sum([usage.cache_write for usage in told])
        self.reasoning[0] += sum([usage.reasoning for usage in told])
