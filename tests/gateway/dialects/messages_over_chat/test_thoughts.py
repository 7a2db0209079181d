from typing import Any

import msgspec

from gateway.dialects.messages_over_chat.thoughts import OURS, without_ours
from gateway.wire.ask import decode
from router.decision import Target
from router.labels import Labels
from router.names import Endpoint, Sent, TargetName

ASKED: dict[str, Any] = {"role": "user", "content": "a"}
SAID: dict[str, Any] = {"type": "text", "text": "b"}
OUR_THOUGHT: dict[str, Any] = {"type": "thinking", "thinking": "hm", "signature": "tidegate"}
THEIRS: dict[str, Any] = {"type": "thinking", "thinking": "hm", "signature": "EqQB"}


def turn(*blocks: object) -> dict[str, object]:
    return {"role": "assistant", "content": list(blocks)}


def test_thoughts_of_ours_are_left_out_and_no_others() -> None:
    fields = {"model": "m", "messages": [ASKED, turn(OUR_THOUGHT, SAID), turn(OUR_THOUGHT), turn(THEIRS, SAID)]}
    assert without_ours(fields) == {"model": "m", "messages": [ASKED, turn(SAID), turn(THEIRS, SAID)]}


def test_anthropics_own_api_does_not_get_them_and_a_local_engine_does() -> None:
    speaks: frozenset[Endpoint] = frozenset({"messages"})
    body = msgspec.json.encode({"model": "m", "max_tokens": 5, "messages": [ASKED, turn(OUR_THOUGHT, SAID), ASKED]})
    ask = decode(body, "messages")
    outside = Target(TargetName("claude"), "external", Labels().highest, Sent("claude"), speaks=speaks)
    inside = Target(TargetName("qwen"), "local", Labels().highest, Sent("qwen"), speaks=speaks)
    assert OURS not in ask.way_to(outside)[-1].body_for(outside)
    assert OURS in ask.way_to(inside)[-1].body_for(inside)
