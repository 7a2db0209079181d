"""How the difficulty model is fitted: kinds of asks, a head, its curve. numpy only, no randomness.

Rows of features are exam questions with outcomes (`Exams`) and made-up asks without (`difficulty_synthesis`). Three steps:

1. *Kinds*: how much an ask is like everyday ones, and how much like frontier work: two logistic models on all features.
2. *Exams*: a logistic model of "the weak model fails and the strong one does not" on the few features of `TRANSFER`, with an intercept
   for each data set that is thrown away: what differs between sets is mostly which pair of models was asked.
3. *Together*: what it means to be everyday or frontier, and a curve that makes probabilities of sums.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifiers.models.difficulty.features import MEANING
from classifiers.models.difficulty.head import Head
from classifiers.models.difficulty.kinds import KINDS

Array = npt.NDArray[np.float64]

TRANSFER = (
    "length", "words", "sentences", "choices", "write", "reason", "analyse", "constraints", "compound choice", "logic", "proof",
    "economics", "physics", "medicine", "programming",
)  # fmt: skip
"""Features of the exam model: those that helped on a data set that the model had not seen (chosen on the train part, one set left out at a
time, greedily from length and choices). Word vectors and the other features help on their own set and harm on others."""

EASY, HARD = 0.02, 0.85
"""What we take the difficulty of a made-up everyday ask, and of made-up frontier work, to be."""

BASE = 0.2
"""The difficulty of a typical exam question. Fixed: learnt, it would fall whenever a hard set is left out, and scores of heads trained on
different sets could not be compared."""

SHARE = 0.1
"""Weight of all everyday asks, and of all frontier ones, beside the exam questions, which have 1."""

BINS = 24


@dataclass(frozen=True, slots=True)
class Exams:
    """Features (n, width) of exam questions, whether only the strong model was right, and each one's data set."""

    features: Array
    is_hard: Array
    dataset: npt.NDArray[np.str_]

    def without(self, dataset: str) -> "Exams":
        """All others."""
        kept = self.dataset != dataset
        return Exams(self.features[kept], self.is_hard[kept], self.dataset[kept])


def logistic(rows: Array, targets: Array, weights: Array, penalties: Array, offsets: Array | None = None) -> Array:
    """Weights of the columns by Newton's method; targets in 0..1, a ridge penalty for each column. No intercept but a column of ones."""
    fitted = np.zeros(rows.shape[1])
    shift = np.zeros(len(rows)) if offsets is None else offsets

    def loss(tried: Array) -> float:
        sums = rows @ tried + shift
        return float(weights @ (np.logaddexp(0, sums) - targets * sums) + penalties @ tried**2 / 2)

    for _ in range(40):
        shares = 1 / (1 + np.exp(-np.clip(rows @ fitted + shift, -30, 30)))
        slope = rows.T @ (weights * (shares - targets)) + penalties * fitted
        bend = (rows * (weights * shares * (1 - shares))[:, None]).T @ rows + np.diag(penalties + 1e-9)
        step = np.linalg.solve(bend, slope)
        before = loss(fitted)
        while loss(fitted - step) > before and np.abs(step).max() > 1e-5:
            step /= 2
        fitted -= step
        if np.abs(step).max() < 1e-5:
            break
    return fitted


def scales(rows: Array, names: Sequence[str]) -> Array:
    """What to multiply each feature with: 1 by its standard deviation; the same for all of the word vectors; 0 where it never varies."""
    spread = rows.std(axis=0)
    is_meaning = np.array([name.startswith(MEANING) for name in names])
    spread[is_meaning] = spread[is_meaning].max()
    return np.where(spread < 1e-3, 0.0, 1 / np.maximum(spread, 1e-3))


def fit_kind(like: Array, unlike: Array, names: Sequence[str], exams: Array) -> tuple[Array, float]:
    """Weights of features and an intercept for "is like these": against exam questions and the other kind."""
    count = len(exams)
    rows = np.concatenate([exams, like, unlike])
    scale = scales(rows, names)
    centre = exams.mean(axis=0)
    targets = np.concatenate([np.zeros(count), np.ones(len(like)), np.zeros(len(unlike))])
    weights = np.concatenate([np.ones(count), *(np.full(len(each), 0.15 * count / len(each)) for each in (like, unlike))])
    penalties = np.array([300.0 if name.startswith(MEANING) else 30.0 for name in names] + [0.0])
    made = np.concatenate([(rows - centre) * scale, np.ones((len(rows), 1))], axis=1)
    fitted = logistic(made, targets, weights, penalties)
    slopes = fitted[:-1] * scale
    return slopes, float(fitted[-1] - slopes @ centre)


def fit_exams(exams: Exams, names: Sequence[str]) -> Array:
    """Weights of the features of `TRANSFER` (0 for the others)."""
    chosen = [names.index(name) for name in TRANSFER]
    scale = scales(exams.features, names)[chosen]
    rows = (exams.features[:, chosen] - exams.features[:, chosen].mean(axis=0)) * scale
    sets = np.unique(exams.dataset)
    own = (exams.dataset[:, None] == sets[None, :]).astype(float)
    penalties = np.array([200.0] * len(chosen) + [1e-3] * len(sets))
    fitted = logistic(np.concatenate([rows, own], axis=1), exams.is_hard, np.ones(len(rows)), penalties)
    slopes = np.zeros(len(names))
    slopes[chosen] = fitted[: len(chosen)] * scale
    return slopes


def fit_head(exams: Exams, easy: Array, hard: Array, names: Sequence[str], centre: Array) -> Head:
    """The head for these exam questions and made-up asks. `centre`: a typical text, where the sum is that of `BASE`."""
    slopes = fit_exams(exams, names)
    rows = np.concatenate([exams.features, easy, hard]) - centre
    count = len(exams.features)
    targets = np.concatenate([np.full(count, BASE), np.full(len(easy), EASY), np.full(len(hard), HARD)])
    weights = np.concatenate([np.ones(count), np.full(len(easy), SHARE * count / len(easy)), np.full(len(hard), SHARE * count / len(hard))])
    bias = float(np.log(BASE / (1 - BASE)))
    kinds = [names.index(name) for name in KINDS]
    slopes[kinds] = logistic(rows[:, kinds], targets, weights, np.ones(len(kinds)), rows @ slopes + bias)
    sums = rows @ slopes + bias
    curve = rising(sums, np.concatenate([exams.is_hard, targets[count:]]), weights)
    return Head(tuple(names), slopes.astype(np.float32), centre.astype(np.float32), bias, curve)


def rising(sums: Array, targets: Array, weights: Array) -> tuple[tuple[float, float], ...]:
    """A rising curve through the means of equally heavy bins: neighbours that fall are joined."""
    order = np.argsort(sums, kind="stable")
    heavy = np.cumsum(weights[order])
    bins = np.minimum((heavy / heavy[-1] * BINS).astype(int), BINS - 1)
    blocks: list[list[float]] = []
    for each in np.unique(bins):
        at = order[bins == each]
        blocks.append(
            [
                float(weights[at].sum()),
                float(np.average(sums[at], weights=weights[at])),
                float(np.average(targets[at], weights=weights[at])),
            ]
        )
        while len(blocks) > 1 and blocks[-2][2] >= blocks[-1][2]:
            last, before = blocks.pop(), blocks.pop()
            whole = last[0] + before[0]
            blocks.append([whole, *((before[0] * before[at] + last[0] * last[at]) / whole for at in (1, 2))])
    inner = [(total, share) for _, total, share in blocks]
    first, last_ = inner[0], inner[-1]
    return ((first[0] - 4, min(first[1], 0.002)), *inner, (last_[0] + 4, max(last_[1], 0.97)))


def by_name(names: Sequence[str], weights: Array) -> Mapping[str, float]:
    """The weights that are not 0, for reading."""
    return {name: float(weight) for name, weight in zip(names, weights, strict=True) if weight}
