"""Kinds of asks: how much one is like everyday requests, and how much like frontier work (proofs, changes over many files, long plans)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from operator import mul

import numpy as np

from classifiers.models.difficulty.marks import PATTERNS
from classifiers.models.difficulty.words import Floats

KINDS = ("everyday ask", "frontier work")
"""Those that ship with Tidegate."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A logistic model: weights of the measures and of the patterns, a bias, and what each word adds (`Words.along`)."""

    measures: list[float]
    patterns: list[float]
    bias: float
    along: Floats

    def likeness(self, values: Sequence[float], found: Sequence[int], meaning: float) -> float:
        """0..1, of an ask's measures, the patterns that match it, and what its words add on average."""
        total = self.bias + meaning + sum(map(mul, self.measures, values)) + sum(map(self.patterns.__getitem__, found))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def kind_of(weights: Floats, bias: float, along: Floats) -> Kind:
    """From the weights of the measures and the patterns, one after the other, and what each word adds."""
    first = len(weights) - len(PATTERNS)
    return Kind(weights[:first].tolist(), weights[first:].tolist(), bias, along)


def load() -> Mapping[str, Kind]:
    """The kinds that ship with Tidegate, by name, for the words that ship with it. Raises OSError when the file is not there."""
    with resources.files(__package__).joinpath("kinds.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return {name: kind_of(arrays[name][:-1], float(arrays[name][-1]), arrays[f"{name} words"].astype(np.float32)) for name in KINDS}
