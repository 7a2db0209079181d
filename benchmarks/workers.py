"""Two workers against one, on a machine whose two cores the driver and the scripted upstream need too.

    python -m benchmarks.workers [--reps 3] [--seconds 3] [--payload 2kB] [--json FILE]

One worker has a core of its own, the driver and the upstream the other. Two workers have both cores, on which the driver and the upstream
run too, before them (real time) and cheaply: what they took is known, and what is left of two cores is what the workers had. The scaling is
that of requests a second per core that was left, times two. Beside it stands CPU per request at a rate that both sustain: what a second
worker costs each request by sharing state. A second core that shares a cache or a clock with the first lowers both; nothing is added.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.rig.accounts import cpu, tree
from benchmarks.rig.contenders import LEXICAL, Contender, gateway
from benchmarks.rig.loads import upstream_s
from benchmarks.rig.stage import Running, Stage, rest, stage, started
from benchmarks.rig.tables import grid, spread

CALLERS = 64
SUSTAINED = 0.4
"""The rate of the comparison at a fixed one, as a share of what one worker does at most."""


class Figures(msgspec.Struct, frozen=True):
    """Of one run. `ends_share` is what driver and upstream took, `own_share` what the workers took, both in cores."""

    workers: int
    rep: int
    per_s: float
    request_us: float
    own_share: float
    ends_share: float
    steady_us: float = 0.0
    wrong: int = 0

    @property
    def per_core(self) -> float:
        """Requests a second for each core that was left to the workers."""
        return self.per_s / (self.workers - (self.ends_share if self.workers > 1 else 0.0))


def spread_out(pids: Sequence[int], cores: set[int]) -> None:
    """Let these processes run on these cores."""
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), cores)


def measured(made: Stage, one: Running, payload: str, seed: int, **options: float) -> Figures:
    """One load of one gateway; the driver and the upstream come first."""
    before, upstream = cpu(one.pid), upstream_s(made)
    drive = made.drive(one, payload, {"seconds": 3, "conns": CALLERS, "seed": seed, **options}, [made.pid])
    used_s, ends_s = cpu(one.pid).since(before), drive.cpu_s + upstream_s(made) - upstream
    answers = max(1, drive.ok + drive.wrong)
    return Figures(
        0, 0, drive.ok / drive.seconds, used_s * 1e6 / answers, used_s / drive.seconds, ends_s / drive.seconds, wrong=drive.wrong
    )


def compared(made: Stage, alone: Running, two: Running, options: argparse.Namespace) -> list[Figures]:
    """In turns."""
    found: list[Figures] = []
    both = {made.load_core, made.core}
    for rep in range(options.reps):
        rate = 0.0
        for count, one in ((1, alone), (2, two)):
            cores = both if count > 1 else {made.load_core}
            spread_out([made.pid], cores)
            made.driver_cores = ",".join(map(str, sorted(cores)))
            one.pause(on=False)
            spread_out(tree(one.pid), both if count > 1 else {made.core})
            made.drive(one, options.payload, {"seconds": 1, "conns": CALLERS, "seed": 10 * rep + 1})
            most = measured(made, one, options.payload, 10 * rep + 2 + count, seconds=options.seconds)
            rate = rate or most.per_s * SUSTAINED
            steady = measured(made, one, options.payload, 10 * rep + 5 + count, seconds=options.seconds, rate=rate, conns=512)
            one.pause(on=True)
            found.append(
                msgspec.structs.replace(most, workers=count, rep=rep, steady_us=steady.request_us, wrong=most.wrong + steady.wrong)
            )
            print(found[-1], flush=True)
    return found


def table(found: Sequence[Figures]) -> str:
    """Both, and the scaling."""

    def of(count: int, figure: str, digits: int) -> str:
        return spread([getattr(one, figure) for one in found if one.workers == count], digits)

    columns = (("per_s", 0), ("own_share", 2), ("ends_share", 2), ("per_core", 0), ("request_us", 0), ("steady_us", 0))
    rows = [[f"{count} worker{'s' * (count > 1)}", *(of(count, figure, digits) for figure, digits in columns)] for count in (1, 2)]
    head = ["", "requests/s", "cores used", "cores of driver and upstream", "requests/s per core left", "CPU us", "CPU us at the same rate"]
    return (
        grid(head, rows)
        + f"\n\nTwo workers do {statistics.median(scaling(found)):.2f} times what one does on as many cores as were left to them."
    )


def scaling(found: Sequence[Figures]) -> list[float]:
    """For each repetition, requests a second on two whole cores over those on one."""
    alone = {one.rep: one.per_core for one in found if one.workers == 1}
    return [2 * one.per_core / alone[one.rep] for one in found if one.workers == 2]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--payload", default="2kB")
    parser.add_argument("--json", type=Path, help="write every measurement here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, stage(None, Path(folder)) as made:
        one, two = (
            Contender(f"{count}", "ours", "", partial(gateway, judging=LEXICAL, more=("--workers", str(count)))) for count in (1, 2)
        )
        with started(made, one) as alone, started(made, two) as pair:
            assert alone is not None
            assert pair is not None
            rest([alone, pair])
            found = compared(made, alone, pair, options)
    print(table(found))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))


if __name__ == "__main__":
    main()
