import msgspec
import pytest

from gateway.wire.refusals import caller_sees
from router.failures import FAILURES, Kind
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


def test_anthropics_types_of_errors_are_not_shown_as_openais() -> None:
    body = b'{"type":"error","error":{"type":"request_too_large","message":"too large"},"request_id":"req_1"}'
    seen = caller_sees(GiveUp(FAILURES["TOO_LONG"], status=413, body=body), 1)
    error = {"message": "too large", "type": "invalid_request_error", "param": None, "code": "context_length_exceeded"}
    assert msgspec.json.decode(seen.body) == {"error": error}


def test_what_a_target_says_is_for_the_caller_and_its_code_not_for_the_log() -> None:
    body = b'{"error":{"message":"canary m","type":"canary t","param":"canary p","code":"canary c"}}'
    seen = caller_sees(GiveUp(FAILURES["BAD_REQUEST"], status=400, body=body), 1)
    assert seen.code == "bad_request"
    assert msgspec.json.decode(seen.body) == msgspec.json.decode(body)


def test_a_failure_says_what_to_do_and_how_long_to_wait() -> None:
    seen = caller_sees(GiveUp(FAILURES["OVERLOADED"], retry_after_s=2.4), 2)
    assert (seen.status, seen.headers) == (503, {"retry-after": "2"})


NEVER = {"x-should-retry": "false"}
AFTER_2_S = {"retry-after": "2"}


@pytest.mark.parametrize(
    ("kind", "untried", "tried", "knows_when"),
    [
        pytest.param("UNAVAILABLE", {}, NEVER, AFTER_2_S, id="unavailable"),
        pytest.param("LOCAL_UNAVAILABLE", {}, NEVER, AFTER_2_S, id="unavailable at home"),
        pytest.param("UNREACHABLE", {}, NEVER, AFTER_2_S, id="ours is the retry, and no SDK multiplies it"),
        pytest.param("OVERLOADED", {}, NEVER, AFTER_2_S, id="at its limit"),
        pytest.param("FULL", {}, NEVER, AFTER_2_S, id="no room"),
        pytest.param("OVERDUE", NEVER, NEVER, NEVER, id="the caller's time is over, also where a breaker knows when"),
        pytest.param("LOCKED_DOWN", NEVER, NEVER, NEVER, id="a lockdown ends when somebody ends it"),
        pytest.param("LEDGER_UNAVAILABLE", NEVER, NEVER, NEVER, id="nothing leaves without a record"),
        pytest.param("OUR_BUG", NEVER, NEVER, NEVER, id="a defect"),
        pytest.param("WITHDRAWN", {}, {}, AFTER_2_S, id="nothing was sent, and other targets are configured now"),
    ],
)
def test_sdks_are_told_whether_and_when_to_repeat(
    kind: Kind, untried: dict[str, str], tried: dict[str, str], knows_when: dict[str, str]
) -> None:
    failure = FAILURES[kind]
    assert caller_sees(GiveUp(failure), 0).headers == untried
    assert caller_sees(GiveUp(failure), 3).headers == tried
    assert caller_sees(GiveUp(failure, retry_after_s=2.4), 0).headers == knows_when
    assert caller_sees(GiveUp(failure, retry_after_s=2.4), 3).headers == knows_when
