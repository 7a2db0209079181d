"""Where the money went: by path, by purpose, by tenant, and what is not known of it. The sum of the parts is the total, exactly."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gateway.report.columns import Bools, Requests
from gateway.report.declared import HOURS_A_MONTH, Reporting
from gateway.report.leases import Leases
from gateway.report.period import Period
from gateway.usage.rows import Called

PATHS = ("local", "redacted", "cloud", "cache", "blocked")
"""In the order in which reports show them."""

PURPOSES = {"Rejected": "local answers not good enough", "Outrun": "second attempts outrun", "Checked": "questions about answers"}
"""Endings of attempts that the answer did not need, as people say it. Anything else that failed was a retry or a fallback."""
_ANSWERS = ("Served", "Broken", "Abandoned")
FAILED = "failed attempts"


@dataclass(frozen=True, slots=True)
class Line:
    """What some requests cost. Rates are over those of known cost and tokens: `rated` of them, with `rated_cost` and `rated_tokens`.

    `unknown` were asked of a target at a cost that nobody knows. `beside` is the part of `cost` that the answers did not need.
    """

    name: str
    requests: int
    prompt: int
    completion: int
    cost: int
    beside: int
    unknown: int
    rated: int
    rated_cost: int
    rated_tokens: int

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.prompt + self.completion

    @property
    def per_million(self) -> float | None:
        """Micro-USD per million tokens; None where nothing is known."""
        return self.rated_cost * 1e6 / self.rated_tokens if self.rated_tokens else None

    @property
    def per_request(self) -> float | None:
        """Micro-USD per request."""
        return self.rated_cost / self.rated if self.rated else None


def line(name: str, requests: Requests, where: Bools) -> Line:
    """What the requests cost that are meant."""
    rated = where & requests.has_cost & requests.is_answered
    return Line(
        name,
        requests=int(where.sum()),
        prompt=int(requests.prompt[where].sum()),
        completion=int(requests.completion[where].sum()),
        cost=int(requests.cost[where].sum()),
        beside=int(requests.beside[where].sum()),
        unknown=int((where & requests.was_asked & ~requests.has_cost).sum()),
        rated=int(rated.sum()),
        rated_cost=int(requests.cost[rated].sum()),
        rated_tokens=int(requests.tokens[rated].sum()),
    )


@dataclass(frozen=True, slots=True)
class Money:
    """All that was spent, in micro-USD. `requests` is the sum of `paths`, whose costs are those of the requests.

    `idle` is what GPUs cost while they waited. `unseen` is what they cost for requests whose cost this report does not have: rows that were
    lost, or that ended outside the period, or whose whole cost is unknown; below zero: it has requests that began before. `gateway` is
    the gateway's own declared cost.
    """

    paths: tuple[Line, ...]
    whole: Line
    purposes: dict[str, int]
    idle: int
    unseen: int
    gateway: int

    @property
    def total(self) -> int:
        """Everything."""
        return self.whole.cost + self.idle + self.unseen + self.gateway

    @property
    def per_million(self) -> float | None:
        """Micro-USD per million tokens of everything that was spent, idle GPUs included; None without tokens of known cost."""
        return self.total * 1e6 / self.whole.rated_tokens if self.whole.rated_tokens else None

    @property
    def per_request(self) -> float | None:
        """Likewise per answered request."""
        return self.total / self.whole.rated if self.whole.rated else None


def money(requests: Requests, calls: Iterable[Called], bills: Leases, period: Period, reporting: Reporting) -> Money:
    """Where it went."""
    many = list(calls)
    everything = np.ones(len(requests), np.bool_)
    lines = [line(path, requests, requests.path.of(path)) for path in PATHS if path in requests.path.names]
    return Money(
        tuple(lines),
        line("all", requests, everything),
        _purposes(requests, many),
        idle=int(bills.idle.sum()),
        unseen=_unseen(requests, many, bills),
        gateway=round(reporting.gateway_month_usd * 1e6 * period.hours / HOURS_A_MONTH),
    )


def _purposes(requests: Requests, calls: Iterable[Called]) -> dict[str, int]:
    """What was spent on attempts that the answer did not need, by why they were made: the parts of `beside`."""
    found: Counter[str] = Counter()
    for one in calls:
        is_got = one.ending in _ANSWERS or (one.ending == "Rejected" and one.request_id in requests.kept)
        if one.cost and not is_got and one.request_id not in requests.costless:
            found[PURPOSES.get(one.ending, FAILED)] += one.cost
    return dict(found.most_common())


def _unseen(requests: Requests, calls: Iterable[Called], bills: Leases) -> int:
    """What GPUs were allocated to, less what requests say that they had of them, as far as that is in their cost.

    An engine's bill has one name, and it may have several: a model and its adapters.
    """
    with_gpus = set(bills.target.names)
    own = (requests.target.of(*with_gpus) | (requests.path.of("local") & (requests.gpu_s > 0))) & ~requests.has_calls
    had = (one for one in calls if (one.target in with_gpus or one.gpu_s > 0) and one.request_id not in requests.costless)
    return int(bills.allocated.sum()) - int(requests.cost[own].sum()) - sum(one.cost or 0 for one in had)


def tenants(requests: Requests, most: int = 10) -> tuple[list[Line], Line | None]:
    """Who spends most, the dearest first; and the rest in one line, if there are more."""
    costs = requests.tenant.sums(requests.cost)
    counts = requests.tenant.counts()
    names = sorted(counts, key=lambda name: (-costs[name], -counts[name], name))
    rest = names[most:]
    lines = [line(name, requests, requests.tenant.of(name)) for name in names[:most]]
    return lines, line(f"{len(rest)} more", requests, requests.tenant.of(*rest)) if rest else None
