"""Static word vectors: each known word has one, distilled from a sentence encoder; a text is the weighted mean of those of its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Words:
    """Vectors of `width` numbers in eight bits with a scale for each column, a weight for each word (rare ones count more), and how common it is.

    `zipf` is the logarithm (base 10) of how often the word stands in a billion. Safe to share between threads: nothing in it changes.
    """

    index: dict[str, int]
    vectors: npt.NDArray[np.int8]
    scale: Floats
    weights: Floats
    zipf: Floats

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


def load() -> Words:
    """The vectors that ship with Tidegate. Raises OSError when the file is not there."""
    with resources.files(__package__).joinpath("words.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        words = arrays["words"].tobytes().decode().split("\n")
        return Words(
            {word: row for row, word in enumerate(words)},
            arrays["vectors"],
            arrays["scale"],
            arrays["weights"].astype(np.float32),
            arrays["zipf"].astype(np.float32),
        )
