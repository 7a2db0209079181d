"""What commands have in common: arguments that several of them take, exit codes, and how one says that it was used wrongly."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gateway.cli.config import OWN

BAD, MISUSED, INTERRUPTED = 1, 2, 130

_WHICH = f"Configuration. Default: ./{OWN} if there is one, else the one that ships with Tidegate."
File = Annotated[Path | None, typer.Argument(metavar="[CONFIG]", help=_WHICH, show_default=False)]
Config = Annotated[Path | None, typer.Option("--config", "-c", metavar="FILE", help=_WHICH, show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def misuse(say: str) -> NoReturn:
    """Say what is wrong with the arguments, and end."""
    typer.secho(f"tidegate: {say} See --help.", err=True, fg="red")
    raise typer.Exit(MISUSED)
