import pytest

from gateway.dialects.responses_over_chat.output import Call, Fields, Growing, Message, Thought
from gateway.dialects.responses_over_chat.tools import Tool
from gateway.dialects.said import CallPiece


class Listener:
    def __init__(self) -> None:
        self.kinds: list[str] = []

    def __call__(self, kind: str, members: Fields) -> None:
        self.kinds.append(kind)


@pytest.mark.parametrize(
    ("kind", "arguments", "member", "taken"),
    [
        ("function", "{bro", "arguments", "{bro"),
        ("custom", '{"input":"a"}', "input", "a"),
        ("custom", "plain text", "input", "plain text"),
        ("custom", '{"input":7}', "input", '{"input":7}'),
        ("custom", '["a"]', "input", '["a"]'),
        ("tool_search", '{"query":"a"}', "arguments", {"query": "a"}),
        ("tool_search", "{bro", "arguments", "{bro"),
        ("tool_search", "7", "arguments", "7"),
        ("tool_search", "[" * 100_000, "arguments", "[" * 100_000),
    ],
)
def test_arguments_that_a_model_got_wrong_are_shown_as_they_are(kind: str, arguments: str, member: str, taken: object) -> None:
    call = Call(Growing(Listener(), "x_1", 0), Tool(kind, "", "t"), "call_1")
    call.say(arguments)
    call.close("completed")
    assert call.shown()[member] == taken


def test_a_call_is_another_one_when_it_has_another_id_and_a_name() -> None:
    call = Call(Growing(Listener(), "fc_1", 0), Tool("function", "", "t"), "call_1")
    pieces = [
        CallPiece(0, "call_1", "t", ""),
        CallPiece(0, "", "", "{}"),
        CallPiece(0, "call_2", "", "{}"),
        CallPiece(0, "call_2", "t", ""),
    ]
    assert [call.is_another(piece) for piece in pieces] == [False, False, False, True]


def test_a_message_may_speak_and_then_refuse() -> None:
    tell = Listener()
    message = Message(Growing(tell, "msg_1", 0))
    message.say("I", [{"token": "I"}])
    message.annotate({"type": "url_citation"})
    message.refuse("No.")
    message.say("But")
    message.close("completed")
    assert message.shown()["content"] == [
        {"type": "output_text", "text": "I", "annotations": [{"type": "url_citation"}], "logprobs": [{"token": "I"}]},
        {"type": "refusal", "refusal": "No."},
        {"type": "output_text", "text": "But", "annotations": [], "logprobs": []},
    ]
    assert [kind for kind in tell.kinds if kind.endswith("done")] == [
        *("output_text.done", "content_part.done"),
        *("refusal.done", "content_part.done"),
        *("output_text.done", "content_part.done", "output_item.done"),
    ]


def test_a_message_without_parts_ends_without_any() -> None:
    tell = Listener()
    Message(Growing(tell, "msg_1", 0)).close("incomplete")
    assert tell.kinds == ["output_item.added", "output_item.done"]


def test_a_thought_is_shown_with_what_was_thought_so_far() -> None:
    thought = Thought(Growing(Listener(), "rs_1", 0), is_summary=False)
    thought.say("a")
    thought.say("b")
    assert (thought.shown()["status"], thought.shown()["content"]) == ("in_progress", [{"type": "reasoning_text", "text": "ab"}])
