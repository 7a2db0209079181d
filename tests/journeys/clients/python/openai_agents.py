"""OpenAI's Agents SDK, by chat or Responses."""

import asyncio
import os

import openai
from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from cases import API_KEY, AT_ONCE, BASE_URL, BUSY, CUT, TOOLS, WORDS, WRONG, all_alike, counted, failed, run
from pydantic import BaseModel

set_tracing_disabled(True)  # else it tells OpenAI of every run
KIND = OpenAIResponsesModel if os.environ["API"] == "responses" else OpenAIChatCompletionsModel
ASK = "Say something."
cities: list[str] = []


class Answer(BaseModel):
    score: int
    text: str


@function_tool
def weather(city: str) -> str:
    """The weather of a city."""
    cities.append(city)
    return "It rains."


def agent(name: str, key: str = API_KEY, **more: object) -> Agent:
    client = openai.AsyncOpenAI(base_url=BASE_URL, api_key=key)
    return Agent(name="tried", model=KIND(model=name, openai_client=client), model_settings=ModelSettings(include_usage=True), **more)


async def plain() -> str:
    answer = await Runner.run(agent(WORDS), ASK)
    return counted(answer.context_wrapper.usage.output_tokens, answer.final_output)


async def stream() -> str:
    answer = Runner.run_streamed(agent(WORDS), ASK)
    pieces = [
        event.data.delta
        async for event in answer.stream_events()
        if getattr(event, "data", None) and event.data.type.endswith("text.delta")
    ]
    assert "".join(pieces) == answer.final_output
    return counted(answer.context_wrapper.usage.output_tokens, answer.final_output)


async def tools() -> str:
    answer = await Runner.run(agent(TOOLS, tools=[weather]), ASK)
    return f"weather {cities[0]} {answer.final_output}"


async def structured() -> str:
    answer = (await Runner.run(agent(WORDS, output_type=Answer), ASK)).final_output
    return f"{answer.score} {answer.text}"


async def refused() -> str:
    return await failed(openai.BadRequestError, Runner.run(agent(WRONG), ASK))


async def key() -> str:
    return await failed(openai.AuthenticationError, Runner.run(agent(WORDS, "not-a-key"), ASK))


async def retried() -> str:
    return (await Runner.run(agent(BUSY), ASK)).final_output


async def cut() -> str:
    async def streamed() -> list[object]:
        return [event async for event in Runner.run_streamed(agent(CUT), ASK).stream_events()]

    return await failed(openai.APIError, streamed())


async def at_once() -> str:
    answers = await asyncio.gather(*(Runner.run(agent(WORDS), ASK) for _ in range(AT_ONCE)))
    return all_alike([answer.final_output for answer in answers])


run(globals())
