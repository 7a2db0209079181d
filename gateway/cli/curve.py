"""The curve of all thresholds, quality by the share that leaves: in a terminal, as SVG, as HTML, and as PNG where matplotlib is."""

import importlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.outcomes import LogError
from router.tuning import Point

WIDTH, HEIGHT = 60, 12
"""Characters of the plot in a terminal."""

_LEFT, _TOP, _WIDE, _HIGH = 70, 56, 600, 320
"""The SVG's frame, in pixels."""

_TITLE = "Quality by the share of requests that leaves"

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .2rem 1rem .2rem 0; } pre { overflow-x: auto; }
""".strip()


@dataclass(frozen=True, slots=True)
class Mark:
    """A threshold to be shown: what it is called, and where it lies."""

    name: str
    point: Point


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn. `floor`: the least quality that is asked for; None: none is."""

    points: Sequence[Point]
    marks: Sequence[Mark]
    floor: float | None = None

    @property
    def low(self) -> float:
        """The bottom of the axis of quality: a multiple of 0.05 below everything."""
        values = [point.quality for point in self.points] + ([self.floor] if self.floor is not None else [])
        return max(0.0, math.floor(min(values) * 20 - 0.2) / 20)

    @property
    def high(self) -> float:
        """Its top."""
        return min(1.0, math.ceil(max(point.quality for point in self.points) * 20 + 0.2) / 20)


def text(drawing: Drawing) -> str:
    """For a terminal: the curve as dots, the marks as digits, the least quality as a dashed line, chance as points."""
    rows = [[" "] * (WIDTH + 1) for _ in range(HEIGHT + 1)]
    span = drawing.high - drawing.low

    def put(share: float, quality: float, sign: str) -> None:
        rows[HEIGHT - round((quality - drawing.low) / span * HEIGHT)][round(share * WIDTH)] = sign

    local, cloud = drawing.points[-1], drawing.points[0]
    if drawing.floor is not None and drawing.floor >= drawing.low:
        for at in range(WIDTH + 1):
            put(at / WIDTH, drawing.floor, "-")
    for at in range(WIDTH + 1):
        put(at / WIDTH, local.quality + (cloud.quality - local.quality) * at / WIDTH, "·")
    for point in drawing.points:
        put(point.cloud_share, point.quality, "●")
    for number, mark in enumerate(drawing.marks, 1):
        put(mark.point.cloud_share, mark.point.quality, str(number))
    lines = [
        f"{drawing.high - span * at / HEIGHT:8.3f} │{''.join(row)}" if at % 3 == 0 else f"{'':8} │{''.join(row)}"
        for at, row in enumerate(rows)
    ]
    scale = "".join(f"{share:<15}" for share in ("0 %", "25 %", "50 %", "75 %")) + "100 %"
    keys = "   ".join(f"{number} {mark.name}" for number, mark in enumerate(drawing.marks, 1))
    legend = f"● by score   · at random{'' if drawing.floor is None else '   - the least quality asked for'}   {keys}"
    return "\n".join([" quality", *lines, f"{'':8} └{'─' * (WIDTH + 1)}", f"{'':10}{scale}  leaves", f"{'':10}{legend}"])


def svg(drawing: Drawing) -> str:
    """A figure on its own, which follows the colours of the page that it stands in."""
    local, cloud = drawing.points[-1], drawing.points[0]
    (x_local, y_local), (x_cloud, y_cloud) = _at(drawing, 0.0, local.quality), _at(drawing, 1.0, cloud.quality)
    parts = [*_axes(drawing)]
    parts.append(f'<line x1="{x_local}" y1="{y_local}" x2="{x_cloud}" y2="{y_cloud}" stroke="currentColor" stroke-dasharray="2 5"/>')
    if drawing.floor is not None and drawing.floor >= drawing.low:
        left, height = _at(drawing, 0.0, drawing.floor)
        parts += [
            f'<line x1="{left}" x2="{x_cloud}" y1="{height}" y2="{height}" stroke="#c2410c" stroke-dasharray="8 5"/>',
            f'<text x="{left + 6}" y="{height - 6}" fill="#c2410c">the least quality asked for</text>',
        ]
    places = (_at(drawing, share, quality) for share, quality in dict.fromkeys((one.cloud_share, one.quality) for one in drawing.points))
    line = " ".join(f"{x},{y}" for x, y in places)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#0f766e" stroke-width="3"/>')
    for mark in drawing.marks:
        x, y = _at(drawing, mark.point.cloud_share, mark.point.quality)
        # Beside the curve, which rises: below it on the left, above it on the right.
        side, below, anchor = (-6, -14, "end") if mark.point.cloud_share > 0.5 else (10, 22, "start")
        parts += [
            f'<circle cx="{x}" cy="{y}" r="6" fill="#0f766e" stroke="Canvas" stroke-width="2"/>',
            f'<text x="{x + side}" y="{y + below}" text-anchor="{anchor}">{_escaped(mark.name)}</text>',
        ]
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDE + 30} {_TOP + _HIGH + 60}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="14" fill="currentColor">\n'
        f"<title>{_TITLE}</title>\n{body}\n</svg>\n"
    )


def _at(drawing: Drawing, share: float, quality: float) -> tuple[float, float]:
    """Where in the frame, in pixels."""
    height = (drawing.high - quality) / (drawing.high - drawing.low)
    return round(_LEFT + share * _WIDE, 1), round(_TOP + height * _HIGH, 1)


def _axes(drawing: Drawing) -> Iterator[str]:
    yield f'<text x="{_LEFT}" y="24" font-weight="bold">{_TITLE}</text>'
    for step in range(5):
        quality = drawing.low + (drawing.high - drawing.low) * step / 4
        x, y = _at(drawing, step / 4, quality)
        yield f'<line x1="{_LEFT}" x2="{_LEFT + _WIDE}" y1="{y}" y2="{y}" stroke="currentColor" opacity=".15"/>'
        yield f'<text x="{_LEFT - 10}" y="{y + 5}" text-anchor="end">{quality:.3f}</text>'
        yield f'<text x="{x}" y="{_TOP + _HIGH + 24}" text-anchor="middle">{step / 4:.0%}</text>'
    yield f'<text x="{_LEFT}" y="{_TOP + _HIGH + 48}">solid: by score; dotted: the same share, taken at random</text>'


def write(drawing: Drawing, path: Path, said: str) -> None:
    """To a file, by its ending; `said` stands below the figure in HTML. Raises `LogError` for a PNG where matplotlib is not installed."""
    if path.suffix == ".png":
        _png(drawing, path)
    elif path.suffix == ".svg":
        path.write_text(svg(drawing), encoding="utf-8")
    else:
        page = f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>tidegate tune</title>\n<style>\n{_STYLE}\n</style>\n'
        path.write_text(f"{page}{svg(drawing)}<pre>{_escaped(said)}</pre>\n</html>\n", encoding="utf-8")


def _png(drawing: Drawing, path: Path) -> None:
    try:
        figure = importlib.import_module("matplotlib.figure")
    except ImportError:
        raise LogError("a PNG needs matplotlib: pip install matplotlib, or name a file that ends in .html or .svg") from None
    made = figure.Figure(figsize=(8, 5), dpi=120, layout="constrained")
    axes = made.add_subplot(xlabel="share that leaves", ylabel="quality", title=_TITLE)
    axes.plot([one.cloud_share for one in drawing.points], [one.quality for one in drawing.points], color="#0f766e", label="by score")
    ends = (drawing.points[-1], drawing.points[0])
    axes.plot([one.cloud_share for one in ends], [one.quality for one in ends], ":", color="black", label="at random")
    if drawing.floor is not None:
        axes.axhline(drawing.floor, color="#c2410c", linestyle="--", label="the least quality asked for")
    for mark in drawing.marks:
        axes.plot(mark.point.cloud_share, mark.point.quality, "o", label=mark.name)
    axes.legend()
    made.savefig(path)


def _escaped(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
