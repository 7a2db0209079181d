"""Every endpoint that carries content, in every dialect in which it can be served: it answers, and what is sensitive stays."""

import json
import logging
from typing import Any

import pytest

from gateway.http.paths import HOT
from router.breaker import Breaker
from tests.fakes.client import Reply, ask, get
from tests.fakes.endpoints import ASKED, Asked
from tests.fakes.gateway import between
from tests.fakes.secrets import Canary
from tests.fakes.upstream import Upstream, words
from tests.journeys.test_sensitive_stays import IMPATIENT, MODELS, assert_stayed, faults

EACH = pytest.mark.parametrize("asked", ASKED, ids=str)


def code_of(reply: Reply) -> str:
    """The code of an error, in whichever shape."""
    found: str = reply.json["error"]["code"]
    return found


def test_the_table_has_every_endpoint() -> None:
    assert {(one.endpoint, one.path) for one in ASKED} == {(endpoint, path) for path, endpoint in HOT.items()}


@EACH
@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_it_answers(local: Upstream, cloud: Upstream, asked: Asked, is_stream: bool) -> None:
    good = asked.flows if is_stream else asked.good
    if good is None:
        pytest.skip("it does not stream")
    local.then(good)
    async with between(local, cloud, {"destinations.qwen.serves": asked.serves}) as gate:
        reply = await gate.post(asked.of("hello", "qwen", stream=is_stream), asked.path, asked.headers)
        assert reply.headers["x-tidegate-target"] == "qwen"
        exchange = await gate.until_observed()
        assert (exchange.endpoint, exchange.result, exchange.path) == (asked.endpoint, "served", "local")
        asked.assert_answered(reply, is_stream=is_stream)
        if asked.dialect.flow is not None:
            assert exchange.usage is None or (exchange.usage.prompt, exchange.usage.completion) == (7, 3)


@EACH
async def test_with_the_local_engine_stopped_it_stays(
    cloud: Upstream, local: Upstream, asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = Canary()
    edits: dict[str, Any] = {f"destinations.{name}.serves": asked.serves for name in ("qwen", "gpt")}
    edits |= {"destinations.qwen.url": "http://127.0.0.1:9/v1", "destinations.qwen.patience_s": 0}
    async with between(local, cloud, edits) as gate:
        replies = [await gate.post(asked.of(canary.say, model), asked.path, asked.headers) for model in MODELS]
        for reply in replies:
            assert (reply.status, code_of(reply)) == (503, "local_unavailable")
        await assert_stayed(gate, cloud, canary, caplog, *replies)


@EACH
@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_whatever_the_local_engine_does_it_stays(
    local: Upstream, cloud: Upstream, asked: Asked, is_stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    if is_stream and asked.flows is None:
        pytest.skip("it does not stream")
    caplog.set_level(logging.DEBUG)
    canary = Canary()
    edits: dict[str, Any] = {f"destinations.{name}.serves": asked.serves for name in ("qwen", "gpt")}
    edits |= {"destinations.qwen.clocks": IMPATIENT, "destinations.qwen.patience_s": 0}
    async with between(local, cloud, edits) as gate:
        replies: list[Reply] = []
        for how, script in faults(cloud).items():
            local.then(script)
            for _, _, replica in gate.live.runtime.fleet.replicas():
                replica.breaker = Breaker()  # what one fault did to it is not the next one's matter
            reply = await gate.post(asked.of(canary.say, "gpt", stream=is_stream), asked.path, asked.headers)
            if not (how == "talking nonsense" and asked.endpoint == "speech"):
                assert (reply.status, code_of(reply)) == (503, "local_unavailable"), how
            replies.append(reply)
        await assert_stayed(gate, cloud, canary, caplog, *replies)


@EACH
async def test_what_is_not_sensitive_goes_out_in_the_form_that_is_spoken_there(local: Upstream, cloud: Upstream, asked: Asked) -> None:
    cloud.then(asked.good)
    edits = {f"destinations.{name}.serves": asked.serves for name in ("qwen", "gpt")}
    async with between(local, cloud, edits) as gate:
        reply = await gate.post(asked.of("hello", "gpt"), asked.path, asked.headers)
        if not asked.is_seen:
            assert not cloud.accepted, "nobody knows what it holds"
            return
        assert (reply.status, reply.headers["x-tidegate-target"]) == (200, "gpt"), reply.body
        assert b"gpt-5" in cloud.bodies[0]
        assert b'"auto"' not in cloud.bodies[0]


async def test_azures_paths_are_served(local: Upstream, cloud: Upstream) -> None:
    local.then(words("a"))
    body = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
    async with between(local, cloud) as gate:
        asked = await gate.post(body, "/openai/deployments/qwen/chat/completions?api-version=2024-10-21")
        assert (asked.status, asked.headers["x-tidegate-target"]) == (200, "qwen")
        assert json.loads(local.bodies[0])["model"] == "qwen3-8b"
        assert (await gate.post(ask(model="gpt"), "/openai/v1/chat/completions")).status == 200
        unknown = await gate.post(body, "/openai/deployments/qwen/assistants")
        assert (unknown.status, unknown.error["code"]) == (404, "not_found")
        nobody = await gate.post(body, "/openai/deployments/none/chat/completions")
        assert (nobody.status, nobody.error["code"]) == (404, "model_not_found")
        form = await gate.post(b"no form", "/openai/deployments/qwen/audio/transcriptions")
        assert (form.status, form.error["code"]) == (400, "not_a_form")


async def test_an_endpoint_that_nobody_has_is_not_waited_for(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        for model in ("auto", "gpt"):
            reply = await gate.post({"model": model, "query": "a", "documents": ["b"]}, "/v1/rerank")
            assert (reply.status, reply.error["code"]) == (404, "endpoint_not_served")


async def test_a_websocket_is_refused_in_words(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        lines = {"connection": "upgrade", "upgrade": "WebSocket", "sec-websocket-version": "13", "sec-websocket-key": "YWJj"}
        reply = await get(gate.port, "/v1/realtime?model=auto", lines)
        assert (reply.status, reply.error["code"]) == (501, "not_implemented")
