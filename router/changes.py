"""`changes`: what would take a request elsewhere. Each is found by asking `decide` about a request that differs in one way.

The text of a request is not known here, so nothing is said about how to write it: only which signal, fact or wish would have to be another.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from classifiers.signals import Difficulty, Signals, Subject
from router.decide import Raise, decide, difficulty_of, label_of, lowered, raises
from router.decision import Decision, Target
from router.facts import Facts, Needs, Preference
from router.failover import next_step
from router.fleet import Fleet
from router.labels import Label
from router.names import Path, RouteName, TargetName
from router.policy import Policy
from router.rules import Field, Value
from router.steps import Try
from router.values import replace

Means = Literal["difficulty", "content", "declassify", "preference", "conversation", "lockdown", "request", "subject", "availability"]
"""What would be different: the score; what was found, doubted or inherited; a key's right; what the caller asks for; ..."""

STEP = 1e-6
"""How far above or below a bound of a rule a score is tried."""

_MAY_LOWER = "a key with `may_declassify`, and x-tidegate-declassify"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, in names and numbers only, and where the request would go then: `target` is None where nobody would serve it."""

    means: Means
    say: str
    label: Label
    route: RouteName
    path: Path
    target: TargetName | None


class _Other(NamedTuple):
    """The request as it would be."""

    means: Means
    say: str
    facts: Facts
    signals: Signals


def bound_for(decision: Decision, facts: Facts, fleet: Fleet, now: float) -> Target | None:
    """The target that would be tried first; None when none can be."""
    step = next_step(decision, facts, fleet, (), now, 0.0)
    return step.attempt.target if isinstance(step, Try) else None


def changes(policy: Policy, facts: Facts, signals: Signals, fleet: Fleet, now: float) -> tuple[Change, ...]:
    """The nearest difference of each kind that would take the request elsewhere, if all targets were there. `now` is the fleet's clock.

    What differs only in the label it would have, or in the rule that sends it the same way, is none.
    """
    decision = decide(facts, signals, policy)
    usual = bound_for(decision, facts, Fleet(decision.chain), now)
    found = [change for group in _groups(policy, facts, signals) if (change := _first(group, policy, (decision, usual))) is not None]
    return (*found, *_availability(decision, facts, fleet, now))


def _first(group: Iterable[_Other], policy: Policy, before: tuple[Decision, Target | None]) -> Change | None:
    """The first of the group that goes elsewhere."""
    for other in group:
        decision = decide(other.facts, other.signals, policy)
        target = bound_for(decision, other.facts, Fleet(decision.chain), 0.0)
        if _way(decision, target) != _way(*before):
            return _change(other.means, other.say, decision, target)
    return None


def _way(decision: Decision, target: Target | None) -> tuple[object, ...]:
    return decision.verdict, target, target is not None and decision.is_redacted(target)


def _change(means: Means, say: str, decision: Decision, target: Target | None) -> Change:
    path: Path = "blocked" if target is None else decision.path(target)
    return Change(means, say, decision.label, decision.route, path, None if target is None else target.name)


def _groups(policy: Policy, facts: Facts, signals: Signals) -> Iterator[Iterable[_Other]]:
    """Requests that differ in one way, in groups; in a group the nearest is first."""
    yield from _scores(policy, facts, signals)
    yield _without(policy, facts, signals)
    yield _declassified(policy, facts, signals)
    for say, other in _WISHES.items():
        yield (_Other("preference", say, replace(facts, preference=other, named=None), signals),)
    if facts.is_locked:
        yield (_Other("lockdown", "without the lockdown", replace(facts, is_locked=False), signals),)
    if facts.hints:
        yield (_Other("preference", f"without the hint {', '.join(name for name, _ in facts.hints)}", replace(facts, hints=()), signals),)
    if facts.stay is not None:
        yield (_Other("conversation", "as a new conversation", replace(facts, stay=None), signals),)
    yield from _lots(policy, facts, signals)
    for name, read in _NUMBERS.items():
        yield from _numbers(name, read, policy, facts, signals)
    for name, put in _CHOICES.items():
        yield from _choices(name, put, policy, facts, signals)


_WISHES: Mapping[str, Preference] = {
    "asked for as auto": "auto",
    "asked for as auto:best": "best",
    "asked for as auto:cheap": "cheap",
    "asked for as auto:local": "local",
}


def _bounds(name: Field, policy: Policy) -> list[Value]:
    """What the rules compare the field with."""
    return list(dict.fromkeys(test.value for rule in policy.rules for test in rule.when if test.field == name))


def _scores(policy: Policy, facts: Facts, signals: Signals) -> Iterator[Iterable[_Other]]:
    """A harder request, and an easier one. Bounds are of what rules see, which may lean from what was scored."""
    seen = difficulty_of(signals, facts)
    if seen is None or signals.difficulty is None:
        return
    bounds = sorted(bound for bound in _bounds("difficulty", policy) if isinstance(bound, int | float))
    steps = (STEP,) if facts.hints or facts.stay is not None else (0.0, STEP)  # where it leans, no score is seen as the very bound

    def put(say: str, value: float, *, is_above: bool) -> _Other:
        score = _score_for(value, facts, signals, is_above=is_above)
        return _Other("difficulty", say, facts, replace(signals, difficulty=Difficulty(score)))

    above = [(bound, step) for bound in bounds for step in steps if seen < bound + step <= 1]
    yield (put(f"difficulty {'above' if step else 'at least'} {bound:g}", bound + step, is_above=True) for bound, step in above)
    below = [(bound, step) for bound in reversed(bounds) for step in steps if 0 <= bound - step < seen]
    yield (put(f"difficulty {'below' if step else 'at most'} {bound:g}", bound - step, is_above=False) for bound, step in below)


def _seen(score: float, facts: Facts, signals: Signals) -> float:
    """The difficulty that rules would see for a score."""
    return difficulty_of(replace(signals, difficulty=Difficulty(score)), facts) or 0.0


def _score_for(value: float, facts: Facts, signals: Signals, *, is_above: bool) -> float:
    """The score for which rules see at least `value`, or at most; the nearest if they never do. What they see rises with the score."""
    if _seen(value, facts, signals) == value:
        return value
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if _seen(middle, facts, signals) > value else (middle, high)
    return high if is_above else low


def _without(policy: Policy, facts: Facts, signals: Signals) -> Iterator[_Other]:
    """The request without what raises it above a label; with ever less left."""
    raised = [(lowered(one, facts.ceiling, policy), one) for one in raises(signals, facts, policy)]
    for limit in _below(policy, label_of(signals, facts, policy)):
        gone = {one for label, one in raised if label > limit}
        sources = {one.source for one in gone}
        names = {one.name for one in gone if one.source == "finding"}
        findings = tuple(found for found in signals.findings if found.category not in names)
        kept = replace(signals, findings=findings)
        if "doubt" in sources:
            kept = replace(kept, doubts=(), coverage=1.0)
        less = replace(
            facts,
            floor=None if "floor" in sources else facts.floor,
            inherited=None if "lineage" in sources else facts.inherited,
            preference="auto" if "preference" in sources else facts.preference,
        )
        yield _Other("content", f"without {', '.join(sorted(map(_called, gone)))}", less, kept)


def _called(raised: Raise) -> str:
    return {
        "finding": f"the finding {raised.name}",
        "doubt": f"the doubt {raised.name}",
        "floor": f"the demand for {raised.label} of its key or header",
        "preference": f"auto:{raised.name}",
        "lineage": f"what it inherits by {raised.name}",
    }[raised.source]


def _below(policy: Policy, label: Label) -> Sequence[Label]:
    """The labels below, the highest first."""
    return [one for one in policy.labels if one < label][::-1]


def _declassified(policy: Policy, facts: Facts, signals: Signals) -> Iterator[_Other]:
    for label in _below(policy, label_of(signals, facts, policy)):
        yield _Other("declassify", f"declassified to {label}: {_MAY_LOWER}", replace(facts, ceiling=label), signals)


def _lots(policy: Policy, facts: Facts, signals: Signals) -> Iterator[Iterable[_Other]]:
    """Another lot, for each share that some rule takes."""
    for share in _bounds("share", policy):
        if facts.lot is not None and isinstance(share, float):
            is_in = facts.lot < share
            say = f"{'outside' if is_in else 'inside'} of the share of {share * 100:.10g}%"
            yield (_Other("conversation", say, replace(facts, lot=share if is_in else 0.0), signals),)


_NUMBERS: Mapping[Field, Callable[[Facts], int]] = {"tokens": lambda facts: facts.prompt_tokens, "turns": lambda facts: facts.turns}


def _numbers(name: Field, read: Callable[[Facts], int], policy: Policy, facts: Facts, signals: Signals) -> Iterator[Iterable[_Other]]:
    """More of something that is counted, and less."""
    has = read(facts)
    tried = sorted({number for bound in _bounds(name, policy) if isinstance(bound, float | int) for number in _around(bound)})

    def put(say: str, number: int) -> _Other:
        other = replace(facts, prompt_tokens=number) if name == "tokens" else replace(facts, turns=number)
        return _Other("request", f"{number} {name} {say}", other, signals)

    yield (put("or more", number) for number in tried if number > has)
    yield (put("or fewer", number) for number in reversed(tried) if 0 <= number < has)


def _around(bound: float) -> tuple[int, ...]:
    return math.ceil(bound) - 1, math.ceil(bound), math.floor(bound) + 1


def _with_needs(facts: Facts, signals: Signals, needs: Needs) -> tuple[Facts, Signals]:
    return replace(facts, needs=needs), signals


def _with_subject(facts: Facts, signals: Signals, subject: Subject) -> tuple[Facts, Signals]:
    return facts, replace(signals, subject=subject)


_Put = Callable[[Facts, Signals, Value], tuple[Facts, Signals]]
_CHOICES: Mapping[Field, _Put] = {
    "tenant": lambda facts, signals, value: (replace(facts, tenant=str(value)), signals),
    "stream": lambda facts, signals, value: (replace(facts, is_stream=bool(value)), signals),
    "tools": lambda facts, signals, value: _with_needs(facts, signals, replace(facts.needs, has_tools=bool(value))),
    "media": lambda facts, signals, value: _with_needs(facts, signals, replace(facts.needs, has_media=bool(value))),
    "schema": lambda facts, signals, value: _with_needs(facts, signals, replace(facts.needs, has_schema=bool(value))),
    "code": lambda facts, signals, value: _with_subject(facts, signals, replace(signals.subject, code=bool(value))),
    "language": lambda facts, signals, value: _with_subject(facts, signals, replace(signals.subject, language=str(value))),
    "topic": lambda facts, signals, value: _with_subject(facts, signals, replace(signals.subject, topic=str(value))),
}
"""How a field that has no order is given another value."""


def _choices(name: Field, put: _Put, policy: Policy, facts: Facts, signals: Signals) -> Iterator[Iterable[_Other]]:
    """Each value that some rule asks for, and one that none does."""
    asked = _bounds(name, policy)
    means: Means = "subject" if name in {"code", "language", "topic"} else "request"
    values = [one for value in asked for one in (sorted(value) if isinstance(value, frozenset) else (value,))]
    for value in dict.fromkeys(values):
        if isinstance(value, bool):
            yield tuple(_Other(means, f"with{'' if flag else 'out'} {name}", *put(facts, signals, flag)) for flag in (True, False))
        else:
            yield (_Other(means, f"{name} {value}", *put(facts, signals, value)),)
    if values and not isinstance(values[0], bool):
        yield (_Other(means, f"another {name}", *put(facts, signals, "")),)


def _availability(decision: Decision, facts: Facts, fleet: Fleet, now: float) -> Iterator[Change]:
    """What stands before the target that would be tried now, and what would take over from it."""
    target = bound_for(decision, facts, fleet, now)
    usual = bound_for(decision, facts, Fleet(decision.chain), now)
    if usual is not None and usual != target:
        yield _change("availability", f"{usual.name} up", decision, usual)
    if target is not None:
        others = replace(decision, chain=tuple(one for one in decision.chain if one.name != target.name), cascade=None)
        yield _change("availability", f"{target.name} down", decision, bound_for(others, facts, fleet, now))
