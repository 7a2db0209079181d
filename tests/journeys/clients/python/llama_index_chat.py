"""LlamaIndex: `OpenAILike`."""

import asyncio

import openai
from cases import API_KEY, AT_ONCE, BASE_URL, BUSY, CUT, TOOLS, WORDS, WRONG, all_alike, counted, raised, run
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

ASK = [ChatMessage(role="user", content="Say something.")]


def llm(name: str, key: str = API_KEY, retries: int = 2) -> OpenAILike:
    return OpenAILike(
        model=name,
        api_base=BASE_URL,
        api_key=key,
        max_retries=retries,
        is_chat_model=True,
        is_function_calling_model=True,
        should_use_structured_outputs=True,
    )


class Answer(BaseModel):
    """An answer with a score."""

    score: int
    text: str


def weather(city: str) -> str:
    """The weather of a city."""
    return f"It rains in {city}."


def plain() -> str:
    answer = llm(WORDS).chat(ASK)
    return counted(answer.raw.usage.completion_tokens, answer.message.content)


def stream() -> str:
    return "".join(piece.delta for piece in llm(WORDS).stream_chat(ASK))


def tools() -> str:
    able, tool = llm(TOOLS), FunctionTool.from_defaults(weather)
    first = able.chat_with_tools([tool], chat_history=ASK)
    call = able.get_tool_calls_from_response(first)[0]
    result = ChatMessage(role="tool", content="It rains.", additional_kwargs={"tool_call_id": call.tool_id})
    last = able.chat_with_tools([tool], chat_history=[*ASK, first.message, result])
    return f"{call.tool_name} {call.tool_kwargs['city']} {last.message.content}"


def structured() -> str:
    answer = llm(WORDS).as_structured_llm(Answer).chat(ASK).raw
    return f"{answer.score} {answer.text}"


def refused() -> str:
    return raised(openai.BadRequestError, lambda: llm(WRONG).chat(ASK))


def key() -> str:
    return raised(openai.AuthenticationError, lambda: llm(WORDS, "not-a-key").chat(ASK))


def retried() -> str:
    return llm(BUSY).chat(ASK).message.content


def cut() -> str:
    return raised(openai.APIError, lambda: list(llm(CUT).stream_chat(ASK)))


async def at_once() -> str:
    one = llm(WORDS)
    answers = await asyncio.gather(*(one.achat(ASK) for _ in range(AT_ONCE)))
    return all_alike([answer.message.content for answer in answers])


run(globals())
