"""Rows and how they are found: what a table's line says, and the search for the rows that share a pattern."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import re2

from classifiers.kinds import Span
from classifiers.sieve import Sight
from classifiers.work import Work

SEARCH, LENGTH = 0.01, 0.2
"""Microseconds per byte of a search for one pattern, and of a candidate's length."""

FIND, NEAR = 8, 10
"""Microseconds to find one candidate, and to look for a context word around it."""

SHORTEST = 6
"""Characters of the shortest thing that any row finds (`a@b.co`)."""

MAX_CUTS = 4
"""Words that a candidate that shrinks may lose before it is refused."""

SEPARATORS = " -./()"

MAX_MEM = 64 << 20
"""Bytes that the automaton of a pattern may take. With re2's default of 8 MB random text makes it start over again and again."""

BEFORE, AFTER = 60, 30
"""Characters before and after a candidate in which a context word counts."""


@dataclass(frozen=True, slots=True)
class Row:
    r"""One line of a table: what to look for, and what makes a hit real.

    `pattern` is in re2's syntax; when it has a group, the group is the span. `is_valid` gets the candidate's text. `context` is an
    alternation of words (re2 syntax, case-insensitive, each from the beginning of a word on), one of which must stand near. `stands_alone`
    refuses a candidate that is a piece of a longer number or token (`0.4111...`, `...-4111-...`). `shrinks` tries the candidate
    again without its last words, for patterns that can run on into the text behind. `is_bounded` says that the pattern matches no
    more than some 60 characters, so that a refused candidate may be looked at again from its second word on. `cost` is what one
    call of `is_valid` takes at most, in microseconds. `fits` gets what stands before and behind the candidate, as far as context
    words count, and may refuse it (before it shrinks): for shapes that mean something only in a sentence, or nothing after some words.
    `gate` is a short pattern, in the syntax that re2 and Hyperscan share, that every text with a hit matches; rows with the same gate
    are looked at only in a text that matches it. Without one the pattern is its own gate. `also` is another such pattern.
    """

    category: str
    pattern: str
    is_valid: Callable[[str], bool] | None = None
    context: str = ""
    confidence: float = 0.9
    stands_alone: bool = False
    shrinks: bool = False
    is_bounded: bool = True
    cost: int = 30
    gate: str = ""
    also: str = ""
    fits: Callable[[str, str], bool] | None = None


@lru_cache(maxsize=1024)
def linear(pattern: str) -> re2._Regexp:
    """The pattern, compiled once for all tables. Raises `re2.error`."""
    return re2.compile(pattern, re2_options())


def re2_options() -> re2.Options:
    """Ours for every pattern: more memory, and no log."""
    options = re2.Options()
    options.max_mem = MAX_MEM
    options.log_errors = False
    return options


def gated(gate: str, rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows, those without a gate behind this one."""
    return tuple(row if row.gate else replace(row, gate=gate) for row in rows)


def leave_out(rows: Iterable[Row], without: Sequence[str]) -> tuple[Row, ...]:
    """The rows whose category is not in `without`. Raises ValueError for a category that no row has."""
    rows = tuple(rows)
    known = {row.category for row in rows}
    unknown = [without] if isinstance(without, str) else sorted(set(without) - known)
    if unknown:
        raise ValueError(f"without: there is no category {unknown[0]!r}; it takes a list of: {', '.join(sorted(known))}")
    return tuple(row for row in rows if row.category not in without)


class Check:
    """A row, with its context compiled. `words` (if any) match every text that holds its context, also one cut in two."""

    __slots__ = ("cost", "near", "row", "words")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.near = linear(rf"(?i)(?:^|[^A-Za-z0-9])(?:{row.context})") if row.context else None
        self.words = rf"(?i)(?:{row.context})".replace(r"\b", "") if row.context else ""
        self.cost = row.cost * (1 + MAX_CUTS * row.shrinks)

    def length(self, text: str, start: int, end: int, work: Work) -> int:
        """How many leading characters of the candidate the row takes; 0 for none. Raises `OverBudget`."""
        row = self.row
        if self.near is not None:
            work.spend(NEAR)
            if not _is_near(self.near, text, start, end):
                return 0
        if row.fits is not None:
            work.spend(NEAR)
            if not row.fits(text[max(0, start - BEFORE) : start], text[end : end + AFTER]):
                return 0
        if row.is_valid is None:
            length = end - start
        else:
            work.spend(self.cost)
            length = _length(row, text[start:end])
        return 0 if length and row.stands_alone and _is_piece(text, start, start + length) else length


class Shape:
    """The rows that share a pattern, in the order of the table."""

    __slots__ = ("checks", "group", "is_bounded", "regex")

    def __init__(self, pattern: str, rows: Sequence[Row]) -> None:
        self.regex = linear(pattern)
        self.group = 1 if self.regex.groups else 0
        self.checks = tuple(map(Check, rows))
        self.is_bounded = all(row.is_bounded for row in rows)

    def prepare(self) -> None:
        """Compile what runs backwards now, not in the first request with a hit: 50 ms for e-mail."""
        _ = self.regex.reverseprogramsize

    def search(self, sight: Sight, checks: Sequence[Check], work: Work) -> Iterator[Span]:
        """Every candidate that one of these rows takes. Raises `OverBudget`."""
        text, encoded = sight.text, sight.encoded
        to_characters = _Offsets(encoded, is_ascii=len(text) == len(encoded))
        position = 0
        while (match := self.regex.search(encoded, position)) is not None:
            begin, stop = match.span(self.group)
            work.spend(FIND + (match.end() - position) * SEARCH + (stop - begin) * LENGTH)
            start, end = to_characters(begin, stop)
            for check in checks:
                if length := check.length(text, start, end, work):
                    yield Span(start, start + length, check.row.category, check.row.confidence)
                    position = max(begin + len(text[start : start + length].encode()), match.start() + 1)
                    break
            else:
                position = match.start() + 1 if self.is_bounded else max(match.end(), match.start() + 1)
        work.spend((len(encoded) - position) * SEARCH)


class _Offsets:
    """Byte offsets to character offsets, linear over all calls for spans that begin in rising order."""

    __slots__ = ("_at_byte", "_at_character", "_encoded", "_is_ascii")

    def __init__(self, encoded: bytes, is_ascii: bool) -> None:
        self._encoded = encoded
        self._is_ascii = is_ascii
        self._at_byte = self._at_character = 0

    def __call__(self, begin: int, stop: int) -> tuple[int, int]:
        if self._is_ascii:
            return begin, stop
        if begin < self._at_byte:  # a group can begin before that of the match before
            self._at_byte = self._at_character = 0
        self._at_character += len(self._encoded[self._at_byte : begin].decode())
        self._at_byte = begin
        return self._at_character, self._at_character + len(self._encoded[begin:stop].decode())


def _is_near(context: re2._Regexp, text: str, start: int, end: int) -> bool:
    return context.search(text[max(0, start - BEFORE) : start]) is not None or context.search(text[end : end + AFTER]) is not None


def _length(row: Row, value: str) -> int:
    """How many leading characters of the candidate the row takes; 0 for none."""
    if row.is_valid is None or row.is_valid(value):
        return len(value)
    if row.shrinks:
        for _ in range(MAX_CUTS):
            cut = max(value.rfind(separator) for separator in SEPARATORS)
            value = value[: max(cut, 0)].rstrip(SEPARATORS)
            if len(value) < SHORTEST:
                break
            if row.is_valid(value):
                return len(value)
    return 0


def _is_piece(text: str, start: int, end: int) -> bool:
    """Whether the candidate belongs to a longer number or token: a decimal, a version, a UUID, a serial number."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if len(before) == 2 and ((before[1] == "." and before[0].isdigit()) or (before[1] in "-_" and before[0].isalnum())):
        return True
    return len(after) == 2 and after[0] in ".-_" and after[1].isdigit()
