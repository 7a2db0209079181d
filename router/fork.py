"""`Fork`: the ways that are left when label, endpoint and what the caller asked for are known, as a table by how hard the request is.

Most rules ask nothing else, so that one look says which of them is the first to hold. The table is made of what the rules' own evaluator
says at, below and above every bound that they name. Where a rule asks for more, they are evaluated for every request.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from classifiers.signals import Subject
from router.decision import Decision
from router.facts import Facts
from router.labels import Label
from router.names import Endpoint, TargetName
from router.rules import Test, hold


class Key(NamedTuple):
    """What selects a decision. `rule` is the rule's index, or -1 for an explicitly named `target`."""

    rule: int
    label: Label
    endpoint: Endpoint
    stays: bool = False
    target: TargetName | None = None


class Way(NamedTuple):
    """A decision, and the tests that are still open when label, endpoint and what the caller asked for are known."""

    key: Key
    tests: tuple[Test, ...]
    decision: Decision


class Fork:
    """The ways in the order of the rules. The last has no tests: there is one for every request."""

    __slots__ = ("_bounds", "_taken", "_unknown", "ways")

    def __init__(self, ways: Sequence[Way]) -> None:
        self.ways = tuple(ways)
        tests = [test for way in ways for test in way.tests]
        self._bounds: tuple[float, ...] = ()
        self._taken: tuple[Way, ...] = ()
        """Between two bounds one way is taken; none where more than the difficulty is asked for."""
        self._unknown = self.ways[-1]
        if all(test.field == "difficulty" for test in tests):
            values = {float(test.value) for test in tests}  # type: ignore[arg-type]  # `Test` has made sure that they are numbers
            self._bounds = tuple(sorted({*values, *(math.nextafter(value, math.inf) for value in values)}))
            nothing, label = Facts(""), ways[-1].key.label
            self._taken = tuple(self._first(nothing, label, one, Subject()) for one in (-math.inf, *self._bounds))
            self._unknown = self._first(nothing, label, None, Subject())

    def take(self, facts: Facts, label: Label, difficulty: float | None, subject: Subject) -> Way:
        """The first way whose tests all hold."""
        if not self._taken:
            return self._first(facts, label, difficulty, subject)
        return self._unknown if difficulty is None else self._taken[bisect_right(self._bounds, difficulty)]

    def _first(self, facts: Facts, label: Label, difficulty: float | None, subject: Subject) -> Way:
        for way in self.ways[:-1]:
            if hold(way.tests, facts, label, difficulty, subject):
                return way
        return self.ways[-1]
