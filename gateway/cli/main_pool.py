"""`tidegate drain`: take one engine of a pool out of service, and put it back."""

from typing import Annotated

import typer

from gateway.cli.arguments import AsJson, Config
from gateway.cli.config import chosen


def drain(  # one argument for each option of the command
    target: Annotated[str, typer.Argument(help="The destination.")],
    replica: Annotated[str, typer.Argument(help="Number or address of the replica, as `GET /admin/pools` shows them.")],
    config: Config = None,
    undo: Annotated[bool, typer.Option("--undo", help="Give it requests again, slowly at first.")] = False,
    admin_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of metrics and admin.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Give one replica no new requests; what it has comes to its end. Asks the gateway that runs with CONFIG."""
    from gateway.cli import control

    control.drain(chosen(config), (target, replica, not undo), admin_port, as_json=as_json)
