"""`make bench`: what the gateway costs beside the floors, in a few minutes, and beside what it cost when the baseline was kept.

    python -m benchmarks.guard [--reps 3] [--json FILE] [--keep]

Costs are multiples of the bare relay's in the same run. It reports, and never fails: `--keep` makes the run the baseline.
"""

import argparse
import statistics
from collections.abc import Mapping
from pathlib import Path

import msgspec

from benchmarks import baseline, compare
from benchmarks.rig.loads import MAIN
from benchmarks.rig.tables import Run, markdown, ratios

CONTENDERS = "direct,relay,nginx,gateway learned,gateway unclassified,gateway"
LOADS = "200B,2kB,32kB,2kB-figures,conversation,last-turn,stream-100,stream-bursts,paced-100,latency"
RATIOS: Mapping[str, tuple[str, str, str]] = {
    "200 B": (MAIN, "200B", "request_us"),
    "2 kB": (MAIN, "2kB", "request_us"),
    "32 kB": (MAIN, "32kB", "request_us"),
    "2 kB with figures": (MAIN, "2kB-figures", "request_us"),
    "a conversation": (MAIN, "conversation", "request_us"),
    "its last turn": (MAIN, "last-turn", "request_us"),
    "200 B, learned": ("gateway learned", "200B", "request_us"),
    "2 kB, learned": ("gateway learned", "2kB", "request_us"),
    "200 B, unclassified": ("gateway unclassified", "200B", "request_us"),
    "200 B at 100/s": (MAIN, "latency", "request_us"),
    "an event": (MAIN, "stream-100", "chunk_us"),
    "an event of eight": (MAIN, "stream-bursts", "chunk_us"),
    "an event, paced": (MAIN, "paced-100", "chunk_us"),
}


def multiples(run: Run) -> dict[str, float]:
    """The median of the repetitions' ratios to the relay, of what was measured."""
    found = {name: ratios(run, contender, "relay", load, figure) for name, (contender, load, figure) in RATIOS.items()}
    return {name: round(statistics.median(values), 3) for name, values in found.items() if values}


def main() -> None:
    """Measure, and print what changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--only", default=CONTENDERS)
    parser.add_argument("--loads", default=LOADS)
    parser.add_argument("--json", type=Path, help="write every measurement here")
    parser.add_argument("--keep", action="store_true", help="make this run the baseline")
    parser.set_defaults(peers=None)
    options = parser.parse_args()
    run = compare.run(options)
    found, before = multiples(run), baseline.kept()
    print(markdown(run), "\nCPU of the gateway, as multiples of the bare relay's:\n", sep="\n")
    print("\n".join(baseline.beside(before.relay, found)))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=1))
    if options.keep:
        baseline.keep(msgspec.structs.replace(before, relay=found))


if __name__ == "__main__":
    main()
