"""Rules: the conditions under which a chain is chosen. One evaluator, used by `decide`, `explain`, and the checks at load."""

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from typing_extensions import override

from classifiers.signals import NOT_READ, Subject
from router.cascade import Cascade
from router.decision import Target
from router.facts import Facts
from router.labels import Label, Labels
from router.names import Endpoint, RouteName

Field = Literal[
    "label",
    "difficulty",
    "tokens",
    "turns",
    "endpoint",
    "tenant",
    "tools",
    "media",
    "schema",
    "stream",
    "code",
    "language",
    "topic",
    "share",
]
Operator = Literal[">=", ">", "<=", "<", "=", "in"]
Value = Label | float | str | bool | frozenset[str]

_READ: Mapping[Field, Callable[[Facts, Label, float | None, Subject], Value | None]] = {
    "label": lambda _facts, label, _difficulty, _subject: label,
    "difficulty": lambda _facts, _label, difficulty, _subject: difficulty,
    "tokens": lambda facts, _label, _difficulty, _subject: facts.prompt_tokens,
    "turns": lambda facts, _label, _difficulty, _subject: facts.turns,
    "endpoint": lambda facts, _label, _difficulty, _subject: facts.endpoint,
    "tenant": lambda facts, _label, _difficulty, _subject: facts.tenant,
    "tools": lambda facts, _label, _difficulty, _subject: facts.needs.has_tools,
    "media": lambda facts, _label, _difficulty, _subject: facts.needs.has_media,
    "schema": lambda facts, _label, _difficulty, _subject: facts.needs.has_schema,
    "stream": lambda facts, _label, _difficulty, _subject: facts.is_stream,
    "code": lambda _facts, _label, _difficulty, subject: subject.code,
    "language": lambda _facts, _label, _difficulty, subject: subject.language,
    "topic": lambda _facts, _label, _difficulty, subject: subject.topic,
    "share": lambda facts, _label, _difficulty, _subject: facts.lot,
}

_HOLDS: Mapping[Operator, Callable[..., bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
    "in": lambda value, members: value in members,
}
"""Only called with values that `Test` found to suit the operator."""

_ORDERED: frozenset[Operator] = frozenset({">=", ">", "<=", "<", "="})
_NAMES: frozenset[Field] = frozenset({"endpoint", "tenant", "language", "topic"})
_NUMBERS: frozenset[Field] = frozenset({"difficulty", "tokens", "turns", "share"})
_SETTLED: frozenset[Field] = frozenset({"label", "endpoint"})
SUBJECTS: frozenset[Field] = frozenset({"code", "language", "topic"})
"""What is read of the text only when a rule asks for it."""


@dataclass(frozen=True, slots=True)
class Test:
    """One condition of a rule: a field, an operator, a value. An unknown value (no difficulty, no topic) satisfies no test.

    A label is compared with a `Label`; difficulty, tokens, turns and share with a number; endpoint, tenant, language and topic are `=` a
    string or `in` a set of strings; the others are `=` True or False. Raises ValueError for any other combination.
    """

    field: Field
    operator: Operator
    value: Value

    __test__ = False  # not a pytest class

    def __post_init__(self) -> None:
        """Check that operator and value suit the field."""
        wanted = _mismatch(self.field, self.operator, self.value)
        if wanted:
            raise ValueError(f"`{self}` is no condition: {self.field} needs {wanted}")

    def read(self, facts: Facts, label: Label, difficulty: float | None, subject: Subject = NOT_READ) -> Value | None:
        """What the request has for the field; None when that is unknown."""
        return _READ[self.field](facts, label, difficulty, subject)

    def admits(self, value: Value | None) -> bool:
        """Whether a request with that value satisfies the condition."""
        return value is not None and _HOLDS[self.operator](value, self.value)

    @override
    def __str__(self) -> str:
        value = ", ".join(sorted(self.value)) if isinstance(self.value, frozenset) else self.value
        return f"{self.field} {self.operator} {value}"


def _mismatch(name: Field, sign: Operator, value: Value) -> str:
    """What the field needs instead; empty when operator and value suit it."""
    if name == "label":
        return "" if isinstance(value, Label) and sign in _ORDERED else "a label and one of >= > <= < ="
    if name in _NUMBERS:
        is_number = isinstance(value, int | float) and not isinstance(value, Label | bool) and math.isfinite(value)
        return "" if is_number and sign in _ORDERED else "a number and one of >= > <= < ="
    if name in _NAMES:
        return "" if (sign, type(value)) in {("=", str), ("in", frozenset)} else "`=` with a name or `in` with a list of names"
    return "" if sign == "=" and isinstance(value, bool) else "`=` with true or false"


@dataclass(frozen=True, slots=True)
class Rule:
    """A named route: the first rule whose tests all hold decides. `to` is tried first, then `fallback`.

    `redacts` says that a target which is not cleared for a request may have it rewritten, `cascade` that the first one's answer is judged.
    """

    name: RouteName
    when: tuple[Test, ...]
    to: tuple[Target, ...]
    fallback: tuple[Target, ...] = ()
    redacts: bool = False
    cascade: Cascade | None = None

    def holds(self, facts: Facts, label: Label, difficulty: float | None, subject: Subject = NOT_READ) -> bool:
        """Whether every test of the rule holds."""
        return hold(self.when, facts, label, difficulty, subject)

    def admits(self, label: Label, endpoint: Endpoint) -> bool:
        """Whether a request of that label to that endpoint can satisfy the rule, whatever else it is."""
        facts = Facts("", endpoint)
        return all(test.admits(test.read(facts, label, None)) for test in self.when if test.field in _SETTLED)

    @property
    def is_settled(self) -> bool:
        """Whether nothing but label and endpoint decides, so that no request which it admits passes on to later rules."""
        return not self.unsettled

    @property
    def unsettled(self) -> tuple[Test, ...]:
        """The tests that label and endpoint leave open."""
        return tuple(test for test in self.when if test.field not in _SETTLED)

    def contradicts_itself(self, labels: Labels) -> bool:
        """Whether no value of some field satisfies all tests on it, such as `tokens > 9` with `tokens < 3`."""
        return not all(_region(self, name, _samples(name, self.when, labels)) for name in {test.field for test in self.when})

    def covers(self, later: "Rule", labels: Labels) -> bool:
        """Whether every request that satisfies `later` satisfies this rule too, so that `later` behind it never applies."""
        for name in {test.field for test in self.when}:
            samples = _samples(name, self.when + later.when, labels)
            if not _region(later, name, samples) <= _region(self, name, samples):
                return False
        return True


def hold(tests: Iterable[Test], facts: Facts, label: Label, difficulty: float | None, subject: Subject = NOT_READ) -> bool:
    """Whether every one of the tests holds."""
    for test in tests:  # a generator costs three times as much, for every rule of every request
        value = _READ[test.field](facts, label, difficulty, subject)
        if value is None or not _HOLDS[test.operator](value, test.value):
            return False
    return True


def _region(rule: Rule, name: Field, samples: Iterable[Value | None]) -> frozenset[Value | None]:
    tests = [test for test in rule.when if test.field == name]
    return frozenset(sample for sample in samples if all(test.admits(sample) for test in tests))


def _samples(name: Field, tests: Iterable[Test], labels: Labels) -> set[Value | None]:
    """Values of the field on, below and above every bound that the tests name, and the unknown one: enough to compare regions exactly."""
    if name == "label":
        return set(labels)
    samples: set[Value | None] = {None, ""} if name in _NAMES else {None, False, True}
    for value in (test.value for test in tests if test.field == name):
        if isinstance(value, frozenset):
            samples |= value
        elif isinstance(value, str):
            samples.add(value)
        else:
            samples |= {math.nextafter(value, -math.inf), value, math.nextafter(value, math.inf)}
    return samples
