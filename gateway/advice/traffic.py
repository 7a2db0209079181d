"""What advice needs of the traffic, counted in one pass over the rows of a usage store. Sums and samples, nothing about one caller.

A request is `at home` when a local target answered it. It `may leave` when some external target is cleared for its label; others are
sensitive. Only requests that were answered count, but for how often targets answered what was bound for them.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.plan import Plan
from gateway.usage.rows import Called, Leased, Rated, Used
from router.cost import Usage
from router.labels import Label

HOUR_S = 3_600
HOURS_A_MONTH = 730
_ANSWERED = frozenset({"served"})
_FAILED = frozenset({"Failed", "Broken"})
_BESIDE = frozenset({"Rejected", "Checked", "Outrun"})
"""Endings of attempts that are beside the answer, and may cost something at a closed model."""
_TRIED = frozenset({"served", "failed", "broken"})
PROMPTS = (256, 1_024, 4_096)
"""Bounds in tokens between classes of prompts: first tokens are compared within a class, because long prompts take longer anywhere."""
_WAITED_S = 1.0
NOT_YET = "-not-yet"
"""End of the names of routes that hold back a share of a route that leads home (`gateway.advice.phases`)."""


@dataclass(slots=True)
class Sum:
    """Requests and their tokens. `cost` and `beside` in micro-USD.

    `uncounted` have no usage, `unpriced`, with so many tokens, no cost; `vectors`, with so many, were embeddings.
    """

    requests: int = 0
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    uncounted: int = 0
    cost: int = 0
    beside: int = 0
    unpriced: int = 0
    unpriced_tokens: int = 0
    vectors: int = 0
    vector_tokens: int = 0

    def add(self, row: Used) -> None:
        """One request more."""
        self.requests += 1
        if row.prompt is None or row.completion is None:
            self.uncounted += 1
        else:
            self.prompt += row.prompt
            self.completion += row.completion
            self.cached += row.cached or 0
            if row.endpoint == "embeddings":
                self.vectors += 1
                self.vector_tokens += row.prompt
        if row.cost is None:
            self.unpriced += 1
            self.unpriced_tokens += (row.prompt or 0) + (row.completion or 0)
        else:
            self.cost += row.cost
            self.beside += row.beside or 0

    @property
    def usage(self) -> Usage:
        """Their tokens, as a vendor without a cache would count them: what its cache would have kept, nobody knows.

        Without those of embeddings, which no model that writes has a price for.
        """
        return Usage(self.prompt - self.vector_tokens, self.completion)


@dataclass(slots=True)
class Lease:
    """What the GPUs of one target were paid for, in micro-USD and seconds; by the hour also who was there, and seconds with requests."""

    reserved: int = 0
    idle: int = 0
    wall_s: float = 0.0
    replicas: set[int] = field(default_factory=set)
    reserved_by_hour: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    replicas_by_hour: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    busy_by_hour: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, row: Leased) -> None:
        """One row more."""
        self.reserved += row.reserved
        self.idle += row.idle
        self.wall_s += row.wall_s
        self.replicas.add(row.replica)
        hour = int((row.at - row.wall_s / 2) // HOUR_S)  # `at` is its end
        self.reserved_by_hour[hour] += row.reserved
        self.replicas_by_hour[hour].add(row.replica)
        self.busy_by_hour[hour] += row.busy_s

    @property
    def busy_s(self) -> float:
        """Seconds of replicas that had requests."""
        return sum(self.busy_by_hour.values())


@dataclass(slots=True)
class Opinions:
    """What people thought of answers: thumbs up, and thumbs down or asking again."""

    up: int = 0
    down: int = 0

    @property
    def number(self) -> int:
        """How many."""
        return self.up + self.down


@dataclass(slots=True)
class Scored:
    """Requests that may leave and have a difficulty, one after the other: it, and what its answer cost in micro-USD, -1 unknown."""

    difficulty: "array[float]" = field(default_factory=lambda: array("d"))
    cost: "array[float]" = field(default_factory=lambda: array("d"))
    tokens: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class Traffic:
    """The counts. Times are Unix time. Where a truth selects, it is: at home.

    Hours are counted from the beginning of Unix time, by target: of requests that may leave, and of those that may not.
    `bound` requests had a target there in front, `kept_word` were answered there; `failed` attempts at home ended badly. `not_yet` would be
    at home but for a migration. `closed` is what providers charged for all requests, answered or not, in micro-USD: without what local
    engines had of them, which is in the GPUs' bill. `kept` are requests whose rejected answer, of a closed model, was given after all.
    """

    first: float = 0.0
    last: float = 0.0
    requests: int = 0
    answered: int = 0
    sensitive: int = 0
    unlabelled: int = 0
    by_target: dict[str, Sum] = field(default_factory=lambda: defaultdict(Sum))
    home_open: Sum = field(default_factory=Sum)
    home_sensitive: Sum = field(default_factory=Sum)
    outside: Sum = field(default_factory=Sum)
    bound: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    kept_word: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    failed: int = 0
    accepted: int = 0
    escalated: int = 0
    opinions: dict[bool, Opinions] = field(default_factory=lambda: {True: Opinions(), False: Opinions()})
    scored: dict[bool, Scored] = field(default_factory=lambda: {True: Scored(), False: Scored()})
    first_tokens: dict[tuple[bool, int], "array[float]"] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    waited: int = 0
    not_yet: Sum = field(default_factory=Sum)
    by_hour: dict[tuple[str, int], Sum] = field(default_factory=lambda: defaultdict(Sum))
    sensitive_by_hour: dict[tuple[str, int], Sum] = field(default_factory=lambda: defaultdict(Sum))
    closed: int = 0
    kept: set[str] = field(default_factory=set)
    leases: dict[str, Lease] = field(default_factory=lambda: defaultdict(Lease))

    @property
    def hours(self) -> float:
        """From the first request, or the first row of GPUs, to the last, in whole hours begun."""
        return 0.0 if not self.requests else self.last // HOUR_S - self.first // HOUR_S + 1

    @property
    def months(self) -> float:
        """The same, of a month."""
        return self.hours / HOURS_A_MONTH

    @property
    def home(self) -> int:
        """Requests that were answered at home."""
        return self.home_open.requests + self.home_sensitive.requests


def clearance_outside(plan: Plan) -> Label | None:
    """The highest label that some external target may receive; None where there is no external target."""
    return max((target.clearance for target in plan.policy.targets.values() if target.zone == "external"), default=None)


def counted(
    plan: Plan, used: Iterable[Used], leased: Iterable[Leased] = (), rated: Iterable[Rated] = (), called: Iterable[Called] = ()
) -> Traffic:
    """Count them. Targets that the configuration does not have any more are outside, unless their path is local."""
    traffic, labels, most = Traffic(), plan.policy.labels, clearance_outside(plan)
    leaves = {label.name for label in labels if most is not None and label <= most}
    local = {str(name) for name, target in plan.policy.targets.items() if target.zone == "local"}
    for row in used:
        _count(traffic, row, local, leaves)
    for lease in leased:
        traffic.leases[lease.target].add(lease)
        traffic.first, traffic.last = min(traffic.first, lease.at), max(traffic.last, lease.at)
    for attempt in called:
        traffic.failed += attempt.target in local and attempt.ending in _FAILED
        if attempt.target not in local and attempt.ending in _BESIDE and attempt.cost:
            is_given = attempt.ending == "Rejected" and attempt.request_id in traffic.kept
            traffic.closed += 0 if is_given else attempt.cost
    for one in rated:
        opinions = traffic.opinions[one.path == "local"]
        is_good = one.rating == "up" if one.score is None else one.score >= 0.5
        opinions.up += is_good
        opinions.down += not is_good
    return traffic


def _count(traffic: Traffic, row: Used, local: set[str], leaves: set[str]) -> None:
    traffic.first = row.at if not traffic.requests else min(traffic.first, row.at)
    traffic.last = max(traffic.last, row.at)
    traffic.requests += 1
    is_home, may_leave = row.path == "local", row.label in leaves
    if row.result in _TRIED and row.first and row.cascade not in ("escalated", "kept"):
        bound_home = row.first in local
        traffic.bound[bound_home] += 1
        traffic.kept_word[bound_home] += row.result == "served" and is_home == bound_home
    if row.target and row.target not in local:
        _charge(traffic, row)
    traffic.accepted += row.cascade == "accepted"
    traffic.escalated += row.cascade in ("escalated", "kept")
    if row.result not in _ANSWERED:
        return
    traffic.answered += 1
    traffic.sensitive += bool(row.label) and not may_leave
    traffic.unlabelled += not row.label
    traffic.by_target[row.target].add(row)
    if may_leave and row.difficulty is not None:
        _score(traffic.scored[is_home], row)
    if row.is_stream and row.first_byte_s is not None and row.prompt is not None:
        traffic.first_tokens[is_home, sum(row.prompt > bound for bound in PROMPTS)].append(row.first_byte_s)
    if is_home:
        _count_home(traffic, row, may_leave)
    elif row.target not in local:
        traffic.outside.add(row)
        if row.route.endswith(NOT_YET):
            traffic.not_yet.add(row)


def _charge(traffic: Traffic, row: Used) -> None:
    traffic.closed += (row.cost or 0) - (row.beside or 0)
    if row.cascade == "kept":
        traffic.kept.add(row.request_id)


def _score(scored: Scored, row: Used) -> None:
    scored.difficulty.append(row.difficulty or 0.0)
    scored.cost.append(-1 if row.cost is None else row.cost - (row.beside or 0))
    scored.tokens.append((row.prompt or 0) + (row.completion or 0))


def _count_home(traffic: Traffic, row: Used, may_leave: bool) -> None:
    hour = int(row.at // HOUR_S)
    traffic.waited += row.queue_s > _WAITED_S
    (traffic.home_open if may_leave else traffic.home_sensitive).add(row)
    (traffic.by_hour if may_leave else traffic.sensitive_by_hour)[row.target, hour].add(row)
