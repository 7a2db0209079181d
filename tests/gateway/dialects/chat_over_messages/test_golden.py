"""Every file of tests/golden/dialects/chat_over_messages is one case, written by hand from the references of both APIs."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.dialects.chat_over_messages.answers import ChatAnswers
from gateway.dialects.chat_over_messages.request import translated
from gateway.errors import BadRequest
from gateway.wire.sse import payload, split

GOLDEN = Path(__file__).parents[3] / "golden" / "dialects" / "chat_over_messages"
CASES = {file.stem: file.read_bytes() for file in sorted(GOLDEN.glob("*.json"))}
REQUEST_ID = "req_0123456789abcdef"


def sent(event: Any) -> bytes:
    return f"event: {event['type']}\n".encode() + b"data: " + msgspec.json.encode(event) + b"\n\n"


def heard(block: bytes) -> list[Any]:
    return [
        msgspec.json.decode(text) if (text := payload(event)).startswith(b"{") else (text or event.strip()).decode()
        for event in split(block)
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_golden_case(name: str) -> None:
    case = msgspec.json.decode(CASES[name])
    answers = ChatAnswers(case["asked"], REQUEST_ID, 7)
    if "answer" in case:
        assert msgspec.json.decode(answers.whole(msgspec.json.encode(case["answer"]))) == case["translated"]
    elif "events" in case:
        assert heard(b"".join(answers.events(sent(event)) for event in case["events"])) == case["translated"]
    elif "refused" in case:
        with pytest.raises(BadRequest) as refusal:
            translated(case["asked"])
        assert {"code": refusal.value.code, "param": refusal.value.param} == case["refused"]
    else:
        assert translated(case["asked"]) == (case["translated"], tuple(case["lost"]))
