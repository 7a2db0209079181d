"""Static word vectors: each known word has one, distilled from a sentence encoder; a text is the weighted mean of those of its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Words:
    """Vectors of `width` numbers in eight bits with a scale for each column; the weight and the commonness of each word.

    Rare words weigh more; commonness is the logarithm (base 10) of how often a word stands in a billion. Nothing in it changes: safe to
    share between threads.
    """

    index: dict[str, int]
    vectors: npt.NDArray[np.int8]
    scale: Floats
    weights: list[float]
    commonness: list[float]

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
        weights = np.array([self.weights[row] for row in rows], np.float32)
        mean: Floats = (weights @ self.vectors[rows].astype(np.float32)) * (self.scale / weights.sum())
        return mean

    def along(self, direction: Floats) -> list[float]:
        """For each word its weight times where it lies along a direction: what it adds to the mean's, but for the sum of the weights."""
        lies = self.vectors.astype(np.float32) @ (self.scale * direction)
        along: list[float] = (lies * np.array(self.weights, np.float32)).tolist()
        return along


def load() -> Words:
    """The vectors that ship with Tidegate. Raises OSError when the file is not there."""
    with resources.files(__package__).joinpath("words.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        words = arrays["words"].tobytes().decode().split("\n")
        index = {word: row for row, word in enumerate(words)}
        return Words(index, arrays["vectors"], arrays["scale"], arrays["weights"].tolist(), arrays["commonness"].tolist())
