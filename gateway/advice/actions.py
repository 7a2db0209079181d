"""What could be done, each with its figures from the traffic, what that assumes, and how sure it is. Nothing is applied.

Savings are USD a month. Every action is one function; it yields nothing, or says why not, where the rows do not carry it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean, stdev

from gateway.advice.amounts import count, money, percent
from gateway.advice.money import closed_tariffs, hour_usd, local_targets, replicas
from gateway.advice.traffic import HOUR_S, HOURS_A_MONTH, Lease, Scored, Traffic
from gateway.advice.volume import Standing, a_month, gpus_usd
from gateway.plan import Plan
from router.calculators import of_micro, tokens_usd
from router.cost import Tariff, Usage

FULL = 0.7
"""The part of an hour in which a replica may have requests. Above, they would wait for each other in its busiest minutes."""
QUIET = 0.5
"""Hours with less than this part of the mean hour's work are quiet."""
MOST_NIGHT_H = 12
LEAST_DAYS = 3
"""Days of traffic below which the hours of a day say nothing."""
TOO_MANY_WAIT = 0.02


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do. `saves` is USD a month, `low` to `high` its interval; None: unknown, or nobody can say how sure.

    `assumes` is what it rests on. `patch` is the configuration that does it, if a configuration can.
    """

    do: str
    figures: str
    assumes: str
    saves: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    patch: str = ""


def actions(plan: Plan, traffic: Traffic, standing: Standing | None) -> tuple[Action, ...]:
    """All of them, the one that saves most first."""
    found = [
        *_night(plan, traffic, standing),
        *_fewer(plan, traffic),
        *_threshold(plan, traffic),
        *_more(plan, traffic),
        *_cheaper(plan, traffic),
    ]
    return tuple(sorted(found, key=lambda one: -(one.saves or 0)))


def _night(plan: Plan, traffic: Traffic, standing: Standing | None) -> Iterator[Action]:
    """Switch GPUs off in quiet hours, if what they do then costs less outside."""
    tariffs = closed_tariffs(plan)
    if standing is None or not standing.against or traffic.hours < LEAST_DAYS * 24:
        return
    model = standing.against[0].model
    for name in local_targets(plan):
        bill = gpus_usd(plan, traffic, name)
        window = _quiet(traffic, name)
        if bill is None or not window:
            continue
        many = max(1, len(traffic.leases[name].replicas)) if name in traffic.leases else replicas(plan, name)
        hour = bill[0] / HOURS_A_MONTH
        sensitive = sum(number for (target, at), number in traffic.sensitive_by_hour.items() if target == name and at % 24 in window)
        nights = traffic.hours / 24
        if sensitive and many == 1:
            yield _stays_on(name, window, sensitive / nights, hour)
            continue
        yield _off(
            name, window, (hour, many, 1 if sensitive else 0), _bought(traffic, (name, window), tariffs[model]), (sensitive / nights, model)
        )


def _quiet(traffic: Traffic, name: str) -> list[int]:
    """The longest run of quiet hours of the day, in UTC, at most `MOST_NIGHT_H`."""
    by_hour = [0] * 24
    for (target, at), one in traffic.by_hour.items():
        by_hour[at % 24] += (one.prompt + one.completion) * (target == name)
    is_quiet = [tokens < QUIET * sum(by_hour) / 24 for tokens in by_hour]
    runs = [[(start + step) % 24 for step in range(length)] for start in range(24) for length in range(3, MOST_NIGHT_H + 1)]
    good = [run for run in runs if all(is_quiet[hour] for hour in run)]
    return max(good, key=lambda run: (len(run), -sum(by_hour[hour] for hour in run)), default=[])


def _bought(traffic: Traffic, where: tuple[str, list[int]], tariff: Tariff) -> list[Fraction]:
    """What the target's work in those hours would cost outside, day by day."""
    name, window = where
    first, last = int(traffic.first // HOUR_S), int(traffic.last // HOUR_S)
    days: list[Fraction] = []
    for begin in range(first, last - 22, 24):
        work = [traffic.by_hour[name, at] for at in range(begin, begin + 24) if at % 24 in window and (name, at) in traffic.by_hour]
        days.append(sum((tokens_usd(one.usage, tariff, one.requests) for one in work), Fraction(0)))
    return days


def _stays_on(name: str, window: list[int], sensitive: float, hour: Fraction) -> Action:
    return Action(
        f"Do not switch `{name}` off at night",
        f"{_clock(window)} is quiet, and its GPUs cost {money(hour * len(window) * Fraction(HOURS_A_MONTH, 24))} a month then; but "
        f"{sensitive:,.0f} requests a night may not leave, and would get 503",
        "one replica, so that nobody else may serve them",
    )


def _off(name: str, window: list[int], gpus: tuple[Fraction, int, int], bought: list[Fraction], beside: tuple[float, str]) -> Action:
    """`gpus`: what an hour of all costs, how many replicas there are, and how many stay."""
    hour, many, kept = gpus
    sensitive, model = beside
    off = hour * Fraction(many - kept, many) * len(window)
    # With a replica that stays, nothing has to be bought: quiet hours fit into it.
    nights = [off - (Fraction(0) if kept else usd) for usd in bought]
    mean = sum(nights, Fraction(0)) / len(nights)
    spread = 1.96 * stdev(map(float, nights)) / math.sqrt(len(nights))
    month = Fraction(HOURS_A_MONTH, 24)
    stays = (
        f"one of {many} replicas stays, for {sensitive:,.0f} requests a night that may not leave"
        if kept
        else "none of its requests has to stay"
    )
    paid = "" if kept else f", less {money(sum(bought, Fraction(0)) / len(bought) * month)} for that work at `{model}`"
    return Action(
        f"Scale `{name}` to {'one replica' if kept else 'zero'} from {_clock(window)}",
        f"the GPUs cost {money(off * month)} a month in those hours{paid}; {stays}",
        f"GPUs that are off are not paid for; nights like the {len(nights)} measured ones; engines are warm again when the day begins",
        mean * month,
        (mean - Fraction(spread)) * month,
        (mean + Fraction(spread)) * month,
    )


def _clock(window: list[int]) -> str:
    return f"{window[0]:02}:00 to {(window[-1] + 1) % 24:02}:00 UTC"


def _fewer(plan: Plan, traffic: Traffic) -> Iterator[Action]:
    """Give replicas back that the busiest hour does not need."""
    for name, lease in traffic.leases.items():
        many, needed, bill = len(lease.replicas), _needed(lease), gpus_usd(plan, traffic, name)
        if bill is not None and needed < many and traffic.hours >= 24:
            yield Action(
                f"Run {needed} replica{'s' if needed > 1 else ''} of `{name}` instead of {many}",
                f"in the busiest hour {max(lease.busy_by_hour.values()) / HOUR_S:.1f} of {many} replicas had requests on average",
                f"a replica may have requests in {percent(FULL)} of an hour; the busiest hour was measured",
                bill[0] * Fraction(many - needed, many),
            )


def _needed(lease: Lease) -> int:
    """Replicas for the busiest hour, if a replica is full when it has requests in `FULL` of an hour."""
    return max(1, math.ceil(max(lease.busy_by_hour.values(), default=0.0) / HOUR_S / FULL - 1e-9))


def _threshold(plan: Plan, traffic: Traffic) -> Iterator[Action]:
    """Keep what is easiest of what leaves, as far as there is room."""
    now, out = plan.policy.threshold, traffic.scored[False]
    if not weighs_threshold(plan) or not out.difficulty or not traffic.home:
        return
    home = [target for target in local_targets(plan) if target in traffic.leases]
    room = _room(traffic, home)
    best = None
    for share in (0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05):
        moved = _moved(out, now, share)
        if moved is not None and (room is None or moved[2] <= room * _tokens_at_home(traffic)):
            best = moved
            break
    if best is None:
        if room is not None:
            yield Action(
                "Leave the threshold where it is",
                "even 5% of what leaves would need more room than the local replicas have in their busiest hour",
                f"a replica may have requests in {percent(FULL)} of an hour",
            )
        return
    yield _raised(now, best, traffic, len(out.difficulty), has_room=room is not None)


def weighs_threshold(plan: Plan) -> bool:
    """Whether some rule compares the difficulty with the threshold."""
    return any(test.field == "difficulty" and test.value == plan.policy.threshold for rule in plan.policy.rules for test in rule.when)


def _room(traffic: Traffic, names: list[str]) -> float | None:
    """How much more could be done at home, as a part of what is done; None where nobody knows how busy the GPUs are."""
    busiest = [
        max(lease.busy_by_hour.values(), default=0.0) / HOUR_S / len(lease.replicas) for name in names if (lease := traffic.leases[name])
    ]
    return None if not busiest or not max(busiest) else max(0.0, FULL / max(busiest) - 1)


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
