"""What processes cost, read from /proc: CPU of a tree in scheduler nanoseconds, memory, how busy each core is. Linux only."""

import contextlib
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def process(
    command: Sequence[str | Path], core: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core, in a session of its own; it and what it started are ended by their ids."""
    with log.open("wb") as sink:
        child = subprocess.Popen(
            ["taskset", "-c", str(core), *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        yield child
    finally:
        for sign in (signal.SIGCONT, signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, sign)
            if sign != signal.SIGCONT:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(10)


def tree(pid: int) -> list[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = {}
    for one in PROC.iterdir():
        if one.name.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat(one)[1]), []).append(int(one.name))
    found = [pid]
    for one_pid in found:  # grows while it is walked
        found += children.get(one_pid, [])
    return found


def _stat(place: Path) -> list[str]:
    return (place / "stat").read_text().rpartition(")")[2].split()


@dataclass(frozen=True, slots=True)
class Cpu:
    """What a tree of processes has used so far: scheduler seconds of the threads that live, and ticks of all that ever did."""

    scheduled_s: float
    ticks_s: float
    threads: frozenset[str]

    def since(self, before: "Cpu") -> float:
        """Seconds between two looks. Where threads came or went their scheduler time is gone, and ticks (10 ms) must do."""
        same = self.threads == before.threads
        return self.scheduled_s - before.scheduled_s if same else self.ticks_s - before.ticks_s


def cpu(pid: int) -> Cpu:
    """What the tree has used so far."""
    scheduled, ticks, threads = 0, 0, []
    for one in tree(pid):
        with contextlib.suppress(OSError):
            ticks += sum(int(value) for value in _stat(PROC / str(one))[11:15])
            for task in (PROC / str(one) / "task").iterdir():
                scheduled += int((task / "schedstat").read_text().split()[0])
                threads.append(task.name)
    return Cpu(scheduled / 1e9, ticks * TICK_S, frozenset(threads))


def cpu_s(pid: int) -> float:
    """CPU seconds that the threads of the tree have used."""
    return cpu(pid).scheduled_s


def rss_mb(pid: int) -> float:
    """Resident memory of one process, in MB."""
    pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident memory of the tree in MB: each process's whole, and with what is shared counted once."""
    whole = shared_once = 0.0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            text = (PROC / str(one) / "smaps_rollup").read_text()
            for name, value in re.findall(r"^(Rss|Pss):\s+(\d+)", text, re.MULTILINE):
                whole += int(value) * 1.024e-3 * (name == "Rss")
                shared_once += int(value) * 1.024e-3 * (name == "Pss")
    return whole, shared_once


@dataclass(frozen=True, slots=True)
class Core:
    """What a core has done so far, in seconds."""

    busy_s: float
    stolen_s: float
    whole_s: float


def cores() -> dict[int, Core]:
    """Each core. `stolen_s` is what the machine below gave to others."""
    found = {}
    for line in (PROC / "stat").read_text().splitlines():
        if match := re.match(r"cpu(\d+) (.*)", line):
            user, nice, system, idle, waiting, hard, soft, stolen = (int(word) * TICK_S for word in match[2].split()[:8])
            busy = user + nice + system + hard + soft
            found[int(match[1])] = Core(busy, stolen, busy + idle + waiting + stolen)
    return found


def realtime(pids: Sequence[int], on: bool) -> bool:
    """Let these run before anybody else's work, round robin, or stop that; False where it is not permitted.

    A latency is to be what the gateway takes and not what a neighbour on a busy machine does.
    """
    policy, priority = (os.SCHED_RR, 1) if on else (os.SCHED_OTHER, 0)
    try:
        for pid in pids:
            for task in (PROC / str(pid) / "task").iterdir():
                os.sched_setscheduler(int(task.name), policy, os.sched_param(priority))
    except OSError:
        return False
    return True
