"""Whether `tidegate tune` keeps its promise: thresholds for logs drawn from public outcomes, and how often the real loss is over the limit.

    python benchmarks/tune_promise.py DATA [--resamples 1000] [--scorers lexical,learned] [--limit 0.02] [--confidence 0.95] [--json FILE]

DATA is a folder with `dev.jsonl.gz` (benchmarks/README.md says what is in it). Its groups of near-duplicates are the population; a log is
drawn from them with replacement, so that the loss of every threshold in the population is known exactly. Beside it the choice of somebody
who takes the largest threshold that kept the limit on the log itself.
"""

import argparse
import gzip
import json
import random
import sys
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from classifiers.kinds import make_scorer
from classifiers.prompt import Part, Prompt
from router.tuning import GRID, Outcome, TooFew, curve, most_kept

SEED = 7
SIZES = (0.25, 1.0)
"""Groups of a log, as a multiple of those in the population."""


def population(file: Path, scorer: str, options: Mapping[str, object] | None = None) -> list[Outcome]:
    """The rows whose outcomes are known, scored."""
    made, rows = make_scorer(scorer, options or {}), []
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["weak"] is not None and row["strong"] is not None:
                score = made.score(Prompt((Part(row["prompt"]),))).score
                rows.append(Outcome(score, row["weak"], row["strong"], group=row["group"]))
    return rows


def losses(outcomes: Sequence[Outcome]) -> list[float]:
    """The loss of every threshold of the grid."""
    points = curve(outcomes)
    groups: dict[str, list[float]] = {}
    for one in outcomes:
        groups.setdefault(one.group, []).append(one.cloud)
    cloud = sum(sum(each) / len(each) for each in groups.values()) / len(groups)
    return [cloud - point.quality for point in points]


def drawn(dice: random.Random, groups: Sequence[Sequence[Outcome]], many: int) -> list[Outcome]:
    """A log of so many groups; one that was drawn twice is two groups."""
    chosen = dice.choices(groups, k=many)
    return [replace(one, group=str(at)) if len(rows) > 1 else replace(one, group="") for at, rows in enumerate(chosen) for one in rows]


def measure(outcomes: Sequence[Outcome], size: float, resamples: int, limit: float, confidence: float) -> dict[str, float]:
    """Over all logs: how often a threshold was found, how often it broke the limit, what stays; and the same for the naive choice."""
    by_group: dict[str, list[Outcome]] = {}
    for one in outcomes:
        by_group.setdefault(one.group, []).append(one)
    groups, truth, stays = list(by_group.values()), losses(outcomes), [1 - point.cloud_share for point in curve(outcomes)]
    dice = random.Random(SEED)
    found = broken = naive_broken = 0
    kept: list[float] = []
    for _ in range(resamples):
        log = drawn(dice, groups, round(size * len(groups)))
        chosen = most_kept(log, limit, confidence)
        if not isinstance(chosen, TooFew):
            at = bisect_right(GRID, chosen) - 1
            found, broken = found + 1, broken + (truth[at] > limit)
            kept.append(stays[at])
        naive = max((at for at, loss in enumerate(_losses_of(log)) if loss <= limit), default=0)
        naive_broken += truth[naive] > limit
    best = max(share for share, loss in zip(stays, truth, strict=True) if loss <= limit)
    return {
        "groups": round(size * len(groups)),
        "found": found / resamples,
        "broken": broken / resamples,
        "stays": sum(kept) / len(kept) if kept else 0.0,
        "could_stay": best,
        "naive_broken": naive_broken / resamples,
    }


def _losses_of(log: Sequence[Outcome]) -> list[float]:
    """As `losses`, for rows without a group too."""
    return losses([one if one.group else replace(one, group=f"alone {at}") for at, one in enumerate(log)])


def main() -> None:
    """Draw, choose, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path, help="folder with dev.jsonl.gz")
    parser.add_argument("--resamples", type=int, default=1_000)
    parser.add_argument("--scorers", default="lexical,learned")
    parser.add_argument("--limit", type=float, default=0.02, help="points of quality, in 0..1")
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--sizes", type=float, nargs="+", default=SIZES, help="groups of a log, as a multiple of those in DATA")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    table = Table(
        title=f"Loss at most {options.limit:.1%} with {options.confidence:.0%} confidence: {options.resamples:,} logs, seed {SEED}"
    )
    for column in ("scorer", "groups in a log", "threshold found", "limit exceeded", "stays", "could stay", "exceeded without a promise"):
        table.add_column(column, justify="right" if table.columns else "left")
    result: dict[str, list[dict[str, float]]] = {}
    for scorer in options.scorers.split(","):
        outcomes = population(options.data / "dev.jsonl.gz", scorer)
        for size in options.sizes:
            row = measure(outcomes, size, options.resamples, options.limit, options.confidence)
            result.setdefault(scorer, []).append(row)
            cells = (f"{row[name]:.1%}" for name in ("found", "broken", "stays", "could_stay", "naive_broken"))
            table.add_row(scorer, f"{row['groups']:,.0f}", *cells)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    if any(row["broken"] > 1 - options.confidence for rows in result.values() for row in rows):
        sys.exit("the promise was broken")


if __name__ == "__main__":
    main()
