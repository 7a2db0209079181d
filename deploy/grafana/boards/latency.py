"""How long callers wait, and for whom: the target, a line before it, or the gateway itself."""

from collections.abc import Mapping

from deploy.grafana.boards.panel import Board, Panel, Step


def _quantiles(family: str, by: str, *shares: float, where: str = "%t") -> Mapping[str, str]:
    legend = " · ".join(f"{{{{{label}}}}}" for label in by.split(", "))
    return {
        f"p{share * 100:g} {legend}": f"histogram_quantile({share}, sum by ({by}, le) (rate(tidegate_{family}_bucket{{{where}}}[%w])))"
        for share in shares
    }


CALLERS = (
    Panel(
        "Time to first token",
        "How long do streams wait for their first token, from their arrival, failed attempts, lines and judgements before it included?",
        "s",
        _quantiles("time_to_first_token_seconds", "path", 0.5, 0.95, 0.99),
    ),
    Panel(
        "Time per output token",
        "How fast do answers flow, once they flow? Seconds for each token after the first.",
        "s",
        _quantiles("time_per_output_token_seconds", "path", 0.5, 0.95),
    ),
    Panel(
        "Duration",
        "How long does a request take, from its arrival to the last byte of its answer?",
        "s",
        _quantiles("request_duration_seconds", "path", 0.5, 0.95),
    ),
    Panel(
        "First tokens, all of them",
        "Are there two kinds of waits, hidden by a quantile? Streams by their time to first token.",
        "s",
        {"{{le}}": "sum by (le) (increase(tidegate_time_to_first_token_seconds_bucket{%t}[%w]))"},
        "heatmap",
    ),
    Panel(
        "Time to first token, by target",
        "Which target keeps callers waiting?",
        "s",
        _quantiles("time_to_first_token_seconds", "target", 0.95),
    ),
    Panel(
        "Time per output token, by target",
        "Which target writes slowly?",
        "s",
        _quantiles("time_per_output_token_seconds", "target", 0.95),
    ),
)
OWN = (
    Panel(
        "Where the gateway's time goes",
        "What does the gateway itself add to a request, on average, stage after stage? `receive` waits for the caller's body; `slow` is detectors"
        " that have a process or a network of their own.",
        "s",
        {
            "{{stage}}": "sum by (stage) (rate(tidegate_overhead_seconds_sum{%i}[%w]))"
            " / (sum by (stage) (rate(tidegate_overhead_seconds_count{%i}[%w])) > 0)"
        },
        "stacked",
    ),
    Panel(
        "The slowest of a hundred, by stage",
        "How long does each stage take at most, for 99 of 100 requests?",
        "s",
        _quantiles("overhead_seconds", "stage", 0.99, where="%i"),
        steps=(Step(0.025, "red"),),
        see="TidegateOverheadHigh",
    ),
    Panel(
        "Event loop lag",
        "For how long was nobody served, because the loop had something else to do?",
        "s",
        _quantiles("event_loop_lag_seconds", "instance", 0.5, 0.99, where="%i"),
        steps=(Step(0.25, "red"),),
        see="TidegateLoopLate",
    ),
)
LINES = (
    Panel(
        "Wait for room",
        "How long do attempts wait before a local target has room for them? By class: what is sensitive has room kept for it.",
        "s",
        _quantiles("queue_wait_seconds", "target, class", 0.5, 0.99),
        width=12,
        see="tidegate-local-pool",
    ),
    Panel(
        "Forecast of the first token",
        "How long would who comes now wait? The longest of all gateways; above `spill_above_s` public requests go on to the next target.",
        "s",
        {"{{target}}": "max by (target) (tidegate_first_token_forecast_seconds{%t})"},
        width=12,
        see="tidegate-local-pool",
    ),
)

BOARD = Board(
    "tidegate-latency",
    "Tidegate · latency",
    "How long callers wait, and for whom.",
    {"What callers see": CALLERS, "The gateway's own time": OWN, "Lines": LINES},
)
