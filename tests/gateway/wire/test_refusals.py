import msgspec
import pytest

from gateway.wire.refusals import caller_sees
from router.failures import FAILURES
from router.steps import GiveUp


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b'{"error":{"message":"too long","type":"t","param":"p","code":"c"}}', "too long", id="OpenAI's"),
        pytest.param(b'{"object":"error","message":"too long","code":400}', "too long", id="vLLM's older one"),
        pytest.param(b'{"error":"too long"}', "too long", id="a string"),
        pytest.param(b'{"error":{"message":"too long","code":400,"type":"BadRequestError","param":null}}', "too long", id="vLLM's"),
        pytest.param(b"<html>", FAILURES["BAD_REQUEST"].say, id="html is not shown"),
        pytest.param(b"[1]", FAILURES["BAD_REQUEST"].say, id="a list is not shown"),
        pytest.param(b'{"error":{"message":{"a":1}}}', FAILURES["BAD_REQUEST"].say, id="a message that is no string"),
    ],
)
def test_a_targets_refusal_takes_openais_shape(body: bytes, message: str) -> None:
    seen = caller_sees(GiveUp(FAILURES["BAD_REQUEST"], status=422, body=body), 1)
    error = msgspec.json.decode(seen.body)["error"]
    assert seen.status == 422
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"] == message
    assert isinstance(error["code"], str)


def test_what_a_target_says_is_for_the_caller_and_its_code_not_for_the_log() -> None:
    body = b'{"error":{"message":"canary m","type":"canary t","param":"canary p","code":"canary c"}}'
    seen = caller_sees(GiveUp(FAILURES["BAD_REQUEST"], status=400, body=body), 1)
    assert seen.code == "bad_request"
    assert msgspec.json.decode(seen.body) == msgspec.json.decode(body)


def test_a_failure_says_what_to_do_and_how_long_to_wait() -> None:
    seen = caller_sees(GiveUp(FAILURES["OVERLOADED"], retry_after_s=2.4), 2)
    assert (seen.status, seen.headers) == (503, {"retry-after": "2"})


def test_after_attempts_of_ours_the_sdk_is_told_not_to_multiply_them() -> None:
    assert caller_sees(GiveUp(FAILURES["UNREACHABLE"]), 3).headers == {"x-should-retry": "false"}
    assert caller_sees(GiveUp(FAILURES["UNAVAILABLE"]), 0).headers == {}
