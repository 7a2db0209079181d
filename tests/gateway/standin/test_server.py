"""The stand-in, through a real socket and the official client where that is what will talk to it."""

import asyncio
import contextlib
import struct
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn

from gateway.standin.server import StandIn
from gateway.standin.words import Conduct, says

ASK: Mapping[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hello there"}]}
TOOL: Mapping[str, Any] = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"enum": ["x", "y"]}}}},
}


@contextlib.asynccontextmanager
async def listening(stand_in: StandIn) -> AsyncIterator[str]:
    """Serve it; gives its address."""
    server = uvicorn.Server(uvicorn.Config(stand_in, "127.0.0.1", 0, log_level="error", lifespan="off"))
    task = asyncio.ensure_future(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110  # the server tells nobody
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def ask(stand_in: StandIn, path: str, body: object, method: str = "POST") -> httpx.Response:
    """One request, without a socket."""
    transport = httpx.ASGITransport(stand_in)
    async with httpx.AsyncClient(transport=transport, base_url="http://stand.in") as client:
        return await client.request(method, path, content=body if isinstance(body, bytes) else msgspec.json.encode(body))


async def test_every_answer_and_the_list_of_models_say_that_it_is_a_stand_in() -> None:
    stand_in = StandIn("gpt-5")
    answers = [
        (await ask(stand_in, "/v1/chat/completions", ASK)).text,
        (await ask(stand_in, "/v1/chat/completions", {**ASK, "response_format": {"type": "json_object"}})).text,
        (await ask(stand_in, "/v1/completions", {"model": "m", "prompt": "Hi"})).text,
        (await ask(stand_in, "/v1/models", b"", "GET")).text,
        (await ask(stand_in, "/health", b"", "GET")).text,
    ]
    assert [("[stand-in for gpt-5]" in answer) for answer in answers] == [True] * 5


async def test_it_keeps_the_raw_bytes_of_every_body() -> None:
    stand_in = StandIn("n")
    odd = b'{"model":"m",  "messages":[{"role":"user","content":"caf\\u00e9"}], "unknown": 1.50}'
    await ask(stand_in, "/v1/chat/completions", odd)
    await ask(stand_in, "/v1/embeddings", b"{}")
    await ask(stand_in, "/_ctl", b"{}")
    seen = await ask(stand_in, "/_received", b"", "GET")
    assert stand_in.received == [odd, b"{}"]
    assert (seen.content, seen.headers["x-received"]) == (odd + b"\n{}", "2")


async def test_the_same_request_gets_the_same_bytes() -> None:
    first, second = [await ask(StandIn("n"), "/v1/chat/completions", {**ASK, "n": 2}) for _ in range(2)]
    assert first.content == second.content
    assert len(first.json()["choices"]) == 2


async def test_it_fails_when_told_and_serves_again() -> None:
    stand_in = StandIn("n")
    await ask(stand_in, "/_ctl", {"fail_status": 503})
    failed = await ask(stand_in, "/v1/chat/completions", ASK)
    await ask(stand_in, "/_ctl", {})
    assert (failed.status_code, failed.json()["error"]["type"]) == (503, "server_error")
    assert (await ask(stand_in, "/v1/chat/completions", ASK)).status_code == 200
    assert len(stand_in.received) == 2


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/v1/nowhere", b"{}", 404, id="an unknown endpoint"),
        pytest.param("/v1/chat/completions", b"[1]", 400, id="no object"),
        pytest.param("/v1/chat/completions", b"{", 400, id="no JSON"),
    ],
)
async def test_what_it_does_not_understand(path: str, body: bytes, status: int) -> None:
    assert (await ask(StandIn("n"), path, body)).status_code == status


async def test_the_official_client_understands_it() -> None:
    async with listening(StandIn("n", "m")) as url, httpx.AsyncClient(trust_env=False) as quiet:
        import openai  # here, because it takes a second: not for each worker that collects

        client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", http_client=quiet, max_retries=0)
        chat: Any = client.chat.completions  # its overloads take no unpacked mapping
        plain = await chat.create(**ASK)
        called = await chat.create(**ASK, tools=[TOOL], tool_choice="required")
        stream = await chat.create(**ASK, stream=True, stream_options={"include_usage": True}, max_tokens=5)
        events = [event async for event in stream]
        vectors = await client.embeddings.create(model="m", input=["a", "b"])
        completed = await client.completions.create(model="m", prompt="Hi", max_tokens=3, stream=True)
        words = [event.choices[0].text async for event in completed]
    assert plain.choices[0].message.content
    assert plain.usage
    calls = called.choices[0].message.tool_calls
    assert calls
    assert calls[0].type == "function"
    assert calls[0].function.arguments == '{"a":0,"b":"x"}'
    assert called.choices[0].finish_reason == "tool_calls"
    text = "".join(event.choices[0].delta.content or "" for event in events if event.choices)
    assert text == says("[stand-in for n]", 5)
    assert events[-1].usage
    assert events[-1].usage.completion_tokens == len(text.split())
    assert vectors.data[0].embedding != vectors.data[1].embedding
    assert "".join(words) == says("[stand-in for n]", 3)


async def test_embeddings_are_the_same_in_both_encodings() -> None:
    body = {"model": "m", "input": "a", "dimensions": 4}
    plain = (await ask(StandIn("n"), "/v1/embeddings", body)).json()
    packed = (await ask(StandIn("n"), "/v1/embeddings", {**body, "encoding_format": "base64"})).json()
    assert struct.unpack("<4f", b64decode(packed["data"][0]["embedding"])) == pytest.approx(plain["data"][0]["embedding"])


async def test_a_schema_is_satisfied() -> None:
    schema = {"type": "object", "properties": {"who": {"type": "string"}, "old": {"type": "boolean"}, "list": {"type": "array"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}
    answer = (await ask(StandIn("n"), "/v1/chat/completions", {**ASK, "response_format": wanted})).json()
    assert msgspec.json.decode(answer["choices"][0]["message"]["content"]) == {"who": "[stand-in for n]", "old": False, "list": []}


async def test_a_tool_is_not_called_unless_it_is_demanded() -> None:
    answer = (await ask(StandIn("n"), "/v1/chat/completions", {**ASK, "tools": [TOOL], "tool_choice": "auto"})).json()
    assert answer["choices"][0]["message"]["content"]


async def test_a_cut_stream_ends_without_its_end() -> None:
    async with listening(StandIn("n", conduct=Conduct(cut_after=3))) as url, httpx.AsyncClient(trust_env=False) as client:
        got = b""
        with pytest.raises(httpx.RemoteProtocolError):
            async with client.stream("POST", f"{url}/v1/chat/completions", json={**ASK, "stream": True}) as response:
                async for piece in response.aiter_raw():
                    got += piece
    assert got.count(b"data: ") == 3
    assert b"[DONE]" not in got


MESSAGES: Mapping[str, Any] = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "Hello there"}]}
RESPONSES: Mapping[str, Any] = {"model": "m", "max_output_tokens": 5, "input": "Hello there"}
FUNCTION: Mapping[str, Any] = TOOL["function"]
CLAUDES: Mapping[str, Any] = {"name": "f", "input_schema": FUNCTION["parameters"]}


def events(text: str) -> list[dict[str, Any]]:
    """The events of a stream, each of which says twice of what kind it is."""
    told = []
    for event in text.split("\n\n")[:-1]:
        kind, rest = event.split("\n")
        told.append(msgspec.json.decode(rest.removeprefix("data: ")))
        assert kind == f"event: {told[-1]['type']}"
    return told


async def test_it_speaks_messages() -> None:
    stand_in = StandIn("n")
    whole = (await ask(stand_in, "/v1/messages", MESSAGES)).json()
    assert whole["content"] == [{"type": "text", "text": says("[stand-in for n]", 5)}]
    told = events((await ask(stand_in, "/v1/messages", {**MESSAGES, "stream": True})).text)
    assert "".join(one["delta"]["text"] for one in told if one["type"] == "content_block_delta") == whole["content"][0]["text"]
    assert (told[0]["type"], told[-2]["usage"], told[-1]["type"]) == ("message_start", whole["usage"], "message_stop")
    forced = {**MESSAGES, "tools": [CLAUDES], "tool_choice": {"type": "any"}}
    called = (await ask(stand_in, "/v1/messages", forced)).json()
    assert (called["content"][0]["input"], called["stop_reason"]) == ({"a": 0, "b": "x"}, "tool_use")
    told = events((await ask(stand_in, "/v1/messages", {**forced, "stream": True})).text)
    assert "".join(one["delta"]["partial_json"] for one in told if one["type"] == "content_block_delta") == '{"a":0,"b":"x"}'
    schema = {"output_config": {"format": {"type": "json_schema", "schema": FUNCTION["parameters"]}}}
    assert (await ask(stand_in, "/v1/messages", {**MESSAGES, **schema})).json()["content"][0]["text"] == '{"a":0,"b":"x"}'
    assert (await ask(stand_in, "/v1/messages/count_tokens", MESSAGES)).json()["input_tokens"] > 0


async def test_it_speaks_responses() -> None:
    stand_in = StandIn("n")
    whole = (await ask(stand_in, "/v1/responses", RESPONSES)).json()
    assert whole["output"][0]["content"][0]["text"] == says("[stand-in for n]", 5)
    told = events((await ask(stand_in, "/v1/responses", {**RESPONSES, "stream": True})).text)
    assert [one["sequence_number"] for one in told] == list(range(len(told)))
    assert (told[0]["type"], told[-1]["response"]["output"][0]["content"]) == ("response.created", whole["output"][0]["content"])
    forced = {**RESPONSES, "tools": [{"type": "function", **FUNCTION}], "tool_choice": "required"}
    assert (await ask(stand_in, "/v1/responses", forced)).json()["output"][0]["arguments"] == '{"a":0,"b":"x"}'
    told = events((await ask(stand_in, "/v1/responses", {**forced, "stream": True})).text)
    assert "".join(one["delta"] for one in told if one["type"].endswith("delta")) == '{"a":0,"b":"x"}'
    schema = {"text": {"format": {"type": "json_schema", "schema": FUNCTION["parameters"]}}}
    assert (await ask(stand_in, "/v1/responses", {**RESPONSES, **schema})).json()["output"][0]["content"][0]["text"] == '{"a":0,"b":"x"}'


async def test_it_calls_the_tool_that_it_was_told_to_until_its_result_is_there() -> None:
    stand_in = StandIn("n", conduct=Conduct(calls="f", arguments={"a": 7}))
    result: Mapping[str, Any] = {"role": "tool", "tool_call_id": "call_standin", "content": "seven"}
    with_tool = {**ASK, "tools": [TOOL]}
    asked = (await ask(stand_in, "/v1/chat/completions", with_tool)).json()["choices"][0]["message"]
    assert asked["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a":7}'}
    told = {**with_tool, "messages": [*ASK["messages"], asked, result]}
    assert (await ask(stand_in, "/v1/chat/completions", told)).json()["choices"][0]["finish_reason"] == "stop"
    blocks = [{"type": "tool_result", "tool_use_id": "toolu_standin", "content": "seven"}]
    claudes = {**MESSAGES, "tools": [CLAUDES]}
    assert (await ask(stand_in, "/v1/messages", claudes)).json()["stop_reason"] == "tool_use"
    told = {**claudes, "messages": [*MESSAGES["messages"], {"role": "user", "content": blocks}]}
    assert (await ask(stand_in, "/v1/messages", told)).json()["stop_reason"] == "end_turn"
    items = {**RESPONSES, "tools": [{"type": "function", **FUNCTION}]}
    assert (await ask(stand_in, "/v1/responses", items)).json()["output"][0]["type"] == "function_call"
    given = {**items, "input": [{"type": "function_call_output", "call_id": "call_standin", "output": "seven"}]}
    assert (await ask(stand_in, "/v1/responses", given)).json()["output"][0]["type"] == "message"


@pytest.mark.parametrize(
    ("path", "body", "member"),
    [
        ("/v1/rerank", {"model": "m", "query": "q", "documents": ["a", "b", "c"], "top_n": 2}, "results"),
        ("/v1/score", {"model": "m", "text_1": "q", "text_2": ["a", "b"]}, "data"),
        ("/v1/moderations", {"model": "m", "input": ["a", "b"]}, "results"),
        ("/v1/images/generations", {"model": "m", "prompt": "a cat"}, "data"),
        ("/v1/images/edits", {}, "data"),
        ("/v1/audio/transcriptions", {}, "text"),
        ("/tokenize", {"model": "m", "prompt": "one two three"}, "tokens"),
    ],
)
async def test_it_has_the_other_endpoints(path: str, body: object, member: str) -> None:
    answer = (await ask(StandIn("n"), path, body)).json()
    assert answer[member]
    if path in ("/v1/rerank", "/v1/score", "/v1/moderations"):
        assert len(answer[member]) == 2


async def test_it_streams_a_picture_and_says_what_it_cannot_read() -> None:
    told = events((await ask(StandIn("n"), "/v1/images/generations", {"model": "m", "prompt": "a cat", "stream": True})).text)
    assert [one["type"] for one in told] == ["image_generation.completed"]
    odd = await ask(StandIn("n"), "/v1/responses", {"model": "m", "input": [[None]]})
    assert (odd.status_code, odd.json()["error"]["message"]) == (400, "[stand-in for n] cannot read this")


async def test_it_makes_a_sound() -> None:
    answer = await ask(StandIn("n"), "/v1/audio/speech", {"model": "m", "input": "hi", "voice": "any"})
    assert (answer.headers["content-type"], answer.content[:4]) == ("audio/wav", b"RIFF")


async def test_it_answers_in_streams_alone_if_told_so() -> None:
    stand_in = StandIn("n", conduct=Conduct(only_streams=True))
    for path, body in (("/v1/chat/completions", ASK), ("/v1/messages", MESSAGES), ("/v1/responses", RESPONSES)):
        whole = await ask(stand_in, path, body)
        assert (whole.status_code, "in streams alone" in whole.json()["error"]["message"]) == (400, True)
        assert (await ask(stand_in, path, {**body, "stream": True})).status_code == 200


async def test_it_fails_in_the_words_of_its_dialect() -> None:
    stand_in = StandIn("n", conduct=Conduct(fail_status=529))
    assert (await ask(stand_in, "/v1/messages", MESSAGES)).json()["error"]["type"] == "overloaded_error"
    assert (await ask(stand_in, "/v1/responses", RESPONSES)).json()["error"]["type"] == "server_error"
    assert (await ask(stand_in, "/v1/audio/transcriptions", {})).status_code == 529
