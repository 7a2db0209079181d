"""Where the gateway's time goes, as text: py-spy looks at it two hundred times a second under a load; what it saw is a tree with shares.

    python -m benchmarks.profiled --pyspy PATH [--payloads 200B,2kB,32kB,stream] [--seconds 15] [--out benchmarks/profiles]

Without py-spy (install_peers puts one into `venvs/base/bin`) it says so. A file per payload; lines below `--least` are left out.
"""

import argparse
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.rig.accounts import ROOT, cpu
from benchmarks.rig.contenders import OURS
from benchmarks.rig.stage import Running, Stage, rest, stage, started

RATE = 200
"""Looks a second."""
LOOP = "Runner.run (asyncio/runners.py)"
"""What is outside of it is the same in all, and left out."""


@dataclass(slots=True)
class Node:
    """A function, how often it was seen on top and in all, and what it called."""

    whole: int = 0
    own: int = 0
    callees: dict[str, "Node"] = field(default_factory=dict)

    def add(self, frames: list[str], times: int) -> None:
        """A stack that was seen so often, from the outermost frame on."""
        node = self
        node.whole += times
        for frame in frames:
            node = node.callees.setdefault(frame, Node())
            node.whole += times
        node.own += times

    def lines(self, least: float, all_of: int, depth: int = 0) -> Iterator[str]:
        """The tree below, the dearest first: share with callees, share without."""
        for name, node in sorted(self.callees.items(), key=lambda one: -one[1].whole):
            if node.whole >= least * all_of:
                yield f"{100 * node.whole / all_of:6.1f} {100 * node.own / all_of:6.1f}  {'  ' * depth}{name}"
                yield from node.lines(least, all_of, depth + 1)

    def owns(self, into: dict[str, int]) -> None:
        """How often each function was on top, wherever it was called from."""
        for name, node in self.callees.items():
            into[name] = into.get(name, 0) + node.own
            node.owns(into)


def folded(text: str) -> Node:
    """The tree of folded stacks, a line each: `frame;frame count`."""
    root = Node()
    for line in text.splitlines():
        stack, _, times = line.rpartition(" ")
        if times.isdigit():
            frames = [named(frame) for frame in stack.split(";") if not frame.startswith(("process ", "thread ("))]
            root.add(frames[frames.index(LOOP) + 1 :] if LOOP in frames else frames, int(times))
    return root


def named(frame: str) -> str:
    """A frame without its line, and without where the tree is."""
    return re.sub(r":\d+\)$", ")", frame).replace(f"{ROOT}/", "")


def rendered(root: Node, head: Mapping[str, str], least: float) -> str:
    """The file: what was measured, functions by their own time, the tree."""
    owns: dict[str, int] = {}
    root.owns(owns)
    whole = max(1, root.whole)
    top = sorted(owns.items(), key=lambda one: -one[1])[:40]
    parts = ["\n".join(f"{name}: {said}" for name, said in head.items()), "by themselves, per cent"]
    parts.append("\n".join(f"{100 * count / whole:6.1f}  {name}" for name, count in top if count))
    parts += ["with what they call, and by themselves, per cent", "\n".join(root.lines(least, whole))]
    return "\n\n".join(parts) + "\n"


def profile(made: Stage, one: Running, pyspy: str, payload: str, seconds: float) -> tuple[Node, dict[str, str]]:
    """Look at it under a closed loop."""
    made.tell("/_set?tokens=100&chunks=100&first_ms=0&gap_ms=0&burst=1")
    options = {"conns": 16.0, "seconds": 2.0, "seed": 1.0} | ({"chunks": 100.0} if payload == "stream" else {})
    made.drive(one, payload, options)
    out = made.folder / "stacks"
    words = ["record", "--pid", str(one.pid), "--format", "raw", "--rate", str(RATE), "--duration", f"{seconds:.0f}", "--output", str(out)]
    before = cpu(one.pid)
    with subprocess.Popen(
        ["taskset", "-c", str(made.load_core), pyspy, *words, "--function", "--nonblocking"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as looking:
        drive = made.drive(one, payload, options | {"seconds": seconds + 1, "seed": 2})
        looking.wait(60)
    answers = max(1, drive.ok + drive.wrong)
    used_us = cpu(one.pid).since(before) * 1e6 / answers
    head = {"payload": payload, "version": one.version, "answers": str(answers), "CPU us an answer, watched": f"{used_us:.0f}"}
    return folded(out.read_text()), head


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pyspy", default=shutil.which("py-spy") or "")
    parser.add_argument("--payloads", default="200B,2kB,32kB,conversation,stream")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--least", type=float, default=0.005, help="share of the whole below which a line is left out")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "profiles")
    options = parser.parse_args()
    if not options.pyspy:
        raise SystemExit("no py-spy: give --pyspy PATH")
    options.out.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, stage(None, Path(folder)) as made, started(made, OURS[0]) as one:
        assert one is not None
        rest([one])
        one.pause(on=False)
        for payload in options.payloads.split(","):
            root, head = profile(made, one, options.pyspy, payload, options.seconds)
            (options.out / f"{payload}.txt").write_text(rendered(root, head, options.least))
            print(f"{payload}: {root.whole} looks")


if __name__ == "__main__":
    main()
