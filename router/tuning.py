"""Where the threshold between staying and leaving should stand, told by outcomes, with a promise that can be proved.

An outcome is one request with its score and the quality, 0 to 1, of the answers of both models. A threshold keeps every request whose score
is at most the threshold; its loss is the mean quality of sending everything to the cloud, less the mean quality of routing, in points of
quality: mean of X, where X is `cloud - local` for what stays and 0 for what leaves. X may be negative: where the local model does better,
that counts. Rows with the same group count as one request, with the mean of their X: near-duplicates are no independent witnesses.

The promise: over draws of the log, the loss of the chosen threshold exceeds the limit with a probability of at most 1 - confidence.

Proof. Let d = 1 - confidence and suppose that the requests of the log are drawn independently from the traffic that is to come, and that
the scorer has not learned from them.
1. One threshold. If its loss, E[X], is above the limit a, then for any bet b in [0, 1 / (1 - a)) the factor 1 + b (a - X) is not negative
   (X <= 1) and has a mean of at most 1. So has the product over independent requests, and the mean of such products for several bets that
   do not depend on the outcomes. By Markov's inequality that mean reaches 1 / d with a probability of at most d. To reach it is the test.
2. All thresholds. They are tested in an order that was fixed beforehand, from "everything leaves" upwards, until the first test fails;
   the last that passed is chosen. If a threshold was chosen whose loss is above the limit, then the first such threshold of the order
   passed its test, which by 1 has a probability of at most d. However many thresholds there are, nothing else is lost, and the loss
   need not grow with the threshold.
The promise ends where traffic changes. Sources. Bets: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting"
(2024). Order: Bauer, "Multiple testing in clinical trials" (1991); for risks Angelopoulos, Bates, Candes, Jordan and Lei, "Learn then Test"
(2021).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

from router.bets import Capital, until, upper_bound
from router.values import value

GRID: tuple[float, ...] = tuple(step / 1_000 for step in range(1_001))
"""The thresholds that are tried, in the order in which they are tested. Fixed: the proof needs that."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request: its score, the quality of both answers in 0..1, what they cost in USD (None: unknown), and its group ("": alone).

    Raises ValueError for a score or a quality outside of 0..1, and for a cost that is negative or no number.
    """

    score: float
    local: float
    cloud: float
    cost_local: float | None = None
    cost_cloud: float | None = None
    group: str = ""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not (0 <= self.score <= 1 and 0 <= self.local <= 1 and 0 <= self.cloud <= 1):
            raise ValueError("score, local_ok and cloud_ok must be between 0 and 1")
        if not (0 <= (self.cost_local or 0) < math.inf and 0 <= (self.cost_cloud or 0) < math.inf):
            raise ValueError("a cost must be 0 or more, in USD")


@value(frozen=True, slots=True)
class Estimate:
    """A mean and its interval."""

    value: float
    low: float
    high: float


@value(frozen=True, slots=True)
class Point:
    """What one threshold would have done to the log: shares and qualities in 0..1, cost in USD a request (None: unknown)."""

    threshold: float
    cloud_share: float
    quality: float
    cost: float | None


@value(frozen=True, slots=True)
class Expected:
    """What is to be expected of a threshold. `loss_bound`: the loss is at most that with the confidence, for a threshold given beforehand.

    The intervals of share and quality hold for any number of samples; that of the cost is the usual approximation by a normal
    distribution, over the `priced` outcomes whose costs are known. None: no cost is known.
    """

    threshold: float
    cloud_share: Estimate
    quality: Estimate
    loss: float
    loss_bound: float
    cost: Estimate | None
    priced: int


@value(frozen=True, slots=True)
class TooFew:
    """The log cannot carry the promise. `more` samples like these would; None: more of the same will hardly help."""

    units: int
    more: int | None


def most_kept(outcomes: Sequence[Outcome], limit: float, confidence: float) -> float | TooFew:
    """The largest threshold whose loss is at most `limit` (points of quality, in 0..1) with `confidence`, as the proof above has it.

    `TooFew` when no threshold that keeps anything passes. Raises ValueError for a limit or a confidence outside of 0..1.
    """
    if not 0 < limit < 1 or not 0 < confidence < 1:
        raise ValueError("the limit and the confidence must be above 0 and below 1")
    log, best = _Log(outcomes), -1.0
    capital = Capital(log.units, limit, 1 - confidence)
    kept = log.first_kept
    for threshold, moves in log.rising():
        for before, after in moves:
            capital.move(before, after)
        if (moves or best < 0) and not capital.suffices:  # what has not moved passes as the one before did
            break
        best = threshold
    return best if best >= kept else TooFew(log.units, _more(log, limit, 1 - confidence))


def for_share(outcomes: Sequence[Outcome], share: float) -> float:
    """The smallest threshold above which at most `share` (0..1) of the requests lie. Raises ValueError when there are no outcomes."""
    if not outcomes:
        raise ValueError("there are no outcomes")
    return next(point.threshold for point in curve(outcomes) if point.cloud_share <= share + 1e-12)


def curve(outcomes: Sequence[Outcome]) -> tuple[Point, ...]:
    """What every threshold of the grid would have done."""
    log = _Log(outcomes)
    priced = [one.cost_local is not None and one.cost_cloud is not None for one in outcomes]
    known = math.fsum(weight for weight, has_price in zip(log.weights, priced, strict=True) if has_price)
    quality = math.fsum(weight * one.cloud for weight, one in zip(log.weights, outcomes, strict=True))
    spent = math.fsum(weight * (one.cost_cloud or 0) for weight, one, has in zip(log.weights, outcomes, priced, strict=True) if has)
    share, at, points = 1.0, 0, []
    for threshold in GRID:
        while at < len(log.order) and outcomes[log.order[at]].score <= threshold:
            index = log.order[at]
            weight, one = log.weights[index], outcomes[index]
            share -= weight
            quality += weight * (one.local - one.cloud)
            spent += weight * ((one.cost_local or 0) - (one.cost_cloud or 0)) if priced[index] else 0
            at += 1
        points.append(Point(threshold, max(0.0, share), quality, spent / known if known else None))
    return tuple(points)


def expected(outcomes: Sequence[Outcome], threshold: float, confidence: float) -> Expected:
    """What is to be expected of a threshold (below 0 everything leaves), with intervals of that confidence.

    Raises ValueError when there are no outcomes.
    """
    if not outcomes:
        raise ValueError("there are no outcomes")
    log, doubt = _Log(outcomes), 1 - confidence

    def means(of: Callable[[Outcome, bool], float]) -> list[float]:
        """By unit: what was taken of each of its outcomes, of which it is told whether it stays."""
        return log.means([of(one, one.score <= threshold) for one in outcomes])

    lost = means(lambda one, stays: one.cloud - one.local if stays else 0.0)
    costs = [cost for one in outcomes if None not in (one.cost_local, one.cost_cloud) and (cost := _cost(one, threshold)) is not None]
    return Expected(
        threshold,
        _estimate(means(lambda _, stays: 0.0 if stays else 1.0), doubt),
        _estimate(means(lambda one, stays: one.local if stays else one.cloud), doubt),
        fmean(lost),
        upper_bound(lost, doubt),
        _normal(costs, confidence) if costs else None,
        len(costs),
    )


def _cost(one: Outcome, threshold: float) -> float | None:
    return one.cost_local if one.score <= threshold else one.cost_cloud


def _estimate(values: Sequence[float], doubt: float) -> Estimate:
    """The interval of a mean of values in 0..1, half the doubt on either side."""
    return Estimate(fmean(values), max(0.0, -upper_bound([-each for each in values], doubt / 2)), upper_bound(values, doubt / 2))


def _normal(values: Sequence[float], confidence: float) -> Estimate:
    mean = fmean(values)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    return Estimate(mean, max(0.0, mean - reach), mean + reach)


class _Log:
    """Outcomes in the order of their scores, and the units that they form."""

    __slots__ = ("order", "outcomes", "sizes", "unit", "units", "weights")

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        names: dict[object, int] = {}
        # An outcome without a group is a unit of its own: its index, which is no string, names it.
        self.unit = [names.setdefault(one.group or at, len(names)) for at, one in enumerate(outcomes)]
        self.units = len(names)
        self.sizes = Counter(self.unit)
        self.weights = [1 / (self.sizes[unit] * self.units) for unit in self.unit]
        self.outcomes = outcomes
        self.order = sorted(range(len(outcomes)), key=lambda at: outcomes[at].score)

    @property
    def first_kept(self) -> float:
        """The first threshold of the grid that keeps anything."""
        least = self.outcomes[self.order[0]].score if self.order else math.inf
        return next((threshold for threshold in GRID if least <= threshold), math.inf)

    def rising(self) -> Iterator[tuple[float, list[tuple[float, float]]]]:
        """Every threshold, and how the X of units move there: from, to."""
        lost, at = [0.0] * self.units, 0
        for threshold in GRID:
            moves = []
            while at < len(self.order) and self.outcomes[self.order[at]].score <= threshold:
                index = self.order[at]
                unit, one = self.unit[index], self.outcomes[index]
                before = lost[unit]
                # Rounding must not carry a mean of values in -1..1 out of it.
                lost[unit] = max(-1.0, min(1.0, before + (one.cloud - one.local) / self.sizes[unit]))
                moves.append((before, lost[unit]))
                at += 1
            yield threshold, moves

    def means(self, values: Iterable[float]) -> list[float]:
        """The means of the units."""
        sums = [0.0] * self.units
        for unit, each in zip(self.unit, values, strict=True):
            sums[unit] += each / self.sizes[unit]
        return sums


def _more(log: _Log, limit: float, doubt: float) -> int | None:
    """How many units more would let the first threshold pass that keeps anything and whose loss here is below the limit."""
    counts = Counter({0.0: log.units or 1})
    for _, moves in log.rising():
        for before, after in moves:
            counts[before] -= 1
            counts[after] += 1
        if moves and math.fsum(each * many for each, many in counts.items()) < limit * log.units:
            return until(counts, log.units, limit, doubt)
    nothing_lost = until(Counter({0.0: 1}), log.units, limit, doubt)
    return nothing_lost or None
