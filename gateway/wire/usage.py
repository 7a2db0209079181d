"""What an answer says of itself: tokens, the model that answered, how it ended, and whether it is an answer at all."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from gateway.wire.counts import UsageOnWire
from router.attempt import Usage
from router.names import READING, Answered, Endpoint

FINISHES = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
"""OpenAI's finish reasons; any other is reported as `_other`."""
_FINISH: Mapping[str | None, str] = {None: "", **{reason: reason for reason in FINISHES}}
TYPED_FINISHES: Mapping[str, str] = MappingProxyType(
    {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "completed": "stop",
        "max_tokens": "length",
        "pause_turn": "length",  # there is more to come
        "max_output_tokens": "length",
        "model_context_window_exceeded": "length",
        "tool_use": "tool_calls",
        "refusal": "content_filter",
        "content_filter": "content_filter",
    }
)
"""How an answer of Messages or Responses ended, in OpenAI's finish reasons; any other is reported as `_other`."""


class _End(msgspec.Struct):
    finish_reason: str | None = None


class _Answer(msgspec.Struct):
    model: Answered | None = None
    usage: UsageOnWire | None = None
    choices: list[_End] | None = None
    data: list[msgspec.Raw] | None = None
    service_tier: object = None
    stop_reason: str | None = None
    status: str | None = None


class NoAnswer(ValueError):
    """The bytes are not an answer: not JSON, no choices or data, or an error object under a success status."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """What an answer told: `usage` None when it did not say."""

    usage: Usage | None = None
    answered: Answered | None = None
    finish: str = ""


UNTOLD = Told()
"""Of an answer that is no JSON: speech, or a transcript as plain text."""
_CARRIERS: Mapping[Endpoint, str] = {
    "chat": "choices",
    "completions": "choices",
    "embeddings": "data",
    "responses": "output",
    "messages": "content",
    "count_tokens": "input_tokens",
    "rerank": "results",
    "score": "data",
    "moderations": "results",
    "tokenize": "count",
    "images": "data",
    "image_edits": "data",
    "transcriptions": "text",
    "translations": "text",
}
"""The member without which an answer is none."""
_decode = msgspec.json.Decoder(_Answer).decode


def told(body: bytes, endpoint: Endpoint) -> Told:
    """What the body of a successful answer tells. Raises `NoAnswer`; an oddity outside of what we read is the caller's to see."""
    try:
        answer = _decode(body)
    except msgspec.ValidationError:
        return _odd(body, endpoint)
    except (ValueError, RecursionError):
        raise NoAnswer("not JSON") from None
    if not answer.choices or _CARRIERS.get(endpoint) != "choices":
        return _other(body, answer, endpoint)
    usage = answer.usage
    return Told(
        None if usage is None else usage.usage(answer.service_tier),
        answer.model or None,
        _FINISH.get(answer.choices[0].finish_reason, "_other"),
    )


def _other(body: bytes, answer: _Answer, endpoint: Endpoint) -> Told:
    """What an answer without choices tells. One that may say nothing, such as an answer cut at once, has its carrier all the same."""
    carrier = _CARRIERS.get(endpoint)
    if carrier is None or (carrier in _FILLED and not getattr(answer, carrier)):
        raise NoAnswer("no content")
    if carrier not in _FILLED and not _has(body, carrier):
        raise NoAnswer("no content")
    usage = answer.usage
    return Told(
        None if usage is None else usage.usage(answer.service_tier, is_embedding=endpoint in READING),
        answer.model or None,
        TYPED_FINISHES.get(answer.stop_reason or answer.status or "", "_other") if answer.stop_reason or answer.status else "",
    )


_FILLED = frozenset({"choices", "data"})


def _has(body: bytes, carrier: str) -> bool:
    members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return carrier in members and bytes(members[carrier]) != b"null"


def finish_of(reason: str | None) -> str:
    """The finish reason from the closed set, `_other` for any other, empty for none."""
    return _FINISH.get(reason, "_other")


def _odd(body: bytes, endpoint: Endpoint) -> Told:
    """An answer whose members have other types than expected is still an answer when it carries something; its usage is unknown."""
    try:
        answer = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise NoAnswer("not JSON") from None
    if not isinstance(answer, Mapping) or not answer.get(_CARRIERS.get(endpoint, "choices")):
        raise NoAnswer("no content")
    return Told()
