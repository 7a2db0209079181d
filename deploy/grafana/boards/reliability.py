"""What fails, what is done about it, and how the process is."""

from deploy.grafana.boards.panel import Board, Panel, State, Step

FAILURES = (
    Panel(
        "Errors by code",
        "Which errors do callers get from the gateway?",
        "reqps",
        {"{{code}}": "sum by (code) (rate(tidegate_refusals_total{%i}[%w])) > 0"},
        "stacked",
    ),
    Panel(
        "Failed attempts",
        "Which targets fail, and how? Attempts that ended without an answer; callers may have got theirs from another.",
        "cps",
        {
            "{{target}} · {{failure}}": 'sum by (target, failure) (rate(tidegate_upstream_attempts_total{%t, ending!~"Served|Rejected|Checked"}[%w])) > 0'
        },
        "stacked",
    ),
    Panel(
        "Fallbacks",
        "Where do requests go after a failure, and for which? None can go to a target that is not cleared for it.",
        "cps",
        {"{{from}} to {{to}} · {{reason}}": "sum by (from, to, reason) (rate(tidegate_fallbacks_total{%i}[%w])) > 0"},
        "stacked",
        see="TidegateFallbacksMany",
    ),
    Panel(
        "Breakers",
        "Which replicas are asked? closed is well, open is not asked, half open is tried.",
        "none",
        {
            "{{target}} {{replica}}": '0 * max by (target, replica) (tidegate_circuit_state{%t, state="closed"} == 1)'
            ' or 1 * max by (target, replica) (tidegate_circuit_state{%t, state="half_open"} == 1)'
            ' or 2 * max by (target, replica) (tidegate_circuit_state{%t, state="open"} == 1)'
        },
        "states",
        states=(State(0, "closed", "green"), State(1, "half open", "yellow"), State(2, "open", "red")),
        see="TidegateBreakerOpen",
    ),
    Panel(
        "Streams",
        "How do streams end? broken ones were cut by their target in the midst of an answer.",
        "reqps",
        {"{{kind}}": "sum by (kind) (rate(tidegate_stream_terminations_total{%i}[%w]))"},
        "stacked",
        see="TidegateStreamsBroken",
    ),
    Panel(
        "Callers that left",
        "How many went away before their answer was whole, by the path that served them?",
        "reqps",
        {"{{path}}": "sum by (path) (rate(tidegate_client_disconnects_total{%i}[%w]))"},
        "stacked",
    ),
)
REMEDIES = (
    Panel(
        "Retry budget",
        "How many retries may each target still get from one gateway? The least of all gateways; at 0 failures go on to the next target at once.",
        "short",
        {"{{target}}": "min by (target) (tidegate_retry_budget{%t})"},
        width=6,
    ),
    Panel(
        "Hedges",
        "Beside how many slow attempts was another made, and which of the two was quicker?",
        "cps",
        {"{{target}} · {{won}}": "sum by (target, won) (rate(tidegate_hedges_total{%t}[%w]))"},
        "stacked",
        width=6,
    ),
    Panel(
        "Waiting for a target",
        "How many requests wait for a target to come back, and how many waits began in the last minutes?",
        "short",
        {"waiting": "sum(tidegate_requests_waiting{%i})", "began": "sum(increase(tidegate_waits_total{%i}[%w]))"},
        width=6,
    ),
    Panel(
        "Checks",
        "Which replicas that failed are checked beside the traffic, and what is found?",
        "cps",
        {"{{target}} · {{result}}": "sum by (target, result) (rate(tidegate_health_checks_total{%t}[%w])) > 0"},
        width=6,
    ),
)
PROCESS = (
    Panel(
        "Gateways",
        "Does Prometheus reach each gateway's admin port? 1 yes, 0 no.",
        "none",
        {"{{instance}}": 'up{job="tidegate", %i}'},
        most=1,
        see="TidegateDown",
        width=6,
    ),
    Panel(
        "Degraded",
        "Which parts do not work? Without ledger or vault less may leave, without state each gateway learns alone; the rest is served.",
        "none",
        {"{{instance}} {{part}}": "max by (instance, part) (tidegate_degraded{%i})"},
        most=1,
        see="TidegateDegraded",
        width=6,
    ),
    Panel(
        "Configuration",
        "Is the configuration that was read last the one that is served? 0 says that it was refused, and the one before it serves on."
        " And for how long has that served?",
        "none",
        {
            "{{instance}} serves the last one read": "min by (instance) (tidegate_config_last_reload_success{%i})",
            "{{instance}} for days": "min by (instance) (time() - tidegate_config_last_reload_timestamp_seconds{%i}) / 86400",
        },
        see="TidegateReloadRefused",
        width=6,
    ),
    Panel(
        "Workers",
        "How many worker processes serve, where there are several, and how many had to be started again in ten minutes?",
        "short",
        {
            "{{instance}}": "sum by (instance) (tidegate_workers{%i})",
            "{{instance}} started again": "sum by (instance) (increase(tidegate_worker_restarts_total{%i}[10m]))",
        },
        see="TidegateWorkersDie",
        width=6,
    ),
    Panel(
        "Connections of callers",
        "How many are open? `limits.connections` is the most of one process.",
        "short",
        {"{{instance}}": "sum by (instance) (tidegate_caller_connections{%i})"},
        width=6,
    ),
    Panel(
        "Bodies held",
        "How much memory do requests take that are being read or served? `limits.held_bytes` is the most of one process.",
        "bytes",
        {"{{instance}}": "sum by (instance) (tidegate_held_bytes{%i})"},
        width=6,
    ),
    Panel(
        "Log lines lost",
        "Could every request's line be written? A full disk, or nobody who reads, loses them.",
        "cps",
        {"{{instance}}": "sum by (instance) (rate(tidegate_log_lines_lost_total{%i}[%w]))"},
        steps=(Step(0.001, "red"),),
        see="TidegateLogLost",
        width=6,
    ),
    Panel(
        "Traces lost",
        "Does the OpenTelemetry collector get what it is due? `queue`: it takes less than comes; `refused`: it says no; `unreachable`: it does not answer; `lockdown`: it is outside."
        " Requests do not wait for it. Empty without `observers.otel`.",
        "cps",
        {"{{kind}}": "sum by (kind) (rate(tidegate_otel_dropped_total{%i}[%w]))"},
        steps=(Step(0.001, "red"),),
        width=6,
    ),
)

BOARD = Board(
    "tidegate-reliability",
    "Tidegate · reliability",
    "What fails, what is done about it, and how the process is.",
    {"Failures": FAILURES, "What is done about them": REMEDIES, "The gateway itself": PROCESS},
)
