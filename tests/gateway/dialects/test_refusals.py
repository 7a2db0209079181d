import msgspec
import pytest

from gateway.dialects.refusals import broken_off, refused, type_of
from gateway.errors import BadRequest, GaveUp
from gateway.wire.sse import payload, split


def test_anthropics_endpoints_get_anthropics_errors() -> None:
    said = msgspec.json.decode(refused(BadRequest("bad_field", "Say more.", param="messages"), "messages", "req_1"))
    assert said == {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "Say more.", "code": "bad_field", "param": "messages"},
        "request_id": "req_1",
    }


@pytest.mark.parametrize("endpoint", ["chat", "responses", "rerank", None])
def test_all_others_get_openais(endpoint: None) -> None:
    refusal = GaveUp(503, "unavailable", "Try later.")
    assert refused(refusal, endpoint, "req_1") == refusal.body


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
