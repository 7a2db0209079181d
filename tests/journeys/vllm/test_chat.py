"""What applications do, through the gateway, on a real engine: with the official client, as they would."""

import json
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageFunctionToolCall, ChatCompletionToolParam
from openai.types.shared_params import ResponseFormatJSONSchema

from tests.journeys.vllm.conftest import Gateway
from tests.journeys.vllm.engine import Engine, metric

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(120, func_only=True), pytest.mark.xdist_group("vllm")]

SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"unit": {"type": "string", "enum": ["celsius", "kelvin"]}, "days": {"type": "integer", "minimum": 1, "maximum": 9}},
    "required": ["unit", "days"],
    "additionalProperties": False,
}
WEATHER: ChatCompletionToolParam = {"type": "function", "function": {"name": "get_weather", "strict": True, "parameters": SCHEMA}}
FORMAT: ResponseFormatJSONSchema = {"type": "json_schema", "json_schema": {"name": "weather", "strict": True, "schema": SCHEMA}}
HELLO: Any = {"messages": [{"role": "user", "content": "hello captain"}], "max_tokens": 12, "temperature": 0}
# A random model loves white space; the penalty makes it get tired of it.
CALL: Any = {**HELLO, "max_tokens": 300, "frequency_penalty": 2, "tools": [WEATHER]}


def test_a_chat_is_answered_as_the_engine_itself_would(client: OpenAI, vllm_server: Engine) -> None:
    with OpenAI(base_url=vllm_server.url, api_key=vllm_server.key) as direct:
        expected = direct.chat.completions.create(model="tiny", **HELLO)
    answer = client.chat.completions.create(model="auto", **HELLO)
    assert answer.choices == expected.choices
    assert answer.usage is not None
    assert expected.usage is not None
    assert answer.usage.completion_tokens == expected.usage.completion_tokens == 12
    assert answer.usage.prompt_tokens == expected.usage.prompt_tokens


def test_the_headers_say_what_was_decided(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="auto", **HELLO)
    said = {name: raw.headers.get(f"x-tidegate-{name}") for name in ("path", "route", "target", "label", "attempts")}
    assert said == {"path": "local", "route": "other", "target": "tiny", "label": "public", "attempts": "1"}
    assert raw.headers["x-request-id"]


def test_a_stream_says_the_same_and_ends_with_usage_if_it_was_asked_for(client: OpenAI) -> None:
    whole = client.chat.completions.create(model="auto", **HELLO)
    chunks = list(client.chat.completions.create(model="auto", stream=True, stream_options={"include_usage": True}, **HELLO))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "length"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 12


def test_a_stream_has_no_usage_if_none_was_asked_for(client: OpenAI) -> None:
    chunks = list(client.chat.completions.create(model="auto", stream=True, **HELLO))
    assert len(chunks) > 5
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


@pytest.mark.parametrize(
    "choice",
    [pytest.param("required", id="some tool"), pytest.param({"type": "function", "function": {"name": "get_weather"}}, id="a named tool")],
)
def test_forced_tool_calls_arrive_parsed_whole_and_in_pieces(client: OpenAI, choice: Any) -> None:
    message = client.chat.completions.create(model="auto", tool_choice=choice, **CALL).choices[0].message
    whole = [call.function.arguments for call in message.tool_calls or () if isinstance(call, ChatCompletionMessageFunctionToolCall)]
    assert whole  # `required` lets a model that babbles call more than once
    for arguments in whole:
        assert_is_weather(arguments)
    chunks = list(client.chat.completions.create(model="auto", tool_choice=choice, stream=True, **CALL))
    streamed = [""] * len(whole)
    for piece in [piece for chunk in chunks for piece in chunk.choices[0].delta.tool_calls or ()]:
        assert piece.function is not None
        assert piece.function.name in {"get_weather", None}
        streamed[piece.index] += piece.function.arguments or ""
    assert [json.loads(arguments) for arguments in streamed] == [json.loads(arguments) for arguments in whole]
    assert len(chunks) > 5
    assert chunks[-1].choices[0].finish_reason == ("tool_calls" if choice == "required" else "stop")


def assert_is_weather(arguments: str) -> None:
    weather = json.loads(arguments)
    assert weather["unit"] in {"celsius", "kelvin"}
    assert weather["days"] in range(1, 10)


def test_a_conversation_with_a_tool_result_is_understood(client: OpenAI) -> None:
    call = {"id": "call-1", "type": "function", "function": {"name": "get_weather", "arguments": '{"unit": "celsius", "days": 2}'}}
    turns: Any = [
        {"role": "user", "content": "How warm will it be?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call-1", "content": "12 and 14"},
    ]
    answer = client.chat.completions.create(model="auto", messages=turns, tools=[WEATHER], max_tokens=8, temperature=0)
    assert answer.choices[0].message.content


def test_an_answer_keeps_to_a_json_schema(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="auto", response_format=FORMAT, **{**HELLO, "max_tokens": 100})
    assert_is_weather(answer.choices[0].message.content or "")


def test_logprobs_come_along(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="auto", logprobs=True, top_logprobs=2, **HELLO)
    told = answer.choices[0].logprobs
    assert told is not None
    assert told.content is not None
    assert [len(token.top_logprobs) for token in told.content] == [2] * 12


def test_several_answers_at_once_whole_and_streamed(client: OpenAI) -> None:
    several: Any = {**HELLO, "n": 3, "temperature": 1, "seed": 7}
    whole = client.chat.completions.create(model="auto", **several)
    said = [choice.message.content or "" for choice in whole.choices]
    assert len(set(said)) == 3
    streamed = ["", "", ""]
    for chunk in client.chat.completions.create(model="auto", stream=True, **several):
        for choice in chunk.choices:
            streamed[choice.index] += choice.delta.content or ""
    assert streamed == said


def test_completions_are_served_too(client: OpenAI) -> None:
    whole = client.completions.create(model="auto", prompt="The captain said", max_tokens=8, temperature=0)
    chunks = client.completions.create(model="auto", prompt="The captain said", max_tokens=8, temperature=0, stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text != ""


def test_an_adapter_is_a_target_of_its_own(client: OpenAI) -> None:
    plain = client.chat.completions.create(model="tiny", **HELLO)
    adapted = client.chat.completions.create(model="lora", **HELLO)
    assert adapted.model == "tiny-lora"
    assert adapted.choices[0].message.content != plain.choices[0].message.content


def test_the_engine_counts_the_tokens_that_the_gateway_counts(client: OpenAI, gateway: Gateway, vllm_server: Engine) -> None:
    def counted() -> tuple[float, float]:
        ours = metric(gateway.metrics, "tidegate_tokens_total", target="tiny")
        return ours, vllm_server.metric("vllm:prompt_tokens_total") + vllm_server.metric("vllm:generation_tokens_total")

    before = counted()
    client.chat.completions.create(model="tiny", **HELLO)
    list(client.chat.completions.create(model="tiny", stream=True, **HELLO))  # usage was not asked for, and is counted nevertheless
    ours, theirs = (after - earlier for after, earlier in zip(counted(), before, strict=True))
    assert ours == theirs > 24


@pytest.mark.parametrize("model", [pytest.param("auto", id="by the rules"), pytest.param("tiny", id="by name")])
def test_a_prompt_that_is_too_long_is_refused_in_the_engines_own_words(client: OpenAI, model: str) -> None:
    with pytest.raises(openai.BadRequestError, match="maximum context length is 4096 tokens") as refused:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "harbour " * 5000}])
    assert refused.value.status_code == 400
    assert refused.value.response.headers["x-request-id"]


@pytest.mark.parametrize(
    "model",
    [
        pytest.param("locked", id="the engine does not take our key: not the caller's 401"),
        pytest.param("nobody", id="the engine does not know the configured model: not the caller's 404"),
    ],
)
def test_what_the_operator_got_wrong_is_not_shown_as_the_callers_fault(client: OpenAI, model: str) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model=model, **HELLO)
    assert (refused.value.status_code, refused.value.code) == (503, "local_unavailable")
    assert "operator" in refused.value.message
