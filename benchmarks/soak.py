"""The gateway under many streams for many minutes, with callers who leave, streams that are cut and a reload in the middle.

    python -m benchmarks.soak DATA [--streams 500] [--minutes 10] [--warm-up 2] [--json FILE]

DATA is a folder of traces (benchmarks/README.md). Everything is on loopback. Afterwards: resident memory as a line after the warm-up,
with the interval of its slope; tasks, file descriptors and connections before and after; and the books, closed: each request one
exchange, each token the upstream's own. Exits with 1 where something leaks or does not add up.
"""

import argparse
import asyncio
import itertools
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.callers import Ask, Callers, Seen
from benchmarks.figures import Histogram, Line, line
from benchmarks.load_mix import Drawn, Mix, drawn, trace
from benchmarks.load_stage import Samplings, Stage, sampled, stage, total
from benchmarks.paced import Fault, Timetable
from benchmarks.rig.accounts import cpu_s
from benchmarks.soak_books import unmatched

FIRST_S = 0.05
_RETRY_S = 1.0
"""How long a caller waits after an error before the next request."""
_CALM_S = 60.0
"""How long things may take to settle at the end: idle connections are closed after 30 s."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the gateway holds on to at one moment."""

    tasks: int
    sockets: int
    other_descriptors: int
    upstream_connections: int


@dataclass(slots=True)
class Soak:
    """What a soak found. Memory in MB, `slope` in MB a minute."""

    before: Held
    after: Held
    slope: Line
    rss_before_mb: float
    rss_after_mb: float
    became: dict[str, int]
    codes: dict[str, int]
    tokens: int
    reloads: int
    wrong: list[str]
    cpu_share: float
    lag_p99_s: float
    most_mb: float
    first: Histogram = field(repr=False)
    memory: Samplings = field(repr=False)

    @property
    def leaks(self) -> list[str]:
        """What was not given back, a sentence each."""
        found = leaked(self.before, self.after)
        if self.slope.slope > self.most_mb:
            found.append(f"resident memory grows by {self.slope.slope:.2f} MB a minute")
        return found


def leaked(before: Held, after: Held) -> list[str]:
    """What there is more of afterwards."""
    pairs = zip(_members(before), _values(after), strict=True)
    return [f"{name}: {was} before, {now} after" for (name, was), now in pairs if now > was]


def _members(held: Held) -> list[tuple[str, int]]:
    return list(asdict(held).items())


def _values(held: Held) -> list[int]:
    return list(asdict(held).values())


async def held(gate: Stage) -> Held:
    """What the gateway holds on to now."""
    descriptors = gate.descriptors()
    return Held(gate.figures()[-1].tasks, descriptors["sockets"], descriptors["others"], (await gate.books()).connections)


async def soak(options: argparse.Namespace) -> Soak:
    """Prime what is remembered, load, calm down, look."""
    found = trace(options.data, options.trace)
    mix = Mix(most_prompt=options.prompt_tokens, most_answer=options.answer_tokens, leaving=options.leaving)
    requests = drawn(found, 1.0, mix)
    numbers = itertools.count(1)
    seen: list[Seen] = []
    async with stage(options.token_s, options.memory) as gate:
        callers = Callers(gate.port, seen.append)
        await asyncio.sleep(1.5)  # the first line of figures
        before = await held(gate)
        await gate.play(Timetable(first_s=0.001, token_s=0.001))
        await _prime(callers, requests, numbers, options.prime)
        await gate.play(Timetable((Fault("cut", share=options.cut),), FIRST_S, options.token_s))
        memory: Samplings = []
        watching = asyncio.create_task(sampled(gate.pid, 1.0, memory))
        cpu, start = cpu_s(gate.pid), time.monotonic()
        await _load(gate, callers, requests, numbers, options)
        used = (cpu_s(gate.pid) - cpu) / (time.monotonic() - start)
        watching.cancel()
        callers.close()
        if options.hang_up:
            await gate.play(Timetable(hangs_up=True))
        after = await _calm(gate, before)
        return await _closed(gate, seen, Soaked(before, after, memory, used), options)


@dataclass(frozen=True, slots=True)
class Soaked:
    """What was measured while it ran."""

    before: Held
    after: Held
    memory: Samplings
    cpu_share: float


async def _prime(callers: Callers, requests: Iterator[Drawn], numbers: Iterator[int], many: int) -> None:
    """Short answers to many texts: what the gateway remembers of texts is full before memory is measured."""
    loop = asyncio.get_running_loop()
    left = iter(range(many))

    async def work() -> None:
        for _ in left:
            await callers.ask(Ask(next(numbers), next(requests).text, 1, loop.time()))

    await asyncio.gather(*(work() for _ in range(16)))


async def _load(gate: Stage, callers: Callers, requests: Iterator[Drawn], numbers: Iterator[int], options: argparse.Namespace) -> None:
    """So many callers, each with one stream at a time; begun over a while, so that they do not march in step."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    until, ramp_s = start + options.minutes * 60, min(20.0, options.minutes * 6)

    async def work(place: int) -> None:
        await asyncio.sleep(ramp_s * place / options.streams)
        while loop.time() < until:
            one = next(requests)
            leaves = None if one.leaves is None else one.leaves * (FIRST_S + one.tokens * options.token_s)
            seen = await callers.ask(Ask(next(numbers), one.text, one.tokens, loop.time(), leaves))
            if seen.became in ("refused", "lost"):
                await asyncio.sleep(_RETRY_S)

    for at_minute in (options.warm_up / 2, options.minutes / 2):  # after the first, a second plan has had its room
        loop.call_at(start + at_minute * 60, gate.reload)
    await asyncio.gather(*(work(place) for place in range(options.streams)))


async def _calm(gate: Stage, before: Held) -> Held:
    """What is held when everybody has left and nothing changes any more, or after a minute."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _CALM_S
    while True:
        await asyncio.sleep(1.5)
        now = await held(gate)
        is_back = all(one <= was for one, was in zip(_values(now), _values(before), strict=True))
        if is_back or loop.time() > until:
            return now


async def _closed(gate: Stage, seen: list[Seen], soaked: Soaked, options: argparse.Namespace) -> Soak:
    """The figures, and the books."""
    warm = soaked.memory[0][0] + options.warm_up * 60
    streams_end = soaked.memory[0][0] + options.minutes * 60
    kept = [(at / 60, mb) for at, mb in soaked.memory if warm <= at <= streams_end]
    metrics, books, log = await gate.metrics(), await gate.books(), gate.exchanges()
    first, lag = Histogram(), Histogram()
    load = seen[options.prime :]
    for one in load:
        if one.first_s is not None:
            first.add(one.first_s)
    for figures in gate.figures():
        lag.add(figures.lag_s)
    wrong = unmatched(seen, log, books.answers, metrics)
    if total(metrics, "tidegate_requests_in_flight"):
        wrong.append("requests_in_flight is not 0")
    lines = (gate.folder / "gateway.log").read_bytes()
    if b'"defect"' in lines or b"Traceback" in lines:
        wrong.append("the gateway's log has a defect")
    return Soak(
        before=soaked.before,
        after=soaked.after,
        slope=line(kept),
        rss_before_mb=kept[0][1],
        rss_after_mb=kept[-1][1],
        became=dict(Counter(one.became for one in load)),
        codes=dict(Counter(one.code for one in load if one.code)),
        tokens=sum(one.tokens for one in load),
        reloads=lines.count(b'"reloaded"'),
        wrong=wrong,
        cpu_share=soaked.cpu_share,
        lag_p99_s=lag.at(0.99),
        most_mb=options.most_mb,
        first=first,
        memory=soaked.memory,
    )


def show(found: Soak, options: argparse.Namespace) -> None:
    """Print what was found."""
    console = Console(width=140)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    console.print(
        f"{options.streams} streams for {options.minutes:g} minutes; load of the machine at the end {load}; python -m benchmarks.soak"
    )
    table = Table("held by the gateway", "before", "after")
    for (name, was), now in zip(_members(found.before), _values(found.after), strict=True):
        table.add_row(name.replace("_", " "), str(was), str(now))
    console.print(table)
    console.print(
        f"Requests by what callers saw: {found.became}; codes: {found.codes}; tokens: {found.tokens:,}; reloads: {found.reloads}."
    )
    console.print(
        f"CPU of the gateway: {found.cpu_share:.0%} of a core; longest lag of its event loop by second, p99: {found.lag_p99_s:.3f} s."
    )
    shares = ", ".join(f"p{share * 100:g} {found.first.at(share):.3f}" for share in (0.5, 0.9, 0.99, 0.999))
    console.print(f"First token after: {shares}, most {found.first.longest_s:.3f} s (the upstream's own: {FIRST_S} s).")
    console.print(
        f"Resident memory {found.rss_before_mb:.1f} -> {found.rss_after_mb:.1f} MB; slope {found.slope.slope:+.3f} MB a minute, "
        f"95 % {found.slope.low:+.3f} to {found.slope.high:+.3f}."
    )
    for say in (*found.leaks, *found.wrong):
        console.print(f"NOT GOOD: {say}", style="red")
    if not found.leaks and not found.wrong:
        console.print("Nothing leaks; every request is accounted for once, and every token is the upstream's own.")


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of traces")
    parser.add_argument("--trace", default="azure_llm_2023_conv", help="whose lengths requests have")
    parser.add_argument("--streams", type=int, default=500, help="callers, each with one stream at a time")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--warm-up", type=float, default=2.0, help="minutes before the line through memory begins")
    parser.add_argument("--token-s", type=float, default=0.25, help="seconds between two tokens of a stream")
    parser.add_argument("--prompt-tokens", type=int, default=500, help="longer prompts are cut to so many")
    parser.add_argument("--answer-tokens", type=int, default=200, help="longer answers are cut to so many")
    parser.add_argument("--leaving", type=float, default=0.15, help="share of callers who leave in the middle")
    parser.add_argument("--cut", type=float, default=0.03, help="share of streams that the upstream cuts")
    parser.add_argument("--memory", type=int, default=2_000, help="texts that the gateway remembers of each kind")
    parser.add_argument("--prime", type=int, default=11_000, help="short requests before, which fill what is remembered of texts")
    parser.add_argument("--hang-up", action="store_true", help="the upstream closes idle connections at the end: no wait until they age")
    parser.add_argument("--most-mb", type=float, default=1.0, help="a steeper slope of memory, in MB a minute, is a leak")
    parser.add_argument("--json", type=Path, help="write what was found here, with memory by second")
    return parser.parse_args(arguments)


def main() -> int:
    """Soak and print; 1 where something is not good."""
    options = _options()
    found = uvloop.run(soak(options))
    show(found, options)
    if options.json:
        kept = {name: value for name, value in ((name, getattr(found, name)) for name in Soak.__dataclass_fields__) if name != "first"}
        options.json.write_bytes(msgspec.json.encode(kept))
    return 1 if found.leaks or found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
