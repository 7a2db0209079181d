"""Pydantic AI, by any of three APIs."""

import asyncio
import os

from cases import API_KEY, AT_ONCE, BASE_URL, BUSY, CUT, TOOLS, WORDS, WRONG, all_alike, counted, failed, raised, run
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

API = os.environ["API"]
ASK = "Say something."


def model(name: str, key: str = API_KEY) -> Model:
    if API == "messages":
        known = ModelProfile(supports_json_schema_output=True)  # it knows Claude's models by their names, and no others
        return AnthropicModel(name, provider=AnthropicProvider(base_url=BASE_URL, api_key=key), profile=known)
    kind = OpenAIResponsesModel if API == "responses" else OpenAIChatModel
    return kind(name, provider=OpenAIProvider(base_url=BASE_URL, api_key=key))


class Answer(BaseModel):
    score: int
    text: str


async def plain() -> str:
    answer = await Agent(model(WORDS)).run(ASK)
    return counted(answer.usage.output_tokens, answer.output)


async def stream() -> str:
    async with Agent(model(WORDS)).run_stream(ASK) as answer:
        said = "".join([piece async for piece in answer.stream_text(delta=True)])
        return counted(answer.usage.output_tokens, said)


async def tools() -> str:
    asked = []
    agent = Agent(model(TOOLS))

    @agent.tool_plain
    def weather(city: str) -> str:
        """The weather of a city."""
        asked.append(city)
        return "It rains."

    answer = await agent.run(ASK)
    return f"weather {asked[0]} {answer.output}"


async def structured() -> str:
    answer = (await Agent(model(WORDS), output_type=NativeOutput(Answer)).run(ASK)).output
    return f"{answer.score} {answer.text}"


def refused() -> str:
    return raised(ModelHTTPError, lambda: Agent(model(WRONG)).run_sync(ASK))


def key() -> str:
    return raised(ModelHTTPError, lambda: Agent(model(WORDS, "not-a-key")).run_sync(ASK))


async def retried() -> str:
    return (await Agent(model(BUSY)).run(ASK)).output


async def cut() -> str:
    async def streamed() -> list[str]:
        async with Agent(model(CUT)).run_stream(ASK) as answer:
            return [piece async for piece in answer.stream_text(delta=True)]

    return await failed(ModelAPIError, streamed())


async def at_once() -> str:
    agent = Agent(model(WORDS))
    answers = await asyncio.gather(*(agent.run(ASK) for _ in range(AT_ONCE)))
    return all_alike([answer.output for answer in answers])


run(globals())
