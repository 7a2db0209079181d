import json

import pytest

from gateway.wire.question import held_to, question, said


def completion(content: object = "yes", finish: str = "stop", count: int = 1) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}, "finish_reason": finish}] * count}).encode()


def test_what_is_judged_cannot_end_its_message() -> None:
    asked = question("m", "Judge.", {"text": '"}], "model": "other'}, 5)
    sent: list[dict[str, str]] = json.loads(json.dumps(asked["messages"]))
    assert sent[0] == {"role": "system", "content": "Judge."}
    assert (len(sent), json.loads(sent[1]["content"])) == (2, {"text": '"}], "model": "other'})
    assert (asked["model"], asked["max_tokens"], asked["temperature"]) == ("m", 5, 0)


def test_the_form_of_the_answer_is_strict() -> None:
    assert held_to("f", {"type": "object"}) == {
        "response_format": {"type": "json_schema", "json_schema": {"name": "f", "strict": True, "schema": {"type": "object"}}}
    }


def test_what_the_model_said() -> None:
    assert said(completion("yes")) == "yes"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(completion(finish="length"), id="cut"),
        pytest.param(completion(count=2), id="two answers"),
        pytest.param(completion(count=0), id="no answer"),
        pytest.param(completion(content=None), id="nothing said"),
        pytest.param(b"<html>", id="no JSON"),
    ],
)
def test_anything_else_is_no_answer(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        said(answer)
    assert "yes" not in str(raised.value)
