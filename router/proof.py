"""`prove`: which targets each label can reach, under any failure, and that none of them is below it.

Why looking at decisions is enough: `decide` returns only decisions of `policy.decisions`, and `next_step` takes every target that it tries
from the decision's chain, whatever failed before. So what a request can reach is the union of the chains that its label can select.
"""

from dataclasses import dataclass

from router.labels import Label
from router.names import Endpoint, RouteName, TargetName
from router.policy import Policy


@dataclass(frozen=True, slots=True)
class Reach:
    """One decision: a label and endpoint that come to a route, and every target that can be tried then, in order.

    `stays` says that the caller asked to stay local, `named` which target it named.
    """

    label: Label
    route: RouteName
    endpoint: Endpoint
    stays: bool
    named: TargetName | None
    targets: tuple[TargetName, ...]


@dataclass(frozen=True, slots=True)
class LabelReach:
    """Everything that requests of a label can reach, and that they cannot."""

    label: Label
    targets: tuple[TargetName, ...]
    barred: tuple[TargetName, ...]


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
    """Walk every decision of the policy, and compare each label with each clearance once more, apart from how decisions are built."""
    rows = tuple(
        Reach(key.label, decision.route, key.endpoint, key.stays, key.target, tuple(target.name for target in decision.chain))
        for key, decision in policy.decisions.items()
    )
    leaks = [
        f"{row.label} content reaches {name!r} by route {row.route!r}, which is cleared for {policy.targets[name].clearance} at most"
        for row in rows
        for name in row.targets
        if policy.targets[name].clearance < row.label
    ]
    return Proof(rows, tuple(_label(policy, label, rows) for label in policy.labels), tuple(dict.fromkeys(leaks)))


def _label(policy: Policy, label: Label, rows: tuple[Reach, ...]) -> LabelReach:
    reached = {name for row in rows if row.label == label for name in row.targets}
    return LabelReach(
        label,
        tuple(name for name in policy.targets if name in reached),
        tuple(name for name, target in policy.targets.items() if target.clearance < label),
    )
