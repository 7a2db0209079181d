"""Which targets a reload takes away from requests that began before it: they finish what is under way, and begin nothing there."""

from gateway.plan import Plan
from router.labels import Label
from router.names import TargetName


def withdrawn(before: Plan, after: Plan) -> frozenset[TargetName]:
    """Targets of `before` that `after` does not have, or elsewhere, or cleared for less. Labels are compared by their names.

    Another address counts for what is outside: it may be another firm's. Within the own network it is how a pool grows and shrinks.
    """
    return frozenset(name for name in before.policy.targets if not _stays(name, before, after))


def _stays(name: TargetName, before: Plan, after: Plan) -> bool:
    was, now = before.policy.targets[name], after.policy.targets.get(name)
    if now is None or now.zone != was.zone:
        return False
    if was.zone == "external" and not set(before.upstreams[name].urls) <= set(after.upstreams[name].urls):
        return False
    return _names(before, was.clearance) <= _names(after, now.clearance)


def _names(plan: Plan, clearance: Label) -> set[str]:
    """The labels that may be received."""
    return {label.name for label in plan.policy.labels if label <= clearance}
