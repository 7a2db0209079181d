"""`beginnings`: how far into a conversation nothing was found when it was read before.

A conversation sends again all that was said in it. Of a prompt that was read to its end, and is clean, some beginnings are remembered.
Of a prompt that begins like that the rest is read, and what stands near the border to it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

from classifiers.normalise.borders import alternates
from classifiers.prompt import Part

FIRST = 2
"""Turns by which a conversation is known again. Of one that was not seen before only those are remembered: most do not go on."""

LAST = 2
"""Beginnings that are remembered of one that was: examples come again before other questions, and what was asked before what comes next."""


class Keeps(Protocol):
    """A memory of keys."""

    def keys(self, texts: Sequence[str]) -> Sequence[bytes]:
        """What each beginning of a row of texts is kept under: the first alone, the first two, and so on."""
        ...

    def recall(self, key: bytes) -> Sequence[object] | None:
        """None when nobody remembers."""
        ...

    def keep(self, key: bytes, findings: tuple[()]) -> None:
        """Remember."""
        ...


class Beginnings(NamedTuple):
    """Of one prompt: how many of its parts, from the first on, were read before, with nothing in them or across them; and what to keep."""

    known: int = 0
    keys: Sequence[bytes] = ()

    def keep(self, memo: Keeps | None) -> None:
        """Remember that the prompt is clean."""
        if memo is not None:
            for key in self.keys:
                memo.keep(key, ())


NOTHING_BEFORE = Beginnings()


def beginnings(parts: Sequence[Part], memo: Keeps) -> Beginnings:
    """What is remembered of a prompt."""
    ends = _ends(parts)
    if not ends:
        return NOTHING_BEFORE
    [first] = memo.keys(["".join(_texts(parts, ends[:FIRST]))])
    if memo.recall(first) is None:
        return Beginnings(0, (first,))
    made = [*zip(ends, memo.keys(_texts(parts, ends)), strict=True)]
    known = next((end for end, key in reversed(made) if memo.recall(key) is not None), 0)  # they may be forgotten meanwhile
    return Beginnings(known, [key for end, key in made[-LAST:] if end > known])


def _ends(parts: Sequence[Part]) -> Sequence[int]:
    """Where turns end, up to the last message: what stands behind that, as tools do, stands behind whatever is said next."""
    ends = [place for place, (one, next_one) in enumerate(pairwise(parts), 1) if one.turn != next_one.turn]
    return ends if not parts or parts[-1].turn < 0 else [*ends, len(parts)]


def _texts(parts: Sequence[Part], ends: Sequence[int]) -> Sequence[str]:
    """All that a reading depends on, turn by turn, such that no other parts come to the same."""
    texts = ["".join([_text(part) for part in parts[begin:end]]) for begin, end in pairwise((0, *ends))]
    return [f"{alternates(parts)} {texts[0]}", *texts[1:]]


def _text(part: Part) -> str:
    return f"{part.turn} {part.part} {part.lead} {part.place} {len(part.text)} {part.text}"
