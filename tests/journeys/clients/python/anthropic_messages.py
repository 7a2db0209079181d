"""The official client of Anthropic's. Its base URL has no `/v1`."""

import asyncio

import anthropic
from cases import API_KEY, AT_ONCE, BASE_URL, BUSY, CUT, PARAMETERS, TOOLS, WORDS, WRONG, all_alike, counted, raised, run
from pydantic import BaseModel

client = anthropic.Anthropic(base_url=BASE_URL, api_key=API_KEY)
MOST = 1024
ASK = [{"role": "user", "content": "Say something."}]
WEATHER = {"name": "weather", "description": "The weather of a city.", "input_schema": PARAMETERS}


class Answer(BaseModel):
    score: int
    text: str


def plain() -> str:
    answer = client.messages.create(model=WORDS, max_tokens=MOST, messages=ASK)
    assert answer.stop_reason == "end_turn"
    return counted(answer.usage.output_tokens, answer.content[0].text)


def stream() -> str:
    with client.messages.stream(model=WORDS, max_tokens=MOST, messages=ASK) as events:
        said = "".join(events.text_stream)
        last = events.get_final_message()
    assert last.content[0].text == said
    return counted(last.usage.output_tokens, said)


def tools() -> str:
    first = client.messages.create(model=TOOLS, max_tokens=MOST, messages=ASK, tools=[WEATHER])
    assert first.stop_reason == "tool_use"
    call = next(block for block in first.content if block.type == "tool_use")
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "It rains."}]}
    turns = [*ASK, {"role": "assistant", "content": first.content}, result]
    last = client.messages.create(model=TOOLS, max_tokens=MOST, messages=turns, tools=[WEATHER])
    return f"{call.name} {call.input['city']} {last.content[0].text}"


def structured() -> str:
    answer = client.messages.parse(model=WORDS, max_tokens=MOST, messages=ASK, output_format=Answer).parsed_output
    return f"{answer.score} {answer.text}"


def refused() -> str:
    return raised(anthropic.BadRequestError, lambda: client.messages.create(model=WRONG, max_tokens=MOST, messages=ASK))


def key() -> str:
    stranger = client.with_options(api_key="not-a-key")
    return raised(anthropic.AuthenticationError, lambda: stranger.messages.create(model=WORDS, max_tokens=MOST, messages=ASK))


def retried() -> str:
    answer = client.messages.create(model=BUSY, max_tokens=MOST, messages=ASK)
    hasty = client.with_options(max_retries=0)
    raised(anthropic.InternalServerError, lambda: hasty.messages.create(model=BUSY, max_tokens=MOST, messages=ASK))
    return answer.content[0].text


def cut() -> str:
    return raised(anthropic.APIError, lambda: list(client.messages.create(model=CUT, max_tokens=MOST, messages=ASK, stream=True)))


async def at_once() -> str:
    async with anthropic.AsyncAnthropic(base_url=BASE_URL, api_key=API_KEY) as many:
        answers = await asyncio.gather(*(many.messages.create(model=WORDS, max_tokens=MOST, messages=ASK) for _ in range(AT_ONCE)))
    return all_alike([answer.content[0].text for answer in answers])


run(globals())
