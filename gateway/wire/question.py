"""A question of our own to a chat model, and its answer: one that came to its end, as the JSON that was asked for."""

from collections.abc import Mapping

import msgspec


class _Message(msgspec.Struct):
    content: str


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str


class _Completion(msgspec.Struct):
    choices: list[_Choice]


_decode = msgspec.json.Decoder(_Completion).decode


def question(model: str, instruction: str, material: Mapping[str, object], max_tokens: int) -> dict[str, object]:
    """The request's members. What is judged is JSON within a message, so that its end is not its own to say."""
    return {
        "model": model,
        "messages": [
            {"role": "system", "content": instruction},
            {"role": "user", "content": msgspec.json.encode(material).decode()},
        ],
        "temperature": 0,
        "max_tokens": max_tokens,
    }


def held_to(name: str, schema: Mapping[str, object]) -> dict[str, object]:
    """The member that asks the engine to hold the model to the form of the answer."""
    return {"response_format": {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}}


def said(answer: bytes) -> str:
    """What the model said. Raises ValueError for an answer that did not come to its end, and for anything else than one answer."""
    choices = _decode(answer).choices
    if len(choices) != 1 or choices[0].finish_reason != "stop":
        raise ValueError("the answer did not come to its end")
    return choices[0].message.content
