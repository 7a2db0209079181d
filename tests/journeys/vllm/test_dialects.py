"""Messages and Responses through a real engine, as it speaks them itself and over its chat: the official clients' typed parsers read both."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.journeys.clients.clients import CLIENTS
from tests.journeys.clients.environments import words
from tests.journeys.vllm.conftest import Gateway, serving
from tests.journeys.vllm.engine import Engine

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(240, func_only=True), pytest.mark.xdist_group("vllm")]

CONFIG = """
version: 1
destinations:
  plain: {{kind: openai_compatible, zone: local, url: "{engine}", model: tiny, clearance: restricted, key: {{env: ENGINE_KEY}}, cost: unknown, serves: [chat, tokenize]}}
  native: {{kind: openai_compatible, zone: local, url: "{engine}", model: tiny, clearance: restricted, key: {{env: ENGINE_KEY}}, cost: unknown, serves: [chat, responses, messages, count_tokens]}}
routes:
  - {{name: all, to: [plain]}}
"""
WAYS = pytest.mark.parametrize("model", [pytest.param("plain", id="over chat"), pytest.param("native", id="natively")])
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
    "required": ["unit"],
    "additionalProperties": False,
}
TOOL: Any = {"type": "function", "name": "get_weather", "strict": True, "parameters": SCHEMA}
HELLO: Any = {"input": "hello captain", "max_output_tokens": 12, "temperature": 0}
MESSAGES = """
import json, sys, anthropic
base, model, schema = sys.argv[1:]
client = anthropic.Anthropic(base_url=base, api_key="any", max_retries=0)
ask = {"model": model, "max_tokens": 12, "extra_body": {"temperature": 0}, "messages": [{"role": "user", "content": "hello captain"}]}
tool = {"name": "get_weather", "strict": True, "input_schema": json.loads(schema)}
whole = client.messages.create(**ask)
with client.messages.stream(**ask) as stream:
    kinds = [event.type for event in stream]
    final = stream.get_final_message()
called = client.messages.create(**{**ask, "max_tokens": 300, "tools": [tool], "tool_choice": {"type": "tool", "name": "get_weather"}})
with client.messages.stream(**{**ask, "max_tokens": 300, "tools": [tool], "tool_choice": {"type": "tool", "name": "get_weather"}}) as stream:
    streamed = stream.get_final_message()
try:
    client.messages.create(**{**ask, "messages": [{"role": "user", "content": "word " * 6000}]})
    refused = None
except anthropic.BadRequestError as error:
    refused = error.body["error"]["type"]
counted = client.messages.count_tokens(model=model, messages=ask["messages"])
text = lambda message: "".join(block.text for block in message.content if block.type == "text")
calls = lambda message: [[block.name, block.input] for block in message.content if block.type == "tool_use"]
print(json.dumps({"whole": text(whole), "final": text(final), "stop": [whole.stop_reason, final.stop_reason], "kinds": kinds,
    "usage": [whole.usage.input_tokens, whole.usage.output_tokens, final.usage.output_tokens], "called": calls(called), "streamed": calls(streamed),
    "stopped": [called.stop_reason, streamed.stop_reason], "refused": refused, "counted": counted.input_tokens}))
"""


@pytest.fixture(scope="module")
def both(vllm_server: Engine, logs: Path) -> Iterator[Gateway]:
    with serving(CONFIG.format(engine=vllm_server.url), logs / "dialects") as gateway:
        yield gateway


@WAYS
def test_the_official_client_reads_responses(both: Gateway, model: str) -> None:
    with both.client() as client:
        whole = client.responses.create(model=model, **HELLO)
        with client.responses.stream(model=model, **HELLO) as stream:
            events = list(stream)
        kinds, last = [event.type for event in events], events[-1]
        assert last.type in ("response.incomplete", "response.completed")  # the engine calls completed what OpenAI calls incomplete
        final = last.response
        assert whole.output_text
        assert whole.output_text == "".join(event.delta for event in events if event.type == "response.output_text.delta")
        assert (whole.status, final.status) == ("incomplete", "incomplete")
        assert kinds[0] == "response.created"
        assert "response.output_text.delta" in kinds
        assert whole.usage is not None
        assert final.usage is not None
        assert whole.usage.output_tokens == final.usage.output_tokens == 12


@WAYS
def test_it_reads_calls_of_tools(both: Gateway, model: str) -> None:
    with both.client() as client:
        asked: Any = {**HELLO, "model": model, "max_output_tokens": 300, "tools": [TOOL], "tool_choice": "required"}
        whole = client.responses.create(**asked)
        with client.responses.stream(**asked) as stream:
            *_, last = stream  # the model calls until it may write no more, which its client does not count as an end
    streamed: Any = last
    for answer in (whole, streamed.response):
        calls = [item for item in answer.output if item.type == "function_call"]
        assert calls[0].name == "get_weather"
        assert json.loads(calls[0].arguments)["unit"] in ("celsius", "kelvin")


@WAYS
def test_it_reads_what_the_engine_refuses(both: Gateway, model: str) -> None:
    with both.client() as client, pytest.raises(openai.BadRequestError):
        client.responses.create(model=model, input="word " * 6_000)


@WAYS
def test_anthropics_client_reads_messages(both: Gateway, model: str) -> None:
    python, _ = words(next(one for one in CLIENTS if one.name == "anthropic"))
    command = (python, "-c", MESSAGES, both.url.removesuffix("/v1"), model, json.dumps(SCHEMA))
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["whole"] == told["final"] != ""
    assert told["stop"] == ["max_tokens", "max_tokens"]
    assert (told["kinds"][0], told["kinds"][-1]) == ("message_start", "message_stop")
    assert told["usage"][1:] == [12, 12]
    assert told["counted"] == told["usage"][0]
    assert told["called"][0][0] == told["streamed"][0][0] == "get_weather"
    assert told["called"][0][1]["unit"] in ("celsius", "kelvin")
    assert told["stopped"] == ["tool_use", "tool_use"]
    assert told["refused"] == "invalid_request_error"


def test_the_gateway_is_what_the_client_was_given(both: Gateway) -> None:
    with OpenAI(base_url=both.url, api_key="any") as client:
        assert {model.id for model in client.models.list()} >= {"plain", "native"}
