"""The stage of a comparison: scripted upstream and driver on one core, one contender at a time on another; the rest are stopped."""

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec

from benchmarks.rig.accounts import free_port, memory_mb, process, realtime
from benchmarks.rig.bodies import WORDS, body, file_of
from benchmarks.rig.built import built
from benchmarks.rig.contenders import Contender, Place, Start, version

PATIENCE_S = 180.0
"""For how long a contender may start."""


class Quantiles(msgspec.Struct, frozen=True):
    """Of microseconds; all zero where there are none."""

    n: int
    p50: float = 0.0
    p90: float = 0.0
    p99: float = 0.0
    p999: float = 0.0
    most: float = 0.0


class Drive(msgspec.Struct, frozen=True):
    """Said by the driver. `latency_us`: to the last byte; `first_us`: to the first event; `delay_us`: of each event, from write to read."""

    seconds: float
    ok: int
    wrong: int
    errors: dict[str, int]
    error_said: str
    chunks: int
    connections: int
    most_in_flight: int
    cpu_s: float
    latency_us: Quantiles
    first_us: Quantiles
    delay_us: Quantiles


@dataclass(slots=True)
class Running:
    """A contender that was started. `pid` 0 is the upstream itself."""

    contender: Contender
    start: Start
    port: int
    pid: int
    started_s: float = 0.0
    idle_mb: tuple[float, float] = (0.0, 0.0)
    version: str = ""

    def pause(self, on: bool) -> None:
        """Stop it, or let it go on."""
        if self.pid:
            os.killpg(self.pid, signal.SIGSTOP if on else signal.SIGCONT)

    def ask(self) -> int:
        """One request; the status."""
        raw = body("200B", self.start.model, Random(1)).replace(b"\x01" * len(WORDS[0]), WORDS[0].encode())
        headers = dict(header.split(": ", 1) for header in self.start.headers)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/v1/chat/completions", raw, {"content-type": "application/json", **headers})
            return connection.getresponse().status
        finally:
            connection.close()


@dataclass(slots=True)
class Stage:
    """Both cores, and the upstream's port and process."""

    folder: Path
    load_core: int
    core: int
    peers: Path | None
    port: int = 0
    pid: int = 0
    driver_cores: str = ""

    def tell(self, path: str) -> bytes:
        """Ask the upstream."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def drive(self, one: Running, payload: str, options: Mapping[str, float], first: Sequence[int] = ()) -> Drive:
        """One load. With `first` these processes, and the driver, run before anybody else's work, where that is permitted."""
        words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", f"{value:.15g}")]
        words += [word for header in one.start.headers for word in ("--header", header)]
        words += ["--port", str(one.port), "--bodies", str(file_of(payload, one.start.model))]
        realtime(first, on=True)
        try:
            command = ["taskset", "-c", self.driver_cores or str(self.load_core), *built("driver"), *words]
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
            if first:
                realtime([child.pid], on=True)
            said, complaint = child.communicate(timeout=400)
        finally:
            realtime(first, on=False)
        if child.returncode:
            raise RuntimeError(f"the driver ended with {child.returncode}: {complaint.decode()[-400:]}")
        return msgspec.json.decode(said, type=Drive)


@contextlib.contextmanager
def stage(peers: Path | None, folder: Path) -> Iterator[Stage]:
    """Start the upstream."""
    cores = sorted(os.sched_getaffinity(0))
    made = Stage(folder, cores[0], cores[-1], peers, free_port())
    with process([*built("upstream"), "--port", str(made.port)], made.load_core, folder / "upstream.log") as child:
        made.pid = child.pid
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                made.tell("/_stats")
                break
            _wait(0.02)
        yield made


def place(made: Stage, contender: Contender) -> Place:
    """Where it is started."""
    folder = made.folder / contender.name.replace(" ", "_").replace(",", "")
    folder.mkdir(exist_ok=True)
    return Place(folder, free_port(), f"http://127.0.0.1:{made.port}", made.peers)


@contextlib.contextmanager
def started(made: Stage, contender: Contender) -> Iterator[Running | None]:
    """Start it and wait until it answers; None when it is not installed. RuntimeError says why it did not start."""
    where = place(made, contender)
    start = contender.start(where)
    if start is None:
        yield None
        return
    if not start.command:
        yield Running(contender, start, made.port, 0, version=version(start))
        return
    log, began = where.folder / "log", time.monotonic()
    with process(start.command, made.core, log, start.environment) as child:
        one = Running(contender, start, where.port, child.pid)
        _ready(one, child, began, log)
        one.started_s = time.monotonic() - began
        one.idle_mb, one.version = memory_mb(child.pid), version(start)
        yield one


def _ready(one: Running, child: subprocess.Popen[bytes], began: float, log: Path) -> None:
    last: object = None
    while time.monotonic() - began < PATIENCE_S and child.poll() is None:
        try:
            last = one.ask()
        except (OSError, http.client.HTTPException) as error:
            last = error
        if last == 200:
            return
        _wait(0.02)
    raise RuntimeError(f"{one.contender.name} does not answer ({last}); its log ends with:\n{log.read_text(errors='replace')[-1500:]}")


def rest(running: Sequence[Running]) -> None:
    """Let them settle, look at their memory, and stop them. The gateway judges its first canaries five seconds after its start."""
    _wait(8.0)
    for one in running:
        if one.pid:
            one.idle_mb = memory_mb(one.pid)
        one.pause(on=True)


def _wait(seconds: float) -> None:
    time.sleep(seconds)
