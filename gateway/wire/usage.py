"""What an answer says of itself: tokens, the model that answered, how it ended, and whether it is an answer at all."""

from collections.abc import Mapping

import msgspec

from gateway.wire.counts import UsageOnWire
from router.attempt import Usage
from router.names import Answered, Endpoint

FINISHES = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
"""OpenAI's finish reasons; any other is reported as `_other`."""
_FINISH: Mapping[str | None, str] = {None: "", **{reason: reason for reason in FINISHES}}


class _End(msgspec.Struct):
    finish_reason: str | None = None


class _Answer(msgspec.Struct):
    model: Answered | None = None
    usage: UsageOnWire | None = None
    choices: list[_End] | None = None
    data: list[msgspec.Raw] | None = None
    service_tier: object = None


class NoAnswer(ValueError):
    """The bytes are not an answer: not JSON, no choices or data, or an error object under a success status."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """What an answer told: `usage` None when it did not say."""

    usage: Usage | None = None
    answered: Answered | None = None
    finish: str = ""


_decode = msgspec.json.Decoder(_Answer).decode


def told(body: bytes, endpoint: Endpoint) -> Told:
    """What the body of a successful answer tells. Raises `NoAnswer`; an oddity outside of what we read is the caller's to see."""
    try:
        answer = _decode(body)
    except msgspec.ValidationError:
        return _odd(body, endpoint)
    except (ValueError, RecursionError):
        raise NoAnswer("not JSON") from None
    carried = answer.data if endpoint == "embeddings" else answer.choices
    if not carried:
        raise NoAnswer("no content")
    usage = answer.usage
    return Told(
        None if usage is None else usage.usage(answer.service_tier, is_embedding=endpoint == "embeddings"),
        answer.model or None,
        _FINISH.get(answer.choices[0].finish_reason, "_other") if answer.choices else "",
    )


def finish_of(reason: str | None) -> str:
    """The finish reason from the closed set, `_other` for any other, empty for none."""
    return _FINISH.get(reason, "_other")


def _odd(body: bytes, endpoint: Endpoint) -> Told:
    """An answer whose members have other types than expected is still an answer when it carries something; its usage is unknown."""
    try:
        answer = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise NoAnswer("not JSON") from None
    if not isinstance(answer, Mapping) or not answer.get("data" if endpoint == "embeddings" else "choices"):
        raise NoAnswer("no content")
    return Told()
