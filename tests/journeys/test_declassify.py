"""Who may lower a label, how far, and what is told of it; and that nothing else in a request widens where it goes."""

import hashlib
import json
import logging
import random
import string
from typing import Any

import pytest

from tests.fakes.client import ask
from tests.fakes.gateway import between, total
from tests.fakes.secrets import Canary
from tests.fakes.upstream import Upstream

OFFICER, APP, WARD = ("key-of-the-officer", "key-of-the-app", "key-of-the-ward")


def keyed(key: str, **headers: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} | {f"x-tidegate-{name}": value for name, value in headers.items()}


def _key(name: str, secret: str, **more: object) -> dict[str, object]:
    return {"name": name, "sha256": hashlib.sha256(secret.encode()).hexdigest(), **more}


KEYS = {
    "keys": [
        _key("officer", OFFICER, may_declassify=True),
        _key("app", APP),
        _key("ward", WARD, may_declassify=True, floor="personal"),
    ]
}


async def test_a_key_with_the_right_lowers_a_label_and_the_log_tells(
    local: Upstream, cloud: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    canary = Canary()
    async with between(local, cloud, KEYS) as gate:
        assert (await gate.post(ask(canary.say, "gpt"), headers=keyed(OFFICER))).headers["x-tidegate-path"] == "local"
        reply = await gate.post(ask(canary.say, "gpt"), headers=keyed(OFFICER, declassify="internal"))
        assert (reply.headers["x-tidegate-path"], reply.headers["x-tidegate-label"]) == ("cloud", "internal")
        assert "x-tidegate-rerouted" not in reply.headers
        exchange = await gate.until_observed(2)
        assert (str(exchange.declassified_from), str(exchange.label), exchange.key) == ("restricted", "internal", "officer")
        assert json.loads(gate.log.getvalue().splitlines()[-1])["declassified_from"] == "restricted"
        [record] = [record for record in caplog.records if record.levelno == logging.WARNING]
        said = record.__dict__
        assert (record.message, said["key"], str(said["was"]), str(said["label"])) == ("declassified", "officer", "restricted", "internal")
        assert total(await gate.metrics(), "tidegate_declassified_total", **{"from": "restricted", "to": "internal"}) == 1
        canary.assert_nowhere(log=gate.log.getvalue(), logging=caplog.text, exchange=repr(exchange))
        again = await gate.post(ask(canary.say, "gpt"), headers=keyed(OFFICER))
        assert again.headers["x-tidegate-label"] == "restricted", "it was lowered for that request alone"


@pytest.mark.parametrize(
    "key,headers,status,code",
    [
        pytest.param(APP, {"declassify": "public"}, 403, "may_not_declassify", id="a key without the right"),
        pytest.param(APP, {"declassify": "restricted"}, 403, "may_not_declassify", id="not even in words"),
        pytest.param(OFFICER, {"declassify": "nothing"}, 400, "unknown_label", id="a label that there is not"),
    ],
)
async def test_who_may_not_is_told_so(local: Upstream, cloud: Upstream, key: str, headers: dict[str, str], status: int, code: str) -> None:
    async with between(local, cloud, KEYS) as gate:
        reply = await gate.post(ask(Canary().say, "gpt"), headers=keyed(key, **headers))
        assert (reply.status, reply.error["code"], reply.error["param"]) == (status, code, "x-tidegate-declassify")
        assert total(await gate.metrics(), "tidegate_refusals_total", code=code) == 1
        assert (local.accepted, cloud.accepted) == (0, 0)


async def test_without_keys_nobody_may(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        assert (await gate.post(ask(), headers={"x-tidegate-declassify": "public"})).error["code"] == "may_not_declassify"


@pytest.mark.parametrize(
    "key,headers,say,label",
    [
        pytest.param(
            OFFICER,
            {"declassify": "public"},
            "the token ghp_" + "".join(random.choices(string.ascii_letters + string.digits, k=36)),
            "restricted",
            id="a credential stays",
        ),
        pytest.param(OFFICER, {"declassify": "public", "label": "restricted"}, "hello", "restricted", id="what the caller itself demands"),
        pytest.param(WARD, {"declassify": "public"}, "write to a.b@tidegate-mail.org", "personal", id="what the key demands"),
        pytest.param(OFFICER, {"declassify": "restricted"}, "write to a.b@tidegate-mail.org", "personal", id="nothing is raised by it"),
    ],
)
async def test_some_things_are_not_lowered(
    local: Upstream, cloud: Upstream, key: str, headers: dict[str, str], say: str, label: str
) -> None:
    async with between(local, cloud, KEYS) as gate:
        reply = await gate.post(ask(say, "gpt"), headers=keyed(key, **headers))
        assert (reply.headers["x-tidegate-path"], reply.headers["x-tidegate-label"]) == ("local", label)
        assert cloud.accepted == 0


async def test_of_two_headers_the_higher_counts(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud, KEYS) as gate:
        headers = keyed(OFFICER) | {"x-tidegate-declassify": "public", "X-Tidegate-Declassify": "personal"}
        assert (await gate.post(ask(Canary().say), headers=headers)).headers["x-tidegate-label"] == "personal"


async def test_what_continues_a_declassified_request_inherits_what_it_was_lowered_to(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud, KEYS) as gate:
        say = Canary().say + " Please find out who has done it, and when, and why nobody was told of it."
        lowered = await gate.post(ask(say, "gpt"), headers=keyed(OFFICER, declassify="internal"))
        told = json.loads(lowered.body)["choices"][0]["message"]["content"]
        follow_up = {"model": "gpt", "messages": [{"role": "assistant", "content": told}, {"role": "user", "content": "Why?"}]}
        assert (await gate.post(follow_up, headers=keyed(APP))).headers["x-tidegate-path"] == "cloud"


HINTS: dict[str, Any] = {
    "models": ["gpt", "gpt-5"],
    "fallbacks": [{"model": "gpt-5"}],
    "default_fallbacks": ["gpt-5"],
    "route": "fallback",
    "provider": {"order": ["openai"], "allow_fallbacks": True, "data_collection": "allow"},
    "plugins": [{"id": "web"}],
    "service_tier": "priority",
    "metadata": {"model": "gpt-5", "route": "cloud", "path": "cloud", "label": "public"},
    "tidegate": {"path": "cloud"},
}


@pytest.mark.parametrize("model", ["auto", "gpt", "auto:local", "auto:private"])
@pytest.mark.parametrize("hint", [*HINTS, "all of them"])
async def test_no_hint_in_a_body_widens_where_it_goes(local: Upstream, cloud: Upstream, hint: str, model: str) -> None:
    hints = HINTS if hint == "all of them" else {hint: HINTS[hint]}
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(Canary().say, model, **hints))
        assert (reply.status, reply.headers["x-tidegate-path"]) == (200, "local")
        assert cloud.accepted == 0
        named = {"models", "fallbacks", "default_fallbacks", "route", "provider", "plugins"} & local.fields[0].keys()
        assert named == set(), "an engine that is a gateway itself could follow it"
        assert local.fields[0].keys() >= {"service_tier", "metadata"} & hints.keys(), "these choose no destination"


async def test_a_hint_is_scanned_though_it_is_not_handed_on(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        reply = await gate.post(ask("x" * 60, "gpt", provider={"note": Canary().say}))
        assert reply.headers["x-tidegate-label"] == "restricted"
        assert (await gate.post(ask("x" * 60, "gpt", provider={"order": ["openai"]}))).headers["x-tidegate-path"] == "cloud"
        assert "provider" not in cloud.fields[0]


@pytest.mark.parametrize("model,rerouted", [("gpt", "sensitivity"), ("gpt-5", "sensitivity"), ("auto", None), ("qwen", None)])
async def test_an_answer_of_another_target_than_the_named_one_says_why(
    local: Upstream, cloud: Upstream, model: str, rerouted: str | None
) -> None:
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(Canary().say, model))
        assert reply.headers.get("x-tidegate-rerouted") == rerouted
        assert (await gate.until_observed()).rerouted == (rerouted or "")
