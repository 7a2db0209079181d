"""How an answer ended, and what it used, in Anthropic's words."""

from collections.abc import Mapping

import msgspec

from gateway.wire.counts import UsageOnWire
from router.failures import FAILURES

_REASONS: Mapping[object, str] = {
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
"""Stop reasons by finish reasons; any other is `end_turn`."""
_STATUS: Mapping[object, int] = {failure.code: failure.status for failure in FAILURES.values()}
_TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""Anthropic's types of errors by status (their API reference, "Errors")."""


def stopped(finish: object, matched: object, *, called: bool, refused: bool) -> dict[str, object]:
    """`stop_reason` and what belongs to it. `matched` is vLLM's word for the stop sequence that ended the answer.

    A call that was asked for by its name ends with `stop` in a chat, but is a call. Which stop sequence matched OpenAI does not say:
    then the answer has ended by itself as far as anybody can tell.
    """
    reason, sequence = _REASONS.get(finish, "end_turn"), None
    if reason == "end_turn" and called:
        reason = "tool_use"
    elif reason == "end_turn" and isinstance(matched, str):
        reason, sequence = "stop_sequence", matched
    if refused:
        reason = "refusal"
    said: dict[str, object] = {"stop_reason": reason, "stop_sequence": sequence}
    details = {"type": "refusal", "category": None, "explanation": None}
    return {**said, "stop_details": details} if reason == "refusal" else said


def used(told: object, tier: object = None) -> dict[str, object]:
    """`usage`: what was read from a cache, or written to it, is not in `input_tokens`.

    Zeros where nothing was told, or not yet: clients add these up, and take no null.
    """
    try:
        usage = msgspec.convert(told, UsageOnWire).usage(tier)
    except msgspec.ValidationError:
        usage = None
    if usage is None:
        return {"input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 0}
    counts: dict[str, object] = {
        "input_tokens": usage.prompt - usage.cached - usage.cache_write,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.completion,
    }
    return {**counts, "output_tokens_details": {"thinking_tokens": usage.reasoning}} if usage.reasoning else counts


def error(told: Mapping[str, object]) -> dict[str, object]:
    """An error of a stream. What it has beside its message and type is kept."""
    code = told.get("code")
    status = (
        code if isinstance(code, int) else int(code) if isinstance(code, str) and code.isascii() and code.isdigit() else _STATUS.get(code)
    )
    kind = _TYPES.get(status or 500) or ("invalid_request_error" if status is not None and status < 500 else "api_error")
    rest = {name: value for name, value in told.items() if name not in ("type", "message")}
    return {"type": "error", "error": {"type": kind, "message": str(told.get("message") or "The model failed."), **rest}}
