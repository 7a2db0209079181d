"""What is written in drawn dashboards: values in their units, tables of what queries gave."""

import math
from collections.abc import Mapping

Points = list[tuple[float, float]]


def written(value: float, unit: str) -> str:
    """A value in its unit, as Grafana shortens it."""
    if math.isnan(value):
        return "–"
    size = abs(value)
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "currencyUSD":
        return f"${value:,.2f}" if size >= 0.095 or not size else f"${value:.2g}"
    if unit == "s":
        scale, word = (1, "s") if size >= 1 else (1e3, "ms") if size >= 1e-3 or not size else (1e6, "µs")
        return f"{value * scale:.3g} {word}"
    end = {"reqps": " req/s", "cps": " /s", "Bps": "B/s", "bytes": "B", "d": " d"}.get(unit, "")
    for least, word in ((1e6, " M"), (1e3, " k")):
        if size >= least:
            return f"{value / least:.3g}{word}{end.lstrip() if end.startswith('B') else end}"
    return f"{value:.3g}{' ' if end.startswith('B') else ''}{end}"


def _labelled(series: Mapping[str, Points]) -> list[tuple[dict[str, str], float]]:
    return [(dict(part.split("=", 1) for part in name.split(", ") if "=" in part), points[-1][1]) for name, points in series.items()]


def folded(series: Mapping[str, Points], down: str, across: str) -> tuple[list[str], list[list[str]]]:
    labelled = _labelled(series)
    heads = sorted({labels[across] for labels, _ in labelled})
    cells = {(labels[down], labels[across]): value for labels, value in labelled}
    return [down, *heads], [[name, *(f"{cells.get((name, head), 0):,.0f}" for head in heads)] for name in sorted({one for one, _ in cells})]


def joined(series: Mapping[str, Points]) -> tuple[list[str], list[list[str]]]:
    """One row for each gateway."""
    rows: dict[str, dict[str, str]] = {}
    for labels, _ in _labelled(series):
        rows.setdefault(labels["instance"], {}).update(labels)
    heads = list(dict.fromkeys(name for row in rows.values() for name in row))
    return heads, [[row.get(head, "")[:12] for head in heads] for row in rows.values()]
