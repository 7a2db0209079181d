"""Whether the names detector holds up the event loop: how long a task that wants to run every millisecond had to wait.

    python benchmarks/names_loop.py [--short] [--json FILE]

The detector runs where the gateway runs it, in the pool of a `Runtime`, on plain text of several lengths and on text that is made to be
hard. Two lines are for comparison: a loop with nothing beside it, and one beside a thread that runs plain Python, which gives up the
interpreter every 5 ms (`sys.getswitchinterval`) and so sets what any thread costs. *longest* is the longest of all waits; *99 of 100*
are shorter than what stands there. Neighbours on the machine show in the longest of an idle loop too.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from classifiers.prompt import Part, Prompt
from gateway.config.compile import compile_text
from gateway.runtime import Runtime
from router.fleet import Fleet

TICK_S = 0.001
MEGABYTE = 1_000_000
CONFIG = """
version: 1
destinations:
  local: {kind: openai_compatible, zone: local, url: "http://127.0.0.1:9/v1", model: m, clearance: restricted, cost: unknown}
sensitivity: {detectors: [patterns, secrets, names], slow_deadline_s: 60}
routes: [{name: all, to: [local]}]
"""
SENTENCE = "The committee met on Tuesday, and Mary Johnson of the housing office in Leeds took the minutes of the meeting. "


def _drawn(characters: str) -> Callable[[int], str]:
    return lambda size: "".join(random.Random(size).choices(characters, k=size))


TEXTS: Mapping[str, Callable[[int], str]] = {
    "sentences with names": lambda size: (SENTENCE * (size // len(SENTENCE) + 1))[:size],
    "digits": _drawn("0123456789"),
    "capitals": _drawn("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "one word": lambda size: "a" * size,
    "one capital and a space": lambda size: "A " * (size // 2),
    "a name and nothing else": lambda size: ("Mary Smith, " * (size // 12 + 1))[:size],
    "Chinese characters": _drawn("".join(map(chr, range(0x4E00, 0x5E00)))),
    "emoji": _drawn("".join(map(chr, range(0x1F600, 0x1F640)))),
    "line ends": lambda size: "\n" * size,
}
SIZES = {"sentences with names": (2_000, 20_000, 200_000)}
"""Characters; of the others a megabyte, of which the detector reads as much as its options say and doubts the rest."""


@dataclass(frozen=True, slots=True)
class Waits:
    """What a loop had to wait for while something ran beside it. Milliseconds."""

    beside: str
    took: float
    turns: int
    longest: float
    common: float


async def waits(beside: str, work: Coroutine[None, None, object]) -> Waits:
    """The waits of a task that wants to run every `TICK_S` until the work is done."""
    task = asyncio.ensure_future(work)
    begin = last = time.perf_counter()
    late: list[float] = []
    while not task.done():
        await asyncio.sleep(TICK_S)
        now = time.perf_counter()
        late.append(1000 * max(0.0, now - last - TICK_S))
        last = now
    await task
    late.sort()
    return Waits(beside, 1000 * (last - begin), len(late), late[-1] if late else 0.0, late[len(late) * 99 // 100] if late else 0.0)


async def measure(texts: Mapping[str, str], idle_s: float = 1.0) -> list[Waits]:
    """The waits beside the reading of each text, after those of an idle loop and of one beside a thread that runs Python."""
    plan = compile_text(CONFIG)
    with ThreadPoolExecutor(2) as pool:
        runtime = Runtime(plan, {}, Fleet(plan.policy.targets.values()), pool=pool)
        await runtime.ask_slow(Prompt((Part("Warm up."),)))
        found = [await waits("nothing", asyncio.sleep(idle_s)), await waits("a thread that counts", _counting(idle_s))]
        for what, text in texts.items():
            found.append(await waits(f"{what}, {len(text):,} characters", runtime.ask_slow(Prompt((Part(text),)))))
    return found


async def _counting(seconds: float) -> None:
    def count() -> int:
        end, steps = time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            steps += 1
        return steps

    await asyncio.to_thread(count)


def made(largest: int = MEGABYTE) -> dict[str, str]:
    """The texts to read, none longer than `largest`, by what they are."""
    return {
        what if len(sizes) == 1 else f"{what} ({size})": make(size)
        for what, make in TEXTS.items()
        for sizes in (SIZES.get(what, (largest,)),)
        for size in sizes
        if size <= largest
    }


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="texts of at most 20,000 characters")
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    found = asyncio.run(measure(made(20_000 if chosen.short else MEGABYTE)))
    print(f"{'beside the loop':48} {'took':>9} {'turns':>7} {'longest':>9} {'99 of 100':>9}   (milliseconds)")
    for one in found:
        print(f"{one.beside:48} {one.took:9,.1f} {one.turns:7,} {one.longest:9.1f} {one.common:9.1f}")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
