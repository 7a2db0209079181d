"""The endpoints beside the relay: models, health, admin; and reloading what is served."""

import json
import time
from pathlib import Path

import pytest

from gateway.http.paths import HOT
from router.attempt import Attempt, Failed
from router.breaker import TRIP
from router.failures import FAILURES
from router.names import TargetName
from tests.fakes.client import ask, get, post
from tests.fakes.gateway import between, compiled, configuration, gateway
from tests.fakes.secrets import Canary
from tests.fakes.upstream import Upstream, upstream
from tests.journeys.sdk import sdk

LABELS = dict.fromkeys(("public", "internal", "personal", "restricted"), True)
MODELS = {"auto", "auto:local", "auto:private", "auto:best", "auto:cheap", "qwen", "gpt", "qwen3-8b", "gpt-5", "small", "assistant"}


async def test_models_lists_every_name_that_may_be_asked_for(local: Upstream, cloud: Upstream) -> None:
    edits = {"models": {"assistant": "auto"}, "destinations.qwen.aliases": ["small"]}
    async with between(local, cloud, edits) as gate, sdk(gate.url) as client:
        listed = [model async for model in client.models.list()]
        assert {model.id for model in listed} == MODELS
        assert (await client.models.retrieve("small")).owned_by == "qwen"
        assert (await client.models.retrieve("auto:best")).owned_by == "tidegate"
        for name in MODELS:
            reply = await gate.post(ask(model=name))
            assert reply.status == 200, name


@pytest.mark.parametrize(
    "model,path,target",
    [
        pytest.param("auto", "cloud", "gpt", id="hard by auto goes out"),
        pytest.param("auto:cheap", "local", "qwen", id="cheap stays"),
        pytest.param("auto:local", "local", "qwen", id="local stays"),
        pytest.param("auto:private", "local", "qwen", id="private stays"),
        pytest.param("qwen3-8b", "local", "qwen", id="a model's own name"),
        pytest.param("gpt", "cloud", "gpt", id="a destination's name"),
    ],
)
async def test_what_each_name_means_for_a_hard_prompt(local: Upstream, cloud: Upstream, model: str, path: str, target: str) -> None:
    async with between(local, cloud) as gate:
        reply = await gate.post(ask("x" * 60, model))
        assert (reply.headers["x-tidegate-path"], reply.headers["x-tidegate-target"]) == (path, target)
        served = local if target == "qwen" else cloud
        assert served.fields[0]["model"] == ("qwen3-8b" if target == "qwen" else "gpt-5")


async def test_best_goes_out_with_an_easy_prompt(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        assert (await gate.post(ask("a", "auto:best"))).headers["x-tidegate-target"] == "gpt"


async def test_health_and_readiness(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        for port in (gate.port, gate.admin):
            assert (await get(port, "/healthz")).json == {"status": "ok"}
            ready = await get(port, "/readyz")
            said = {"status": "ready", "lockdown": "off", "targets": ["qwen", "gpt"], "degraded": []}
            assert (ready.status, ready.json) == (200, said | {"labels": LABELS})
        gate.live.is_draining = True
        for port in (gate.port, gate.admin):
            assert ((await get(port, "/readyz")).status, (await get(port, "/healthz")).status) == (503, 200)


async def test_admin_shows_the_policy_without_secrets(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud, {"destinations.gpt.key": {"env": "CLOUD_KEY"}}) as gate:
        reply = await get(gate.admin, "/admin/policy")
        assert reply.json["labels"] == ["public", "internal", "personal", "restricted"]
        assert reply.json["targets"][1] == {"name": "gpt", "zone": "external", "clearance": "internal", "model": "gpt-5", "priced": True}
        assert reply.json["routes"][0] == {"name": "sensitive", "to": ["qwen"], "fallback": []}
        assert b"not-a-cloud-key" not in reply.body


async def test_explain_says_what_would_happen_and_sends_nothing(local: Upstream, cloud: Upstream) -> None:
    canary = Canary()
    async with between(local, cloud) as gate:
        reply = await post(gate.admin, ask(canary.say, "gpt"), "/admin/explain")
        assert (reply.status, reply.json["label"]) == (200, "restricted")
        assert [stop["target"] for stop in reply.json["chain"]] == ["qwen"]
        canary.assert_nowhere(explained=reply.body)
        assert (await post(gate.admin, b"{", "/admin/explain")).error["code"] == "malformed_json"
        assert (await post(gate.admin, ask(model="nobody"), "/admin/explain")).error["code"] == "model_not_found"
        too_large = b"[" + b" " * gate.live.runtime.plan.limits.body_bytes + b"]"
        assert (await post(gate.admin, too_large, "/admin/explain")).error["code"] == "body_too_large"
        assert local.accepted == cloud.accepted == 0
        assert gate.exchanges == []


async def test_route_explain_names_what_moved_it_and_what_would_change_it(local: Upstream, cloud: Upstream) -> None:
    canary = Canary()
    async with between(local, cloud) as gate:
        kept = await post(gate.admin, ask(canary.say, "gpt"), "/admin/route/explain")
        assert (kept.status, kept.json["label"], kept.json["path"], kept.json["target"]) == (200, "restricted", "local", "qwen")
        assert any(change["means"] == "content" and change["target"] == "gpt" for change in kept.json["changes"])
        canary.assert_nowhere(explained=kept.body)
        easy = (await post(gate.admin, {"text": "x" * 20}, "/admin/route/explain")).json
        assert (easy["route"], easy["difficulty"]["threshold"]) == ("easy", 0.5)
        assert {
            "means": "difficulty",
            "say": "difficulty at least 0.4",
            "label": "public",
            "route": "hard",
            "path": "cloud",
            "target": "gpt",
        } in easy["changes"]
        gate.live.turn_lockdown(on=True, by="admin")
        locked = (await post(gate.admin, {"text": "x" * 60}, "/admin/route/explain")).json
        assert (locked["route"], locked["target"]) == ("hard", "qwen")
        assert [change["target"] for change in locked["changes"] if change["means"] == "lockdown"] == ["gpt"]
        for body, code in ((b"{", "malformed_json"), (ask(model="nobody"), "model_not_found"), (b"{}", "no_prompt")):
            assert (await post(gate.admin, body, "/admin/route/explain")).error["code"] == code
        too_large = b"[" + b" " * gate.live.runtime.plan.limits.body_bytes + b"]"
        assert (await post(gate.admin, too_large, "/admin/route/explain")).error["code"] == "body_too_large"
        assert (await gate.post({"text": "x"}, "/admin/route/explain")).error["code"] == "not_found", "callers are not told"
        assert local.accepted == cloud.accepted == 0
        assert gate.exchanges == []


async def test_route_explain_knows_what_is_down_now(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        for number in range(TRIP):
            attempt = Attempt(number, gate.live.runtime.plan.policy.targets[TargetName("gpt")], 0)
            gate.live.runtime.fleet.begin(attempt, time.monotonic())
            gate.live.runtime.fleet.note(attempt, Failed(FAILURES["UNREACHABLE"]), time.monotonic(), 1.0)
        told = (await post(gate.admin, {"text": "x" * 60}, "/admin/route/explain")).json
    assert (told["route"], told["target"], told["path"]) == ("hard", "qwen", "local")
    assert [(change["say"], change["target"]) for change in told["changes"] if change["means"] == "availability"] == [
        ("gpt up", "gpt"),
        ("qwen down", None),
    ]


async def test_admin_knows_its_own_endpoints_only(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        for path in HOT:
            assert (await post(gate.admin, ask(), path)).error["code"] == "not_found"
        assert (await get(gate.admin, "/admin/reload")).error["code"] == "wrong_method"


async def test_reload_swaps_the_configuration_or_keeps_the_last_good_one(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    content = configuration(local.url, cloud.url)
    async with upstream() as second, gateway(plan=compiled(content), path=path) as gate:
        path.write_text("destinations: [")
        bad = await post(gate.admin, b"", "/admin/reload")
        assert (bad.status, bad.error["code"]) == (400, "bad_configuration")
        path.write_text(json.dumps(content | {"routes": [{"name": "all", "to": ["gpt"]}]}))
        leak = await post(gate.admin, b"", "/admin/reload")
        assert leak.status == 400
        assert "restricted content to 'gpt'" in leak.error["message"]
        path.write_text(json.dumps(content | {"tests": [{"say": "x", "path": "cloud"}, {"say": "x", "route": "hard"}]}))
        untrue = await post(gate.admin, b"", "/admin/reload")
        assert "tests[0].path: expected cloud, got local" in untrue.error["message"]
        assert "tests[1].route: expected hard, got easy" in untrue.error["message"]
        assert (await gate.post(ask(), headers={"connection": "close"})).headers["x-tidegate-route"] == "easy"
        before = (await get(gate.admin, "/admin/policy")).json["digest"]
        path.write_text(json.dumps(configuration(second.url, cloud.url, {"models": {"new-name": "qwen"}})))
        good = await post(gate.admin, b"", "/admin/reload")
        assert good.status == 200
        assert good.json["digest"] != before
        assert (await gate.post(ask(model="new-name"))).status == 200
        assert second.bodies
        assert (await get(gate.admin, "/metrics")).status == 200


async def test_without_a_file_reload_changes_nothing(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        runtime = gate.live.runtime
        assert (await post(gate.admin, b"", "/admin/reload")).status == 200
        assert gate.live.runtime is runtime
