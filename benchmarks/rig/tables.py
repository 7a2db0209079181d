"""A run of the comparison as Markdown tables: medians, and in brackets the spread."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from benchmarks.rig.loads import MAIN, Row
from benchmarks.rig.stage import Drive

MARKS = ("<!-- compare -->", "<!-- /compare -->")


class Began(msgspec.Struct, frozen=True):
    """How a contender started: seconds until it answered, each time; resident MB when idle, whole and with what is shared counted once."""

    name: str
    group: str
    version: str
    settings: str
    started_s: list[float]
    idle_mb: tuple[float, float] = (0.0, 0.0)


class Run(msgspec.Struct, frozen=True):
    """Everything that was measured, and where and how."""

    at: str
    took_s: float
    machine: dict[str, str]
    loads: list[dict[str, Any]]
    began: list[Began]
    missing: dict[str, str]
    rows: list[Row]

    def of(self, contender: str, load: str) -> list[Row]:
        """The repetitions that were measured."""
        return [row for row in self.rows if (row.contender, row.load) == (contender, load) and row.drive is not None and row.drive.ok]

    def drives(self, contender: str, load: str) -> dict[int, Drive]:
        """What the driver said, by repetition."""
        return {row.rep: row.drive for row in self.of(contender, load) if row.drive is not None}


def spread(values: Sequence[float], digits: int | None = None) -> str:
    """The median, and the least and the most in brackets; a dash of nothing."""
    if not values:
        return "-"
    middle = statistics.median(values)
    places = digits if digits is not None else 0 if middle >= 30 else 1 if middle >= 3 else 2
    return f"{middle:,.{places}f} [{min(values):,.{places}f}-{max(values):,.{places}f}]" if len(values) > 1 else f"{middle:,.{places}f}"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, without the columns and rows that have nothing but dashes."""
    kept = [row for row in rows if any(cell != "-" for cell in row[1:])]
    columns = [at for at in range(len(head)) if not at or any(row[at] != "-" for row in kept)]
    lines = [[head[at] for at in columns], ["---", *("---:" for _ in columns[1:])], *([row[at] for at in columns] for row in kept)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if kept and len(columns) > 1 else ""


def ratios(run: Run, contender: str, other: str, load: str, figure: str = "request_us") -> list[float]:
    """How many times another's figure, repetition by repetition."""
    of = {row.rep: getattr(row, figure) for row in run.of(other, load)}
    return [getattr(row, figure) / of[row.rep] for row in run.of(contender, load) if of.get(row.rep)]


Read = Callable[[Drive], float]


def added(run: Run, contender: str, load: str, read: Read) -> list[float]:
    """By how much a time of the driver's is above that of the upstream alone, repetition by repetition."""
    alone = run.drives("direct", load)
    return [read(drive) - read(alone[rep]) for rep, drive in run.drives(contender, load).items() if rep in alone]


REQUESTS = ("200B", "2kB", "32kB", "200B-figures", "2kB-figures", "32kB-figures", "512kB", "conversation", "last-turn", "new-conversation")


def _cpu(run: Run, name: str) -> list[str]:
    return [name, *(spread([row.request_us for row in run.of(name, load)]) for load in REQUESTS)]


def _times(run: Run, name: str) -> list[str]:
    cells = [name]
    for other in ("relay", "nginx"):
        for load in REQUESTS[:3]:
            found = ratios(run, name, other, load)
            cells.append(f"{statistics.median(found):,.2f}" if found else "-")
    return cells


def _latency(run: Run, name: str) -> list[str]:
    rows = run.of(name, "latency")
    quantiles: Mapping[str, Read] = {
        "p50": lambda drive: drive.latency_us.p50 / 1e3,
        "p99": lambda drive: drive.latency_us.p99 / 1e3,
        "p999": lambda drive: drive.latency_us.p999 / 1e3,
    }
    throughput = [spread([row.per_s for row in run.of(name, load)], 0) for load in ("200B", "32kB")]
    return [
        name,
        *throughput,
        *(spread(added(run, name, "latency", read), 2) for read in quantiles.values()),
        spread([row.request_us for row in rows]),
    ]


def _streams(run: Run, name: str) -> list[str]:
    events = [
        spread([row.chunk_us for row in run.of(name, load)])
        for load in ("stream-100", "stream-2000", "stream-bursts", "paced-100", "paced-1000")
    ]
    first = [
        spread(added(run, name, "first-token", read), 2)
        for read in (lambda drive: drive.first_us.p50 / 1e3, lambda drive: drive.first_us.p99 / 1e3)
    ]
    delays = [
        spread(added(run, name, "paced-1000", read), 2)
        for read in (lambda drive: drive.delay_us.p50 / 1e3, lambda drive: drive.delay_us.p99 / 1e3)
    ]
    carried = [row.streams for row in run.of(name, "most") if row.streams]
    return [name, *events, *first, *delays, spread(carried, 0)]


def _begun(run: Run, one: Began) -> list[str]:
    if not one.started_s or one.name == "direct":
        return [one.name]
    memory = f"{one.idle_mb[0]:.0f}" if one.idle_mb[0] else "-"
    grown = [row.grown_mb for row in run.of(one.name, "growth")]
    return [one.name, one.version, one.settings, spread(one.started_s, 2), memory, spread(grown, 2)]


def _left_out(run: Run) -> list[str]:
    said = [f"- {name}: {why.splitlines()[0]}" for name, why in run.missing.items()]
    skipped = {(row.contender, row.load): row.skipped.splitlines()[0] for row in run.rows if row.skipped}
    wrong: dict[str, int] = {}
    for row in run.rows:
        if row.drive is not None and row.drive.wrong and row.load != "most":
            wrong[f"{row.contender} under {row.load}"] = wrong.get(f"{row.contender} under {row.load}", 0) + row.drive.wrong
    said += [f"- {name} under {load}: {why}" for (name, load), why in skipped.items()]
    return said + [f"- {where}: {count} answers were wrong, cut or late" for where, count in wrong.items()]


STREAMS = """**Streams**: CPU microseconds per event; milliseconds added to the first token at 200 new streams a second, and to an event
of 1,000 streams at 20 a second; the most streams of 50 tokens a second that one core carries"""


def markdown(run: Run) -> str:
    """All tables."""
    names = [one.name for one in run.began if one.group == "ours"] + [one.name for one in run.began if one.group != "ours"]
    begun = {one.name: one for one in run.began}
    where = ", ".join(f"{name} {said}" for name, said in run.machine.items())
    parts = [
        f"Measured {run.at} UTC in {run.took_s / 60:.0f} minutes on two cores ({where}). Medians; in brackets the least and the most.",
        "**CPU microseconds per request**, saturated by 16 callers",
        grid(["", *REQUESTS], [_cpu(run, name) for name in names]),
        "**Times the CPU of the bare relay, and of nginx**, medians of the ratios of each repetition",
        grid(["", *(f"{load}, {other}" for other in ("relay", "nginx") for load in REQUESTS[:3])], [_times(run, name) for name in names]),
        "**Requests a second on one core, and milliseconds added at 100 requests a second** (200 B, open loop)",
        grid(
            ["", "200B/s", "32kB/s", "p50 ms", "p99 ms", "p99.9 ms", "CPU us at that rate"],
            [_latency(run, name) for name in names if name != "direct"],
        ),
        STREAMS,
        grid(
            [
                "",
                "saturated, 100 events",
                "saturated, 2,000",
                "8 a write",
                "paced, 100 streams",
                "paced, 1,000 streams",
                "first p50",
                "first p99",
                "event p50",
                "event p99",
                "streams",
            ],
            [_streams(run, name) for name in names if name != "direct"],
        ),
        "**Versions, settings, seconds until the first answer, resident MB when idle, MB grown in 100,000 requests**",
        grid(
            ["", "version", "settings", "start s", "idle MB", "grown MB"],
            [_padded(_begun(run, begun[name]), 6) for name in names],
        ),
        "\n".join(_left_out(run)),
    ]
    shown = [part for at, part in enumerate(parts) if part and not (part.startswith("**") and not parts[at + 1])]
    return "\n\n".join(shown)


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + ["-"] * (width - len(cells))


__all__ = ["MAIN", "MARKS", "Began", "Run", "added", "grid", "markdown", "ratios", "spread"]
