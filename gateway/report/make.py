"""A report of a store: reads what a period needs, and no more."""

from collections import Counter
from collections.abc import Iterator
from typing import Protocol, TypeVar

from gateway.plan import Plan
from gateway.report.document import Document
from gateway.report.figures import figures
from gateway.report.house import House
from gateway.report.period import Period
from gateway.report.story import document
from gateway.usage.rows import Called, Leased, Rated, Used
from gateway.usage.store import Loss

Kind = TypeVar("Kind", Used, Called, Leased, Rated)


class Reads(Protocol):
    """What is needed of a store."""

    def rows(self, kind: type[Kind], since: float, until: float) -> Iterator[Kind]:
        """Rows of that time, in order."""

    def losses(self, since: float, until: float) -> list[Loss]:
        """What is missing."""


def report(store: Reads, plan: Plan, period: Period) -> Document:
    """The report of that period, as the configuration is today."""
    since, until = period.since, period.until
    lost: Counter[str] = Counter()
    for _, reason, many in store.losses(since, until):
        lost[reason] += many
    rows = (store.rows(Used, since, until), store.rows(Called, since, until), store.rows(Leased, since, until))
    return document(figures(*rows, period, House.of(plan.policy, plan.reporting), dict(lost)))
