"""The runner in this process, with files and batches over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gateway.batches.runner import MOST_BEGUN, Runner
from gateway.errors import GaveUp
from gateway.http.paths import BATCHED
from gateway.kept import batches
from gateway.standin.server import StandIn
from gateway.standin.words import Conduct
from tests.fakes.client import Reply, caller, get
from tests.fakes.forms import form
from tests.fakes.gateway import Gateway, configuration, gateway, total
from tests.fakes.secrets import Canary
from tests.fakes.server import listening

HARD = "Please think about this for a long while before you answer it at all. "
PATH = "/v1/chat/completions"


@asynccontextmanager
async def running(
    folder: Path, home: StandIn, vendor: StandIn, edits: Mapping[str, Any] | None = None
) -> AsyncIterator[tuple[Gateway, Runner]]:
    """A gateway with a store between two stand-ins, and what runs its batches."""
    async with listening(home) as local, listening(vendor) as cloud:
        content = configuration(
            f"http://127.0.0.1:{local}/v1", f"http://127.0.0.1:{cloud}/v1", {"store": {"folder": str(folder / "kept")}} | dict(edits or {})
        )
        async with gateway(content) as gate:
            runner = gate.live.kept.batching = Runner(gate.live, BATCHED)
            gate.live.metrics.watch(runner.samples)
            object.__setattr__(gate.live.runtime, "observers", (*gate.live.runtime.observers, gate.live.kept.told))
            runner.start()
            yield gate, runner


def line(number: int, say: str, **more: Any) -> str:
    body = {"model": "auto", "messages": [{"role": "user", "content": say}], "max_tokens": 5, **more}
    return json.dumps({"custom_id": f"line-{number}", "method": "POST", "url": PATH, "body": body})


async def upload(gate: Gateway, content: bytes, **fields: str) -> Reply:
    body, headers = form(content, **({"purpose": "batch"} | fields))
    return await gate.post(body, "/v1/files", headers)


async def create(gate: Gateway, *lines: str, **more: Any) -> str:
    file = (await upload(gate, "\n".join(lines).encode())).json["id"]
    reply = await gate.post({"input_file_id": file, "endpoint": PATH, "completion_window": "24h"} | more, "/v1/batches")
    assert reply.status == 200, reply
    return str(reply.json["id"])


async def until(gate: Gateway, name: str, *statuses: str) -> Any:
    async with asyncio.timeout(60):
        while (batch := (await get(gate.port, f"/v1/batches/{name}")).json)["status"] not in statuses:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return batch


async def content(gate: Gateway, name: str) -> list[Any]:
    return [json.loads(raw) for raw in (await get(gate.port, f"/v1/files/{name}/content")).body.splitlines()]


async def test_a_batch_is_run_and_its_files_have_the_labels_of_what_is_in_them(tmp_path: Path) -> None:
    home, vendor, canary = StandIn("home"), StandIn("vendor"), Canary()
    async with running(tmp_path, home, vendor) as (gate, _):
        name = await create(gate, line(0, canary.say), line(1, HARD), line(2, HARD, model="nobody"), metadata={"a": "b"})
        batch = await until(gate, name, "completed")
        assert batch["request_counts"] == {"total": 3, "completed": 2, "failed": 1}
        assert batch["metadata"] == {"a": "b"}
        output, errors = batch["output_file_id"], batch["error_file_id"]
        assert [one["custom_id"] for one in await content(gate, output)] == ["line-0", "line-1"]
        assert [one["response"]["status_code"] for one in await content(gate, errors)] == [404]
        shown = await get(gate.port, f"/v1/files/{output}")
        assert (shown.headers["x-tidegate-label"], shown.json["tidegate"]) == ("restricted", {"label": "restricted"})
        assert (await get(gate.port, f"/v1/files/{errors}")).json["tidegate"] == {"label": "public"}
        metrics = await gate.metrics()
    assert total(metrics, "tidegate_batch_lines_total", result="served") == 2
    assert total(metrics, "tidegate_batch_lines_total", result="refused") == 1
    canary.assert_nowhere(cloud=b"\n".join(vendor.received), log=gate.log.getvalue())
    assert len(home.received) == 1


async def test_sensitive_lines_wait_until_the_pool_is_idle(tmp_path: Path) -> None:
    home, vendor = StandIn("home"), StandIn("vendor")
    async with running(tmp_path, home, vendor) as (gate, _):
        breaker = next(replica.breaker for name, _, replica in gate.live.runtime.fleet.replicas() if name == "qwen")
        breaker.in_flight = 2
        name = await create(gate, line(0, Canary().say), line(1, HARD))
        async with asyncio.timeout(30):
            while not vendor.received:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert home.received == []
        assert (await until(gate, name, "in_progress"))["request_counts"]["completed"] == 1
        breaker.in_flight = 0
        await until(gate, name, "completed")
    assert len(home.received) == 1


async def test_in_a_lockdown_all_lines_wait_for_idle_time(tmp_path: Path) -> None:
    home, vendor = StandIn("home"), StandIn("vendor")
    async with running(tmp_path, home, vendor) as (gate, _):
        gate.live.turn_lockdown(on=True, by="admin")
        name = await create(gate, line(1, HARD))
        await until(gate, name, "completed")
    assert (len(home.received), vendor.received) == (1, [])


async def test_what_is_under_way_when_the_gateway_ends_is_put_back(tmp_path: Path) -> None:
    home, vendor = StandIn("home"), StandIn("vendor", conduct=Conduct(delay_s=30))
    async with running(tmp_path, home, vendor) as (gate, runner):
        name = await create(gate, line(0, HARD))
        async with asyncio.timeout(30):
            while not vendor.received:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await runner.close()
        [left] = await gate.live.kept.ask(lambda db: list(batches.unfinished(db, name)))
        assert (left.number, left.begun) == (1, 0)
        assert (await gate.live.kept.ask(partial(batches.take, name=name, lane="leaves", now=0))) is not None
        assert total(await gate.metrics(), "tidegate_batch_lines_total", result="put_back") == 1


async def test_a_line_during_which_the_gateway_was_killed_again_and_again_is_given_up(tmp_path: Path) -> None:
    home, vendor = StandIn("home", conduct=Conduct(fail_status=503)), StandIn("vendor")
    async with running(tmp_path, home, vendor) as (gate, _):
        name = await create(gate, line(0, Canary().say))
        async with asyncio.timeout(30):
            while not total(await gate.metrics(), "tidegate_batch_lines_total", result="retried"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await gate.live.kept.ask(lambda db: db.execute("update lines set begun = ?, due = 0", (MOST_BEGUN,)).rowcount)
        batch = await until(gate, name, "completed")
        assert (await content(gate, batch["error_file_id"]))[0]["error"]["code"] == "interrupted"


async def test_an_input_that_is_gone_fails_the_batch(tmp_path: Path) -> None:
    async with running(tmp_path, StandIn("home"), StandIn("vendor")) as (gate, runner):
        await runner.close()
        name = await create(gate, line(0, HARD))
        file = (await get(gate.port, f"/v1/batches/{name}")).json["input_file_id"]
        async with caller(gate.port) as one:
            one.send(f"DELETE /v1/files/{file} HTTP/1.1\r\nhost: g\r\n\r\n".encode())
            assert (await one.reply()).json == {"id": file, "object": "file", "deleted": True}
        again = gate.live.kept.batching = Runner(gate.live, BATCHED)
        again.start()
        batch = await until(gate, name, "failed")
        assert [error["code"] for error in batch["errors"]["data"]] == ["file_not_found"]


async def test_one_that_is_cancelled_before_it_was_read_has_no_line(tmp_path: Path) -> None:
    async with running(tmp_path, StandIn("home"), StandIn("vendor")) as (gate, runner):
        await runner.close()
        name = await create(gate, line(0, HARD))
        assert (await gate.post({}, f"/v1/batches/{name}/cancel")).json["status"] == "cancelling"
        again = gate.live.kept.batching = Runner(gate.live, BATCHED)
        again.start()
        batch = await until(gate, name, "cancelled")
        assert batch["output_file_id"] is batch["error_file_id"] is None
        refused = await gate.post({}, f"/v1/batches/{name}/cancel")
        assert (refused.status, refused.error["code"]) == (409, "batch_ended")


async def test_an_input_with_mistakes_is_not_run(tmp_path: Path) -> None:
    home, vendor = StandIn("home"), StandIn("vendor")
    async with running(tmp_path, home, vendor) as (gate, _):
        batch = await until(gate, await create(gate, line(0, HARD), line(0, HARD)), "failed")
        assert [(error["code"], error["line"]) for error in batch["errors"]["data"]] == [("duplicate_custom_id", 2)]
    assert home.received == vendor.received == []


async def test_a_batch_that_is_cancelled_or_whose_time_is_over_keeps_what_was_answered(tmp_path: Path) -> None:
    home, vendor = StandIn("home", conduct=Conduct(fail_status=503)), StandIn("vendor")
    async with running(tmp_path, home, vendor) as (gate, _):
        names = [await create(gate, line(0, Canary().say), line(1, HARD)) for _ in range(2)]
        async with asyncio.timeout(30):
            while len(vendor.received) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await gate.post({}, f"/v1/batches/{names[0]}/cancel")
        await gate.live.kept.ask(partial(batches.change, name=names[1], edit=lambda batch: replace(batch, due=1)))
        for name, end in zip(names, ("cancelled", "expired"), strict=True):
            batch = await until(gate, name, end)
            assert batch["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
            assert [one["custom_id"] for one in await content(gate, batch["output_file_id"])] == ["line-1"]
            assert [one["error"]["code"] for one in await content(gate, batch["error_file_id"])] == [f"batch_{end}"]


async def test_a_store_that_is_away_for_a_while_stops_nothing(tmp_path: Path) -> None:
    home, vendor = StandIn("home"), StandIn("vendor")
    async with running(tmp_path, home, vendor) as (gate, _):
        held = gate.live.kept._asked
        away = iter([True] * 5)

        def sometimes(path: Path, ask: Any, *, forgets: bool) -> Any:
            if next(away, False):
                raise GaveUp(503, "store_unavailable", "It is away.")
            return held(path, ask, forgets=forgets)

        name = await create(gate, line(0, HARD))
        gate.live.kept._asked = sometimes  # type: ignore[method-assign]
        batch: Any = {}
        async with asyncio.timeout(30):
            while batch.get("status") != "completed":
                reply = await get(gate.port, f"/v1/batches/{name}")
                batch = reply.json if reply.status == 200 else {}
                await asyncio.sleep(0.05)
    assert len(vendor.received) == 1
