"""Switching GPUs off in hours with little work: what that saves, what has to be bought instead, and who would find nobody."""

import math
from collections.abc import Iterator
from fractions import Fraction
from statistics import stdev

from gateway.advice.action import Action
from gateway.advice.amounts import money
from gateway.advice.money import closed_tariffs, hour_usd, local_targets, replicas
from gateway.advice.traffic import HOUR_S, HOURS_A_MONTH, Traffic
from gateway.advice.volume import Standing
from gateway.plan import Plan
from router.calculators import of_micro, tokens_usd
from router.cost import Tariff

QUIET = 0.5
"""Hours with less than this part of the mean hour's work are quiet."""
MOST_NIGHT_H = 12
LEAST_DAYS = 3
"""Days of traffic below which the hours of a day say nothing."""


def nights(plan: Plan, traffic: Traffic, standing: Standing | None) -> Iterator[Action]:
    """Switch GPUs off in quiet hours, if what they do then costs less outside."""
    tariffs = closed_tariffs(plan)
    if standing is None or not standing.against or traffic.hours < LEAST_DAYS * 24:
        return
    model = standing.against[0].model
    for name in local_targets(plan):
        window = _quiet(traffic, name)
        many = _there(plan, traffic, name, window)
        if not window or not many:
            continue
        staying = [one.requests for (target, at), one in traffic.sensitive_by_hour.items() if target == name and at % 24 in window]
        sensitive = sum(staying) * 24 / traffic.hours
        off = _spare(plan, traffic, (name, window), 1 if sensitive and many > 1 else 0)
        if sensitive and many == 1:
            yield _stays_on(name, window, sensitive, off)
            continue
        action = _off(
            name, window, (off, many, 1 if sensitive else 0), _bought(traffic, (name, window), tariffs[model]), (sensitive, model)
        )
        if action.saves is not None and action.saves > 0:
            yield action


def _there(plan: Plan, traffic: Traffic, name: str, window: list[int]) -> int:
    """The most replicas that are there in those hours; 0 where there is no price for them."""
    lease = traffic.leases.get(name)
    if lease is not None and lease.wall_s:
        return max((len(there) for at, there in lease.replicas_by_hour.items() if at % 24 in window), default=0)
    return 0 if hour_usd(plan, name) is None else replicas(plan, name)


def _spare(plan: Plan, traffic: Traffic, where: tuple[str, list[int]], kept: int) -> Fraction:
    """What all replicas but so many cost in one night of those hours."""
    name, window = where
    lease, hour = traffic.leases.get(name), hour_usd(plan, name)
    if lease is not None and lease.wall_s:
        there = {at: len(them) for at, them in lease.replicas_by_hour.items() if at % 24 in window}
        usd = sum((of_micro(lease.reserved_by_hour[at]) * Fraction(max(0, many - kept), many) for at, many in there.items()), Fraction(0))
        return usd * 24 / Fraction(traffic.hours)
    return (hour or Fraction(0)) * (replicas(plan, name) - kept) * len(window)


def _quiet(traffic: Traffic, name: str) -> list[int]:
    """The longest run of quiet hours of the day, in UTC, at most `MOST_NIGHT_H`."""
    by_hour = [0] * 24
    for (target, at), one in (*traffic.by_hour.items(), *traffic.sensitive_by_hour.items()):
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


def _stays_on(name: str, window: list[int], sensitive: float, usd: Fraction) -> Action:
    return Action(
        f"Do not switch `{name}` off at night",
        f"{_clock(window)} is quiet, and its GPUs cost {money(usd * Fraction(HOURS_A_MONTH, 24))} a month then; but "
        f"{sensitive:,.0f} requests a night may not leave, and would get 503",
        "there is one replica, and no other local target takes them",
    )


def _off(name: str, window: list[int], gpus: tuple[Fraction, int, int], bought: list[Fraction], beside: tuple[float, str]) -> Action:
    """`gpus`: what a night of those costs that are switched off, how many replicas there are, and how many stay."""
    off, many, kept = gpus
    sensitive, model = beside
    # With a replica that stays, nothing has to be bought: quiet hours fit into it.
    nights = [off - (Fraction(0) if kept else usd) for usd in bought]
    mean = sum(nights, Fraction(0)) / len(nights)
    spread = 1.96 * stdev(map(float, nights)) / math.sqrt(len(nights))
    month = Fraction(HOURS_A_MONTH, 24)
    one = f"one of {many} replicas stays, for {sensitive:,.0f} requests a night that may not leave"
    stays = one if kept else "none of its requests has to stay"
    patch = f'destinations:\n  {name}:\n    cost:\n      available: "{(window[-1] + 1) % 24:02}:00-{window[0]:02}:00" # UTC'
    paid = "" if kept else f", less {money(sum(bought, Fraction(0)) / len(bought) * month)} for that work at `{model}`"
    return Action(
        f"Scale `{name}` to {'one replica' if kept else 'zero'} from {_clock(window)}",
        f"what is switched off costs {money(off * month)} a month in those hours{paid}; {stays}",
        f"GPUs that are off are not paid for; nights like the {len(nights)} measured ones; engines are warm again when the day begins",
        mean * month,
        None if kept else (mean - Fraction(spread)) * month,
        None if kept else (mean + Fraction(spread)) * month,
        gpus_usd=off * month,
        home_usd=Fraction(0) if kept else -sum(bought, Fraction(0)) / len(bought) * month,
        patch="" if kept else patch,
    )


def _clock(window: list[int]) -> str:
    return f"{window[0]:02}:00 to {(window[-1] + 1) % 24:02}:00 UTC"
