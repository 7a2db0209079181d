"""Detectors behind the network, with the whole gateway: what they find stays home, and so does all that they do not answer about."""

import json
import secrets
from typing import Any

import pytest

from tests.fakes.client import ask, get, post
from tests.fakes.gateway import between
from tests.fakes.sockets import Reset, Sleep
from tests.fakes.upstream import Script, Upstream, answer, chat, failing, upstream

HARD = "Prove that there are infinitely many primes, and write it as for a lecture of an hour."
CLEAN = answer(200, b"[]")


def fresh_name() -> str:
    """Somebody whom no pattern and no model of ours knows."""
    return "Z" + secrets.token_hex(6).translate(str.maketrans("0123456789", "ghijklmnop"))


def asks(service: Upstream, **more: object) -> dict[str, Any]:
    """Edits: a scripted stand-in for Presidio's service, which is asked about what would leave."""
    return {
        "destinations.analyzer": {"kind": "presidio", "zone": "local", "url": service.url, "clearance": "restricted"},
        "sensitivity.detectors": ["secrets", {"presidio_rest": {"destination": "analyzer"}}],
        "sensitivity.slow_deadline_s": 5.0,
        **more,
    }


def finds(text: str, what: str) -> Script:
    """The service's answer: a person at that place."""
    start = text.index(what)
    return answer(200, json.dumps([{"entity_type": "PERSON", "start": start, "end": start + len(what), "score": 0.85}]).encode())


async def test_what_the_service_finds_stays_home(local: Upstream, cloud: Upstream) -> None:
    secret = fresh_name()
    text = f"{HARD} It is for {secret}."
    async with upstream(finds(text, secret)) as service, between(local, cloud, asks(service)) as gate:
        reply = await gate.post(ask(text))
        exchange = await gate.until_observed()
    assert (reply.headers["x-tidegate-path"], reply.headers["x-tidegate-label"]) == ("local", "personal")
    assert exchange.findings == (("person", 1),)
    assert cloud.accepted == 0
    assert secret in service.fields[0]["text"]


async def test_what_the_service_finds_clean_may_leave(local: Upstream, cloud: Upstream) -> None:
    async with upstream(CLEAN) as service, between(local, cloud, asks(service)) as gate:
        reply = await gate.post(ask(HARD))
    assert reply.headers["x-tidegate-path"] == "cloud"
    assert len(service.bodies) == 1


async def test_explain_asks_the_service_about_what_would_leave(local: Upstream, cloud: Upstream) -> None:
    secret = fresh_name()
    text = f"{HARD} It is for {secret}."
    async with upstream(finds(text, secret)) as service, between(local, cloud, asks(service)) as gate:
        said = (await post(gate.admin, ask(text), "/admin/explain")).json
        assert (said["label"], said["leaves"]) == ("personal", False)
        assert len(service.bodies) == 1
        locked = (await post(gate.admin, {"on": True}, "/admin/lockdown")).status
        stays = (await post(gate.admin, ask(text), "/admin/explain")).json
    assert (locked, stays["leaves"], len(service.bodies)) == (200, False, 1)
    assert local.accepted == cloud.accepted == 0


async def test_what_stays_anyway_is_not_asked_about(local: Upstream, cloud: Upstream) -> None:
    async with upstream(CLEAN) as service:
        detectors = ["patterns", {"presidio_rest": {"destination": "analyzer"}}]
        async with between(local, cloud, asks(service, **{"sensitivity.detectors": detectors})) as gate:
            reply = await gate.post(ask(f"My mail is {fresh_name()}@example.org. {HARD}"))
    assert reply.headers["x-tidegate-path"] == "local"
    assert service.accepted == 0


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(failing(500), id="an error"),
        pytest.param(answer(200, b"{}"), id="nonsense"),
        pytest.param((Reset(),), id="a reset"),
        pytest.param((Sleep(3),), id="silence"),
    ],
)
async def test_without_its_answer_nothing_leaves(
    script: Script, local: Upstream, cloud: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    name = fresh_name()
    edits = {"sensitivity.slow_deadline_s": 0.3}
    async with upstream(script) as service, between(local, cloud, asks(service, **edits)) as gate:
        replies = [await gate.post(ask(f"{HARD} It is for {name}.") | {"model": model}) for model in ("auto", "gpt")]
        told = gate.log.getvalue().decode() + caplog.text + repr(gate.exchanges) + (await get(gate.admin, "/metrics")).body.decode()
    assert [reply.headers["x-tidegate-label"] for reply in replies] == ["restricted"] * 2
    assert cloud.accepted == 0
    assert name.lower() not in told.lower()


async def test_a_local_model_is_asked_and_what_it_lists_stays_home(local: Upstream, cloud: Upstream) -> None:
    local.then(chat('{"spans": [{"category": "health", "quote": "asthma"}]}'), chat("here"))
    detectors = ["secrets", {"llm": {"destination": "qwen"}}]
    async with between(local, cloud, {"sensitivity.detectors": detectors, "sensitivity.slow_deadline_s": 5.0}) as gate:
        reply = await gate.post(ask(f"{HARD} My neighbour's asthma is getting worse."))
    assert (reply.headers["x-tidegate-path"], reply.headers["x-tidegate-label"]) == ("local", "restricted")
    assert cloud.accepted == 0
    assert local.fields[0]["response_format"]["type"] == "json_schema"
    assert "response_format" not in local.fields[1]
