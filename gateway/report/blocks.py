"""Pieces of time that are drawn anew to see by how much figures vary: the bootstrap of blocks, within kinds of blocks.

Requests come in bursts, incidents last for hours, nights and weekends differ: requests are no independent draws, and to draw them one by
one would give intervals that are too narrow. So whole pieces are drawn: hours of up to two days, quarters of days up to four weeks, days
beyond. And each piece is replaced by one of its own kind, mornings of working days by mornings of working days: that a week has two
weekend days is no chance. Of n pieces of a kind n - 1 are drawn and weighed n / (n - 1), which is right even where n is 2 (Rao and Wu).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from gateway.report.columns import Floats, Ints
from gateway.report.period import DAY_S, HOUR_S, Period

LEAST = 8
"""Blocks; fewer say nothing about how figures vary."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """`many` blocks of `size_s` seconds from `since` on. `kinds` of each; equal numbers may stand for each other."""

    since: float
    size_s: float
    kinds: tuple[int, ...]
    said: str

    @property
    def many(self) -> int:
        """How many there are."""
        return len(self.kinds)

    def sums(self, at: Floats, values: Ints | Floats) -> Floats:
        """The values by the block in which they are."""
        places = np.clip((at - self.since) // self.size_s, 0, self.many - 1).astype(np.int64)
        return np.asarray(np.bincount(places, values, self.many), np.float64)

    def draws(self, many: int, dice: np.random.Generator) -> Floats:
        """How much each block weighs (columns) in each of `many` draws (rows)."""
        weights = np.ones((many, self.many))
        kinds = np.array(self.kinds)
        for kind in np.unique(kinds):
            places = np.flatnonzero(kinds == kind)
            n = len(places)
            if n > 1:
                weights[:, places] = dice.multinomial(n - 1, np.full(n, 1 / n), many) * (n / (n - 1))
        return weights


def blocks(period: Period) -> Blocks:
    """The blocks of a period."""
    hours = period.hours
    if hours <= 48:
        return Blocks(period.since, HOUR_S, (0,) * max(1, round(hours + 0.49)), "hours")
    size = DAY_S // 4 if hours < 28 * 24 else DAY_S
    many = max(1, int(-(-(period.until - period.since) // size)))
    kinds = []
    for at in range(many):
        begin = period.since + at * size
        is_weekend = datetime.fromtimestamp(begin, UTC).weekday() >= 5
        kinds.append(4 * is_weekend + (int(begin % DAY_S) // size if size < DAY_S else 0))
    said = "quarters of days" if size < DAY_S else "days"
    return Blocks(period.since, size, tuple(kinds), f"{said}, each in place of one of its own kind")
