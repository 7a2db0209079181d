"""Which series a plan can bring about: they are there from the start, with zero, so that a rate exists before the first event."""

from collections.abc import Iterable, Iterator
from itertools import pairwise, product
from typing import TypeAlias, get_args

from classifiers.signals import DoubtKind
from gateway.admission import LINES
from gateway.backstop import EVENTS
from gateway.exchange import HedgeResult, Redaction, Rerouted
from gateway.kept.rows import OUTCOMES
from gateway.ledger.records import KINDS as LEDGER_KINDS
from gateway.plan import Plan
from gateway.reach import Reach, reach
from gateway.telemetry.exporting import DROPPED
from gateway.usage.rows import RATINGS, TABLES
from gateway.usage.store import REASONS
from router.cascade import Rejection
from router.decision import Target
from router.facts import Lineage, Sticky
from router.failures import FAILURES, NOT_MADE, Kind

CHECK_RESULTS = ("up", "down", "back")
"""What a check of a failed replica finds: an answer, none, or an answer of one that had given none."""
CANARY_RESULTS = ("kept", "leaked", "failed")
TERMINATIONS = {"served": "complete", "broken": "broken", "abandoned": "abandoned"}
PURPOSES = ("retry", "hedge", "cascade", "self_check")
TOKENS = ("prompt", "completion", "cached", "cache_write", "reasoning")
STAGES = ("receive", "decode", "classify", "slow", "decide", "redact")

_Axes: TypeAlias = tuple[str, tuple[Iterable[str], ...]]
"""A family, and the values of each of its labels."""
ALWAYS: tuple[_Axes, ...] = (
    ("overhead_seconds", (STAGES,)),
    ("ledger_records_total", (LEDGER_KINDS,)),
    ("ledger_failures_total", ()),
    ("waits_total", ()),
    ("log_lines_lost_total", ()),
    ("worker_restarts_total", ()),
    ("event_loop_lag_seconds", ()),
    ("backstop_refusals_total", (EVENTS,)),
    ("detector_doubts_total", (get_args(DoubtKind),)),
    ("stream_terminations_total", (TERMINATIONS.values(),)),
    ("taint_inherited_total", ([source for source in get_args(Lineage) if source],)),
    ("rerouted_total", ([reason for reason in get_args(Rerouted) if reason],)),
    ("auxiliary_cost_usd_total", (PURPOSES,)),
    ("canary_runs_total", (CANARY_RESULTS,)),
)
"""What is there whatever the plan says."""


def seeds(plan: Plan, codes: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The series that exist from the start: `(family, label values)`."""
    policy = plan.policy
    labels = [str(label) for label in policy.labels]
    redacted = ("redacted",) if policy.redacts else ()
    cascading = [rule.name for rule in policy.rules if rule.cascade is not None]
    axes: list[_Axes] = [
        ("refusals_total", ((*codes, "_other"),)),
        ("pii_findings_total", (policy.categories,)),
        ("denied_total", (labels,)),
        ("sticky_total", (get_args(Sticky)[1:] if plan.weighs_difficulty else (),)),
        ("difficulty_score", (("local", "cloud", "blocked", *redacted) if plan.scorer_kind is not None else (),)),
        ("sensitivity_requests_total", (labels, ("local", "cloud", "blocked", *redacted))),
        ("redactions_total", (get_args(Redaction)[1:] if redacted else (),)),
        ("redaction_unrestored_total", (policy.targets if redacted else (),)),
        ("cascades_total", (cascading, ("accepted",), ("none", "unmeasured", "bound"))),
        ("cascades_total", (cascading, ("escalated", "kept"), get_args(Rejection))),
    ]
    axes += [("declassified_total", ((above,), labels[:place])) for place, above in enumerate(labels)]
    axes += [*ALWAYS, *_lines(plan), *_fallbacks(plan), *_ways(reach(plan)), *_usage(plan), *_leases(plan)]
    axes += [("otel_dropped_total", (DROPPED if plan.observing.otel is not None else (),))]
    for target in policy.targets.values():
        axes += _target_axes(target, labels)
    for family, values in axes:
        for combination in product(*values):
            yield family, combination


def _lines(plan: Plan) -> Iterator[_Axes]:
    """Targets before which requests may wait."""
    for name, upstream in plan.upstreams.items():
        if upstream.capacity is not None:
            yield "queue_wait_seconds", ((name,), LINES)


def _leases(plan: Plan) -> Iterator[_Axes]:
    """Targets whose engines cost something by the hour."""
    for name, upstream in plan.upstreams.items():
        if upstream.reservation is not None:
            kinds = ("allocated", "idle") if upstream.reservation.energy is None else ("allocated", "idle", "energy")
            yield "local_cost_usd_total", ((name,), kinds)
            yield "local_gpu_seconds_total", ((name,), ("busy", "idle"))


def _fallbacks(plan: Plan) -> Iterator[_Axes]:
    """What failed attempts lead to from one target of a chain to the next: as many as chains have links.

    Those further on in a chain, where what is between is shut, come when they come.
    """
    links = dict.fromkeys(link for decision in plan.policy.decisions.values() for link in pairwise(decision.chain))
    for first, then in links:
        impossible = set[Kind]() if (first.zone, then.zone) == ("external", "local") else set(NOT_MADE)
        if plan.upstreams[first.name].capacity is None:
            impossible.add("FULL")
        reasons = [kind for kind, failure in FAILURES.items() if failure.remedy != "stop" and kind not in impossible]
        yield "fallbacks_total", ((first.name,), (then.name,), reasons, (f"{first.zone}_to_{then.zone}",))


def _usage(plan: Plan) -> Iterator[_Axes]:
    """What becomes of rows, and of lines of batches, where there is a store for them."""
    if plan.usage is not None:
        yield "usage_rows_total", (TABLES,)
        yield "usage_rows_lost_total", (REASONS,)
    if plan.store is not None:
        yield "batch_lines_total", (OUTCOMES,)


def _ways(seen: Reach) -> Iterator[_Axes]:
    """What requests that were served add to, by path and target."""
    for endpoint, path, target in seen.ways:
        yield "requests_total", ((endpoint,), (path,), (target,), TERMINATIONS)
    for path, target in seen.paths:
        for name in ("request_duration_seconds", "time_to_first_token_seconds", "time_per_output_token_seconds", "cost_usd_total"):
            yield name, ((path,), (target,))
        yield "tokens_total", ((path,), (target,), TOKENS)
        yield "feedback_total", ((path,), (target,), RATINGS)
        yield "baseline_cost_usd_total", ((path,), (target,))
        yield "client_disconnects_total", ((path,),)
    for route, label in seen.routes:
        yield "routes_total", ((route,), (label,))


def _target_axes(target: Target, labels: list[str]) -> list[_Axes]:
    name, leaves = [target.name], labels if target.zone == "external" else ()
    return [
        ("cost_unknown_total", (name,)),
        ("usage_estimated_total", (name,)),
        ("upstream_attempts_total", (name, ("Served",), ("none",))),
        ("health_checks_total", (name, CHECK_RESULTS)),
        ("egress_requests_total", (name, leaves)),
        ("egress_bytes_total", (name, leaves)),
        ("hedges_total", (name, get_args(HedgeResult)[1:] if target.hedge is not None else ())),
    ]
