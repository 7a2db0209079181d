"""Every file of tests/golden/dialects/messages_over_chat is one case: what was asked, what is sent, what comes back, as written by hand
from the references of both APIs."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.dialects.messages_over_chat.answers import MessagesAnswers
from gateway.dialects.messages_over_chat.request import translated
from gateway.errors import BadRequest
from gateway.wire.sse import payload, split

GOLDEN = Path(__file__).parents[3] / "golden" / "dialects" / "messages_over_chat"
CASES = {file.stem: file.read_bytes() for file in sorted(GOLDEN.glob("*.json"))}
REQUEST_ID = "req_0123456789abcdef"


def sent(event: Any) -> bytes:
    """An event as the target sends it: strings are written as they are."""
    return (event if isinstance(event, str) else "data: " + msgspec.json.encode(event).decode()).encode() + b"\n\n"


def heard(block: bytes) -> list[Any]:
    events = [(each.split(b"\n")[0], msgspec.json.decode(payload(each))) for each in split(block)]
    assert all(name == b"event: " + data["type"].encode() for name, data in events)
    return [data for _, data in events]


@pytest.mark.parametrize("name", CASES)
def test_a_golden_case(name: str) -> None:
    case = msgspec.json.decode(CASES[name])
    if "answer" in case:
        answer = MessagesAnswers(case["asked"], REQUEST_ID).whole(msgspec.json.encode(case["answer"]))
        assert msgspec.json.decode(answer) == case["translated"]
    elif "events" in case:
        answers = MessagesAnswers(case["asked"], REQUEST_ID)
        assert heard(b"".join(answers.events(sent(event)) for event in case["events"])) == case["translated"]
    elif "refused" in case:
        with pytest.raises(BadRequest) as refusal:
            translated(case["asked"])
        assert {"code": refusal.value.code, "param": refusal.value.param} == case["refused"]
    else:
        assert translated(case["asked"]) == (case["translated"], tuple(case["lost"]))


def test_there_are_cases_of_each_kind() -> None:
    cases = [msgspec.json.decode(case) for case in CASES.values()]
    assert {kind for kind in ("answer", "events", "refused", "lost") if sum(kind in case for case in cases) > 2} == {
        "answer",
        "events",
        "refused",
        "lost",
    }
