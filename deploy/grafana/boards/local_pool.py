"""Your own engines: who works, who is full, who waits."""

from deploy.grafana.boards.panel import Board, Panel, State, Step

ENGINES = (
    Panel(
        "Replicas",
        "Which replicas get no new requests, or only few, and why? A stalled one has requests and makes no tokens.",
        "none",
        {
            "{{target}} {{replica}}": "max by (target, replica) (0 * tidegate_requests_in_flight{%t}) "
            '+ on (target, replica) max by (target, replica) (1 * tidegate_replica_state{%t, state="warming"}'
            ' or 2 * tidegate_replica_state{%t, state="drained"} or 3 * tidegate_replica_state{%t, state="stalled"}'
            ' or 4 * tidegate_replica_state{%t, state="gone"})'
        },
        "states",
        states=(
            State(0, "in use", "green"),
            State(1, "warming", "yellow"),
            State(2, "drained", "blue"),
            State(3, "stalled", "red"),
            State(4, "gone", "dark-red"),
        ),
        see="TidegateReplicaStalled",
    ),
    Panel(
        "Saturation",
        "How full is each pool: the use of its KV caches, or the share of its requests that wait in the engines, whichever is more?",
        "percentunit",
        {"{{target}}": "max by (target) (tidegate_local_saturation_ratio{%t})"},
        steps=(Step(0.9, "red"),),
        see="TidegateLocalSaturated",
    ),
    Panel(
        "KV cache",
        "How much of each engine's KV cache is in use? Near all of it, new requests wait in the engine, and running ones are put off.",
        "percentunit",
        {"{{target}} {{replica}}": "max by (target, replica) (tidegate_replica_kv_use_ratio{%t})"},
        most=1,
        steps=(Step(0.9, "red"),),
        see="TidegateLocalSaturated",
    ),
    Panel(
        "Requests in the engines",
        "What does each engine run, and what waits in it, of whomever?",
        "short",
        {"{{target}} {{replica}} {{state}}": "max by (target, replica, state) (tidegate_replica_requests{%t})"},
    ),
    Panel(
        "In flight",
        "How many attempts of these gateways are running, by replica? Alike for replicas that are alike.",
        "short",
        {
            "{{target}} {{replica}}": 'sum by (target, replica) (tidegate_requests_in_flight{%t}) and on (target) tidegate_cost_usd_total{%t, path="local"}'
        },
    ),
    Panel(
        "Prefix cache hits",
        "Which share of prompt tokens do the engines find in their prefix cache? Requests that begin alike are sent to one engine for it.",
        "percentunit",
        {"{{target}}": "max by (target) (tidegate_prefix_cache_hit_ratio{%t})"},
        most=1,
    ),
)
LINES = (
    Panel(
        "Waiting for room",
        "How many requests wait before a local target, by class?",
        "short",
        {"{{target}} · {{class}}": "sum by (target, class) (tidegate_local_queue_depth{%t})"},
    ),
    Panel(
        "Slots",
        "How many attempts does each target take at a time, as configured or as learnt from its refusals?",
        "short",
        {"{{target}}": "sum by (target) (tidegate_admission_slots{%t})"},
    ),
    Panel(
        "Forecast of the first token",
        "How long would who comes now wait for the first token? Above `spill_above_s` public requests go on to the next target.",
        "s",
        {"{{target}}": "max by (target) (tidegate_first_token_forecast_seconds{%t})"},
    ),
    Panel(
        "Wait for room, how long",
        "How long did attempts wait before they were made or given up?",
        "s",
        {
            "p50 {{target}} · {{class}}": "histogram_quantile(0.5, sum by (target, class, le) (rate(tidegate_queue_wait_seconds_bucket{%t}[%w])))",
            "p99 {{target}} · {{class}}": "histogram_quantile(0.99, sum by (target, class, le) (rate(tidegate_queue_wait_seconds_bucket{%t}[%w])))",
        },
    ),
    Panel(
        "Went on for want of room",
        "How many requests went on to the next target of their chain, because this one was full?",
        "reqps",
        {"{{target}} · {{trigger}}": "sum by (target, trigger) (rate(tidegate_spilled_total{%t}[%w]))"},
        "stacked",
    ),
    Panel(
        "Found no room at all",
        "How many attempts found no room and no other target? Those of class sensitive got a 503: nothing else may serve them.",
        "reqps",
        {"{{target}} · {{class}} · {{trigger}}": "sum by (target, class, trigger) (rate(tidegate_admission_refusals_total{%t}[%w]))"},
        "stacked",
        see="TidegateSensitiveNoRoom",
    ),
)
KNOWN = (
    Panel(
        "Missing series",
        "How many series do an engine's metrics lack? Its load, or whether it stalls, is not known then, and requests are shared out without that.",
        "short",
        {"{{target}} {{replica}}": "sum by (target, replica) (max by (target, replica, series) (tidegate_scrape_missing_series{%t}))"},
        width=12,
        see="TidegateSeriesMissing",
    ),
    Panel(
        "Checks of failed engines",
        "Do engines that failed come back? Checks beside the traffic, by what they found.",
        "cps",
        {
            "{{target}} · {{result}}": 'sum by (target, result) (rate(tidegate_health_checks_total{%t}[%w])) and on (target) tidegate_cost_usd_total{%t, path="local"}'
        },
        width=12,
    ),
)

BOARD = Board(
    "tidegate-local-pool",
    "Tidegate · local pool",
    "Your own engines: who works, who is full, who waits.",
    {"Engines": ENGINES, "Lines": LINES, "What is known of them": KNOWN},
)
