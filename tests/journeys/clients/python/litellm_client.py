"""litellm as a client: `openai/` before a model's name says what the gateway speaks, `anthropic/` likewise."""

import asyncio
import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it fetches its price map from the internet

import litellm
from cases import API_KEY, AT_ONCE, BASE_URL, BUSY, CUT, PARAMETERS, SCHEMA, TOOLS, WORDS, WRONG, all_alike, counted, raised, run

VENDOR = "anthropic" if os.environ["API"] == "messages" else "openai"
ASK = [{"role": "user", "content": "Say something."}]
WEATHER = {"type": "function", "function": {"name": "weather", "description": "The weather of a city.", "parameters": PARAMETERS}}


def ask(name: str, messages: list[object] = ASK, key: str = API_KEY, **more: object) -> litellm.ModelResponse:
    return litellm.completion(model=f"{VENDOR}/{name}", api_base=BASE_URL, api_key=key, messages=messages, **more)


def plain() -> str:
    answer = ask(WORDS)
    return counted(answer.usage.completion_tokens, answer.choices[0].message.content)


def stream() -> str:
    chunks = list(ask(WORDS, stream=True, stream_options={"include_usage": True}))
    return counted(chunks[-1].usage.completion_tokens, "".join(chunk.choices[0].delta.content or "" for chunk in chunks))


def tools() -> str:
    first = ask(TOOLS, tools=[WEATHER]).choices[0]
    assert first.finish_reason == "tool_calls"
    call = first.message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": "It rains."}
    last = ask(TOOLS, [*ASK, first.message, result], tools=[WEATHER])
    return f"{call.function.name} {json.loads(call.function.arguments)['city']} {last.choices[0].message.content}"


def structured() -> str:
    shape = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
    answer = json.loads(ask(WORDS, response_format=shape).choices[0].message.content)
    return f"{answer['score']} {answer['text']}"


def refused() -> str:
    return raised(litellm.BadRequestError, lambda: ask(WRONG))


def key() -> str:
    return raised(litellm.AuthenticationError, lambda: ask(WORDS, key="not-a-key"))


def retried() -> str:
    return ask(BUSY, num_retries=2).choices[0].message.content


def cut() -> str:
    return raised(litellm.ServiceUnavailableError, lambda: list(ask(CUT, stream=True)))


async def at_once() -> str:
    one = {"model": f"{VENDOR}/{WORDS}", "api_base": BASE_URL, "api_key": API_KEY, "messages": ASK}
    answers = await asyncio.gather(*(litellm.acompletion(**one) for _ in range(AT_ONCE)))
    return all_alike([answer.choices[0].message.content for answer in answers])


def embeddings() -> str:
    rows = litellm.embedding(model=f"openai/{WORDS}", api_base=BASE_URL, api_key=API_KEY, input=["a text"], encoding_format="float").data
    return f"{len(rows[0]['embedding'])} {rows[0]['embedding'][0]}"


run(globals())
