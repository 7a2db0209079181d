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


Labels = tuple[str, ...]
"""Label values, in the order of the family's labels."""
Cell = list[float]
"""A counter: a list of one number, so that who has the list can count without looking it up."""
Exemplar = tuple[str, str, float, float]
"""A request that was observed in a bucket: its id, its trace's or nothing, the value, when in seconds since 1970."""
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

    def add_of(self, value: float, request_id: str, trace_id: str, at: float) -> None:
        """Observe one value of a request that ended at that time, in seconds since 1970; `trace_id` is empty where none is exported."""
        place = bisect_left(self.bounds, value)
        self.counts[place] += 1
        self.sum += value
        self.exemplars[place] = request_id, trace_id, value, at


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
    """What answers of one target add to. `add` one: what it cost, None when unknown, and its tokens, if it said."""

    cost: Cell
    unknown: Cell
    baseline: Cell
    prompt: Cell
    completion: Cell
    cached: Cell
    cache_write: Cell
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
            self.cache_write[0] += usage.cache_write
            self.reasoning[0] += usage.reasoning


class Alike:
    """What every exchange of one kind adds to. As many as the configuration has kinds.

    `counts` rise by one, `sent` by the bytes that went outside, where they are known to have been one attempt's. What not all of a kind
    have is None until one does.
    """

    __slots__ = ("counts", "difficulty", "duration", "first_token", "money", "per_token", "sent")

    def __init__(self, counts: tuple[Cell, ...], duration: Spread, sent: Cell | None) -> None:
        self.counts, self.duration, self.sent = counts, duration, sent
        self.difficulty: Spread | None = None
        self.first_token: Spread | None = None
        self.per_token: Spread | None = None
        self.money: Money | None = None
