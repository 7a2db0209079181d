"""Everything that a report says, as figures: from the rows of a store, for one period and one configuration."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from gateway.report.at_home import at_home
from gateway.report.blocks import Blocks, blocks
from gateway.report.columns import Floats, Ints, Requests, ids, requests
from gateway.report.house import House
from gateway.report.leases import Days, Gpus, Leases, busy, gpus, leases
from gateway.report.lengths import length
from gateway.report.money import Line, Money, money, tenants
from gateway.report.period import DAY_S, HOUR_S, Period
from gateway.report.savings import Priced, Savings, Spent, against, priced
from gateway.report.speed import Speed, speeds
from gateway.report.traffic import Sensitivity, Steps, Table, sensitivity, steps, table
from gateway.report.trouble import Trouble, trouble
from gateway.usage.rows import Called, Leased, Used
from router.names import READING


@dataclass(frozen=True, slots=True)
class Doubtful:
    """What is not known, guessed or missing. Counts of requests; `estimated_cost` in micro-USD.

    `first` and `last` are when requests ended, None without any. `paid_share` is the part of the period for which the GPUs' bill is there.
    `lost` are rows that the store says are missing, by reason.
    """

    unknown_cost: dict[str, int]
    estimated: int
    estimated_cost: int
    unknown_tokens: int
    first: float | None
    last: float | None
    paid_share: float | None
    lost: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a report."""

    period: Period
    house: House
    money: Money
    by_label: Table
    by_route: Table
    hours: Steps
    days: Steps
    speeds: list[Speed]
    trouble: Trouble
    sensitivity: Sensitivity
    savings: list[Savings]
    blocks: str
    gpus: list[Gpus]
    gpu_days: Days
    tenants: list[Line]
    other_tenants: Line | None
    doubtful: Doubtful


def figures(
    used: Iterable[Used], called: Iterable[Called], leased: Iterable[Leased], period: Period, house: House, lost: Mapping[str, int]
) -> Figures:
    """The figures of the rows, which are those of the period; `lost` is what the store says is missing."""
    calls = list(called)
    asked, bills = requests(used, ids(calls)), leases(leased)
    spent = money(asked, calls, bills, period, house.reporting)
    pieces = blocks(period)
    charged = {one.name: priced(asked, one.tariff, one.target) for one in house.reporting.baselines if one.tariff is not None}
    home = at_home(asked, bills, house.local, period)
    beside = Spent(pieces, _beside(spent, bills, pieces))
    saved = [
        against(
            one, length(one, calls, house.local, house.reporting.least_pairs), asked, beside, home if one.is_at_home else charged[one.name]
        )
        for one in house.reporting.baselines
    ]
    most, rest = tenants(asked)
    return Figures(
        period,
        house,
        spent,
        table(asked, "label", house.labels),
        table(asked, "route"),
        steps(asked, bills, period, HOUR_S),
        steps(asked, bills, period, DAY_S),
        speeds(asked),
        trouble(asked, calls),
        sensitivity(asked, house),
        saved,
        pieces.said,
        gpus(bills, asked, _whole(charged, asked)),
        busy(bills, period.midnights()),
        most,
        rest,
        _doubtful(asked, bills, period, lost),
    )


def _whole(charged: dict[str, Priced], asked: Requests) -> dict[str, Ints]:
    """Of embeddings and other reading nothing: baselines are models that write."""
    writes = ~asked.endpoint.of(*READING)
    return {name: (prices.steady + prices.by_length) * writes for name, prices in charged.items()}


def _beside(spent: Money, bills: Leases, pieces: Blocks) -> Floats:
    """What was spent beside requests, by block: idle GPUs when they were idle, the rest spread evenly."""
    even = (spent.unseen + spent.gateway) / pieces.many
    return np.asarray(pieces.sums(bills.at, bills.idle) + even, np.float64)


def _doubtful(asked: Requests, bills: Leases, period: Period, lost: Mapping[str, int]) -> Doubtful:
    unknown = asked.was_asked & ~asked.has_cost
    guessed = asked.is_estimate
    replicas = {(int(code), int(number)) for code, number in zip(bills.target.codes, bills.replica, strict=True)}
    hours = float(bills.wall_s.sum()) / HOUR_S
    return Doubtful(
        unknown_cost=asked.target.counts(unknown),
        estimated=int(guessed.sum()),
        estimated_cost=int(asked.cost[guessed].sum()),
        unknown_tokens=int((asked.result.of("served", "broken") & ~asked.is_answered).sum()),
        first=float(asked.at.min()) if len(asked) else None,
        last=float(asked.at.max()) if len(asked) else None,
        paid_share=hours / (period.hours * len(replicas)) if replicas else None,
        lost=lost,
    )
