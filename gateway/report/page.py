"""A report as one HTML page: no script, no asset from anywhere, charts drawn into it. Every text is escaped.

Charts are there twice, for wide and for narrow screens; the style shows one of them.
"""

import re
from collections.abc import Iterator
from html import escape

from gateway.report.document import Chart, Document, Section, Table, Tile
from gateway.report.style import PATTERNS, STYLE

WIDE, NARROW = 880, 350
"""Pixels of a chart's width."""

_CODE = re.compile("`([^`]+)`")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The page may load nothing, even if somebody got something into it."""


def page(report: Document) -> str:
    """The whole of it."""
    title = escape(f"{report.title}: {report.of}")
    sections = "\n".join(line for section in report.sections for line in _section(section))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title}</title>
<style>
{STYLE}
</style>
</head>
<body>
{PATTERNS}
<main>
<header>
<p class="of">{escape(report.title)}</p>
<h1>{escape(_capital(report.of))}</h1>
</header>
{_headline(report.headline)}
{_tiles(report.tiles)}
{sections}
</main>
</body>
</html>
"""


def _headline(sentences: tuple[str, ...]) -> str:
    return '<div class="headline">\n' + "\n".join(f"<p>{_said(one)}</p>" for one in sentences) + "\n</div>"


def _tiles(tiles: tuple[Tile, ...]) -> str:
    body = "\n".join(
        f'<div class="tile {escape(one.mood)}"><dt>{escape(one.name)}</dt>'
        f'<dd class="large">{escape(one.value)}</dd><dd>{escape(one.note)}</dd></div>'
        for one in tiles
    )
    return f'<dl class="tiles">\n{body}\n</dl>' if tiles else ""


def _section(section: Section) -> Iterator[str]:
    yield f"<section>\n<h2>{escape(section.title)}</h2>"
    for sentence in section.said:
        yield f"<p>{_said(sentence)}</p>"
    for one in section.shown:
        yield _chart(one) if isinstance(one, Chart) else _table(one)
    if section.notes:
        yield '<ul class="notes">\n' + "\n".join(f"<li>{_said(one)}</li>" for one in section.notes) + "\n</ul>"
    yield "</section>"


def _said(text: str) -> str:
    """A sentence; what stands in backticks is what somebody types."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _chart(chart: Chart) -> str:
    drawn = "\n".join(f'<div class="{kind}">{chart.draw(width)}</div>' for kind, width in (("wide", WIDE), ("narrow", NARROW)))
    return f"<figure>\n<figcaption>{escape(chart.title)}</figcaption>\n{drawn}\n</figure>"


def _table(table: Table) -> str:
    # Above what scrolls, so that a narrow screen shows all of it.
    caption = f'<p class="caption">{escape(table.caption)}</p>\n' if table.caption else ""
    head = "".join(f'<th scope="col"{_kind(table, at)}>{escape(cell)}</th>' for at, cell in enumerate(table.head))
    rows = "\n".join(_row(table, number, row) for number, row in enumerate(table.rows))
    label = escape(table.caption or table.head[0])
    whole = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    return f'{caption}<div class="scrolls" tabindex="0" role="group" aria-label="{label}">{whole}</div>'


def _row(table: Table, number: int, row: tuple[str, ...]) -> str:
    is_total = table.total and number == len(table.rows) - 1
    cells = "".join(
        f'<th scope="row">{escape(cell)}{_bar(table, number)}</th>' if at == 0 else f"<td{_kind(table, at)}>{escape(cell)}</td>"
        for at, cell in enumerate(row)
    )
    return f'<tr class="total">{cells}</tr>' if is_total else f"<tr>{cells}</tr>"


def _bar(table: Table, number: int) -> str:
    if not table.parts:
        return ""
    return f'<span class="part" style="width:{max(0.0, min(1.0, table.parts[number])) * 100:.1f}%"></span>'


def _kind(table: Table, at: int) -> str:
    return "" if at <= table.words else ' class="number"'


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
