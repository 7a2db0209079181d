"""Prices of tokens, `tidegate prices ...`: a part of `gateway.cli.main`. No configuration is needed."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

from gateway.cli.arguments import BAD, AsJson

_SHOW = "show"


class _OrModel(TyperGroup):
    """What is no command is a model that is looked up."""

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            args = [_SHOW, *args]
        return super().resolve_command(ctx, args)


prices_app = typer.Typer(
    cls=_OrModel,
    invoke_without_command=True,
    help="Look up prices of closed models: `tidegate prices`, `tidegate prices openai/gpt-5`, `tidegate prices diff OLD NEW`.",
)
Of = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Look here first: a price map, JSON or YAML.", show_default=False)]


@prices_app.callback()
def prices(ctx: typer.Context) -> None:
    """Look up prices of closed models. Without anything: which price list that is, and how old."""
    if ctx.invoked_subcommand is None:
        from gateway.cli import prices as cli_prices

        cli_prices.overview()


@prices_app.command(_SHOW)
def show(
    model: Annotated[str, typer.Argument(help="A model of the price map: openai/gpt-5.")], file: Of = None, as_json: AsJson = False
) -> None:
    """Every price of a model, or the models that have such a name. Exit code 1 if there is no such model."""
    from gateway.cli import prices as cli_prices

    if not cli_prices.look_up(model, file, as_json=as_json):
        raise typer.Exit(BAD)


@prices_app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A price map, JSON or YAML; or `bundled`, the one that came with litellm.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Another one.")],
    as_json: AsJson = False,
) -> None:
    """What rose, fell, appeared and vanished between two price maps."""
    from gateway.cli import prices as cli_prices

    cli_prices.diff(old, new, as_json=as_json)
