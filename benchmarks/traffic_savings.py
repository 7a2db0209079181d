"""What routing would have cost on recorded traffic, how good the answers would have been, and how busy the engines at home.

    python benchmarks/traffic_savings.py TRAFFIC ROUTER [--traces NAME ...] [--model gpt-5] [--max-quality-loss 0.05] [--cloud-share 0.5]
                                         [--out figure.svg] [--json FILE] [--readme FILE]

TRAFFIC is a folder of traces (times and token counts), ROUTER one with `dev.jsonl.gz` (prompts with outcomes of a weak and a strong model):
benchmarks/README.md says what is in them. Assumed, because no public set has all of it at once:
- Traces hold no prompts: each request gets a prompt with outcomes, drawn from ROUTER with a fixed seed, whatever its length. So cost and
  quality do not depend on each other within a trace. Most of those prompts are examination questions: harder than what people ask.
- Both models read and write as many tokens as the trace says; the price is MODEL's in the price map, without discounts for cached input.
- Engines at home as in traffic_engine.py, as many as the busiest minute needs, paid for the whole trace whether they work or not.
- The outcomes are those of the models named in ROUTER, not of MODEL. Prompts are taken as public: all of them may leave.
Thresholds are chosen on one half of ROUTER's groups and judged on the other: once by the promise of `tidegate tune`, once by a share.
"""

import argparse
import gzip
import json
import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.traffic_engine import Call, Engine, Load, calls, load
from benchmarks.traffic_figure import Bar, svg
from classifiers.kinds import make_scorer
from classifiers.prompt import Part, Prompt
from gateway.config.prices import Prices, bundled
from router.cost import Tariff, Usage, cost, tariff_from_map
from router.tuning import Outcome, TooFew, expected, for_share, most_kept

SEED = 7
MARKS = ("<!-- savings -->", "<!-- /savings -->")
"""Lines between which the table stands in a README."""

NAMES: Mapping[str, str] = {"length": "by length", "lexical": "lexical scorer", "learned": "shipped scorer"}
LONGEST = 1 << 20
"""Characters at which the score by length is 1; it grows with the logarithm."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way of routing: which threshold of which scorer; below 0 everything leaves, at 1 everything stays."""

    name: str
    scorer: str
    threshold: float
    asked: str


@dataclass(frozen=True, slots=True)
class Line:
    """What came of it, over a whole trace of `hours`. Costs in USD; quality with an interval of 95 % over groups of outcomes."""

    trace: str
    way: str
    asked: str
    stays: float
    quality: float
    low: float
    high: float
    cloud_usd: float
    home_usd: float
    gpu_s: float
    engines_busiest: float
    in_flight: int
    hours: float

    @property
    def usd(self) -> float:
        """All of it."""
        return self.cloud_usd + self.home_usd


Halves = Mapping[str, tuple[Sequence[Outcome], Sequence[Outcome]]]


def halves(file: Path, scorers: Sequence[str]) -> Halves:
    """The outcomes by scorer, in two halves by group: to choose thresholds on, and to judge by. Each scorer has the same rows."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["weak"] is not None and row["strong"] is not None]
    groups = sorted({row["group"] for row in rows})
    chosen = set(random.Random(SEED).sample(groups, len(groups) // 2))
    found = {}
    for scorer in scorers:
        score = _by_length if scorer == "length" else _by(scorer)
        outcomes = [Outcome(score(row["prompt"]), row["weak"], row["strong"], group=row["group"]) for row in rows]
        found[scorer] = ([one for one in outcomes if one.group in chosen], [one for one in outcomes if one.group not in chosen])
    return found


def _by_length(prompt: str) -> float:
    return min(1.0, math.log(1 + len(prompt)) / math.log(LONGEST))


def _by(scorer: str) -> Callable[[str], float]:
    made = make_scorer(scorer, {})
    return lambda prompt: made.score(Prompt((Part(prompt),))).score


def ways(found: Halves, limit: float, share: float) -> list[Way]:
    """Everything local, everything cloud, and each scorer by promise and by share."""
    any_scorer = next(iter(found))
    made = [Way("all cloud", any_scorer, -1.0, ""), Way("all local", any_scorer, 1.0, "")]
    for scorer, (chosen_on, _) in found.items():
        threshold = most_kept(chosen_on, limit, 0.95)
        # Where nothing can be promised nothing stays.
        made.append(Way(NAMES[scorer], scorer, -1.0 if isinstance(threshold, TooFew) else threshold, f"loss <= {limit:.0%}"))
    made += [Way(NAMES[scorer], scorer, for_share(chosen_on, share), f"{share:.0%} leave") for scorer, (chosen_on, _) in found.items()]
    return made


def drawn(outcomes: Sequence[Outcome], many: int) -> list[int]:
    """Which row each request is: a group with the same chance for each, then one of its rows."""
    by_group: dict[str, list[int]] = {}
    for at, one in enumerate(outcomes):
        by_group.setdefault(one.group, []).append(at)
    dice, groups = random.Random(SEED), list(by_group.values())
    return [dice.choice(rows) for rows in dice.choices(groups, k=many)]


def line(trace: str, requests: Sequence[Call], rows: Sequence[tuple[Outcome, Way]], tariff: Tariff, engine: Engine) -> Line:
    """One way over one trace: `rows` holds for each request its outcome."""
    stays = [call for call, (one, way) in zip(requests, rows, strict=True) if one.score <= way.threshold]
    leaves = [call for call, (one, way) in zip(requests, rows, strict=True) if one.score > way.threshold]
    quality = sum(one.local if one.score <= way.threshold else one.cloud for one, way in rows) / len(rows)
    micro_usd = sum(cost(Usage(call.input_tokens, call.output_tokens), tariff) or 0 for call in leaves)
    hours = max((requests[-1].at_s - requests[0].at_s) / 3_600, 1 / 60)
    there: Load = load(stays, engine)
    way = rows[0][1]
    return Line(
        trace, way.name, way.asked, len(stays) / len(requests), quality, 0.0, 0.0, micro_usd / 1e6,
        there.engines * engine.hour_usd * hours, there.gpu_s, there.busiest, there.in_flight, hours,
    )  # fmt: skip


def measure(traces: Mapping[str, Sequence[Call]], found: Halves, chosen: Sequence[Way], tariff: Tariff, engine: Engine) -> list[Line]:
    """Every way over every trace."""
    lines = []
    for trace, requests in traces.items():
        picked = drawn(next(iter(found.values()))[1], len(requests))
        for way in chosen:
            judged_by = found[way.scorer][1]
            made = line(trace, requests, [(judged_by[at], way) for at in picked], tariff, engine)
            quality = expected(judged_by, way.threshold, 0.95).quality
            lines.append(Line(**(asdict(made) | {"low": quality.low, "high": quality.high})))
    return lines


def main() -> None:
    """Simulate, print, keep."""
    options = _options()
    if options.readme and not _has_marks(options.readme.read_text()):
        sys.exit(f"{options.readme} has no lines {MARKS[0]} and {MARKS[1]}: put them where the table should stand")
    entry = Prices(bundled()).lookup(options.model)
    tariff = tariff_from_map(entry) if entry else None
    if tariff is None:
        sys.exit(f"the price map has no price of {options.model}: name a model that it has, and install litellm, which brings it")
    files = {file.name.split(".")[0]: file for file in sorted(options.traffic.glob("*.gz"))}
    unknown = set(options.traces or ()) - files.keys()
    if unknown or not files:
        sys.exit(f"{options.traffic} holds no {', '.join(sorted(unknown)) or 'traces'}")
    traces = {name: calls(file) for name, file in files.items() if not options.traces or name in options.traces}
    found = halves(options.router / "dev.jsonl.gz", options.scorers.split(","))
    chosen = ways(found, options.max_quality_loss, options.cloud_share)
    engine = Engine(options.prefill, options.decode, options.alone, options.gpu_hour_usd)
    lines = measure(traces, found, chosen, tariff, engine)
    said = _assumed(options, tariff, found)
    _show(lines, said)
    if options.out:
        drawn_of = max(traces, key=lambda name: len(traces[name]))
        options.out.write_text(figure(lines, drawn_of, said, options.max_quality_loss), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps({"assumed": said, "lines": [asdict(one) for one in lines]}, indent=1) + "\n")
    if options.readme:
        before, _, rest = options.readme.read_text().partition(MARKS[0])
        after = rest.partition(MARKS[1])[2]
        options.readme.write_text(f"{before}{MARKS[0]}\n{markdown(lines, said)}\n{MARKS[1]}{after}")


def _options() -> argparse.Namespace:
    usual = Engine()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("traffic", type=Path, help="folder with traces, *.csv.gz and *.jsonl.gz")
    parser.add_argument("router", type=Path, help="folder with dev.jsonl.gz")
    parser.add_argument("--traces", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--scorers", default="length,lexical,learned", help="length, or kinds of scorers")
    parser.add_argument("--model", default="gpt-5", help="whose price the cloud has")
    parser.add_argument("--max-quality-loss", type=float, default=0.05, help="points of quality, 0..1, with 95 %% confidence")
    parser.add_argument("--cloud-share", type=float, default=0.5)
    parser.add_argument("--prefill", type=float, default=usual.prefill, help="prompt tokens a second of an engine")
    parser.add_argument("--decode", type=float, default=usual.decode, help="tokens a second that an engine writes, over all requests")
    parser.add_argument("--alone", type=float, default=usual.alone, help="tokens a second of one request")
    parser.add_argument("--gpu-hour-usd", type=float, default=usual.hour_usd)
    parser.add_argument("--out", type=Path, metavar="FILE.svg", help="the figure, of the trace with the most requests")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="write the table between the marks in it")
    return parser.parse_args()


def _assumed(options: argparse.Namespace, tariff: Tariff, found: Halves) -> list[str]:
    judged = len({one.group for one in next(iter(found.values()))[1]})
    cloud = f"Cloud: {options.model}, ${tariff.prompt / 1e6:g} in, ${tariff.completion / 1e6:g} out per million tokens."
    speed = f"read {options.prefill:,.0f} and write {options.decode:,.0f} tokens a second"
    return [
        f"{cloud} Home: engines of ${options.gpu_hour_usd:g} an hour; assumed: they {speed}.",
        f"Traces have no prompts: prompts and right answers are from {judged:,} groups of public outcomes, mostly examination questions.",
        "Thresholds were chosen on other outcomes than those that judge. Engines: as many as the busiest minute needs, paid throughout.",
    ]


HEAD = ("trace", "routing", "asked for", "stays", "right answers", "cloud USD", "home USD", "total USD", "against all cloud", "GPU-seconds",
        "engines in the busiest minute", "in flight at most")  # fmt: skip


def cells(one: Line, all_cloud: Line) -> tuple[str, ...]:
    """A line of the table."""
    return (
        one.trace, one.way, one.asked, f"{one.stays:.0%}", f"{one.quality:.3f} [{one.low:.3f}, {one.high:.3f}]", f"{one.cloud_usd:,.2f}",
        f"{one.home_usd:,.2f}", f"{one.usd:,.2f}", f"{one.usd / all_cloud.usd - 1:+.0%}", f"{one.gpu_s:,.0f}", f"{one.engines_busiest:.2f}",
        f"{one.in_flight:,}",
    )  # fmt: skip


def _rows(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    all_cloud = {one.trace: one for one in lines if one.way == "all cloud"}
    return [cells(one, all_cloud[one.trace]) for one in lines]


def markdown(lines: Sequence[Line], notes: Sequence[str]) -> str:
    """The table and what is assumed, for a README."""
    out = [HEAD, ["---"] * len(HEAD), *_rows(lines)]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in out), "", *notes])


def _show(lines: Sequence[Line], notes: Sequence[str]) -> None:
    table = Table(title=f"Routing on recorded traffic (seed {SEED})", title_justify="left")
    for at, column in enumerate(HEAD):
        table.add_column(column, justify="left" if at < 3 else "right")
    rows = _rows(lines)
    for row in rows:
        table.add_row(*row, end_section=row[1:3] == rows[-1][1:3])
    Console(width=None if sys.stdout.isatty() else 220).print(table)
    for note in notes:
        print(note)


def figure(lines: Sequence[Line], trace: str, notes: Sequence[str], limit: float) -> str:
    """One trace: everything cloud, each scorer with the promise, everything local."""
    asked = f"loss <= {limit:.0%}"
    shown = [one for one in lines if one.trace == trace and (one.asked == asked or not one.asked)]
    shown.sort(key=lambda one: -one.usd)
    bars = [
        Bar(
            one.way,
            f"{one.stays:.0%} stay; engines at home: {math.ceil(one.engines_busiest)}",
            one.cloud_usd / one.hours,
            one.home_usd / one.hours,
            one.quality,
            is_ours=one.way == NAMES["learned"],
        )
        for one in shown
    ]
    title = "What an hour of a chat service costs, and how many answers are right"
    promise = f"Routed by a threshold that loses at most {limit:.0%} of the answers with 95 % confidence. Trace: {trace}."
    return svg(title, [promise, *notes], bars)


def _has_marks(text: str) -> bool:
    return MARKS[0] in text and text.find(MARKS[0]) < text.find(MARKS[1])


if __name__ == "__main__":
    main()
