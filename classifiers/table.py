"""`Table`: a detector that is a table of rows. One pass says which gates a text opens, a second which rows behind those can hit.

Why gates: an automaton that follows a hundred patterns at once has a state for every way in which they overlap, and building those for
text that it has not seen yet takes ten to a hundred times as long as the pass. A few short patterns stay small, and most texts open none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import re2

from classifiers.kinds import Detector, Span
from classifiers.normalise import WORTH
from classifiers.scan import Row, Shape
from classifiers.sieve import Sieve, Sight
from classifiers.work import Work

FEW = 24
"""Patterns behind a gate that one automaton follows."""


class Table:
    """A detector that is a table of rows. Tables that run together share a sieve (`fuse`)."""

    __slots__ = ("_behind", "_shapes", "categories", "kind", "sieve")

    is_slow = False

    def __init__(self, kind: str, rows: Iterable[Row]) -> None:
        """Raises ValueError for a pattern that re2 cannot take; the message names its category."""
        shapes: dict[str, list[Row]] = {}
        for row in rows:
            shapes.setdefault(row.pattern, []).append(row)
        self.kind = kind
        self._shapes = {pattern: _shape(pattern, sharing) for pattern, sharing in shapes.items()}
        self._behind = _behind(shapes)
        self.sieve = Sieve((WORTH, *self._behind))
        self.categories = frozenset(row.category for sharing in shapes.values() for row in sharing)

    @property
    def gates(self) -> Iterable[str]:
        """What a sieve for this table must tell."""
        return self._behind

    def fused(self, sieve: Sieve) -> "Table":
        """The same table behind a sieve that it shares."""
        table = Table(self.kind, ())
        table._shapes, table._behind, table.sieve, table.categories = self._shapes, self._behind, sieve, self.categories
        return table

    def detect(self, text: str) -> Iterable[Span]:
        """Spans in no particular order; they may overlap. Raises `OverBudget`."""
        work = Work()
        return self.find(self.sieve.sift(text, work), work)

    def find(self, sight: Sight, work: Work) -> Iterable[Span]:
        """The same for a text that the sieve has seen."""
        return self._find(sight, work) if sight.opened else ()

    def _find(self, sight: Sight, work: Work) -> Iterator[Span]:
        for gate in sight.opened:
            for part in self._behind.get(gate, ()):
                for pattern in (part,) if isinstance(part, str) else part.matches(sight.encoded, work):
                    yield from self._shapes[pattern].search(sight, work)


def fuse(detectors: Iterable[Detector]) -> tuple[Detector, ...]:
    """The detectors, with one sieve for all that are tables: their texts are passed over once."""
    detectors = tuple(detectors)
    gates = [gate for detector in detectors if isinstance(detector, Table) for gate in detector.gates]
    sieve = Sieve((WORTH, *gates))
    return tuple(detector.fused(sieve) if isinstance(detector, Table) else detector for detector in detectors)


def _shape(pattern: str, rows: Sequence[Row]) -> Shape:
    try:
        return Shape(pattern, rows)
    except re2.error as error:
        raise ValueError(f"the pattern of {rows[0].category!r} is not in re2's syntax (no look-around, no back-references)") from error


def _behind(shapes: Mapping[str, Sequence[Row]]) -> dict[str, tuple[Sieve | str, ...]]:
    """For each gate, the pattern behind it, or sieves of those."""
    behind: dict[str, list[str]] = {}
    for pattern, (row, *_) in shapes.items():
        behind.setdefault(row.gate or pattern, []).append(pattern)
    return {
        gate: tuple(patterns) if len(patterns) == 1 else tuple(Sieve(patterns[at : at + FEW]) for at in range(0, len(patterns), FEW))
        for gate, patterns in behind.items()
    }
