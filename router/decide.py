"""`decide`: facts, signals and a policy give one of the decisions that were built and proved when the policy was loaded."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from classifiers.signals import Signals
from router.decision import Decision
from router.facts import Facts, Preference
from router.labels import Label
from router.policy import Key, Policy

_FORCED: Mapping[Preference, float] = {"best": 1.0, "cheap": 0.0}
"""`auto:best` asks as if the request were as hard as can be, `auto:cheap` as if it were as easy. Neither touches the label."""


class Raise(NamedTuple):
    """Something that gives a request at least this label. `name` is the category, the kind of doubt, or empty."""

    label: Label
    source: Literal["finding", "doubt", "floor", "preference"]
    name: str = ""


def raises(signals: Signals, facts: Facts, policy: Policy) -> Iterator[Raise]:
    """Everything that raises the request's label. Nothing lowers one."""
    unknown = policy.highest_doubt
    for finding in signals.findings:
        yield Raise(policy.categories.get(finding.category, unknown), "finding", finding.category)
    for doubt in signals.doubts:
        yield Raise(unknown, "doubt", doubt.kind)
    if signals.coverage < 1.0:
        yield Raise(unknown, "doubt", "coverage")  # not everything was read, whether or not somebody said what
    if facts.floor is not None:
        yield Raise(facts.floor, "floor")
    if facts.preference == "private":
        yield Raise(policy.labels.highest, "preference", "private")


def label_of(signals: Signals, facts: Facts, policy: Policy) -> Label:
    """The request's label: the highest of what was found, what is in doubt, and what the caller demanded."""
    label = policy.labels.lowest
    for raised in raises(signals, facts, policy):
        label = max(label, raised.label)
    return label


def difficulty_of(signals: Signals, facts: Facts) -> float | None:
    """The difficulty that rules see: what the caller's preference forces, else the score; None when nobody scored."""
    forced = _FORCED.get(facts.preference)
    if forced is not None or signals.difficulty is None:
        return forced
    return signals.difficulty.score


def choose(facts: Facts, signals: Signals, policy: Policy) -> Key:
    """The key of the decision: the target that the caller named, if it may have it, else the first rule that holds.

    There is one: `Policy` refuses rules that leave a gap.
    """
    label, stays = label_of(signals, facts, policy), facts.preference == "local"
    if facts.named is not None:
        named = Key(-1, label, facts.endpoint, stays, facts.named)
        if named in policy.decisions:
            return named
    difficulty = difficulty_of(signals, facts)
    first = next(index for index, rule in enumerate(policy.rules) if rule.holds(facts, label, difficulty))
    return Key(first, label, facts.endpoint, stays)


def decide(facts: Facts, signals: Signals, policy: Policy) -> Decision:
    """The decision for a request. Total: every request gets one, if only one that denies."""
    return policy.decisions[choose(facts, signals, policy)]
