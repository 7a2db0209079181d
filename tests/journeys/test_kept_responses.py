"""Responses that go on from others: the conversation is put together here, keeps its label, and no target keeps any of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.client import Reply, get
from tests.fakes.endpoints import ASKED, Asked
from tests.fakes.gateway import Gateway, between
from tests.fakes.secrets import Canary
from tests.fakes.upstream import Upstream, answer

PATH = "/v1/responses"
WAYS = pytest.mark.parametrize("asked", [one for one in ASKED if one.endpoint == "responses"], ids=str)


def edits(folder: Path, asked: Asked) -> dict[str, Any]:
    return {"store": {"folder": str(folder)}, "destinations.qwen.serves": asked.serves, "destinations.gpt.serves": asked.serves}


def last(reply: Reply) -> dict[str, Any]:
    """The response, whole or in the last event."""
    told: dict[str, Any] = json.loads(reply.events[-1])["response"] if reply.events else reply.json
    return told


async def gone_on(gate: Gateway, name: str, text: str, **more: Any) -> Reply:
    return await gate.post({"model": "gpt", "input": text, "previous_response_id": name, **more}, PATH)


@WAYS
@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_one_goes_on_from_what_was_said(local: Upstream, cloud: Upstream, asked: Asked, is_stream: bool, tmp_path: Path) -> None:
    cloud.then(asked.flows or () if is_stream else asked.good)
    async with between(local, cloud, edits(tmp_path, asked)) as gate:
        first = last(await gate.post(asked.of("How tall is it?", "gpt", stream=is_stream), PATH))
        second = await gone_on(gate, first["id"], "And in feet?", stream=is_stream)
        assert (second.status, second.headers["x-tidegate-target"]) == (200, "gpt")
        said = cloud.bodies[1].decode()
        assert said.index("How tall is it?") < said.index("from afar") < said.index("And in feet?")
        assert "previous_response_id" not in said
        shown = await get(gate.port, f"{PATH}/{first['id']}")
        assert (shown.status, shown.json["id"], shown.headers["x-tidegate-label"]) == (200, first["id"], "public")
        items = (await get(gate.port, f"{PATH}/{last(second)['id']}/input_items")).json["data"]
        assert len(items) in (2, 3), "the stand-in of a native target gives each response the same id"


@WAYS
async def test_its_label_goes_with_it_whatever_is_asked_next(local: Upstream, cloud: Upstream, asked: Asked, tmp_path: Path) -> None:
    canary = Canary()
    local.then(asked.good)
    async with between(local, cloud, edits(tmp_path, asked)) as gate:
        first = last(await gate.post(asked.of(canary.say, "gpt"), PATH))
        second = await gone_on(gate, first["id"], "And in one word?")
        assert (second.status, second.headers["x-tidegate-target"], second.headers["x-tidegate-rerouted"]) == (200, "qwen", "sensitivity")
        assert second.headers["x-tidegate-label"] == "restricted"
        assert not cloud.accepted
        shown = await get(gate.port, f"{PATH}/{first['id']}")
        assert shown.headers["x-tidegate-label"] == "restricted"


async def test_no_target_keeps_any(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    native = next(one for one in ASKED if str(one) == "responses")
    for one in (local, cloud):
        one.then(native.good)
    async with between(local, cloud, edits(tmp_path, native)) as gate:
        for model in ("gpt", "qwen"):
            for more in ({}, {"store": True}, {"store": False}, {"store": None}):
                await gate.post(native.of("hello", model, **more), PATH)
    for one in (local, cloud):
        assert [body["store"] for body in one.fields] == [False] * 4


async def test_what_the_caller_does_not_want_kept_is_not(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    over = next(one for one in ASKED if str(one) == "responses over chat")
    cloud.then(over.good)
    async with between(local, cloud, edits(tmp_path, over)) as gate:
        told = last(await gate.post(over.of("hello", "gpt", store=False), PATH))
        assert told["store"] is False
        reply = await gone_on(gate, told["id"], "And?")
        assert (reply.status, reply.error["code"]) == (400, "previous_response_not_found")
        assert (await get(gate.port, f"{PATH}/{told['id']}")).error["code"] == "unknown_response"


async def test_without_a_store_that_is_said(local: Upstream, cloud: Upstream) -> None:
    over = next(one for one in ASKED if str(one) == "responses over chat")
    cloud.then(over.good)
    async with between(local, cloud) as gate:
        told = last(await gate.post(over.of("hello", "gpt"), PATH))
        assert told["store"] is False, "it says so itself"
        assert (await gone_on(gate, told["id"], "And?")).error["code"] == "store_off"
        assert (await get(gate.port, f"{PATH}/{told['id']}")).error["code"] == "store_off"
        background = await gate.post(over.of("hello", "gpt", background=True), PATH)
        assert (background.status, background.error["code"]) == (400, "not_carried")


@pytest.mark.parametrize(
    "more",
    [
        {"conversation": "conv_1"},
        {"prompt": {"id": "pmpt_1"}},
        {"input": [{"type": "item_reference", "id": "msg_1"}]},
        {"input": [{"id": "msg_1"}]},
    ],
    ids=str,
)
async def test_what_is_kept_elsewhere_is_not_gone_on_from(local: Upstream, cloud: Upstream, more: dict[str, Any]) -> None:
    native = next(one for one in ASKED if str(one) == "responses")
    edits = {"destinations.gpt.serves": ["responses"], "destinations.qwen.serves": ["chat"]}
    async with between(local, cloud, edits) as gate:
        for model in ("gpt", "auto"):
            reply = await gate.post({**native.of("hello", model), **more}, PATH)
            assert (reply.status, reply.error["code"]) == (400, "not_carried")
        assert (await gate.post(native.of("hello", "gpt", background=True), "/openai/responses?api-version=1")).error[
            "code"
        ] == "not_carried"
        deployed = await gate.post({**native.of("hello"), **more}, "/openai/deployments/gpt/responses?api-version=1")
        assert (deployed.status, deployed.error["code"]) == (400, "not_carried")
    assert not cloud.accepted


async def test_it_can_be_forgotten_and_is_nobody_elses(
    local: Upstream, cloud: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = next(one for one in ASKED if str(one) == "responses over chat")
    cloud.then(over.good)
    keys = [{"name": name.lower(), "tenant": name.lower(), "value": {"env": f"{name}_KEY"}} for name in ("CALLER", "CLOUD")]
    mine, theirs = {"authorization": "Bearer not-a-key"}, {"authorization": "Bearer not-a-cloud-key"}
    async with between(local, cloud, {**edits(tmp_path, over), "keys": keys}) as gate:
        told = last(await gate.post(over.of("hello", "gpt"), PATH, mine))
        path = f"{PATH}/{told['id']}"
        assert (await get(gate.port, path, theirs)).error["code"] == "unknown_response"
        assert (await get(gate.port, path, theirs, "DELETE")).error["code"] == "unknown_response"
        gone = await get(gate.port, path, mine, "DELETE")
        assert gone.json == {"id": told["id"], "object": "response", "deleted": True}
        assert (await get(gate.port, path, mine)).error["code"] == "unknown_response"


@pytest.mark.parametrize("more", [{"input": {"role": "user"}}, {"input": 7}, {"store": "false"}, {"store": 0}], ids=str)
async def test_what_is_not_understood_is_refused_and_neither_lost_nor_kept(
    local: Upstream, cloud: Upstream, tmp_path: Path, more: dict[str, Any]
) -> None:
    over = next(one for one in ASKED if str(one) == "responses over chat")
    cloud.then(over.good)
    async with between(local, cloud, edits(tmp_path, over)) as gate:
        first = last(await gate.post(over.of("hello", "gpt"), PATH))
        reply = await gate.post({"model": "gpt", "input": "And?", "previous_response_id": first["id"], **more}, PATH)
        assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "bad_field", next(iter(more)))
    assert cloud.accepted == 1


@WAYS
async def test_a_deployment_of_azures_keeps_what_it_says_it_keeps(local: Upstream, cloud: Upstream, asked: Asked, tmp_path: Path) -> None:
    canary, path = Canary(), "/openai/deployments/gpt/responses?api-version=1"
    local.then(asked.good)
    async with between(local, cloud, edits(tmp_path, asked)) as gate:
        first = last(await gate.post({"input": canary.say}, path))
        shown = await get(gate.port, f"{PATH}/{first['id']}")
        assert (shown.status, shown.headers["x-tidegate-label"]) == (200, "restricted")
        second = await gate.post({"model": "qwen", "input": "And?", "previous_response_id": first["id"]}, path)
        assert (second.status, second.headers["x-tidegate-target"], second.headers["x-tidegate-label"]) == (200, "qwen", "restricted")
    assert not cloud.accepted


async def test_what_a_vendor_thought_and_has_not_kept_is_not_sent_back_to_it(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    native = next(one for one in ASKED if str(one) == "responses")
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    said = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]}
    cloud.then(answer(200, json.dumps({"id": "resp_7", "object": "response", "status": "completed", "output": [thought, said]}).encode()))
    async with between(local, cloud, edits(tmp_path, native)) as gate:
        first = last(await gate.post(native.of("hello", "gpt"), PATH))
        second = await gone_on(gate, first["id"], "And?")
    assert (second.status, second.headers["x-tidegate-dropped"]) == (200, "input[].reasoning")
    assert [item.get("id") for item in cloud.fields[1]["input"]] == [None, "msg_1", None]


async def test_a_key_that_comes_twice_is_refused_in_what_goes_on_too(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    over = next(one for one in ASKED if str(one) == "responses over chat")
    cloud.then(over.good)
    async with between(local, cloud, edits(tmp_path, over)) as gate:
        name = last(await gate.post(over.of("hello", "gpt"), PATH))["id"]
        once = f'{{"model": "gpt", "previous_response_id": "{name}", "metadata": {{"a": "b:\\"c\\": d"}}, "input": [{{"role": "user", "content": "And?"}}]'
        twice = await gate.post(f'{once}, "inp\\u0075t": "Or?"}}'.encode(), PATH)
        assert (twice.status, twice.error["code"]) == (400, "duplicate_key")
        assert (await gate.post(f"{once}}}".encode(), PATH)).status == 200
