"""Charts as inline SVG, in a few kinds of marks: bars, columns, lines, spans. No script; colours are CSS variables of the page.

Colour is never alone: everything is named beside its mark, areas are hatched and lines dashed by their class. A class is a word such as
`local`, which the page's style gives a colour. Texts are escaped here.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

Say = Callable[[float], str]
"""How a value is written."""

_CHAR = 7.6
"""Pixels of a character of 13 pixels in the widest of the fonts that a page may get, on average."""
_BOLD = 8.9
_LINE = 17


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one name; `kind` is its class."""

    name: str
    values: Sequence[float]
    kind: str


class Bar(NamedTuple):
    """A bar of that length with what is written behind it; `low` and `high` are the ends of a whisker, where there is one."""

    name: str
    value: float
    text: str
    kind: str
    low: float | None = None
    high: float | None = None


def _svg(width: int, height: float, title: str, text: str, parts: Iterator[str]) -> str:
    body = "\n".join(parts)
    label = escape(f"{title}. {text}")
    return (
        f'<svg viewBox="0 0 {width} {height:.0f}" width="{width}" height="{height:.0f}" role="img" aria-label="{label}">\n'
        f"<title>{escape(title)}</title><desc>{escape(text)}</desc>\n{body}\n</svg>"
    )


def _text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named}>{escape(said)}</text>'


def ticks(top: float, most: int = 4) -> list[float]:
    """Round values from 0 to the first above `top`, at most `most` steps."""
    if top <= 0:
        return [0.0, 1.0]
    raw = top / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * 0.999)
    return [step * at for at in range(math.ceil(top / step - 1e-9) + 1)]


def bars(title: str, text: str, rows: Sequence[Bar], width: int) -> str:
    """One bar below the other, each with its name before it, or above it where there is little room, and its value behind it."""
    is_narrow = width < 560
    left = 0.0 if is_narrow else max(len(row.name) for row in rows) * _CHAR + 12
    room = max(len(row.text) for row in rows) * _BOLD + 10
    top = max([row.value for row in rows] + [row.high or 0.0 for row in rows] + [1e-9])
    high, scale = (44, 20) if is_narrow else (34, 20), (width - left - room) / top

    def parts() -> Iterator[str]:
        for number, row in enumerate(rows):
            y = number * high[0] + (18 if is_narrow else 4)
            yield _text(0 if is_narrow else left - 10, y - 5 if is_narrow else y + 15, row.name, anchor="start" if is_narrow else "end")
            long = max(1.0, row.value * scale)
            yield _area(left, y, long, high[1], row.kind)
            end = long
            if row.low is not None and row.high is not None:
                begin, end = max(0.0, row.low) * scale, max(long, row.high * scale)
                yield _whisker(left + begin, left + max(0.0, row.high) * scale, y + high[1] / 2)
            yield _text(left + end + 8, y + 15, row.text, "value")

    return _svg(width, len(rows) * high[0] + 4, title, text, parts())


def _area(x: float, y: float, wide: float, high: float, kind: str) -> str:
    return f'<rect class="area {kind}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"/>'


def _whisker(begin: float, end: float, y: float) -> str:
    return (
        f'<path class="whisker" d="M{begin:.1f} {y - 5:.1f}V{y + 5:.1f}M{begin:.1f} {y:.1f}H{end:.1f}M{end:.1f} {y - 5:.1f}V{y + 5:.1f}"/>'
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things are in a chart with an axis of values on the left and steps of time below."""

    width: int
    left: float
    right: float
    top: float
    bottom: float
    values: Sequence[float]

    @property
    def inner(self) -> float:
        return self.width - self.left - self.right

    def y(self, value: float) -> float:
        return self.bottom - value / self.values[-1] * (self.bottom - self.top)

    def axis(self, say: Say) -> Iterator[str]:
        for value in self.values:
            kind = "axis" if value == 0 else "grid"
            yield f'<path class="{kind}" d="M{self.left:.1f} {self.y(value):.1f}H{self.width - self.right:.1f}"/>'
            yield _text(self.left - 8, self.y(value) + 4, say(value), "tick", "end")


def _frame(width: int, top: float, say: Say, names: Sequence[Series]) -> _Frame:
    values = ticks(top)
    left = max(len(say(value)) for value in values) * _CHAR + 12
    is_narrow = width < 560
    right = 6.0 if is_narrow else max(len(one.name) for one in names) * _CHAR + 30
    above = 14 + (_LINE + 3) * (_legend_rows(width, names) if is_narrow else 0)
    return _Frame(width, left, right, above, above + 190, values)


def _legend_rows(width: int, names: Sequence[Series]) -> int:
    return 1 + sum(x == 0 for x, _ in list(_places(width, names))[1:])


def _places(width: int, names: Sequence[Series]) -> Iterator[tuple[float, int]]:
    """Where each entry of a legend in rows begins: x, and the row's number."""
    x = 0.0
    row = 0
    for one in names:
        long = len(one.name) * _CHAR + 36
        if x and x + long > width:
            x, row = 0.0, row + 1
        yield x, row
        x += long


def _swatch(x: float, y: float, kind: str, *, is_line: bool) -> str:
    if is_line:
        return f'<line class="line {kind}" x1="{x:.1f}" x2="{x + 18:.1f}" y1="{y - 4:.1f}" y2="{y - 4:.1f}"/>'
    return _area(x, y - 10, 14, 12, kind)


def _legend(frame: _Frame, names: Sequence[Series], ends: Sequence[float], *, is_line: bool) -> Iterator[str]:
    """Names beside the ends of what they name, spread so that none covers another; or above, where there is little room."""
    if frame.width < 560:
        for one, (x, row) in zip(names, _places(frame.width, names), strict=True):
            y = 12.0 + row * (_LINE + 3)
            yield _swatch(x, y, one.kind, is_line=is_line)
            yield _text(x + 22, y, one.name)
        return
    x = frame.width - frame.right + 8
    for one, y in zip(names, spread(ends, _LINE, frame.top, frame.bottom), strict=True):
        yield _swatch(x, y + 4, one.kind, is_line=is_line)
        yield _text(x + 22, y + 4, one.name)


def spread(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Heights near the wanted ones, none nearer to another than `gap`, from `top` to `bottom` as far as they fit."""
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    placed = [0.0] * len(wanted)
    before = top - gap
    for at in order:
        placed[at] = before = max(wanted[at], before + gap)
    after = bottom + gap
    for at in reversed(order):
        placed[at] = after = min(placed[at], after - gap)
    return placed


def columns(
    title: str, text: str, labels: Sequence[str], series: Sequence[Series], say: Say, width: int
) -> str:  # one argument for each part of a chart
    """A column for each label, of the series one above the other; the sum is written above it."""
    sums = [sum(one.values[at] for one in series) for at in range(len(labels))]
    frame = _frame(width, max([*sums, 0.0]), say, series)
    pitch = frame.inner / max(1, len(labels))
    wide = min(64.0, pitch * 0.68)

    def parts() -> Iterator[str]:
        yield from frame.axis(say)
        ends = [0.0] * len(series)
        for at, label in enumerate(labels):
            x, below = frame.left + pitch * (at + 0.5), 0.0
            for number, one in enumerate(series):
                low, high = frame.y(below), frame.y(below + one.values[at])
                below += one.values[at]
                ends[number] = (low + high) / 2
                if low - high > 0.05:
                    yield _area(x - wide / 2, high, wide, low - high, one.kind)
            if pitch >= len(say(sums[at])) * _CHAR:
                yield _text(x, frame.y(below) - 5, say(sums[at]), "value", "middle")
            if at % max(1, math.ceil(max(map(len, labels)) * _CHAR / pitch)) == 0:
                half = len(label) * _CHAR / 2
                yield _text(max(half, min(x, width - half)), frame.bottom + 18, label, "tick", "middle")
        yield from _legend(frame, series, ends, is_line=False)

    return _svg(width, frame.bottom + 26, title, text, parts())


def lines(title: str, text: str, labels: Sequence[tuple[int, str]], series: Sequence[Series], say: Say, width: int) -> str:
    """A line for each series over steps of time; `labels` stand below the steps of those numbers."""
    many = max(2, *(len(one.values) for one in series))
    frame = _frame(width, max(max(one.values, default=0.0) for one in series), say, series)
    pitch = frame.inner / many

    def parts() -> Iterator[str]:
        yield from frame.axis(say)
        apart = max((len(label) * _CHAR + 6 for _, label in labels), default=1.0)
        last = -apart
        for at, label in labels:
            x = frame.left + pitch * at
            yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.bottom:.1f}" y2="{frame.bottom + 5:.1f}"/>'
            if x - last >= apart and x + apart <= width:
                last = x
                yield _text(x, frame.bottom + 18, label, "tick")
        for one in series:
            places = " ".join(f"{frame.left + pitch * (at + 0.5):.1f},{frame.y(value):.1f}" for at, value in enumerate(one.values))
            yield f'<polyline class="line {one.kind}" points="{places}"/>'
        yield from _legend(frame, series, [frame.y(one.values[-1]) for one in series], is_line=True)

    return _svg(width, frame.bottom + 26, title, text, parts())


class Span(NamedTuple):
    """Three values on one row, such as percentiles."""

    name: str
    values: tuple[float, float, float]
    kind: str


_KEYS = ("half are faster", "95 of 100", "99 of 100")


def _mark(which: int, x: float, y: float, kind: str) -> str:
    """A circle, a diamond or a bar."""
    if which == 0:
        return f'<circle class="mark {kind}" cx="{x:.1f}" cy="{y:.1f}" r="6"/>'
    if which == 1:
        return f'<path class="mark {kind}" d="M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7z"/>'
    return f'<rect class="mark {kind}" x="{x - 3:.1f}" y="{y - 8:.1f}" width="6" height="16"/>'


def spans(title: str, text: str, rows: Sequence[Span], say: Say, width: int) -> str:
    """Rows of three marks, a circle, a diamond and a bar, joined by a line, on an axis on which each step is ten times the one before."""
    is_narrow = width < 560
    left = 6.0 if is_narrow else max(len(row.name) for row in rows) * _CHAR + 14
    low = math.floor(math.log10(max(1e-6, min(row.values[0] for row in rows))))
    high = max(low + 1, math.ceil(math.log10(max(1e-6, *(row.values[2] for row in rows)))))
    pitch, above = (46 if is_narrow else 32), (18 if is_narrow else 0)
    bottom = len(rows) * pitch + above / 2

    def x(value: float) -> float:
        return left + (math.log10(max(value, 1e-6)) - low) / (high - low) * (width - left - 24)

    def parts() -> Iterator[str]:
        for step in range(low, high + 1):
            at = x(10.0**step)
            yield f'<path class="grid" d="M{at:.1f} 0V{bottom:.1f}"/>'
            yield _text(at, bottom + 18, say(10.0**step), "tick", "start" if step == low else "end" if step == high else "middle")
        for number, row in enumerate(rows):
            y = number * pitch + pitch / 2 + above / 2
            yield _text(left if is_narrow else left - 12, y - 14 if is_narrow else y + 4, row.name, anchor="start" if is_narrow else "end")
            places = [x(value) for value in row.values]
            yield f'<path class="line {row.kind}" d="M{places[0]:.1f} {y:.1f}H{places[2]:.1f}"/>'
            yield from (_mark(which, place, y, row.kind) for which, place in enumerate(places))
        place = 0.0 if is_narrow else left
        for which, key in enumerate(_KEYS):
            yield _mark(which, place + 8, bottom + 42, "spent")
            yield _text(place + 20, bottom + 46, key)
            place += len(key) * _CHAR + (24 if is_narrow else 60)

    return _svg(width, bottom + 56, title, text, parts())
