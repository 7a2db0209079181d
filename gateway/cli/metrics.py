"""What `metrics` prints: the table of families, and how many series a configuration can bring about."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import typer
from rich.table import Table

from gateway.cli import show as cli_show
from gateway.cli.judge import load_without_secrets
from gateway.errors import CODES
from gateway.exposition import PREFIX
from gateway.families import FAMILIES
from gateway.possible import MANY, possible, series

_FEW = 12
"""Families that are shown by themselves; of the others only their sum is."""


def table(*, as_json: bool) -> None:
    """Print the families."""
    if as_json:
        _print_json([{"name": PREFIX + one.name, "type": one.kind, "labels": one.labels, "help": one.help} for one in FAMILIES])
        return
    rows = _table("metric", "type", "labels", "what it says")
    for one in FAMILIES:
        rows.add_row(PREFIX + one.name, one.kind, ", ".join(one.labels), one.help)
    cli_show.console().print(rows)


def markdown() -> str:
    """The families as a table of Markdown, for documentation."""
    rows = [f"| `{PREFIX}{one.name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels)} | {one.help} |" for one in FAMILIES]
    return "\n".join(["| Metric | Type | Labels | What it says |", "|---|---|---|---|", *rows, ""])


def cardinality(path: Path, *, as_json: bool) -> None:
    """Print how many series there can be. Raises `ConfigError`."""
    most = series(possible(load_without_secrets(path, os.environ), CODES))
    if as_json:
        _print_json({"most": sum(most.values()), "families": most})
        return
    rows = _table("metric", "series")
    rows.columns[1].justify = "right"
    sorted_most: list[tuple[str, int]] = sorted(most.items(), key=lambda row: -row[1])
    for name, count in sorted_most[:_FEW]:
        rows.add_row(PREFIX + name, f"{count:,}")
    rows.add_row(f"the other {len(sorted_most) - _FEW}", f"{sum(count for _, count in sorted_most[_FEW:]):,}")
    out = cli_show.console()
    out.print(rows)
    out.print(f"\n[bold]{said(most)}[/]")


def said(most: Mapping[str, int]) -> str:
    """How many series, and whether that is many, in a sentence."""
    number = sum(most.values())
    advice = f"; more than {MANY:,}: have shorter chains, or fewer destinations in one gateway" if number > MANY else ""
    return f"at most {number:,} series, whatever callers send{advice}"


def _table(*columns: str) -> Table:
    return Table(*columns, header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _print_json(content: object) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(content), indent=2))
