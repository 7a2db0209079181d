"""The head of the learned scorer, fitted anew to an operator's own outcomes, and whether that made it better.

What is fitted is how the new head differs from the shipped one: a slope and a level for its sum, and a correction of each weight.
Corrections are held towards zero by a penalty (ridge) that is chosen by cross-validation, so that few samples change little. Slope and
level are then set again on sums of samples that the fit had not seen. All of it is repeated without each fifth of the log in turn, on which
the head is judged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifiers.models.difficulty.head import Head

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

PENALTIES = (10_000.0, 3_000.0, 1_000.0, 300.0, 100.0, 30.0)
"""A correction of 1 (of the log-odds, for a standard deviation of its feature) costs half so many samples' unit of log-loss."""

FOLDS, INNER_FOLDS = 5, 3
LEAST = 100
"""Units (samples, or groups of them) below which nothing is fitted: a fifth of them must be able to tell better from worse at all."""

CHANCE = 0.01
"""What the area under the ROC curve moves by when nothing but the level of the scores changes from fold to fold."""

_SLOPE_PENALTY = 10.0
"""For the slope, in the same unit: the shipped sums are log-odds already."""
_BINS = 10


class TooLittle(ValueError):
    """The log is too small or too even to learn from. The message is for the operator."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Feature vectors (n x features), what the score should have been (0..1, n), and the unit that each belongs to (n)."""

    vectors: Array
    targets: Array
    units: Indices

    def take(self, rows: npt.NDArray[np.bool_]) -> "Samples":
        """Those rows only."""
        return Samples(self.vectors[rows], self.targets[rows], self.units[rows])


@dataclass(frozen=True, slots=True)
class Quality:
    """Of scores: area under the ROC curve (more is better), Brier score and calibration error (less is better)."""

    auroc: float
    brier: float
    ece: float


@dataclass(frozen=True, slots=True)
class Trained:
    """The new head, and both heads' quality on samples that the new one had not seen.

    `gain`: how much lower its Brier score is, with an interval of 95 % over units.
    """

    head: Head
    penalty: float
    old: Quality
    new: Quality
    gain: float
    gain_low: float
    gain_high: float

    @property
    def is_better(self) -> bool:
        """Whether it is to be recommended: a Brier score that is lower, not by chance, and an order of the prompts that is no worse."""
        return self.gain_low > 0 and self.new.auroc >= self.old.auroc - CHANCE


def train(samples: Samples, head: Head) -> Trained:
    """Fit and judge; the same samples give the same head. Raises `TooLittle`."""
    _check(samples)
    folds = _folds(samples.units, FOLDS)
    scores = np.zeros(len(samples.targets))
    for fold in range(FOLDS):
        away = folds == fold
        fitted, _ = _fit(samples.take(~away), head)
        scores[away] = score(fitted, samples.vectors[away])
    before = score(head, samples.vectors)
    fitted, penalty = _fit(samples, head)
    gains = _by_unit((before - samples.targets) ** 2 - (scores - samples.targets) ** 2, samples.units)
    reach = 1.96 * float(gains.std()) / math.sqrt(len(gains))
    gain = float(gains.mean())
    old, new = (quality(each, samples.targets, folds) for each in (before, scores))
    return Trained(fitted, penalty, old, new, gain, gain - reach, gain + reach)


def score(head: Head, vectors: Array) -> Array:
    """The scores of many."""
    return np.array([head.probability(total) for total in _sums(head, vectors)])


def quality(scores: Array, targets: Array, folds: Indices) -> Quality:
    """How good scores are. A target between 0 and 1 counts as so much of a 1 and the rest of a 0.

    The order is judged within each fold: scores of different folds come from different heads, whose levels differ by what each has
    not seen.
    """
    order = np.argsort(scores, kind="stable")
    bins = np.array_split(order, min(_BINS, len(order)))
    ece = sum(len(rows) * abs(float(scores[rows].mean() - targets[rows].mean())) for rows in bins) / len(order)
    auroc = float(np.mean([_auroc(scores[folds == fold], targets[folds == fold]) for fold in np.unique(folds)]))
    return Quality(auroc, float(np.mean((scores - targets) ** 2)), ece)


def _auroc(scores: Array, targets: Array) -> float:
    values, at = np.unique(scores, return_inverse=True)
    ones, zeros = np.bincount(at, targets, len(values)), np.bincount(at, 1 - targets, len(values))
    below = np.cumsum(zeros) - zeros
    pairs = float(ones.sum() * zeros.sum())
    return float((ones * (below + zeros / 2)).sum()) / pairs if pairs else 0.5


def _check(samples: Samples) -> None:
    units = len(np.unique(samples.units))
    if units < LEAST:
        raise TooLittle(f"{LEAST - units} more samples needed: {LEAST} are the least that anything can be learnt from")
    total = float(samples.targets.sum())
    if min(total, len(samples.targets) - total) < FOLDS:
        raise TooLittle("the outcomes are nearly all alike: there is nothing to tell apart")


def _folds(units: Indices, many: int) -> Indices:
    """The fold of each sample; a unit is in one of them. Units are dealt out by a generator with a fixed seed."""
    names, at = np.unique(units, return_inverse=True)
    dealt = np.arange(len(names)) % many
    np.random.default_rng(7).shuffle(dealt)
    return np.asarray(dealt[at], np.int64)


def _sums(head: Head, vectors: Array) -> Array:
    return np.asarray(head.bias + (vectors - head.centres.astype(float)) @ head.weights.astype(float))


def _fit(samples: Samples, head: Head) -> tuple[Head, float]:
    """The head with the largest penalty whose loss on samples left out is the least but for chance, and slope and level set on those."""
    folds = _folds(samples.units, INNER_FOLDS)
    unseen = np.zeros((len(PENALTIES), len(samples.targets)))
    for fold in range(INNER_FOLDS):
        away = folds == fold
        for at, fitted in enumerate(_path(samples.take(~away), head, PENALTIES)):
            unseen[at, away] = _sums(fitted, samples.vectors[away])
    best = _mildest(np.array([_by_unit(_each_loss(sums, samples.targets), samples.units) for sums in unseen]))
    *_, fitted = _path(samples, head, PENALTIES[: best + 1])
    design = np.column_stack([unseen[best], np.ones(len(samples.targets))])
    slope, level = _newton(design, samples.targets, np.array([_SLOPE_PENALTY, 1.0]), np.array([1.0, 0.0]))
    slope = max(float(slope), 0.0)
    weights = (slope * fitted.weights).astype(np.float32)
    return Head(fitted.names, weights, fitted.centres, slope * fitted.bias + float(level)), PENALTIES[best]


def _path(samples: Samples, head: Head, penalties: Sequence[float]) -> list[Head]:
    """A head for each penalty, the largest first; each starts from the one before it."""
    shift = samples.vectors - head.centres.astype(float)
    spread = samples.vectors.std(axis=0)
    moves = spread > 1e-6  # of a feature that is always the same nothing can be said
    scale = np.where(moves, spread, 1.0)
    design = np.column_stack([_sums(head, samples.vectors), np.ones(len(shift)), (shift / scale)[:, moves]])
    start = np.zeros(design.shape[1])
    start[0] = 1.0
    heads, found = [], start
    for penalty in penalties:
        pull = np.full(design.shape[1], penalty)
        pull[:2] = _SLOPE_PENALTY, 0.0
        found = _newton(design, samples.targets, pull, start, found)
        corrections = np.zeros(len(moves))
        corrections[moves] = found[2:] / scale[moves]
        weights = (found[0] * head.weights + corrections).astype(np.float32)
        heads.append(Head(head.names, weights, head.centres, float(found[0] * head.bias + found[1])))
    return heads


def _newton(design: Array, targets: Array, pull: Array, towards: Array, start: Array | None = None) -> Array:
    """The least log-loss plus half of `pull` times the squared distance from `towards`: Newton's method with halved steps."""
    found = towards if start is None else start

    def cost(at: Array) -> float:
        return _loss(design @ at, targets) * len(targets) + 0.5 * float(pull @ (at - towards) ** 2)

    now = cost(found)
    for _ in range(30):
        shares = _logistic(design @ found)
        slope = design.T @ (shares - targets) + pull * (found - towards)
        curvature = (design * (shares * (1 - shares))[:, None]).T @ design + np.diag(pull + 1e-6)
        step, size = np.linalg.solve(curvature, slope), 1.0
        while (then := cost(found - size * step)) > now and size > 1e-4:
            size /= 2
        found = found - size * step
        if now - then < 1e-7 * max(1.0, now):
            break
        now = then
    return np.asarray(found)


def _logistic(sums: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(sums, -30, 30))))


def _loss(sums: Array, targets: Array) -> float:
    """The mean log-loss."""
    return float(np.mean(_each_loss(sums, targets)))


def _each_loss(sums: Array, targets: Array) -> Array:
    return np.asarray(np.logaddexp(0, sums) - targets * sums)


def _mildest(losses: Array) -> int:
    """The first penalty whose losses (penalties x units) are within one standard error of the best: few samples are not to change much."""
    excess = losses - losses[int(np.argmin(losses.mean(axis=1)))]
    errors = excess.std(axis=1) / math.sqrt(excess.shape[1])
    return int(np.argmax(excess.mean(axis=1) <= errors))


def _by_unit(values: Array, units: Indices) -> Array:
    _, at = np.unique(units, return_inverse=True)
    return np.asarray(np.bincount(at, values) / np.bincount(at))
