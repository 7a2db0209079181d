"""Promise one while everything else breaks: every state of the local engine with every state of the detectors, reloads, callers that insist.

Each run plants a fresh card number and address and searches all that anybody could read for them, raw and encoded: the cloud's bytes, the
log, the metrics, error bodies, and what core objects print of themselves while the request is under way.
"""

import asyncio
import gc
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.config.errors import ConfigError
from tests.fakes.client import ask, caller, get, post
from tests.fakes.gateway import Gateway, between, compiled, configuration, gateway, process
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Sleep
from tests.fakes.upstream import Script, Upstream, Wait, answer, failing

CLOCKS = {"connect_s": 0.2, "headers_s": 0.1, "first_token_s": 0.1, "between_chunks_s": 0.1, "total_s": 0.5}
WORDS = "tests.fakes.word_detector"

LOCAL: Mapping[str, Script] = {
    "up": (),
    "slow": (Sleep(30),),
    "erroring": failing(500),
    "full": failing(503, "the queue is full", {"retry-after": "30"}),
}
"""What the local engine does. Down is a port where nobody listens."""

DETECTORS: Mapping[str, list[Any]] = {
    "well": ["patterns", "secrets"],
    "raising": [{WORDS: {"fails": True}}],
    "raising beside the request": [{WORDS: {"fails": True, "is_slow": True}}],
    "hanging beside the request": [{WORDS: {"hangs_s": 0.4, "is_slow": True}}],
    "hanging in the loop": [{WORDS: {"hangs_s": 0.3}}],
}
"""All but the first find nothing themselves: it is the doubt that keeps the request. A missing one does not load."""


async def assert_nothing_left(gate: Gateway, cloud: Upstream, canary: Canary, log: pytest.LogCaptureFixture) -> None:
    assert cloud.accepted == 0, "somebody connected to the cloud"
    metrics = (await get(gate.admin, "/metrics")).body
    canary.assert_nowhere(cloud=bytes(cloud.received), log=gate.log.getvalue(), logging=log.text, metrics=metrics)
    canary.assert_nowhere(exchanges=repr(gate.exchanges) + str(list(map(str, gate.exchanges))))


@pytest.mark.parametrize("detectors", DETECTORS)
@pytest.mark.parametrize("engine", [*LOCAL, "down"])
async def test_whatever_is_broken_nothing_leaves(
    local: Upstream, cloud: Upstream, engine: str, detectors: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = Canary()
    if LOCAL.get(engine):
        local.then(LOCAL[engine])
    edits = {
        **({"destinations.qwen.clocks": CLOCKS} if engine == "slow" else {}),
        "sensitivity.detectors": DETECTORS[detectors],
        "sensitivity.slow_deadline_s": 0.05,
    }
    url = local.url if engine in LOCAL else "http://127.0.0.1:9/v1"
    async with gateway(configuration(url, cloud.url, edits)) as gate:
        for model, is_stream in (("auto", False), ("gpt", False), ("auto:best", engine != "up")):
            padded = canary.say + " And then write a long and careful letter about it, please."  # hard: it would go out
            reply = await gate.post(ask(padded, model, stream=is_stream))
            assert reply.status == (200 if engine == "up" else 503)
            assert reply.headers["x-tidegate-path"] == ("local" if engine == "up" else "blocked")
            canary.assert_nowhere(head=reply.head, body=reply.body)
        await gate.until_observed(3)
        await assert_nothing_left(gate, cloud, canary, caplog)


def test_a_detector_that_is_missing_does_not_load(local: Upstream, cloud: Upstream) -> None:
    with pytest.raises(ConfigError, match="no_such_detector"):
        compiled(configuration(local.url, cloud.url, {"sensitivity.detectors": ["patterns", "no_such_detector"]}))


async def test_a_caller_that_insists_on_the_cloud_gets_no_further(
    local: Upstream, cloud: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    canary = Canary()
    local.then(failing(500))
    async with between(local, cloud) as gate:
        headers: tuple[dict[str, str], ...] = (
            {},
            {"x-tidegate-label": "public"},
            {"x-tidegate-path": "cloud"},
            {"x-tidegate-route": "hard"},
        )
        for model, more in zip(("auto", "gpt", "gpt-5", "auto:best"), headers, strict=True):
            hints = {
                "models": ["gpt"],
                "fallbacks": ["gpt"],
                "route": "hard",
                "provider": {"order": ["gpt"]},
                "metadata": {"path": "cloud"},
            }
            reply = await gate.post(ask(canary.say, model) | hints, headers=more)
            assert (reply.status, reply.error["code"]) == (503, "local_unavailable")
        await assert_nothing_left(gate, cloud, canary, caplog)


def _file(folder: Path, content: Mapping[str, Any]) -> Path:
    path = folder / "tidegate.yaml"
    path.write_text(json.dumps(content))
    return path


async def test_a_reload_under_way_changes_nothing_for_a_request_that_has_begun(
    local: Upstream, cloud: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The new configuration would let everything out; what was judged by the old one stays, also when its engine fails after the reload."""
    canary = Canary()
    strict = configuration(local.url, cloud.url)
    loose = configuration(local.url, cloud.url, {"destinations.gpt.clearance": "restricted", "routes": [{"name": "all", "to": ["gpt"]}]})
    local.then((Wait(), *failing(500)))
    path = _file(tmp_path, strict)
    async with gateway(strict, path=path) as gate, caller(gate.port) as uploading:
        body = json.dumps(ask(canary.say, "gpt")).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        uploading.send(head + body[: len(body) // 2])
        waiting = asyncio.ensure_future(gate.post(ask(canary.say)))
        await local.until(requests=1)
        await asyncio.sleep(0.05)  # by now the other's beginning has been read too
        _file(tmp_path, loose)
        await gate.live.reload()
        local.go_on()
        uploading.send(body[len(body) // 2 :])
        for reply in (await waiting, await uploading.reply()):
            assert (reply.status, reply.error["code"]) == (503, "local_unavailable")
        assert cloud.accepted == 0
        assert (await gate.post(ask(canary.say))).headers["x-tidegate-target"] == "gpt", "the new configuration is served"


async def test_reloads_while_requests_rain_let_nothing_out(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    canary = Canary()
    content = configuration(local.url, cloud.url, {"sensitivity.detectors": [{WORDS: {"fails": True, "is_slow": True}}, "patterns"]})
    async with gateway(content, path=_file(tmp_path, content)) as gate:

        async def ask_often() -> None:
            for model in ("auto", "gpt", "auto:best") * 5:
                reply = await gate.post(ask(canary.say, model))
                assert (reply.status, reply.headers["x-tidegate-path"]) == (200, "local")

        async def reload_often() -> None:
            for _ in range(5):
                await gate.live.reload()
                await asyncio.sleep(0.01)

        await asyncio.gather(ask_often(), ask_often(), reload_often())
        assert cloud.accepted == 0


def is_ours(thing: object) -> bool:
    return str(type(thing).__module__).partition(".")[0] in {"gateway", "router", "classifiers"}


async def test_no_object_prints_the_text_while_a_request_is_under_way(local: Upstream, cloud: Upstream) -> None:
    """A traceback, a debugger or a stray `%r` in a log line prints objects. None of ours may show what they hold."""
    canary = Canary()
    local.then((Wait(), *answer(200, b"{}")))
    before = gc.get_objects()  # what other tests left, kept so that no new object has the place of an old one
    old = set(map(id, before))
    async with between(local, cloud) as gate:
        waiting = asyncio.ensure_future(gate.post(ask(canary.say, user=canary.card)))
        await local.until(requests=1)
        seen: dict[str, str] = {}
        found = [thing for thing in gc.get_objects() if id(thing) not in old and is_ours(thing)]
        known = set(map(id, found))
        for thing in found:  # what the collector does not look at is held by what it does
            seen[type(thing).__qualname__] = seen.get(type(thing).__qualname__, "") + repr(thing)
            held = [one for one in gc.get_referents(thing) if is_ours(one) and id(one) not in known | old]
            known.update(map(id, held))
            found += held
        assert {"Ask", "Prompt", "Facts", "Direct"} <= seen.keys(), "the request is under way"
        canary.assert_nowhere(**seen)
        local.go_on()
        await waiting


async def test_a_detector_that_quotes_in_its_error_is_not_repeated_by_a_process(cloud: Upstream, tmp_path: Path) -> None:
    canary = Canary()
    edits = {"sensitivity.detectors": [{WORDS: {"fails": True}}, {WORDS: {"hangs_s": 5, "is_slow": True}}]}
    async with process(configuration("http://127.0.0.1:9/v1", cloud.url, edits), tmp_path) as gate:
        reply = await post(gate.port, ask(canary.say, "gpt"))
        assert reply.error["code"] == "local_unavailable"
        canary.assert_nowhere(head=reply.head, body=reply.body)
        gate.process.terminate()
        await gate.ended()
    canary.assert_nowhere(stderr=gate.err, cloud=bytes(cloud.received))
    assert cloud.accepted == 0
