"""A request to count, as one to split a chat into tokens (vLLM's `/tokenize`)."""

from collections.abc import Mapping

from gateway.dialects.messages_over_chat.request import translated as to_chat
from gateway.dialects.translation import Translated

_KEPT = ("model", "messages", "tools")


def translated(fields: Mapping[str, object]) -> Translated:
    """The request. Raises `BadRequest` as Messages do."""
    chat, lost = to_chat({**fields, "max_tokens": 1})
    return Translated({name: chat[name] for name in _KEPT if name in chat}, lost)
