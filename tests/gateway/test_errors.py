import msgspec
import pytest

from gateway import errors
from gateway.errors import CODES, REPEATS, GaveUp, OurBug, Refusal, error_body, error_event
from tests.fakes.codes import raised

OPERATORS = {"bad_configuration", "from_a_web_page", "no_worker", "no_prompt", "two_prompts"}
"""Codes that operators see, at paths that no metric counts."""
NO_REQUESTS = {"headers_too_large", "malformed_http"}
"""Codes of what never became a request."""


@pytest.mark.parametrize(
    "refusal,status,kind",
    [
        (errors.BadRequest("c", "Say it."), 400, "invalid_request_error"),
        (errors.Unauthorised("c", "Say it."), 401, "authentication_error"),
        (errors.Denied("c", "Say it."), 403, "permission_error"),
        (errors.NotFound("c", "Say it."), 404, "invalid_request_error"),
        (errors.WrongMethod("c", "Say it."), 405, "invalid_request_error"),
        (errors.TooLate("c", "Say it."), 408, "invalid_request_error"),
        (errors.TooLarge("c", "Say it.", param="p"), 413, "invalid_request_error"),
        (GaveUp(400, "c", "Say it."), 400, "invalid_request_error"),
        (GaveUp(503, "c", "Say it."), 503, "server_error"),
        (OurBug(), 500, "server_error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Refusal) else None,
)
def test_every_refusal_has_openai_s_shape(refusal: Refusal, status: int, kind: str) -> None:
    assert refusal.status == status
    assert msgspec.json.decode(refusal.body) == {
        "error": {"message": refusal.say, "type": kind, "param": refusal.param, "code": refusal.code}
    }


def test_what_is_settled_of_repetitions_is_settled_for_codes_that_there_are() -> None:
    assert set(REPEATS) <= set(CODES)
    assert OurBug().headers == {"x-should-retry": "false"}


def test_headers_are_copied() -> None:
    headers = {"a": "b"}
    refusal = errors.BadRequest("c", "Say it.", headers=headers)
    headers.clear()
    assert refusal.headers == {"a": "b"}


def test_an_error_event_is_one_event_with_the_same_object() -> None:
    assert error_event("Say it.", "c") == b"data: " + error_body("Say it.", "server_error", "c") + b"\n\n"


def test_every_code_that_somebody_raises_is_known_to_the_metrics() -> None:
    codes = set(raised())
    assert len(codes) > 30
    assert codes - set(CODES) == OPERATORS | NO_REQUESTS
