"""Break-even by volume: what the GPUs cost against what closed models would have cost for the work that was done at home."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from gateway.advice.money import closed_tariffs, hour_usd, local_targets, replicas
from gateway.advice.traffic import HOUR_S, HOURS_A_MONTH, Sum, Traffic
from gateway.plan import Plan
from router.calculators import break_even, of_micro, tokens_usd

FULL = 0.7
"""The part of an hour in which a replica may have requests. Above, they would wait for each other in its busiest minutes."""


@dataclass(frozen=True, slots=True)
class Against:
    """One closed model. `value_usd`: what the month's work at home would cost there; `ratio` of that to the GPUs, above 1 they pay.

    `requests_a_day` at home, of the measured mix, make 1. None: no number does, or there was no work.
    """

    model: str
    value_usd: Fraction
    ratio: Fraction
    requests_a_day: Fraction | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A month of local targets, by the period that was measured. `origin`: from rows of the store, or from the configured price.

    `work` is the period's, not the month's. `against` has the cheapest closed model first. The GPUs could do `room` times that
    work, by their busiest hour; None: not recorded. `sensitive` is the part of the requests that may not leave,
    `idle_usd` what of the bill nobody had; None: not recorded.
    """

    targets: tuple[str, ...]
    gpus_usd: Fraction
    origin: Literal["leased", "configured"]
    work: Sum
    requests_a_day: Fraction
    idle_usd: Fraction | None
    room: float | None
    sensitive: Fraction
    against: tuple[Against, ...]

    @property
    def ratio(self) -> Fraction | None:
        """Against the cheapest closed model, which is the one that would be bought."""
        return self.against[0].ratio if self.against else None


@dataclass(frozen=True, slots=True)
class Blended:
    """What the period cost in USD: closed models, GPUs (None: unknown), a million tokens. `unpriced` requests are in none of them."""

    closed_usd: Fraction
    gpus_usd: Fraction | None
    beside_usd: Fraction
    unpriced: int
    uncounted: int
    million_usd: Fraction | None


def a_month(traffic: Traffic) -> Fraction:
    """What the measured period is multiplied with to be a month."""
    return Fraction(HOURS_A_MONTH) / Fraction(traffic.hours)


def gpus_usd(plan: Plan, traffic: Traffic, target: str) -> tuple[Fraction, Literal["leased", "configured"]] | None:
    """What the target's GPUs cost in a month, and how that is known; None: it is not."""
    lease = traffic.leases.get(target)
    if lease is not None and lease.wall_s:
        return of_micro(lease.reserved) * a_month(traffic), "leased"
    hour = hour_usd(plan, target)
    return None if hour is None else (hour * HOURS_A_MONTH * replicas(plan, target), "configured")


def standings(plan: Plan, traffic: Traffic) -> tuple[Standing, ...]:
    """All priced local targets together, and then each alone if there are several. None: no price of GPUs, or nothing measured."""
    if not traffic.answered:
        return ()
    priced = tuple(name for name in local_targets(plan) if gpus_usd(plan, traffic, name) is not None)
    groups = (priced, *((name,) for name in priced)) if len(priced) > 1 else (priced,)
    return tuple(_standing(plan, traffic, names) for names in groups if names)


def _standing(plan: Plan, traffic: Traffic, names: tuple[str, ...]) -> Standing:
    bills = [bill for name in names if (bill := gpus_usd(plan, traffic, name)) is not None]
    usd, work, month = sum((bill for bill, _ in bills), Fraction(0)), Sum(), a_month(traffic)
    for name in names:
        one = traffic.by_target.get(name, Sum())
        work.requests += one.requests
        work.prompt += one.prompt
        work.completion += one.completion
        work.uncounted += one.uncounted
        work.vectors += one.vectors
        work.vector_tokens += one.vector_tokens
    counted = work.requests - work.uncounted - work.vectors
    against = []
    for model, tariff in closed_tariffs(plan).items():
        value = tokens_usd(work.usage, tariff, counted) * month
        even = break_even(usd, value / (counted * month)) if counted else None
        needed = None if even is None or even.requests is None else Fraction(even.requests * 24, HOURS_A_MONTH)
        against.append(Against(model, value, value / usd if usd else Fraction(0), needed))
    origin: Literal["leased", "configured"] = "configured" if any(how == "configured" for _, how in bills) else "leased"
    a_day = work.requests * month * 24 / HOURS_A_MONTH
    sensitive = sum(one.requests for (name, _), one in traffic.sensitive_by_hour.items() if name in names)
    kept = Fraction(sensitive, max(1, work.requests))
    cheapest_first = tuple(sorted(against, key=lambda each: each.value_usd))
    return Standing(names, usd, origin, work, a_day, _idle(traffic, names), room(traffic, names), kept, cheapest_first)


def _idle(traffic: Traffic, names: tuple[str, ...]) -> Fraction | None:
    if not all(name in traffic.leases for name in names):
        return None
    return sum((of_micro(traffic.leases[name].idle) for name in names), Fraction(0)) * a_month(traffic)


def room(traffic: Traffic, names: tuple[str, ...]) -> float | None:
    """How many times their work the replicas could do if the busiest hour were full; None where nobody knows how busy they were."""
    leases = [traffic.leases[name] for name in names if name in traffic.leases]
    if len(leases) < len(names):
        return None
    busiest = max((seconds / HOUR_S / len(one.replicas) for one in leases for seconds in one.busy_by_hour.values()), default=0.0)
    return max(1.0, FULL / busiest) if busiest else None


def blended(plan: Plan, traffic: Traffic) -> Blended:
    """The period as it was."""
    bills = [gpus_usd(plan, traffic, name) for name in local_targets(plan)]
    gpus = sum((bill[0] for bill in bills if bill is not None), Fraction(0)) / a_month(traffic) if None not in bills else None
    closed = of_micro(traffic.closed)
    tokens = sum(one.prompt + one.completion for one in traffic.by_target.values()) - traffic.outside.unpriced_tokens
    return Blended(
        closed,
        gpus,
        of_micro(sum(one.beside for one in traffic.by_target.values())),
        traffic.outside.unpriced,
        sum(one.uncounted for one in traffic.by_target.values()),
        None if gpus is None or not tokens else (closed + gpus) * 1_000_000 / tokens,
    )
