"""Instructions of the stages of a request, counted by valgrind: what a change costs, whatever else the machine does.

    python -m benchmarks.instructions [--only decode,score] [--keep]

One process under callgrind runs each stage over texts that it has not seen; only then it counts. What counting itself takes is subtracted.
Without valgrind it says so and ends with 0.
"""

import argparse
import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import TypeVar

import msgspec

from benchmarks import baseline
from benchmarks.rig.accounts import ROOT
from benchmarks.rig.bodies import BLANK, WORDS, body
from benchmarks.rig.contenders import LEXICAL, Place, configured
from classifiers.classify import classify
from classifiers.table import complete, prepare
from gateway.config.compile import load
from gateway.errors import CODES
from gateway.exchange import AttemptRecord, Exchange, Times
from gateway.http.chat import facts_of
from gateway.observers.prometheus import Prometheus
from gateway.plan import Plan
from gateway.wire.ask import Ask, decode
from gateway.wire.sse import Stream
from router.attempt import Usage
from router.decide import decide
from router.fleet import Fleet
from router.names import MicroUsd, RouteName

SIZES: Mapping[str, int] = {"200B": 40, "2kB": 20, "32kB": 4, "200B-figures": 40, "2kB-figures": 20, "32kB-figures": 4}
"""Requests of each size that are counted; as many warm up."""
EVENTS = 1_000
AGAIN = 20
"""How often what takes few instructions is done, so that they are many beside what counting takes."""
One = TypeVar("One")
Stage = tuple[str, Callable[[], None], Callable[[], None], int]
"""A name, what warms up, what is counted, and how many there are of it."""


def bodies(payload: str, count: int) -> list[bytes]:
    """Bodies that have nothing in common but their sentences."""
    dice = Random(payload)
    made = []
    for _ in range(count):
        pieces = body(payload, "auto", dice).split(BLANK.encode())
        words = [dice.choice(WORDS).encode() for _ in pieces[1:]]
        made.append(b"".join(part for pair in zip(pieces, [*words, b""], strict=True) for part in pair))
    return made


def over(step: Callable[[One], object], items: Sequence[One]) -> Callable[[], None]:
    """The step over all of them."""

    def run() -> None:
        for item in items:
            step(item)

    return run


def of_requests(plan: Plan, payload: str, count: int) -> list[Stage]:
    """Decode, classify, score, decide."""
    raws = bodies(payload, 2 * count)

    def decoded(raw: bytes) -> Ask:
        return decode(raw, "chat", plan.limits.depth)

    def stage(name: str, step: Callable[[One], object], items: Sequence[One]) -> Stage:
        half = len(items) // 2
        return f"{name} {payload}", over(step, items[:half]), over(step, items[half:]), len(items) - half

    asks = [decoded(raw) for raw in raws]
    scorer = plan.scorer
    assert scorer is not None
    judged = [(facts_of("req_1", plan, ask), classify(ask.prompt, plan.fast, scorer)) for ask in asks]
    fresh = [decoded(raw) for raw in bodies(f"{payload}", 6 * count)[2 * count :]]
    return [
        stage("decode", decoded, raws),
        stage("facts", lambda ask: facts_of("req_1", plan, ask), asks * AGAIN),
        stage("classify", lambda ask: classify(ask.prompt, plan.fast), fresh[: 2 * count]),
        stage("score", lambda ask: scorer.score(ask.prompt), fresh[2 * count :]),
        stage("decide", lambda pair: decide(pair[0], pair[1], plan.policy), judged * AGAIN),
    ]


def of_observing(plan: Plan, count: int = 400) -> Stage:
    """One exchange for the metrics."""
    made, target = Prometheus(), next(iter(plan.policy.targets.values()))
    made.configure(plan, CODES, lambda: (Fleet(plan.policy.targets.values()), 0.0))
    label = plan.policy.labels.lowest
    attempt = AttemptRecord(target.name, 0, "Served", status=200, sent_bytes=900, label=label)
    exchange = msgspec.structs.replace(
        Exchange("req_1", "chat", "served", 200, label=label, route=RouteName("easy"), times=Times(0.2, 0.1)),
        path=target.path,
        target=target.name,
        difficulty=0.4,
        attempts=(attempt,),
        usage=Usage(100, 50, 20),
        cost=MicroUsd(25),
    )
    run = over(made, [exchange] * count)
    return "observe", run, run, count


def of_streaming() -> Stage:
    """An event that passes."""
    choice = {"index": 0, "delta": {"content": " word"}, "logprobs": None, "finish_reason": None}
    chunk = {"id": "chatcmpl-0", "object": "chat.completion.chunk", "created": 1_763_700_000, "model": "scripted", "choices": [choice]}
    event = b"data: " + msgspec.json.encode(chunk) + b"\n\n"
    stream = Stream(prompt_tokens=50)
    run = over(stream.feed, [event] * EVENTS)
    return "event", run, run, EVENTS


def stages(plan: Plan) -> list[Stage]:
    """All, in the order of a request."""
    requests = [stage for payload, count in SIZES.items() for stage in of_requests(plan, payload, count)]
    return [*requests, of_observing(plan), of_streaming()]


def control(*words: str) -> None:
    """Tell callgrind."""
    subprocess.run(["callgrind_control", *words, str(os.getpid())], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def counted(run: Callable[[], None]) -> None:
    """Count what it does; callgrind writes a file."""
    gc.collect()
    control("-i", "on")
    control("-z")
    run()
    control("-d")
    control("-i", "off")


def child(config: Path, only: Sequence[str]) -> None:
    """What runs under callgrind; a line for each file that it writes."""
    plan = load(config)
    prepare(plan.fast)
    complete(plan.fast)
    gc.disable()
    counted(lambda: None)
    print("nothing 1", flush=True)
    for name, warm, run, count in stages(plan):
        if not only or name.partition(" ")[0] in only:
            warm()
            counted(run)
            print(name.replace(" ", "_"), count, flush=True)


def read(folder: Path, lines: Sequence[str]) -> dict[str, float]:
    """Thousands of instructions of each stage, one by one: what was counted without what counting nothing takes."""
    files = sorted(folder.glob("counts.[0-9]*"), key=lambda path: int(path.suffix[1:]))
    totals = [re.search(r"^(?:summary|totals): (\d+)", path.read_text(errors="replace"), re.MULTILINE) for path in files]
    found = [(line.split(), int(total[1])) for line, total in zip(lines, (one for one in totals if one), strict=False)]
    nothing = found[0][1] if found else 0
    return {name.replace("_", " "): round((total - nothing) / int(count) / 1000, 2) for (name, count), total in islice(found, 1, None)}


def count(only: str) -> dict[str, float]:
    """Run the child."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = configured(Place(folder, 1, "http://127.0.0.1:1"), LEXICAL)
        callgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/counts"]
        command = [*callgrind, os.path.realpath(sys.executable), "-m", "benchmarks.instructions", "--child", config, "--only", only]
        found = [str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": ":".join(found), "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
        if done.returncode:
            print(done.stderr[-1500:], file=sys.stderr)
        return read(folder, done.stdout.splitlines())


def main() -> None:
    """Count, and print what changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="stages: decode,facts,classify,score,decide,observe,event")
    parser.add_argument("--keep", action="store_true", help="make this run the baseline")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, [name for name in options.only.split(",") if name])
        return
    if shutil.which("valgrind") is None:
        print("no valgrind: instructions are not counted")
        return
    before, found = baseline.kept(), count(options.only)
    print("thousands of instructions", *baseline.beside(before.instructions, found), sep="\n")
    if options.keep:
        baseline.keep(msgspec.structs.replace(before, instructions=before.instructions | found))


if __name__ == "__main__":
    main()
