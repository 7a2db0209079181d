"""What could be done at this traffic, each with its figures, what that assumes, and how sure it is. Nothing is applied.

Savings are USD a month. Every action is one function; it yields nothing, or says why not, where the rows do not carry it.
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from statistics import fmean

from gateway.advice.action import Action
from gateway.advice.amounts import count, money, percent
from gateway.advice.money import closed_tariffs, hour_usd, local_targets
from gateway.advice.nights import nights
from gateway.advice.traffic import HOUR_S, HOURS_A_MONTH, Lease, Scored, Traffic
from gateway.advice.volume import FULL, Standing, a_month, blended, gpus_usd, room
from gateway.plan import Plan
from router.calculators import of_micro, tokens_usd
from router.cost import Usage

TOO_MANY_WAIT = 0.02
TRIFLE = Fraction(1, 100)
"""The part of what everything costs below which a saving is not worth a sentence."""


LEAST_HOURS = 24
"""Below, a month is a guess: nobody should give GPUs back for it, or buy them."""


def actions(plan: Plan, traffic: Traffic, standing: Standing | None) -> tuple[Action, ...]:
    """All of them, the one that saves most first."""
    found = [
        *(_without(standing) if traffic.hours >= LEAST_HOURS else ()),
        *_unused(plan, traffic),
        *nights(plan, traffic, standing),
        *_fewer(plan, traffic),
        *_threshold(plan, traffic),
        *_more(plan, traffic),
        *_cheaper(plan, traffic),
    ]
    cost = blended(plan, traffic)
    trifle = TRIFLE * (cost.closed_usd + (cost.gpus_usd or 0)) * a_month(traffic) if traffic.hours else Fraction(0)
    return tuple(sorted((one for one in found if one.saves is None or abs(one.saves) >= trifle), key=lambda one: -(one.saves or 0)))


def _without(standing: Standing | None) -> Iterator[Action]:
    """No GPUs at all, where nothing has to stay and they do not pay."""
    if standing is None or standing.ratio is None or standing.ratio >= 1 or standing.sensitive or not standing.work.requests:
        return
    best = standing.against[0]
    yield Action(
        f"Send all of it to `{best.model}`, and give the GPUs back",
        f"they cost {money(standing.gpus_usd)} a month, and their work {money(best.value_usd)} there; nothing recorded has to stay",
        "nothing else speaks for engines of your own: what is to come, latency, independence",
        standing.gpus_usd - best.value_usd,
        gpus_usd=standing.gpus_usd,
    )


def _unused(plan: Plan, traffic: Traffic) -> Iterator[Action]:
    """Local targets that cost something and answered nobody."""
    for name in local_targets(plan):
        bill = gpus_usd(plan, traffic, name)
        if bill is not None and bill[0] and name not in traffic.by_target and traffic.hours >= LEAST_HOURS:
            yield Action(
                f"Give `{name}` back, or see why nothing goes there",
                f"it answered no request and costs {money(bill[0])} a month",
                "it is not kept for the day on which another one fails",
                bill[0],
                gpus_usd=bill[0],
            )


def _fewer(plan: Plan, traffic: Traffic) -> Iterator[Action]:
    """Give replicas back that the busiest hour does not need."""
    for name, lease in traffic.leases.items():
        many, needed, bill = len(lease.replicas), _needed(lease), gpus_usd(plan, traffic, name)
        if bill is not None and needed < many and traffic.hours >= LEAST_HOURS and name in traffic.by_target:
            yield Action(
                f"Run {needed} replica{'s' if needed > 1 else ''} of `{name}` instead of {many}",
                f"in the busiest hour {max(lease.busy_by_hour.values()) / HOUR_S:.1f} of {many} replicas had requests on average",
                f"a replica may have requests in {percent(FULL)} of an hour; the busiest hour was measured",
                bill[0] * Fraction(many - needed, many),
                gpus_usd=bill[0] * Fraction(many - needed, many),
            )


def _needed(lease: Lease) -> int:
    """Replicas for the busiest hour, if a replica is full when it has requests in `FULL` of an hour."""
    return max(1, math.ceil(max(lease.busy_by_hour.values(), default=0.0) / HOUR_S / FULL - 1e-9))


def _threshold(plan: Plan, traffic: Traffic) -> Iterator[Action]:
    """Keep what is easiest of what leaves, as far as there is room."""
    now, out = plan.policy.threshold, traffic.scored[False]
    if not weighs_threshold(plan) or not out.difficulty or not traffic.home:
        return
    times = room(traffic, tuple(name for name in local_targets(plan) if name in traffic.by_target))
    best = None
    for share in (0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05):
        moved = _moved(out, now, share)
        if moved is not None and (times is None or moved[2] <= (times - 1) * _tokens_at_home(traffic)):
            best = moved
            break
    if best is None:
        if times is not None:
            yield Action(
                "Leave the threshold where it is",
                "even 5% of what leaves would need more room than the local replicas have in their busiest hour",
                f"a replica may have requests in {percent(FULL)} of an hour",
            )
        return
    yield _raised(now, best, traffic, len(out.difficulty), has_room=times is not None)


def weighs_threshold(plan: Plan) -> bool:
    """Whether some rule compares the difficulty with the threshold."""
    return any(test.field == "difficulty" and test.value == plan.policy.threshold for rule in plan.policy.rules for test in rule.when)


def _tokens_at_home(traffic: Traffic) -> int:
    return sum(one.prompt + one.completion for one in (traffic.home_open, traffic.home_sensitive))


def _moved(out: Scored, now: float, share: float) -> tuple[float, int, float, int] | None:
    """The threshold under which that share of what leaves lies: it, how many requests, their tokens, their cost in micro-USD."""
    order = sorted(one for one in out.difficulty if one > now)
    if not order:
        return None
    threshold = math.ceil(order[max(0, math.ceil(share * len(order)) - 1)] * 1_000) / 1_000
    inside = [at for at, one in enumerate(out.difficulty) if now < one <= threshold]
    return threshold, len(inside), sum(out.tokens[at] for at in inside), int(sum(max(0.0, out.cost[at]) for at in inside))


def _raised(now: float, best: tuple[float, int, float, int], traffic: Traffic, scored: int, *, has_room: bool) -> Action:
    threshold, many, _, cost = best
    usd = of_micro(cost) * a_month(traffic)
    error = 1.96 / math.sqrt(max(1, many))  # of a count that varies like Poisson's
    known = "the busiest hour has room for them" if has_room else "whether the GPUs have room is not known: the store has no rows of GPUs"
    return Action(
        f"Raise the difficulty threshold from {now:g} to {threshold:g}",
        f"that keeps {percent(many / scored)} of the scored requests that leave at home ({count(many)} of {count(scored)}), which cost "
        f"{money(usd)} a month outside; {known}",
        "the GPUs are paid for anyway; what quality that costs, `tidegate tune` says from outcomes",
        usd,
        usd * Fraction(max(0.0, 1 - error)),
        usd * Fraction(1 + error),
        patch=f"difficulty:\n  threshold: {threshold:g} # was {now:g}",
        home_usd=usd,
    )


def _more(plan: Plan, traffic: Traffic) -> Iterator[Action]:
    """Where requests wait at home: send the hardest out, or add a replica."""
    if not traffic.home or traffic.waited <= TOO_MANY_WAIT * traffic.home:
        return
    waits = f"{percent(traffic.waited / traffic.home)} of the requests at home waited longer than a second for a replica"
    for name in local_targets(plan):
        hour = hour_usd(plan, name)
        if hour is not None:
            yield Action(f"Add a replica of `{name}`", waits, "waiting is for replicas, not for one slow engine", -hour * HOURS_A_MONTH)
    now, home = plan.policy.threshold, sorted(traffic.scored[True].difficulty)
    if weighs_threshold(plan) and len(home) > LEAST_SCORED:
        lower = math.floor(home[int(len(home) * 0.8)] * 1_000) / 1_000
        if lower < now:
            tariff = min(closed_tariffs(plan).values(), key=lambda one: one.completion, default=None)
            mean = fmean(traffic.scored[True].tokens)
            many = sum(one > lower for one in home) * a_month(traffic)
            part = percent(sum(one > lower for one in home) / len(home))
            some = f"{part} of what may leave, {count(many)} requests of {mean:,.0f} tokens a month"
            price = None if tariff is None else -tokens_usd(_like(traffic, sum(one > lower for one in home)), tariff) * a_month(traffic)
            yield Action(
                f"Or lower the difficulty threshold from {now:g} to {lower:g}",
                f"{waits}; that sends out {some}",
                "hard requests are as long as easy ones",
                price,
                patch=f"difficulty:\n  threshold: {lower:g} # was {now:g}",
            )


LEAST_SCORED = 100


def _like(traffic: Traffic, many: int) -> Usage:
    """The tokens of so many requests like those that may leave and are at home."""
    one = traffic.home_open
    return Usage(one.prompt * many // max(1, one.requests), one.completion * many // max(1, one.requests))


def _cheaper(plan: Plan, traffic: Traffic) -> Iterator[Action]:
    """The same work at another closed model of the configuration that may receive it."""
    tariffs, targets = closed_tariffs(plan), {str(name): target for name, target in plan.policy.targets.items()}
    for name in tariffs:
        work = traffic.by_target.get(name)
        if work is None or not work.cost:
            continue
        spent = of_micro(work.cost - work.beside)
        others = {
            other: tokens_usd(Usage(work.prompt, work.completion, cached=work.cached), tariff, work.requests)
            for other, tariff in tariffs.items()
            if other != name and targets[other].clearance >= targets[name].clearance
        }
        if others and (best := min(others, key=lambda other: others[other])) and others[best] < spent:
            saves = (spent - others[best]) * a_month(traffic)
            yield Action(
                f"Send what goes to `{name}` to `{best}`",
                f"{count(work.requests)} requests cost {money(spent)}; with the same tokens they would cost {money(others[best])} there",
                f"`{best}` writes as many tokens and is good enough: try it on some first",
                saves,
            )
