"""A text as a vector of named numbers.

What it looks like (`marks.py`), how common its words are, which kind of ask it is like (`kinds.py`), and what its words mean (`words.py`).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from classifiers.models.difficulty import kinds as shipped_kinds
from classifiers.models.difficulty.kinds import Kind
from classifiers.models.difficulty.marks import MEASURES, OTHER, PATTERNS, Marks, collapsed, measures, words_of
from classifiers.models.difficulty.packed import first, packed, unpacked
from classifiers.models.difficulty.words import Floats, Words, load

HEAD, TAIL = 1_000, 400
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

    __slots__ = ("_columns", "_kinds", "_marks", "_table", "named", "names", "words")

    def __init__(self, words: Words, kinds: Mapping[str, Kind]) -> None:
        self.words = words
        self._marks = Marks()
        self._kinds = tuple(kinds.values())
        other = np.zeros(len(words.weights), np.float32)
        other[words.known(sorted(OTHER))] = 1
        columns = (words.commonness, words.weights, other, *(kind.along for kind in self._kinds))
        self._columns = len(columns)
        self._table = dict(zip(words.index, packed(columns), strict=True))
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
        values, words = self.read(text, turns)
        return np.concatenate([np.array(values, np.float32), self.words.mean(self.words.known(words))])

    def read(self, text: str, turns: int = 1) -> tuple[list[float], Sequence[str]]:
        """The named features of an ask, and its words: all that `of` is made of, in a third of the time."""
        unread = max(0, len(text) - HEAD - TAIL)
        if unread:
            text = f"{text[:HEAD]} {text[-TAIL:]}"
        text = collapsed(text)
        encoded = text.encode("utf-8", "replace")
        words = words_of(text)
        known = [*filter(None, map(self._table.get, words))]
        common, weight, other, *meanings = unpacked(sum(known), self._columns)
        values = measures(text, encoded, words, (len(text) + unread, len(words) - len(known), other, turns))
        values += (common / len(known), first(min(known), self._columns), weight / len(known)) if known else (0.0, 0.0, 0.0)
        found = self._marks.found(text, encoded)
        likenesses = [kind.likeness(values, found, meaning / (weight or 1.0)) for kind, meaning in zip(self._kinds, meanings, strict=True)]
        values += _NO_PATTERN
        for index in found:
            values[_FIRST_PATTERN + index] = 1.0
        values += likenesses
        return values, words


def features() -> Features:
    """With the word vectors and kinds that ship with Tidegate."""
    words = load()
    return Features(words, shipped_kinds.load())
