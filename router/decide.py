"""`decide`: facts, signals and a policy give one of the decisions that were built and proved when the policy was loaded."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from classifiers.signals import Signals
from router.decision import Decision
from router.facts import Facts, Preference, Sticky
from router.fork import Fork, Way
from router.labels import Label
from router.lean import leaned, staying
from router.policy import Policy
from router.rules import hold
from router.values import replace

_FORCED: Mapping[Preference, float] = {"best": 1.0, "cheap": 0.0}
"""`auto:best` asks as if the request were as hard as can be, `auto:cheap` as if it were as easy. Neither touches the label."""

_DEMANDS = frozenset({"floor", "preference"})
"""What a ceiling does not lower: somebody said so for this very request."""


class Raise(NamedTuple):
    """Something that gives a request at least this label. `name` is the category, the kind of doubt, how it was inherited, or empty."""

    label: Label
    source: Literal["finding", "doubt", "floor", "preference", "lineage"]
    name: str = ""


def raises(signals: Signals, facts: Facts, policy: Policy) -> list[Raise]:
    """Everything that raises the request's label. Nothing lowers one."""
    raised: list[Raise] = []
    if signals.findings:
        raised += [
            Raise(policy.categories.get(found.category, policy.highest_doubt), "finding", found.category) for found in signals.findings
        ]
    if signals.doubts:
        raised += [Raise(policy.highest_doubt, "doubt", doubt.kind) for doubt in signals.doubts]
    if signals.coverage < 1.0:
        raised.append(Raise(policy.highest_doubt, "doubt", "coverage"))  # not everything was read, whether or not somebody said what
    if facts.floor is not None:
        raised.append(Raise(facts.floor, "floor"))
    if facts.inherited is not None:
        raised.append(Raise(facts.inherited, "lineage", facts.lineage))
    if facts.preference == "private":
        raised.append(Raise(policy.labels.highest, "preference", "private"))
    return raised


def label_of(signals: Signals, facts: Facts, policy: Policy) -> Label:
    """The request's label: the highest of what was found, what is in doubt, what was inherited, and what the caller demanded.

    A ceiling lowers the first three, but for credentials; what a key, a header or `auto:private` demands is not lowered by another.
    """
    raised = raises(signals, facts, policy)
    if not raised:
        return policy.labels.lowest
    return _highest(raised, facts.ceiling, policy)


def _highest(raised: list[Raise], ceiling: Label | None, policy: Policy) -> Label:
    """The highest label to which something raises a request, under a ceiling where there is one."""
    return policy.labels.join(policy.labels.lowest, *[lowered(each, ceiling, policy) for each in raised])


def lowered(raised: Raise, ceiling: Label | None, policy: Policy) -> Label:
    """The label that something raises a request to, under a ceiling."""
    is_fixed = raised.source in _DEMANDS or (raised.source == "finding" and raised.name in policy.kept)
    return raised.label if is_fixed or ceiling is None else min(raised.label, ceiling)


def declassified_from(signals: Signals, facts: Facts, policy: Policy) -> Label | None:
    """The label that the request would have without its ceiling; None when that lowers nothing."""
    if facts.ceiling is None:
        return None
    label = _highest(raises(signals, facts, policy), None, policy)
    return label if label > label_of(signals, facts, policy) else None


def difficulty_of(signals: Signals, facts: Facts) -> float | None:
    """The difficulty that rules see: what the caller's preference forces, else the score as it leans; None when nobody scored."""
    forced = _FORCED.get(facts.preference)
    if forced is not None or signals.difficulty is None:
        return forced
    if facts.stay is None and not facts.hints:
        return signals.difficulty.score
    return leaned(signals.difficulty.score, facts)


def choose(facts: Facts, signals: Signals, policy: Policy) -> Way:
    """The way to the decision: to the target that the caller named, if it may have it, else by the first rule that holds.

    There is one: `Policy` refuses rules that leave a gap, so that the last way is open to every request.
    """
    label = label_of(signals, facts, policy)
    return _fork(label, facts, policy).take(facts, label, difficulty_of(signals, facts), signals.subject)


def _fork(label: Label, facts: Facts, policy: Policy) -> Fork:
    """What a request of that label can come to."""
    stays, forks = facts.is_locked or facts.preference == "local", policy.forks
    return forks.get((label, facts.endpoint, stays, facts.named)) or forks[label, facts.endpoint, stays, None]


def hangs_on_difficulty(facts: Facts, signals: Signals, policy: Policy) -> bool:
    """Whether how hard the request is, which nobody has said yet, could take it elsewhere."""
    if difficulty_of(signals, facts) is not None:
        return False
    label = label_of(signals, facts, policy)
    other = [([test for test in way.tests if test.field != "difficulty"], way) for way in _fork(label, facts, policy).ways]
    can = [way for tests, way in other if hold(tests, facts, label, None, signals.subject)]
    sure = next(place for place, way in enumerate(can) if all(test.field != "difficulty" for test in way.tests))  # the last has no tests
    chains = {tuple(target.name for target in way.decision.chain) for way in can[: sure + 1]}
    return len(chains) > 1


def decide(facts: Facts, signals: Signals, policy: Policy) -> Decision:
    """The decision for a request. Total: every request gets one, if only one that denies."""
    decision = choose(facts, signals, policy).decision
    return decision if facts.stay is None else staying(decision, facts, policy)


def stickiness(decision: Decision, facts: Facts, signals: Signals, policy: Policy) -> Sticky:
    """What came of a conversation's wish to stay."""
    stay = facts.stay
    if stay is None or not decision.chain:
        return ""
    first = decision.chain[0]
    if first.zone != stay.zone:
        return "switched"
    free = decide(replace(facts, stay=None), signals, policy).chain
    return "kept" if free and (free[0].zone != stay.zone or (free[0] != first and first.name == stay.target)) else ""
