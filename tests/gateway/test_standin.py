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

from gateway.standin import Conduct, StandIn

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
    assert text == StandIn("n").says(5)
    assert events[-1].usage
    assert events[-1].usage.completion_tokens == len(text.split())
    assert vectors.data[0].embedding != vectors.data[1].embedding
    assert "".join(words) == StandIn("n").says(3)


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
