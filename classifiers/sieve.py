"""`Sieve`: many patterns in one pass over a text, in time linear in the text, whatever the text is and whether its like was seen before.

Hyperscan compiles the patterns ahead. An automaton that is built while it reads, as re2's set of patterns is, needs a state for every way
in which they overlap, and for text that it has not met yet that takes ten to two hundred times as long as the pass.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import cast
from zlib import crc32

import hyperscan

from classifiers import kept
from classifiers.work import Work

PASS = 0.02
"""Microseconds per byte of a pass: what a million digits and blanks take; prose takes a third."""

TOGETHER = 256
"""Patterns of words and formats that one automaton follows: one pass over the text takes a third of the time of seven."""

_FLAGS = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY
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


class Sieve:
    """Patterns that are matched together: one pass, whatever their number."""

    __slots__ = ("_automata", "_groups", "_needs")

    def __init__(self, patterns: Iterable[str], together: int = TOGETHER, needs: Mapping[str, frozenset[str]] | None = None) -> None:
        """`together`: about so many patterns are followed by one automaton. `needs`: gates that open only where one of others opens."""
        self._groups = tuple(_groups(dict.fromkeys(patterns), together))
        self._needs = needs or {}
        self._automata: Sequence[_Automaton] = ()

    def steps(self) -> Iterator[Callable[[], object]]:
        """What would be compiled before the first pass, each in up to a second, in which the interpreter runs on."""
        return (partial(_compiled, group) for group in self._groups)

    def sift(self, text: str, work: Work) -> Sight:
        """Which gates the text opens. Raises `OverBudget`."""
        try:
            encoded = text.encode()
        except UnicodeEncodeError:
            encoded = text.encode("utf-8", "replace")
            text = encoded.decode()
        opened = self.matches(encoded, work)
        if opened and self._needs:
            opened = [gate for gate in opened if gate not in self._needs or not self._needs[gate].isdisjoint(opened)]
        return Sight(self, text, encoded, opened)

    def matches(self, encoded: bytes, work: Work) -> Sequence[str]:
        """The patterns that match, in their order. Raises `OverBudget`."""
        work.spend(len(encoded) * PASS)
        if not self._automata:
            self._automata = tuple(map(_compiled, self._groups))
        hits: list[str] = []
        for automaton in self._automata:
            hits += automaton.hits(encoded)
        return hits


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


class _Automaton:
    """What Hyperscan made of some patterns. Those that it cannot take count as matched: a search will tell."""

    __slots__ = ("_database", "_lock", "_patterns", "_untold")

    def __init__(self, patterns: Sequence[str], database: hyperscan.Database | None, untold: Sequence[int]) -> None:
        self._patterns = patterns
        self._database = database
        self._untold = untold
        self._lock = threading.Lock()  # the scratch space of a database serves one pass at a time

    def hits(self, encoded: bytes) -> Sequence[str]:
        """The patterns that match, in their order."""
        hits = [*self._untold]
        if self._database is not None:
            with self._lock:
                self._database.scan(encoded, match_event_handler=_note, context=hits)
        return [self._patterns[index] for index in sorted(hits)] if hits else ()


def _note(index: int, _start: int, _end: int, _flags: int, hits: object) -> None:
    cast("list[int]", hits).append(index)


@lru_cache(maxsize=512)
def _compiled(patterns: tuple[str, ...]) -> _Automaton:
    """Remembered, because a reload that leaves the detectors as they are need not wait."""
    told = list(enumerate(patterns))
    untold: list[int] = []
    try:
        return _Automaton(patterns, _database(told), untold)
    except hyperscan.error:
        for one in enumerate(patterns):
            try:
                _database([one])
            except hyperscan.error:
                told.remove(one)
                untold.append(one[0])
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
