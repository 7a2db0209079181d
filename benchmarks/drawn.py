"""A dashboard drawn from its JSON and the answers to its queries: the grid of panels, each as its type and units say."""

import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from benchmarks.drawn_words import Points, folded, joined, written

mpl.use("Agg")
Answers = Mapping[str, Mapping[frozenset[tuple[str, str]], Points]]

CELL_W, CELL_H, DPI = 0.62, 0.37, 100
PAPER, CARD, EDGE, INK, FAINT = "#f4f5f7", "#ffffff", "#dcdfe4", "#24292e", "#6a737d"
LINES = ("#3274d9", "#e0752d", "#56a64b", "#8f3bb8", "#e02f44", "#1aa3a3", "#b8860b", "#5c6670", "#d15c9c", "#7a9a01", "#37526d", "#a65b3a")
NAMED = {
    "green": "#56a64b",
    "yellow": "#e0b400",
    "orange": "#e0752d",
    "red": "#e02f44",
    "blue": "#3274d9",
    "text": INK,
    "dark-red": "#a01020",
}
MOST_LEGENDS = 8


def drawn(board: Mapping[str, Any], data: Mapping[int, Answers]) -> bytes:
    """A PNG of the whole dashboard."""
    lines = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"]) + 2
    figure = Figure(figsize=(24 * CELL_W, lines * CELL_H), facecolor=PAPER)
    figure.text(0.008, 1 - 1.1 / lines, board["title"], fontsize=15, weight="bold", color=INK, va="center")
    for panel in board["panels"]:
        at = panel["gridPos"]
        left, low, wide, high = at["x"] / 24, 1 - (at["y"] + at["h"] + 2) / lines, at["w"] / 24, at["h"] / lines
        if panel["type"] == "row":
            figure.text(0.008, low + high / 2, f"▾  {panel['title']}", fontsize=11, weight="bold", color=INK, va="center")
            continue
        gap_x, gap_y = 0.003, 0.10 / lines
        figure.add_artist(
            Rectangle(
                (left + gap_x, low + gap_y),
                wide - 2 * gap_x,
                high - 2 * gap_y,
                transform=figure.transFigure,
                fc=CARD,
                ec=EDGE,
                lw=0.8,
                zorder=0,
            )
        )
        figure.text(left + 0.008, low + high - 0.62 / lines, panel["title"], fontsize=9.5, weight="bold", color=INK, va="center")
        below = 1.9 if panel["type"] in ("timeseries", "state-timeline") else 0.7 if panel["type"] == "heatmap" else 0.3
        margin = 0.012 if panel["type"] in ("stat", "table") else 0.042
        inner = (left + margin, low + below / lines, wide - margin - 0.013, high - (below + 1.3) / lines)
        _PANELS[panel["type"]](figure.add_axes(inner), panel, _named(data[panel["id"]], by_labels=panel["type"] == "table"))
    out = io.BytesIO()
    figure.savefig(out, dpi=DPI, format="png")
    return out.getvalue()


def _legend_of(legend: str, labels: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), legend)


def _named(answers: Answers, *, by_labels: bool) -> dict[str, Points]:
    """Series by what the legend makes of their labels."""
    found: dict[str, Points] = {}
    for legend, series in answers.items():
        for labels, points in sorted(series.items(), key=lambda row: sorted(row[0])):
            words = {key: value for key, value in sorted(labels) if key not in ("__name__", "job")}
            name = ", ".join(f"{key}={value}" for key, value in words.items()) if by_labels else _legend_of(legend, words)
            found[re.sub(r"127\.0\.0\.1:\d+", "gateway:9090", name)] = points
    return found


def _quiet(axes: Axes) -> None:
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xticks([])
    axes.set_yticks([])


def _nothing(axes: Axes, panel: Mapping[str, Any]) -> None:
    _quiet(axes)
    axes.text(
        0.5,
        0.5,
        panel["fieldConfig"]["defaults"].get("noValue", "No data"),
        ha="center",
        va="center",
        color=FAINT,
        fontsize=10,
        transform=axes.transAxes,
    )


def _colour(panel: Mapping[str, Any], value: float) -> str:
    found = "text"
    for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]:
        if step["value"] is None or value >= step["value"]:
            found = step["color"]
    return NAMED[found]


def _stat(axes: Axes, panel: Mapping[str, Any], series: dict[str, Points]) -> None:
    if not series:
        _nothing(axes, panel)
        return
    _quiet(axes)
    value = next(iter(series.values()))[-1][1]
    unit = panel["fieldConfig"]["defaults"]["unit"]
    text = f"{value:,.0f}" if unit == "short" and value < 1e6 else written(value, unit)
    axes.text(0.5, 0.45, text, ha="center", va="center", fontsize=19, color=_colour(panel, value), transform=axes.transAxes)


def _time(axes: Axes, low: float, high: float) -> None:
    ticks = np.linspace(low, high, 5)[:-1]
    axes.set_xticks(ticks, [datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S") for at in ticks])
    axes.set_xlim(low, high)
    axes.tick_params(labelsize=7, colors=FAINT, length=0)


def _ends(series: Mapping[str, Points]) -> tuple[float, float]:
    times = [at for points in series.values() for at, _ in points]
    return min(times), max(*times, min(times) + 1)


def _timeseries(axes: Axes, panel: Mapping[str, Any], series: dict[str, Points]) -> None:
    if not series:
        _nothing(axes, panel)
        return
    fields = panel["fieldConfig"]["defaults"]
    peaks = sorted(series, key=lambda name: -max((value for _, value in series[name] if not math.isnan(value)), default=0))
    colours = {name: LINES[place % len(LINES)] for place, name in enumerate(peaks)}
    if fields["custom"]["stacking"]["mode"] == "normal":
        _stack(axes, series, colours)
    else:
        for name, points in series.items():
            axes.plot(*zip(*points, strict=True), color=colours[name], lw=1.3, marker="." if len(points) < 3 else "", ms=3)
    high = axes.get_ylim()[1]
    top = fields.get("max") or (high if any(value > 0 for points in series.values() for _, value in points) else 1.0)
    axes.set_ylim(0, top * 1.04 if fields.get("max") else top)
    for step in fields["thresholds"]["steps"]:
        if step["value"] is not None and step["value"] <= axes.get_ylim()[1] and "thresholdsStyle" in fields["custom"]:
            axes.axhline(step["value"], color=NAMED[step["color"]], lw=1, ls=(0, (4, 3)))
    _frame(axes, fields["unit"])
    _time(axes, *_ends(series))
    _legend(axes, [(name, colours[name]) for name in peaks])


def _stack(axes: Axes, series: Mapping[str, Points], colours: Mapping[str, str]) -> None:
    times = sorted({at for points in series.values() for at, _ in points})
    ground = np.zeros(len(times))
    for name, points in series.items():
        have = dict(points)
        values = np.nan_to_num(np.array([have.get(at, 0.0) for at in times]))
        axes.fill_between(times, ground, ground + values, color=colours[name], alpha=0.4, lw=0)
        axes.plot(times, ground + values, color=colours[name], lw=0.9)
        ground += values


def _frame(axes: Axes, unit: str) -> None:
    axes.set_facecolor(CARD)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color="#eceef1", lw=0.8)
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5))
    axes.yaxis.set_major_formatter(lambda value, _: written(value, unit))


def _legend(axes: Axes, names: Sequence[tuple[str, str]]) -> None:
    shown = names[:MOST_LEGENDS]
    handles = [mpl.lines.Line2D([], [], color=colour, lw=2.5) for _, colour in shown]
    words = [name if len(name) < 44 else name[:42] + "…" for name, _ in shown]
    if names[MOST_LEGENDS:]:
        handles.append(mpl.lines.Line2D([], [], color="none"))
        words.append(f"and {len(names) - MOST_LEGENDS} more")
    inches = axes.get_position().width * 24 * CELL_W
    columns = max(1, min(len(words), int(inches * 1.08 / (0.24 + 0.056 * max(map(len, words))))))
    axes.legend(
        handles,
        words,
        loc="upper left",
        bbox_to_anchor=(-0.06, -0.085),
        ncols=columns,
        fontsize=7,
        frameon=False,
        labelcolor=FAINT,
        handlelength=1.1,
        handletextpad=0.4,
        columnspacing=1.0,
        labelspacing=0.25,
        borderaxespad=0.2,
    )


def _states(axes: Axes, panel: Mapping[str, Any], series: dict[str, Points]) -> None:
    if not series:
        _nothing(axes, panel)
        return
    known = {float(value): one for mapping in panel["fieldConfig"]["defaults"]["mappings"] for value, one in mapping["options"].items()}
    step = min((b[0] - a[0] for points in series.values() for a, b in pairwise(points)), default=1.0)
    for line, points in enumerate(series.values()):
        for at, value in points:
            axes.barh(line, step * 1.02, left=at, height=0.72, color=NAMED[known[value]["color"]], lw=0)
    axes.set_yticks(range(len(series)), list(series))
    axes.set_ylim(len(series) - 0.5, -0.5)
    for side in axes.spines.values():
        side.set_visible(False)
    _time(axes, *_ends(series))
    _legend(axes, [(one["text"], NAMED[one["color"]]) for one in known.values()])


def _heatmap(axes: Axes, panel: Mapping[str, Any], series: dict[str, Points]) -> None:
    rows = sorted(((float(name), points) for name, points in series.items()), key=lambda row: row[0])
    if not rows:
        _nothing(axes, panel)
        return
    times = sorted({at for _, points in rows for at, _ in points})
    table = np.nan_to_num(np.array([[dict(points).get(at, 0.0) for at in times] for _, points in rows]))
    cells = np.clip(np.diff(table, axis=0, prepend=0), 0, None)
    used = max((place for place, row in enumerate(cells) if row.max() > 0.05), default=len(rows) - 1)
    cells = np.ma.masked_less(cells[: used + 1], 0.05)
    axes.pcolormesh([*times, times[-1] + 1], range(used + 2), cells**0.5, cmap="Blues", vmin=0)
    unit = panel["options"]["yAxis"]["unit"]
    every = max(1, (used + 1) // 7)
    axes.set_yticks(
        range(1, used + 2, every),
        ["∞" if rows[place][0] == float("inf") else written(rows[place][0], unit) for place in range(0, used + 1, every)],
    )
    for side in axes.spines.values():
        side.set_visible(False)
    _time(axes, times[0], times[-1] + 1)


def _table(axes: Axes, panel: Mapping[str, Any], series: dict[str, Points]) -> None:
    _quiet(axes)
    if not series:
        _nothing(axes, panel)
        return
    fold = next((one["options"] for one in panel["transformations"] if one["id"] == "groupingToMatrix"), None)
    heads, rows = joined(series) if fold is None else folded(series, fold["rowField"], fold["columnField"])
    columns = np.linspace(0.0, 1.0, len(heads) + 1)
    for line, row in enumerate([heads, *rows][:9]):
        for place, text in enumerate(row):
            axes.text(
                columns[place],
                0.95 - line * 0.125,
                text,
                fontsize=8.5,
                color=FAINT if not line else INK,
                va="center",
                weight="bold" if not line else "normal",
                transform=axes.transAxes,
            )


_PANELS: Mapping[str, Callable[[Axes, Mapping[str, Any], dict[str, Points]], None]] = {
    "stat": _stat,
    "timeseries": _timeseries,
    "state-timeline": _states,
    "heatmap": _heatmap,
    "table": _table,
}
