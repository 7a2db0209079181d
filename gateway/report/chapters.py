"""The chapters of a report: savings, money, traffic, sensitivity; the rest is in `gateway.report.more_chapters`."""

from collections.abc import Iterator

from gateway.report import charts
from gateway.report.charts import Bar, Series
from gateway.report.document import Chart, Section, Table
from gateway.report.figures import Figures
from gateway.report.money import Line
from gateway.report.more_chapters import doubts, gpu_time, reckoning, speed, tenants, trouble
from gateway.report.numbers import DASH, count, dollars, plural, share, short, usd
from gateway.report.period import day_name
from gateway.report.savings import Savings

NAMES = {
    "local": "local: your own GPUs",
    "redacted": "redacted: cloud, values masked",
    "cloud": "cloud",
    "cache": "cache",
    "blocked": "blocked: no answer",
}
"""Paths as people who do not know them read them."""


_NOTHING = "request has both a known cost and known tokens"


def chapters(found: Figures) -> Iterator[Section]:
    """All of them, in the order in which they matter to who pays."""
    yield _savings(found)
    yield _money(found)
    yield _sensitivity(found)
    yield _over_time(found)
    yield _routing(found)
    if found.gpus:
        yield gpu_time(found)
    yield speed(found)
    yield trouble(found)
    yield tenants(found)
    yield doubts(found)
    yield reckoning(found)


def _savings(found: Figures) -> Section:
    if not found.savings:
        say = "No baseline is declared. Name one in the configuration: `baselines: {all_gpt: {target: gpt}, at_home: all_local}`."
        return Section("Does it pay?", (say,))
    total = found.money.total
    rows = [Bar("really spent", total / 1e6, dollars(total), "spent")]
    for one in found.savings:
        if one.baseline is not None:
            low, high = (None, None) if one.low is None or one.high is None else ((one.spent + one.low) / 1e6, (one.spent + one.high) / 1e6)
            rows.append(Bar(_named(one), one.baseline / 1e6, dollars(one.baseline), "baseline", low, high))
    table = Table(
        ("baseline", "would have cost", "was spent", "saved", "share", "19 of 20 times between"),
        tuple(
            (
                _named(one),
                usd(one.baseline),
                usd(one.spent),
                usd(one.saved),
                share(one.share) if one.share is not None else DASH,
                DASH if one.low is None else f"{usd(one.low)} and {usd(one.high)}",
            )
            for one in found.savings
        ),
        "What everything would have cost elsewhere. A minus: it would have been cheaper there.",
    )
    text = ", ".join(f"{row.name} {row.text}" for row in rows)
    chart = Chart("What it cost, and what it would have cost", text, lambda width: charts.bars("Cost", text, rows, width))
    said = ["A baseline is a price, not a promise: whether its answers would have been as good is not said here."]
    said += [
        f"{one.name}: nothing can be said, because no {'GPU at home had a bill or work' if one.compared else _NOTHING}."
        for one in found.savings
        if one.baseline is None
    ]
    return Section("Does it pay?", tuple(said), (chart, table), (*map(_about, found.savings), *_sides(found)))


def _named(one: Savings) -> str:
    if one.needed is None or one.gpus is None:
        return f"all at {one.model}"
    return "all at home" if one.needed <= one.gpus else f"all at home, on up to {plural(one.needed, 'GPU')}"


def _about(one: Savings) -> str:
    length = f"answers {one.length.ratio:.2f} times as long, {one.length.origin}"
    if one.length.low is not None and one.length.high is not None:
        length += f" ({one.length.low:.2f} to {one.length.high:.2f})"
    home = ""
    if one.needed is not None and one.gpus is not None:
        home = f" The busiest hour would have taken {plural(one.needed, 'GPU')} at the pace of the busiest hours; there were {one.gpus}"
        home += (
            f". How much more each could do is not known: had those done, it would have cost {dollars(one.least)}."
            if one.needed > one.gpus
            else ", so what is compared is the bill as it was."
        )
    return f"{one.name} ({one.model}): {length}.{home}"


def _sides(found: Figures) -> Iterator[str]:
    """What is on both sides of each comparison: mostly the same of all."""
    for compared, left_out in dict.fromkeys((one.compared, one.left_out) for one in found.savings):
        left = f"; {count(left_out)} left out of both sides: cost or tokens unknown, or embeddings." if left_out else "."
        yield f"Compared: {plural(compared, 'request')}{left}"


def _money(found: Figures) -> Section:
    money = found.money
    parts = [
        *((NAMES[line.name].partition(":")[0], line.cost - line.beside, line.name) for line in money.paths if line.cost),
        ("calls beside answers", money.whole.beside, "beside"),
        ("idle GPUs", money.idle, "idle"),
        ("GPU time without a row", money.unseen, "unseen"),
        ("the gateway itself", money.gateway, "gateway"),
    ]
    rows = [Bar(name, micro / 1e6, f"{dollars(micro)}, {share(micro, money.total)}", kind) for name, micro, kind in parts if micro > 0]
    text = ", ".join(f"{row.name} {row.text}" for row in rows)
    chart = Chart("By purpose", text, lambda width: charts.bars("Where the money went", text, rows, width))
    lines = [_cost_row(NAMES[line.name], line) for line in money.paths]
    rest = [("idle GPUs", money.idle), ("GPU time without a row", money.unseen), ("the gateway itself", money.gateway)]
    lines += [(name, DASH, DASH, usd(micro), DASH, DASH, DASH) for name, micro in rest if micro]
    whole = ("everything", count(money.whole.requests), short(money.whole.tokens), usd(money.total), usd(money.per_million))
    lines.append((*whole, usd(money.per_request), count(money.whole.unknown)))
    head = ("path", "requests", "tokens", "cost", "per million tokens", "per request", "cost unknown")
    said = []
    if money.whole.beside:
        why = ", ".join(f"{usd(micro)} {name}" for name, micro in money.purposes.items())
        said.append(f"{usd(money.whole.beside)} went into calls that answers did not need{f': {why}' if why else ''}.")
    notes = ("Rates are over requests whose cost and tokens are known; those of everything hold all that was spent, idle GPUs too.",)
    table = Table(head, tuple(lines), total=True)
    shown: tuple[Table | Chart, ...] = (chart, table) if rows else (table,)
    return Section("Where the money went", tuple(said), shown, notes)


def _cost_row(name: str, line: Line) -> tuple[str, ...]:
    return (
        name,
        count(line.requests),
        short(line.tokens),
        usd(line.cost),
        usd(line.per_million),
        usd(line.per_request),
        count(line.unknown),
    )


def _sensitivity(found: Figures) -> Section:
    one = found.sensitivity
    if one.astray:
        said = [f"{plural(one.astray, 'request')} went to a destination outside that is not cleared for its label. This has to be 0."]
    else:
        said = ["No request went to a destination that is not cleared for its label."]
    if one.unknown:
        said.append(
            f"{plural(one.unknown, 'request')} went to destinations that the configuration of today does not have; they cannot be judged."
        )
    said.append(f"Sensitive here: {', '.join(one.labels) or 'no label'}; no destination outside is cleared for that.")
    rows = [(NAMES[path], count(many), share(many, one.requests)) for path, many in one.by_path.items()]
    rows.append(("sent where it may not go", count(one.astray), share(one.astray, one.requests)))
    table = Table(("sensitive requests", "count", "share"), tuple(rows), total=True)
    return Section("Sensitive requests", tuple(said), (table,))


def _over_time(found: Figures) -> Section:
    days, hours = found.days, found.hours
    names = [day_name(at) for at in days.at]
    costs = [Series(path, [micro / 1e6 for micro in days.cost[path]], path) for path in days.cost if sum(days.cost[path])]
    if sum(days.idle):
        costs.append(Series("idle GPUs", [max(0, micro) / 1e6 for micro in days.idle], "idle"))
    volumes = [Series(path, hours.requests[path], path) for path in hours.requests if path != "blocked"]
    shown: list[Table | Chart] = []
    if costs:
        text = "; ".join(f"{name} {dollars(1e6 * sum(one.values[at] for one in costs))}" for at, name in enumerate(names))
        shown.append(
            Chart(
                "Cost by day",
                text,
                lambda width: charts.columns("Cost by day", text, names, costs, lambda value: dollars(value * 1e6), width),
            )
        )
    if volumes and found.money.whole.requests:
        labels = [(round((at - found.period.since) / 3_600), name) for at, name in zip(days.at, names, strict=True)]
        busiest = max(range(len(hours.at)), key=lambda at: sum(one.values[at] for one in volumes))
        most = f"at most {count(sum(one.values[busiest] for one in volumes))}, on {day_name(hours.at[busiest])}"
        shown.append(Chart("Requests by hour", most, lambda width: charts.lines("Requests by hour", most, labels, volumes, short, width)))
    table = Table(
        ("day", *(f"{path} requests" for path in days.requests), "cost, idle GPUs too"),
        tuple(
            (
                name,
                *(count(days.requests[path][at]) for path in days.requests),
                usd(sum(days.cost[path][at] for path in days.cost) + days.idle[at]),
            )
            for at, name in enumerate(names)
        ),
    )
    return Section("Day by day", (), (*shown, table), ("Days and hours are those of UTC.",))


def _routing(found: Figures) -> Section:
    shown = []
    for title, table in (("label", found.by_label), ("route", found.by_route)):
        paths = list(next(iter(table.values()), {}))
        most = max((sum(row.values()) for row in table.values()), default=1) or 1
        rows = tuple(
            (name, *(count(row[path]) if row[path] else "0" for path in paths), count(sum(row.values()))) for name, row in table.items()
        )
        shown.append(
            Table(
                (title, *paths, "all"),
                rows,
                f"Requests by {title} and path",
                parts=tuple(sum(row.values()) / most for row in table.values()),
            )
        )
    return Section("Where requests went", (), tuple(shown))
