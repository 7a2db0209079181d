"""The loads of a comparison, and one measurement of one contender under one of them."""

import time
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from benchmarks.rig.accounts import Core, cores, cpu, memory_mb, tree
from benchmarks.rig.contenders import Contender
from benchmarks.rig.stage import Drive, Running, Stage

Kind = Literal["requests", "rate", "saturated", "arriving", "paced", "most", "growth"]
MAIN = "gateway"
"""The contender whose figures the targets are about: everything is on."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked. Streams have `chunks` events, the first after `first_ms`, then one every `gap_ms`; `rate` is per second.

    Without a gap the upstream writes `burst` of each stream at once, as fast as they are read.
    `few`: beside the gateway and the floors only these routers are asked.
    """

    name: str
    kind: Kind
    payload: str
    seconds: float = 1.2
    conns: int = 16
    rate: float = 0.0
    chunks: int = 0
    first_ms: float = 0.0
    gap_ms: float = 0.0
    burst: int = 1
    few: tuple[str, ...] | None = None

    def is_for(self, contender: Contender) -> bool:
        """Whether it is measured under this load."""
        if contender.name == "direct":
            return self.kind in ("rate", "arriving", "paced")
        if contender.group == "ours" and contender.name != MAIN:
            return self.kind == "requests"
        if self.kind == "growth":
            return contender.name == MAIN
        return contender.group != "router" or self.few is None or contender.name in self.few

    def repeats(self, contender: Contender, reps: int) -> int:
        """How often: once where memory or a limit is looked for, at most twice where a router's times are, so that a run ends."""
        if self.kind in ("most", "growth"):
            return 1
        return min(reps, 2) if self.is_latency and contender.group == "router" else reps

    @property
    def is_latency(self) -> bool:
        """Whether times of single requests are read from it."""
        return self.kind in ("rate", "arriving", "paced", "most")


FAST = ("vllm-router",)
LOADS = (
    Load("200B", "requests", "200B"),
    Load("2kB", "requests", "2kB"),
    Load("32kB", "requests", "32kB"),
    Load("200B-figures", "requests", "200B-figures", few=FAST),
    Load("2kB-figures", "requests", "2kB-figures", few=FAST),
    Load("32kB-figures", "requests", "32kB-figures", few=FAST),
    Load("512kB", "requests", "512kB", few=FAST),
    Load("conversation", "requests", "conversation", few=FAST),
    Load("last-turn", "requests", "last-turn", few=FAST),
    Load("new-conversation", "requests", "new-conversation", few=()),
    Load("stream-100", "saturated", "stream", conns=8, chunks=100),
    Load("stream-2000", "saturated", "stream", conns=8, chunks=2_000, few=FAST),
    Load("stream-bursts", "saturated", "stream", conns=8, chunks=2_000, burst=8, few=FAST),
    Load("paced-100", "paced", "stream", conns=100, chunks=30, first_ms=50, gap_ms=50),
    Load("paced-1000", "paced", "stream", conns=1_000, chunks=60, first_ms=50, gap_ms=50, few=FAST),
    Load("first-token", "arriving", "stream", 3, 2_000, rate=200, chunks=10, first_ms=20, gap_ms=10),
    Load("latency", "rate", "200B", 6, 512, rate=100),
    Load("most", "most", "stream", chunks=100, first_ms=100, gap_ms=20, few=FAST),
    Load("growth", "growth", "200B"),
)
WARM_GROWTH = 150_000
"""Requests before memory is looked at: more than the gateway remembers of anything."""
WARM_S, WARM_REQUESTS = 0.4, 200
"""How long a warm-up lasts; that of a conversation goes on until each history was seen three times."""
GROWTH = 100_000
"""Requests between the looks at memory."""
MOST_DELAY_MS = 50.0
"""A paced stream is carried when the delay of its events stays below, in the ninety-ninth of a hundred."""
TIMES_SATURATED = 3.0
"""A paced event costs at least so many times what one of a saturated stream does: every one finds cold caches and is written by itself."""


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measurement. CPU in microseconds of the contender's processes; `skipped` says why there is none.

    `foreign` is the share of the contender's core and of the load's that others used meanwhile; `stolen` what the machine below gave away.
    """

    contender: str
    load: str
    rep: int
    skipped: str = ""
    request_us: float = 0.0
    chunk_us: float = 0.0
    per_s: float = 0.0
    core_share: float = 0.0
    load_share: float = 0.0
    foreign: tuple[float, float] = (0.0, 0.0)
    stolen: float = 0.0
    streams: int = 0
    steps: list[tuple[int, float, float, int]] = []
    grown_mb: float = 0.0
    drive: Drive | None = None


def options(load: Load, seed: int) -> dict[str, float]:
    """What the driver is told."""
    told: dict[str, float] = {"seconds": load.seconds, "conns": load.conns, "seed": seed}
    if load.chunks:
        told["chunks"] = load.chunks
    if load.rate:
        told["rate"] = load.rate
    if load.kind in ("paced", "most"):  # each caller has two streams, begun evenly over the length of one
        lasts_s = (load.first_ms + load.gap_ms * load.chunks) / 1e3
        told |= {"ramp_s": lasts_s, "requests": 2 * load.conns, "seconds": 4 * lasts_s + 2}
    return told


def warm_up(load: Load, seed: int) -> dict[str, float]:
    """What the driver is told before."""
    told = options(load, seed) | {"conns": min(load.conns, 16), "ramp_s": 0, "rate": 0, "seconds": WARM_S}
    return told | ({"seconds": 20, "requests": WARM_REQUESTS} if load.payload == "conversation" else {"requests": 1e9})


def measure(made: Stage, one: Running, load: Load, rep: int) -> Row:
    """Warm up, then measure once."""
    name, seed = one.contender.name, time.monotonic_ns() % 1_000_000_007
    made.tell(f"/_set?tokens=100&chunks={load.chunks}&first_ms=0&gap_ms=0&burst={load.burst}")
    made.drive(one, load.payload, warm_up(load, seed - 1))
    made.tell(f"/_set?first_ms={load.first_ms}&gap_ms={load.gap_ms}")
    if load.kind == "growth":
        return _growth(made, one, load, rep)
    upstream, before_cores = upstream_s(made), cores()
    before = cpu(one.pid) if one.pid else None
    first = [made.pid, *(tree(one.pid) if one.pid else ())] if load.is_latency else []
    drive = made.drive(one, load.payload, options(load, seed), first)
    used_s = cpu(one.pid).since(before) if before is not None else 0.0
    after = cores()
    load_s = drive.cpu_s + upstream_s(made) - upstream
    answers = drive.ok + drive.wrong
    return Row(
        name,
        load.name,
        rep,
        request_us=used_s * 1e6 / max(1, answers),
        chunk_us=used_s * 1e6 / drive.chunks if drive.chunks else 0.0,
        per_s=(drive.chunks if load.chunks else drive.ok) / drive.seconds,
        core_share=used_s / drive.seconds,
        load_share=load_s / drive.seconds,
        foreign=(
            _foreign(before_cores[made.core], after[made.core], used_s),
            _foreign(before_cores[made.load_core], after[made.load_core], load_s),
        ),
        stolen=max((after[core].stolen_s - before_cores[core].stolen_s) / drive.seconds for core in (made.core, made.load_core)),
        drive=drive,
    )


def upstream_s(made: Stage) -> float:
    """CPU seconds that the upstream has used."""
    stats: dict[str, float] = msgspec.json.decode(made.tell("/_stats"))
    return stats["cpu_s"]


def _foreign(before: Core, after: Core, own_s: float) -> float:
    return max(0.0, after.busy_s - before.busy_s - own_s) / max(0.01, after.whole_s - before.whole_s)


def _growth(made: Stage, one: Running, load: Load, rep: int) -> Row:
    asked: dict[str, float] = {"seconds": 140, "requests": GROWTH, "conns": load.conns, "seed": 2}
    drive = made.drive(one, load.payload, asked | {"requests": WARM_GROWTH, "seconds": 200})
    before = memory_mb(one.pid)[0]
    drive = made.drive(one, load.payload, asked | {"seed": 3})
    grown = (memory_mb(one.pid)[0] - before) * GROWTH / max(1, drive.ok)
    return Row(one.contender.name, load.name, rep, grown_mb=grown, per_s=drive.ok / drive.seconds, drive=drive)


def is_carried(load: Load, drive: Drive) -> bool:
    """Whether all streams were whole and in time."""
    in_time = drive.delay_us.p99 < MOST_DELAY_MS * 1e3 and drive.first_us.p99 < (load.first_ms + 4 * MOST_DELAY_MS) * 1e3
    return not drive.wrong and drive.ok > 0 and in_time


def most(made: Stage, one: Running, load: Load, rep: int, chunk_us: float) -> Row:
    """Climb, or descend, by a fifth at a time from what a paced event costs, until the most that are carried are known."""
    streams = max(4, min(2_000, int(0.6e6 / (chunk_us * 1e3 / load.gap_ms))))
    steps: list[tuple[int, float, float, int]] = []
    best = Row(one.contender.name, load.name, rep)
    while len(steps) < 10 and 4 <= streams <= 4_000:
        row = measure(made, one, replace(load, conns=streams), rep)
        assert row.drive is not None
        steps.append((streams, row.core_share, row.drive.delay_us.p99, row.drive.wrong))
        if is_carried(load, row.drive):
            is_first = len(steps) == 1 or best.streams > 0
            best = msgspec.structs.replace(row, streams=streams)
            if not is_first:  # on the way down
                break
            streams = int(streams * 1.2)
        elif best.streams:
            break
        else:
            streams = int(streams / 1.2)
    return msgspec.structs.replace(best, steps=steps)
