"""What it costs, what it would cost elsewhere, and whether the GPUs pay for themselves."""

from deploy.grafana.boards.panel import Board, Panel, Step

_SPENT = 'sum(increase(tidegate_cost_usd_total{%t, path=~"cloud|redacted"}[$__range]))'
_BILL = 'sum(increase(tidegate_local_cost_usd_total{%t, kind=~"allocated|idle"}[$__range]))'
_BASELINE = "sum(increase(tidegate_baseline_cost_usd_total{%i}[$__range]))"

GLANCE = (
    Panel(
        "Closed models",
        "What do providers charge in the time range shown, as far as it is known?",
        "currencyUSD",
        {"spent": _SPENT},
        "stat",
        4,
    ),
    Panel(
        "Own GPUs",
        "What does the reservation of your GPUs cost in the time range shown, busy or idle? Nothing where no `gpu_hour_usd` or capex is configured.",
        "currencyUSD",
        {"reserved": _BILL},
        "stat",
        4,
        empty="not configured",
    ),
    Panel(
        "Of it idle",
        "Which share of the reservation no request used?",
        "percentunit",
        {"idle": 'sum(increase(tidegate_local_cost_usd_total{%t, kind="idle"}[$__range])) / ' + _BILL},
        "stat",
        4,
        (Step(0, "green"), Step(0.5, "yellow"), Step(0.8, "orange")),
        empty="not configured",
    ),
    Panel(
        "At the baseline",
        "What would the same tokens have cost at the declared baseline? Of answers whose tokens and cost are known, without embeddings.",
        "currencyUSD",
        {"baseline": _BASELINE},
        "stat",
        4,
        empty="no baseline",
    ),
    Panel(
        "Saved",
        "Which share of the baseline's price is not spent, the whole reservation counted, idle time too? Below 0 it costs more than the baseline."
        " `tidegate report` gives the interval.",
        "percentunit",
        {"saved": f"1 - (({_SPENT}) + (({_BILL}) or vector(0))) / ({_BASELINE})"},
        "stat",
        4,
        (Step(-100, "red"), Step(0, "green")),
    ),
    Panel(
        "Of unknown cost",
        "How many served requests have no cost, for want of a price or of usage? The figures beside this one are too low by them.",
        "short",
        {"unknown": "sum(increase(tidegate_cost_unknown_total{%t}[$__range]))"},
        "stat",
        4,
        (Step(0, "green"), Step(1, "orange")),
        see="TidegateCostUnknown",
    ),
)
SPEND = (
    Panel(
        "Spend an hour, by path",
        "Where does the money go? Known cost an hour; local is the share of the reservation that requests used.",
        "currencyUSD",
        {
            "{{path}}": "3600 * sum by (path) (rate(tidegate_cost_usd_total{%t}[%w]))",
            "baseline": "3600 * sum(rate(tidegate_baseline_cost_usd_total{%i}[%w]))",
        },
    ),
    Panel(
        "Spend an hour, by target",
        "Which targets cost the most?",
        "currencyUSD",
        {"{{target}}": "3600 * sum by (target) (rate(tidegate_cost_usd_total{%t}[%w]))"},
        "stacked",
    ),
    Panel(
        "Budget",
        "How fast is the month's budget used up, in multiples of the rate that uses it up in thirty days? All gateways; the budget is"
        " `tidegate:budget_usd_month` in rules.yml.",
        "none",
        {
            "over an hour": "tidegate:budget_burn:rate1h",
            "over six hours": "tidegate:budget_burn:rate6h",
            "over three days": "tidegate:budget_burn:rate3d",
        },
        steps=(Step(1, "orange"), Step(14.4, "red")),
        see="TidegateSpendFast",
    ),
    Panel(
        "A million tokens",
        "What does a million tokens cost? full is the whole reservation over its tokens, allocated what requests used, marginal the energy alone.",
        "currencyUSD",
        {"{{target}} · {{basis}}": "max by (target, basis) (tidegate_unit_cost_usd_per_million_tokens{%t})"},
    ),
    Panel(
        "Break-even",
        "Does the reservation pay for itself? The price of its work at the baseline over its own: above 1 it does.",
        "none",
        {"{{target}}": "max by (target) (tidegate_breakeven_ratio{%t})"},
        steps=(Step(1, "green"),),
        see="TidegateBelowBreakEven",
    ),
    Panel(
        "Overhead in money",
        "What is spent on other than the answer that the caller got: judging, shadows, rejected answers, retries, hedges?",
        "currencyUSD",
        {"{{purpose}}": "3600 * sum by (purpose) (rate(tidegate_auxiliary_cost_usd_total{%i}[%w]))"},
        "stacked",
    ),
)
LOCAL = (
    Panel(
        "GPUs, busy and idle",
        "How many GPUs are reserved, and how many of them work? GPU seconds a second.",
        "none",
        {"{{target}} · {{state}}": "sum by (target, state) (rate(tidegate_local_gpu_seconds_total{%t}[%w]))"},
        "stacked",
    ),
    Panel(
        "The reservation",
        "What does it cost an hour, used and unused? Energy is what their power draws beside it.",
        "currencyUSD",
        {"{{target}} · {{kind}}": "3600 * sum by (target, kind) (rate(tidegate_local_cost_usd_total{%t}[%w]))"},
    ),
    Panel(
        "Cost of a request",
        "What does a request cost on average, by path? Known cost over requests that were served.",
        "currencyUSD",
        {
            "{{path}}": 'sum by (path) (rate(tidegate_cost_usd_total{%t}[%w])) / (sum by (path) (rate(tidegate_requests_total{%t, result="served"}[%w])) > 0)'
        },
    ),
)
TOKENS = (
    Panel(
        "Tokens",
        "What is read and written, as targets reported it?",
        "short",
        {"{{path}} · {{kind}}": 'sum by (path, kind) (rate(tidegate_tokens_total{%t, kind=~"prompt|completion"}[%w]))'},
        "stacked",
    ),
    Panel(
        "Cached and reasoning",
        "Which share of prompt tokens did targets have in a cache, and which share of the completion was reasoning? Cached ones are cheaper.",
        "percentunit",
        {
            "cached · {{target}}": 'sum by (target) (rate(tidegate_tokens_total{%t, kind="cached"}[%w]))'
            ' / (sum by (target) (rate(tidegate_tokens_total{%t, kind="prompt"}[%w])) > 0)',
            "reasoning · {{target}}": 'sum by (target) (rate(tidegate_tokens_total{%t, kind="reasoning"}[%w]))'
            ' / (sum by (target) (rate(tidegate_tokens_total{%t, kind="completion"}[%w])) > 0)',
        },
        most=1,
    ),
    Panel(
        "Not known for certain",
        "Which answers have no cost, and which were cut short, so that their usage is estimated?",
        "reqps",
        {
            "no cost · {{target}}": "sum by (target) (rate(tidegate_cost_unknown_total{%t}[%w]))",
            "estimated · {{target}}": "sum by (target) (rate(tidegate_usage_estimated_total{%t}[%w])) > 0",
        },
        see="TidegateCostUnknown",
    ),
    Panel(
        "Usage store, rows",
        "Is what reports are made of being written?",
        "cps",
        {"{{table}}": "sum by (table) (rate(tidegate_usage_rows_total{%i}[%w]))"},
        "stacked",
        see="TidegateUsageStoreDown",
    ),
    Panel(
        "Usage store, losses",
        "Were rows lost, and why? Requests are served all the same; reports miss them. And which stores cannot be written now?",
        "short",
        {
            "{{reason}}": "sum by (reason) (increase(tidegate_usage_rows_lost_total{%i}[%w]))",
            "stores that cannot be written": "count(tidegate_usage_store_available{%i} == 0)",
        },
        see="TidegateUsageLost",
    ),
    Panel(
        "Batches",
        "What becomes of the lines of batches, which nobody waits for? Those that were retried or put back come again.",
        "cps",
        {
            "{{result}}": "sum by (result) (rate(tidegate_batch_lines_total{%i}[%w]))",
            "running": "sum (tidegate_batch_lines_running{%i})",
        },
    ),
    Panel(
        "Age of prices",
        "How old is the map of prices that closed models are reckoned with? Providers change theirs several times a year.",
        "d",
        {"{{instance}}": "(time() - max by (instance) (tidegate_prices_timestamp_seconds{%i})) / 86400"},
        steps=(Step(90, "orange"),),
        see="TidegatePricesOld",
    ),
)

BOARD = Board(
    "tidegate-economics",
    "Tidegate · economics",
    "What it costs, what it would cost elsewhere, and whether the GPUs pay for themselves. Targets can be chosen; the baseline is that of all.",
    {"": GLANCE, "Spend": SPEND, "Your GPUs": LOCAL, "Tokens and records": TOKENS},
    since="now-24h",
)
