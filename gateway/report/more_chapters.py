"""The chapters of a report for who runs it: GPUs, speed, trouble, tenants; then what is not known, and how it was reckoned."""

from gateway.report import charts
from gateway.report.at_home import FULL, READ
from gateway.report.charts import Series, Span
from gateway.report.document import Chart, Section, Table
from gateway.report.figures import Figures
from gateway.report.leases import Gpus
from gateway.report.money import Line
from gateway.report.numbers import DASH, count, moment, plural, seconds, share, short, usd
from gateway.report.period import day_name
from gateway.report.speed import Three

_SPENT = (
    "Spent is everything: answers, attempts that failed, were rejected or outrun, questions about answers, GPUs also when idle, and the "
    "gateway itself where `report.gateway_month_usd` says what it costs."
)
_BASELINE = (
    "A baseline has the prices of today for the same requests: cached input as cached, answers longer or shorter by the stated ratio. "
    "What nobody answered costs it nothing. Requests whose cost or tokens are unknown, and embeddings, are in neither side."
)


def gpu_time(found: Figures) -> Section:
    """What the GPUs at home did and cost, and whether that pays."""
    names = [day_name(at) for at in found.days.at]
    series = [Series("busy", found.gpu_days.busy, "local"), Series("idle", found.gpu_days.idle, "idle")]
    whole = sum(one.busy_hours for one in found.gpus), sum(one.hours for one in found.gpus)
    text = f"busy {whole[0]:,.0f} of {whole[1]:,.0f} GPU-hours, {share(*whole)}"
    chart = Chart(
        "GPU-hours by day",
        text,
        lambda width: charts.columns("GPU-hours by day", text, names, series, lambda value: f"{value:.0f} h", width),
    )
    table = Table(
        ("GPUs", "paid hours", "busy", "bill", "idle part", "full", "allocated", "energy"),
        tuple(
            (
                f"{one.target}: {plural(one.replicas, 'replica')}, {plural(one.gpus, 'GPU')}",
                f"{one.hours:,.0f}",
                share(one.utilisation),
                usd(one.reserved),
                usd(one.idle),
                usd(one.per_million(one.reserved)),
                usd(one.per_million(one.allocated)),
                usd(one.per_million(one.energy)),
            )
            for one in found.gpus
        ),
        "Full, allocated and energy (the marginal cost) in USD per million tokens of answered requests.",
    )
    return Section("Your own GPUs", tuple(_breakeven(one, found) for one in found.gpus), (chart, table))


def _breakeven(one: Gpus, found: Figures) -> str:
    """The target at its break-even against each baseline that has prices."""
    ratios = [(baseline.model, one.breakeven(baseline.name)) for baseline in found.house.reporting.baselines]
    said = [f"{share(ratio)} of what they cost against {model}" for model, ratio in ratios if ratio is not None]
    begun = f"{one.target} was busy {share(one.utilisation)} of the paid time"
    return f"{begun}. Its answers were worth {', '.join(said)}; above 100 % the GPUs pay for themselves." if said else f"{begun}."


def speed(found: Figures) -> Section:
    """How fast it was."""
    rows = [one for one in found.speeds if one.total is not None]
    own = next((one.own for one in rows if one.path == "all"), None)
    spans = [Span(f"{one.path}: first byte", one.first, one.path) for one in rows if one.first is not None and one.path != "all"]
    spans += [Span(f"{one.path}: whole answer", one.total, one.path) for one in rows if one.total is not None and one.path != "all"]
    text = "circle: half of the requests were faster; diamond: 95 of 100; bar: 99 of 100"
    shown: list[Table | Chart] = []
    if spans:
        shown.append(Chart("Time to the first byte and to the last", text, lambda width: charts.spans("Speed", text, spans, _tick, width)))
    head = ("path", "answered", "first byte p50", "p95", "p99", "whole answer p50", "p95", "p99")
    shown.append(Table(head, tuple((one.path, count(one.requests), *_three(one.first), *_three(one.total)) for one in rows), total=True))
    said = (f"The gateway's own time: {seconds(own[0])} for half of the requests, {seconds(own[2])} or less for 99 of 100.",) if own else ()
    return Section("How fast it was", said, tuple(shown))


def _tick(value: float) -> str:
    return f"{value * 1000:g} ms" if value < 1 else f"{value:g} s"


def _three(values: Three | None) -> tuple[str, str, str]:
    return (DASH, DASH, DASH) if values is None else (seconds(values[0]), seconds(values[1]), seconds(values[2]))


def trouble(found: Figures) -> Section:
    """What did not go as planned."""
    one = found.trouble
    served = one.results.get("served", 0)
    said = [f"{share(served, one.requests)} of {plural(one.requests, 'request')} were served to the end."]
    fell_back, part = plural(one.fell_back, "request"), share(one.fell_back, one.asked)
    said.append(f"{fell_back} ({part}) got their answer from another target than the first of their chain.")
    if one.hedges:
        said.append(f"Second attempts beside slow ones: {_listed(one.hedges)} (which was quicker).")
    if one.cascades:
        said.append(f"Local answers that were judged: {_listed(one.cascades)}.")
    if one.redactions:
        said.append(f"Requests to be redacted: {_listed(one.redactions)}.")
    shown = [
        Table(("ended", "requests", "share"), tuple((name, count(many), share(many, one.requests)) for name, many in one.results.items()))
    ]
    if one.fallbacks:
        rows = tuple((f"{first}, then {then}", count(many), share(many, one.asked)) for (first, then), many in one.fallbacks.items())
        shown.append(Table(("answered by another", "requests", "share"), rows))
    if one.failures:
        shown.append(Table(("failed attempts", "kind", "count"), tuple((*key, count(many)) for key, many in one.failures.items()), words=1))
    if one.codes:
        shown.append(Table(("error code", "requests"), tuple((name, count(many)) for name, many in one.codes.items())))
    return Section("What went wrong", tuple(said), tuple(shown))


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count(many)}" for name, many in counts.items())


def tenants(found: Figures) -> Section:
    """Who spent it."""
    lines = [*found.tenants, *([found.other_tenants] if found.other_tenants else [])]
    most = max((line.cost for line in lines), default=0) or 1
    table = Table(
        ("tenant", "requests", "tokens", "cost", "share", "per request"),
        tuple(_tenant(line, found.money.whole.cost) for line in lines),
        parts=tuple(line.cost / most for line in lines),
    )
    return Section("Who spent it", (), (table,), ("Without idle GPUs and the gateway itself, which nobody in particular caused.",))


def _tenant(line: Line, whole: int) -> tuple[str, ...]:
    return (line.name, count(line.requests), short(line.tokens), usd(line.cost), share(line.cost, whole), usd(line.per_request))


def doubts(found: Figures) -> Section:
    """The honesty box: what is not known, estimated or lost."""
    one, money = found.doubtful, found.money
    said = []
    if one.unknown_cost:
        many = plural(money.whole.unknown, "request")
        whose = {name or "none that answered": number for name, number in one.unknown_cost.items()}
        said.append(f"Unknown cost: {many} ({_listed(whose)}). Not counted as zero: in no sum, no rate.")
    if one.unknown_tokens:
        said.append(f"Unknown tokens: {plural(one.unknown_tokens, 'answered request')} came without usage.")
    if one.estimated:
        part = share(one.estimated_cost, money.whole.cost)
        many = plural(one.estimated, "request")
        said.append(f"Estimated: the usage of {many} that broke off, {usd(one.estimated_cost)}, {part} of what requests cost.")
    if money.unseen:
        say = (
            "is in the cost of no row here: lost, outside the period, or of a request whose whole cost is unknown"
            if money.unseen > 0
            else "was less than rows here say: some began before the period"
        )
        said.append(f"GPU time: {usd(abs(money.unseen))} of it {say}. It is in what was spent.")
    said += [f"Lost: {plural(many, 'row')} ({reason}). What they cost is not in this report." for reason, many in one.lost.items()]
    if one.paid_share is not None and one.paid_share < 0.995:
        said.append(
            f"The bill of the GPUs covers {share(one.paid_share)} of the period: the rest of the time they were off, or nobody counted."
        )
    if one.first is not None and one.last is not None:
        said.append(f"The first request ended at {moment(one.first)}, the last at {moment(one.last)}, UTC.")
    return Section("What is not known", tuple(said))


def reckoning(found: Figures) -> Section:
    """How the figures came about, for who wants to check them."""
    interval = (
        f"The interval: blocks of time ({found.blocks}) are drawn anew 2,000 times, as requests minutes apart are alike; how much there "
        "was to do stays as it was. Where a length ratio has an interval, it is drawn too. Prices are taken as certain."
    )
    home = (
        f"All at home: a GPU does what it did in the busiest tenth of the hours ({READ} tokens read are as much work as one written), "
        f"and is filled to {share(FULL)} at most in the busiest hour. What it could do is not known: so it would have cost that at most."
    )
    return Section("How this was reckoned", notes=(_SPENT, _BASELINE, interval, home))
