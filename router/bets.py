"""Whether the mean of independent values in -1..1 is below a limit, told by bets: `router.tuning` has the proof.

Each bet multiplies a stake of 1 by 1 + bet * (limit - value) for every value. If the mean is at or above the limit no bet can be expected
to win, so that the mean of their capitals reaches 1 / doubt with a probability of at most `doubt`. The order of the values does not matter.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean

VARIANCES = (0.01, 0.05, 0.25)
"""What the variance of X may be, from "little stays" to "half stays, and models often disagree": one bet is the best for each."""

BOLDEST = 0.75
"""The largest bet, as a share of the largest that could lose everything at one stroke."""

MOST = 10_000_000
"""Samples that nobody will collect: more are not counted to."""


def upper_bound(values: Sequence[float], doubt: float) -> float:
    """What the mean of independent values in -1..1 exceeds with a probability of at most `doubt`: the least limit that the test passes."""
    counts = Counter(values)
    low, high = fmean(values), 1.0
    while high - low > 1e-5:
        middle = (low + high) / 2
        low, high = (low, middle) if _passes(counts, len(values), middle, doubt) else (middle, high)
    return high


class Capital:
    """What each bet has made of a stake of 1, as logarithms, while X moves."""

    __slots__ = ("_bets", "_doubt", "_limit", "_logs")

    def __init__(self, units: int, limit: float, doubt: float) -> None:
        self._limit, self._doubt = limit, doubt
        self._bets = _bets(max(units, 1), limit, doubt)
        self._logs = [units * math.log1p(bet * limit) for bet in self._bets]

    def move(self, before: float, after: float) -> None:
        """The X of one unit is another now."""
        for at, bet in enumerate(self._bets):
            self._logs[at] += math.log1p(bet * (self._limit - after)) - math.log1p(bet * (self._limit - before))

    @property
    def suffices(self) -> bool:
        """Whether the mean of the capitals reaches 1 / doubt."""
        return _log_mean(self._logs) >= -math.log(self._doubt)


def _bets(units: int, limit: float, doubt: float) -> list[float]:
    """For each variance the bet that is the best where the test just passes."""
    boldest = BOLDEST / (1 - limit)
    return [min(boldest, math.sqrt(2 * math.log(len(VARIANCES) / doubt) / (units * variance))) for variance in VARIANCES]


def _log_mean(logs: Sequence[float]) -> float:
    most = max(logs)
    return most + math.log(fmean(math.exp(each - most) for each in logs))


def _passes(counts: Mapping[float, int], units: int, limit: float, doubt: float) -> bool:
    """Whether `units` requests pass whose X are distributed as `counts` says."""
    scale = units / sum(counts.values())
    bets = _bets(units, limit, doubt)
    logs = [scale * math.fsum(many * math.log1p(bet * (limit - each)) for each, many in counts.items()) for bet in bets]
    return _log_mean(logs) >= -math.log(doubt)


def until(counts: Mapping[float, int], units: int, limit: float, doubt: float) -> int | None:
    """How many more than `units` it takes until such a distribution passes."""
    low, high = 0, max(units, 1)
    while not _passes(counts, high, limit, doubt):
        low, high = high, 2 * high
        if high > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _passes(counts, middle, limit, doubt) else (middle, high)
    return max(0, high - units)
