"""The Response object: everything in it but the output, most of it an echo of what was asked."""

from collections.abc import Mapping

from gateway.dialects.reading import counted
from gateway.dialects.translation import hex_of

Fields = dict[str, object]

_ECHOED = (
    "instructions max_output_tokens max_tool_calls previous_response_id prompt_cache_key safety_identifier temperature top_p user".split()
)
"""Members that say what was asked, null where nothing was."""


def response_of(asked: Mapping[str, object], request_id: str, chat: Mapping[str, object]) -> Fields:
    """A response that has just begun. `chat` is the chat's answer, or the first event of it."""
    created, model = chat.get("created"), chat.get("model")
    return {
        "id": f"resp_{hex_of(request_id)}",
        "object": "response",
        "created_at": created if isinstance(created, int) else 0,
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "model": model if isinstance(model, str) else asked.get("model"),
        "output": [],
        "usage": None,
        **{name: asked.get(name) for name in _ECHOED},
        "metadata": asked.get("metadata") or {},
        "parallel_tool_calls": asked.get("parallel_tool_calls") is not False,
        "reasoning": {"effort": None, "summary": None, **_object(asked.get("reasoning"))},
        "service_tier": chat.get("service_tier") or asked.get("service_tier"),
        "store": asked.get("store") is not False,
        "text": {"format": {"type": "text"}, **_object(asked.get("text"))},
        "tool_choice": asked.get("tool_choice") or "auto",
        "tools": asked.get("tools") or [],
        "top_logprobs": asked.get("top_logprobs") or 0,
        "truncation": "disabled",
    }


def usage_of(chat: object) -> Fields | None:
    """What a chat tells of its usage, in the words of a response; None where it tells nothing."""
    usage = counted(chat)
    if usage is None:
        return None
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.completion,
    }


def _object(value: object) -> Mapping[str, object]:
    return {name: member for name, member in value.items() if member is not None} if isinstance(value, Mapping) else {}
