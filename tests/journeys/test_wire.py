"""Promise two: what a client sends and what an engine answers pass through unharmed."""

import json
from typing import Any

import pytest

from tests.fakes.client import ask
from tests.fakes.gateway import between
from tests.fakes.sockets import Sleep
from tests.fakes.upstream import DONE, END, HEAD, USAGE, Upstream, answer, chunk, delta, event, stream, words
from tests.journeys.sdk import sdk

ODD = (
    b' {\t"model" :\r\n "qwen" , "messages":[ {"role":"user","content":"caf\\u00e9 \\ud83d\\ude00 \xc3\xa9 / \\/ \\"model\\":"} ],'
    b'"temperature":1.0e0,"top_p":0.10,"seed":12345678901234567890,"x_new":{"b":[1,2.50,-0.0,null,true],"a":{}},"stop":null,'
    b'"chat_template_kwargs":{"enable_thinking":false},"guided_json":{"type":"object"},"stream":false }\n'
)
"""Spacing, escapes, number forms and members that no gateway knows."""

ANSWER = (
    b'{ "id" : "x","object":"chat.completion","created":1.7e9,"model":"m", "choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":"caf\\u00e9 \xf0\x9f\x98\x80","reasoning_content":"hm","unknown":{"k":[123456789012345678901234567890,1.0e-5]},'
    b'"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\\"a\\": 1}"}}]},"finish_reason":"tool_calls",'
    b'"logprobs":{"content":[{"token":"a","logprob":-0.10,"bytes":[97],"top_logprobs":[]}]},"stop_reason":null}],\r\n'
    b'"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,"completion_tokens_details":{"reasoning_tokens":1},"odd":[]},'
    b'"prompt_logprobs":null,"kv_transfer_params":null } '
)


def exactly(content: object) -> str:
    """JSON values as they are, so that 1 and 1.0 differ."""
    return repr(content)


async def test_a_local_engine_gets_the_bytes_but_for_the_model(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        assert (await gate.post(ODD)).status == 200
    assert local.bodies == [ODD.replace(b'"qwen"', b'"qwen3-8b"')]


async def test_a_local_engine_is_asked_for_usage_when_the_caller_did_not(local: Upstream, cloud: Upstream) -> None:
    local.then(words("a"))
    body = ODD.replace(b'"stream":false', b'"stream":true')
    async with between(local, cloud) as gate:
        assert (await gate.post(body)).status == 200
    expected = body.replace(b'"qwen"', b'"qwen3-8b"').replace(b" }\n", b' ,"stream_options":{"include_usage":true}}\n')
    assert local.bodies == [expected]


async def test_a_local_engine_gets_the_caller_s_own_stream_options(local: Upstream, cloud: Upstream) -> None:
    local.then(words("a"))
    body = b'{"stream_options" : {"include_usage":true, "x":1},"stream":true,"model":"auto","messages":[{"role":"user","content":"a"}]}'
    async with between(local, cloud) as gate:
        assert (await gate.post(body)).status == 200
    assert local.bodies == [body.replace(b'"auto"', b'"qwen3-8b"')]


async def test_a_cloud_gets_the_same_values(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        assert (await gate.post(ODD.replace(b'"qwen"', b'"gpt"'))).status == 200
    assert exactly(json.loads(cloud.bodies[0])) == exactly(json.loads(ODD) | {"model": "gpt-5"})
    assert local.accepted == 0


async def test_only_listed_headers_reach_an_upstream(local: Upstream, cloud: Upstream) -> None:
    theirs = {
        "authorization": "Bearer caller",
        "cookie": "a=b",
        "x-forwarded-for": "10.1.1.1",
        "openai-organization": "o",
        "x-any": "y",
        "user-agent": "u",
    }
    async with between(local, cloud) as gate:
        for model, there in (("qwen", local), ("gpt", cloud)):
            assert (await gate.post(ask(model=model), headers=theirs)).status == 200
            lines = there.heads[0].decode().split("\r\n")
            names = {line.partition(":")[0].lower() for line in lines[1:] if line}
            allowed = {"host", "content-type", "accept", "accept-encoding", "content-length"}
            assert names == allowed | ({"x-request-id"} if there is local else set())
            assert lines[0] == "POST /v1/chat/completions HTTP/1.1"


async def test_the_configured_key_and_headers_reach_their_upstream_only(local: Upstream, cloud: Upstream) -> None:
    edits = {"destinations.gpt.key": {"env": "CLOUD_KEY"}, "destinations.gpt.headers": {"x-project": {"env": "CALLER_KEY"}}}
    async with between(local, cloud, edits) as gate:
        for model in ("qwen", "gpt"):
            assert (await gate.post(ask(model=model))).status == 200
    assert b"authorization: Bearer not-a-cloud-key\r\n" in cloud.heads[0]
    assert b"x-project: not-a-key\r\n" in cloud.heads[0]
    assert b"not-a" not in local.heads[0]


@pytest.mark.parametrize("model", ["qwen", "gpt"])
async def test_the_caller_gets_the_answer_s_bytes(local: Upstream, cloud: Upstream, model: str) -> None:
    for there in (local, cloud):
        there.then(answer(200, ANSWER))
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(model=model))
        assert (reply.status, reply.body) == (200, ANSWER)
        usage = (await gate.until_observed()).usage
        assert usage is not None
        assert (usage.prompt, usage.completion, usage.reasoning) == (5, 2, 1)


EVENTS = [
    b": a comment\n\n",
    b'data: {"id":"x", "choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}],"created":1.7e9}\n\n',
    b'data:{"choices":[{"index":0,"delta":{"reasoning_content":"h\\u00e9"}}]}\r\n\r\n',
    b'event: message\nid: 7\ndata: {"choices":[{"index":1,"delta":{"content":"\xf0\x9f\x98\x80 [DONE] "},"logprobs":{"content":[]}}],"odd":1.50}\n\n',
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\\"a"}}]}}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\": 1}"}}]}}]}\n\n',
    b'data: {"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n',
]


@pytest.mark.parametrize("model", ["qwen", "gpt"])
async def test_the_caller_gets_the_stream_s_bytes_and_usage_when_asked_for(local: Upstream, cloud: Upstream, model: str) -> None:
    for there in (local, cloud):
        there.then(stream(*EVENTS, USAGE, DONE))
    async with between(local, cloud) as gate:
        asked = await gate.post(ask(model=model, stream=True, n=2, stream_options={"include_usage": True}))
        not_asked = await gate.post(ask(model=model, stream=True, n=2))
        assert asked.headers["content-type"].startswith("text/event-stream")
        assert asked.body == b"".join(EVENTS) + USAGE + DONE
        assert not_asked.body == b"".join(EVENTS) + DONE
        assert asked.is_whole and not_asked.is_whole
        assert [exchange.usage is not None for exchange in gate.exchanges] == [True, True]


async def test_a_usage_member_on_a_chunk_with_content_stays(local: Upstream, cloud: Upstream) -> None:
    last = event(
        {
            "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        }
    )
    local.then(stream(last, DONE))
    async with between(local, cloud) as gate:
        assert (await gate.post(ask(stream=True))).body == last + DONE


async def test_an_event_cut_at_any_byte_arrives_whole(local: Upstream, cloud: Upstream) -> None:
    whole = b"".join(EVENTS[1:5]) + delta("\N{GRINNING FACE}", finish="stop") + USAGE + DONE
    expected = whole.replace(USAGE, b"")
    async with between(local, cloud) as gate:
        for place in range(1, len(whole), 3):
            local.then((HEAD, chunk(whole[:place]), Sleep(0.0005), chunk(whole[place:]) + END))
            reply = await gate.post(ask(stream=True))
            assert reply.body == expected, place
        local.then((HEAD, *(chunk(whole[place : place + 1]) for place in range(len(whole))), END))
        assert (await gate.post(ask(stream=True))).body == expected


async def test_an_answer_cut_at_any_byte_arrives_whole(local: Upstream, cloud: Upstream) -> None:
    (raw,) = answer(200, ANSWER)
    assert isinstance(raw, bytes)
    async with between(local, cloud) as gate:
        for place in range(1, len(raw), 7):
            local.then((raw[:place], Sleep(0.0005), raw[place:]))
            assert (await gate.post(ask())).body == ANSWER, place


TOOLS: Any = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}}]


@pytest.mark.parametrize("model", ["qwen", "gpt"])
async def test_the_official_client_gets_tools_reasoning_choices_and_usage(local: Upstream, cloud: Upstream, model: str) -> None:
    second = json.loads(ANSWER)
    second["choices"].append({"index": 1, "message": {"role": "assistant", "content": "two"}, "finish_reason": "length"})
    for there in (local, cloud):
        there.then(answer(200, json.dumps(second).encode()))
    async with between(local, cloud) as gate, sdk(gate.url) as client:
        got = await client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "a"}],
            tools=TOOLS,
            n=2,
            logprobs=True,
            extra_body={"chat_template_kwargs": {"enable_thinking": True}},
        )
        first = got.choices[0]
        assert first.message.tool_calls
        assert first.message.tool_calls[0].type == "function"
        assert first.message.tool_calls[0].function.arguments == '{"a": 1}'
        assert first.message.model_extra == {"reasoning_content": "hm", "unknown": {"k": [123456789012345678901234567890, 1.0e-5]}}
        assert first.logprobs
        assert first.logprobs.content
        assert first.logprobs.content[0].logprob == -0.1
        assert [choice.finish_reason for choice in got.choices] == ["tool_calls", "length"]
        assert got.usage
        assert got.usage.completion_tokens_details
        assert got.usage.completion_tokens_details.reasoning_tokens == 1
    sent = (local if model == "qwen" else cloud).fields[0]
    assert sent["tools"] == TOOLS
    assert sent["chat_template_kwargs"] == {"enable_thinking": True}


@pytest.mark.parametrize("model", ["qwen", "gpt"])
@pytest.mark.parametrize("wants_usage", [True, False], ids=["usage", "no usage"])
async def test_the_official_client_gets_them_streamed(local: Upstream, cloud: Upstream, model: str, wants_usage: bool) -> None:
    for there in (local, cloud):
        there.then(stream(*EVENTS, USAGE, DONE))
    text, arguments, reasoning, usages, finishes = ["", ""], "", "", [], set()
    options: Any = {"stream_options": {"include_usage": True}} if wants_usage else {}
    async with between(local, cloud) as gate, sdk(gate.url) as client:
        got = await client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "a"}], tools=TOOLS, n=2, stream=True, **options
        )
        async for one in got:
            usages += [one.usage] if one.usage else []
            for choice in one.choices:
                text[choice.index] += choice.delta.content or ""
                reasoning += (choice.delta.model_extra or {}).get("reasoning_content", "")
                for call in choice.delta.tool_calls or []:
                    arguments += call.function.arguments or "" if call.function else ""
                finishes |= {(choice.index, choice.finish_reason)} if choice.finish_reason else set()
    assert (text, arguments, reasoning) == (["", "\N{GRINNING FACE} [DONE] "], '{"a": 1}', "h\u00e9")
    assert finishes == {(0, "tool_calls"), (1, "stop")}
    assert [usage.total_tokens for usage in usages] == ([10] if wants_usage else [])


async def test_completions_and_embeddings_pass_too(local: Upstream, cloud: Upstream) -> None:
    rows = [{"object": "embedding", "index": 0, "embedding": [0.5, -1.0]}]
    vectors = {"object": "list", "data": rows, "model": "e", "usage": {"prompt_tokens": 2, "total_tokens": 2}}
    text = {
        "id": "t",
        "object": "text_completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "text": "yes", "finish_reason": "stop"}],
    }
    async with between(local, cloud) as gate, sdk(gate.url) as client:
        local.then(answer(200, json.dumps(vectors).encode()))
        got = await client.embeddings.create(model="auto", input=["a", "b"], encoding_format="float")
        assert got.data[0].embedding == [0.5, -1.0]
        assert local.heads[0].startswith(b"POST /v1/embeddings ")
        assert local.fields[0] == {"model": "qwen3-8b", "input": ["a", "b"], "encoding_format": "float"}
        local.then(answer(200, json.dumps(text).encode()))
        told = await client.completions.create(model="auto", prompt="a", max_tokens=3)
        assert told.choices[0].text == "yes"
        local.then(stream(event(text | {"choices": [{"index": 0, "text": "ye", "finish_reason": None}]}), event(text), DONE))
        pieces = [one.choices[0].text async for one in await client.completions.create(model="auto", prompt="a", stream=True)]
        assert pieces == ["ye", "yes"]
        assert [exchange.endpoint for exchange in gate.exchanges] == ["embeddings", "completions", "completions"]
        assert {exchange.result for exchange in gate.exchanges} == {"served"}


async def test_what_callers_see_in_headers(local: Upstream, cloud: Upstream) -> None:
    given = "01234567-89ab-cdef-0123-456789abcdef"
    async with between(local, cloud) as gate:
        reply = await gate.post(ask("x" * 50), headers={"x-request-id": given})
        headers = {name: value for name, value in reply.headers.items() if name.startswith(("x-", "server"))}
        timing = headers.pop("server-timing")
        assert headers == {
            "x-request-id": given,
            "x-tidegate-path": "cloud",
            "x-tidegate-route": "hard",
            "x-tidegate-target": "gpt",
            "x-tidegate-label": "public",
            "x-tidegate-attempts": "1",
            "x-tidegate-cost-usd": "0.000037",
        }
        assert timing.startswith("gateway;dur=")
        assert "date" not in reply.headers
        assert "server" not in reply.headers
        assert (await gate.post(ask(), headers={"x-request-id": "mine"})).headers["x-request-id"].startswith("req_")
