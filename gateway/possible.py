"""Every series that a plan can bring about: what bounds metrics, whatever callers send.

It follows from the decisions of the policy, which are all built when it is loaded: what serves what, what follows what in a chain.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import TypeAlias, get_args

from gateway.admission import LINES, TRIGGERS
from gateway.exchange import Result
from gateway.families import FAMILIES
from gateway.local_money import BASES
from gateway.plan import Plan
from gateway.pool.reading import NAMES
from gateway.reach import reach
from gateway.seeds import seeds
from gateway.series import Family, Labels
from router.failures import FAILURES
from router.names import Endpoint
from router.replica import OUTS

DISCOVERED = 8
"""Replicas that are reckoned with where they are found while the gateway runs."""
MANY = 15_000
"""More series than that are worth a word. 50 models that are all used come to less."""
UNDECIDED = "undecided"
"""The route of requests that ended before they had one."""
DEGRADABLE = ("ledger", "vault", "state", "usage")
_UNSERVED = tuple(result for result in get_args(Result) if result not in {"served", "broken"})
_BROKEN = ("Failed", "Broken")
_WELL = ("Served", "Abandoned", "Outrun", "Rejected", "Checked")

Axes: TypeAlias = tuple[str, tuple[Iterable[str], ...]]
"""A family, and the values of each of its labels."""


def possible(plan: Plan, codes: Iterable[str]) -> Mapping[str, frozenset[Labels]]:
    """The label values of every series, by family: those of the start, and those that are there when it has happened."""
    found: dict[str, set[Labels]] = {family.name: set() for family in FAMILIES}
    for name, labels in seeds(plan, codes):
        found[name].add(labels)
    for name, axes in (*_requests(plan), *_beside(), *_targets(plan), *_replicas(plan), *_lines(plan)):
        found[name].update(product(*axes))
    return {name: frozenset(labels) for name, labels in found.items()}


def series(known: Mapping[str, frozenset[Labels]], families: Iterable[Family] = FAMILIES) -> Mapping[str, int]:
    """How many series that is at most, by family, with that of what should not be there: `_other`.

    A histogram has one for each bucket, one for what is above them, the sum and the count.
    """
    return {
        family.name: (len(known[family.name]) + bool(family.labels and family.kind != "gauge"))
        * (len(family.buckets) + 3 if family.kind == "histogram" else 1)
        for family in families
    }


def _requests(plan: Plan) -> Iterator[Axes]:
    """What requests add to."""
    seen, policy = reach(plan), plan.policy
    labels = [label.name for label in policy.labels]
    yield "requests_total", ((*get_args(Endpoint), "none"), ("blocked",), ("none",), _UNSERVED)
    for path in {path for path, _ in seen.paths}:
        yield "sensitivity_requests_total", (labels, (path,))
        yield "difficulty_score", ((path,),)
    yield "request_duration_seconds", (("blocked",), ("none",))
    yield "client_disconnects_total", (("blocked",),)
    for route, label in (*seen.routes, (UNDECIDED, policy.labels.highest.name)):
        yield "routes_total", ((route,), (label,))
    for first, then in seen.links:
        reasons = [kind for kind, failure in FAILURES.items() if failure.remedy != "stop"]
        yield "fallbacks_total", ((first.name,), (then.name,), reasons, (f"{first.zone}_to_{then.zone}",))
    for above in policy.labels:
        yield "declassified_total", ((above.name,), [label.name for label in policy.labels if label < above])


def _beside() -> Iterator[Axes]:
    """Gauges of the process; of what says which version or digest is there, there is one at a time."""
    for name in (family.name for family in FAMILIES if family.kind == "gauge" and not family.labels):
        yield name, ()
    yield "degraded", (DEGRADABLE,)
    yield "build_info", (("version",), ("python",))
    yield "config_info", (("digest",),)
    yield "prices_info", (("version",), ("as_of",))


def _targets(plan: Plan) -> Iterator[Axes]:
    """What each target has: attempts, and what leaves."""
    about = [kind for kind, failure in FAILURES.items() if failure.is_about_request]
    other = [kind for kind, failure in FAILURES.items() if failure.code not in {"unavailable", "local_unavailable", "unable"}]
    for name in plan.policy.targets:
        yield "upstream_attempts_total", ((name,), _WELL, ("none",))
        yield "upstream_attempts_total", ((name,), ("Refused",), about)
        yield "upstream_attempts_total", ((name,), _BROKEN, other)
        yield "retry_budget", ((name,),)
        if plan.upstreams[name].reservation is not None:
            yield "unit_cost_usd_per_million_tokens", ((name,), BASES)
            yield "breakeven_ratio", ((name,),)


def _replicas(plan: Plan) -> Iterator[Axes]:
    """What each replica has, and all of a pool together."""
    for name, target in plan.policy.targets.items():
        pool, replicas = plan.upstreams[name].pool, [str(number) for number in range(target.replicas or DISCOVERED)]
        yield "circuit_state", ((name,), replicas, ("closed", "open", "half_open"))
        yield "requests_in_flight", ((name,), replicas)
        if pool is not None:
            yield "replica_state", ((name,), replicas, (*OUTS, "warming"))
        if pool is not None and pool.reads_metrics:
            yield "scrape_missing_series", ((name,), replicas, NAMES)
            yield "replica_requests", ((name,), replicas, ("running", "waiting"))
            yield "replica_kv_use_ratio", ((name,), replicas)
            yield "local_saturation_ratio", ((name,),)
            yield "prefix_cache_hit_ratio", ((name,),)


def _lines(plan: Plan) -> Iterator[Axes]:
    """What the lines before targets have."""
    for name in (name for name, upstream in plan.upstreams.items() if upstream.capacity is not None):
        yield "local_queue_depth", ((name,), LINES)
        yield "admission_refusals_total", ((name,), LINES, TRIGGERS)
        yield "spilled_total", ((name,), TRIGGERS)
        yield "first_token_forecast_seconds", ((name,),)
        yield "admission_slots", ((name,),)
