"""The official client of OpenAI's, by chat."""

import asyncio
import json

import openai
from cases import API_KEY, AT_ONCE, BASE_URL, BUSY, CUT, PARAMETERS, TOOLS, WORDS, WRONG, all_alike, counted, raised, run
from pydantic import BaseModel

client = openai.OpenAI(base_url=BASE_URL, api_key=API_KEY)
ASK = [{"role": "user", "content": "Say something."}]
WEATHER = {"type": "function", "function": {"name": "weather", "description": "The weather of a city.", "parameters": PARAMETERS}}


class Answer(BaseModel):
    score: int
    text: str


def plain() -> str:
    answer = client.chat.completions.create(model=WORDS, messages=ASK)
    assert answer.choices[0].finish_reason == "stop"
    return counted(answer.usage.completion_tokens, answer.choices[0].message.content)


def stream() -> str:
    chunks = list(client.chat.completions.create(model=WORDS, messages=ASK, stream=True, stream_options={"include_usage": True}))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    return counted(chunks[-1].usage.completion_tokens, said)


def tools() -> str:
    first = client.chat.completions.create(model=TOOLS, messages=ASK, tools=[WEATHER]).choices[0]
    assert first.finish_reason == "tool_calls"
    call = first.message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": "It rains."}
    last = client.chat.completions.create(model=TOOLS, messages=[*ASK, first.message, result], tools=[WEATHER])
    return f"{call.function.name} {json.loads(call.function.arguments)['city']} {last.choices[0].message.content}"


def structured() -> str:
    parse = getattr(client.chat.completions, "parse", None) or client.beta.chat.completions.parse
    answer = parse(model=WORDS, messages=ASK, response_format=Answer).choices[0].message.parsed
    return f"{answer.score} {answer.text}"


def refused() -> str:
    return raised(openai.BadRequestError, lambda: client.chat.completions.create(model=WRONG, messages=ASK))


def key() -> str:
    stranger = client.with_options(api_key="not-a-key")
    return raised(openai.AuthenticationError, lambda: stranger.chat.completions.create(model=WORDS, messages=ASK))


def retried() -> str:
    answer = client.chat.completions.create(model=BUSY, messages=ASK)
    raised(openai.InternalServerError, lambda: client.with_options(max_retries=0).chat.completions.create(model=BUSY, messages=ASK))
    return answer.choices[0].message.content


def cut() -> str:
    return raised(openai.APIError, lambda: list(client.chat.completions.create(model=CUT, messages=ASK, stream=True)))


async def at_once() -> str:
    async with openai.AsyncOpenAI(base_url=BASE_URL, api_key=API_KEY) as many:
        answers = await asyncio.gather(*(many.chat.completions.create(model=WORDS, messages=ASK) for _ in range(AT_ONCE)))
    return all_alike([answer.choices[0].message.content for answer in answers])


def embeddings() -> str:
    vector = client.embeddings.create(model=WORDS, input="a text").data[0].embedding
    return f"{len(vector)} {vector[0]}"


run(globals())
