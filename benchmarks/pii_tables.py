"""The scores as tables: for a terminal, and in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from rich.console import Console
from rich.table import Table

from benchmarks.pii_scores import Rate

TITLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "sets": ("Texts", ("recall", "touched", "precision", "f2", "fpr", "span_recall", "span_precision")),
    "names": ("Names by language", ("recall", "fpr")),
    "numbers": ("Numbers in a sentence", ("flagged",)),
    "negatives": ("Texts without anything personal", ("flagged",)),
    "labels": ("Spans by label", ("span_recall", "same_label")),
}


class Line(Protocol):
    """What a line of a table has."""

    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def engine(self) -> str: ...  # noqa: D102
    @property
    def texts(self) -> int: ...  # noqa: D102
    @property
    def rates(self) -> Mapping[str, Rate]: ...  # noqa: D102


def rows(name: str, lines: Sequence[Line]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The head and the cells of one table."""
    columns = TITLES[name][1]
    head = ("what", "by", "n", *(column.replace("_", " ") for column in columns))
    return head, [(line.subject, line.engine, str(line.texts), *(str(line.rates[column]) for column in columns)) for line in lines]


def show(console: Console, result: Mapping[str, Sequence[Line]], speed: Mapping[str, object], notes: Sequence[str]) -> None:
    """Print everything to a terminal."""
    for name, lines in result.items():
        if not lines:
            continue
        head, cells = rows(name, lines)
        table = Table(title=TITLES[name][0], title_justify="left")
        for at, column in enumerate(head):
            table.add_column(column, justify="left" if at < 2 else "right", no_wrap=True)
        for row in cells:
            table.add_row(*row)
        console.print(table)
    if speed:
        table = Table(title="Speed", title_justify="left")
        table.add_column("what")
        table.add_column("measured", justify="right")
        for what, measured in speed.items():
            table.add_row(what, str(measured))
        console.print(table)
    for note in notes:
        console.print(note)


def markdown(result: Mapping[str, Sequence[Line]], speed: Mapping[str, object], notes: Sequence[str]) -> str:
    """The same for a README."""
    out: list[str] = []
    for name, lines in result.items():
        if lines:
            head, cells = rows(name, lines)
            out += [f"**{TITLES[name][0]}**", "", _line(head), _line(["---"] * len(head)), *(_line(row) for row in cells), ""]
    if speed:
        out += ["**Speed**", "", _line(("what", "measured")), _line(("---", "---")), *(_line((k, str(v))) for k, v in speed.items()), ""]
    return "\n".join([*out, *(f"{note}." for note in notes)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
