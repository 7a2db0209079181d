"""The official client of OpenAI's, by Responses."""

import asyncio
import json

import openai
from cases import API_KEY, AT_ONCE, BASE_URL, BUSY, CUT, PARAMETERS, TOOLS, WORDS, WRONG, all_alike, counted, raised, run
from pydantic import BaseModel

client = openai.OpenAI(base_url=BASE_URL, api_key=API_KEY)
ASK = "Say something."
WEATHER = {"type": "function", "name": "weather", "description": "The weather of a city.", "parameters": PARAMETERS, "strict": True}


class Answer(BaseModel):
    score: int
    text: str


def plain() -> str:
    answer = client.responses.create(model=WORDS, input=ASK, store=False)
    assert answer.status == "completed"
    return counted(answer.usage.output_tokens, answer.output_text)


def stream() -> str:
    with client.responses.stream(model=WORDS, input=ASK, store=False) as events:
        said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        last = events.get_final_response()
    assert last.output_text == said
    return counted(last.usage.output_tokens, said)


def tools() -> str:
    ask = [{"role": "user", "content": ASK}]
    first = client.responses.create(model=TOOLS, input=ask, tools=[WEATHER], store=False)
    call = next(item for item in first.output if item.type == "function_call")
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "It rains."}
    last = client.responses.create(model=TOOLS, input=[*ask, *first.output, result], tools=[WEATHER], store=False)
    return f"{call.name} {json.loads(call.arguments)['city']} {last.output_text}"


def structured() -> str:
    answer = client.responses.parse(model=WORDS, input=ASK, text_format=Answer, store=False).output_parsed
    return f"{answer.score} {answer.text}"


def refused() -> str:
    return raised(openai.BadRequestError, lambda: client.responses.create(model=WRONG, input=ASK, store=False))


def key() -> str:
    stranger = client.with_options(api_key="not-a-key")
    return raised(openai.AuthenticationError, lambda: stranger.responses.create(model=WORDS, input=ASK, store=False))


def retried() -> str:
    answer = client.responses.create(model=BUSY, input=ASK, store=False)
    raised(openai.InternalServerError, lambda: client.with_options(max_retries=0).responses.create(model=BUSY, input=ASK, store=False))
    return answer.output_text


def cut() -> str:
    return raised(openai.APIError, lambda: list(client.responses.create(model=CUT, input=ASK, store=False, stream=True)))


async def at_once() -> str:
    async with openai.AsyncOpenAI(base_url=BASE_URL, api_key=API_KEY) as many:
        answers = await asyncio.gather(*(many.responses.create(model=WORDS, input=ASK, store=False) for _ in range(AT_ONCE)))
    return all_alike([answer.output_text for answer in answers])


run(globals())
