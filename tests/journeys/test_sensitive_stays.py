"""Promise one, on the wire: whatever happens to the local engine, what is sensitive reaches no destination that is not cleared for it."""

import base64
import json
import logging
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.client import Reply, ask, get, post
from tests.fakes.gateway import Gateway, between, configuration, gateway, process
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Close, Reset, Sleep
from tests.fakes.upstream import HEAD, Script, Upstream, answer, chunk, delta, failing, upstream

IMPATIENT = {"connect_s": 5, "headers_s": 0.15, "first_token_s": 0.15, "between_chunks_s": 0.2, "total_s": 10}
NO_PORT = "http://127.0.0.1:9/v1"
MODELS = ("auto", "auto:best", "auto:cheap", "auto:local", "auto:private", "gpt", "gpt-5", "qwen")


async def assert_stayed(gate: Gateway, cloud: Upstream, canary: Canary, log: pytest.LogCaptureFixture, *replies: Reply) -> None:
    """The cloud was not even connected to, and nothing that anybody can read holds the secrets."""
    assert cloud.accepted == 0
    metrics = (await get(gate.admin, "/metrics")).body
    policy = (await get(gate.admin, "/admin/policy")).body
    canary.assert_nowhere(cloud=bytes(cloud.received), log=gate.log.getvalue(), logging=log.text, metrics=metrics, policy=policy)
    canary.assert_nowhere(exchanges=repr(gate.exchanges) + str(list(map(str, gate.exchanges))))
    for reply in replies:
        canary.assert_nowhere(head=reply.head, body=reply.body)


def faults(cloud: Upstream) -> Mapping[str, Script]:
    """What the local engine may do instead of answering."""
    redirect = {"location": cloud.url + "/chat/completions"}
    return {
        "slow": (Sleep(30),),
        "failing": failing(500),
        "overloaded": failing(429),
        "overloaded for a while": failing(429, headers={"retry-after": "7"}),
        "refusing our key": failing(401),
        "without the model": failing(404),
        "redirecting for good": answer(301, b"", redirect),
        "redirecting": answer(302, b"", redirect),
        "redirecting with the method kept": answer(307, b"", redirect),
        "redirecting for good with the method kept": answer(308, b"", redirect),
        "resetting at once": (Reset(),),
        "resetting in the body": (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{", Reset()),
        "ending in the body": (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{", Close()),
        "resetting a stream before content": (HEAD, chunk(delta(role="assistant", content="")), Reset()),
        "talking nonsense": answer(200, b"<html>"),
    }


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("model", MODELS)
async def test_with_the_local_engine_stopped_the_answer_is_a_clear_503(
    cloud: Upstream, model: str, is_stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = Canary()
    async with gateway(configuration(NO_PORT, cloud.url)) as gate:
        reply = await gate.post(ask(canary.say, model, stream=is_stream))
        assert reply.status == 503
        assert reply.error["code"] == "local_unavailable"
        assert "may not go elsewhere" in reply.error["message"]
        assert reply.headers["x-tidegate-path"] == "blocked"
        await assert_stayed(gate, cloud, canary, caplog, reply)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("how", faults(Upstream([])))
async def test_whatever_the_local_engine_does_nothing_leaves(
    local: Upstream, cloud: Upstream, how: str, is_stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = Canary()
    local.then(faults(cloud)[how])
    async with between(local, cloud, {"destinations.qwen.clocks": IMPATIENT}) as gate:
        replies = [await gate.post(ask(canary.say, model, stream=is_stream)) for model in ("auto", "gpt")]
        for reply in replies:
            assert (reply.status, reply.error["code"]) == (503, "local_unavailable")
        assert local.bodies, "the local engine was not asked"
        await assert_stayed(gate, cloud, canary, caplog, *replies)


async def test_a_stream_that_breaks_after_content_is_not_continued_elsewhere(
    local: Upstream, cloud: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    canary = Canary()
    local.then((HEAD, chunk(delta("Dear")), Reset()))
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(canary.say, stream=True))
        assert b"[DONE]" not in reply.body
        await gate.until_observed()
        await assert_stayed(gate, cloud, canary, caplog, reply)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_where_policy_denies_explicit_models_the_answer_is_a_403(
    local: Upstream, cloud: Upstream, is_stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    canary = Canary()
    async with between(local, cloud, {"sensitivity.on_explicit_model": "deny"}) as gate:
        reply = await gate.post(ask(canary.say, "gpt", stream=is_stream))
        assert (reply.status, reply.error["code"], reply.error["param"]) == (403, "policy_violation", "model")
        assert local.accepted == 0
        assert (await gate.until_observed()).result == "denied"
        await assert_stayed(gate, cloud, canary, caplog, reply)
        assert (await gate.post(ask(canary.say))).status == 200


def _places(say: str) -> dict[str, dict[str, Any]]:
    tool = {"type": "function", "function": {"name": "f", "description": say, "parameters": {"type": "object"}}}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"to": say})}}
    return {
        "a content part": ask() | {"messages": [{"role": "user", "content": [{"type": "text", "text": say}]}]},
        "a system turn": ask() | {"messages": [{"role": "system", "content": say}, {"role": "user", "content": "go"}]},
        "an earlier turn": ask() | {"messages": [{"role": "user", "content": say}, {"role": "user", "content": "go"}]},
        "a tool definition": ask(tools=[tool]),
        "the arguments of a tool call": ask()
        | {"messages": [{"role": "assistant", "tool_calls": [call]}, {"role": "user", "content": "go"}]},
        "a tool's result": ask() | {"messages": [{"role": "tool", "tool_call_id": "1", "content": say}]},
        "metadata": ask(metadata={"note": say}),
        "the user field": ask(user=say),
        "a stop word": ask(stop=[say]),
        "a field that nobody knows": ask(whatever={"deep": [{"er": say}]}),
        "a key": ask(whatever={say: 1}),
        "the prediction": ask(prediction={"type": "content", "content": say}),
        "a schema": ask(response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {"description": say}}}),
        "a name": ask() | {"messages": [{"role": "user", "name": say, "content": "go"}]},
    }


@pytest.mark.parametrize("place", _places(""))
async def test_wherever_in_the_request_it_stands_it_stays(local: Upstream, cloud: Upstream, place: str) -> None:
    canary = Canary()
    async with between(local, cloud) as gate:
        reply = await gate.post(_places(canary.say)[place] | {"model": "gpt"})
        assert (reply.status, reply.headers["x-tidegate-path"]) == (200, "local")
        assert cloud.accepted == 0


@pytest.mark.parametrize("path,field", [("/v1/completions", "prompt"), ("/v1/embeddings", "input")])
async def test_the_other_endpoints_keep_it_too(cloud: Upstream, path: str, field: str) -> None:
    canary = Canary()
    async with gateway(configuration(NO_PORT, cloud.url, {"destinations.gpt.serves": ["chat", "completions", "embeddings"]})) as gate:
        for value in (canary.say, ["go", canary.say]):
            reply = await gate.post({"model": "gpt", field: value}, path)
            assert (reply.status, reply.error["code"]) == (503, "local_unavailable")
        assert cloud.accepted == 0


async def test_a_card_number_written_as_a_number_is_found(local: Upstream, cloud: Upstream) -> None:
    canary = Canary()
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(model="gpt", whatever={"card": int(canary.card)}))
        assert (reply.status, reply.headers["x-tidegate-path"]) == (200, "local")
        assert cloud.accepted == 0


async def test_text_in_the_model_name_a_header_or_a_bad_field_is_not_repeated(
    local: Upstream, cloud: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    canary = Canary()
    async with between(local, cloud) as gate:
        replies = [
            await gate.post(ask(model=canary.say)),
            await gate.post(ask(n=canary.say)),
            await gate.post(ask(stream=canary.say)),
            await gate.post(ask() | {"messages": canary.say}),
            await gate.post(b'{"model": "auto", "messages": "' + canary.say.encode() + b'" nonsense'),
            await gate.post(json.dumps(canary.say).encode()),
            await gate.post(ask(), headers={"x-request-id": canary.say}),
            await gate.post(ask(), headers={"x-tidegate-label": canary.card}),
            await gate.post(ask(), headers={"authorization": f"Bearer {canary.card}"}),
            await gate.post(ask(), path=f"/v1/{canary.card}"),
            await get(gate.port, f"/v1/models/{canary.card}"),
            await gate.post(ask(canary.say), path="/v1/embeddings"),
        ]
        await assert_stayed(gate, cloud, canary, caplog, *replies)


async def test_an_engine_that_echoes_the_request_in_its_error_is_not_logged(
    local: Upstream, cloud: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = Canary()
    local.then(failing(400, canary.say, {"x-echo": canary.card}), failing(500, canary.say), answer(200, canary.say.encode()))
    async with between(local, cloud) as gate:
        refused = await gate.post(ask(canary.say))
        assert refused.json["error"]["message"] == canary.say, "the caller may read the engine's own words"
        failed = await gate.post(ask(canary.say))
        assert failed.status == 503
        canary.assert_nowhere(head=refused.head)
        await assert_stayed(gate, cloud, canary, caplog, failed)


async def test_a_process_says_nothing_of_it_either(cloud: Upstream, tmp_path: Path) -> None:
    canary = Canary()
    async with process(configuration(NO_PORT, cloud.url), tmp_path, {"PYTHONASYNCIODEBUG": "0"}) as gate:
        for body in (ask(canary.say), ask(canary.say, "gpt", stream=True), ask(canary.say, stream=canary.say), ask(model=canary.say)):
            reply = await post(gate.port, body)
            assert reply.error
            canary.assert_nowhere(head=reply.head, body=reply.body)
        metrics = (await get(gate.admin, "/metrics")).body
        gate.process.terminate()
        await gate.ended()
    assert gate.err.count(b'"exchange"') == 4
    canary.assert_nowhere(stderr=gate.err, metrics=metrics, cloud=bytes(cloud.received))
    assert cloud.accepted == 0


async def test_of_two_cleared_engines_the_second_takes_over(cloud: Upstream, local: Upstream) -> None:
    canary = Canary()
    async with upstream() as second:
        local.then(failing(500))
        spare = configuration(second.url, "")["destinations"]["qwen"] | {"model": "spare"}
        edits = {"destinations.spare": spare, "routes": [{"name": "only", "to": ["qwen", "spare"]}]}
        async with between(local, cloud, edits) as gate:
            reply = await gate.post(ask(canary.say))
            assert (reply.status, reply.headers["x-tidegate-target"]) == (200, "spare")
            assert second.fields[0]["messages"][0]["content"] == canary.say
            assert cloud.accepted == 0


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda canary: canary.say, id="raw"),
        pytest.param(lambda canary: canary.card, id="card"),
        pytest.param(lambda canary: "-".join(canary.card), id="digits with anything between"),
        pytest.param(lambda canary: urllib.parse.quote_plus(canary.say), id="url-encoded"),
        pytest.param(lambda canary: base64.b64encode(b'{"a":"' + canary.email.encode() + b'"}').decode(), id="base64"),
        pytest.param(lambda canary: canary.email.upper(), id="in capitals"),
        pytest.param(lambda canary: canary.card.encode().hex(), id="hexadecimal"),
    ],
)
def test_the_search_itself_finds_every_form(form: Callable[[Canary], str]) -> None:
    canary = Canary()
    with pytest.raises(AssertionError, match="log holds"):
        canary.assert_nowhere(log=f"12:30 {form(canary)} said")
