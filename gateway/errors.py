"""Refusals to the caller, in OpenAI's shape.

    Refusal
    ├── BadRequest        400  malformed, wrong type, unknown model, forbidden field
    ├── Unauthorised      401  no key, or one that we do not know
    ├── Denied            403  policy does not allow it
    ├── NotFound          404  no such endpoint or model
    ├── WrongMethod       405
    ├── Conflict          409  not in a state in which that can be done
    ├── TooLate           408  the body did not arrive in time
    ├── TooLarge          413
    └── GaveUp            5xx/4xx  no target answered; status and code come from router.failures

Only what is written here may be shown to a caller; an exception of any other class is answered with a 500 that names the request id.
Messages never quote the request.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from router.failures import FAILURES

REPEATS: Mapping[str, bool] = MappingProxyType(
    {
        "batch_ended": False,
        "deadline_exceeded": False,  # the repetition would have the same deadline once more: nobody waits for it
        "internal_error": False,  # the same request meets the same defect, and may be billed again before it does
        "ledger_unavailable": False,  # until an operator has seen to it
        "locked_down": False,  # until an operator ends it
        "not_implemented": False,
        "missing_key": False,  # no repetition brings another key; coding agents repeat a 401 for minutes otherwise
        "unknown_key": False,
        "withdrawn": True,  # nothing was sent, and what is configured now may answer
    }
)
"""Codes for which it is settled whether the caller's SDK should repeat the request by itself. `advice` says what holds for the others."""


def advice(code: str, retry_after_s: float | None = None, *, is_tried: bool = False) -> dict[str, str]:
    """The headers that tell an SDK whether to repeat the request, and when. OpenAI's SDKs repeat 408, 409, 429 and 5xx twice by themselves.

    Who knows when it makes sense says so with `retry-after`. Otherwise a request for which attempts were made (`is_tried`) is not to be
    repeated, since the gateway has done that. Nothing is said where neither holds, nor for other 4xx: no client was seen to repeat them.
    """
    repeats = REPEATS.get(code)
    if retry_after_s is not None and repeats is not False:
        return {"retry-after": str(max(1, round(retry_after_s)))}
    return {"x-should-retry": "false"} if repeats is False or (is_tried and repeats is None) else {}


class Refusal(Exception):
    """A refusal: `code` is stable and for programs, `say` is a sentence for people that says what to do."""

    status = 400
    type = "invalid_request_error"

    def __init__(self, code: str, say: str, *, param: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(say)
        self.code = code
        self.say = say
        self.param = param
        self.headers = dict(headers or {})

    @property
    def body(self) -> bytes:
        """The JSON body."""
        return error_body(self.say, self.type, self.code, self.param)


class BadRequest(Refusal):
    """400: the request cannot be understood or may not be asked."""


class Unauthorised(Refusal):
    """401: the caller's key is missing or unknown."""

    status = 401
    type = "authentication_error"


class Denied(Refusal):
    """403: the policy does not allow it."""

    status = 403
    type = "permission_error"


class NotFound(Refusal):
    """404: no such endpoint or model."""

    status = 404


class WrongMethod(Refusal):
    """405: the endpoint exists, the method does not."""

    status = 405


class Conflict(Refusal):
    """409: it is not in a state in which that can be done."""

    status = 409


class TooLate(Refusal):
    """408: the body took too long to arrive."""

    status = 408


class TooLarge(Refusal):
    """413: the body is larger than the limit."""

    status = 413


class GaveUp(Refusal):
    """No target answered, or one refused: status and code come from the failure table."""

    def __init__(self, status: int, code: str, say: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code, say, headers=headers)
        self.status = status
        self.type = "invalid_request_error" if status < 500 else "server_error"


class OurBug(Refusal):
    """500: a defect of the gateway."""

    status = 500
    type = "server_error"

    def __init__(self) -> None:
        super().__init__(
            "internal_error",
            "The gateway failed. Try again; if it persists, report the x-request-id of this answer to its operator.",
            headers=advice("internal_error"),
        )


def error_body(say: str, kind: str, code: str | None, param: str | None = None) -> bytes:
    """An error in OpenAI's shape: all four members present, `param` and `code` nullable."""
    return msgspec.json.encode({"error": {"message": say, "type": kind, "param": param, "code": code}})


def error_event(say: str, code: str, more: Mapping[str, object] | None = None) -> bytes:
    """A server-sent event that ends a stream which had begun. OpenAI's SDKs raise on any event with an `error` member, and show `more`."""
    error = {"message": say, "type": "server_error", "param": None, "code": code, **(more or {})}
    return b"data: " + msgspec.json.encode({"error": error}) + b"\n\n"


CODES = (
    *sorted({failure.code for failure in FAILURES.values()}),
    *"malformed_json duplicate_key not_utf8 not_an_object too_deep missing_model bad_field forbidden_field model_not_found".split(),
    *"missing_key unknown_key policy_violation unknown_label body_too_large slow_body ambiguous_length encoded_body".split(),
    *"may_not_declassify may_not_ask_best no_room shutting_down caller_left internal_error not_found wrong_method".split(),
    *"unknown_request store_unavailable endpoint_not_served previous_response_not_found unknown_response".split(),
    *"not_a_form malformed_form not_implemented bad_timeout".split(),
    *"store_off store_full file_too_large unknown_file unknown_batch batch_ended".split(),
)
"""The error codes that callers may see, for the metrics."""
