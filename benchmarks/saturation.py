"""A local pool at three and ten times its capacity: who waits for how long, who spills, who is refused, and whether memory stays flat.

    python benchmarks/saturation.py [--seconds S] [--learnt] [--json FILE]

A scripted pool of known capacity (`SLOTS` answers at a time, `SERVICE_S` each, a 503 for more than `BACKLOG` beyond), a scripted cloud that
always has room, and the gateway as a process of its own between them, all on loopback. Callers arrive in open loop, at random, and do not
wait for one another; one in five sends an address that may not leave. Waits are those of the gateway's own log line of each request; what
left the house is looked for in the bytes that the cloud received. With `--learnt` the gateway is not told how much the pool takes.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent

SLOTS, SERVICE_S, FIRST_S, BACKLOG = 8, 0.8, 0.1, 4
CAPACITY = SLOTS / SERVICE_S
"""Requests per second."""
WAIT_S = 4.0
"""For how long a request is waited for: the deadline of sensitive ones."""
SENSITIVE = 0.2
ADDRESS = "jane.roe@" + "tidegate-mail.org"
_EVENT = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%b,"finish_reason":%b}]}\n\n'
)
_DELTA, _END = _EVENT % (b'{"content":"a "}', b"null"), _EVENT % (b"{}", b'"stop"') + b"data: [DONE]\n\n"
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_FULL = b'{"error": {"message": "too many requests are queued", "type": "t", "param": null, "code": null}}'


@dataclass(slots=True)
class Pool:
    """An engine that answers `slots` at a time, keeps `backlog` waiting and refuses the rest. `most` is the most it had at a time."""

    slots: int
    backlog: int
    service_s: float
    port: int = 0
    most: int = 0
    running: int = 0
    requests: int = 0
    refused: int = 0
    sensitive: int = 0
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """All slots are free."""
        self._free = asyncio.Semaphore(self.slots)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        with contextlib.suppress(OSError, EOFError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1]) if length else 0)
                self.requests += 1
                self.sensitive += ADDRESS.encode() in body
                await self._answer(writer)
        writer.transport.abort()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        if self.running >= self.slots + self.backlog:
            self.refused += 1
            writer.write(b"HTTP/1.1 503 Busy\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(_FULL), _FULL))
            return
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            async with self._free:
                await asyncio.sleep(FIRST_S)
                writer.write(_HEAD + _chunk(_DELTA))
                await asyncio.sleep(self.service_s - FIRST_S)
                writer.write(_chunk(_DELTA) + _chunk(_END) + b"0\r\n\r\n")
        finally:
            self.running -= 1


def _chunk(event: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(event), event)


@asynccontextmanager
async def listening(pool: Pool) -> AsyncIterator[Pool]:
    """The pool on a free port."""
    server = await asyncio.start_server(pool.serve, "127.0.0.1", 0)
    pool.port = server.sockets[0].getsockname()[1]
    try:
        yield pool
    finally:
        server.close()


def configuration(local: Pool, cloud: Pool, *, is_learnt: bool, spills: bool) -> dict[str, Any]:
    """What is sensitive stays at home; the rest may spill, unless it is said that it may not."""
    admission: dict[str, object] = {"queue": 128, "wait_s": WAIT_S, "spill_above_s": 1.0}
    own = {"kind": "openai_compatible", "model": "m", "cost": "unknown"}
    return {
        "version": 1,
        "server": {"port": 0, "admin_port": 0, "shutdown_grace_s": 5},
        "destinations": {
            "local": own
            | {"zone": "local", "url": f"http://127.0.0.1:{local.port}/v1", "clearance": "restricted"}
            | {"admission": admission if is_learnt else admission | {"slots": SLOTS}},
            "cloud": own | {"zone": "external", "url": f"http://127.0.0.1:{cloud.port}/v1", "clearance": "internal"},
        },
        "routes": [
            {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["local"]},
            {"name": "rest", "to": ["local"], "fallback": ["cloud"]} if spills else {"name": "rest", "to": ["local"]},
        ],
    }


@dataclass(slots=True)
class Gateway:
    """The gateway as a process. `lines` is what it logged of each request."""

    process: asyncio.subprocess.Process
    port: int
    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rss_mb(self) -> float:
        """Its resident memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024

    async def read(self) -> None:
        """Collect its log."""
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            with contextlib.suppress(ValueError):
                self.lines.append(json.loads(line))


@asynccontextmanager
async def serving(content: Mapping[str, Any]) -> AsyncIterator[Gateway]:
    """Run `tidegate serve`."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "tidegate.yaml"
        config.write_text(json.dumps(content))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "serve", str(config), cwd=ROOT, stderr=asyncio.subprocess.PIPE, limit=1 << 24
        )
        assert process.stderr is not None
        while b'"serving"' not in (line := await process.stderr.readline()):
            assert line, "the gateway did not start"
        gateway = Gateway(process, int(json.loads(line)["where"].removesuffix("/v1").rpartition(":")[2]))
        reading = asyncio.create_task(gateway.read())
        try:
            yield gateway
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()
            await reading


@dataclass(frozen=True, slots=True)
class Told:
    """What one caller was told: status, `retry-after`, path, and after how many seconds from when it meant to ask."""

    is_sensitive: bool
    status: int
    retry_after: str
    path: str
    took_s: float


async def ask(port: int, *, is_sensitive: bool, meant: float) -> Told:
    """One request on a connection of its own."""
    say = f"Write to {ADDRESS} that the meeting is moved." if is_sensitive else "Write that the meeting is moved."
    body = json.dumps({"model": "auto", "stream": True, "messages": [{"role": "user", "content": say}]}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    answer = await reader.read()
    writer.close()
    status = int(head.split()[1])
    found = {name: value for name, _, value in (line.partition(": ") for line in head.split("\r\n"))}
    assert status != 200 or b"[DONE]" in answer, "a cut answer"
    return Told(is_sensitive, status, found.get("retry-after", ""), found.get("x-tidegate-path", ""), time.monotonic() - meant)


async def load(port: int, rate: float, seconds: float, dice: random.Random) -> list[Told]:
    """Callers that arrive at random, `rate` a second."""
    asked, meant = [], time.monotonic()
    end = meant + seconds
    while (meant := meant + dice.expovariate(rate)) < end:
        await asyncio.sleep(max(0.0, meant - time.monotonic()))
        asked.append(asyncio.create_task(ask(port, is_sensitive=dice.random() < SENSITIVE, meant=meant)))
    return list(await asyncio.gather(*asked))


@dataclass(frozen=True, slots=True)
class Figures:
    """One run."""

    name: str
    asked: int
    served_local: int
    served_cloud: int
    refused: int
    without_retry_after: int
    retry_after: tuple[int, int]
    refused_s: tuple[float, float]
    left_the_house: int
    sensitive_served: float
    waits: dict[str, tuple[float, float, float]]
    pool_most: int
    pool_refused: int
    rss_mb: tuple[float, float, float]
    unaccounted: int


def quantile(values: list[float], share: float) -> float:
    """The value below which that share lies; NaN of nothing."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


async def run(name: str, times: float, seconds: float, *, is_learnt: bool, spills: bool) -> Figures:
    """Warm up at half of the capacity, then load at so many times of it."""
    local, cloud = Pool(SLOTS, BACKLOG, SERVICE_S), Pool(10_000, 0, 0.1)
    dice = random.Random(1)
    async with listening(local), listening(cloud), serving(configuration(local, cloud, is_learnt=is_learnt, spills=spills)) as gateway:
        await load(gateway.port, CAPACITY / 2, 5.0, dice)
        await asyncio.sleep(0.5)
        gateway.lines.clear()
        local.most = local.refused = 0
        memory = [gateway.rss_mb]

        async def watch() -> None:
            while True:
                await asyncio.sleep(0.5)
                memory.append(gateway.rss_mb)

        watching = asyncio.create_task(watch())
        told = await load(gateway.port, times * CAPACITY, seconds, dice)
        watching.cancel()
        await asyncio.sleep(1.0)
        memory.append(gateway.rss_mb)
    return figures(name, told, gateway.lines, local, cloud, memory)


def waits_of(lines: list[dict[str, Any]]) -> Iterator[tuple[str, float]]:
    """The line and the wait, in seconds, of every attempt that was let in."""
    for line in lines:
        for attempt in line.get("attempts", ()):
            if attempt.get("line") and attempt.get("failure") != "FULL":
                yield attempt["line"], attempt.get("queue_s", 0.0)


def figures(name: str, told: list[Told], lines: list[dict[str, Any]], local: Pool, cloud: Pool, memory: list[float]) -> Figures:
    """What came of it."""
    waits = list(waits_of(lines))
    of_line = {which: [wait for one, wait in waits if one == which] for which in ("sensitive", "public")}
    refused = [one for one in told if one.status == 503]
    statuses = Counter(one.status for one in told)
    assert set(statuses) <= {200, 503}, statuses
    after = [int(one.retry_after) for one in refused if one.retry_after]
    mine = [one for one in told if one.is_sensitive]
    return Figures(
        name,
        len(told),
        sum(one.path == "local" for one in told if one.status == 200),
        sum(one.path == "cloud" for one in told),
        len(refused),
        len(refused) - len(after),
        (min(after, default=0), max(after, default=0)),
        (quantile([one.took_s for one in refused], 0.5), quantile([one.took_s for one in refused], 0.99)),
        cloud.sensitive,
        sum(one.status == 200 for one in mine) / len(mine),
        {which: (statistics.median(of or [0.0]), quantile(of, 0.99), max(of, default=0.0)) for which, of in of_line.items()},
        local.most,
        local.refused,
        (memory[0], memory[len(memory) // 2], max(memory)),
        len(told) - sum(line.get("say") == "exchange" for line in lines),
    )


def show(runs: list[Figures]) -> None:
    """A table."""
    table = Table(title=f"pool: {SLOTS} slots, {SERVICE_S} s each, {CAPACITY:.0f} requests/s; deadline {WAIT_S:.0f} s; 20 % sensitive")
    for column in ("", *(one.name for one in runs)):
        table.add_column(column, justify="right" if column else "left")

    def wait(one: Figures, line: str) -> str:
        return " / ".join(f"{1000 * value:.0f}" for value in one.waits[line])

    rows = {
        "requests": [str(one.asked) for one in runs],
        "served at home / by the cloud": [f"{one.served_local} / {one.served_cloud}" for one in runs],
        "share spilled": [f"{one.served_cloud / one.asked:.0%}" for one in runs],
        "sensitive: wait p50 / p99 / most, ms": [wait(one, "sensitive") for one in runs],
        "public: wait p50 / p99 / most, ms": [wait(one, "public") for one in runs],
        "sensitive served": [f"{one.sensitive_served:.0%}" for one in runs],
        "sensitive that left the house": [str(one.left_the_house) for one in runs],
        "503 / without Retry-After": [f"{one.refused} / {one.without_retry_after}" for one in runs],
        "Retry-After, s": [f"{one.retry_after[0]} to {one.retry_after[1]}" for one in runs],
        "503 after, p50 / p99, s": [f"{one.refused_s[0]:.3f} / {one.refused_s[1]:.3f}" for one in runs],
        "at the pool at a time / refused by it": [f"{one.pool_most} / {one.pool_refused}" for one in runs],
        "resident before / half-way / most, MB": [" / ".join(f"{value:.1f}" for value in one.rss_mb) for one in runs],
        "requests without an exchange": [str(one.unaccounted) for one in runs],
    }
    for name, cells in rows.items():
        table.add_row(name, *cells)
    Console(width=160).print(table)


async def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--learnt", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    plans = (("3 times", 3.0, True), ("10 times", 10.0, True), ("10 times, nobody may leave", 10.0, False))
    runs = [await run(name, times, options.seconds, is_learnt=options.learnt, spills=spills) for name, times, spills in plans]
    show(runs)
    if options.json:
        options.json.write_text(json.dumps([{name: getattr(one, name) for name in Figures.__slots__} for one in runs], indent=1))


if __name__ == "__main__":
    os.environ.pop("http_proxy", None)
    asyncio.run(main())
