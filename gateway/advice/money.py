"""What the configuration says of money, for advice: the price of an hour of each local target, and the tariff of each external one."""

from fractions import Fraction

from gateway.plan import Plan
from router.calculators import HOUR_S
from router.cost import Tariff


def hour_usd(plan: Plan, target: str) -> Fraction | None:
    """USD for an hour of one replica while it is there; None where the configuration does not say."""
    upstream = next((one for name, one in plan.upstreams.items() if name == target), None)
    return None if upstream is None or upstream.reservation is None else Fraction(upstream.reservation.rate * HOUR_S, 10**12)


def local_targets(plan: Plan) -> tuple[str, ...]:
    """Names of local targets that some rule sends to, in the order of the configuration."""
    return tuple(name for name, target in plan.policy.targets.items() if target.zone == "local" and name in _used(plan))


def closed_tariffs(plan: Plan) -> dict[str, Tariff]:
    """Tariffs of external targets that some rule sends to, by their names."""
    targets = plan.policy.targets
    return {
        str(name): target.tariff
        for name, target in targets.items()
        if target.zone == "external" and target.tariff is not None and name in _used(plan)
    }


def replicas(plan: Plan, target: str) -> int:
    """Replicas as configured, at least one."""
    return max(1, next(one.replicas for name, one in plan.policy.targets.items() if name == target))


def _used(plan: Plan) -> frozenset[str]:
    return frozenset(str(target.name) for rule in plan.policy.rules for target in rule.to + rule.fallback)
