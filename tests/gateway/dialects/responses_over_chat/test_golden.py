"""Golden pairs: requests and answers as the public references of both APIs have them, and what becomes of each."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.dialects.responses_over_chat.answers import ResponsesAnswers
from gateway.dialects.responses_over_chat.request import translated
from gateway.errors import BadRequest

CASES = sorted((Path(__file__).parents[3] / "golden" / "dialects" / "responses_over_chat").glob("*.json"))


def sent(event: Any) -> bytes:
    """An event as an engine sends it."""
    return b"data: " + (event if isinstance(event, str) else json.dumps(event)).encode() + b"\n\n"


def told(events: bytes) -> list[Any]:
    """What events say; each has its type as its name."""
    said = []
    for event in events.decode().removesuffix("\n\n").split("\n\n"):
        name, text = event.split("\n")
        said.append(json.loads(text.removeprefix("data: ")))
        assert name == f"event: {said[-1]['type']}"
    return said


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 50


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case(path: Path) -> None:
    case = json.loads(path.read_text())
    answers = ResponsesAnswers(case["asked"], "req_0a1b2c")
    if "refused" in case:
        with pytest.raises(BadRequest) as refusal:
            translated(case["asked"])
        assert {"code": refusal.value.code, "param": refusal.value.param} == case["refused"]
    elif "answer" in case:
        assert json.loads(answers.whole(json.dumps(case["answer"]).encode())) == case["translated"]
    elif "events" in case:
        assert told(b"".join(answers.events(sent(event)) for event in case["events"])) == case["translated"]
    else:
        assert (json.loads(json.dumps(translated(case["asked"]).fields)), list(translated(case["asked"]).lost)) == (
            case["translated"],
            case["lost"],
        )
