"""`tidegate metrics`: which metrics there are, and how many series of them."""

from typing import Annotated

import typer

from gateway.cli.arguments import AsJson, Config, File, misuse
from gateway.cli.config import chosen


def metrics(
    config: File = None,
    config_option: Config = None,
    cardinality: Annotated[bool, typer.Option("--cardinality", help="How many series CONFIG can bring about, by family.")] = False,
    as_json: AsJson = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The table as Markdown.")] = False,
) -> None:
    """List every metric: its name, type, labels and what it says. With `--cardinality` count the series there can be."""
    from gateway.cli import metrics as cli_metrics

    if as_markdown and (cardinality or as_json):
        misuse("--markdown is a form of its own: leave out --cardinality and --json.")
    if as_markdown:
        typer.echo(cli_metrics.markdown(), nl=False)
    elif cardinality:
        cli_metrics.cardinality(chosen(config_option or config), as_json=as_json)
    else:
        cli_metrics.table(as_json=as_json)
