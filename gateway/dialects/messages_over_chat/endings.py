"""How an answer ended, and what it used, in Anthropic's words."""

import re
from collections.abc import Collection, Mapping
from typing import Literal

from gateway.dialects.reading import counted, object_in, string
from gateway.dialects.refusals import type_of
from router.failures import FAILURES

Calls = Literal["none", "whole", "cut"]
"""Whether there are calls in an answer, and whether the arguments of all of them are whole."""
_STATUS: Mapping[str, int] = {failure.code: failure.status for failure in FAILURES.values()}


def stopped(finish: str, matched: str, calls: Calls, *, refused: bool) -> dict[str, object]:
    """`stop_reason` and what belongs to it. `matched` is vLLM's word for the stop sequence that ended the answer.

    Whoever is told `tool_use` runs the calls, so nobody is told that of one which a stop sequence cut short. A call that was asked for
    by its name ends with `stop` in a chat, but is a call. Which stop sequence matched OpenAI does not say: then the answer has ended by
    itself, as far as anybody can tell.
    """
    if refused or finish == "content_filter":
        return {"stop_reason": "refusal", "stop_sequence": None, "stop_details": {"type": "refusal", "category": None, "explanation": None}}
    if finish == "length":
        return {"stop_reason": "max_tokens", "stop_sequence": None}
    if matched and calls != "whole":
        return {"stop_reason": "stop_sequence", "stop_sequence": matched}
    return {"stop_reason": "end_turn" if calls == "none" else "tool_use", "stop_sequence": None}


def calls_in(arguments: Collection[str]) -> Calls:
    """Whether an answer has calls, by what their arguments are, and whether all are whole. No arguments are none that are missing."""
    if not arguments:
        return "none"
    return "whole" if all(not each.strip() or object_in(each) is not None for each in arguments) else "cut"


def used(told: object, tier: object = None) -> dict[str, object]:
    """`usage`: what was read from a cache, or written to it, is not in `input_tokens`.

    Zeros where nothing was told, or not yet: clients add these up, and take no null.
    """
    usage = counted(told, tier)
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
    rest = {name: value for name, value in told.items() if name not in ("type", "message")}
    return {"type": type_of(_status(told.get("code"))), "message": string(told.get("message")) or "The model failed. Try again.", **rest}


def _status(code: object) -> int:
    """The status that a code stands for: it is one, or one of the gateway's; 500 for any other."""
    digits = str(code)
    return int(digits) if re.fullmatch("[45][0-9][0-9]", digits) else _STATUS.get(digits, 500)
