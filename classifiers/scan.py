"""The pattern engine: one pass says which rows of a table can hit a text, then each of those is found and checked.

Linear in the text, whatever the text is: google-re2 never backtracks, and the number of candidates that are checked is bounded.
Besides `classifiers/scorers`, this is the only module that imports re2.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import re2

from classifiers.kinds import OverBudget, Span

MAX_MEM = 64 << 20
"""Bytes that the automaton of all patterns may take. With re2's default of 8 MB random text makes it start over again and again."""

MAX_WORK = 200_000
"""What the candidates of one text may cost, in the unit of `Row.cost`. A text that asks for more is not read to its end: a doubt."""

SHORTEST = 6
"""Characters of the shortest thing that any row finds (`a@b.co`)."""

MAX_CUTS = 4
"""Words that a candidate that shrinks may lose before it is refused."""

SEPARATORS = " -./()"

BEFORE, AFTER = 60, 30
"""Characters before and after a candidate in which a context word counts."""


@dataclass(frozen=True, slots=True)
class Row:
    r"""One line of a table: what to look for, and what makes a hit real.

    `pattern` is in re2's syntax; when it has a group, the group is the span. `is_valid` gets the candidate's text. `context` is an
    alternation of words (re2 syntax, case-insensitive, each from a word boundary on), one of which must stand near. `stands_alone`
    refuses a candidate that is a piece of a longer number or token (`0.4111...`, `...-4111-...`). `shrinks` tries the candidate
    again without its last words, for patterns that can run on into the text behind. `is_bounded` says that the pattern matches no
    more than some 60 characters, so that a refused candidate may be looked at again from its second word on. `cost` is about what
    finding and checking one candidate takes, in microseconds.
    """

    category: str
    pattern: str
    is_valid: Callable[[str], bool] | None = None
    context: str = ""
    confidence: float = 0.9
    stands_alone: bool = False
    shrinks: bool = False
    is_bounded: bool = True
    cost: int = 8


def leave_out(rows: Iterable[Row], without: Sequence[str]) -> tuple[Row, ...]:
    """The rows whose category is not in `without`. Raises ValueError for a category that no row has."""
    rows = tuple(rows)
    known = {row.category for row in rows}
    unknown = [without] if isinstance(without, str) else sorted(set(without) - known)
    if unknown:
        raise ValueError(f"without: there is no category {unknown[0]!r}; it takes a list of: {', '.join(sorted(known))}")
    return tuple(row for row in rows if row.category not in without)


class _Shape:
    """The rows that share a pattern, in the order of the table."""

    __slots__ = ("cost", "cost_of_cuts", "group", "is_bounded", "regex", "rows")

    def __init__(self, pattern: str, rows: Sequence[Row]) -> None:
        self.regex = re2.compile(pattern, _options())
        self.group = 1 if self.regex.groups else 0
        self.rows = tuple((row, re2.compile(rf"(?i)\b(?:{row.context})", _options()) if row.context else None) for row in rows)
        self.cost = max(row.cost for row in rows)
        self.cost_of_cuts = self.cost * MAX_CUTS if any(row.shrinks for row in rows) else 0
        self.is_bounded = all(row.is_bounded for row in rows)

    def accept(self, text: str, start: int, end: int) -> tuple[Row, int] | None:
        """The first row that takes the candidate, and where the accepted part ends."""
        for row, context in self.rows:
            if context is not None and not _is_near(context, text, start, end):
                continue
            length = _length(row, text[start:end])
            if length and not (row.stands_alone and _is_piece(text, start, start + length)):
                return row, start + length
        return None


class Scan:
    """All rows of one detector, compiled."""

    __slots__ = ("_always", "_set", "_shapes", "categories")

    def __init__(self, rows: Iterable[Row]) -> None:
        """Raises ValueError for a pattern that re2 cannot take; the message names its category."""
        shapes: dict[str, list[Row]] = {}
        for row in rows:
            shapes.setdefault(row.pattern, []).append(row)
        self._set = re2.Set.SearchSet(_options())
        for pattern, sharing in shapes.items():
            try:
                self._set.Add(pattern)
            except re2.error as error:
                raise ValueError(
                    f"the pattern of {sharing[0].category!r} is not in re2's syntax (no look-around, no back-references)"
                ) from error
        self._always = self._set.Add(r"\z")
        self._set.Compile()
        self._shapes = tuple(_Shape(pattern, sharing) for pattern, sharing in shapes.items())
        self.categories = frozenset(row.category for sharing in shapes.values() for row in sharing)

    def spans(self, text: str) -> Iterable[Span]:
        """Everything found, grouped by pattern. Raises `OverBudget` when the candidates cost more than `MAX_WORK`."""
        if len(text) < SHORTEST:
            return ()
        try:
            encoded = text.encode()
        except UnicodeEncodeError:  # a lone surrogate; "?" keeps the offsets
            encoded = text.encode("utf-8", "replace")
            text = encoded.decode()
        hits = self._set.Match(encoded)
        if hits == [self._always]:
            return ()
        if not hits:  # re2 ran out of memory, and says so by finding nothing at all
            raise OverBudget("the patterns need more memory than they may take")
        return self._find(text, encoded, sorted(hits)[:-1])

    def _find(self, text: str, encoded: bytes, hits: Iterable[int]) -> Iterator[Span]:
        left = MAX_WORK
        for index in hits:
            shape = self._shapes[index]
            to_characters = _Offsets(encoded, is_ascii=len(text) == len(encoded))
            position = 0
            while (match := shape.regex.search(encoded, position)) is not None:
                left -= shape.cost
                if left < 0:
                    raise OverBudget("the text holds too many candidates")
                begin, stop = match.span(shape.group)
                start, end = to_characters(begin, stop)
                accepted = shape.accept(text, start, end)
                if accepted is not None:
                    row, until = accepted
                    yield Span(start, until, row.category, row.confidence)
                    position = max(begin + len(text[start:until].encode()), match.start() + 1)
                else:
                    left -= shape.cost_of_cuts
                    position = match.start() + 1 if shape.is_bounded else max(match.end(), match.start() + 1)


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


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = MAX_MEM
    options.log_errors = False
    return options


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
