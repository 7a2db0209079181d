"""The gateway beside its peers, in one run: CPU per request and per streamed event, added latency, streams carried, memory, start-up.

    python -m benchmarks.compare --peers DIR [--readme benchmarks/README.md] [--json FILE]
    python -m benchmarks.compare --only gateway,nginx,relay --loads 200B,2kB --reps 5

Whatever is installed is started once and stopped (SIGSTOP) while another is measured, in turns, on a core of its own; the driver and the
scripted upstream are on another. Loopback only; every load is bounded in count and in time. benchmarks/README.md says how it is measured.
"""

import argparse
import contextlib
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import msgspec

from benchmarks.pii_tables import between_marks, has_marks
from benchmarks.rig.built import is_native
from benchmarks.rig.contenders import FLOORS, OURS, Contender
from benchmarks.rig.loads import LOADS, TIMES_SATURATED, Load, Row, measure, most
from benchmarks.rig.routers import ROUTERS
from benchmarks.rig.stage import Running, Stage, rest, stage, started
from benchmarks.rig.tables import MARKS, Began, Run, markdown

CONTENDERS = (*FLOORS, *ROUTERS, *OURS)
"""In the order of their start: ours settle while nothing else starts."""


def started_all(
    made: Stage, contenders: Sequence[Contender], reps: int, stack: contextlib.ExitStack
) -> tuple[list[Running], list[Began], dict[str, str]]:
    """Start all that are installed; those that are not, and why."""
    running, began, missing = [], [], {}
    for contender in contenders:
        try:
            starts = [one.started_s for _ in range(reps - 1) if contender.group == "ours" for one in [_once(made, contender)]]
            one = stack.enter_context(started(made, contender))
        except RuntimeError as error:
            missing[contender.name] = str(error)
            continue
        if one is None:
            missing[contender.name] = "not installed"
            continue
        running.append(one)
        began.append(Began(contender.name, contender.group, one.version, contender.settings, [*starts, one.started_s]))
        _say(f"{contender.name}: {one.version}; answered after {one.started_s:.2f} s")
        if contender.group != "ours":
            one.pause(on=True)
    for name, why in missing.items():
        _say(f"{name}: left out: {why}")
    for one in running:
        one.pause(on=False)
    rest(running)
    return running, [msgspec.structs.replace(told, idle_mb=one.idle_mb) for told, one in zip(began, running, strict=True)], missing


def _once(made: Stage, contender: Contender) -> Running:
    with started(made, contender) as one:
        assert one is not None
        return one


def too_much(load: Load, rows: Sequence[Row], name: str) -> str:
    """Why a load at a fixed rate is not tried: it would take more than a core, as what was measured before says."""

    def least(figure: str, of: str) -> float:
        return min((getattr(row, figure) for row in rows if (row.contender, row.load) == (name, of) and not row.skipped), default=0.0)

    events_per_s = 1e3 / load.gap_ms * load.conns if load.kind == "paced" else load.rate * load.chunks
    needed_s = (events_per_s * TIMES_SATURATED * least("chunk_us", "stream-100") + load.rate * least("request_us", "200B")) / 1e6
    return f"would take {needed_s:.1f} cores" if needed_s > 1 else ""


def row_of(made: Stage, one: Running, load: Load, rep: int, rows: Sequence[Row]) -> Row:
    """One measurement, or why there is none."""
    name = one.contender.name
    if why := too_much(load, rows, name):
        return Row(name, load.name, rep, skipped=why)
    one.pause(on=False)
    time.sleep(0.2)  # its clocks catch up
    try:
        if load.kind != "most":
            return measure(made, one, load, rep)
        events = [row.chunk_us for row in rows if row.contender == name and row.load.startswith("paced") and row.chunk_us]
        return most(made, one, load, rep, min(events, default=25.0))
    except RuntimeError as error:
        return Row(name, load.name, rep, skipped=str(error))
    finally:
        one.pause(on=True)


def compared(made: Stage, running: Sequence[Running], loads: Sequence[Load], reps: int) -> list[Row]:
    """All measurements, in turns; who is first changes from turn to turn."""
    rows: list[Row] = []
    for rep in range(reps):
        for load in loads:
            asked = [one for one in running if load.is_for(one.contender) and rep < load.repeats(one.contender, reps)]
            for one in asked[rep % len(asked) :] + asked[: rep % len(asked)] if asked else []:
                row = row_of(made, one, load, rep, rows)
                rows.append(row)
                _say(told(row))
    return rows


def told(row: Row) -> str:
    """A row in a line."""
    said = f"{row.rep} {row.load:<17}{row.contender:<22}"
    if row.skipped or row.drive is None:
        return said + row.skipped
    drive = row.drive
    figures = f"{row.request_us:9.1f} us/request {row.chunk_us:7.2f} us/event {row.per_s:9.0f}/s"
    figures += f" p50 {drive.latency_us.p50:8.0f} p99 {drive.latency_us.p99:8.0f}"
    figures += f" delay p99 {drive.delay_us.p99:7.0f}" if drive.chunks else ""
    figures += f" streams {row.streams}" if row.streams else ""
    figures += f" grown {row.grown_mb:.2f} MB" if row.grown_mb else ""
    wrong = f" WRONG {drive.wrong} {drive.errors} {drive.error_said[:200]}" if drive.wrong else ""
    return said + figures + f" cores {row.core_share:.2f}/{row.load_share:.2f} foreign {row.foreign[0]:.2f}/{row.foreign[1]:.2f}{wrong}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def machine() -> dict[str, str]:
    """Where it ran."""
    cpu = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "?"
    )
    return {"cpu": cpu, "kernel": platform.release(), "python": platform.python_version(), "driver": "C++" if is_native() else "Python"}


def arguments(said: str | None, words: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="the folder that install_peers made")
    parser.add_argument("--only", default="", help="names of contenders: " + ",".join(one.name for one in CONTENDERS))
    parser.add_argument("--loads", "--payloads", default="", help="names of loads: " + ",".join(load.name for load in LOADS))
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write every measurement here")
    parser.add_argument("--readme", type=Path, help="write the tables between the marks of this file")
    return parser.parse_args(words)


Named = TypeVar("Named", Contender, Load)


def picked(names: str, known: Sequence[Named]) -> list[Named]:
    """Those that are named, in their own order; all, when none is. SystemExit for a name that nobody has."""
    asked = [name.strip() for name in names.split(",") if name.strip()]
    if unknown := set(asked) - {one.name for one in known}:
        raise SystemExit(f"not known: {', '.join(sorted(unknown))}; known: {', '.join(one.name for one in known)}")
    return [one for one in known if not asked or one.name in asked]


def run(options: argparse.Namespace) -> Run:
    """Start, measure, end."""
    contenders, loads = picked(options.only, CONTENDERS), picked(options.loads, LOADS)
    at, began_s = time.strftime("%Y-%m-%d %H:%M", time.gmtime()), time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = stack.enter_context(stage(options.peers, folder))
        running, began, missing = started_all(made, contenders, options.reps, stack)
        rows = compared(made, running, loads, options.reps)
    return Run(at, time.monotonic() - began_s, machine(), [asdict(load) for load in loads], began, missing, rows)


def main() -> None:
    """Measure, and print the tables."""
    options = arguments(__doc__)
    found = run(options)
    said = markdown(found)
    print(said)
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    if options.readme:
        text = options.readme.read_text()
        if not has_marks(text, MARKS):
            raise SystemExit(f"{options.readme} has no {MARKS[0]} ... {MARKS[1]}")
        options.readme.write_text(between_marks(text, said, MARKS))


if __name__ == "__main__":
    main()
