"""The commands around keys, `tidegate key ...`: a part of `gateway.cli.main`."""

from typing import Annotated

import typer

from gateway.cli.arguments import AsJson, misuse

key_app = typer.Typer(no_args_is_help=True, help="Keys that callers present.")


@key_app.command("new")
def key_new(
    name: Annotated[str, typer.Argument(help="Who or what it is for: letters, digits, - and _.")],
    tenant: Annotated[str, typer.Option(help="Who is billed and limited.")] = "default",
    as_json: AsJson = False,
) -> None:
    """Make a key. It is printed once; the configuration keeps only its SHA-256."""
    from gateway.cli import key as cli_key

    if not cli_key.is_name(name) or not cli_key.is_name(tenant):
        misuse("A name is letters, digits, dots, - and _, at most 64 of them, and begins with a letter or digit.")
    cli_key.new(name, tenant, as_json=as_json)
