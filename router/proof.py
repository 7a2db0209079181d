"""`prove`: which targets each label can reach, under any failure, and that none of them is below it.

Why looking at decisions is enough: `decide` returns only decisions of `policy.decisions`, and `next_step` takes every target that it tries
from the decision's chain, whatever failed before. So what a request can reach is the union of the chains that its label can select.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from router.attempt import Failed, History, Refused, Tried
from router.decision import Decision, Reason
from router.facts import Facts
from router.failover import next_step
from router.failures import FAILURES, NOT_MADE, Failure
from router.fleet import Fleet
from router.labels import Label
from router.names import Endpoint, RouteName, TargetName
from router.policy import Key, Policy
from router.steps import Try


@dataclass(frozen=True, slots=True)
class Reach:
    """One decision: a label and endpoint that come to a route, and every target that can be tried then, in order.

    `stays` says that the caller asked to stay local, `named` which target it named. `redacted` are those of the targets that can have
    the request only rewritten, with nothing above the label `left` in it. `cascades`: the first one's answer is judged.
    """

    label: Label
    route: RouteName
    endpoint: Endpoint
    stays: bool
    named: TargetName | None
    targets: tuple[TargetName, ...]
    redacted: tuple[TargetName, ...] = ()
    left: Label | None = None
    cascades: bool = False


@dataclass(frozen=True, slots=True)
class LabelReach:
    """Everything that requests of a label can reach as they are, that they can reach only `redacted`, and that they cannot reach."""

    label: Label
    targets: tuple[TargetName, ...]
    barred: tuple[TargetName, ...]
    redacted: tuple[TargetName, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """All decisions of a policy. `leaks` are sentences, one for each target that is reached below its clearance: none in a sound policy."""

    rows: tuple[Reach, ...]
    labels: tuple[LabelReach, ...]
    leaks: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether no label reaches a target that is not cleared for it."""
        return not self.leaks

    @property
    def unserved(self) -> tuple[Reach, ...]:
        """Decisions that reach nothing: such requests get a 503, or a 403 where the route denies."""
        return tuple(row for row in self.rows if not row.targets)


def prove(policy: Policy) -> Proof:
    """Walk every decision of the policy, and compare each label with each clearance once more, apart from how decisions are built.

    What goes out rewritten carries what is left in it and no more: `clear` is given the label of the scan of the very body that is sent.
    """
    rows = tuple(_row(policy, key, decision) for key, decision in policy.decisions.items())
    leaks = [leak for row in rows for leak in _leaks(policy, row)]
    return Proof(rows, tuple(_label(policy, label, rows) for label in policy.labels), tuple(dict.fromkeys(leaks)))


NOTHING, REJECTED, ANYTHING = "none", "none, but the first answer is rejected", "any mixture"
"""The cases beside the kinds of the failure table: nothing fails, in a cascade too, and whatever may fail in whatever order."""


def walk(policy: Policy, row: Reach) -> Iterator[tuple[str, tuple[TargetName, ...]]]:
    """Each failure with the targets that are tried when every attempt ends so, by the very fold that serves; the last is all of them.

    The kinds that no attempt ends with are left out: they are what the caller is told.
    """
    chain = tuple(policy.targets[name] for name in row.targets)
    decision = Decision(row.label, row.route, chain, Reason(row.route), highest=policy.labels.highest, redacts=row.left)
    yield NOTHING, row.targets[:1]
    if row.cascades:
        yield REJECTED, row.targets[:2]
    for failure in FAILURES.values():
        if failure.kind not in _TOLD:
            yield failure.kind, tuple(dict.fromkeys(_tried(decision, Facts("", row.endpoint), failure)))
    yield ANYTHING, row.targets


_TOLD = frozenset({"UNAVAILABLE", "LOCAL_UNAVAILABLE"})


def _tried(decision: Decision, facts: Facts, failure: Failure) -> Iterator[TargetName]:
    """The targets that get the request, one after the other, when every attempt ends with `failure`.

    With some failures an attempt at an external target is not made; a local one does not end so.
    """
    fleet, is_unmade = Fleet(decision.chain), failure.kind in NOT_MADE
    history: History = ()
    step = next_step(decision, facts, fleet, history, 0.0, 0.0)
    while isinstance(step, Try):
        is_external = step.attempt.target.zone == "external"
        if not (is_unmade and is_external):
            yield step.attempt.target.name
        if is_unmade and not is_external:
            return
        ending = Refused(failure, failure.status) if failure.is_about_request else Failed(failure)
        history += (Tried(step.attempt, ending),)
        step = next_step(decision, facts, fleet, history, 0.0, 0.0)


def _row(policy: Policy, key: Key, decision: Decision) -> Reach:
    names = tuple(target.name for target in decision.chain)
    low = () if decision.redacts is None else tuple(name for name in names if policy.targets[name].clearance < key.label)
    return Reach(key.label, decision.route, key.endpoint, key.stays, key.target, names, low, decision.redacts, decision.cascade is not None)


def _leaks(policy: Policy, row: Reach) -> Iterator[str]:
    for name in row.targets:
        carries = row.left if name in row.redacted and row.left is not None else row.label
        clearance = policy.targets[name].clearance
        if clearance < carries:
            yield f"{carries} content reaches {name!r} by route {row.route!r}, which is cleared for {clearance} at most"


def _label(policy: Policy, label: Label, rows: tuple[Reach, ...]) -> LabelReach:
    mine = [row for row in rows if row.label == label]
    redacted = {name for row in mine for name in row.redacted}
    reached = {name for row in mine for name in row.targets} - redacted
    return LabelReach(
        label,
        tuple(name for name in policy.targets if name in reached),
        tuple(name for name, target in policy.targets.items() if target.clearance < label and name not in redacted),
        tuple(name for name in policy.targets if name in redacted),
    )
