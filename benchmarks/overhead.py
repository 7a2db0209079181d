"""The gateway's own time: CPU per request and per relayed stream chunk, added latency, memory, start-up.

    python benchmarks/overhead.py [--requests N] [--rounds N] [--json FILE]

One scripted upstream; in front of it the gateway with its default classifiers, keys, metrics and log line on, and a plain FastAPI+httpx
proxy; all measured in one run, in turns. What is measured runs alone on one core, upstream and driver on another. CPU is the scheduler's
account of the process (Linux: /proc/PID/task/*/schedstat), so that neighbours move it little. Everything is on loopback and bounded.
"""

import argparse
import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.peers import closed_loop, connect, open_loop, request

CONFIG = """
version: 1
server: {{port: {port}, admin_port: {admin}}}
keys:
  - {{name: bench, sha256: "{digest}"}}
destinations:
  local:
    {{kind: openai_compatible, zone: local, url: "http://127.0.0.1:{upstream}/v1", model: scripted, clearance: restricted,
     cost: {{input_per_mtok_usd: 0.1, output_per_mtok_usd: 0.2}}}}
  cloud:
    {{kind: openai_compatible, zone: external, url: "http://127.0.0.1:{upstream}/v1", model: gpt-5, clearance: internal,
     cost: {{input_per_mtok_usd: 1.25, output_per_mtok_usd: 10}}}}
routes:
  - {{name: sensitive, when: {{label: ">= personal"}}, to: [local]}}
  - {{name: hard, when: {{difficulty: "> threshold"}}, to: [cloud], fallback: [local]}}
  - {{name: easy, to: [local], fallback: [cloud]}}
difficulty: {{scorer: learned, threshold: 0.25}}
baseline: cloud
"""
SENTENCE = (
    "The committee will look at the proposal again in spring, when the figures for the whole region are known and the budget is settled. "
)


def body(size: int, *, chunks: int = 0) -> bytes:
    """A chat request of about `size` bytes; with `chunks`, one for a stream of as many events."""
    fields: dict[str, object] = {"model": "auto", "temperature": 0.2, "max_tokens": chunks or 100}
    if chunks:
        fields["stream"] = True
    system = {"role": "system", "content": "You are a careful assistant of the town council. Answer in short sentences."}
    room = size - len(msgspec.json.encode({**fields, "messages": [system, {"role": "user", "content": ""}]}))
    text = (SENTENCE * (room // len(SENTENCE) + 1))[: max(room, 10)]
    return msgspec.json.encode({**fields, "messages": [system, {"role": "user", "content": text}]})


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cpu_s(pid: int) -> float:
    """CPU seconds that all threads of the process have used."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def rss_mb(pid: int) -> float:
    """Resident memory in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@dataclass
class Contender:
    """A process that is measured, and what was measured."""

    name: str
    port: int
    pid: int = 0
    start_s: float = 0.0
    idle_mb: float = 0.0
    request_us: list[float] = field(default_factory=list)
    chunk_us: list[float] = field(default_factory=list)
    latencies_s: list[float] = field(default_factory=list)


@contextlib.contextmanager
def process(command: list[str], core: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core, ended by its id."""
    with log.open("wb") as sink:
        child = subprocess.Popen(command, stdout=sink, stderr=sink, cwd=Path(__file__).parent.parent)
        os.sched_setaffinity(child.pid, {core})
        try:
            yield child
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()


async def ready(port: int, raw: bytes, log: Path | None = None, within_s: float = 30) -> float:
    """Seconds until a request is answered."""
    start = time.perf_counter()
    while time.perf_counter() - start < within_s:
        with contextlib.suppress(OSError, RuntimeError):
            (client,) = await connect(port, 1)
            await asyncio.wait_for(client.ask(raw), 5)
            client.transport.close()
            return time.perf_counter() - start
        await asyncio.sleep(0.02)
    said = log.read_text()[-2000:] if log else ""  # noqa: ASYNC240  # nothing else runs any more
    raise SystemExit(f"nothing answered on port {port}; its log says:\n{said}")


async def measure(contender: Contender, args: argparse.Namespace, small: bytes, stream: bytes, count: int) -> None:
    """One round: requests, stream chunks, latency at a fixed rate."""
    clients = await connect(contender.port, 16)
    await closed_loop(clients, small, max(50, count // 10))
    before = cpu_s(contender.pid) if contender.pid else 0.0
    await closed_loop(clients, small, count)
    if contender.pid:
        contender.request_us.append((cpu_s(contender.pid) - before) / count * 1e6)
    streams = count // 40
    for client in clients:
        client.events = 0
    before = cpu_s(contender.pid) if contender.pid else 0.0
    await closed_loop(clients, stream, streams)
    if contender.pid:
        contender.chunk_us.append((cpu_s(contender.pid) - before) / sum(client.events for client in clients) * 1e6)
    contender.latencies_s += await open_loop(clients, small, args.rate, 3)
    for client in clients:
        client.transport.close()


SETTLING_S = 8.0
"""The gateway judges its first canaries five seconds after its start, which cost as much as some hundred requests."""


async def run(args: argparse.Namespace) -> list[Contender]:
    """Start everything, measure in turns."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    upstream, port, admin, plain = (free_port() for _ in range(4))
    small, stream = request(body(args.bytes)), request(body(args.bytes, chunks=args.chunks))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = folder / "bench.yaml"
        digest = hashlib.sha256(b"sk-bench-key").hexdigest()
        config.write_text(CONFIG.format(port=port, admin=admin, digest=digest, upstream=upstream))
        peers = [sys.executable, "-m", "benchmarks.peers"]
        stack.enter_context(process([*peers, "upstream", str(upstream)], cores[0], folder / "upstream.log"))
        await ready(upstream, small)
        contenders = [Contender("upstream alone", upstream)]
        commands = {
            "gateway": (port, [sys.executable, "-m", "gateway", "serve", "--config", str(config)]),
            "FastAPI + httpx": (plain, [*peers, "plain", str(plain), f"http://127.0.0.1:{upstream}"]),
        }
        for name, (where, command) in commands.items():
            child = stack.enter_context(process(command, cores[-1], folder / f"{where}.log"))
            contender = Contender(name, where, child.pid, await ready(where, small, folder / f"{where}.log"))
            contender.idle_mb = rss_mb(child.pid)
            contenders.append(contender)
        await asyncio.sleep(SETTLING_S)
        for _ in range(args.rounds):
            for contender in contenders:
                count = args.requests // 5 if contender.name == "FastAPI + httpx" else args.requests
                await measure(contender, args, small, stream, count)
    return contenders


def report(contenders: list[Contender], args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Print the table; return its figures."""
    table = Table(
        title=f"{args.bytes} B chat requests; {args.rounds} rounds, medians; streams of {args.chunks} events; latency at {args.rate:g}/s"
    )
    for column in ("", "CPU us / request", "CPU us / chunk", "p50 ms", "p99 ms", "idle MB", "start s"):
        table.add_column(column, justify="left" if not column else "right")
    figures: dict[str, dict[str, float]] = {}
    for one in contenders:
        latencies = sorted(one.latencies_s)
        row = {
            "request_us": statistics.median(one.request_us) if one.request_us else 0.0,
            "chunk_us": statistics.median(one.chunk_us) if one.chunk_us else 0.0,
            "p50_ms": statistics.median(latencies) * 1000,
            "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
            "idle_mb": one.idle_mb,
            "start_s": one.start_s,
        }
        figures[one.name] = row
        shown = [
            f"{row['request_us']:.0f}",
            f"{row['chunk_us']:.1f}",
            f"{row['p50_ms']:.2f}",
            f"{row['p99_ms']:.2f}",
            f"{row['idle_mb']:.0f}",
            f"{row['start_s']:.1f}",
        ]
        table.add_row(one.name, *(shown if one.pid else ["", "", *shown[2:4], "", ""]))
    console = Console(width=120)
    console.print(table)
    gateway, plain, alone = (figures[name] for name in ("gateway", "FastAPI + httpx", "upstream alone"))
    console.print(f"CPU per request: the plain proxy takes {plain['request_us'] / gateway['request_us']:.1f} times the gateway's.")
    added = [gateway[key] - alone[key] for key in ("p50_ms", "p99_ms")]
    console.print(f"Added latency at {args.rate:g} requests a second: p50 {added[0]:.2f} ms, p99 {added[1]:.2f} ms.")
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=4000, help="requests per round (the plain proxy gets a fifth)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bytes", type=int, default=2000, help="size of a request's body")
    parser.add_argument("--chunks", type=int, default=200, help="events per stream")
    parser.add_argument("--rate", type=float, default=100, help="requests a second for the latency figures")
    parser.add_argument("--json", type=Path, help="write the figures here")
    args = parser.parse_args()
    figures = report(asyncio.run(run(args)), args)
    if args.json:
        args.json.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))


if __name__ == "__main__":
    main()
