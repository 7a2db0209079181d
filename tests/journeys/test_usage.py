"""The usage store through the running gateway: rows of what was asked, whatever becomes of the disk or the process; and what callers think."""

import asyncio
import hashlib
import json
import math
import os
import signal
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.usage.reading import open_store
from gateway.usage.rows import Called, Rated, Used
from tests.fakes.client import Reply, ask, get
from tests.fakes.client import post as send
from tests.fakes.disks import fill, small_disk
from tests.fakes.gateway import Gateway, between, configuration, process, samples, total
from tests.fakes.postgres import BINARIES, MISSING, postgres
from tests.fakes.secrets import Canary
from tests.fakes.upstream import Upstream, failing

HARD = "x" * 60
MINE = "00000000-0000-4000-8000-000000000001"
"""A request id that a caller chose."""
EVER = (0.0, math.inf)


def usage(folder: Path, **more: object) -> dict[str, Any]:
    return {"usage": {"store": str(folder / "usage.db"), **more}}


def used(folder: Path) -> list[Used]:
    with open_store(folder / "usage.db") as store:
        return list(store.rows(Used, *EVER))


def marks(folder: Path) -> list[Path]:
    return list(folder.glob("*-handed-*"))


async def until_written(admin: int, count: int) -> Mapping[Any, float]:
    async with asyncio.timeout(60):
        while True:
            metrics = samples((await get(admin, "/metrics")).body)
            if total(metrics, "tidegate_usage_rows_total", table="used") >= count:
                return metrics
            await asyncio.sleep(0.05)


async def rate(gate: Gateway, body: object, **headers: str) -> Reply:
    return await gate.post(body, "/v1/feedback", headers)


async def test_what_was_asked_is_in_the_store_without_its_text(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    canary = Canary()
    async with between(local, cloud, usage(tmp_path)) as gate:
        await gate.post(ask(HARD))
        await gate.post(ask(canary.say))
        cloud.then(failing(500))
        await gate.post(ask(HARD))
        await gate.post({"model": canary.say})
        await until_written(gate.admin, 4)
        metrics = await gate.metrics()
    rows = used(tmp_path)
    assert [(row.path, row.target, row.model, row.result, row.attempts) for row in rows] == [
        ("cloud", "gpt", "gpt-5", "served", 1),
        ("local", "qwen", "qwen3-8b", "served", 1),
        ("local", "qwen", "qwen3-8b", "served", 3),
        ("blocked", "", "", "invalid", 0),
    ]
    assert rows[0].cost == 1_000_000 * total(metrics, "tidegate_cost_usd_total", target="gpt")
    assert (rows[0].prompt, rows[0].first, rows[2].first) == (rows[0].prompt, "gpt", "gpt")
    with open_store(tmp_path / "usage.db") as store:
        assert [(one.target, one.ending) for one in store.rows(Called, *EVER)] == [("gpt", "Failed"), ("gpt", "Failed"), ("qwen", "Served")]
    canary.assert_nowhere(store=(tmp_path / "usage.db").read_bytes())
    assert total(metrics, "tidegate_usage_store_available") == 1
    assert total(metrics, "tidegate_usage_rows_lost_total") == 0


async def test_a_gateway_that_is_killed_comes_back_with_a_whole_store_and_says_what_it_lost(
    local: Upstream, cloud: Upstream, tmp_path: Path
) -> None:
    content = configuration(local.url, cloud.url, usage(tmp_path))
    async with process(content, tmp_path) as gate:
        for _ in range(20):
            assert (await send(gate.port, ask("short"))).status == 200
        await until_written(gate.admin, 1)
        for _ in range(20):
            assert (await send(gate.port, ask("short"))).status == 200
        gate.signal(signal.SIGKILL)
        await gate.ended()
    async with process(content, tmp_path) as gate:
        assert (await send(gate.port, ask("short"))).status == 200
        metrics = await until_written(gate.admin, 1)
        lost = total(metrics, "tidegate_usage_rows_lost_total", reason="killed")
        gate.signal(signal.SIGTERM)
        assert await gate.ended() == 0
    assert sqlite3.connect(tmp_path / "usage.db").execute("pragma integrity_check").fetchone() == ("ok",)
    assert len(used(tmp_path)) + lost in (40, 41), "the last one before the kill was answered, but may not have ended yet"
    with open_store(tmp_path / "usage.db") as store:
        assert sum(one.missing for one in store.losses(*EVER)) == lost
    assert not marks(tmp_path), "it ended in order, and has nothing to settle"


async def test_a_count_that_somebody_empties_ends_no_process(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with process(configuration(local.url, cloud.url, usage(tmp_path)), tmp_path) as gate:
        assert (await send(gate.port, ask("short"))).status == 200
        await until_written(gate.admin, 1)
        for mark in marks(tmp_path):
            os.truncate(mark, 0)
        assert (await send(gate.port, ask("short"))).status == 200
        await until_written(gate.admin, 2)
        gate.signal(signal.SIGTERM)
        assert await gate.ended() == 0


async def test_a_full_disk_harms_no_request(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        async with between(local, cloud, usage(disk)) as gate:
            assert (await gate.post(ask("short"))).status == 200
            await until_written(gate.admin, 1)
            fill(disk)
            async with asyncio.timeout(60):
                while total(await gate.metrics(), "tidegate_usage_store_available"):
                    assert (await gate.post(ask("short"))).status == 200
            ready = json.loads((await get(gate.admin, "/readyz")).body)
            assert (ready["status"], ready["degraded"]) == ("ready", ["usage"])
            assert (await gate.post(ask("short"))).status == 200
            asked = len(gate.exchanges)
            (disk / "filler").unlink()
            metrics = await until_written(gate.admin, asked)
            assert total(metrics, "tidegate_usage_rows_lost_total") == 0, "they waited"
        assert len(used(disk)) == asked


@pytest.mark.skipif(BINARIES is None, reason=MISSING)
async def test_a_database_is_reached_through_the_backstop_and_its_loss_harms_no_request(
    local: Upstream, cloud: Upstream, tmp_path: Path
) -> None:
    with postgres() as database:
        content = configuration(local.url, cloud.url, {"usage": {"store": database.tcp}})
        async with process(content, tmp_path) as gate:
            assert (await send(gate.port, ask("short"))).status == 200
            metrics = await until_written(gate.admin, 1)
            assert total(metrics, "tidegate_backstop_refusals_total") == 0
            database.stop()
            assert (await send(gate.port, ask("short"))).status == 200
            database.start()
            await until_written(gate.admin, 2)
            gate.signal(signal.SIGTERM)
            assert await gate.ended() == 0
        with open_store(database.url) as store:
            assert len(list(store.rows(Used, *EVER))) == 2


async def test_a_reload_keeps_the_store_or_changes_it(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    content = configuration(local.url, cloud.url, usage(tmp_path))
    async with process(content, tmp_path) as gate:
        await send(gate.port, ask("short"))
        await until_written(gate.admin, 1)
        gate.config.write_text(json.dumps(content | usage(tmp_path, keep_days=7)))
        assert (await send(gate.admin, {}, "/admin/reload")).status == 200
        await send(gate.port, ask("short"))
        await until_written(gate.admin, 2)
        gate.config.write_text(json.dumps(content | {"usage": {"store": str(tmp_path / "other.db")}}))
        assert (await send(gate.admin, {}, "/admin/reload")).status == 200
        await send(gate.port, ask("short"))
        await until_written(gate.admin, 3)
        gate.signal(signal.SIGTERM)
        assert await gate.ended() == 0
    assert len(used(tmp_path)) == 2
    with open_store(tmp_path / "other.db") as store:
        assert store.counts()["used"][0] == 1


async def test_an_answer_is_rated_by_its_id(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with between(local, cloud, usage(tmp_path)) as gate:
        request_id = (await gate.post(ask(HARD))).headers["x-request-id"]
        assert (await rate(gate, {"request_id": request_id, "rating": "down", "score": 0.25})).status == 200
        assert (await rate(gate, {"request_id": request_id, "rating": "regenerate"})).status == 200
        assert json.loads((await rate(gate, {"request_id": request_id, "score": 0.5})).body)["rating"] == "up"
        metrics = await gate.metrics()
        counts = {
            rating: total(metrics, "tidegate_feedback_total", path="cloud", target="gpt", rating=rating)
            for rating in ("up", "down", "regenerate")
        }
        assert counts == {"up": 1, "down": 1, "regenerate": 1}
        assert total(metrics, "tidegate_feedback_total") == 3
    with open_store(tmp_path / "usage.db") as store:
        rows = [row[1:] for row in store.rows(Rated, *EVER)]
    assert rows == [(request_id, "cloud", "gpt", *said) for said in (("down", 0.25), ("regenerate", None), ("up", 0.5))]


@pytest.mark.parametrize(
    ("edit", "status", "code"),
    [
        pytest.param({"comment": "it told me something private"}, 400, "bad_field", id="text"),
        pytest.param({"rating": "great"}, 400, "bad_field", id="another word"),
        pytest.param({"score": 2}, 400, "bad_field", id="another number"),
        pytest.param({"rating": None}, 400, "bad_field", id="nothing said"),
        pytest.param({"request_id": "req_unknown"}, 404, "unknown_request", id="an id that nobody knows"),
        pytest.param({"request_id": "x" * 2_000}, 413, "body_too_large", id="too much"),
    ],
)
async def test_what_is_no_rating_is_refused_and_not_kept(
    local: Upstream, cloud: Upstream, tmp_path: Path, edit: dict[str, object], status: int, code: str
) -> None:
    async with between(local, cloud, usage(tmp_path)) as gate:
        request_id = (await gate.post(ask("short"))).headers["x-request-id"]
        await until_written(gate.admin, 1)
        reply = await rate(gate, {"request_id": request_id, "rating": "up"} | edit)
        assert (reply.status, json.loads(reply.body)["error"]["code"]) == (status, code)
        assert b"private" not in reply.body
        assert total(await gate.metrics(), "tidegate_feedback_total") == 0
    assert b"private" not in (tmp_path / "usage.db").read_bytes()


async def test_nobody_rates_for_another_tenant_nor_without_a_key(local: Upstream, cloud: Upstream) -> None:
    secrets = ["sk-" + name * 20 for name in ("a1", "b2")]
    keys = [
        {"name": f"key-{number}", "sha256": hashlib.sha256(secret.encode()).hexdigest(), "tenant": f"tenant-{number}"}
        for number, secret in enumerate(secrets)
    ]
    async with between(local, cloud, {"keys": keys}) as gate:
        first, second = ({"authorization": f"Bearer {secret}"} for secret in secrets)
        request_id = (await gate.post(ask("short"), headers=first)).headers["x-request-id"]
        body = {"request_id": request_id, "rating": "up"}
        assert (await rate(gate, body)).status == 401
        assert (await rate(gate, body, **second)).status == 404, "nor learns that it exists"
        assert (await rate(gate, body, **first)).status == 200
        assert (await gate.post(ask("short"), headers=second | {"x-request-id": MINE})).status == 200
        assert (await gate.post(ask("short"), headers=first | {"x-request-id": MINE})).status == 200
        for whose in (first, second):
            assert (await rate(gate, {"request_id": MINE, "rating": "up"}, **whose)).status == 200, "another's id is not taken away"


async def test_who_leaves_before_the_rating_is_complete_is_no_defect(
    local: Upstream, cloud: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    async with between(local, cloud) as gate:
        _, writer = await asyncio.open_connection("127.0.0.1", gate.port)
        writer.write(b"POST /v1/feedback HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.2)
        assert (await gate.post(ask("short"))).status == 200
    assert not [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


async def test_what_another_process_answered_is_found_in_the_store(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with between(local, cloud, usage(tmp_path)) as one, between(local, cloud, usage(tmp_path)) as other:
        request_id = (await one.post(ask(HARD))).headers["x-request-id"]
        await until_written(one.admin, 1)
        assert (await rate(other, {"request_id": request_id, "rating": "up"})).status == 200
        assert total(await other.metrics(), "tidegate_feedback_total", path="cloud", target="gpt", rating="up") == 1
        (tmp_path / "usage.db").rename(tmp_path / "gone.db")
        reply = await rate(other, {"request_id": "req_other", "rating": "up"})
        assert (reply.status, json.loads(reply.body)["error"]["code"]) == (503, "store_unavailable")
