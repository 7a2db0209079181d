"""Static word vectors: each known word has one, distilled from a sentence encoder; a text is the weighted mean of those of its words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Words:
    """Vectors of `width` numbers in eight bits with a scale for each column; the weight and the commonness of each word.

    Rare words weigh more; commonness is the logarithm (base 10) of how often a word stands in a billion. `unpack` gives the vectors, which
    are read when first needed: a score needs none. Nothing in it changes: safe to share between threads.
    """

    index: dict[str, int]
    unpack: Callable[[], Bytes]
    scale: Floats
    weights: Floats
    commonness: Floats

    @property
    def vectors(self) -> Bytes:
        """Of all words, in their order (n, width)."""
        return self.unpack()

    @property
    def width(self) -> int:
        """How many numbers stand for a text."""
        return len(self.scale)

    def known(self, words: Sequence[str]) -> list[int]:
        """Rows of those of the words that have a vector, in their order."""
        return [row for row in map(self.index.get, words) if row is not None]

    def mean(self, rows: Sequence[int]) -> Floats:
        """The weighted mean of some rows; zeros for none."""
        if not rows:
            return np.zeros(self.width, np.float32)
        weights = self.weights[rows]
        mean: Floats = (weights @ self.vectors[rows].astype(np.float32)) * (self.scale / weights.sum())
        return mean

    def along(self, direction: Floats) -> Floats:
        """For each word its weight times where it lies along a direction: what it adds to the mean's, but for the sum of the weights."""
        lies = self.vectors.astype(np.float32) @ (self.scale * direction)
        along: Floats = lies * self.weights
        return along


@cache
def load() -> Words:
    """The vectors that ship with Tidegate, the same ones for all who ask. Raises OSError when the file is not there."""
    words, scale, weights, commonness = _read("words", "scale", "weights", "commonness")
    index = {word: row for row, word in enumerate(words.tobytes().decode().split("\n"))}
    return Words(index, _vectors, scale, weights.astype(np.float32), commonness.astype(np.float32))


@cache
def _vectors() -> Bytes:
    return _read("vectors")[0]


def _read(*names: str) -> list[npt.NDArray[Any]]:
    with resources.files(__package__).joinpath("words.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return [arrays[name] for name in names]
