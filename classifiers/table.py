"""`Table`: a detector that is a table of rows. One pass says which gates a text opens; more passes, only behind those, which rows can hit.

Why gates: most texts open none, and a few short patterns are followed in a fraction of the time that all take.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import re2

from classifiers.gates import characters, has, ways
from classifiers.kinds import Detector, Span
from classifiers.normalise.spell import APART_GATE, QUOTED_GATE, READING_GATES
from classifiers.normalise.unpack import LONG_RUN, PAIRS_RUN, RUN
from classifiers.normalise.unpack import SHORTEST as SHORTEST_RUN
from classifiers.patterns.contact import COLONS
from classifiers.patterns.devices import MEID
from classifiers.scan import Row, Shape
from classifiers.sieve import Sieve, Sight
from classifiers.work import Work

ALONE = 3
"""So many patterns behind a gate are searched without asking first which of them hit."""

FEW = 8
"""Patterns behind a gate that one automaton follows. More take much longer to compile, fewer longer to run."""


WORDLESS = ((LONG_RUN,), (PAIRS_RUN, APART_GATE, MEID), (*ways(QUOTED_GATE), *ways(COLONS)))
"""Ways to open gates that hold no word, by what one automaton follows quickly: measured."""

LONGEST = 150
"""Characters of a pattern that is followed beside others."""


class Table:
    """A detector that is a table of rows. Tables that run together share a sieve (`fuse`)."""

    __slots__ = ("_behind", "_shapes", "_sieve", "_words", "categories", "gates", "kind", "later")

    is_slow = False

    def __init__(self, kind: str, rows: Iterable[Row], later: Iterable[Callable[[], object]] = ()) -> None:
        """`later` is what validators read when they are first asked. Raises ValueError for a pattern that re2 cannot take.

        The message names its category.
        """
        shapes: dict[str, list[Row]] = {}
        for row in rows:
            shapes.setdefault(row.pattern, []).append(row)
        self.kind = kind
        self.later = tuple(later)
        self._shapes = {pattern: _shape(pattern, sharing) for pattern, sharing in shapes.items()}
        self._behind = _behind(shapes)
        self.categories = frozenset(row.category for sharing in shapes.values() for row in sharing)
        checks = [check for shape in self._shapes.values() for check in shape.checks]
        self._words = Sieve(check.words for check in checks if check.words)
        self.gates = tuple(dict.fromkeys((*self._behind, *(check.row.also for check in checks if check.row.also))))
        self._sieve: Sieve | None = None

    @property
    def sieve(self) -> Sieve:
        """What is asked first: its own, made when it is needed, or the one that it shares."""
        if self._sieve is None:
            self._sieve = _sieve((self,))
        return self._sieve

    def fused(self, sieve: Sieve) -> "Table":
        """The same table behind a sieve that it shares, which tells all its `gates`."""
        table = Table(self.kind, (), self.later)
        table._shapes, table._behind, table._words = self._shapes, self._behind, self._words
        table.gates, table.categories, table._sieve = self.gates, self.categories, sieve
        return table

    def rows(self) -> Iterator[Row]:
        """Its rows, those with the same pattern together."""
        for shape in self._shapes.values():
            yield from (check.row for check in shape.checks)

    def steps(self) -> Iterator[Callable[[], object]]:
        """What would be compiled when first needed."""
        yield from self.sieve.steps()
        yield from self._words.steps()
        for parts in self._behind.values():
            for part in parts:
                if isinstance(part, Sieve):
                    yield from part.steps()
        for shape in self._shapes.values():
            yield shape.prepare

    def detect(self, text: str) -> Iterable[Span]:
        """Spans in no particular order; they may overlap. Raises `OverBudget`."""
        work = Work()
        return self.find(self.sieve.sift(text, work), work)

    def find(self, sight: Sight, work: Work) -> Iterable[Span]:
        """The same for a text that the sieve has seen."""
        return self._find(sight, work) if sight.opened else ()

    def _find(self, sight: Sight, work: Work) -> Iterator[Span]:
        words: Sequence[str] | None = None
        for shape in self._reached(sight, work):
            checks = [check for check in shape.checks if not check.row.also or check.row.also in sight.opened]
            if words is None and any(check.words for check in checks):
                words = self._words.matches(sight.encoded, work)
            checks = [check for check in checks if not check.words or check.words in (words or ())]
            if checks:
                yield from shape.search(sight, checks, work)

    def _reached(self, sight: Sight, work: Work) -> Iterator[Shape]:
        """The shapes behind the gates that are open, but for those of which a sieve says that they do not match."""
        for gate in sight.opened:
            for part in self._behind.get(gate, ()):
                for pattern in (part,) if isinstance(part, str) else part.matches(sight.encoded, work):
                    yield self._shapes[pattern]


def fuse(detectors: Iterable[Detector]) -> tuple[Detector, ...]:
    """The detectors, with one sieve for all that are tables: their texts are passed over once."""
    detectors = tuple(detectors)
    sieve = _sieve([detector for detector in detectors if isinstance(detector, Table)])
    return tuple(detector.fused(sieve) if isinstance(detector, Table) else detector for detector in detectors)


def prepare(detectors: Sequence[Detector]) -> None:
    """Compile now what would be compiled when first needed: some seconds, on all cores, in which the interpreter runs on."""
    tables = [detector for detector in detectors if isinstance(detector, Table)]
    asked: Sequence[Table | Sieve] = tables or ([sieve_of(())] if detectors else [])
    steps = [step for one in asked for step in one.steps()]
    with ThreadPoolExecutor(2, thread_name_prefix="compile") as pool:
        for done in [pool.submit(step) for step in steps]:
            done.result()


def complete(detectors: Iterable[Detector]) -> None:
    """Read now what validators would read when they are first asked: files, for a tenth of a second in which others may run."""
    for detector in detectors:
        for step in detector.later if isinstance(detector, Table) else ():
            step()


def sieve_of(detectors: Iterable[Detector]) -> Sieve:
    """The sieve of the first table, which is that of all when they were fused; where none is a table, that of readings alone."""
    return next((detector.sieve for detector in detectors if isinstance(detector, Table)), None) or _of_readings()


@cache
def _of_readings() -> Sieve:
    return Sieve(READING_GATES, apart=WORDLESS)


def _sieve(tables: Sequence[Table]) -> Sieve:
    """What tells the gates of all. Most stand in texts that lack what all that is found behind them holds: they are not asked there."""
    gates = [gate for table in tables for gate in table.gates]
    behind: dict[str, list[Row]] = {}
    for row in (row for table in tables for row in table.rows()):
        behind.setdefault(row.gate or row.pattern, []).append(row)
    asked = {*READING_GATES, *(row.also for rows in behind.values() for row in rows)}
    needs = {gate: need for gate in (*READING_GATES, *gates) if (need := _need(gate, () if gate in asked else behind.get(gate, ())))}
    return Sieve((DIGIT, *READING_GATES, *gates), needs=needs, apart=WORDLESS, marks={DIGIT}.difference(gates))


def _need(gate: str, rows: Sequence[Row]) -> frozenset[str]:
    """Gates of which one is open wherever a row finds something behind this one; none when that cannot be told."""
    if rows and all(row.also for row in rows):
        return frozenset(row.also for row in rows)
    for mark, is_held in ((DIGIT, _holds_digit), (RUN, _holds_run)):
        if gate not in {DIGIT, RUN} and (is_held(gate) or (rows and all(is_held(row.pattern) for row in rows))):
            return frozenset((mark,))
    return frozenset()


def _holds_digit(pattern: str) -> bool:
    return has(pattern, lambda atom, least: least > 0 and _is_of(atom, _DIGITS))


def _holds_run(pattern: str) -> bool:
    """Whether it matches nothing without a run in which something may be encoded."""
    allowed = _OF_RUNS - _BEYOND if "(?i" in pattern else _OF_RUNS
    return has(pattern, lambda atom, least: least >= SHORTEST_RUN and _is_of(atom, allowed))


def _is_of(atom: str, allowed: frozenset[str]) -> bool:
    those = characters(atom)
    return bool(those) and (those or frozenset()) <= allowed


DIGIT = r"\d"
_DIGITS = frozenset("0123456789")
_BEYOND = frozenset("KSks")
"""Letters of which some beyond ASCII are capitals or small letters, where case does not matter."""
_OF_RUNS = frozenset(filter(re.compile(r"[A-Za-z0-9+/_-]").fullmatch, map(chr, range(128))))


def _shape(pattern: str, rows: Sequence[Row]) -> Shape:
    try:
        return Shape(pattern, rows)
    except re2.error as error:
        raise ValueError(f"the pattern of {rows[0].category!r} is not in re2's syntax (no look-around, no back-references)") from error


def _behind(shapes: Mapping[str, Sequence[Row]]) -> dict[str, tuple[Sieve | str, ...]]:
    """For each gate, the patterns behind it, or sieves of those: the like together, which makes smaller automata."""
    behind: dict[str, list[str]] = {}
    for pattern, (row, *_) in shapes.items():
        behind.setdefault(row.gate or pattern, []).append(pattern)
    return {gate: _sieved(patterns) for gate, patterns in behind.items()}


def _sieved(patterns: Sequence[str]) -> tuple[Sieve | str, ...]:
    small = sorted(filter(_is_small, patterns), key=lambda pattern: (re.sub(r"\d", "", pattern), pattern))
    if len(small) <= ALONE:
        return tuple(patterns)
    large = [pattern for pattern in patterns if not _is_small(pattern)]
    return (*large, Sieve(small, FEW))


def _is_small(pattern: str) -> bool:
    """Whether an automaton can follow it beside others. Words, and letters of all alphabets, make it many times as large."""
    return len(pattern) <= LONGEST and pattern.isascii() and r"\p" not in pattern
