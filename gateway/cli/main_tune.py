"""The commands that learn from outcomes, `tidegate tune` and `tidegate train`: parts of `gateway.cli.main`."""

import re
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.arguments import BAD, AsJson, Config, misuse
from gateway.cli.config import chosen

Log = Annotated[
    Path,
    typer.Option("--log", "-l", metavar="OUTCOMES", help="The outcomes: JSON lines, plain or gzipped, or Parquet.", show_default=False),
]

_SHARE = re.compile(r"(\d+(?:\.\d+)?)(%?)")
_PLOTS = (".html", ".svg", ".png")


def tune(  # noqa: PLR0913, PLR0917  # one argument for each option of the command
    log: Log,
    config: Config = None,
    max_quality_loss: Annotated[
        str, typer.Option(metavar="POINTS", help="How much quality may be lost against sending everything out: 2%.", show_default=False)
    ] = "",
    cloud_share: Annotated[
        str, typer.Option(metavar="SHARE", help="Instead: which share may leave at most: 30%.", show_default=False)
    ] = "",
    confidence: Annotated[str, typer.Option(metavar="SHARE", help="How sure the loss and the intervals must be.")] = "95%",
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw the curve: .html, .svg or .png.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Find the threshold that outcomes of your own traffic ask for, and print a patch. Nothing is changed. Exit code 1: too few outcomes.

    A line of OUTCOMES: `score`, or `text` or `messages`, which CONFIG's scorer then scores; `local_ok` and `cloud_ok`: true, false or a
    quality in 0..1; optional `cost_local` and `cost_cloud` in USD, and `group`: lines of one group count as one. Log requests that may
    leave at all, drawn at random, and none that `tidegate train` learnt from.
    """
    from gateway.cli import tune as cli_tune

    if bool(max_quality_loss) == bool(cloud_share):
        misuse("Give either --max-quality-loss or --cloud-share.")
    limit = _share("--max-quality-loss", max_quality_loss) if max_quality_loss else None
    share = _share("--cloud-share", cloud_share) if cloud_share else None
    sure = _share("--confidence", confidence)
    if limit in (0, 1) or sure in (0, 1):
        misuse("--max-quality-loss and --confidence are above 0% and below 100%.")
    if plot is not None and plot.suffix not in _PLOTS:
        misuse("--plot is a file that ends in .html, .svg or .png.")
    if not cli_tune.tune(chosen(config), log, cli_tune.Wish(limit, share, sure), plot, as_json=as_json):
        raise typer.Exit(BAD)


def train(
    log: Log,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="HEAD", help="Where the new head goes, in JSON.")] = Path("head.json"),
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Fit the head of the learned scorer to outcomes of your own traffic. Exit code 1, and nothing written, if that makes it no better.

    OUTCOMES as for `tidegate tune`, with `text` or `messages` on every line. What it learns from, `tidegate tune` must not see.
    """
    from gateway.cli import train as cli_train

    if not cli_train.train(chosen(config), log, out, as_json=as_json):
        raise typer.Exit(BAD)


def _share(option: str, said: str) -> float:
    """A share: 30% or 0.3."""
    found = _SHARE.fullmatch(said.strip())
    share = float(found[1]) / (100 if found[2] else 1) if found else 2.0
    if share > 1:
        misuse(f"{option} is a share such as 2% or 0.02.")
    return share
