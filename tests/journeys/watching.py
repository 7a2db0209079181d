"""What must hold of every scene that a Prometheus watched, whoever the engines are."""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping

from tests.deploy.queries import ALERTS, asked, plain
from tests.fakes.scene import Scene

EMPTY: Mapping[str, str] = {
    "economics · Batches · {{result}}": "there is no store, so there are no batches",
    "economics · Batches · running": "there is no store, so there are no batches",
    "economics · Usage store, losses · stores that cannot be written": "every store can be",
    "overview · Ledger of what left · ledgers that cannot be written": "every ledger can be",
    "overview · Redacted · unrestored · {{target}}": "vendors put no placeholders of their own into answers",
    "overview · Denied and rerouted · denied · {{label}}": "explicit models are redacted here, not denied",
    "routing · Drift of difficulty · distance": "it compares a day with the week before it",
    "reliability · Workers · {{instance}}": "there is one worker; their number is shown where there are several",
}
"""Queries that rightly answer nothing here, and why."""


async def settled(on: Scene) -> None:
    """Until scrapes have seen all that was asked, that nothing runs, and what rules make of it."""

    async def is_over() -> bool:
        watch = on.watch
        return await watch.total("sum(tidegate_requests_total)") >= on.told.asked and not await watch.total(
            "sum(tidegate_requests_in_flight)"
        )

    async with asyncio.timeout(60):
        while not await is_over():  # noqa: ASYNC110  # Prometheus tells nobody
            await asyncio.sleep(0.5)
    await asyncio.sleep(2.5)


async def silent(on: Scene) -> set[str]:
    """Queries of panels that answer nothing."""
    return {name for name, query in asked() if not await on.watch.query(plain(query))}


async def rules_are_well(on: Scene) -> None:
    """An alert is silent while all is well, but what it looks at is there."""
    rules = await on.watch.rules()
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
    assert {rule["name"] for rule in rules if rule["type"] == "alerting"} == ALERTS.keys()
    for name, alert in ALERTS.items():
        for series in re.findall(r"(tidegate_\w+(?:\{[^}]*\})?)", re.sub(r"\[\w+\]|offset \w+", "", alert["expr"])):
            assert await on.watch.query(series), (name, series)


async def every_request_is_counted_once(on: Scene) -> None:
    """As callers saw them end, and by whom they were answered."""
    watch, told = on.watch, on.told
    assert await watch.total("sum(tidegate_requests_total)") == told.asked
    assert await counts(on, "target", 'tidegate_requests_total{result="served"}') == told.served
    by_result = await counts(on, "result", "tidegate_requests_total")
    ends = Counter[str]()
    for (_, end), count in told.ends.items():
        ends[end] += count
    assert by_result["served"] == ends["200"]
    assert by_result["broken"] == ends["cut"]
    assert by_result["abandoned"] == ends["left"] == await watch.total("sum(tidegate_client_disconnects_total)")
    refused = told.asked - ends["200"] - ends["cut"] - ends["left"]
    assert await watch.total("sum(tidegate_refusals_total)") == refused
    assert await watch.total("sum(tidegate_sensitivity_requests_total)") == await watch.total("sum(tidegate_routes_total)")
    assert await watch.total("sum(tidegate_request_duration_seconds_count)") == told.asked
    assert await watch.total('sum(tidegate_request_duration_seconds_bucket{le="+Inf"})') == told.asked


async def counts(on: Scene, label: str, series: str) -> Counter[str]:
    """Sums by a label; what is nothing is left out."""
    found = await on.watch.query(f"sum by ({label}) ({series}) > 0")
    return Counter({dict(labels)[label]: int(count) for labels, count in found.items()})
