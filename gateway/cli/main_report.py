"""`tidegate report`: a part of `gateway.cli.main`."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.arguments import Config, File, misuse
from gateway.cli.config import chosen

_DAY = "2026-11-09"


def report(  # noqa: PLR0913, PLR0917  # one argument for each option of the command
    config: File = None,
    config_option: Config = None,
    week: Annotated[str, typer.Option(metavar="WEEK", help="As 2026-W46. Default: the last week that is over.", show_default=False)] = "",
    since: Annotated[str, typer.Option(metavar="DAY", help=f"Instead of a week: the first day, as {_DAY}.", show_default=False)] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day. Default: today, until now.", show_default=False)] = "",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as one HTML page with charts.", show_default=False)] = None,
    store: Annotated[
        str, typer.Option(metavar="STORE", help="File or URL of the usage store, instead of the configuration's.", show_default=False)
    ] = "",
) -> None:
    """Say what a week cost, what it would have cost elsewhere and how sure that is, what stayed at home, and how fast it was.

    Prints Markdown, unless --html names a page to be written. Days begin at midnight, UTC. What it is compared with are the
    `baselines` of CONFIG.
    """
    from gateway.cli import report as cli_report

    if week and (since or until):
        misuse("Give either --week or --since.")
    if until and not since:
        misuse("--until needs --since.")
    try:
        period = cli_report.period(week, since, until)
    except ValueError as error:
        misuse(f"{error}.")
    cli_report.report(chosen(config_option or config), period, store, html)
