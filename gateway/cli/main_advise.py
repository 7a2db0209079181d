"""`tidegate advise`: a part of `gateway.cli.main`."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.arguments import AsJson, Config, File
from gateway.cli.config import chosen


def advise(  # noqa: PLR0913, PLR0917  # one argument for each option of the command
    config: File = None,
    config_option: Config = None,
    store: Annotated[
        str, typer.Option(metavar="FILE|URL", help="The usage store, instead of the configuration's.", show_default=False)
    ] = "",
    since: Annotated[
        str, typer.Option(metavar="DAY", help="From this day on, as 2026-11-01 (UTC). Default: 28 days ago.", show_default=False)
    ] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="Up to the end of this day. Default: now.", show_default=False)] = "",
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Answers, a line for each dimension: `privacy: 4`.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open or closed models: the assessment in six dimensions, break-even, what to do, and a migration in phases. Changes nothing.

    What the usage store has is measured. What it has not is asked for in a terminal, or stays a range.
    """
    from gateway.cli import advise as cli_advise

    cli_advise.advise(chosen(config_option or config), cli_advise.Asked(store, since, until, answers), as_json=as_json)
