"""`/v1/models` over a socket: names, and what is known of the models behind them."""

import hashlib
from typing import Any

from gateway.http.paths import HOT
from tests.fakes.client import get
from tests.fakes.gateway import configuration, gateway

DESTINATIONS = {
    "destinations.qwen.window": 4096,
    "destinations.qwen.can": {"vision": False, "tools": True},
    "destinations.gpt.serves": ["embeddings"],
    "keys": [{"name": "one", "sha256": hashlib.sha256(b"one").hexdigest(), "tenant": "a"}],
}
SETTINGS = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", DESTINATIONS)
KEY = {"authorization": "Bearer one"}


async def shown(port: int, name: str) -> dict[str, Any]:
    reply = await get(port, f"/v1/models/{name}", KEY)
    assert reply.status == 200
    found: dict[str, Any] = reply.json
    return found


async def test_a_model_says_where_it_is_served_and_what_it_lacks() -> None:
    async with gateway(SETTINGS) as gate:
        qwen, gpt, auto = [await shown(gate.port, name) for name in ("qwen", "gpt", "auto")]
        listed = (await get(gate.port, "/v1/models", KEY)).json["data"]
    assert (qwen["context_length"], qwen["lacks"]) == (4096, ["vision"])
    assert {"/v1/chat/completions", "/v1/messages", "/v1/responses"} <= set(qwen["endpoints"]) < set(HOT)
    assert (gpt["endpoints"], gpt["lacks"], "context_length" in gpt) == (["/v1/embeddings"], [], False)
    assert auto == {"id": "auto", "object": "model", "created": 0, "owned_by": "tidegate"}
    assert [one for one in listed if one["id"] in {"qwen", "gpt", "auto"}] == [one for one in listed if one in (qwen, gpt, auto)]


async def test_names_are_for_who_has_a_key() -> None:
    async with gateway(SETTINGS) as gate:
        assert [(await get(gate.port, path)).status for path in ("/v1/models", "/v1/models/qwen")] == [401, 401]
        assert (await get(gate.port, "/v1/models/nobody", KEY)).status == 404
