"""Thoughts that a model of another vendor had, in a conversation that goes on at Anthropic's own API: it takes back its own alone."""

from collections.abc import Mapping

from gateway.dialects.messages_over_chat.pieces import SIGNATURE
from gateway.dialects.reading import listed, mapping

OURS = f'"{SIGNATURE}"'.encode()
"""What a body has that may hold such thoughts."""


def without_ours(fields: Mapping[str, object]) -> dict[str, object]:
    """The members of a request, without thoughts of ours. A turn of nothing else is left out as well. The request itself stays."""
    turns = [_without(turn) for turn in listed(fields.get("messages"))]
    return {**fields, "messages": [turn for turn in turns if turn is not None]}


def _without(turn: object) -> object | None:
    content = mapping(turn).get("content")
    if not isinstance(content, list):
        return turn
    left = [block for block in content if not _is_ours(block)]
    if len(left) == len(content):
        return turn
    return {**mapping(turn), "content": left} if left else None


def _is_ours(block: object) -> bool:
    return mapping(block).get("type") == "thinking" and mapping(block).get("signature") == SIGNATURE
