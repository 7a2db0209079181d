"""`/v1/files` over a socket: whose files are seen, how large and how old they may be, and what is said of what is wrong."""

import hashlib
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.client import Reply, caller
from tests.fakes.forms import form
from tests.fakes.gateway import Gateway, configuration, gateway
from tests.fakes.secrets import Canary

KEYS = [
    {"name": name, "sha256": hashlib.sha256(name.encode()).hexdigest(), "tenant": tenant, **more}
    for name, tenant, more in (("one", "a", {}), ("two", "a", {"floor": "internal"}), ("other", "b", {}))
]


def settings(folder: Path, **store: Any) -> dict[str, Any]:
    edits = {"store": {"folder": str(folder / "kept"), **store}, "keys": KEYS}
    return configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits)


async def ask(gate: Gateway, what: str, key: str = "one", body: bytes = b"", **headers: str) -> Reply:
    """A request, as in `GET /v1/files`."""
    lines = {"authorization": f"Bearer {key}", "content-length": str(len(body)), **headers}
    async with caller(gate.port) as one:
        head = f"{what} HTTP/1.1\r\nhost: g\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        one.send(head.encode() + b"\r\n" + body)
        return await one.reply()


async def upload(gate: Gateway, content: bytes, key: str = "one", headers: Any = None, **fields: Any) -> Reply:
    body, kind = form(content, **({"purpose": "user_data"} | fields))
    return await ask(gate, "POST /v1/files", key, body, **kind, **(headers or {}))


async def test_a_file_is_seen_by_its_tenant_alone_and_has_the_label_of_its_content(tmp_path: Path) -> None:
    canary = Canary()
    async with gateway(settings(tmp_path)) as gate:
        made = await upload(gate, canary.say.encode())
        assert (made.status, made.headers["x-tidegate-label"]) == (200, "restricted")
        assert (made.json["bytes"], made.json["purpose"], made.json["tidegate"]) == (len(canary.say), "user_data", {"label": "restricted"})
        name = made.json["id"]
        assert (await ask(gate, f"GET /v1/files/{name}", "two")).json == made.json
        whole = await ask(gate, f"GET /v1/files/{name}/content", "two")
        assert (whole.body, whole.headers["x-tidegate-label"]) == (canary.say.encode(), "restricted")
        for what in (f"GET /v1/files/{name}", f"GET /v1/files/{name}/content", f"DELETE /v1/files/{name}"):
            refused = await ask(gate, what, "other")
            assert (refused.status, refused.error["code"]) == (404, "unknown_file"), what
        assert (await ask(gate, "GET /v1/files", "other")).json["data"] == []
        assert (await ask(gate, "GET /v1/files", "nobody")).status == 401
        assert (await ask(gate, f"DELETE /v1/files/{name}")).json["deleted"]
        assert (await ask(gate, f"GET /v1/files/{name}")).status == 404
    canary.assert_nowhere(log=gate.log.getvalue())


async def test_labels_are_raised_by_keys_and_headers(tmp_path: Path) -> None:
    async with gateway(settings(tmp_path)) as gate:
        assert (await upload(gate, b"How are you?")).json["tidegate"] == {"label": "public"}
        assert (await upload(gate, b"How are you?", "two")).json["tidegate"] == {"label": "internal"}
        raised = await upload(gate, b"How are you?", "two", {"x-tidegate-label": "personal"})
        assert raised.json["tidegate"] == {"label": "personal"}


async def test_who_sends_slowly_holds_up_nobody_and_what_came_counts_as_held(tmp_path: Path) -> None:
    narrow = {**settings(tmp_path), "limits": {"held_bytes": 1_000_000}}
    async with gateway(narrow) as gate, AsyncExitStack() as slow:
        for _ in range(6):
            one = await slow.enter_async_context(caller(gate.port))
            _, kind = form(b"")
            lines = {"authorization": "Bearer one", "content-length": "900000", **kind}
            head = "POST /v1/files HTTP/1.1\r\nhost: g\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            one.send(head.encode() + b"\r\n" + b"x" * 100_000)
        assert (await upload(gate, b"How are you?")).status == 200
        full = await upload(gate, b"x" * 600_000)
        assert (full.status, full.error["code"]) == (503, "no_room")
    async with gateway(narrow) as gate:
        assert (await upload(gate, b"x" * 600_000)).status == 200


async def test_pages(tmp_path: Path) -> None:
    async with gateway(settings(tmp_path)) as gate:
        names = [(await upload(gate, b"x", purpose=purpose)).json["id"] for purpose in ("batch", "evals", "evals")]
        found = (await ask(gate, "GET /v1/files?limit=2")).json
        assert (len(found["data"]), found["has_more"], found["last_id"]) == (2, True, found["data"][1]["id"])
        rest = (await ask(gate, f"GET /v1/files?limit=2&after={found['last_id']}")).json
        assert {one["id"] for one in found["data"] + rest["data"]} == set(names)
        assert not rest["has_more"]
        rising = (await ask(gate, "GET /v1/files?order=asc&purpose=evals")).json["data"]
        assert {one["id"] for one in rising} == set(names[1:])
        assert (await ask(gate, "GET /v1/files?order=sideways")).status == 400


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"purpose": "anything"}, "purpose"),
        ({"expires_after[anchor]": "created_at", "expires_after[seconds]": "5"}, "expires_after"),
        ({"expires_after[anchor]": "never", "expires_after[seconds]": "3600"}, "expires_after"),
        ({"expires_after[seconds]": "x"}, "expires_after"),
    ],
)
async def test_what_is_wrong_with_a_form_is_said(tmp_path: Path, fields: dict[str, Any], param: str) -> None:
    async with gateway(settings(tmp_path)) as gate:
        refused = await upload(gate, b"x", **fields)
        assert (refused.status, refused.error["param"]) == (400, param)


async def test_files_have_bounds(tmp_path: Path) -> None:
    async with gateway(settings(tmp_path, most_bytes=2_000, total_bytes=3_000, keep_s=7_200)) as gate:
        body, kind = form(b"x" * 2_001, purpose="batch")
        assert (await ask(gate, "POST /v1/files", body=body, **kind)).error["code"] == "file_too_large"
        assert (await ask(gate, "POST /v1/files", body=b"x" * 200_000, **kind)).error["code"] == "file_too_large"
        assert (await ask(gate, "POST /v1/files", body=b"{}")).error["code"] == "not_a_form"
        short: dict[str, Any] = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
        made = (await upload(gate, b"x" * 2_000, **short)).json
        assert made["expires_at"] - made["created_at"] == 3_600
        refused = await upload(gate, b"x" * 2_000)
        assert (refused.status, refused.error["code"]) == (413, "store_full")
        made = (await upload(gate, b"x")).json
        assert made["expires_at"] - made["created_at"] == 7_200
        nothing, kind = form(b"", purpose="batch")
        assert (await ask(gate, "POST /v1/files", body=nothing.replace(b'name="file"', b'name="other"'), **kind)).error["param"] == "file"
