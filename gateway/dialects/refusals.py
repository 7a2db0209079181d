"""Errors in the words of the endpoint that was called: OpenAI's, but for Anthropic's own endpoints."""

from collections.abc import Mapping

import msgspec

from gateway.dialects.too_long import too_long
from gateway.errors import Refusal, error_event
from router.failures import FAILURES, event_status, recognise_event
from router.names import Endpoint

ANTHROPIC: frozenset[Endpoint | None] = frozenset({"messages", "count_tokens"})
"""Endpoints whose callers expect Anthropic's errors."""
TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""Anthropic's types of errors by status (their API reference, "Errors"). Any other 4xx is `invalid_request_error`, any 5xx `api_error`."""


_TOO_LONG = FAILURES["TOO_LONG"]


def refused(refusal: Refusal, endpoint: Endpoint | None, request_id: str) -> tuple[int, bytes]:
    """The status and the body of a refusal. `code` and `param` are kept beside what Anthropic's errors have: no client minds."""
    if endpoint not in ANTHROPIC:
        return refusal.status, refusal.body
    told = msgspec.json.decode(refusal.body)["error"]
    status, say = refusal.status, told["message"]
    if refusal.code == _TOO_LONG.code and (said := too_long(say)) != say:
        status, say = _TOO_LONG.status, said
    error = {"type": type_of(status), "message": say, "code": told["code"], "param": told["param"]}
    return status, msgspec.json.encode({"type": "error", "error": error, "request_id": request_id})


def type_of(status: int) -> str:
    """Anthropic's type of error for a status."""
    return TYPES.get(status) or ("invalid_request_error" if status < 500 else "api_error")


def openais_type(event: bytes) -> str:
    """OpenAI's type of error for the error of a stream, whoever's words it is in. `event` is its JSON."""
    if recognise_event(event).is_about_request:
        return "invalid_request_error"
    return "rate_limit_error" if event_status(event) == 429 else "server_error"


def broken_off(say: str, code: str, endpoint: Endpoint | None, more: Mapping[str, object] | None = None, number: int = 0) -> bytes:
    """The event that ends a stream which had begun, where nobody says anything else. `number` is its place among Responses' events."""
    if endpoint in ANTHROPIC:
        error = {"type": "api_error", "message": say, "code": code, **(more or {})}
        return b"event: error\ndata: " + msgspec.json.encode({"type": "error", "error": error}) + b"\n\n"
    if endpoint == "responses":
        return _response_failed({"code": code, "message": say, "param": None, **(more or {})}, number)
    return error_event(say, code, more)


def _response_failed(told: Mapping[str, object], number: int) -> bytes:
    """What ends a response: OpenAI's SDKs raise at the inner form of the error, others pass that by and read the failed response."""
    error = {"type": "error", "sequence_number": number, **told, "error": {"type": "server_error", **told}}
    failed = {"object": "response", "status": "failed", "error": {"code": told["code"], "message": told["message"]}, "output": []}
    last = {"type": "response.failed", "sequence_number": number + 1, "response": failed}
    return b"event: error\ndata: %b\n\nevent: response.failed\ndata: %b\n\n" % (msgspec.json.encode(error), msgspec.json.encode(last))
