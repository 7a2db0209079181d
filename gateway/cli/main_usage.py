"""The commands around the store of usage, `tidegate usage ...` and `tidegate reconcile`: parts of `gateway.cli.main`."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.arguments import BAD, AsJson, Config, misuse
from gateway.cli.config import chosen

usage_app = typer.Typer(no_args_is_help=True, help="The store of usage: what is in it, and getting it out.")

Store = Annotated[
    str, typer.Option("--store", metavar="FILE|URL", help="The store. Default: that of the configuration.", show_default=False)
]


@usage_app.command("show")
def usage_show(config: Config = None, store: Store = "", as_json: AsJson = False) -> None:
    """How many rows there are, of which time, how large that is, and what is missing."""
    from gateway.cli import usage

    with usage.opened(store, chosen(config)) as found:
        usage.show(found, as_json=as_json)


@usage_app.command("export")
def usage_export(  # noqa: PLR0913, PLR0917  # one argument for each option of the command
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write CSV there.", show_default=False)] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", metavar="FILE", help="Write Parquet there.", show_default=False)] = None,
    table: Annotated[str, typer.Option(help="used (requests), called (attempts), leased (GPUs) or rated (feedback).")] = "used",
    since: Annotated[str, typer.Option(help="A day or a time in UTC, or Unix time.", show_default=False)] = "",
    until: Annotated[str, typer.Option(help="A day, which is counted to its end, or a time.", show_default=False)] = "",
    config: Config = None,
    store: Store = "",
) -> None:
    """Write a table to a file, which must not be there yet."""
    from gateway.cli import usage
    from gateway.usage.rows import TABLES

    path = csv or parquet
    if path is None or (csv and parquet):
        misuse("Give either --csv or --parquet.")
    if table not in TABLES:
        misuse(f"--table is one of {', '.join(TABLES)}.")
    within = usage.span(since, until)
    with usage.opened(store, chosen(config)) as found:
        usage.export(found, table, within, path, is_parquet=parquet is not None)


def reconcile(  # noqa: PLR0913, PLR0917  # as above
    invoice: Annotated[Path, typer.Argument(metavar="INVOICE.csv", help="Costs or usage as OpenAI's or Anthropic's console exports them.")],
    columns: Annotated[
        str, typer.Option(help="For any other CSV: day=date,model=model,cost=amount; requests, prompt, completion.", show_default=False)
    ] = "",
    target: Annotated[list[str] | None, typer.Option(help="A destination that it is about; may be repeated.", show_default=False)] = None,
    tolerance: Annotated[str, typer.Option(help="How far both sides may be apart.")] = "1%",
    config: Config = None,
    store: Store = "",
    as_json: AsJson = False,
) -> None:
    """Compare the usage store with a provider's invoice, by day and model. Exit code 1 if they are too far apart."""
    from gateway.cli import usage

    try:
        most = Decimal(tolerance.rstrip("%")) / (100 if tolerance.endswith("%") else 1)
    except InvalidOperation:
        misuse("--tolerance is a share: 1% or 0.01.")
    with usage.opened(store, chosen(config)) as found:
        drift = usage.compare(found, invoice, columns, target or (), as_json=as_json)
    if abs(drift) > most:
        typer.secho(f"tidegate: off by {100 * drift:+.2f}%, which is more than {100 * most:g}%", err=True, fg="red")
        raise typer.Exit(BAD)
