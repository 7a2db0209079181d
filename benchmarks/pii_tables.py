"""The scores as tables: for a terminal, and in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from rich.console import Console
from rich.table import Table

from benchmarks.pii_scores import Rate
from benchmarks.pii_speed import WAIT

TITLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "sets": ("Texts", ("recall", "touched", "precision", "f2", "fpr", "span_recall", "span_precision")),
    "names": ("Names by language", ("recall", "fpr")),
    "numbers": ("Numbers in a sentence", ("flagged",)),
    "negatives": ("Texts without anything personal", ("flagged",)),
    "labels": ("Spans by label", ("span_recall", "same_label")),
}


MARKS = ("<!-- quality -->", "<!-- /quality -->")
"""Lines between which the short form stands in a README."""

ENGINES = ("tidegate", "presidio")
"""Those in the short form."""

SHORT: Mapping[str, Sequence[tuple[str, str]]] = {
    "sets": (
        ("found", "recall"), ("precision", "precision"), ("F2", "f2"), ("clean texts flagged", "fpr"), ("spans found", "span_recall"),
        ("hits that are right", "span_precision"),
    ),
    "names": (("found", "recall"), ("clean texts flagged", "fpr")),
    "numbers": (("flagged", "flagged"),),
    "negatives": (("flagged", "flagged"),),
}  # fmt: skip
"""Tables and columns of the short form: what stands above, and the rate."""


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


def short(result: Mapping[str, Sequence[Line]], speed: Mapping[str, object], notes: Sequence[str]) -> str:
    """Ours beside Presidio: the rate and its interval, in a line for each where there are many rates, else side by side."""
    out: list[str] = []
    for name, columns in SHORT.items():
        lines = [line for line in result.get(name, ()) if line.engine in ENGINES]
        if lines:
            table = _one_below_the_other(lines, columns) if len(columns) > 2 else _side_by_side(lines, columns)
            out += [_line((TITLES[name][0].lower(), *table[0])), _line(["---"] * (len(table[0]) + 1)), *map(_line, table[1:]), ""]
    measured = [_line((what, str(said))) for what, said in speed.items() if not what.startswith(WAIT)]
    if measured:
        out += [_line(("speed", "measured")), _line(("---", "---")), *measured, ""]
    return "\n".join([*out, *(f"{note[:1].upper()}{note[1:]}." for note in notes)])


def _one_below_the_other(lines: Sequence[Line], columns: Sequence[tuple[str, str]]) -> list[Sequence[str]]:
    cells = [(line.subject, line.engine, str(line.texts), *(_cell(line.rates[rate]) for _, rate in columns)) for line in lines]
    return [("by", "n", *(title for title, _ in columns)), *cells]


def _side_by_side(lines: Sequence[Line], columns: Sequence[tuple[str, str]]) -> list[Sequence[str]]:
    engines = [engine for engine in ENGINES if any(line.engine == engine for line in lines)]
    head = ("n", *(f"{title}: {engine}" for title, _ in columns for engine in engines))
    by_subject: dict[str, dict[str, Line]] = {}
    for line in lines:
        by_subject.setdefault(line.subject, {})[line.engine] = line
    rows: list[Sequence[str]] = [head]
    for subject, by in by_subject.items():
        cells = (_cell(by[engine].rates[rate]) if engine in by else "" for _, rate in columns for engine in engines)
        rows.append((subject, str(next(iter(by.values())).texts), *cells))
    return rows


def _cell(rate: Rate) -> str:
    return "" if rate.value is None else str(rate)


def has_marks(text: str, marks: tuple[str, str] = MARKS) -> bool:
    """Whether there is a place for the short form."""
    return text.find(marks[0]) < text.find(marks[1]) and marks[0] in text


def between_marks(text: str, said: str, marks: tuple[str, str] = MARKS) -> str:
    """The text with what is said between the marks, instead of what stood there."""
    before, _, rest = text.partition(marks[0])
    after = rest.partition(marks[1])[2]
    return f"{before}{marks[0]}\n{said}\n{marks[1]}{after}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
