"""Which rule sends what where, how hard requests are judged to be, and whether that holds."""

from deploy.grafana.boards.panel import Board, Panel, Step

DECISIONS = (
    Panel(
        "Requests by route",
        "Which rule decides? One that never does is dead or shadowed by another.",
        "reqps",
        {"{{route}}": "sum by (route) (rate(tidegate_routes_total{%i}[%w]))"},
        "stacked",
        see="TidegateRouteIdle",
    ),
    Panel(
        "Routes and labels",
        "Which labels does each rule get, in the time range shown?",
        "short",
        {"": "sum by (route, label) (increase(tidegate_routes_total{%i}[$__range]))"},
        "matrix",
        fold=("route", "label"),
    ),
    Panel(
        "Share of each path",
        "How is the work shared between your engines and closed models?",
        "percentunit",
        {
            "{{path}}": "sum by (path) (rate(tidegate_requests_total{%t}[%w])) / ignoring (path) group_left () (sum(rate(tidegate_requests_total{%t}[%w])) > 0)"
        },
        "stacked",
        most=1,
    ),
)
DIFFICULTY = (
    Panel(
        "Difficulty",
        "How hard are requests judged to be, 0 to 1? Much of it at the threshold of a rule means that small changes of words change the model.",
        "short",
        {"{{le}}": "sum by (le) (increase(tidegate_difficulty_score_bucket{%i}[%w]))"},
        "heatmap",
    ),
    Panel(
        "Difficulty by path",
        "Do hard requests go where the strong models are? The median of each path.",
        "none",
        {"{{path}}": "histogram_quantile(0.5, sum by (path, le) (rate(tidegate_difficulty_score_bucket{%i}[%w])))"},
        most=1,
    ),
    Panel(
        "Drift of difficulty",
        "Are the last 24 hours judged otherwise than the week before? The largest distance between the two distributions: 0 alike, 1 nothing in"
        " common. Empty for the first two days.",
        "none",
        {"distance": "tidegate:difficulty_score:drift"},
        most=1,
        steps=(Step(0.2, "orange"),),
        empty="Two days of requests are needed.",
        see="TidegateDifficultyDrifts",
    ),
)
AFTER = (
    Panel(
        "Cascades",
        "Are local answers good enough? accepted ones went to the caller; escalated ones were thrown away and asked for elsewhere, and why.",
        "reqps",
        {"{{route}} · {{result}} · {{grounds}}": "sum by (route, result, grounds) (rate(tidegate_cascades_total{%i}[%w])) > 0"},
    ),
    Panel(
        "Conversations",
        "How many would have gone elsewhere by their last question: kept where their cache is, or switched?",
        "reqps",
        {"{{result}}": "sum by (result) (rate(tidegate_sticky_total{%i}[%w]))"},
        "stacked",
    ),
    Panel(
        "What callers say",
        "Which share of the rated answers of the last hour did callers like, by the path that served? What is not `up` was `down` or asked for again.",
        "percentunit",
        {
            "{{path}}": 'sum by (path) (increase(tidegate_feedback_total{%t, rating="up"}[1h]))'
            " / (sum by (path) (increase(tidegate_feedback_total{%t}[1h])) > 0)"
        },
        most=1,
    ),
    Panel(
        "Named, and answered by another",
        "Whose named model did not answer, and why?",
        "reqps",
        {"{{reason}}": "sum by (reason) (rate(tidegate_rerouted_total{%i}[%w]))"},
        "stacked",
        12,
    ),
    Panel(
        "Went on to another target",
        "How many left the first target of their chain: after a failure, or for want of room?",
        "reqps",
        {
            "{{direction}}": "sum by (direction) (rate(tidegate_fallbacks_total{%i}[%w]))",
            "no room at {{target}}": "sum by (target) (rate(tidegate_spilled_total{%t}[%w]))",
        },
        width=12,
        see="TidegateFallbacksMany",
    ),
)

BOARD = Board(
    "tidegate-routing",
    "Tidegate · routing",
    "Which rule sends what where, how hard requests are judged to be, and whether that holds.",
    {"Decisions": DECISIONS, "How hard it is": DIFFICULTY, "What became of it": AFTER},
)
