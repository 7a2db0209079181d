"""LangChain: `ChatOpenAI` by chat or Responses, `ChatAnthropic` by messages."""

import asyncio
import os

import anthropic
import openai
from cases import API_KEY, AT_ONCE, BASE_URL, BUSY, CUT, TOOLS, WORDS, WRONG, all_alike, counted, raised, run
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

API = os.environ["API"]
ERRORS = anthropic if API == "messages" else openai
ASK: list[AnyMessage] = [HumanMessage("Say something.")]


def chat(name: str, key: str = API_KEY, retries: int = 2) -> BaseChatModel:
    if API == "messages":
        return ChatAnthropic(model=name, base_url=BASE_URL, api_key=key, max_retries=retries, max_tokens=1024)
    return ChatOpenAI(
        model=name, base_url=BASE_URL, api_key=key, max_retries=retries, stream_usage=True, use_responses_api=API == "responses"
    )


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"It rains in {city}."


class Answer(BaseModel):
    """An answer with a score."""

    score: int
    text: str


def plain() -> str:
    answer = chat(WORDS).invoke(ASK)
    return counted(answer.usage_metadata["output_tokens"], answer.text)


def stream() -> str:
    whole = None
    for chunk in chat(WORDS).stream(ASK):
        whole = chunk if whole is None else whole + chunk
    return counted(whole.usage_metadata["output_tokens"], whole.text)


def tools() -> str:
    able = chat(TOOLS).bind_tools([weather])
    first = able.invoke(ASK)
    call = first.tool_calls[0]
    last = able.invoke([*ASK, first, ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"])])
    return f"{call['name']} {call['args']['city']} {last.text}"


def structured() -> str:
    answer = chat(WORDS).with_structured_output(Answer, method="json_schema").invoke(ASK)
    return f"{answer.score} {answer.text}"


def refused() -> str:
    return raised(ERRORS.BadRequestError, lambda: chat(WRONG).invoke(ASK))


def key() -> str:
    return raised(ERRORS.AuthenticationError, lambda: chat(WORDS, "not-a-key").invoke(ASK))


def retried() -> str:
    answer = chat(BUSY).invoke(ASK)
    raised(ERRORS.InternalServerError, lambda: chat(BUSY, retries=0).invoke(ASK))
    return answer.text


def cut() -> str:
    return raised(ERRORS.APIError, lambda: list(chat(CUT).stream(ASK)))


async def at_once() -> str:
    one = chat(WORDS)
    answers = await asyncio.gather(*(one.ainvoke(ASK) for _ in range(AT_ONCE)))
    return all_alike([answer.text for answer in answers])


def embeddings() -> str:
    # without the flag it cuts texts into tokens, with tables that it fetches from the internet
    vector = OpenAIEmbeddings(model=WORDS, base_url=BASE_URL, api_key=API_KEY, check_embedding_ctx_length=False).embed_query("a text")
    return f"{len(vector)} {vector[0]}"


run(globals())
