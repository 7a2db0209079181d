"""A real Prometheus watches the gateway through everything that callers do: every query of every dashboard and alert has an answer or a
reason to have none, and what was counted is what callers and upstreams counted.
"""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from router.failures import NOT_MADE
from tests.deploy.queries import asked
from tests.fakes.asks import KINDS
from tests.fakes.client import get
from tests.fakes.prometheus import missing
from tests.fakes.scene import CLAUDE, QWEN, Scene, scene
from tests.journeys.watching import EMPTY, every_request_is_counted_once, rules_are_well, settled, silent

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.timeout(600),
]
PLAY_S = 60.0


async def every_query_of_every_panel_answers_or_is_known_not_to(watched: Scene) -> None:
    assert await silent(watched) <= EMPTY.keys()
    assert EMPTY.keys() <= {name for name, _ in asked()}


async def alerts_fire_only_for_what_was_done(watched: Scene) -> None:
    """Sensitive requests that found no room, upstreams that cut streams, what was never there, a lowered label: nothing else."""
    said = {rule["name"] for rule in await watched.watch.rules() if rule["type"] == "alerting" and rule["state"] != "inactive"}
    done = {"TidegateSensitiveNoRoom", "TidegateSensitiveBlocked", "TidegateBreakerOpen", "TidegateStreamsBroken", "TidegateCostUnknown"}
    slow = {"TidegateOverheadHigh", "TidegateLoopLate", "TidegateDetectorsFail", "TidegateFallbacksMany", "TidegateLocalSaturated"}
    assert said <= done | slow | {"TidegateBelowBreakEven", "TidegatePricesOld"}, "critical ones above all are silent"


async def all_kinds_came_and_each_is_counted_once(watched: Scene) -> None:
    assert {kind for kind, _ in watched.told.ends} >= KINDS.keys(), "all kinds came"
    await every_request_is_counted_once(watched)


async def attempts_are_what_upstreams_got(watched: Scene) -> None:
    """What was refused before it was sent came nowhere; what a vendor got, was declared with its bytes."""
    not_sent = "|".join([*sorted(NOT_MADE), "UNREACHABLE"])
    for targets, players in (("qwen", watched.qwen), ("gpt", [watched.gpt]), ("claude|odd", [watched.claude])):
        arrived = sum(one.arrived.total() for one in players)
        query = f'sum(tidegate_upstream_attempts_total{{target=~"{targets}", failure!~"{not_sent}"}})'
        assert await watched.watch.total(query) == arrived, targets
    for targets, one in (("gpt", watched.gpt), ("claude|odd", watched.claude)):
        assert await watched.watch.total(f'sum(tidegate_egress_requests_total{{target=~"{targets}"}})') == one.arrived.total()
        assert await watched.watch.total(f'sum(tidegate_egress_bytes_total{{target=~"{targets}"}})') == one.received


async def tokens_and_money_are_what_the_vendor_said(watched: Scene) -> None:
    """Nobody leaves that vendor, and it breaks nothing off: all that it said was billed."""
    said = watched.claude.said
    for kind in ("prompt", "completion"):
        assert await watched.watch.total(f'sum(tidegate_tokens_total{{target=~"claude|odd", kind="{kind}"}})') == said[kind]
    tokens = {
        kind: await watched.watch.total(f'sum(tidegate_tokens_total{{target="claude", kind="{kind}"}})')
        for kind in ("prompt", "completion")
    }
    due = tokens["prompt"] * CLAUDE["input_per_mtok_usd"] + tokens["completion"] * CLAUDE["output_per_mtok_usd"]
    assert await watched.watch.total('sum(tidegate_cost_usd_total{target="claude"})') == pytest.approx(due / 1e6, abs=1e-9)
    assert await watched.watch.total('tidegate_cost_unknown_total{target="odd"}') == watched.told.served["odd"] > 0
    assert await watched.watch.total('tidegate_cost_unknown_total{target="gpt"}') >= watched.told.of("mute")["200"] > 0


async def what_local_engines_cost_is_the_bill(watched: Scene) -> None:
    """Used and idle are all there is: seconds of GPUs by the price of one, to a hundred-thousandth."""
    usd = await watched.watch.total('tidegate_local_cost_usd_total{kind=~"allocated|idle"}')
    seconds = await watched.watch.total("tidegate_local_gpu_seconds_total")
    an_hour = QWEN["capex_usd"] / QWEN["life_years"] / 8760 + QWEN["power_kw"] * QWEN["pue"] * QWEN["kwh_usd"]
    assert usd == pytest.approx(seconds / QWEN["gpus"] / 3600 * an_hour, rel=1e-5)
    spent = await watched.watch.total('tidegate_cost_usd_total{target="qwen"}')
    assert spent == pytest.approx(await watched.watch.total('tidegate_local_cost_usd_total{kind="allocated"}'), rel=1e-3)


async def the_usage_store_has_a_row_for_each_request(watched: Scene) -> None:
    assert await watched.watch.total('tidegate_usage_rows_total{table="used"}') == watched.told.asked
    assert await watched.watch.total("sum(tidegate_usage_rows_lost_total)") == 0
    ratings = {
        dict(series)["rating"]: int(count)
        for series, count in (await watched.watch.query("sum by (rating) (tidegate_feedback_total)")).items()
    }
    assert ratings == watched.told.ratings


async def nothing_sensitive_left_but_what_the_officer_lowered(watched: Scene) -> None:
    assert await watched.watch.total('sum(tidegate_egress_requests_total{label=~"personal|restricted"})') == 0
    assert await watched.watch.total('sum(tidegate_canary_runs_total{result!="kept"})') == 0
    assert await watched.watch.total("sum(tidegate_declassified_total)") == watched.told.of("lowered")["200"] > 0


async def what_is_scraped_is_well_formed(watched: Scene) -> None:
    for accept in ("text/plain", "application/openmetrics-text"):
        body = (await get(watched.gate.admin, "/metrics", {"accept": accept})).body
        assert body
    plain_text = (await get(watched.gate.admin, "/metrics", {"accept": "text/plain"})).body
    said = await asyncio.to_thread(subprocess.run, ["promtool", "check", "metrics"], input=plain_text, capture_output=True, check=False)
    assert (said.returncode, said.stdout + said.stderr) == (0, b"")
    assert set((await watched.watch.up()).values()) == {"up"}
    series = await watched.watch.total('count({job="tidegate"})')
    assert series < 15_000


CHECKS: tuple[Callable[[Scene], Awaitable[None]], ...] = (
    every_query_of_every_panel_answers_or_is_known_not_to,
    rules_are_well,
    alerts_fire_only_for_what_was_done,
    all_kinds_came_and_each_is_counted_once,
    attempts_are_what_upstreams_got,
    tokens_and_money_are_what_the_vendor_said,
    what_local_engines_cost_is_the_bill,
    the_usage_store_has_a_row_for_each_request,
    nothing_sensitive_left_but_what_the_officer_lowered,
    what_is_scraped_is_well_formed,
)


async def test_what_prometheus_says_is_what_happened(tmp_path: Path) -> None:
    """One scene for all checks; all that fail are told."""
    async with scene(tmp_path) as on:
        await on.play(PLAY_S)
        await settled(on)
        failed = [error for error in [await _failure(check, on) for check in CHECKS] if error is not None]
    if failed:
        raise ExceptionGroup("Prometheus says otherwise", failed)


async def _failure(check: Callable[[Scene], Awaitable[None]], on: Scene) -> AssertionError | None:
    try:
        await check(on)
    except AssertionError as error:
        return error
    return None
