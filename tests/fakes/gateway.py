"""The whole gateway for a journey: in this process on free ports, or as a process of its own, between scripted upstreams."""

import asyncio
import contextlib
import functools
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from gateway.app import configured
from gateway.config.compile import compile_text
from gateway.config.prices import Prices
from gateway.exchange import Exchange
from gateway.http import cold
from gateway.live import Live
from gateway.observers.log import LogLines
from gateway.plan import Plan, QuestionPlan, UpstreamPlan
from gateway.telemetry.telemetry import Telemetry
from tests.fakes.client import Reply, get, post
from tests.fakes.upstream import Upstream

ROOT = Path(__file__).resolve().parents[2]
CLOCKS: Mapping[str, float] = {"connect_s": 10, "headers_s": 10, "first_token_s": 10, "between_chunks_s": 10, "total_s": 30}
PATIENCE_S = 120.0
"""A start that has to compile its automata takes several seconds of a quiet core."""
_URL = re.compile(r"http://127\.0\.0\.1:\d+/v1")


def configuration(local: str, cloud: str, edits: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A local engine and a cloud behind three rules: sensitive stays, hard (40 characters or more) goes out, easy stays if it can.

    `edits` replace members, by dotted path.
    """
    content: dict[str, Any] = {
        "version": 1,
        "server": {"port": 0, "admin_port": 0, "shutdown_grace_s": 5},
        "destinations": {
            "qwen": {
                "kind": "openai_compatible",
                "zone": "local",
                "url": local,
                "model": "qwen3-8b",
                "clearance": "restricted",
                "cost": "unknown",
                "serves": ["chat", "completions", "embeddings"],
                "clocks": dict(CLOCKS),
            },
            "gpt": {
                "kind": "openai_compatible",
                "zone": "external",
                "url": cloud,
                "model": "gpt-5",
                "clearance": "internal",
                "cost": {"input_per_mtok_usd": 1.0, "output_per_mtok_usd": 10},
                "clocks": dict(CLOCKS),
            },
        },
        "sensitivity": {"slow_deadline_s": PATIENCE_S},
        "difficulty": {"scorer": "tests.fakes.length_scorer"},
        "routes": [
            {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["qwen"]},
            {"name": "hard", "when": {"difficulty": ">= 0.4", "endpoint": ["chat", "completions"]}, "to": ["gpt"], "fallback": ["qwen"]},
            {"name": "easy", "to": ["qwen"], "fallback": ["gpt"]},
        ],
        "baseline": "gpt",
    }
    for path, value in (edits or {}).items():
        *steps, last = path.split(".")
        place = content
        for step in steps:
            place = place.setdefault(step, {})
        place[last] = value
    return content


@dataclass(slots=True)
class Gateway:
    """A running gateway. `exchanges` and `log` hold what its observers saw, when it runs in this process."""

    port: int
    admin: int
    live: Live
    exchanges: list[Exchange] = field(default_factory=list)
    log: BytesIO = field(default_factory=BytesIO)

    @property
    def url(self) -> str:
        """The base URL for an OpenAI client."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def post(self, body: object, path: str = "/v1/chat/completions", headers: Mapping[str, str] | None = None) -> Reply:
        """One request."""
        return await post(self.port, body, path, headers)

    async def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Every sample, by name and labels."""
        return samples((await get(self.admin, "/metrics")).body)

    async def until_observed(self, count: int = 1) -> Exchange:
        """Wait for so many exchanges; the last of them."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.exchanges) < count:  # noqa: ASYNC110  # observers are synchronous; there is nothing to wait on
                await asyncio.sleep(0.005)
        assert len(self.exchanges) == count
        return self.exchanges[-1]


def keep_open(gate: Gateway, seconds: float = 600.0) -> None:
    """Breakers that have opened stay so for so long from now, whatever pauses this machine makes: for tests of what happens meanwhile."""
    until = time.monotonic() + seconds
    for _, _, replica in gate.live.runtime.fleet.replicas():
        if replica.breaker.open_until:
            replica.breaker.open_until = replica.breaker.opened = until


def samples(text: bytes) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """An exposition, parsed."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def total(metrics: Mapping[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    """The sum of the samples of that name with these labels among theirs."""
    return sum(value for (one, have), value in metrics.items() if one == name and labels.items() <= have)


def compiled(content: Mapping[str, Any]) -> Plan:
    """The plan of a configuration (JSON is YAML). Compiled once for all that differ only in the ports of their upstreams.

    Its detectors have all the time that they need: on a busy machine what they did not finish would be a doubt.
    """
    text = json.dumps(content)
    urls = {url: f"http://127.0.1.{place}:1/v1" for place, url in enumerate(dict.fromkeys(_URL.findall(text)))}
    plan = _compiled(_URL.sub(lambda match: urls[match[0]], text))
    true = {stand_in: url for url, stand_in in urls.items()}

    def mended(one: UpstreamPlan) -> UpstreamPlan:
        return replace(one, urls=tuple(true.get(url, url) for url in one.urls))

    remote = tuple(replace(one, upstream=mended(one.upstream)) for one in plan.remote)
    late = plan.late_scorer
    if late is not None and isinstance(late.scorer, QuestionPlan):
        late = replace(late, scorer=replace(late.scorer, upstream=mended(late.scorer.upstream)))
    upstreams = {name: mended(one) for name, one in plan.upstreams.items()}
    return replace(plan, upstreams=upstreams, remote=remote, late_scorer=late, fast_s=PATIENCE_S)


@functools.cache
def _compiled(text: str) -> Plan:
    return compile_text(text, {"CALLER_KEY": "not-a-key", "CLOUD_KEY": "not-a-cloud-key"}, prices=Prices(None))


@asynccontextmanager
async def gateway(content: Mapping[str, Any] | None = None, plan: Plan | None = None, path: Path | None = None) -> AsyncIterator[Gateway]:
    """Run the gateway of a configuration, or of a plan, in this event loop."""
    live = Live(plan or compiled(content or {}), path)
    running = Gateway(0, 0, live)
    lines = LogLines(running.log)
    _watch(live, (running.exchanges.append, lines, lambda _: lines.flush()))
    await live.start()
    front, side = await _listen(cold.api(live)), await _listen(cold.admin(live))
    running.port, running.admin = (server.servers[0].sockets[0].getsockname()[1] for server in (front, side))
    try:
        yield running
    finally:
        for server in (front, side):
            server.servers[0].close()
            for connection in tuple(server.server_state.connections):
                connection.transport.abort()
        async with asyncio.timeout(PATIENCE_S):
            while front.server_state.tasks or side.server_state.tasks:  # noqa: ASYNC110  # uvicorn tells nobody
                await asyncio.sleep(0.002)
        await live.close()


def _watch(live: Live, observers: Sequence[Callable[[Exchange], None]]) -> None:
    """Let these see every exchange, beside the metrics, the usage store and a collector."""
    telling = [one for one in live.runtime.observers if isinstance(one, Telemetry)]
    object.__setattr__(live.runtime, "observers", (live.metrics, *telling, *live.usage.observers, *observers))


async def _listen(app: FastAPI) -> uvicorn.Server:
    """A server as `gateway.app` configures it, without signals and without the pauses of an orderly end."""
    server = uvicorn.Server(configured(app, "127.0.0.1", 0, 1.0))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    return server


@asynccontextmanager
async def between(local: Upstream, cloud: Upstream, edits: Mapping[str, Any] | None = None) -> AsyncIterator[Gateway]:
    """The gateway between two upstreams."""
    async with gateway(configuration(local.url, cloud.url, edits)) as running:
        yield running


@dataclass(slots=True)
class Process:
    """A gateway in a process of its own. `err` is what it wrote to standard error."""

    process: asyncio.subprocess.Process
    config: Path
    port: int = 0
    admin: int = 0
    err: bytes = b""

    async def until_said(self, say: bytes) -> None:
        """Wait for a line with `say` in it."""
        async with asyncio.timeout(PATIENCE_S):
            while say not in self.err:
                line = await self._line()
                assert line, f"it ended without saying {say!r}: {self.err!r}"

    async def _line(self) -> bytes:
        assert self.process.stderr is not None
        line = await self.process.stderr.readline()
        self.err += line
        return line

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        async with asyncio.timeout(PATIENCE_S):
            while await self._line():
                pass
            return await self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)


@asynccontextmanager
async def process(
    content: Mapping[str, Any], folder: Path, env: Mapping[str, str] | None = None, *, workers: int = 1
) -> AsyncIterator[Process]:
    """Run `tidegate serve` with this configuration."""
    config = folder / "tidegate.yaml"
    config.write_text(json.dumps(content))
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway",
        "serve",
        str(config),
        *(("--workers", str(workers)) if workers > 1 else ()),
        cwd=ROOT,
        env=kept | dict(env or {}),
        stderr=asyncio.subprocess.PIPE,
    )
    running = Process(started, config)
    try:
        await running.until_said(b'"serving"')
        line = next(line for line in running.err.splitlines() if b'"serving"' in line)
        said = json.loads(line)
        running.port = int(said["where"].removesuffix("/v1").rpartition(":")[2])
        running.admin = int(said["admin"].rpartition(":")[2])
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.kill()
        await running.ended()
