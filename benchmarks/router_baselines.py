"""Scores to compare with: words with logistic regression, the field's weighted dimensions, and what an oracle knows."""
# ruff: noqa: E501 - a list of words stays on one line

import math
import re
import zlib
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from benchmarks.router_rows import Row
from benchmarks.router_scores import Array

BUCKETS, STEPS, RIDGE = 1 << 16, 150, 2e-5

Bags = tuple[npt.NDArray[np.intp], Array, npt.NDArray[np.intp]]
"""Sparse rows: buckets, their values, and where each row begins."""


def bags(prompts: Sequence[str]) -> Bags:
    """Words and pairs of words by hash, each counted once per prompt with 1 + log(count)."""
    buckets: list[int] = []
    values: list[float] = []
    starts: list[int] = []
    for prompt in prompts:
        starts.append(len(buckets))
        words = re.findall(r"\w+", prompt.lower())
        counts: dict[int, int] = defaultdict(int)
        for term in ["", *words, *map(" ".join, pairwise(words))]:
            counts[zlib.crc32(term.encode()) % BUCKETS] += 1
        buckets += counts
        values += [1 + math.log(count) for count in counts.values()]
    return np.array(buckets, np.intp), np.array(values), np.array(starts, np.intp)


def tf_idf(train: Sequence[Row], asked: Sequence[Row]) -> Array:
    """TF-IDF of words and pairs under logistic regression, fitted by accelerated gradient descent on "only the strong model is right"."""
    buckets, values, starts = bags([row.prompt for row in train])
    rarity = np.log(len(train) / (1 + np.bincount(buckets, minlength=BUCKETS)))
    rarity = np.maximum(rarity, 0) + 1e-3

    def normed(bag: Bags) -> Bags:
        weighted = bag[1] * rarity[bag[0]]
        norms = np.sqrt(np.add.reduceat(weighted**2, bag[2]))
        return bag[0], weighted / np.repeat(norms, np.diff([*bag[2], len(weighted)])), bag[2]

    buckets, values, starts = normed((buckets, values, starts))
    of_row = np.repeat(np.arange(len(train)), np.diff([*starts, len(values)]))
    hard = np.array([row.is_hard for row in train], float)
    bias = math.log(hard.mean() / (1 - hard.mean()))
    weights = np.zeros(BUCKETS)
    ahead = weights
    for step in range(STEPS):
        sums = np.add.reduceat(values * ahead[buckets], starts) + bias
        slope = np.bincount(buckets, values * (1 / (1 + np.exp(-sums)) - hard)[of_row], BUCKETS) / len(train) + RIDGE * ahead
        later = ahead - 4 * slope
        ahead = later + (step / (step + 3)) * (later - weights)
        weights = later
    buckets, values, starts = normed(bags([row.prompt for row in asked]))
    scores: Array = 1 / (1 + np.exp(-(np.add.reduceat(values * weights[buckets], starts) + bias)))
    return scores


CODE = "function class def const let import return async await api database sql docker kubernetes debug python javascript code script query".split()
REASONING = (
    "step by step",
    "think through",
    "reason through",
    "explain why",
    "prove",
    "derive",
    "analyze",
    "analyse",
    "pros and cons",
    "trade-off",
)
TECHNICAL = "algorithm architecture distributed scalable concurrency latency throughput encryption protocol optimization theorem matrix probability quantum molecular derivative integral neural transformer compiler".split()
SIMPLE = ("what is", "who is", "when did", "where is", "define", "hello", "hi ", "thanks", "how many", "translate")
MULTI_STEP = re.compile(r"first.*then|step \d|\b1\..*\b2\.|\ba\).*\bb\)", re.DOTALL)


def seven_dimensions(prompt: str) -> float:
    """LiteLLM's complexity router as its documentation describes it: seven dimensions with its weights; the word lists are ours.

    Tiers begin at 0.15, 0.35 and 0.60; two reasoning markers make the highest.
    """
    text = prompt.lower()
    tokens = len(prompt) / 4
    markers = sum(marker in text for marker in REASONING)
    words = set(re.findall(r"\w+", text))
    dimensions = (
        (0.10, -1.0 if tokens < 15 else 1.0 if tokens > 400 else 0.0),
        (0.30, min(1.0, len(words & set(CODE)) / 2)),
        (0.25, min(1.0, markers / 2)),
        (0.25, min(1.0, len(words & set(TECHNICAL)) / 2)),
        (0.05, -1.0 if any(marker in text for marker in SIMPLE) else 0.0),
        (0.03, 1.0 if MULTI_STEP.search(text) else 0.0),
        (0.02, 1.0 if text.count("?") > 3 else 0.0),
    )
    score = sum(weight * value for weight, value in dimensions)
    return max(score, 0.6) if markers > 1 else score


def task_means(train: Sequence[Row], asked: Sequence[Row]) -> Array:
    """What the strong model added on average in the row's task of the train part: what knowing the task is worth."""
    gains: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in train:
        gains[row.dataset, row.task].append(row.gain)
    return np.array([float(np.mean(gains.get((row.dataset, row.task), [0.0]))) for row in asked])


def set_means(train: Sequence[Row], asked: Sequence[Row]) -> Array:
    """Likewise of its data set: what telling the sets apart is worth."""
    means = {name: float(np.mean([row.gain for row in train if row.dataset == name])) for name in {row.dataset for row in asked}}
    return np.array([means[row.dataset] for row in asked])
