"""`/v1/batches` over a socket, as far as it is asked: what is noted, and what is refused. What runs them is tested beside itself."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.gateway import Gateway, gateway
from tests.gateway.http.test_files import ask, settings, upload

GOOD = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}


async def create(gate: Gateway, key: str = "one", **more: Any) -> Any:
    body = {**GOOD, **more}
    return await ask(gate, "POST /v1/batches", key, msgspec.json.encode(body))


async def file(gate: Gateway, purpose: str = "batch", **more: Any) -> str:
    return str((await upload(gate, b"{}", purpose=purpose, **more)).json["id"])


async def test_a_batch_is_noted_and_seen_by_its_tenant_alone(tmp_path: Path) -> None:
    async with gateway(settings(tmp_path, keep_s=90_000)) as gate:
        name = await file(gate)
        made = (await create(gate, input_file_id=name, metadata={"a": "b"})).json
        assert (made["status"], made["endpoint"], made["input_file_id"]) == ("validating", GOOD["endpoint"], name)
        assert made["expires_at"] - made["created_at"] == 86_400
        assert (made["usage"], made["errors"], made["output_file_id"]) == (None, None, None)
        assert made["tidegate"] == {"label": None, "labels": {}, "paths": {}, "cost_usd": 0.0, "known_cost_usd": 0.0, "unpriced": 0}
        assert (await ask(gate, f"GET /v1/batches/{made['id']}", "two")).json == made
        assert (await ask(gate, f"GET /v1/batches/{made['id']}", "other")).error["code"] == "unknown_batch"
        assert (await ask(gate, f"POST /v1/batches/{made['id']}/cancel", "other")).status == 404
        assert (await create(gate, "other", input_file_id=name)).error["code"] == "unknown_file"
        second = (await create(gate, input_file_id=name, output_expires_after={"anchor": "created_at", "seconds": 3_600})).json
        found = (await ask(gate, "GET /v1/batches?limit=1")).json
        assert found["has_more"]
        rest = (await ask(gate, f"GET /v1/batches?after={found['last_id']}")).json
        assert {found["last_id"], rest["last_id"]} == {made["id"], second["id"]}
        assert (await ask(gate, "GET /v1/batches", "other")).json["data"] == []
        cancelled = (await ask(gate, f"POST /v1/batches/{made['id']}/cancel")).json
        assert cancelled["status"] == "cancelling"
        assert (await ask(gate, f"POST /v1/batches/{made['id']}/cancel")).json["cancelling_at"] == cancelled["cancelling_at"]


async def test_the_highest_label_that_anybody_demands_holds_for_all_lines(tmp_path: Path) -> None:
    async with gateway(settings(tmp_path)) as gate:
        name = await file(gate, headers={"x-tidegate-label": "personal"})
        await create(gate, "two", input_file_id=name)
        [row] = await gate.live.kept.ask(lambda db: db.execute("select said from batches").fetchall())
        assert msgspec.json.decode(row[0])["floor"] == "personal"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"input_file_id": "file-0"}, "input_file_id"),
        ({"endpoint": "/v1/audio/transcriptions"}, "endpoint"),
        ({"endpoint": "/v1/audio/speech"}, "endpoint"),
        ({"completion_window": "soon"}, "completion_window"),
        ({"completion_window": "15d"}, "completion_window"),
        ({"metadata": {"x" * 65: "y"}}, "metadata"),
        ({"metadata": {"x": 1}}, None),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 1}}, "expires_after"),
        ({"more": 1}, None),
    ],
)
async def test_what_is_wrong_is_said(tmp_path: Path, wrong: dict[str, Any], param: str | None) -> None:
    async with gateway(settings(tmp_path)) as gate:
        refused = await create(gate, **({"input_file_id": await file(gate)} | wrong))
        assert (refused.status, refused.error["param"]) == (400, param)
        if "input_file_id" not in wrong:
            assert (await create(gate, input_file_id=await file(gate, "evals"))).error["param"] == "input_file_id"


async def test_without_a_store_nothing_is_noted(tmp_path: Path) -> None:
    without = {name: value for name, value in settings(tmp_path).items() if name != "store"}
    async with gateway(without) as gate:
        for what in ("POST /v1/batches", "GET /v1/batches", "GET /v1/batches/x", "POST /v1/files", "GET /v1/files"):
            assert (await ask(gate, what)).error["code"] == "store_off", what
