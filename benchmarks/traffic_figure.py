"""One picture of a simulation that anyone can read: a bar of money for each way of routing, and how many answers of a hundred are right."""

from collections.abc import Sequence
from dataclasses import dataclass

_LEFT, _WIDE, _ROW, _TOP = 250, 430, 62, 104
_CLOUD, _HOME, _INK, _PALE = "#2563eb", "#0f766e", "#1f2937", "#6b7280"


@dataclass(frozen=True, slots=True)
class Bar:
    """A way of routing: USD an hour for the cloud and for engines at home, and the share of right answers."""

    name: str
    note: str
    cloud_usd: float
    home_usd: float
    quality: float
    is_ours: bool = False


def svg(title: str, notes: Sequence[str], bars: Sequence[Bar]) -> str:
    """The picture, black on white so that it can be read wherever it is put."""
    scale = _WIDE / max([bar.cloud_usd + bar.home_usd for bar in bars] + [1e-9])
    foot = _TOP + _ROW * len(bars) + 14
    height = foot + 20 * len(notes) + 10
    parts = [
        _text(24, 34, title, size=20, bold=True),
        f'<rect x="{_LEFT}" y="56" width="14" height="14" fill="{_CLOUD}"/>',
        _text(_LEFT + 20, 68, "paid to the cloud, USD an hour"),
        f'<rect x="{_LEFT + 250}" y="56" width="14" height="14" fill="{_HOME}"/>',
        _text(_LEFT + 270, 68, "engines at home, idle time included"),
        _text(_LEFT + _WIDE + 125, 68, "right answers", bold=True),
    ]
    for number, bar in enumerate(bars):
        y = _TOP + _ROW * number
        cloud, home = bar.cloud_usd * scale, bar.home_usd * scale
        parts += [
            _text(_LEFT - 16, y + 18, bar.name, size=16, bold=bar.is_ours, end=True),
            _text(_LEFT - 16, y + 36, bar.note, size=12, colour=_PALE, end=True),
            f'<rect x="{_LEFT}" y="{y}" width="{cloud:.1f}" height="34" fill="{_CLOUD}"/>',
            f'<rect x="{_LEFT + cloud:.1f}" y="{y}" width="{home:.1f}" height="34" fill="{_HOME}"/>',
            _text(_LEFT + cloud + home + 8, y + 23, f"${bar.cloud_usd + bar.home_usd:,.2f}", size=16, bold=bar.is_ours),
            _text(_LEFT + _WIDE + 125, y + 23, f"{100 * bar.quality:.0f} of 100", size=16, bold=bar.is_ours),
        ]
    parts += [_text(24, foot + 20 * at + 12, note, size=12, colour=_PALE) for at, note in enumerate(notes)]
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 940 {height}" role="img" font-family="system-ui, sans-serif">\n'
        f'<title>{_escaped(title)}</title>\n<rect width="940" height="{height}" fill="white"/>\n{body}\n</svg>\n'
    )


def _text(x: float, y: float, said: str, *, size: int = 14, bold: bool = False, colour: str = _INK, end: bool = False) -> str:
    weight, anchor = ' font-weight="bold"' if bold else "", ' text-anchor="end"' if end else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"{weight}{anchor}>{_escaped(said)}</text>'


def _escaped(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
