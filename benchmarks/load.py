"""Latencies and errors of the gateway under load, by phase of a timetable of faults.

    python -m benchmarks.load DATA [--loop open|closed] [--rate 20] [--streams 200] [--seconds 60] [--fault down@20+10:cloud] [--direct]

DATA is a folder of traces (benchmarks/README.md): lengths are the trace's, and so are, in an open loop, the gaps between arrivals,
stretched to `--rate` requests a second. An open loop sends each request when it is due, whatever became of those before. A closed loop
has `--streams` callers with one request each; with `--rate` each has a plan of its own and is late when an answer took too long. Both
count from when a request was due, so that a slow answer does not hide what waited behind it; a closed loop without a rate cannot, and says
so. A fault is `kind@at+for[:target[:share]]`, with the kinds of paced.py. `--direct` asks the upstream itself, for comparison.
"""

import argparse
import asyncio
import itertools
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.callers import Ask, Callers, Seen
from benchmarks.figures import Histogram
from benchmarks.load_mix import Drawn, Mix, drawn, trace
from benchmarks.load_stage import stage
from benchmarks.paced import Fault, Timetable
from benchmarks.rig.accounts import cpu_s, rss_mb

MOST_WAITING = 4_000
"""Requests under way at which an open loop gives up: what it asks cannot keep up, and only the queue would be measured."""
SHARES = (0.5, 0.9, 0.99, 0.999)
Loop = Literal["open", "closed"]


@dataclass(slots=True)
class Phase:
    """The requests that were due between two changes of the timetable. `waits` are the longest gaps within the streams."""

    name: str
    begins_s: float
    requests: int = 0
    became: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    first: Histogram = field(default_factory=Histogram)
    total: Histogram = field(default_factory=Histogram)
    waits: Histogram = field(default_factory=Histogram)

    def add(self, seen: Seen) -> None:
        """Count one."""
        self.requests += 1
        self.became[seen.became] += 1
        if seen.code:
            self.codes[f"{seen.status} {seen.code}"] += 1
        if seen.first_s is not None:
            self.first.add(seen.first_s)
            self.waits.add(seen.widest_s)
        if seen.became == "whole":
            self.total.add(seen.total_s)


def fault(text: str) -> Fault:
    """The fault of `kind@at+for[:target[:share]]`. Raises ValueError for anything else."""
    times, _, rest = text.partition(":")
    kind, _, span = times.partition("@")
    at_s, _, for_s = span.partition("+")
    target, _, share = rest.partition(":")
    asked = {"kind": kind, "at_s": float(at_s), "for_s": float(for_s), "target": target, "share": float(share or 1)}
    return msgspec.convert(asked, Fault)


def phases(faults: Sequence[Fault]) -> list[Phase]:
    """One from each change to the next, named after what is on in it."""
    times = sorted({0.0, *(one.at_s for one in faults), *(one.at_s + one.for_s for one in faults)})
    found = []
    for at_s in times:
        on = [f"{one.kind} {one.target or 'all'}" for one in faults if one.at_s <= at_s < one.at_s + one.for_s]
        found.append(Phase(" and ".join(on) or ("calm" if at_s == 0 else "calm again"), at_s))
    return found


def phase_of(found: Sequence[Phase], at_s: float) -> Phase:
    """The phase in which a request was due."""
    return next(phase for phase in reversed(found) if phase.begins_s <= at_s or phase is found[0])


@dataclass(slots=True)
class Loader:
    """Sends. `asks` are numbered; times are the loop's."""

    callers: Callers
    requests: Iterator[Drawn]
    seconds: float
    rate: float
    streams: int
    token_s: float
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def _ask(self, one: Drawn, due: float) -> Ask:
        leaves = None if one.leaves is None else one.leaves * (0.05 + one.tokens * self.token_s)
        return Ask(next(self.numbers), one.text, one.tokens, due, leaves, one.is_stream)

    async def open(self) -> None:
        """Each when it is due."""
        loop = asyncio.get_running_loop()
        start, running = loop.time(), set[asyncio.Task[Seen]]()
        for one in itertools.takewhile(lambda drawn: drawn.at_s < self.seconds, self.requests):
            await asyncio.sleep(max(0.0, start + one.at_s - loop.time()))
            if self.callers.active >= MOST_WAITING:
                raise SystemExit(f"{MOST_WAITING} requests are under way: this is more than can be served; lower --rate.")
            task = loop.create_task(self.callers.ask(self._ask(one, start + one.at_s)))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)

    async def closed(self) -> None:
        """One at a time for each caller: as soon as it can, or with a rate, by a plan that does not wait for answers."""
        loop = asyncio.get_running_loop()
        start = loop.time()

        async def work(place: int) -> None:
            for turn in itertools.count():
                due = start + (place + turn * self.streams) / self.rate if self.rate else loop.time()
                if due >= start + self.seconds:
                    return
                await asyncio.sleep(max(0.0, due - loop.time()))
                await self.callers.ask(self._ask(next(self.requests), due))

        await asyncio.gather(*(work(place) for place in range(self.streams)))


@dataclass(slots=True)
class Loaded:
    """What came of it. `cpu_share` of a core and `rss_mb` are the gateway's."""

    phases: list[Phase]
    cpu_share: float
    rss_mb: float


async def load(options: argparse.Namespace) -> Loaded:
    """Start everything, load, and sort what was seen into phases."""
    found = trace(options.data, options.trace)
    mix = Mix(options.prompt_tokens, options.answer_tokens, options.sensitive, options.leaving, options.whole)
    faults = tuple(options.fault)
    seen: list[Seen] = []
    async with stage(options.token_s) as gate:
        callers = Callers(gate.port, seen.append)
        if options.direct:
            callers = Callers(gate.upstream, seen.append, b"/local/v1/chat/completions")
        loader = Loader(callers, drawn(found, options.rate or 1.0, mix), options.seconds, options.rate, options.streams, options.token_s)
        await gate.play(Timetable(faults))
        start, cpu = asyncio.get_running_loop().time(), cpu_s(gate.pid)
        await (loader.open() if options.loop == "open" else loader.closed())
        used = (cpu_s(gate.pid) - cpu) / (asyncio.get_running_loop().time() - start)
        result = Loaded(phases(faults), used, rss_mb(gate.pid))
        callers.close()
    for one in seen:
        phase_of(result.phases, one.ask.due - start).add(one)
    return result


def show(found: Loaded, options: argparse.Namespace) -> None:
    """Print a table, a row a phase."""
    rate = f"{options.rate:g} requests a second" if options.rate else "as fast as answers come"
    who = "the upstream alone" if options.direct else "the gateway"
    pace = f", {options.streams} callers" if options.loop == "closed" else ""
    table = Table(title=f"{who}: {options.loop} loop, {rate}{pace}, {options.seconds:g} s, {options.trace}; seconds")
    for column in (
        "phase",
        "requests",
        "became",
        "errors",
        *(f"first p{share * 100:g}" for share in SHARES),
        "most",
        "gap p99",
        "whole p50",
    ):
        table.add_column(column)
    for phase in found.phases:
        became, errors = (", ".join(f"{name} {many}" for name, many in each.most_common()) for each in (phase.became, phase.codes))
        first = [f"{phase.first.at(share):.3f}" for share in SHARES]
        rest = (phase.first.longest_s, phase.waits.at(0.99), phase.total.at(0.5))
        table.add_row(
            f"{phase.begins_s:g} s: {phase.name}", str(phase.requests), became, errors or "-", *first, *(f"{one:.3f}" for one in rest)
        )
    console = Console(width=160)
    console.print(table)
    if not options.direct:
        console.print(f"The gateway used {found.cpu_share:.0%} of a core and {found.rss_mb:.0f} MB.")
    if not options.rate:
        console.print("Without a rate nothing is due at a time of its own: these are service times; what would have waited is not in them.")


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of traces")
    parser.add_argument("--trace", default="azure_llm_2023_conv", help="whose lengths, and gaps, requests have")
    parser.add_argument("--loop", choices=get_args(Loop), default="open")
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second; 0 in a closed loop: as fast as answers come")
    parser.add_argument("--streams", type=int, default=200, help="callers of a closed loop")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--token-s", type=float, default=0.05, help="seconds between two tokens of a stream")
    parser.add_argument("--prompt-tokens", type=int, default=1_000, help="longer prompts are cut to so many")
    parser.add_argument("--answer-tokens", type=int, default=200, help="longer answers are cut to so many")
    parser.add_argument("--sensitive", type=float, default=0.2, help="share of requests with an address, which must stay")
    parser.add_argument("--leaving", type=float, default=0.0, help="share of callers who leave in the middle")
    parser.add_argument("--whole", type=float, default=0.0, help="share of requests that are not streamed")
    parser.add_argument("--fault", type=fault, action="append", default=[], metavar="KIND@AT+FOR[:TARGET[:SHARE]]")
    parser.add_argument("--direct", action="store_true", help="ask the upstream itself")
    options = parser.parse_args(arguments)
    if options.loop == "open" and not options.rate:
        parser.error("an open loop needs a --rate")
    return options


def main() -> int:
    """Load and print."""
    options = options_of()
    show(uvloop.run(load(options)), options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
