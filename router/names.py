"""Names that must not be mixed up.

Three models: `Requested` is what the caller wrote, `Sent` what the target is asked for, `Answered` what it says it was.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NewType

TargetName = NewType("TargetName", str)
RouteName = NewType("RouteName", str)
Requested = NewType("Requested", str)
Sent = NewType("Sent", str)
Answered = NewType("Answered", str)
MicroUsd = NewType("MicroUsd", int)

Endpoint = Literal[
    "chat",
    "completions",
    "embeddings",
    "responses",
    "messages",
    "count_tokens",
    "rerank",
    "score",
    "moderations",
    "tokenize",
    "images",
    "image_edits",
    "speech",
    "transcriptions",
    "translations",
]
OVER: Mapping[Endpoint, Endpoint] = MappingProxyType(
    {"responses": "chat", "messages": "chat", "chat": "messages", "count_tokens": "tokenize"}
)
"""By which other endpoint one can be served, in translation, at a target that does not speak it."""
CONVERSED: frozenset[Endpoint] = frozenset({"chat", "messages", "responses"})
"""Endpoints at which there are turns, and answers to them."""
READING: frozenset[Endpoint] = frozenset({"embeddings", "rerank", "score", "moderations", "tokenize", "count_tokens"})
"""Endpoints at which a model reads, and writes nothing."""
Ability = Literal["tools", "vision", "audio", "documents", "json_schema"]
"""What some models can do and others refuse: call tools, see pictures, hear sound, read files, answer by a JSON schema."""
Path = Literal["local", "cloud", "redacted", "cache", "blocked"]
Zone = Literal["local", "external"]
