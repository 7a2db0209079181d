"""`tidegate tune`: from a log of outcomes to a threshold, with what is to be expected of it and a patch. Nothing is changed.

The threshold and its promise come from `router.tuning`; here outcomes are read and results are shown. The configuration's own `tests:` need
not hold now, because a threshold that does not suit the scorer is a reason to tune; those that would fail with the chosen one are named.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import typer
import yaml
from rich.console import Group
from rich.table import Table
from rich.text import Text

from gateway.cli import show as cli_show
from gateway.cli.curve import Drawing, Mark, text, write
from gateway.cli.judge import load_without_secrets
from gateway.cli.outcomes import read_log
from gateway.config import strict_yaml
from gateway.config.compile import compile_text
from gateway.config.errors import ConfigError
from gateway.plan import Plan
from router.tuning import Estimate, Expected, Outcome, TooFew, curve, expected, for_share, most_kept


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: a limit of the loss of quality, or a share that may leave; and how sure it must be. All in 0..1."""

    limit: float | None
    share: float | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Result:
    """What was found. `rows`: everything local, today's threshold, the chosen one, everything in the cloud."""

    wish: Wish
    outcomes: int
    units: int
    scorer: str
    rows: tuple[tuple[str, Expected], ...]
    now: float
    chosen: float
    warnings: tuple[str, ...]


def tune(config: Path, log: Path, wish: Wish, plot: Path | None, *, as_json: bool) -> bool:
    """Choose, and show it. Whether a threshold could be chosen. Raises `ConfigError`, `LogError` and OSError."""
    plan = untested(config)
    outcomes = [logged.outcome for logged in read_log(log, plan.own_scorer)]
    found = _chosen(outcomes, wish)
    if isinstance(found, TooFew):
        typer.secho(f"tidegate: {_refusal(found, wish)}", err=True, fg="red")
        return False
    result = _result(outcomes, found, wish, (*_warnings(plan, found), *_failing(config, found)), plan)
    drawing = _drawing(outcomes, result)
    if plot is not None:
        write(drawing, plot, "\n".join([*_plain(result), "", _patch(result)]))
    if as_json:
        typer.echo(msgspec.json.encode(_document(result)))
    else:
        _show(result, drawing)
    return True


def _chosen(outcomes: Sequence[Outcome], wish: Wish) -> float | TooFew:
    if wish.limit is not None:
        return most_kept(outcomes, wish.limit, wish.confidence)
    return for_share(outcomes, wish.share or 0.0)


def _refusal(found: TooFew, wish: Wish) -> str:
    limit, sure = wish.limit or 0.0, wish.confidence
    asked = f"a loss of at most {limit:.2%} with {sure:.0%} confidence"
    if found.more is None:
        return (
            f"{asked} cannot be had: on these {found.units:,} samples even the easiest that would stay lose more, and more samples like "
            "these will not change that. Allow more loss, or use a scorer that knows your traffic better (`tidegate train`)."
        )
    return f"{found.more:,} more samples needed: {found.units:,} cannot show {asked} for any threshold, if the others are like them."


def untested(config: Path) -> Plan:
    """The plan, whether or not the configuration's own tests hold. Raises `ConfigError` for everything else that is wrong."""
    try:
        return load_without_secrets(config, os.environ)
    except ConfigError as error:
        if any(not problem.path.startswith("tests[") for problem in error.problems):
            raise
    return _compiled(config, {"tests": []})


def _compiled(config: Path, changes: Mapping[str, object]) -> Plan:
    """The file's plan with other members at its top."""
    content = strict_yaml.read(config.read_text(encoding="utf-8-sig")).content
    # What is not a mapping would not have compiled before.
    changed = yaml.safe_dump({**content, **changes}) if isinstance(content, dict) else ""
    return compile_text(changed, os.environ, config.parent, needs_secrets=False)


def _failing(config: Path, threshold: float) -> Iterator[str]:
    """Which of the configuration's own tests would fail with that threshold."""
    content = strict_yaml.read(config.read_text(encoding="utf-8-sig")).content
    difficulty = content.get("difficulty") if isinstance(content, dict) else None
    if isinstance(difficulty, dict):
        try:
            _compiled(config, {"difficulty": {**difficulty, "threshold": threshold}})
        except ConfigError as error:
            yield from (f"With it a test of the configuration fails: {problem.path}: {problem.say}" for problem in error.problems)


def _result(outcomes: Sequence[Outcome], chosen: float, wish: Wish, warnings: tuple[str, ...], plan: Plan) -> Result:
    now, sure = plan.policy.threshold, wish.confidence
    rows = (
        ("everything local", expected(outcomes, 1.0, sure)),
        (f"now: {now:g}", expected(outcomes, now, sure)),
        (f"chosen: {chosen:g}", expected(outcomes, chosen, sure)),
        ("everything cloud", expected(outcomes, -1.0, sure)),
    )
    groups = {one.group for one in outcomes if one.group}
    units = len(groups) + sum(not one.group for one in outcomes)
    scorer = plan.scorer_kind or "none"
    return Result(wish, len(outcomes), units, scorer, rows, now, chosen, warnings)


def _warnings(plan: Plan, chosen: float) -> Iterator[str]:
    tests = [test for rule in plan.policy.rules for test in rule.when if test.field == "difficulty"]
    if not any(test.value == plan.policy.threshold for test in tests):
        yield "No rule of the configuration compares the difficulty with the threshold, so that another one changes nothing."
    if plan.scorer_kind is None:
        yield f"The configuration judges no difficulty; the threshold {chosen:g} is for the scorer that gave the scores of the log."


def _drawing(outcomes: Sequence[Outcome], result: Result) -> Drawing:
    points = curve(outcomes)
    at = {point.threshold: point for point in points}
    now = min(points, key=lambda point: abs(point.threshold - result.now))
    cloud = result.rows[3][1].quality.value
    floor = None if result.wish.limit is None else cloud - result.wish.limit
    return Drawing(points, (Mark(f"now: {result.now:g}", now), Mark(f"chosen: {result.chosen:g}", at[result.chosen])), floor)


def _plain(result: Result) -> Iterator[str]:
    chosen, sure = result.rows[2][1], f"{result.wish.confidence:.0%}"
    groups = f" in {result.units:,} groups" if result.units < result.outcomes else ""
    yield f"{result.outcomes:,} outcomes{groups}, scored by {result.scorer}. Threshold {result.chosen:g}, now {result.now:g}."
    if result.wish.limit is None:
        lost = f"the loss of quality is {chosen.loss:.2%}, with {sure} confidence at most {chosen.loss_bound:.2%}"
        yield f"{chosen.cloud_share.value:.1%} leave; {lost}."
    else:
        yield (
            f"With {sure} confidence the quality is at most {result.wish.limit:.2%} (points) below that of sending everything to the "
            f"cloud; here it was {chosen.loss:.2%}."
        )
    yield "That holds for traffic like that of the log, and for this scorer as long as it has not learnt from it."
    for row, each in result.rows:
        cost = "unknown" if each.cost is None else _interval(each.cost, 1_000, 2)
        yield f"  {row}: {_percent(each.cloud_share)} leave, quality {_interval(each.quality, 1, 3)}, USD per 1,000 requests {cost}"


def _show(result: Result, drawing: Drawing) -> None:
    table = Table("", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("leaves", "quality", "loss of quality", "at most", "USD per 1,000 requests"):
        table.add_column(column)
    for row, each in result.rows:
        cost = "unknown" if each.cost is None else _interval(each.cost, 1_000, 2)
        bound = "" if each.threshold < 0 else f"{each.loss_bound:.2%}"
        cells = (row, _percent(each.cloud_share), _interval(each.quality, 1, 3), f"{each.loss:.2%}", bound, cost)
        table.add_row(*cells, style="bold" if row.startswith("chosen") else "")
    head, *said = (line for line in _plain(result) if not line.startswith("  "))
    unpriced = result.outcomes - result.rows[0][1].priced
    notes = [f"Intervals: {result.wish.confidence:.0%}."]
    if 0 < unpriced < result.outcomes:
        notes.append(f"{unpriced:,} outcomes have no costs and are left out of those.")
    screen = cli_show.console()
    screen.print(Group(Text(head, "bold"), "", Text(text(drawing)), "", table, "", Text(" ".join(notes)), *map(Text, said)))
    for warning in result.warnings:
        screen.print(Text(warning, "yellow"))
    screen.print(Group("", Text("The patch, which nobody has applied:", "bold"), Text(_patch(result))))


def _patch(result: Result) -> str:
    wish = result.wish
    asked = f"loss <= {wish.limit:.2%} with {wish.confidence:.0%}" if wish.limit is not None else f"cloud share <= {wish.share:.1%}"
    return f"difficulty:\n  threshold: {result.chosen:g} # was {result.now:g}; tidegate tune: {asked}, {result.outcomes:,} outcomes"


def _document(result: Result) -> dict[str, object]:
    names = ("local", "now", "chosen", "cloud")
    rows = {name: msgspec.to_builtins(row) for name, (_, row) in zip(names, result.rows, strict=True)}
    return {
        "threshold": result.chosen,
        "max_quality_loss": result.wish.limit,
        "cloud_share": result.wish.share,
        "confidence": result.wish.confidence,
        "outcomes": result.outcomes,
        "units": result.units,
        "expected": rows,
        "warnings": result.warnings,
        "patch": {"difficulty": {"threshold": result.chosen}},
    }


def _percent(each: Estimate) -> str:
    return f"{each.value:.1%} [{each.low:.1%}, {each.high:.1%}]"


def _interval(each: Estimate, times: float, digits: int) -> str:
    return f"{each.value * times:.{digits}f} [{each.low * times:.{digits}f}, {each.high * times:.{digits}f}]"
