"""How well difficulty is judged: the shipped scorers beside baselines, on outcomes of weak and strong models, in one table.

    python benchmarks/router_quality.py DATA [--json FILE] [--readme FILE] [--quick]

DATA is the folder of the router sets (benchmarks/README.md): `train` trains, `dev` measures. Two modes: *seen* (trained on the train part
of all sets) and *unseen* (each set scored by a head that was trained on the other three). Also: how many decisions at the default
threshold flip when an ask is said a little differently, and where the golden lists and simple requests go. What is counted:
router_scores.py.
`--readme` puts the table between the marks `<!-- router -->` and `<!-- /router -->` of a file; `--quick` leaves the intervals out.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np  # after the number of threads

from benchmarks import router_baselines, router_noise, router_rows
from benchmarks.difficulty_fit import Exams, fit_head
from benchmarks.difficulty_synthesis import EASY, HARD
from benchmarks.pii_tables import between_marks
from benchmarks.router_rows import SETS, Row
from benchmarks.router_scores import MEASURES, Array, Measure, Outcomes, measure, recovered
from benchmarks.train_difficulty import SEED, made_up, rows_of
from classifiers.kinds import make_scorer
from classifiers.models.difficulty.features import Features, features
from classifiers.models.difficulty.head import Head
from classifiers.prompt import Part, Prompt

GOLDEN = Path(__file__).parent.parent / "tests" / "golden"
THRESHOLDS: Mapping[str, float] = {"learned": 0.25, "lexical": 0.5, "seven dimensions": 0.35}
"""Where each scorer's decision lies by default; of the seven dimensions the second of their three boundaries."""

PROBABILITIES = ("lexical", "TF-IDF + LR", "learned", "learned, unseen", "TF-IDF + LR, unseen")
"""Scores that say they are one; calibration is measured of these only."""

Score = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Line:
    """What one score reached on one data set, or on all (`pooled`)."""

    score: str
    dataset: str
    rows: int
    reached: Mapping[str, Measure | float]


def main() -> None:
    """Score, print, keep."""
    options = _options()
    train, dev = router_rows.load(options.data, "train"), router_rows.load(options.data, "dev")
    lines = [line for name, scores in scored(train, dev).items() for line in measured(name, scores, dev, quick=options.quick)]
    lengths = np.array([float(len(row.prompt)) for row in train])
    for name, scores in (("prompt length, train part", lengths), ("learned, unseen, train part", unseen(train, train))):
        lines += measured(name, scores, train, quick=options.quick)
    flips, shares = robustness(dev), sent(options.data)
    print(table(lines))
    print(others(flips, shares))
    if options.readme:
        said = f"{table([line for line in lines if line.dataset == 'pooled'])}\n{others(flips, shares)}"
        options.readme.write_text(between_marks(options.readme.read_text(), said, ("<!-- router -->", "<!-- /router -->")))
    if options.json:
        kept = [asdict(line) for line in lines]
        options.json.write_text(json.dumps({"quality": kept, "flips": flips, "sent": shares}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the router sets")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--readme", type=Path, metavar="FILE")
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


def scored(train: Sequence[Row], dev: Sequence[Row]) -> dict[str, Array]:
    """The scores of every contender for the dev rows."""
    prompts = [row.prompt for row in dev]
    strange = unseen(train, dev)
    return {
        "random": np.zeros(len(dev)),
        "prompt length": np.array([float(len(prompt)) for prompt in prompts]),
        "seven dimensions": np.array([router_baselines.seven_dimensions(prompt) for prompt in prompts]),
        "lexical": np.array([*map(scorer("lexical"), prompts)]),
        "TF-IDF + LR": router_baselines.tf_idf(train, dev),
        "learned": np.array([*map(scorer("learned"), prompts)]),
        "TF-IDF + LR, unseen": by_set(dev, lambda name, rows: router_baselines.tf_idf([row for row in train if row.dataset != name], rows)),
        "learned, unseen": strange,
        "learned, unseen, levels known": strange + leveled(strange, train, dev),
        "set's mean gain": router_baselines.set_means(train, dev),
        "task's mean gain": router_baselines.task_means(train, dev),
        "oracle": np.array([row.gain for row in dev]),
    }


def by_set(rows: Sequence[Row], score: Callable[[str, Sequence[Row]], Array]) -> Array:
    """Scores of rows that are made set by set."""
    scores = np.zeros(len(rows))
    for name in SETS:
        at = [index for index, row in enumerate(rows) if row.dataset == name]
        scores[at] = score(name, [rows[index] for index in at])
    return scores


def unseen(train: Sequence[Row], asked: Sequence[Row]) -> Array:
    """Each row's score by a head whose outcomes came from the other sets only, made as the shipped one is."""
    made = features()
    rows = rows_of(made, [row.prompt for row in train])
    exams = Exams(rows, np.array([row.is_hard for row in train], float), np.array([row.dataset for row in train]))
    easy, hard = rows_of(made, made_up(EASY, SEED)), rows_of(made, made_up(HARD, SEED + 1))
    heads = {name: fit_head(exams.without(name), easy, hard, made.names, rows.mean(axis=0)) for name in SETS}
    return by_set(asked, lambda name, some: sums(heads[name], made, [row.prompt for row in some]))


def leveled(scores: Array, train: Sequence[Row], asked: Sequence[Row]) -> Array:
    """What brings each set's mean score to its true mean gain: how much of what is missing is only the level of the unseen set."""
    means = router_baselines.set_means(train, asked)
    return means - by_set(
        asked, lambda name, some: np.full(len(some), np.mean([scores[at] for at, row in enumerate(asked) if row.dataset == name]))
    )


def sums(head: Head, made: Features, prompts: Sequence[str]) -> Array:
    """The logistic of sums: each head's own curve would put the level of the sets that it saw into a comparison between heads."""
    total = head.bias + (rows_of(made, prompts) - head.centres) @ head.weights
    scores: Array = 1 / (1 + np.exp(-total))
    return scores


def scorer(kind: str) -> Score:
    """A shipped scorer, or the seven dimensions."""
    if kind == "seven dimensions":
        return router_baselines.seven_dimensions
    made = make_scorer(kind, {})
    return lambda text: made.score(Prompt((Part(text),))).score


def measured(name: str, scores: Array, rows: Sequence[Row], *, quick: bool) -> list[Line]:
    """The lines of a contender: each set, and all rows together."""
    groups = {group: at for at, group in enumerate(sorted({row.group for row in rows}))}
    outcomes = Outcomes(
        np.array([row.gain for row in rows]), np.array([row.is_hard for row in rows], float), np.array([groups[row.group] for row in rows])
    )
    lines = []
    for dataset in (*SETS, "pooled"):
        at = np.array([dataset in ("pooled", row.dataset) for row in rows])
        some, there = scores[at], outcomes.take(at)
        asked = [measure_name for measure_name in MEASURES if measure_name != "ECE" or name in PROBABILITIES]
        reached = {each: MEASURES[each](some, there) if quick else measure(some, there, each) for each in asked}
        lines.append(Line(name, dataset, int(at.sum()), reached))
    return lines


def robustness(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """For each scorer with a threshold the share of decisions that flip, by kind of noise."""
    found: dict[str, dict[str, float]] = {}
    for kind, threshold in THRESHOLDS.items():
        judge = scorer(kind)
        plain = [judge(row.prompt) > threshold for row in rows]
        found[kind] = {
            noise: float(np.mean([(judge(say(row.prompt, random.Random(at))) > threshold) != plain[at] for at, row in enumerate(rows)]))
            for noise, say in router_noise.KINDS.items()
        }
    return found


def sent(folder: Path) -> dict[str, dict[str, float]]:
    """For each scorer with a threshold the share of asks that goes out: simple requests, and the golden lists."""
    lists = {
        "simple requests": router_rows.simple(folder),
        "golden, easy": router_rows.golden(GOLDEN / "easy.jsonl"),
        "golden, frontier": router_rows.golden(GOLDEN / "frontier.jsonl"),
    }
    return {
        kind: {name: float(np.mean([judge(ask) > threshold for ask in asks])) for name, asks in lists.items()}
        for kind, threshold in THRESHOLDS.items()
        for judge in [scorer(kind)]
    }


def best_threshold(scores: Array, gain: Array) -> float:
    """Where the share of quality that is recovered exceeds the share of strong calls by most."""
    curve = recovered(scores, Outcomes(gain, gain, np.arange(len(gain))))
    at = int(np.argmax(curve - np.linspace(0, 1, len(curve))))
    return float(np.sort(scores)[::-1][max(at - 1, 0)])


def table(lines: Sequence[Line]) -> str:
    """Markdown, one row for each contender and set."""
    said = ["| score | set | n | " + " | ".join(MEASURES) + " |", "|---|---|---|" + "---|" * len(MEASURES)]
    for line in lines:
        cells = [_cell(line.reached.get(name)) for name in MEASURES]
        said.append(f"| {line.score} | {line.dataset} | {line.rows} | {' | '.join(cells)} |")
    return "\n".join(said) + "\n"


def _cell(value: Measure | float | None) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def others(flips: Mapping[str, Mapping[str, float]], shares: Mapping[str, Mapping[str, float]]) -> str:
    """Decisions that flip, and what goes out, in per cent."""
    noises, lists = list(next(iter(flips.values()))), list(next(iter(shares.values())))
    said = [
        "| at the default threshold | "
        + " | ".join([f"flips: {noise}" for noise in noises] + [f"goes out: {name}" for name in lists])
        + " |"
    ]
    said.append("|---|" + "---|" * (len(noises) + len(lists)))
    for kind in flips:
        cells = [f"{100 * share:.1f} %" for share in (*flips[kind].values(), *shares[kind].values())]
        said.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(said) + "\n"


if __name__ == "__main__":
    main()
