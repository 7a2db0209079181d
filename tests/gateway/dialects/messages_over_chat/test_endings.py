import pytest

from gateway.dialects.messages_over_chat.endings import Calls, calls_in, error, stopped, used
from router.failures import FAILURES


@pytest.mark.parametrize(
    ("finish", "matched", "calls", "reason", "sequence"),
    [
        ("stop", "", "none", "end_turn", None),
        ("", "", "none", "end_turn", None),
        ("whatever", "", "none", "end_turn", None),
        ("length", "", "none", "max_tokens", None),
        ("length", "", "whole", "max_tokens", None),
        ("length", "END", "cut", "max_tokens", None),
        ("tool_calls", "", "whole", "tool_use", None),
        ("tool_calls", "", "cut", "tool_use", None),
        ("stop", "", "whole", "tool_use", None),
        ("stop", "END", "none", "stop_sequence", "END"),
        ("stop", "END", "whole", "tool_use", None),
        ("tool_calls", "END", "cut", "stop_sequence", "END"),
    ],
)
def test_why_it_stopped(finish: str, matched: str, calls: Calls, reason: str, sequence: str | None) -> None:
    assert stopped(finish, matched, calls, refused=False) == {"stop_reason": reason, "stop_sequence": sequence}


@pytest.mark.parametrize(("finish", "refused"), [("content_filter", False), ("stop", True), ("length", True)])
def test_a_refusal_is_one_however_it_is_said(finish: str, refused: bool) -> None:
    ending = stopped(finish, "", "none", refused=refused)
    assert ending["stop_reason"] == "refusal"
    assert ending["stop_details"] == {"type": "refusal", "category": None, "explanation": None}


@pytest.mark.parametrize(
    ("arguments", "calls"),
    [([], "none"), (["{}", ""], "whole"), (['{"a":1}'], "whole"), (["{}", '{"a":'], "cut"), (["[1]"], "cut")],
)
def test_whether_calls_are_whole(arguments: list[str], calls: Calls) -> None:
    assert calls_in(arguments) == calls


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        pytest.param(None, (0, 0, 0, 0), id="nothing told"),
        pytest.param({"prompt_tokens": "many"}, (0, 0, 0, 0), id="no numbers"),
        pytest.param([], (0, 0, 0, 0), id="another form"),
        pytest.param({"prompt_tokens": 10, "completion_tokens": 4}, (10, 0, 0, 4), id="in and out"),
        pytest.param(
            {"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 6}}, (4, 0, 6, 4), id="from a cache"
        ),
        pytest.param(
            {"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 6, "cache_write_tokens": 3}},
            (1, 3, 6, 4),
            id="and into it",
        ),
    ],
)
def test_what_it_used(told: object, counts: tuple[int, int, int, int]) -> None:
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    assert used(told) == dict(zip(names, counts, strict=True))


def test_thoughts_are_counted_apart() -> None:
    told = {"prompt_tokens": 10, "completion_tokens": 40, "completion_tokens_details": {"reasoning_tokens": 30}}
    assert used(told)["output_tokens_details"] == {"thinking_tokens": 30}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (FAILURES["OVERLOADED"].code, {429: "rate_limit_error", 503: "overloaded_error"}[FAILURES["OVERLOADED"].status]),
        (429, "rate_limit_error"),
        ("429", "rate_limit_error"),
        (400, "invalid_request_error"),
        (422, "invalid_request_error"),
        (529, "overloaded_error"),
        (504, "timeout_error"),
        (500, "api_error"),
        (None, "api_error"),
        ("strange", "api_error"),
        (["odd"], "api_error"),
        (True, "api_error"),
    ],
)
def test_an_error_has_anthropics_type(code: object, kind: str) -> None:
    assert error({"message": "m", "type": "server_error", "code": code}) == {"type": kind, "message": "m", "code": code}


def test_an_error_keeps_what_it_has_beside() -> None:
    said = error({"message": None, "param": None, "request_id": "req_1"})
    assert said == {"type": "api_error", "message": "The model failed. Try again.", "param": None, "request_id": "req_1"}
