"""What a stand-in says: always the same words, or the plainest value of a schema. Nothing of what it was asked."""

import base64
import hashlib
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

Fields = Mapping[str, Any]

CREATED = 1_750_000_000
"""Unix time of every answer: the same each time, so that answers can be compared."""

WORDS = (  # as a sentence it can be read
    "No model has read this. The words are always the same, however the question is put, and they stand here so that the answer has a "
    "length, a number of tokens and a price. Point the gateway at a real engine, and this text gives way to an answer."
).split()


class Conduct(msgspec.Struct, forbid_unknown_fields=True):
    """How it behaves; `POST /_ctl` replaces it.

    Seconds before the first byte and between chunks; a status to fail with, 0: none; after how many chunks to cut a stream, -1: never.
    `calls` is a tool that it calls, with these arguments, whenever the caller has it and its result is not there yet. `only_streams`:
    whether it refuses what is not asked for in a stream.
    """

    delay_s: float = 0.0
    between_s: float = 0.0
    fail_status: int = 0
    cut_after: int = -1
    calls: str = ""
    arguments: dict[str, Any] = {}  # a struct makes a new one for each of its own
    only_streams: bool = False


class Call(NamedTuple):
    """A call of a tool. `arguments` are JSON."""

    name: str
    arguments: str


class Said(NamedTuple):
    """What a stand-in answers, whatever the dialect: a text, or a call; and how many tokens were asked and said."""

    text: str
    call: Call | None
    asked: int
    said: int


class Asked(NamedTuple):
    """What a request of any dialect asks for. `demanded`: a tool must be called, this one, or any if the name is empty."""

    tools: Mapping[str, Mapping[str, Any]]
    demanded: str | None
    has_result: bool
    schema: Mapping[str, Any] | None
    most: int
    size: int


def answer(asked: Asked, tag: str, conduct: Conduct) -> Said:
    """The answer."""
    call = _call(asked, conduct)
    text = says(tag, min(asked.most, len(WORDS)))
    if asked.schema is not None:
        text = msgspec.json.encode(instance(asked.schema, tag)).decode()
    return Said(text, call, asked.size // 4 + 1, 12 if call else len(text.split()))


def _call(asked: Asked, conduct: Conduct) -> Call | None:
    """The tool that the caller demands, or that it was told to call. With `auto` a stand-in answers in words."""
    if conduct.calls in asked.tools and not asked.has_result:
        return Call(conduct.calls, msgspec.json.encode(conduct.arguments).decode())
    if asked.demanded is None or not asked.tools:
        return None
    name = asked.demanded or next(iter(asked.tools))
    return Call(name, msgspec.json.encode(instance(asked.tools.get(name) or {"type": "object"}, "stand-in")).decode())


def says(tag: str, words: int) -> str:
    """So many words, after what it is."""
    return " ".join([tag, *(WORDS[index % len(WORDS)] for index in range(words))])


def pieces(text: str) -> list[str]:
    """A text word by word, as streams have it."""
    return [f" {word}" if place else word for place, word in enumerate(text.split(" "))]


def identity(fields: Fields) -> str:
    """An id that is the same for the same request."""
    return hashlib.sha256(msgspec.json.encode(fields)).hexdigest()[:24]


def tokens(text: str) -> int:
    """An estimate, as good as any without a tokenizer: four characters each."""
    return len(text) // 4 + 1


def size(value: object) -> int:
    """Characters of a value as JSON."""
    return len(msgspec.json.encode(value))


def instance(schema: Mapping[str, Any], text: str) -> object:
    """The plainest value that satisfies a plain schema."""
    if "enum" in schema:
        return schema["enum"][0]
    plain: Mapping[object, object] = {"integer": 0, "number": 0, "boolean": False, "array": [], "null": None}
    if schema.get("type") == "object" or "properties" in schema:
        return {name: instance(inner, text) for name, inner in schema.get("properties", {}).items()}
    return plain.get(schema.get("type"), text)


def vector(text: str, width: int) -> list[float]:
    """An embedding: digits of a digest."""
    digest = hashlib.shake_256(text.encode("utf-8", "replace")).digest(width)
    return [byte / 128 - 1 for byte in digest]


def packed(values: list[float]) -> str:
    """The same in base64, as OpenAI's clients ask for it."""
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
