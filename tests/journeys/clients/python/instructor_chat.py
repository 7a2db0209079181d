"""Instructor: answers after a schema, each way in which it asks for them, whole and in a stream of partial ones."""

import asyncio

import instructor
import openai
from cases import API_KEY, AT_ONCE, BASE_URL, BUSY, WORDS, WRONG, all_alike, raised, run
from pydantic import BaseModel

ASK = [{"role": "user", "content": "Say something."}]
WAYS = (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA)


def client(mode: instructor.Mode = instructor.Mode.JSON_SCHEMA, key: str = API_KEY) -> instructor.Instructor:
    return instructor.from_openai(openai.OpenAI(base_url=BASE_URL, api_key=key), mode=mode)


class Answer(BaseModel):
    score: int
    text: str


def structured() -> str:
    answers = [client(way).chat.completions.create(model=WORDS, messages=ASK, response_model=Answer) for way in WAYS]
    assert (answers[0].score, answers[0].text) == (0, "stand-in")
    return f"{answers[1].score} {answers[1].text}"


def refused() -> str:
    ask = client().chat.completions.create
    return raised(Exception, lambda: ask(model=WRONG, messages=ASK, response_model=Answer, max_retries=0))


def key() -> str:
    ask = client(key="not-a-key").chat.completions.create
    return raised(Exception, lambda: ask(model=WORDS, messages=ASK, response_model=Answer, max_retries=0))


def retried() -> str:
    answer, whole = client().chat.completions.create_with_completion(model=BUSY, messages=ASK, response_model=Answer)
    assert whole.usage.completion_tokens == len(whole.choices[0].message.content.split())
    return f"{answer.score} {answer.text}"


async def at_once() -> str:
    many = instructor.from_openai(openai.AsyncOpenAI(base_url=BASE_URL, api_key=API_KEY), mode=instructor.Mode.JSON_SCHEMA)
    asked = (many.chat.completions.create(model=WORDS, messages=ASK, response_model=Answer) for _ in range(AT_ONCE))
    return all_alike([f"{answer.score} {answer.text}" for answer in await asyncio.gather(*asked)])


def stream() -> str:
    pieces = list(client().chat.completions.create_partial(model=WORDS, messages=ASK, response_model=Answer))
    assert len(pieces) > 1
    return f"{pieces[-1].score} {pieces[-1].text}"


run(globals())
