"""Placeholders: how one is written, and how one is recognised that a model has altered.

`<PERSON_2>` is the second person of a conversation, `<PERSON_2A>` the first word of that name where it stands alone.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

_OPEN, _CLOSE = r"(?:<|&lt;|\\u003c)", r"(?:>|&gt;|\\u003e)"
"""Brackets as they are, as HTML writes them, and as some encoders of JSON do."""
_OPEN_CUT, _CLOSE_CUT = r"(?:&(?:lt?)?|\\(?:u(?:0(?:03?)?)?)?)", r"(?:&(?:gt?)?|\\(?:u(?:0(?:03?)?)?)?)"
"""What these may begin with."""
_BETWEEN = r"(?:\\{0,2}_|[ -])"
"""Between word and number; Markdown escapes an underscore, and JSON the backslash of that."""
_ALIEN = r"<(?P<alien>[^\Wa-z\d]{2,24})[ _-](?P<alien_number>[0-9]{1,6})(?P<alien_part>[A-Z]?)>"
"""What can only be a placeholder, of whatever kind: a model may translate one."""
_ALIEN_CUT = r"<(?:[^\Wa-z\d]{1,24}(?:[ -]?\d{0,6}[A-Z]?)?)?"
LONGEST = 64
"""No placeholder is longer, in any form."""


class Placeholder(NamedTuple):
    """One placeholder: the word for its category, its number in the conversation, the letter of a part of a name or nothing."""

    kind: str
    number: int
    part: str = ""

    @property
    def bare(self) -> str:
        """Without brackets, where only letters, digits and underscores may stand."""
        return f"{self.kind}_{self.number}{self.part}"

    @property
    def text(self) -> str:
        """As it is written."""
        return f"<{self.bare}>"


def kind_of(category: str) -> str:
    """The word for a category."""
    return re.sub(r"[^A-Z]+", "_", category.upper()).strip("_") or "VALUE"


class Grammar:
    """How placeholders of some kinds look in a text: `found` matches whole ones, `cut` what may become one with what follows."""

    __slots__ = ("_cut", "_found", "_words")

    def __init__(self, kinds: Iterable[str]) -> None:
        words = sorted(kinds, key=lambda kind: (-len(kind), kind))
        self._words = frozenset(words)
        inside = "|".join(_BETWEEN.join(word.split("_")) for word in words)
        bare = "|".join(words)
        self._found = re.compile(
            rf"{_OPEN}\ ?(?P<kind>(?i:{inside})){_BETWEEN}?(?P<number>[0-9]{{1,6}})(?P<part>[A-Za-z]?)\ ?{_CLOSE}"
            rf"|(?<![A-Za-z0-9_])(?P<kind_>(?i:{bare}))\\{{0,2}}_(?P<number_>[0-9]{{1,6}})(?P<part_>[A-Za-z]?)(?![A-Za-z0-9_])"
            rf"|{_ALIEN}",
        )
        tail = rf"{_BETWEEN}?\\{{0,2}}[0-9]{{0,6}}[A-Za-z]?"
        bracketed = "|".join(_beginnings([_letter(letter) for letter in word], rf"{tail}\ ?{_CLOSE_CUT}?") for word in words)
        loose = "|".join(_beginnings([_letter(letter) for letter in word], tail) for word in words)
        self._cut = re.compile(rf"(?:{_OPEN_CUT}|{_OPEN}\ ?(?:{bracketed})?|(?<![A-Za-z0-9_])(?:{loose})|{_ALIEN_CUT})\Z")

    def found(self, text: str, start: int = 0) -> Iterable["Seen"]:
        """Every placeholder from `start` on, in any form that can be told."""
        for match in self._found.finditer(text, start):
            word = match["kind"] or match["kind_"] or match["alien"]
            kind = word if word in self._words else re.sub(r"\\*_|[ -]", "_", word).upper()
            number = match["number"] or match["number_"] or match["alien_number"]
            part = match["part"] or match["part_"] or match["alien_part"] or ""
            yield Seen(match.start(), match.end(), Placeholder(kind, int(number), part.upper()))

    def cut(self, text: str, start: int = 0) -> int:
        """Where the text must be held back: what stands there may become a placeholder, or a longer one. Its length if nowhere."""
        match = self._cut.search(text, max(start, len(text) - LONGEST))
        return len(text) if match is None else match.start()


class Seen(NamedTuple):
    """A placeholder in a text, of a kind that we know or of another one."""

    start: int
    end: int
    placeholder: Placeholder


@lru_cache(256)
def grammar(kinds: frozenset[str]) -> Grammar:
    """The grammar of these kinds, of which there are as many as the configuration has categories."""
    return Grammar(kinds)


def _letter(letter: str) -> str:
    return _BETWEEN if letter == "_" else f"(?i:{letter})"


def _beginnings(steps: list[str], tail: str) -> str:
    """A pattern for all beginnings of `steps` and then `tail`, but for the empty one."""
    pattern = tail
    for step in reversed(steps):
        pattern = f"{step}(?:{pattern})?"
    return pattern
