"""A text as a vector of named numbers: what it looks like (`marks.py`), how common its words are, and what they mean (`words.py`)."""

from collections.abc import Sequence

import numpy as np

from classifiers.models.difficulty.marks import MEASURES, PATTERNS, WORD, Marks, measures
from classifiers.models.difficulty.words import Floats, Words, load

HEAD, TAIL = 2_400, 1_200
"""Characters that are read: the beginning and the end of a text, where people put what they want. So the time is bounded too."""

VOCABULARY = ("common words", "rarest word", "weight of words")
"""Mean and least `zipf` of the known words, and their mean weight."""

MEANING = "meaning "
"""What the names of the features from word vectors begin with."""


class Features:
    """Makes vectors (float32, `len(names)` numbers). Safe to share between threads: nothing in it changes."""

    __slots__ = ("_marks", "_words", "names")

    def __init__(self, words: Words) -> None:
        self._words = words
        self._marks = Marks()
        self.names: tuple[str, ...] = (
            *MEASURES,
            *VOCABULARY,
            *(name for name, _ in PATTERNS),
            *(f"{MEANING}{column}" for column in range(words.width)),
        )

    def of(self, text: str, turns: int = 1) -> Floats:
        """The features of an ask, and of how many turns its conversation has with it. Case and the kind of white space do not matter."""
        length = len(text)
        if length > HEAD + TAIL:
            text = f"{text[:HEAD]} {text[-TAIL:]}"
        text = " ".join(text.lower().split())
        words = WORD.findall(text)
        rows = self._words.known(words)
        vector = np.zeros(len(self.names), np.float32)
        vector[: len(MEASURES)] = measures(text, words, length, len(words) - len(rows), turns)
        at = len(MEASURES)
        vector[at : at + len(VOCABULARY)] = self._vocabulary(rows)
        at += len(VOCABULARY)
        vector[[at + index for index in self._marks.found(text)]] = 1
        vector[at + len(PATTERNS) :] = self._words.mean(rows)
        return vector

    def _vocabulary(self, rows: Sequence[int]) -> tuple[float, float, float]:
        if not rows:
            return (0.0, 0.0, 0.0)
        zipf = self._words.zipf[rows]
        return (float(zipf.mean()), float(zipf.min()), float(self._words.weights[rows].mean()))


def features() -> Features:
    """With the word vectors that ship with Tidegate."""
    return Features(load())
