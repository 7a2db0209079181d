"""A report as Markdown, for a terminal, a ticket or a chat."""

import re
from collections.abc import Iterator

from gateway.report.document import Chart, Document, Section, Table

_SIGNS = re.compile(r"([\\*\[\]<>|])")


def markdown(report: Document) -> str:
    """The whole of it. Charts are left out: their tables are there."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Document) -> Iterator[str]:
    yield from (f"# {_plain(report.title)}: {_plain(report.of)}", "")
    for sentence in report.headline:
        yield from (_plain(sentence), "")
    for section in report.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield from (f"## {_plain(section.title)}", "")
    for sentence in section.said:
        yield from (_plain(sentence), "")
    for one in section.shown:
        if not isinstance(one, Chart):
            yield from _table(one)
    for note in section.notes:
        yield f"- {_plain(note)}"
    if section.notes:
        yield ""


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield from (_plain(table.caption), "")
    yield _row(table.head)
    yield "|" + "|".join(" --- " if at <= table.words else " ---: " for at in range(len(table.head))) + "|"
    last = len(table.rows) - 1
    for at, row in enumerate(table.rows):
        yield _row(tuple(cell and f"**{_plain(cell)}**" for cell in row), done=True) if table.total and at == last else _row(row)
    yield ""


def _row(cells: tuple[str, ...], *, done: bool = False) -> str:
    return "| " + " | ".join(cells if done else map(_plain, cells)) + " |"


def _plain(said: str) -> str:
    """Words as they are, whatever they are made of. Backticks stay: they are ours."""
    return _SIGNS.sub(r"\\\1", said.replace("\n", " "))
