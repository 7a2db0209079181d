"""What a caller sees when no target could serve: the failure table's sentence, or the target's own refusal in OpenAI's shape."""

from collections.abc import Mapping

import msgspec
from typing_extensions import override

from gateway.errors import GaveUp, advice, error_body
from router.steps import GiveUp

_LONGEST = 4_000
"""Characters of a target's own message that are passed on."""


class TheirRefusal(GaveUp):
    """A target refused the request for a reason that lies in the request: its own message, type, param and code, in OpenAI's shape.

    Those are for the caller alone: any of them may quote the request. `code`, which is logged, is the failure table's.
    """

    def __init__(self, status: int, code: str, say: str, kind: str, param: str | None, their_code: str) -> None:
        super().__init__(status, code, say)
        self.type = kind
        self.param = param
        self.their_code = their_code

    @property
    @override
    def body(self) -> bytes:
        return error_body(self.say, self.type, self.their_code, self.param)


def caller_sees(gave_up: GiveUp, attempts: int) -> GaveUp:
    """The refusal for `gave_up`. When the gateway has tried already, SDKs are told not to multiply that by their own retries."""
    failure = gave_up.failure
    if gave_up.body:
        return _theirs(gave_up)
    headers = advice(failure.code, gave_up.retry_after_s, is_tried=attempts > 0)
    say = f"{failure.say} {gave_up.cause.say}" if gave_up.cause else failure.say
    return GaveUp(gave_up.status or failure.status, failure.code, say, headers=headers)


def _theirs(gave_up: GiveUp) -> GaveUp:
    failure = gave_up.failure
    error = _error_object(gave_up.body)
    message, kind, param, code = (error.get(name) for name in ("message", "type", "param", "code"))
    return TheirRefusal(
        gave_up.status or failure.status,
        failure.code,
        message[:_LONGEST] if isinstance(message, str) and message else failure.say,
        kind[:_LONGEST] if isinstance(kind, str) and kind else "invalid_request_error",
        param[:_LONGEST] if isinstance(param, str) else None,
        code[:_LONGEST] if isinstance(code, str) and code else failure.code,
    )


def _error_object(body: bytes) -> Mapping[str, object]:
    """The error in any of the shapes that engines use: `{"error": {...}}`, `{"error": "..."}`, or the members at the top.

    In Anthropic's shape the top says by a `type` that it is an error. What type of error it is OpenAI has other names for.
    """
    try:
        decoded = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(decoded, dict):
        return {}
    error = decoded.get("error", decoded)
    if isinstance(error, str):
        return {"message": error}
    if not isinstance(error, dict):
        return {}
    return {**error, "type": None} if decoded.get("type") == "error" else error
