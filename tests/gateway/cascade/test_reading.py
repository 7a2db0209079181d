import json
from typing import Any

import pytest

from gateway.cascade.forms import Form
from gateway.cascade.reading import Reading
from router.cascade import Evidence


def choice(index: int = 0, *, finish: str | None = "stop", logprobs: list[float] | None = None, **message: Any) -> dict[str, Any]:
    told = None if logprobs is None else {"content": [{"token": "x", "logprob": value, "bytes": None} for value in logprobs]}
    return {"index": index, "message": {"role": "assistant", "content": None} | message, "finish_reason": finish, "logprobs": told}


def of(*choices: dict[str, Any], form: Form = "text") -> Evidence:
    reading = Reading()
    reading.whole(json.dumps({"choices": choices, "usage": {}, "x": 1}).encode())
    return reading.evidence(form, is_whole=True)


CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
BAD_CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": '}}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(of(choice(content="a")), Evidence(), id="an answer"),
        pytest.param(of(choice(content="a", logprobs=[-1.0, -0.5])), Evidence(mean_logprob=-0.75), id="with log-probabilities"),
        pytest.param(of(choice(content="a", logprobs=[-9999.0, 0.0])), Evidence(mean_logprob=-10.0), id="never is no number"),
        pytest.param(of(choice(content="a", logprobs=[])), Evidence(), id="with none of them"),
        pytest.param(of(choice(content=" \n")), Evidence(is_empty=True), id="white space"),
        pytest.param(of(choice()), Evidence(is_empty=True), id="nothing"),
        pytest.param(of(choice(reasoning="so ...", finish="length")), Evidence(is_empty=True, is_cut=True), id="thought, and said nothing"),
        pytest.param(of(choice(content="a", finish="length")), Evidence(is_cut=True), id="cut"),
        pytest.param(of(choice(content="I cannot answer.")), Evidence(refuses=True), id="it declines"),
        pytest.param(of(choice(refusal="No.")), Evidence(refuses=True), id="it says that it declines"),
        pytest.param(of(choice(content="a"), form="json"), Evidence(fits=False), id="no JSON"),
        pytest.param(of(choice(content="{}"), form="json"), Evidence(), id="JSON"),
        pytest.param(of(choice(tool_calls=[CALL]), form="json"), Evidence(), id="a call of a tool needs no text"),
        pytest.param(of(choice(tool_calls=[BAD_CALL])), Evidence(fits=False), id="arguments that are no JSON"),
        pytest.param(of(choice(function_call={"name": "f", "arguments": "{}"})), Evidence(), id="a call of the old kind"),
        pytest.param(of(choice(tool_calls=[{"id": "1", "type": "custom"}])), Evidence(), id="a call of another kind"),
        pytest.param(
            of(choice(content="a", logprobs=[-0.1]), choice(1, finish="length", logprobs=[-2.0])),
            Evidence(is_empty=True, is_cut=True, mean_logprob=-2.0),
            id="of several choices the worst",
        ),
        pytest.param(of(), Evidence(is_empty=True), id="no choices"),
        pytest.param(
            of({"index": 0, "text": "a", "logprobs": {"token_logprobs": [None, -0.5]}}), Evidence(mean_logprob=-0.5), id="a completion"
        ),
        pytest.param(
            of({"index": 0, "message": {"content": [{"text": "a"}]}}, form="json"), Evidence(), id="an odd one speaks against nothing"
        ),
    ],
)
def test_what_is_known_of_an_answer(seen: Evidence, expected: Evidence) -> None:
    assert seen == expected


def event(delta: dict[str, Any], finish: str | None = None, logprobs: list[float] | None = None, line: bytes = b"\n\n") -> bytes:
    one = choice(finish=finish, logprobs=logprobs)
    one["delta"] = delta
    del one["message"]
    return b"data: " + json.dumps({"choices": [one]}).encode() + line


def test_a_stream_is_put_together() -> None:
    reading = Reading()
    reading.stream(event({"role": "assistant", "content": ""}))
    reading.stream(
        b": a comment\n\n" + event({"content": "I can"}, logprobs=[-1.0]) + event({"content": "not answer"}, logprobs=[-2.0, -3.0])
    )
    assert reading.evidence("text", is_whole=False) == Evidence(is_whole=False, refuses=True, mean_logprob=-2.0)
    reading.stream(event({}, finish="length", line=b"\r\n\r\n") + b"data: [DONE]\r\n\r\n")
    assert reading.evidence("text", is_whole=True) == Evidence(refuses=True, is_cut=True, mean_logprob=-2.0)
    assert (reading.text, reading.events, reading.tokens) == ("I cannot answer", 4, 4)


def test_the_arguments_of_calls_are_put_together() -> None:
    reading = Reading()
    for index, arguments in ((0, '{"a"'), (1, "{"), (0, ": 1}"), (1, "}")):
        reading.stream(event({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}))
    assert reading.evidence("text", is_whole=True) == Evidence()


def test_tokens_are_counted_by_events_where_the_engine_does_not_tell_them() -> None:
    reading = Reading()
    reading.stream(event({"content": "a"}) * 5)
    assert reading.tokens == 5
    reading.stream(event({"content": "a"}, logprobs=[-0.1] * 9))
    assert reading.tokens == 9


def test_nothing_was_said_before_something_came() -> None:
    reading = Reading()
    assert (reading.text, reading.tokens) == ("", 0)
    reading.stream(b"data: {broken\n\n")
    assert reading.evidence("json", is_whole=True) == Evidence()
    assert "secret" not in repr(reading)
