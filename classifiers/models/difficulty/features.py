"""A text as a vector of named numbers.

What it looks like (`marks.py`), how common its words are, which kind of ask it is like (`kinds.py`), and what its words mean (`words.py`).
"""

from collections.abc import Mapping

import numpy as np

from classifiers.models.difficulty import kinds as shipped_kinds
from classifiers.models.difficulty.kinds import Kind
from classifiers.models.difficulty.marks import MEASURES, PATTERNS, Marks, measures, words_of
from classifiers.models.difficulty.words import Floats, Words, load

HEAD, TAIL = 1_600, 600
"""Characters that are read: the beginning and the end of a text, where people put what they want. So the time is bounded too."""

VOCABULARY = ("common words", "rarest word", "weight of words")
"""Mean and least commonness of the known words, and their mean weight."""

MEANING = "meaning "
"""What the names of the features from word vectors begin with."""

_FIRST_PATTERN = len(MEASURES) + len(VOCABULARY)
_NO_PATTERN = [0.0] * len(PATTERNS)


class Features:
    """Makes vectors (float32, `len(names)` numbers). Safe to share between threads: nothing in it changes.

    `named`: how many of the features have a name of their own; the others are the text's place among the word vectors.
    """

    __slots__ = ("_kinds", "_marks", "_nothing", "_table", "named", "names", "words")

    def __init__(self, words: Words, kinds: Mapping[str, Kind]) -> None:
        self.words = words
        self._marks = Marks()
        self._kinds = tuple(kinds.values())
        # Of each word its weight, how common it is, and what it adds to each kind: one look-up in place of four.
        self._table = [*zip(words.weights, words.commonness, *(kind.along for kind in self._kinds), strict=True)]
        self._nothing = (1.0, *(0.0 for _ in self._kinds), 0.0)
        self.named = _FIRST_PATTERN + len(PATTERNS) + len(kinds)
        self.names: tuple[str, ...] = (
            *MEASURES,
            *VOCABULARY,
            *(name for name, _ in PATTERNS),
            *kinds,
            *(f"{MEANING}{column}" for column in range(words.width)),
        )

    def of(self, text: str, turns: int = 1) -> Floats:
        """The features of an ask, and of how many turns its conversation has with it. Case and the kind of white space do not matter."""
        values, rows = self.read(text, turns)
        return np.concatenate([np.array(values, np.float32), self.words.mean(rows)])

    def read(self, text: str, turns: int = 1) -> tuple[list[float], list[int]]:
        """The named features of an ask, and the rows of its known words: all of `of`, in a third of the time."""
        unread = max(0, len(text) - HEAD - TAIL)
        if unread:
            text = f"{text[:HEAD]} {text[-TAIL:]}"
        text = " ".join(text.lower().split())
        words = words_of(text)
        rows = self.words.known(words)
        values = measures(text, words, len(text) + unread, len(words) - len(rows), turns)
        columns = [*zip(*map(self._table.__getitem__, rows), strict=True)]
        weight, common, *meanings = map(sum, columns) if rows else self._nothing
        values += (common / len(rows), min(columns[1]), weight / len(rows)) if rows else (0.0, 0.0, 0.0)
        found = self._marks.found(text)
        likenesses = [kind.likeness(values, found, meaning / weight) for kind, meaning in zip(self._kinds, meanings, strict=True)]
        values += _NO_PATTERN
        for index in found:
            values[_FIRST_PATTERN + index] = 1.0
        values += likenesses
        return values, rows


def features() -> Features:
    """With the word vectors and kinds that ship with Tidegate."""
    words = load()
    return Features(words, shipped_kinds.load(words))
