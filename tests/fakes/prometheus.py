"""A real Prometheus before the gateway: scrapes every second, has the rules that are shipped, answers queries, is ended by its id."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.journeys.vllm.engine import free_port

RULES = Path(__file__).parents[2] / "deploy" / "rules.yml"
Labels = frozenset[tuple[str, str]]


def missing() -> str:
    """Why it cannot be run here; empty if it can."""
    return "" if shutil.which("prometheus") and shutil.which("promtool") else "prometheus is not installed: apt-get install prometheus"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs. `folder` has its configuration."""

    root: str
    folder: Path
    client: httpx.AsyncClient

    async def query(self, expression: str) -> dict[Labels, float]:
        """An instant query; series by their labels. A scalar is a series without any."""
        data = await self._get("query", query=expression)
        if data["resultType"] == "scalar":
            return {frozenset(): float(data["result"][1])}
        return {frozenset(series["metric"].items()): float(series["value"][1]) for series in data["result"]}

    async def span(self, expression: str, start: float, end: float, step: float) -> dict[Labels, list[tuple[float, float]]]:
        """A range query: times and values of each series."""
        data = await self._get("query_range", query=expression, start=start, end=end, step=step)
        return {
            frozenset(series["metric"].items()): [(float(at), float(value)) for at, value in series["values"]] for series in data["result"]
        }

    async def total(self, expression: str) -> float:
        """The sum of what a query gives."""
        return sum((await self.query(expression)).values())

    async def has_looked(self) -> None:
        """Wait until it has seen the gateway as it is before anything happens: of what comes before its first look it sees no rise."""
        async with asyncio.timeout(60):
            while await self.total('count_over_time(up{job="tidegate"}[1m])') < 2:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.2)

    async def rules(self) -> list[Mapping[str, Any]]:
        """All rules, with their health and their last error."""
        return [rule for group in (await self._get("rules"))["groups"] for rule in group["rules"]]

    async def up(self) -> dict[str, str]:
        """Health of each thing that is scraped, by its job and address."""
        return {
            f"{one['labels']['job']} {one['labels']['instance']}": one["lastError"] or one["health"]
            for one in (await self._get("targets"))["activeTargets"]
        }

    async def exemplars(self, expression: str, start: float, end: float) -> list[Mapping[str, str]]:
        """The labels of the exemplars of what a query names."""
        found = await self._get("query_exemplars", query=expression, start=start, end=end)
        return [exemplar["labels"] for series in found for exemplar in series["exemplars"]]

    async def _get(self, path: str, **parameters: object) -> Any:
        reply = (
            await self.client.post(f"{self.root}/api/v1/{path}", data=parameters)
            if parameters
            else await self.client.get(f"{self.root}/api/v1/{path}")
        )
        assert reply.status_code == 200, reply.text
        return reply.json()["data"]


@asynccontextmanager
async def prometheus(folder: Path, jobs: Mapping[str, list[int]]) -> AsyncIterator[Prometheus]:
    """Run one that scrapes these ports, by job. Groups of rules that take their time are evaluated each second, too."""
    (folder / "rules.yml").write_text(re.sub(r"(?m)^    interval: \w+$", "    interval: 1s", RULES.read_text()))
    scraped = [{"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]} for job, ports in jobs.items()]
    settings = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": ["rules.yml"], "scrape_configs": scraped}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    root = f"127.0.0.1:{free_port()}"
    words = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={root}"]
    with (folder / "prometheus.log").open("wb") as log:
        started = await asyncio.create_subprocess_exec("prometheus", *words, "--enable-feature=exemplar-storage", stdout=log, stderr=log)
        try:
            async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
                await _ready(client, root, started, folder / "prometheus.log")
                yield Prometheus(f"http://{root}", folder, client)
        finally:
            with contextlib.suppress(ProcessLookupError):
                started.terminate()
            await started.wait()


async def _ready(client: httpx.AsyncClient, root: str, started: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"http://{root}/-/ready")).is_success:
                    return
            assert started.returncode is None, f"it has ended; {log} says why"
            await asyncio.sleep(0.1)
