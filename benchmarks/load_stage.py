"""What load.py and soak.py play on: the gateway in a process of its own, a scripted upstream in another, and looks into both."""

import asyncio
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httptools
import msgspec
from prometheus_client.parser import text_string_to_metric_families
from typing_extensions import override

from benchmarks.paced import Books, Timetable
from benchmarks.rig.accounts import free_port, process, rss_mb
from benchmarks.watched import Figures

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]
Samplings = list[tuple[float, float]]
"""Pairs of seconds and what was measured then."""


def configuration(port: int, admin: int, upstream: int, memory: int = 20_000) -> dict[str, Any]:
    """A local engine and a cloud, both scripted; sensitive requests stay, others go to either and fall back to the other.

    `memory` is how many texts are remembered of each kind: small, what is remembered is full soon, and memory should grow no more.
    """
    base = {"kind": "openai_compatible", "model": "scripted", "cost": {"input_per_mtok_usd": 1.0, "output_per_mtok_usd": 10}}
    url = f"http://127.0.0.1:{upstream}"
    return {
        "version": 1,
        "server": {"port": port, "admin_port": admin},
        "limits": {"receive_s": 5},
        "keys": [{"name": "bench", "sha256": hashlib.sha256(b"sk-bench-key").hexdigest()}],
        "destinations": {
            "local": base | {"zone": "local", "url": f"{url}/local/v1", "clearance": "restricted"},
            "cloud": base | {"zone": "external", "url": f"{url}/cloud/v1", "clearance": "internal"},
        },
        "sensitivity": {"memo": {"entries": memory}, "lineage": {"entries": memory}},
        "difficulty": {"scorer": "learned", "threshold": 0.25, "sticky": {"entries": memory}},
        "routes": [
            {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["local"]},
            {"name": "hard", "when": {"difficulty": "> threshold"}, "to": ["cloud"], "fallback": ["local"]},
            {"name": "easy", "to": ["local"], "fallback": ["cloud"]},
        ],
        "baseline": "cloud",
    }


class _Reader(asyncio.Protocol):
    """One answer to one request."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.body = bytearray()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: Any) -> None:
        """Ask."""
        self._parser = httptools.HttpResponseParser(self)
        transport.write(self._raw)

    @override
    def data_received(self, data: bytes) -> None:
        """Some of it."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Some of its body."""
        self.body += body

    def on_message_complete(self) -> None:
        """All of it."""
        if not self.done.done():
            self.done.set_result(None)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Perhaps too early."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("hung up before its answer was whole"))


async def fetch(port: int, path: str, body: bytes | None = None) -> bytes:
    """The body of an answer; POSTs when there is a body."""
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nhost: load\r\ncontent-length: {len(body or b'')}\r\n\r\n"
    transport, reader = await asyncio.get_running_loop().create_connection(
        lambda: _Reader(head.encode() + (body or b"")), "127.0.0.1", port
    )
    try:
        async with asyncio.timeout(60):
            await reader.done
    finally:
        transport.close()
    return bytes(reader.body)


@dataclass(slots=True)
class Stage:
    """A running gateway between callers and the upstream."""

    folder: Path
    port: int
    admin: int
    upstream: int
    pid: int
    config: dict[str, Any]

    async def metrics(self) -> Samples:
        """Every sample of the gateway."""
        text = (await fetch(self.admin, "/metrics")).decode()
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def books(self) -> Books:
        """What the upstream says it did."""
        return msgspec.json.decode(await fetch(self.upstream, "/books"), type=Books)

    async def play(self, timetable: Timetable) -> None:
        """The upstream's faults and pace, from now on."""
        await fetch(self.upstream, "/timetable", msgspec.json.encode(timetable))

    def reload(self) -> None:
        """Another configuration: one more name for a model."""
        names = self.config.setdefault("models", {})
        names[f"renamed-{len(names)}"] = "local"
        self.write()
        os.kill(self.pid, signal.SIGHUP)

    def write(self) -> None:
        """The configuration; JSON is YAML."""
        (self.folder / "tidegate.yaml").write_bytes(msgspec.json.encode(self.config))

    def exchanges(self) -> list[dict[str, Any]]:
        """The gateway's log, as far as it is written: one line for each exchange."""
        lines = (self.folder / "gateway.log").read_bytes().splitlines()
        return [line for line in map(msgspec.json.decode, lines) if line.get("say") == "exchange"]

    def figures(self) -> list[Figures]:
        """What the gateway said of itself, second by second."""
        lines = (self.folder / "figures.jsonl").read_bytes().splitlines()
        return [msgspec.json.decode(line, type=Figures) for line in lines]

    def descriptors(self) -> dict[str, int]:
        """Open file descriptors of the gateway: sockets and others."""
        found = {"sockets": 0, "others": 0}
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found["sockets" if str(link.readlink()).startswith("socket:") else "others"] += 1
        return found


def total(metrics: Samples, name: str, **labels: str) -> float:
    """The sum of the samples of that name that have these labels."""
    return sum(value for (one, have), value in metrics.items() if one == name and labels.items() <= have)


@asynccontextmanager
async def stage(token_s: float, memory: int = 20_000) -> AsyncIterator[Stage]:
    """Start both, each on a core, and end them by their ids."""
    cores = sorted(os.sched_getaffinity(0))
    port, admin, upstream = (free_port() for _ in range(3))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = Stage(folder, port, admin, upstream, 0, configuration(port, admin, upstream, memory))
        made.write()
        peer = [sys.executable, "-m", "benchmarks.paced", str(upstream), "--token-s", str(token_s)]
        other = stack.enter_context(process(peer, cores[0], folder / "upstream.log"))
        await _ready(other, upstream, "/books", folder / "upstream.log")
        command = [sys.executable, "-m", "benchmarks.watched", str(folder / "tidegate.yaml"), str(folder / "figures.jsonl")]
        child = stack.enter_context(process(command, cores[-1], folder / "gateway.log"))
        await _ready(child, port, "/v1/models", folder / "gateway.log")
        made.pid = child.pid
        yield made


async def _ready(child: subprocess.Popen[bytes], port: int, path: str, log: Path, within_s: float = 120) -> None:
    """Wait until something answers, without a request that would be in the books."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    while loop.time() < until and child.poll() is None:
        with contextlib.suppress(OSError):
            await fetch(port, path)
            return
        await asyncio.sleep(0.05)
    raise SystemExit(f"nothing answered on port {port}; its log says:\n{log.read_text()[-2000:]}")  # noqa: ASYNC240  # nothing else runs any more


async def sampled(pid: int, every_s: float, into: Samplings, look: Callable[[int], float] = rss_mb) -> None:
    """Look again and again, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        into.append((loop.time(), look(pid)))
        await asyncio.sleep(every_s)
