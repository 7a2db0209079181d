"""Readiness that tells the truth: for which labels there is a target that is cleared for them and could be asked now."""

from collections.abc import Mapping

from gateway.runtime import Runtime
from router.labels import Label


def served(runtime: Runtime, now: float) -> Mapping[Label, bool]:
    """For each label that has a chain at all: whether one of its targets has a replica in service that is not known to be down.

    `now` is in monotonic seconds. What may not be asked does not count: outside while there is a lockdown, or no ledger to write to.
    """
    policy = runtime.plan.policy
    stays = runtime.lockdown.is_on or (runtime.ledger is not None and not runtime.ledger.is_available)
    able = {
        name
        for name, _, replica in runtime.fleet.replicas()
        if not replica.outs and replica.breaker.state(now) != "open" and not (stays and policy.targets[name].zone == "external")
    }
    found: dict[Label, bool] = {}
    for key, decision in policy.decisions.items():
        if key.rule >= 0 and not key.stays and decision.chain:
            found[key.label] = found.get(key.label, False) or any(target.name in able for target in decision.chain)
    return found
