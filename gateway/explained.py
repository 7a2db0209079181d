"""`explained`: a decision taken apart, as JSON: what moved the score, the margin, and what would change the decision.

Names, numbers and categories from closed sets; never any text of the request. Everything is asked of the router, nothing decided here.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import msgspec

from classifiers.prompt import Prompt
from classifiers.signals import Signals
from router.changes import Change, bound_for, changes
from router.decide import decide, declassified_from
from router.explain import Explanation, explain
from router.facts import Facts
from router.fleet import Fleet
from router.policy import Policy

NEIGHBOURS = 5
"""Shown at most."""


class Feature(msgspec.Struct):
    """A feature of the prompt's last ask, and what it added to the score before calibration (negative: made it easier)."""

    name: str
    moved: float


class Neighbour(msgspec.Struct):
    """A kind of questions with known outcomes that the ask is near to: how many there are, the share of them that small models failed.

    `likeness`: the cosine between the ask and their middle. It explains; the score does not depend on it.
    """

    name: str
    questions: int
    failed: float
    likeness: float


class Score(msgspec.Struct):
    """The difficulty that rules saw. `margin`: how far above the threshold, negative below. `is_forced`: the caller's wish set it."""

    score: float
    threshold: float
    margin: float
    is_forced: bool
    features: list[Feature]
    neighbours: list[Neighbour]


class Raised(msgspec.Struct):
    """What gave the request a label: a finding's category, a doubt, a key's floor, a wish, or what it inherits; how often it was found."""

    label: str
    source: str
    name: str
    count: int


class About(msgspec.Struct):
    """What the ask is about; null where no rule asks, or it could not be told."""

    code: bool | None
    language: str | None
    topic: str | None


class Condition(msgspec.Struct):
    """A condition of a rule, and what the request had for it; null: unknown, which satisfies none."""

    condition: str
    had: str | float | bool | None
    held: bool


class RuleTold(msgspec.Struct):
    """A rule. `chosen`: the one that decided."""

    route: str
    held: bool
    chosen: bool
    conditions: list[Condition]


class Stop(msgspec.Struct):
    """A target: of the chain, or one that is not cleared for the label."""

    target: str
    zone: str
    clearance: str
    redacted: bool


class WouldChange(msgspec.Struct):
    """One difference that would take the request elsewhere."""

    means: str
    say: str
    label: str
    route: str
    path: str
    target: str | None


class Explained(msgspec.Struct):
    """The whole. `target` is the one that would be tried first now, null when none can be; `path` goes with it."""

    label: str
    declassified_from: str | None
    route: str
    path: str
    target: str | None
    verdict: str
    endpoint: str
    because: list[str]
    coverage: float
    raised: list[Raised]
    difficulty: Score | None
    subject: About
    rules: list[RuleTold]
    chain: list[Stop]
    barred: list[Stop]
    changes: list[WouldChange]


class Near(Protocol):
    """What a scorer says of a neighbourhood."""

    @property
    def name(self) -> str:
        """What most of its questions are about."""

    @property
    def questions(self) -> int:
        """How many there are."""

    @property
    def failed(self) -> float:
        """The share of them that small models failed, 0 to 1."""

    @property
    def likeness(self) -> float:
        """The cosine between the ask and their middle."""


class _Judges(Protocol):
    """A scorer that can name neighbours."""

    def neighbours(self, prompt: Prompt) -> Sequence[Near]:
        """Those of this prompt, nearest first."""


def neighbours(scorer: object, prompt: Prompt) -> list[Neighbour]:
    """What the scorer names, if it can. One that fails names nothing: this only explains."""
    ask: object = getattr(scorer, "neighbours", None)
    if ask is None:
        return []
    judge: _Judges = scorer  # type: ignore[assignment]  # it has what the protocol has
    try:
        near = judge.neighbours(prompt)[:NEIGHBOURS]
        return [Neighbour(one.name, one.questions, round(one.failed, 3), round(one.likeness, 3)) for one in near]
    except Exception:  # noqa: BLE001  # its message could quote the prompt
        return []


def explained(policy: Policy, facts: Facts, signals: Signals, near: list[Neighbour], fleet: Fleet, now: float) -> Explained:
    """The decision for a request that was judged. `near` are its neighbours; `now` is the fleet's clock."""
    seen, decision = explain(policy, facts, signals), decide(facts, signals, policy)
    target, was = bound_for(decision, facts, fleet, now), declassified_from(signals, facts, policy)
    return Explained(
        label=seen.label.name,
        declassified_from=None if was is None else was.name,
        route=seen.route,
        path="blocked" if target is None else decision.path(target),
        target=None if target is None else target.name,
        verdict=seen.verdict,
        endpoint=seen.endpoint,
        because=list(seen.because),
        coverage=seen.coverage,
        raised=_raised(seen, signals),
        difficulty=_score(seen, policy, near),
        subject=About(signals.subject.code, signals.subject.language, signals.subject.topic),
        rules=_rules(seen),
        chain=[Stop(one.target, one.zone, one.clearance.name, one.is_redacted) for one in seen.chain],
        barred=[Stop(one.target, one.zone, one.clearance.name, one.is_redacted) for one in seen.barred],
        changes=[told(change) for change in changes(policy, facts, signals, fleet, now)],
    )


def told(change: Change) -> WouldChange:
    """A change with its label by name."""
    return WouldChange(change.means, change.say, change.label.name, change.route, change.path, change.target)


def _raised(seen: Explanation, signals: Signals) -> list[Raised]:
    found = Counter(one.category for one in signals.findings)
    doubts = Counter[str](one.kind for one in signals.doubts)
    counts = {"finding": found, "doubt": doubts}
    return [Raised(one.label.name, one.source, one.name, counts.get(one.source, Counter[str]())[one.name] or 1) for one in seen.raised]


def _score(seen: Explanation, policy: Policy, near: list[Neighbour]) -> Score | None:
    judged = seen.difficulty
    if judged is None:
        return None
    features = [Feature(name, round(moved, 4)) for name, moved in judged.reasons]
    return Score(round(judged.score, 4), policy.threshold, round(judged.margin, 4), judged.is_forced, features, near)


def _rules(seen: Explanation) -> list[RuleTold]:
    return [
        RuleTold(
            rule.name,
            rule.held,
            rule.chosen,
            [Condition(test.condition, _plain(test.had), test.held) for test in rule.tests],
        )
        for rule in seen.rules
    ]


def _plain(value: object) -> str | float | bool | None:
    """What a request has for a field: a label by its name."""
    return value if value is None or type(value) in {bool, int, float, str} else str(value)  # type: ignore[return-value]
