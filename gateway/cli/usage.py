"""What `tidegate usage` and `tidegate reconcile` do and print."""

import math
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gateway.cli.arguments import misuse
from gateway.config.compile import load
from gateway.usage import export as exporting
from gateway.usage.invoice import MEASURES, InvoiceError, Sum, read
from gateway.usage.moments import moment
from gateway.usage.reading import open_store
from gateway.usage.reconcile import Line, Reconciled, amount, reconcile
from gateway.usage.rows import TABLES
from gateway.usage.store import Store, StoreError

LAST = 10
"""Losses that are shown."""


def opened(store: str, config: Path) -> Store:
    """The store that was named, else that of the configuration. Raises `StoreError` or `ConfigError`."""
    if store:
        return open_store(store)
    plan = load(config, needs_secrets=False)
    if plan.usage is None:
        raise StoreError(f"{config} keeps no usage: add `usage: {{store: usage.db}}`, or name a store with --store")
    return open_store(plan.usage.url)


def span(since: str, until: str) -> tuple[float, float]:
    """Both ends in Unix time; open where nothing is given."""
    try:
        return moment(since) if since else -math.inf, moment(until, is_end=True) if until else math.inf
    except ValueError as error:
        misuse(f"{str(error).capitalize()}.")


def export(store: Store, table: str, within: tuple[float, float], path: Path, *, is_parquet: bool) -> None:
    """Write a table to a file that is not there yet, and say how many rows that are."""
    kind = TABLES[table]
    try:
        write = exporting.to_parquet if is_parquet else exporting.to_csv
        count = write(path, kind, store.rows(kind, *within))  # type: ignore[type-var]  # a table has one kind of rows
    except FileExistsError:
        misuse(f"{path} is there already, and is not overwritten.")
    except ImportError:
        misuse("--parquet needs the pyarrow library: pip install 'tidegate[parquet]'.")
    except BaseException:
        path.unlink(missing_ok=True)  # part of a table is worse than none
        raise
    typer.echo(f"{count:,} rows of {table} in {path}")


def show(store: Store, *, as_json: bool) -> None:
    """How much there is, of when, and what is missing."""
    counts, losses = store.counts(), store.losses(-math.inf, math.inf)
    if as_json:
        missing = [loss._asdict() for loss in losses]
        tables = {name: {"rows": rows, "first": first, "last": last} for name, (rows, first, last) in counts.items()}
        typer.echo(msgspec.json.encode({"tables": tables, "bytes": store.size(), "losses": missing}))
        return
    table = Table("table", "rows", "first", "last", box=None)
    for name, (rows, first, last) in counts.items():
        table.add_row(name, f"{rows:,}", _time(first), _time(last))
    console = Console()
    console.print(table)
    console.print(f"\n{store.size() / 1e6:,.1f} MB; {sum(loss.missing for loss in losses):,} rows are missing")
    for loss in losses[-LAST:]:
        console.print(f"  {_time(loss.at)}  {loss.reason:8} {loss.missing:,}")


def _time(at: float | None) -> str:
    from datetime import UTC, datetime

    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def compare(store: Store, path: Path, columns: str, targets: Sequence[str], *, as_json: bool) -> Decimal:
    """Print the comparison with an invoice. How far we are off, as a share."""
    try:
        invoice = read(path, columns)
    except InvoiceError as error:
        misuse(f"{path}: {error}.")
    made = reconcile(invoice, store, targets)
    if as_json:
        rows = [{"day": one.day, "model": one.model, "theirs": _plain(one.theirs), "ours": _plain(one.ours)} for one in made.lines]
        totals = {"theirs": _plain(made.theirs), "ours": _plain(made.ours), "drift": float(made.drift), "uncosted": made.uncosted}
        typer.echo(msgspec.json.encode({"form": invoice.form.name, "by": made.measure, "lines": rows, **totals}))
    else:
        _print(made, invoice.form.name)
    return made.drift


def _plain(one: Sum | None) -> dict[str, Any] | None:
    return None if one is None else {name: None if (found := getattr(one, name)) is None else float(found) for name in MEASURES}


def _print(made: Reconciled, form: str) -> None:
    table = Table(box=None)
    for name in ("day", "model", "requests", "tokens in", "tokens out", "USD", "ours: requests", "in", "out", "USD", "drift", "%"):
        table.add_column(name, justify="left" if name in ("day", "model") else "right")
    for line in [*made.lines, Line("all", "", made.theirs, made.ours)]:
        table.add_row(line.day, line.model, *_side(line.theirs), *_side(line.ours), *_drift(line, made.measure))
    console = Console(width=None if Console().width > 120 else 160)
    console.print(f"{form}, compared by {made.measure}; '-' is what that side does not have", highlight=False)
    console.print(table)
    if made.uncosted:
        console.print(f"{made.uncosted:,} answers of ours have no known cost, and count for none here.", highlight=False)


def _side(one: Sum | None) -> tuple[str, ...]:
    if one is None:
        return ("-",) * len(MEASURES)
    known = [getattr(one, name) for name in MEASURES]
    return tuple(
        "-" if found is None else f"{found:,.4f}" if name == "cost" else f"{found:,.0f}"
        for name, found in zip(MEASURES, known, strict=True)
    )


def _drift(line: Line, measure: str) -> tuple[str, str]:
    theirs, ours = amount(line.theirs, measure), amount(line.ours, measure)
    return (
        f"{ours - theirs:+,.4f}" if measure == "cost" else f"{ours - theirs:+,.0f}",
        f"{100 * (ours - theirs) / theirs:+.2f}" if theirs else "-",
    )
