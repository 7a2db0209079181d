import time
from collections.abc import Mapping
from typing import Any, get_args

import msgspec
import pytest

from gateway.admission import Admission
from gateway.exchange import AttemptRecord, Exchange, Times
from gateway.observers.prometheus import FAMILIES, Prometheus
from gateway.plan import Plan
from router.attempt import Attempt, Usage
from router.cascade import Rejection
from router.fleet import Fleet
from router.labels import Labels
from router.names import MicroUsd, RouteName, TargetName
from tests.fakes.gateway import compiled, configuration, samples, total

PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
QWEN, GPT = TargetName("qwen"), TargetName("gpt")
PUBLIC, _, PERSONAL, _ = Labels()
SERVED = Exchange(
    "req_1",
    "chat",
    "served",
    200,
    label=PUBLIC,
    route=RouteName("hard"),
    path="cloud",
    target=GPT,
    difficulty=0.7,
    attempts=(AttemptRecord(GPT, 0, "Served", status=200, sent_bytes=50),),
    usage=Usage(prompt=100, completion=11, cached=40, reasoning=5),
    cost=MicroUsd(2_000_000),
    baseline_cost=MicroUsd(3_000_000),
    times=Times(total_s=2.0, first_byte_s=1.0, receive_s=0.001, decode_s=0.001, classify_s=0.001, decide_s=0.001),
)


RICH = compiled(
    configuration(
        "http://127.0.0.1:1/v1",
        "http://127.0.0.1:2/v1",
        {
            "destinations.gpt.hedge": {"after_s": 1},
            "routes": [
                {"name": "first", "when": {"endpoint": "chat"}, "to": ["qwen"], "fallback": ["gpt"], "redact": True, "cascade": {}},
                {"name": "rest", "to": ["gpt"], "fallback": ["qwen"], "redact": True},
            ],
        },
    )
)


def counting(plan: Plan = PLAN) -> tuple[Prometheus, Fleet]:
    fleet = Fleet(plan.policy.targets.values())
    made = Prometheus()
    made.configure(plan, ["bad_field", "local_unavailable"], lambda: (fleet, 0.0), lambda: True)
    return made, fleet


def changed(exchange: Exchange, **members: Any) -> Exchange:
    return msgspec.structs.replace(exchange, **members)


def counted(*exchanges: Exchange, plan: Plan = PLAN) -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
    made, _ = counting(plan)
    for exchange in exchanges:
        made(exchange)
    return samples(made.exposition())


def test_of_those_that_are_counted_together_the_last_is_shown_in_a_bucket_whatever_its_kind() -> None:
    made, _ = counting()
    local = msgspec.structs.replace(SERVED, path="local", target=QWEN, route=RouteName("easy"), result="served")
    for number, one in enumerate([local, SERVED, msgspec.structs.replace(local, is_stream=True), local]):
        time.sleep(0.001)
        made(msgspec.structs.replace(one, request_id=f"req_{number}"))
    [spread] = [one for one in made.tally().buckets["request_duration_seconds"] if one.labels == ("local", "qwen")]
    assert [row[0] for _, row in spread.exemplars] == ["req_3"]


@pytest.mark.parametrize(
    "name,labels,value",
    [
        ("requests_total", {"endpoint": "chat", "path": "cloud", "target": "gpt", "result": "served"}, 1),
        ("routes_total", {"route": "hard", "label": "public"}, 1),
        ("request_duration_seconds_sum", {"path": "cloud", "target": "gpt"}, 2.0),
        ("sensitivity_requests_total", {"label": "public", "path": "cloud"}, 1),
        ("upstream_attempts_total", {"target": "gpt", "ending": "Served", "failure": "none"}, 1),
        ("egress_requests_total", {"target": "gpt", "label": "public"}, 1),
        ("egress_bytes_total", {"target": "gpt", "label": "public"}, 50),
        ("difficulty_score_sum", {"path": "cloud"}, 0.7),
        ("tokens_total", {"path": "cloud", "target": "gpt", "kind": "cached"}, 40),
        ("tokens_total", {"path": "cloud", "target": "gpt", "kind": "reasoning"}, 5),
        ("cost_usd_total", {"path": "cloud", "target": "gpt"}, 2.0),
        ("baseline_cost_usd_total", {"path": "cloud"}, 3.0),
        ("overhead_seconds_count", {"stage": "decide"}, 1),
        ("cost_unknown_total", {"target": "gpt"}, 0),
        ("refusals_total", {}, 0),
    ],
)
def test_what_one_exchange_adds(name: str, labels: dict[str, str], value: float) -> None:
    assert total(counted(SERVED), f"tidegate_{name}", **labels) == pytest.approx(value)


def test_streams_have_their_own_times() -> None:
    metrics = counted(changed(SERVED, is_stream=True))
    assert total(metrics, "tidegate_time_to_first_token_seconds_sum", target="gpt") == 1.0
    assert total(metrics, "tidegate_time_per_output_token_seconds_sum", target="gpt") == pytest.approx(0.1)
    assert total(metrics, "tidegate_stream_terminations_total", kind="complete") == 1
    short = counted(changed(SERVED, is_stream=True, usage=Usage(1, 1)))
    assert total(short, "tidegate_time_per_output_token_seconds_count") == 0
    refused = counted(changed(SERVED, is_stream=True, result="failed", usage=None, target=None, path="blocked"))
    assert total(refused, "tidegate_stream_terminations_total") == 0
    assert total(refused, "tidegate_time_to_first_token_seconds_count") == 0


def test_a_fallback_is_counted_by_its_direction_and_reason() -> None:
    attempts = (AttemptRecord(QWEN, 0, "Failed", "CUT"), AttemptRecord(QWEN, 0, "Failed", "CUT"), AttemptRecord(GPT, 0, "Served"))
    metrics = counted(changed(SERVED, attempts=attempts))
    assert total(metrics, "tidegate_fallbacks_total") == 1
    assert total(metrics, "tidegate_fallbacks_total", reason="CUT", direction="local_to_external", **{"from": "qwen", "to": "gpt"}) == 1
    assert total(metrics, "tidegate_upstream_attempts_total", target="qwen", failure="CUT") == 2
    back = (AttemptRecord(GPT, 0, "Failed", "CUT"), AttemptRecord(QWEN, 0, "Served"))
    home = counted(changed(SERVED, attempts=back))
    assert total(home, "tidegate_fallbacks_total", direction="external_to_local") == 1


def test_what_was_found_and_refused_is_counted() -> None:
    metrics = counted(
        changed(
            SERVED,
            result="denied",
            code="policy_violation",
            label=PERSONAL,
            findings=(("email", 3),),
            doubts=(("media", 2),),
            attempts=(),
            usage=None,
        ),
        Exchange("req_2", None, "invalid", 400, "bad_field"),
        changed(SERVED, result="abandoned", usage=None, is_stream=True),
    )
    assert total(metrics, "tidegate_denied_total", label="personal") == 1
    assert total(metrics, "tidegate_pii_findings_total", category="email") == 3
    assert total(metrics, "tidegate_detector_doubts_total", kind="media") == 2
    assert total(metrics, "tidegate_refusals_total", code="bad_field") == 1
    assert total(metrics, "tidegate_refusals_total", code="_other") == 1
    assert total(metrics, "tidegate_requests_total", endpoint="none", target="none", result="invalid") == 1
    assert total(metrics, "tidegate_client_disconnects_total", path="cloud") == 1


def test_an_unknown_cost_is_counted_as_unknown_not_as_nothing() -> None:
    metrics = counted(changed(SERVED, cost=None, baseline_cost=None, usage=None))
    assert total(metrics, "tidegate_cost_unknown_total", target="gpt") == 1
    assert total(metrics, "tidegate_cost_usd_total") == 0
    assert total(metrics, "tidegate_tokens_total") == 0


@pytest.mark.parametrize("more", [{}, {"hedge": "primary"}], ids=["one call", "several"])
def test_a_baseline_is_of_what_has_a_known_cost_for_the_rest_would_seem_to_be_saved(more: dict[str, Any]) -> None:
    metrics = counted(changed(SERVED, cost=None, **more), changed(SERVED, **more))
    assert total(metrics, "tidegate_baseline_cost_usd_total") == 3.0


AS_CONFIGURED = (
    "otel_dropped_total",
    "redactions_total",
    "redaction_unrestored_total",
    "ledger_available",
    "usage_store_available",
    "usage_rows_total",
    "usage_rows_lost_total",
    "batch_lines_total",
    "batch_lines_running",
    "requests_waiting",
    "cascades_total",
    "replica_state",
    "replica_requests",
    "replica_kv_use_ratio",
    "scrape_missing_series",
    "local_queue_depth",
    "queue_wait_seconds",
    "spilled_total",
    "admission_refusals_total",
    "first_token_forecast_seconds",
    "admission_slots",
    "caller_connections",
    "held_bytes",
    "workers",
    "degraded",
    "hedges_total",
    "local_saturation_ratio",
    "prefix_cache_hit_ratio",
    "build_info",
    "config_info",
    "prices_info",
    "prices_timestamp_seconds",
    "config_last_reload_success",
    "config_last_reload_timestamp_seconds",
    "local_cost_usd_total",
    "local_gpu_seconds_total",
    "unit_cost_usd_per_million_tokens",
    "breakeven_ratio",
)
"""Families without series where nothing is redacted, cascades, is hedged, is recorded, is waited for, listens, costs, runs or has workers."""


def test_series_are_there_before_anything_happened() -> None:
    metrics = counted()
    names = {name for name, _ in metrics}
    for family in FAMILIES:
        suffix = "_count" if family.kind == "histogram" else ""
        if family.name not in AS_CONFIGURED:
            assert f"tidegate_{family.name}{suffix}" in names, family.name
    assert all(value == 0 for (name, _), value in metrics.items() if name.endswith("_total"))


def test_the_fleet_is_read_when_it_is_scraped() -> None:
    made, fleet = counting()
    fleet.begin(Attempt(1, PLAN.policy.targets[QWEN]), 0.0)
    metrics = samples(made.exposition())
    assert total(metrics, "tidegate_requests_in_flight", target="qwen", replica="0") == 1
    assert total(metrics, "tidegate_circuit_state", target="qwen", state="closed") == 1
    assert total(metrics, "tidegate_circuit_state", target="qwen") == 1
    assert total(metrics, "tidegate_retry_budget", target="qwen") == pytest.approx(3.2)


def test_a_reload_seeds_again_and_keeps_what_was_counted() -> None:
    made, fleet = counting()
    made(SERVED)
    made.configure(PLAN, ["bad_field"], lambda: (fleet, 0.0))
    assert total(samples(made.exposition()), "tidegate_requests_total") == 1


def test_names_follow_the_conventions() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    for family in FAMILIES:
        assert family.name.endswith("_total") == (family.kind == "counter")
        assert bool(family.buckets) == (family.kind == "histogram")
        assert family.help.endswith(".")
        assert list(family.buckets) == sorted(set(family.buckets))


ESCALATED = changed(
    SERVED,
    route=RouteName("first"),
    cascade="escalated",
    grounds="low_confidence",
    cost=MicroUsd(2_500_000),
    attempts=(
        AttemptRecord(QWEN, 0, "Rejected", usage=Usage(90, 10), cost=MicroUsd(400_000), rejection="low_confidence"),
        AttemptRecord(QWEN, 0, "Checked", usage=Usage(30, 1), cost=MicroUsd(100_000)),
        AttemptRecord(GPT, 0, "Served", usage=SERVED.usage, cost=MicroUsd(2_000_000)),
    ),
)


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("cascades_total", {"route": "first", "result": "escalated", "grounds": "low_confidence"}, 1),
        ("cost_usd_total", {"path": "local", "target": "qwen"}, 0.5),
        ("cost_usd_total", {"path": "cloud", "target": "gpt"}, 2.0),
        ("baseline_cost_usd_total", {"path": "cloud"}, 3.0),
        ("baseline_cost_usd_total", {"path": "local"}, 0.0),
        ("tokens_total", {"path": "local", "target": "qwen", "kind": "prompt"}, 120),
        ("tokens_total", {"path": "cloud", "target": "gpt", "kind": "prompt"}, 100),
        ("upstream_attempts_total", {"target": "qwen", "ending": "Rejected"}, 1),
        ("upstream_attempts_total", {"target": "qwen", "ending": "Checked"}, 1),
        ("fallbacks_total", {}, 0),
        ("requests_total", {"path": "cloud", "target": "gpt"}, 1),
    ],
)
def test_what_an_escalated_request_adds(name: str, labels: dict[str, str], value: float) -> None:
    assert total(counted(ESCALATED, plan=RICH), f"tidegate_{name}", **labels) == value


@pytest.mark.parametrize(
    ("exchange", "costs"),
    [
        pytest.param(
            changed(
                SERVED,
                cost=MicroUsd(2_500_000),
                attempts=(AttemptRecord(QWEN, 0, "Failed", "CUT", cost=MicroUsd(500_000), gpu_s=1.0), SERVED.attempts[0]),
            ),
            {"qwen": 0.5, "gpt": 2.0},
            id="a local engine worked in vain before another target served",
        ),
        pytest.param(
            changed(
                SERVED,
                path="blocked",
                target=None,
                result="failed",
                usage=None,
                baseline_cost=None,
                cost=MicroUsd(900_000),
                attempts=tuple(AttemptRecord(QWEN, 0, "Failed", "CUT", cost=MicroUsd(450_000), gpu_s=1.0) for _ in range(2)),
            ),
            {"qwen": 0.9, "gpt": 0.0},
            id="it worked for nobody",
        ),
        pytest.param(
            changed(
                SERVED,
                path="local",
                target=QWEN,
                result="abandoned",
                usage=None,
                cost=MicroUsd(300_000),
                attempts=(AttemptRecord(QWEN, 0, "Abandoned", cost=MicroUsd(300_000), gpu_s=1.0),),
            ),
            {"qwen": 0.3, "gpt": 0.0},
            id="the caller left",
        ),
        pytest.param(
            changed(
                SERVED,
                hedge="hedge",
                path="local",
                target=QWEN,
                cost=MicroUsd(700_000),
                attempts=(
                    AttemptRecord(QWEN, 0, "Failed", "CUT", cost=MicroUsd(100_000), gpu_s=1.0),
                    AttemptRecord(QWEN, 1, "Served", usage=SERVED.usage, cost=MicroUsd(600_000), gpu_s=1.0),
                ),
            ),
            {"qwen": 0.7, "gpt": 0.0},
            id="both attempts of a hedge",
        ),
    ],
)
def test_what_local_engines_cost_is_counted_where_it_was_spent(exchange: Exchange, costs: dict[str, float]) -> None:
    metrics = counted(exchange, plan=RICH)
    assert {name: total(metrics, "tidegate_cost_usd_total", target=name) for name in costs} == pytest.approx(costs)
    assert total(metrics, "tidegate_cost_unknown_total") == 0


HEDGED = changed(
    SERVED,
    hedge="hedge",
    cost=MicroUsd(2_500_000),
    attempts=(
        AttemptRecord(GPT, 0, "Outrun", usage=Usage(90, 0), cost=MicroUsd(500_000), number=1),
        AttemptRecord(GPT, 0, "Served", usage=SERVED.usage, cost=MicroUsd(2_000_000), number=2, is_hedge=True),
    ),
)


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("hedges_total", {"target": "gpt", "won": "hedge"}, 1),
        ("hedges_total", {}, 1),
        ("cost_usd_total", {"path": "cloud", "target": "gpt"}, 2.5),
        ("cost_usd_total", {}, 2.5),
        ("baseline_cost_usd_total", {"path": "cloud"}, 3.0),
        ("tokens_total", {"target": "gpt", "kind": "prompt"}, 190),
        ("upstream_attempts_total", {"target": "gpt", "ending": "Outrun", "failure": "none"}, 1),
        ("fallbacks_total", {}, 0),
        ("cascades_total", {}, 0),
        ("requests_total", {"path": "cloud", "target": "gpt"}, 1),
    ],
)
def test_what_a_hedged_request_adds(name: str, labels: dict[str, str], value: float) -> None:
    assert total(counted(HEDGED, plan=RICH), f"tidegate_{name}", **labels) == value


@pytest.mark.parametrize(
    "attempts,fallbacks",
    [
        pytest.param(((GPT, 2, True), (QWEN, 1, False)), 0, id="the hedge failed first"),
        pytest.param(((QWEN, 1, False), (GPT, 2, True)), 0, id="the hedge failed last"),
        pytest.param(((QWEN, 1, False), (QWEN, 2, True), (GPT, 3, False)), 1, id="both failed, and another was asked"),
    ],
)
def test_a_hedge_is_no_fallback(attempts: tuple[tuple[TargetName, int, bool], ...], fallbacks: int) -> None:
    records = tuple(AttemptRecord(name, 0, "Failed", "CUT", number=number, is_hedge=hedges) for name, number, hedges in attempts)
    assert total(counted(changed(SERVED, attempts=records, hedge="neither")), "tidegate_fallbacks_total") == fallbacks


def test_series_of_hedges_are_there_where_a_destination_hedges() -> None:
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"destinations.gpt.hedge": {"after_s": 1}}))
    made, fleet = counting()
    made.configure(plan, [], lambda: (fleet, 0.0))
    seen = [dict(labels) for name, labels in samples(made.exposition()) if name == "tidegate_hedges_total"]
    assert seen == [{"target": "gpt", "won": won} for won in ("primary", "hedge", "neither")]


def test_of_a_judged_answer_only_what_is_known_is_summed() -> None:
    rejected = AttemptRecord(QWEN, 0, "Rejected", rejection="refusal")
    failed = AttemptRecord(GPT, 0, "Failed", failure="SERVER_FAULT")
    kept = changed(ESCALATED, cascade="kept", path="local", target=QWEN, cost=None, baseline_cost=None, attempts=(rejected, failed))
    seen = counted(kept, plan=RICH)
    assert total(seen, "tidegate_cost_unknown_total", target="qwen") == 1
    assert total(seen, "tidegate_cost_unknown_total", target="gpt") == 0, "it failed, which costs nothing that we know of"
    assert total(seen, "tidegate_cost_usd_total") == 0
    assert total(seen, "tidegate_cascades_total", result="kept", grounds="low_confidence") == 1


def test_series_of_cascades_are_there_where_a_route_cascades() -> None:
    routes = [{"name": "all", "to": ["qwen"], "fallback": ["gpt"], "redact": True, "cascade": {}}]
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"routes": routes}))
    made, fleet = counting()
    made.configure(plan, [], lambda: (fleet, 0.0))
    seen = [dict(labels) for name, labels in samples(made.exposition()) if name == "tidegate_cascades_total"]
    assert {one["route"] for one in seen} == {"all"}
    assert {one["grounds"] for one in seen if one["result"] == "escalated"} == set(get_args(Rejection))
    assert not [name for name, _ in counted() if name == "tidegate_cascades_total"]


def seeded(name: str, edits: Mapping[str, Any]) -> list[dict[str, str]]:
    """The labels of a family's series before anything happened."""
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits))
    made = Prometheus()
    made.configure(plan, [], lambda: (Fleet([]), 0.0))
    return [dict(labels) for one, labels in samples(made.exposition()) if one == f"tidegate_{name}"]


@pytest.mark.parametrize(
    ("link", "edits", "there", "not_there"),
    [
        pytest.param(("qwen", "gpt"), {}, {"SERVER_FAULT", "CUT", "TOO_LONG"}, {"FULL", "LOCKED_DOWN", "FILTERED"}, id="from home"),
        pytest.param(
            ("qwen", "gpt"), {"destinations.qwen.admission": {"slots": 2}}, {"FULL"}, {"OVERDUE"}, id="from home, with room for two"
        ),
        pytest.param(("gpt", "qwen"), {}, {"OUR_KEY", "LOCKED_DOWN", "LEDGER_UNAVAILABLE"}, {"FULL", "BAD_REQUEST"}, id="from outside"),
    ],
)
def test_fallbacks_that_chains_can_bring_about_are_there(
    link: tuple[str, str], edits: Mapping[str, Any], there: set[str], not_there: set[str]
) -> None:
    reasons = {one["reason"] for one in seeded("fallbacks_total", edits) if (one["from"], one["to"]) == link}
    assert there <= reasons
    assert not not_there & reasons


def test_only_links_of_chains_are_seeded() -> None:
    assert seeded("fallbacks_total", {"routes": [{"name": "all", "to": ["qwen"]}]}) == []


@pytest.mark.parametrize(
    ("difficulty", "paths"),
    [pytest.param({"scorer": "lexical"}, {"local", "cloud", "blocked"}, id="yes"), pytest.param(None, set(), id="no")],
)
def test_scores_are_there_where_somebody_scores(difficulty: dict[str, str] | None, paths: set[str]) -> None:
    edits = {"difficulty": difficulty, "routes": [{"name": "all", "to": ["qwen"]}]}
    assert {one["path"] for one in seeded("difficulty_score_count", edits)} == paths


def test_who_waits_is_counted_where_somebody_does() -> None:
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"destinations.qwen.admission": {"slots": 2}}))
    made, admission = Prometheus(), Admission(plan)
    made.watch(admission.samples)
    made.configure(plan, [], lambda: (Fleet([]), 0.0))
    before = samples(made.exposition())
    assert total(before, "tidegate_queue_wait_seconds_count", target="qwen") == 0
    assert total(before, "tidegate_admission_slots", target="qwen") == 2
    assert total(before, "tidegate_local_queue_depth", target="qwen") == 0
    attempts = (AttemptRecord(QWEN, 0, "Failed", failure="FULL", line="public", queue_s=1.0), AttemptRecord(GPT, 0, "Served"))
    made(changed(SERVED, attempts=attempts))
    [door] = admission.doors.values()
    door.turned_away["public", "forecast", True] += 1
    after = samples(made.exposition())
    assert total(after, "tidegate_queue_wait_seconds_sum", **{"target": "qwen", "class": "public"}) == 1.0
    assert total(after, "tidegate_spilled_total", target="qwen", trigger="forecast") == total(after, "tidegate_spilled_total") == 1
    assert total(after, "tidegate_fallbacks_total", reason="FULL", direction="local_to_external") == 1


def test_what_counts_by_itself_and_begins_anew_never_goes_back() -> None:
    made, said = Prometheus(), iter((3.0, 5.0, 1.0, 1.0, 2.0, 0.0))
    made.watch(lambda: [("log_lines_lost_total", (), next(said))])
    seen = [total(samples(made.exposition()), "tidegate_log_lines_lost_total") for _ in range(6)]
    assert seen == [3.0, 5.0, 6.0, 6.0, 7.0, 7.0]
