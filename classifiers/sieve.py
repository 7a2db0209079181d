"""`Sieve`: many patterns in one pass over a text, in time linear in the text, whatever the text is and whether its like was seen before.

Hyperscan compiles the patterns ahead. An automaton that is built while it reads, as re2's set of patterns is, needs a state for every way
in which they overlap, and for text that it has not met yet that takes ten to two hundred times as long as the pass.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import NamedTuple, cast
from zlib import crc32

import hyperscan

from classifiers import kept
from classifiers.gates import ways
from classifiers.work import Work

PASS = 0.02
"""Microseconds per byte of a pass: what a million digits and blanks take; prose takes a third."""

TOGETHER = 256
"""Patterns of words and formats that one automaton follows: one pass over the text takes a third of the time of seven."""

_ALIKE = ((b"\xc5\xbf", b"s"), (b"\xe2\x84\xaa", b"k"))
"""Two letters beyond ASCII are ASCII's in capitals. What is matched by bytes does not know: a text with one is read with ASCII's, too."""

_FLAGS = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY
_NO_EDGE = re.compile(r"\\[^AzZGQ]|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_EDGE = re.compile(r"[$^]|\\[AzZGQ]")
_BY_CHARACTER = re.compile(r"[^\x00-\x7f]|\\[pPDWSx]|\[\^|(?<!\\)\.")
"""What must be matched by characters. All else is matched by bytes, which takes a smaller automaton."""


class Sight:
    """What a sieve saw in a text: which gates it opens. The text is UTF-8 too; a lone surrogate has become "?", which keeps the offsets."""

    __slots__ = ("encoded", "opened", "sieve", "text")

    def __init__(self, sieve: "Sieve", text: str, encoded: bytes, opened: Sequence[str]) -> None:
        self.sieve = sieve
        self.text = text
        self.encoded = encoded
        self.opened = opened


Way = tuple[str, str]
"""A pattern, and one of the patterns into which it was taken apart: where one of those matches, it does."""


class Tier(NamedTuple):
    """Patterns that are asked only where one of others matches, in groups of which each is one automaton."""

    needs: frozenset[str]
    groups: tuple[tuple[Way, ...], ...]


class Sieve:
    """Patterns that are matched together: one pass, whatever their number, and one more for those that need what matched."""

    __slots__ = ("_first", "_later", "_marks", "_needs", "_places", "_tiers", "joins")

    def __init__(
        self,
        patterns: Iterable[str],
        together: int = TOGETHER,
        needs: Mapping[str, frozenset[str]] | None = None,
        apart: Sequence[Sequence[str]] | None = None,
        marks: Collection[str] = (),
    ) -> None:
        """`together`: about so many patterns are followed by one automaton. `needs`: gates that open only where one of others opens.

        `apart`: ways to match that have no word in them, those together that one automaton may follow; given, all that is always asked is
        taken apart. One such way among words makes the pass many times as long, and an alternation of words some times as long.
        `marks` are patterns that others need, and that are not told themselves.
        """
        self._places = {pattern: place for place, pattern in enumerate(dict.fromkeys(patterns))}
        self._needs = {gate: those for gate, those in (needs or {}).items() if gate in self._places}
        self.joins = not any(map(_sees_edges, self._places))
        """Whether what a text shows it shows as well in a line of its own among others: no pattern asks for the text's ends."""
        first = [pattern for pattern in self._places if pattern not in self._needs]
        groups = _groups(first, together)
        self._tiers = (
            Tier(frozenset(), tuple(map(_whole, groups)) if apart is None else tuple(_taken_apart(groups, apart))),
            *_later(self._places, self._needs, together),
        )
        self._marks = frozenset(marks)
        self._first: _Passes | None = None
        self._later: tuple[tuple[frozenset[str], _Passes], ...] = ()

    def steps(self) -> Iterator[Callable[[], object]]:
        """What would be compiled before the first pass, each in some seconds, in which the interpreter runs on."""
        return (partial(_compiled, group) for tier in self._tiers for group in tier.groups)

    def sift(self, text: str, work: Work) -> Sight:
        """Which gates the text opens. Raises `OverBudget`."""
        try:
            encoded = text.encode()
        except UnicodeEncodeError:
            encoded = text.encode("utf-8", "replace")
            text = encoded.decode()
        return Sight(self, text, encoded, self.matches(encoded, work))

    def matches(self, encoded: bytes, work: Work) -> Sequence[str]:
        """The patterns that match, in their order. Raises `OverBudget`."""
        work.spend(len(encoded) * PASS)
        return self.hits(encoded)

    def hits(self, encoded: bytes) -> Sequence[str]:
        """The same, whatever it costs."""
        hits = self._hits(encoded)
        if not encoded.isascii() and (alike := _alike(encoded)) is not encoded:
            hits = sorted({*hits, *self._hits(alike)}, key=self._places.__getitem__)
        return hits

    def _hits(self, encoded: bytes) -> Sequence[str]:
        """The patterns that match the text as it is written, in their order."""
        first = self._first or self._compiled()
        return self._more(hits, encoded) if (hits := first.hits(encoded)) else ()

    def _compiled(self) -> "_Passes":
        first, *later = (_Passes(map(_compiled, tier.groups)) for tier in self._tiers)
        self._later = tuple((tier.needs, passes) for tier, passes in zip(self._tiers[1:], later, strict=True))
        self._first = first
        return first

    def _more(self, hits: set[str], encoded: bytes) -> Sequence[str]:
        """What matches where something does: with the patterns that need it."""
        for needs, passes in self._later:
            if not needs.isdisjoint(hits):
                hits |= {gate for gate in passes.hits(encoded) if not self._needs[gate].isdisjoint(hits)}
        return self._told(hits)

    def _told(self, hits: set[str]) -> Sequence[str]:
        hits -= self._marks
        return sorted(hits, key=self._places.__getitem__) if len(hits) > 1 else [*hits]


def _sees_edges(pattern: str) -> bool:
    """Whether it asks for the beginning or the end of a text where a line's would not do."""
    bare = _NO_EDGE.sub("x", pattern.replace(r"^|\n", "").replace(r"^|[\r\n]", "").replace(r"$|[\s", "x|["))
    return _EDGE.search(bare) is not None


def _alike(encoded: bytes) -> bytes:
    for letter, ours in _ALIKE:
        encoded = encoded.replace(letter, ours)
    return encoded


def _later(patterns: Iterable[str], needs: Mapping[str, frozenset[str]], together: int) -> Iterator[Tier]:
    """The patterns that need others, those behind the same first ones together, after all that they need."""
    roots = {pattern: frozenset((pattern,)) for pattern in patterns if pattern not in needs}
    left = [pattern for pattern in patterns if pattern in needs]
    while left:
        ready = [pattern for pattern in left if needs[pattern].isdisjoint(left)]
        if not ready:
            raise ValueError("patterns need each other")
        behind: dict[frozenset[str], list[str]] = {}
        for pattern in ready:
            root = frozenset().union(*(roots.get(need, frozenset()) for need in needs[pattern]))
            behind.setdefault(root, []).append(pattern)
            roots[pattern] = root
        for those in behind.values():
            yield Tier(frozenset().union(*(needs[each] for each in those)), tuple(map(_in_ways, _groups(those, together))))
        left = [pattern for pattern in left if pattern not in roots]


def _in_ways(group: Iterable[str]) -> tuple[Way, ...]:
    """The patterns in all their ways: words are followed three times as fast as alternations of words."""
    return tuple((pattern, way) for pattern in group for way in ways(pattern))


def _whole(group: Iterable[str]) -> tuple[Way, ...]:
    return tuple((pattern, pattern) for pattern in group)


def _taken_apart(groups: Iterable[tuple[str, ...]], apart: Sequence[Sequence[str]]) -> Iterator[tuple[Way, ...]]:
    """The groups in all their ways, without those that stand apart, and then these."""
    all_apart = frozenset(chain.from_iterable(apart))
    wordless: dict[str, str] = {}
    for group in groups:
        found = [(pattern, way) for pattern in group for way in ways(pattern)]
        wordless |= {way: pattern for pattern, way in found if way in all_apart}
        yield tuple(each for each in found if each[1] not in all_apart)
    for those in apart:
        if left := tuple((wordless[way], way) for way in those if way in wordless):
            yield left


def _groups(patterns: Iterable[str], together: int) -> Iterator[tuple[str, ...]]:
    """The patterns in groups, cut where a pattern itself says so: with one pattern more or less, most groups are what they were."""
    group: list[str] = []
    for pattern in patterns:
        group.append(pattern)
        if crc32(pattern.encode()) % together == 0 or len(group) == 2 * together:
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


class _Automaton(NamedTuple):
    """What Hyperscan made of some patterns, by their places. Those that it cannot take count as matched: a search will tell."""

    patterns: Sequence[str]
    database: hyperscan.Database | None
    untold: Sequence[str]


class _Passes:
    """Some automata, asked one after the other: a call takes a seventh of a microsecond, so there may be some.

    Scratch space serves one pass at a time. Who finds none idle makes some: no thread waits for another one, which may read a long text.
    """

    __slots__ = ("_automata", "_idle", "_untold")

    def __init__(self, automata: Iterable[_Automaton]) -> None:
        automata = tuple(automata)
        self._untold = frozenset(chain.from_iterable(automaton.untold for automaton in automata))
        self._automata = [(automaton.patterns, automaton.database) for automaton in automata if automaton.database is not None]
        self._idle: list[list[_Pass]] = []

    def hits(self, encoded: bytes) -> set[str]:
        """The patterns that match."""
        found = set(self._untold)
        numbers: list[int] = []  # `list[int]()` would first fail to note of what it is a list: as long as two scans take
        try:
            passes = self._idle.pop()
        except IndexError:
            passes = [(patterns, database.scan, database.scratch.clone()) for patterns, database in self._automata]
        for patterns, scan, scratch in passes:
            scan(encoded, _note, 0, numbers, scratch)
            if numbers:
                found.update([patterns[number] for number in numbers])
                numbers.clear()
        self._idle.append(passes)
        return found


_Pass = tuple[Sequence[str], Callable[..., object], hyperscan.Scratch]
"""The patterns of an automaton, what asks it, and scratch space."""


def _note(number: int, _start: int, _end: int, _flags: int, numbers: object) -> None:
    cast("list[int]", numbers).append(number)


@lru_cache(maxsize=512)
def _compiled(group: tuple[Way, ...]) -> _Automaton:
    """Remembered, because a reload that leaves the detectors as they are need not wait."""
    patterns = tuple(dict.fromkeys(pattern for pattern, _ in group))
    places = {pattern: place for place, pattern in enumerate(patterns)}
    told = [(places[pattern], way) for pattern, way in group]
    untold: list[str] = []
    try:
        return _Automaton(patterns, _database(told), untold)
    except hyperscan.error:
        for one in told[:]:
            try:
                _database([one])
            except hyperscan.error:
                told.remove(one)
                untold.append(patterns[one[0]])
    return _Automaton(patterns, _database(told), untold)


def _database(patterns: Sequence[tuple[int, str]]) -> hyperscan.Database | None:
    if not patterns:
        return None
    patterns = sorted(patterns, key=lambda each: len(each[1]))  # the order matters to the engine's speed: a quarter, this way
    expressions, ids = [pattern.encode() for _, pattern in patterns], [index for index, _ in patterns]
    flags = [_FLAGS | (hyperscan.HS_FLAG_UTF8 if _BY_CHARACTER.search(pattern) else 0) for _, pattern in patterns]

    def compiled() -> hyperscan.Database:
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(expressions=expressions, ids=ids, flags=flags, elements=len(patterns))
        return database

    return kept.database(repr((expressions, ids, flags)), compiled, kept.cache())
