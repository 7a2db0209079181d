"""What litellm's answers become: OpenAI's shape, in bytes, with what is needed to bill them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from router.failures import recognise

_TIERS: Mapping[str, str] = {"ON_DEMAND_FLEX": "flex", "ON_DEMAND_PRIORITY": "priority"}
"""Google's kinds of traffic that have prices of their own, as service tiers."""


def error_event(error: Exception) -> bytes:
    """The vendor's error inside of a stream, in words of ours: its status is all that is kept of it."""
    code = status if isinstance(status := getattr(error, "status_code", None), int) and status >= 400 else 500
    said = {"message": recognise(code).say, "type": "server_error", "param": None, "code": code}
    return b"data: " + msgspec.json.encode({"error": said}) + b"\n\n"


def event_of(part: Any) -> bytes:
    """A chunk as OpenAI sends it: `finish_reason` always there, and usage in an event without choices."""
    chunk: dict[str, Any] = part.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    for choice in chunk.get("choices", ()):
        choice.setdefault("finish_reason", None)
    if "usage" in chunk:
        chunk["usage"].pop("cost", None)  # its own estimate: the gateway has the tariffs
        chunk["choices"] = [
            choice for choice in chunk.get("choices", ()) if choice.get("delta") or choice.get("text") or choice["finish_reason"]
        ]
    return b"data: " + msgspec.json.encode(_tiered(chunk, part)) + b"\n\n"


def whole_of(answer: Any) -> bytes:
    """A whole answer as OpenAI sends it: `content` is there even where it is null."""
    body: dict[str, Any] = answer.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    for choice in body.get("choices", ()):
        if "message" in choice:
            choice["message"].setdefault("content", None)
    return msgspec.json.encode(_tiered(body, answer))


def _tiered(body: dict[str, Any], answer: Any) -> dict[str, Any]:
    """The same with the service tier that served it, which litellm keeps beside Google's answers."""
    beside = getattr(answer, "_hidden_params", None) or {}
    fields = beside.get("provider_specific_fields") or {}
    tier = _TIERS.get(str(fields.get("traffic_type")))
    return body if tier is None else {**body, "service_tier": tier}
