import msgspec
import pytest

from gateway.dialects.refusals import broken_off, openais_type, refused, type_of
from gateway.errors import BadRequest, GaveUp
from gateway.wire.sse import payload, split


def test_anthropics_endpoints_get_anthropics_errors() -> None:
    status, body = refused(BadRequest("bad_field", "Say more.", param="messages"), "messages", "req_1")
    assert status == 400
    assert msgspec.json.decode(body) == {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "Say more.", "code": "bad_field", "param": "messages"},
        "request_id": "req_1",
    }


@pytest.mark.parametrize("endpoint", ["chat", "responses", "rerank", None])
def test_all_others_get_openais(endpoint: None) -> None:
    refusal = GaveUp(503, "unavailable", "Try later.")
    assert refused(refusal, endpoint, "req_1") == (503, refusal.body)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_anthropics_clients_are_told_that_a_prompt_is_too_long_in_the_words_they_look_for(status: int) -> None:
    refusal = GaveUp(status, "context_length_exceeded", "The input (80 tokens) is longer than the model's context length (64 tokens).")
    told, body = refused(refusal, "messages", "req_1")
    error = msgspec.json.decode(body)["error"]
    assert (told, error["type"], error["message"]) == (400, "invalid_request_error", "prompt is too long: 80 tokens > 64 maximum")
    assert refused(refusal, "chat", "req_1") == (status, refusal.body)


def test_that_too_many_bytes_came_is_told_as_anthropic_told_it() -> None:
    status, body = refused(GaveUp(413, "context_length_exceeded", "Request exceeds the maximum size"), "messages", "req_1")
    error = msgspec.json.decode(body)["error"]
    assert (status, error["type"], error["message"]) == (413, "request_too_large", "Request exceeds the maximum size")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, "authentication_error"),
        (413, "request_too_large"),
        (422, "invalid_request_error"),
        (429, "rate_limit_error"),
        (502, "api_error"),
    ],
)
def test_the_type_is_the_statuss(status: int, kind: str) -> None:
    assert type_of(status) == kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "overloaded_error"}, "server_error"),
        ({"type": "api_error"}, "server_error"),
        ({"type": "authentication_error"}, "server_error"),
        ({"type": "rate_limit_error"}, "rate_limit_error"),
        ({"type": "invalid_request_error"}, "invalid_request_error"),
        ({"type": "invalid_request_error", "message": "This organization has been disabled."}, "server_error"),
        ({"type": "request_too_large"}, "invalid_request_error"),
        ({}, "server_error"),
    ],
)
def test_an_error_of_a_stream_has_a_type_of_openais(error: dict[str, str], kind: str) -> None:
    assert openais_type(msgspec.json.encode(error)) == kind


def test_a_stream_breaks_off_in_the_words_of_its_endpoint() -> None:
    chat = broken_off("Cut.", "upstream_interrupted", "chat", {"retryable": True})
    assert chat.startswith(b'data: {"error":{"message":"Cut."') and b'"retryable":true' in chat
    messages = broken_off("Cut.", "upstream_interrupted", "messages", {"retryable": True})
    assert messages.startswith(b'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"Cut."')
    responses = broken_off("Cut.", "upstream_interrupted", "responses", {"retryable": True}, 7)
    told = {"code": "upstream_interrupted", "message": "Cut.", "param": None, "retryable": True}
    assert responses.startswith(b"event: error\ndata: ")
    error, failed = (msgspec.json.decode(payload(event)) for event in split(responses))
    assert error == {"type": "error", "sequence_number": 7, **told, "error": {"type": "server_error", **told}}
    assert (failed["type"], failed["sequence_number"], failed["response"]["status"]) == ("response.failed", 8, "failed")
    assert failed["response"]["error"] == {"code": "upstream_interrupted", "message": "Cut."}
