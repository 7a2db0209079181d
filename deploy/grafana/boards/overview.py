"""What runs, what it is asked, what stays at home and what leaves: the dashboard that is looked at first."""

from deploy.grafana.boards.panel import Board, Panel, Step

RED, WARN = Step(1, "red"), Step(1, "orange")

GLANCE = (
    Panel(
        "Requests",
        "How much was asked in the time range shown? Every request counts once, when it has ended, whatever came of it.",
        "short",
        {"requests": "sum(increase(tidegate_requests_total{%t}[$__range]))"},
        "stat",
        3,
        see="tidegate-reliability",
    ),
    Panel(
        "Answered",
        "Which share of requests got their answer whole? What is left failed, was refused or denied, or its caller went away.",
        "percentunit",
        {
            "answered": 'sum(increase(tidegate_requests_total{%t, result="served"}[$__range])) / sum(increase(tidegate_requests_total{%t}[$__range]))'
        },
        "stat",
        3,
        (Step(0, "red"), Step(0.95, "orange"), Step(0.99, "green")),
        see="tidegate-reliability",
    ),
    Panel(
        "Stayed home",
        "Which share of judged requests did not leave? Those of path local, and those that were refused because they would have had to leave.",
        "percentunit",
        {
            "home": 'sum(increase(tidegate_sensitivity_requests_total{%i, path=~"local|blocked"}[$__range]))'
            " / sum(increase(tidegate_sensitivity_requests_total{%i}[$__range]))"
        },
        "stat",
        3,
        see="tidegate-routing",
    ),
    Panel(
        "Sensitive, left",
        "Did content labelled personal or restricted go to an external target? Anything but 0 should be a decision of yours.",
        "short",
        {"left": 'sum(increase(tidegate_egress_requests_total{%t, label=~"personal|restricted"}[$__range]))'},
        "stat",
        3,
        (Step(0, "green"), RED),
        see="TidegateSensitiveLeft",
    ),
    Panel(
        "Spent outside",
        "What do providers charge for the time range shown? Requests of unknown cost are not in it; the next dashboard counts them.",
        "currencyUSD",
        {"spent": 'sum(increase(tidegate_cost_usd_total{%t, path=~"cloud|redacted"}[$__range]))'},
        "stat",
        3,
        see="tidegate-economics",
    ),
    Panel(
        "First token, p95",
        "How long do nineteen of twenty streams wait at most for their first token?",
        "s",
        {"p95": "histogram_quantile(0.95, sum by (le) (increase(tidegate_time_to_first_token_seconds_bucket{%t}[$__range])))"},
        "stat",
        3,
        see="tidegate-latency",
    ),
    Panel(
        "Replicas out of use",
        "How many replicas get no requests now, because their breaker is not closed?",
        "short",
        {"out": 'count(min by (target, replica) (tidegate_circuit_state{%t, state="closed"}) == 0) or vector(0)'},
        "stat",
        3,
        (Step(0, "green"), WARN),
        see="TidegateBreakerOpen",
    ),
    Panel(
        "Alerts",
        "How many of Tidegate's alerts fire now? The runbooks say of each what it means and what to do.",
        "short",
        {"firing": 'count(ALERTS{alertname=~"Tidegate.*", alertstate="firing", severity!="info"}) or vector(0)'},
        "stat",
        3,
        (Step(0, "green"), WARN),
        see="TidegateDown",
    ),
)
TRAFFIC = (
    Panel(
        "Labels and paths",
        "How sensitive was what was asked, and which path served it, in the time range shown? A sensitive label in the column cloud left.",
        "short",
        {"": "sum by (label, path) (increase(tidegate_sensitivity_requests_total{%i}[$__range]))"},
        "matrix",
        fold=("label", "path"),
        see="TidegateSensitiveLeft",
    ),
    Panel(
        "Requests by path",
        "Who serves? local are your engines, cloud the closed models, redacted these with placeholders, blocked those that got an error.",
        "reqps",
        {"{{path}}": "sum by (path) (rate(tidegate_requests_total{%t}[%w]))"},
        "stacked",
    ),
    Panel(
        "Requests by result",
        "How do requests end for their callers? refused is the target's own refusal, failed the gateway's error, abandoned a caller that left.",
        "reqps",
        {"{{result}}": "sum by (result) (rate(tidegate_requests_total{%t}[%w]))"},
        "stacked",
        see="tidegate-reliability",
    ),
)
LEAVES = (
    Panel(
        "Requests that left",
        "What goes to external targets, by its label as it left? Counted per attempt, where content is handed over.",
        "reqps",
        {"{{target}} · {{label}}": "sum by (target, label) (rate(tidegate_egress_requests_total{%t}[%w])) > 0"},
        see="TidegateSensitiveLeft",
    ),
    Panel(
        "Bytes that left",
        "How much is sent to external targets, by label? Bodies of requests, as they were sent.",
        "Bps",
        {"{{target}} · {{label}}": "sum by (target, label) (rate(tidegate_egress_bytes_total{%t}[%w])) > 0"},
    ),
    Panel(
        "Redacted",
        "Of requests that may leave only with placeholders: what became of them? And did answers have placeholders that stand for nothing?",
        "reqps",
        {
            "{{result}}": "sum by (result) (rate(tidegate_redactions_total{%i}[%w]))",
            "unrestored · {{target}}": "sum by (target) (rate(tidegate_redaction_unrestored_total{%t}[%w])) > 0",
        },
    ),
    Panel(
        "Ledger of what left",
        "Is every departure written down? Lines by kind; failures and ledgers that cannot be written stop what would leave.",
        "cps",
        {
            "{{kind}}": "sum by (kind) (rate(tidegate_ledger_records_total{%i}[%w]))",
            "failures": "sum(rate(tidegate_ledger_failures_total{%i}[%w]))",
            "ledgers that cannot be written": "count(tidegate_ledger_available{%i} == 0)",
        },
        see="TidegateDegraded",
    ),
    Panel(
        "Denied and rerouted",
        "How many named a model that is not cleared for what they say, or that could not answer? And how many were refused outright?",
        "reqps",
        {
            "denied · {{label}}": "sum by (label) (rate(tidegate_denied_total{%i}[%w])) > 0",
            "rerouted · {{reason}}": "sum by (reason) (rate(tidegate_rerouted_total{%i}[%w])) > 0",
            "blocked · {{label}}": 'sum by (label) (rate(tidegate_sensitivity_requests_total{%i, path="blocked"}[%w])) > 0',
        },
        see="TidegateSensitiveBlocked",
    ),
    Panel(
        "Stopped by the backstop",
        "Did the process try to reach anything that is not a registered destination? It was stopped; nothing should show here.",
        "cps",
        {"{{event}}": "sum by (event) (rate(tidegate_backstop_refusals_total{%i}[%w]))"},
        see="TidegateBackstop",
    ),
)
SEEN = (
    Panel(
        "Findings",
        "What do detectors find, by category? How often, never what.",
        "cps",
        {"{{category}}": "sum by (category) (rate(tidegate_pii_findings_total{%i}[%w])) > 0"},
    ),
    Panel(
        "Doubts",
        "What could detectors not read, or not finish? Each makes its request as sensitive as the configuration says of a doubt.",
        "cps",
        {"{{kind}}": "sum by (kind) (rate(tidegate_detector_doubts_total{%i}[%w]))"},
        see="TidegateDetectorsFail",
    ),
    Panel(
        "Labels inherited and lowered",
        "How many requests have the label of what they continue or quote, and by which sign? And how many did a key with that right lower?",
        "reqps",
        {
            "inherited · {{source}}": "sum by (source) (rate(tidegate_taint_inherited_total{%i}[%w]))",
            "lowered {{from}} to {{to}}": "sum by (from, to) (rate(tidegate_declassified_total{%i}[%w])) > 0",
        },
    ),
    Panel(
        "Canaries",
        "Do made-up sensitive requests stay at home? All are to be kept; one that leaked is an emergency.",
        "cps",
        {"{{result}}": "sum by (result) (rate(tidegate_canary_runs_total{%i}[%w]))"},
        see="TidegateCanaryLeaked",
    ),
    Panel(
        "Lockdown",
        "Which gateways let nothing out, because somebody said so?",
        "short",
        {"{{instance}}": "max by (instance) (tidegate_lockdown{%i})"},
        most=1,
        see="TidegateLockdown",
    ),
    Panel(
        "What runs",
        "Which version, configuration and price map does each gateway serve with? Gateways of one cluster should agree.",
        "none",
        {
            "build": "max by (instance, version, python) (tidegate_build_info{%i})",
            "configuration": "max by (instance, digest) (tidegate_config_info{%i})",
            "prices": "max by (instance, as_of) (tidegate_prices_info{%i})",
        },
        "table",
    ),
)

BOARD = Board(
    "tidegate-overview",
    "Tidegate · overview and privacy",
    "What is asked, what stays home and what leaves.",
    {"": GLANCE, "Traffic": TRAFFIC, "What leaves": LEAVES, "What is sensitive, and how that is known": SEEN},
)
