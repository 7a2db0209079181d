"""`tidegate train`: the head of the learned scorer, fitted to a log of outcomes, and written if it is better than the shipped one."""

from pathlib import Path

import msgspec
import numpy as np
import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from classifiers.asked import asked
from classifiers.models.difficulty.features import Features, features
from classifiers.models.difficulty.head import shipped
from classifiers.models.difficulty.words import Floats
from classifiers.prompt import Prompt
from classifiers.scorers.learned import Options, build
from gateway.cli import show as cli_show
from gateway.cli.outcomes import LogError, Logged, read_log
from gateway.cli.tune import untested
from gateway.training import Samples, TooLittle, Trained
from gateway.training import train as fitted


def train(config: Path, log: Path, out: Path, *, as_json: bool) -> bool:
    """Fit, judge, show, and write the head if it is better. Whether it is. Raises `ConfigError`, `LogError` and OSError."""
    plan = untested(config)
    made = features()
    # By what the lines are scored does not matter here; something must be able to.
    logged = read_log(log, build(Options()))
    try:
        trained = fitted(_samples(logged, made), shipped(made.names))
    except TooLittle as error:
        raise LogError(str(error)) from None
    if trained.is_better:
        out.write_text(trained.head.write(), encoding="utf-8")
    if as_json:
        typer.echo(msgspec.json.encode(_document(trained, out, len(logged))))
    else:
        _show(trained, out, len(logged), plan.scorer_kind or "none")
    return trained.is_better


def vector_of(prompt: Prompt, made: Features) -> Floats:
    """The features that the learned scorer sees."""
    ask = asked(prompt)
    return made.of(ask.text, ask.turns)


def _samples(logged: list[Logged], made: Features) -> Samples:
    vectors, targets, units = [], [], []
    names: dict[object, int] = {}
    for number, one in enumerate(logged, 1):
        if one.prompt is None:
            raise LogError(f"outcome {number} has a score only: to learn from it takes its `text` or `messages`")
        vectors.append(vector_of(one.prompt, made))
        # How much better the cloud did: what the score is the probability of, when outcomes are right or wrong.
        targets.append(max(0.0, one.outcome.cloud - one.outcome.local))
        units.append(names.setdefault(one.outcome.group or number, len(names)))
    return Samples(np.array(vectors, np.float64), np.array(targets, np.float64), np.array(units, np.int64))


def _show(trained: Trained, out: Path, outcomes: int, scorer: str) -> None:
    table = Table("", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("AUROC (more is better)", "Brier score (less)", "calibration error (less)"):
        table.add_column(column)
    for name, row in (("shipped head", trained.old), ("new head", trained.new)):
        table.add_row(name, f"{row.auroc:.3f}", f"{row.brier:.4f}", f"{row.ece:.3f}")
    gain = f"{trained.gain:+.4f} [{trained.gain_low:+.4f}, {trained.gain_high:+.4f}]"
    screen = cli_show.console()
    screen.print(Group(Text(f"{outcomes:,} outcomes; each was judged by a head that had not seen it.", "bold"), "", table, ""))
    screen.print(f"The Brier score is lower by {gain} (95 %). Corrections were held back by a penalty of {trained.penalty:,.0f} samples.")
    if not trained.is_better:
        more = " More outcomes may show that it is." if trained.gain > 0 else ""
        said = (
            f"That the new head is better on outcomes that it has not seen is not shown: it was not written. Keep the one you have.{more}"
        )
        screen.print(Text(said, "red"))
        return
    patch = f"difficulty:\n  scorer: learned # now {scorer}\n  options: {{head: {out}}}"
    then = "Then `tidegate tune`, with outcomes that are not in this log: a threshold is only as good as the scores that it was chosen for."
    screen.print(Group(Text(f"Written to {out}. The patch, which nobody has applied:", "bold"), Text(patch), "", Text(then)))


def _document(trained: Trained, out: Path, outcomes: int) -> dict[str, object]:
    return {
        "outcomes": outcomes,
        "is_better": trained.is_better,
        "out": str(out) if trained.is_better else None,
        "penalty": trained.penalty,
        "shipped": msgspec.to_builtins(trained.old),
        "new": msgspec.to_builtins(trained.new),
        "gain": {"value": trained.gain, "low": trained.gain_low, "high": trained.gain_high},
        "patch": {"difficulty": {"scorer": "learned", "options": {"head": str(out)}}} if trained.is_better else None,
    }
