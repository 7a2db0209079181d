"""What routing by a score is worth, on rows whose outcomes with a weak and a strong model are known.

The curve: rows go to the strong model in the order of their scores, highest first; PGR is the share of the quality between all-weak and
all-strong that has been gained. APGR is its mean over all shares of strong calls (random: 0.5), CPT(x) the smallest share at which PGR is
at least x. Rows of one score share what they gain. AUROC and calibration are those of "the weak model fails and the strong one does not".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from typing_extensions import override

Array = npt.NDArray[np.float64]
BINS = 15
RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of each row: what the strong model adds (-1..1), whether only it is right (0 or 1), and its group of near-duplicates."""

    gain: Array
    is_hard: Array
    group: npt.NDArray[np.intp]

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Outcomes":
        """Some of the rows."""
        return Outcomes(self.gain[rows], self.is_hard[rows], self.group[rows])


@dataclass(frozen=True, slots=True)
class Measure:
    """A number and the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @override
    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def recovered(scores: Array, rows: Outcomes) -> Array:
    """PGR after 0, 1, ... n rows went to the strong model."""
    _, inverse, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    shared = (np.bincount(inverse, rows.gain) / sizes)[np.sort(inverse)]
    gained = np.cumsum(shared)
    curve: Array = np.concatenate([[0.0], gained / gained[-1]])
    return curve


def apgr(scores: Array, rows: Outcomes) -> float:
    """The mean of PGR over all shares."""
    return float(np.trapezoid(recovered(scores, rows), dx=1 / len(scores)))


def cpt(scores: Array, rows: Outcomes, least: float) -> float:
    """The smallest share of strong calls with PGR of at least that."""
    return float(np.argmax(recovered(scores, rows) >= least) / len(scores))


def auroc(scores: Array, rows: Outcomes) -> float:
    """The probability that a hard row has the higher score of one that is hard and one that is not; ties count half."""
    _, inverse, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[inverse]
    hard = rows.is_hard > 0
    count, other = int(hard.sum()), int((~hard).sum())
    if not count or not other:
        return float("nan")
    return float((ranks[hard].sum() - count * (count + 1) / 2) / (count * other))


def ece(scores: Array, rows: Outcomes) -> float:
    """Expected calibration error: 15 bins of as many rows each; mean distance of the mean score from the share of hard rows."""
    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, BINS)
    return float(sum(len(part) * abs(scores[part].mean() - rows.is_hard[part].mean()) for part in parts if len(part)) / len(scores))


MEASURES: dict[str, Callable[[Array, Outcomes], float]] = {
    "APGR": apgr,
    "CPT(50)": lambda scores, rows: cpt(scores, rows, 0.5),
    "CPT(80)": lambda scores, rows: cpt(scores, rows, 0.8),
    "AUROC": auroc,
    "ECE": ece,
}


def measure(scores: Array, rows: Outcomes, name: str) -> Measure:
    """One of `MEASURES`, with an interval from resampling groups."""
    value = MEASURES[name](scores, rows)
    draws = [MEASURES[name](scores[picked], rows.take(picked)) for picked in resamples(rows.group)]
    low, high = np.nanquantile(draws, (0.025, 0.975))
    return Measure(value, float(low), float(high))


def resamples(group: npt.NDArray[np.intp]) -> Sequence[npt.NDArray[np.intp]]:
    """Rows of as many groups as there are, drawn with a fixed seed."""
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    dice = np.random.default_rng(11)
    return [np.concatenate([members[at] for at in dice.integers(0, len(members), len(members))]) for _ in range(RESAMPLES)]
