"""`explain`: why a request goes where it goes. It asks the evaluator that `decide` uses and keeps what that answered."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from classifiers.signals import Signals, Subject
from router.cascade import Cascade
from router.decide import Raise, choose, difficulty_of, raises
from router.decision import Target, Verdict
from router.facts import Facts, Hint, Stay
from router.labels import Label
from router.lean import staying
from router.names import Endpoint, RouteName, TargetName, Zone
from router.policy import Policy
from router.rules import Rule, Value

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class TestSeen:
    """A condition, what the request had for it (None: unknown), and whether it held."""

    condition: str
    had: Value | None
    held: bool

    __test__ = False  # not a pytest class


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """A rule with its conditions. `chosen` marks the one that decided; rules after it were not asked, but are shown alike."""

    name: RouteName
    tests: tuple[TestSeen, ...]
    held: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class DifficultySeen:
    """The difficulty that rules saw, and what moved it. `margin` is its distance above the threshold, negative below."""

    score: float
    margin: float
    is_forced: bool
    """Whether the caller's preference set it, whatever a scorer said."""
    reasons: tuple[tuple[str, float], ...] = ()
    scored: float | None = None
    """What the scorer said, where something moved that."""
    hints: tuple[Hint, ...] = ()
    """The caller's wishes that moved it, in log-odds."""
    stay: Stay | None = None
    """That the conversation was served before: what it costs in tokens to leave, and what that makes of the threshold."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A target, and what it may receive. `is_redacted`: it would get the request only rewritten, if at all."""

    target: TargetName
    zone: Zone
    clearance: Label
    is_redacted: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision taken apart. Names, numbers and categories; never text of the request.

    `raised` lists what gave the label, the highest first; `barred` the policy's targets that may not receive the label at all.
    """

    label: Label
    raised: tuple[Raise, ...]
    coverage: float
    endpoint: Endpoint
    difficulty: DifficultySeen | None
    named: TargetName | None
    rules: tuple[RuleSeen, ...]
    route: RouteName
    verdict: Verdict
    because: tuple[str, ...]
    leaves: bool
    chain: tuple[Stop, ...]
    barred: tuple[Stop, ...]
    cascade: Cascade | None = None
    """How the answer of the chain's first target is judged; None when it is final."""


def explain(policy: Policy, facts: Facts, signals: Signals) -> Explanation:
    """The decision for a request, and everything that led to it."""
    key, _, decision = choose(facts, signals, policy)
    decision = staying(decision, facts, policy)
    read = facts, decision.label, difficulty_of(signals, facts), signals.subject
    return Explanation(
        label=decision.label,
        raised=tuple(sorted(dict.fromkeys(raises(signals, facts, policy)), key=lambda raised: -raised.label)),
        coverage=signals.coverage,
        endpoint=facts.endpoint,
        difficulty=_difficulty(policy, facts, signals),
        named=facts.named,
        rules=tuple(_rule(rule, read, chosen=index == key.rule) for index, rule in enumerate(policy.rules)),
        route=decision.route,
        verdict=decision.verdict,
        because=decision.reason.because,
        leaves=decision.leaves,
        chain=tuple(_stop(target, is_redacted=decision.is_redacted(target)) for target in decision.chain),
        barred=tuple(_stop(target) for target in policy.targets.values() if decision.is_redacted(target) and target not in decision.chain),
        cascade=decision.cascade,
    )


def plain(value: object) -> Plain:
    """`value` as lists, dictionaries, strings and numbers, for JSON: a label becomes its name, a record a dictionary."""
    if isinstance(value, Label):
        return value.name
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, msgspec.Struct) or dataclasses.is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in _members(value)}
    if isinstance(value, Raise):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    raise TypeError(f"{type(value).__name__} has no plain form")


def _members(record: object) -> Iterable[str]:
    return record.__struct_fields__ if isinstance(record, msgspec.Struct) else record.__dataclass_fields__  # type: ignore[attr-defined]


def _difficulty(policy: Policy, facts: Facts, signals: Signals) -> DifficultySeen | None:
    score = difficulty_of(signals, facts)
    if score is None:
        return None
    reasons = signals.difficulty.reasons if signals.difficulty else ()
    is_forced = facts.preference in {"best", "cheap"}
    seen = DifficultySeen(score, score - policy.threshold, is_forced, reasons)
    if is_forced or signals.difficulty is None or (facts.stay is None and not facts.hints):
        return seen
    return replace(seen, scored=signals.difficulty.score, hints=facts.hints, stay=facts.stay)


def _rule(rule: Rule, read: tuple[Facts, Label, float | None, Subject], *, chosen: bool) -> RuleSeen:
    tests = []
    for test in rule.when:
        had = test.read(*read)
        tests.append(TestSeen(str(test), had, test.admits(had)))
    return RuleSeen(rule.name, tuple(tests), rule.holds(*read), chosen)


def _stop(target: Target, *, is_redacted: bool = False) -> Stop:
    return Stop(target.name, target.zone, target.clearance, is_redacted)
