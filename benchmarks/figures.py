"""Figures of a load: latencies in buckets that grow with the value, and a line through samples with the interval of its slope."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_BUCKETS = 1024
"""Per doubling of the value: every latency is kept to one part in a thousand, as HdrHistogram does with three digits."""


class Histogram:
    """Counts of seconds. Holds a few thousand numbers, however many latencies were added."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.count = 0
        self.longest_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one; below a microsecond it counts as one."""
        mantissa, exponent = math.frexp(max(seconds * 1e6, 1.0))
        place = exponent * _BUCKETS + int((2 * mantissa - 1) * _BUCKETS)
        self._counts[place] = self._counts.get(place, 0) + 1
        self.count += 1
        self.longest_s = max(self.longest_s, seconds)

    def at(self, share: float) -> float:
        """Seconds that so large a share took at most, at most a thousandth too many; nan of none."""
        left = math.ceil(share * self.count)
        for place in sorted(self._counts):
            left -= self._counts[place]
            if left <= 0:
                exponent, part = divmod(place, _BUCKETS)
                return min(math.ldexp((1 + (part + 1) / _BUCKETS) / 2, exponent) / 1e6, self.longest_s)
        return math.nan


@dataclass(frozen=True, slots=True)
class Line:
    """The slope of a line through samples, in units of y per unit of x, and its interval of 95 %."""

    slope: float
    low: float
    high: float


def line(samples: Sequence[tuple[float, float]], blocks: int = 20) -> Line:
    """The least-squares line through the means of so many blocks of (x, y) in a row, which must hold at least three.

    Neighbouring samples of a process's memory are almost the same sample; means over blocks are nearly independent, so that the interval
    is not too narrow.
    """
    size = max(1, len(samples) // blocks)
    parts = [samples[at : at + size] for at in range(0, len(samples) - size + 1, size)]
    points = [(sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part)) for part in parts]
    many = len(points)
    if many < 3:
        raise ValueError("a line with an interval needs at least three blocks of samples: measure for longer")
    mean_x, mean_y = (sum(values) / many for values in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    rest = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    half = _student(many - 2) * math.sqrt(rest / (many - 2) / spread)
    return Line(slope, slope - half, slope + half)


def _student(freedom: int) -> float:
    """The 97.5 % quantile of Student's distribution: exact for few degrees of freedom, by its expansion beyond."""
    known = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447)
    if freedom <= len(known):
        return known[freedom - 1]
    z = 1.959964
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
