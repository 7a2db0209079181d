"""Retries, fallback and the breaker, within clearance; and what callers and their SDKs are told when nothing helped."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import openai
import pytest

from router.breaker import TRIP
from tests.fakes.client import ask
from tests.fakes.gateway import between, configuration, gateway, total
from tests.fakes.patience import quick, undisturbed
from tests.fakes.secrets import Canary
from tests.fakes.upstream import Script, Upstream, answer, chat, failing, upstream, words
from tests.journeys.sdk import sdk

TOO_LONG = failing(400, "This model's maximum context length is 10 tokens. Please reduce the length of the messages.")
FILTERED = answer(400, b'{"error":{"message":"flagged","type":"invalid_request_error","param":"prompt","code":"content_filter"}}')
HARD = "x" * 60
WINDOWS = {"destinations.qwen.window": 1000, "destinations.gpt.window": 100_000}


@pytest.mark.parametrize(
    "first,attempts,target",
    [
        pytest.param([failing(500), chat()], "2", "qwen", id="a failure is tried again"),
        pytest.param([failing(502), chat()], "2", "qwen", id="a bad gateway in front of it too"),
        pytest.param([failing(500)], "3", "gpt", id="a second one goes on to the next target"),
        pytest.param([failing(429)], "2", "gpt", id="a 429 that names no time is not tried again"),
        pytest.param([failing(429, headers={"retry-after": "30"})], "2", "gpt", id="nor one that wants much patience"),
        pytest.param([failing(429, headers={"retry-after-ms": "50"}), chat()], "2", "qwen", id="one that wants little is"),
        pytest.param([failing(404)], "2", "gpt", id="a missing model is not tried again"),
        pytest.param([failing(401)], "2", "gpt", id="nor is a refused key"),
        pytest.param([answer(200, b"nonsense"), chat()], "2", "qwen", id="nonsense is tried again"),
        pytest.param([answer(200, b'{"choices": []}'), chat()], "2", "qwen", id="an answer with nothing in it too"),
        pytest.param([answer(200, b'{"error": {"message": "no"}}'), chat()], "2", "qwen", id="an error under a 200 too"),
    ],
)
@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_what_follows_a_failure(
    local: Upstream, cloud: Upstream, first: Sequence[Script], attempts: str, target: str, is_stream: bool
) -> None:
    good = words("a") if is_stream else chat()
    local.then(*(good if script == chat() else script for script in first))
    cloud.then(good)
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(stream=is_stream))
        assert reply.status == 200
        assert (reply.headers["x-tidegate-attempts"], reply.headers["x-tidegate-target"]) == (attempts, target)
        exchange = await gate.until_observed()
        assert [attempt.target for attempt in exchange.attempts][-1] == exchange.target == target
        fallbacks = total(await gate.metrics(), "tidegate_fallbacks_total", direction="local_to_external")
        assert fallbacks == (target == "gpt")


async def test_retry_after_is_waited_for(local: Upstream, cloud: Upstream) -> None:
    local.then(failing(503, headers={"retry-after-ms": "300"}), chat())
    async with between(local, cloud) as gate:
        start = time.monotonic()
        reply = await gate.post(ask())
        assert time.monotonic() - start >= 0.3
        assert (reply.status, reply.headers["x-tidegate-attempts"]) == (200, "2")


async def test_while_a_target_wants_to_be_left_alone_nobody_asks_it(local: Upstream, cloud: Upstream) -> None:
    local.then(failing(429, headers={"retry-after": "20"}))
    async with between(local, cloud) as gate:
        for _ in range(3):
            assert (await gate.post(ask())).headers["x-tidegate-target"] == "gpt"
        assert len(local.bodies) == 1
        reply = await gate.post(ask(model="auto:private"))
        assert reply.status == 503
        assert 15 <= int(reply.headers["retry-after"]) <= 20


async def test_targets_are_tried_in_the_order_of_the_chain_three_times_at_most(local: Upstream, cloud: Upstream) -> None:
    async with upstream(failing(500)) as second, upstream() as fourth:
        local.then(failing(500))
        cloud.then(failing(503))
        more = configuration(local.url, second.url)["destinations"]["gpt"]
        edits: dict[str, Any] = {
            "destinations.second": more,
            "destinations.fourth": more | {"url": fourth.url},
            "routes": [{"name": "all", "to": ["second"], "fallback": ["qwen", "gpt", "fourth"]}],
        } | {f"destinations.{name}.retries": 0 for name in ("qwen", "gpt", "second", "fourth")}
        edits = {"sensitivity.labels": {}, **edits}
        edits["routes"].insert(0, {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["qwen"]})
        async with between(local, cloud, edits) as gate:
            reply = await gate.post(ask())
            assert (reply.status, reply.error["code"]) == (503, "upstream_overloaded")
            exchange = await gate.until_observed()
            assert [attempt.target for attempt in exchange.attempts] == ["second", "qwen", "gpt"]
            assert fourth.accepted == 0


async def test_the_breaker_opens_and_closes_again(local: Upstream, cloud: Upstream) -> None:
    async def scene() -> None:
        local.then(failing(500))
        async with between(local, cloud, {"destinations.qwen.retries": 0, "destinations.qwen.patience_s": 0}) as gate:
            object.__setattr__(gate.live.runtime, "dice", lambda: 0.0)
            for _ in range(TRIP - 1):
                assert (await gate.post(ask())).headers["x-tidegate-target"] == "gpt"
            with quick(0.95):
                for _ in range(4):
                    assert (await gate.post(ask())).headers["x-tidegate-target"] == "gpt"
                assert len(local.bodies) == TRIP
                assert total(await gate.metrics(), "tidegate_circuit_state", target="qwen", state="open") == 1
                stays = await gate.post(ask(Canary().say))
                assert (stays.status, stays.error["code"], stays.headers["retry-after"]) == (503, "local_unavailable", "1")
                assert stays.headers["x-tidegate-attempts"] == "0"
            local.then(chat())
            await asyncio.sleep(1.05)
            assert total(await gate.metrics(), "tidegate_circuit_state", target="qwen", state="half_open") == 1
            assert (await gate.post(ask())).headers["x-tidegate-target"] == "qwen"
            assert total(await gate.metrics(), "tidegate_circuit_state", target="qwen", state="closed") == 1

    await undisturbed(scene)


@pytest.mark.parametrize(
    "script,status,code,headers",
    [
        pytest.param(failing(429, headers={"retry-after": "7"}), 429, "upstream_overloaded", {"retry-after": "7"}, id="429 with a time"),
        pytest.param(failing(429), 429, "upstream_overloaded", {"x-should-retry": "false"}, id="429 without"),
        pytest.param(failing(503), 503, "upstream_overloaded", {"x-should-retry": "false"}, id="503"),
        pytest.param(failing(529), 503, "upstream_overloaded", {"x-should-retry": "false"}, id="529"),
        pytest.param(failing(500), 502, "upstream_error", {"x-should-retry": "false"}, id="500"),
        pytest.param(failing(504), 504, "upstream_error", {"x-should-retry": "false"}, id="504"),
        pytest.param(failing(401), 502, "upstream_auth", {"x-should-retry": "false"}, id="401 is ours, not the caller's"),
        pytest.param(failing(403), 502, "upstream_auth", {}, id="403 likewise"),
        pytest.param(failing(404), 502, "upstream_model", {}, id="404 is no model, not no endpoint"),
        pytest.param(failing(418), 418, "bad_request", {}, id="any other refusal is about the request"),
    ],
)
@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_what_the_caller_is_told_when_the_last_target_failed(  # a row of the table, and where it is played
    local: Upstream, cloud: Upstream, script: Script, status: int, code: str, headers: dict[str, str], is_stream: bool
) -> None:
    cloud.then(script)
    async with between(local, cloud, {"destinations.gpt.retries": 0}) as gate:
        reply = await gate.post(ask(model="gpt", stream=is_stream))
        assert (reply.status, reply.json["error"]["code"]) == (status, code)
        assert reply.json["error"].keys() == {"message", "type", "param", "code"}
        assert headers.items() <= reply.headers.items()
        assert ("retry-after" in reply.headers) == ("retry-after" in headers)
        assert local.accepted == 0


async def test_a_refusal_shows_the_target_s_own_words_wherever_they_stand(local: Upstream, cloud: Upstream) -> None:
    shapes = [
        b'{"error":{"message":"too hot","type":"invalid_request_error","param":"temperature","code":null}}',
        b'{"object":"error","message":"too hot","type":"BadRequestError","param":"temperature","code":400}',
        b'{"error":"too hot"}',
    ]
    async with between(local, cloud) as gate:
        for shape in shapes:
            cloud.then(answer(400, shape))
            reply = await gate.post(ask(model="gpt"))
            error = reply.json["error"]
            assert (reply.status, error["message"], error["code"]) == (400, "too hot", "bad_request")
            assert error.keys() == {"message", "type", "param", "code"}
        cloud.then(answer(422, b'{"detail":[{"loc":["body"],"msg":"x","input":"' + b"a" * 200_000 + b'"}]}'))
        reply = await gate.post(ask(model="gpt"))
        assert (reply.status, reply.error["code"]) == (422, "bad_request")
        assert len(cloud.bodies) == 1, "an error with a long body is still a refusal"


async def test_what_is_too_long_goes_to_a_larger_window(local: Upstream, cloud: Upstream) -> None:
    local.then(TOO_LONG)
    async with between(local, cloud, WINDOWS) as gate:
        reply = await gate.post(ask())
        assert (reply.status, reply.headers["x-tidegate-target"], reply.headers["x-tidegate-attempts"]) == (200, "gpt", "2")


async def test_what_is_too_long_for_the_larger_window_does_not_go_to_a_smaller_one(local: Upstream, cloud: Upstream) -> None:
    cloud.then(TOO_LONG)
    async with between(local, cloud, WINDOWS) as gate:
        reply = await gate.post(ask(HARD))
        assert (reply.status, reply.json["error"]["code"]) == (400, "context_length_exceeded")
        assert "maximum context length" in reply.json["error"]["message"]
        assert local.accepted == 0


async def test_what_is_sensitive_and_too_long_goes_nowhere(local: Upstream, cloud: Upstream) -> None:
    local.then(TOO_LONG)
    async with between(local, cloud, WINDOWS) as gate:
        reply = await gate.post(ask(Canary().say, "gpt"))
        assert (reply.status, reply.json["error"]["code"]) == (400, "context_length_exceeded")
        assert cloud.accepted == 0


async def test_a_filter_is_not_routed_around(local: Upstream, cloud: Upstream) -> None:
    cloud.then(FILTERED)
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(HARD))
        assert (reply.status, reply.json["error"]["code"], reply.json["error"]["message"]) == (400, "content_filter", "flagged")
        assert local.accepted == 0


async def test_the_official_client_does_not_multiply_our_retries(local: Upstream, cloud: Upstream) -> None:
    cloud.then(failing(500))
    async with between(local, cloud) as gate, sdk(gate.url, retries=2) as client:
        with pytest.raises(openai.InternalServerError) as raised:
            await client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": "a"}])
        assert raised.value.status_code == 502
        assert raised.value.request_id is not None
        assert len(cloud.bodies) == 2, "the gateway's own retry, and none of the SDK's"
        assert len(gate.exchanges) == 1
        cloud.then(failing(401))
        with pytest.raises(openai.InternalServerError):
            await client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": "a"}])


async def test_replicas_share_the_work_and_stand_in_for_each_other(local: Upstream, cloud: Upstream) -> None:
    async with upstream(failing(500)) as broken:
        content = configuration("", cloud.url, {"destinations.qwen.urls": [broken.url, local.url]})
        del content["destinations"]["qwen"]["url"]
        async with gateway(content) as gate:
            replies = await asyncio.gather(*(gate.post(ask(model="qwen")) for _ in range(6)))
            assert {reply.status for reply in replies} == {200}
            assert broken.bodies
            assert all(reply.headers["x-tidegate-target"] == "qwen" for reply in replies)
