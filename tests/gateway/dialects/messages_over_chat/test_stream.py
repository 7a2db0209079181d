from typing import Any

import msgspec
import pytest

from gateway.dialects.messages_over_chat.pieces import SIGNATURE, Piece
from gateway.dialects.messages_over_chat.stream import Blocks, event
from gateway.wire.sse import payload


def told(events: Any) -> list[str]:
    """Events in short: `0 text`, `0: hi`, `0.`."""
    short = []
    for each in events:
        data = msgspec.json.decode(payload(each))
        place = data["index"]
        if data["type"] == "content_block_start":
            block = data["content_block"]
            short.append(f"{place} {block['type']} {block.get('id', '')}".rstrip())
        elif data["type"] == "content_block_delta":
            _, value = data["delta"].popitem()
            short.append(f"{place}: {value}")
        else:
            short.append(f"{place}.")
    return short


def call(index: int, said: str = "", name: str = "") -> Piece:
    return Piece("tool_use", said, index, name, name)


def run(*pieces: Piece) -> list[str]:
    """What is told, `|` after each piece; then the end."""
    blocks = Blocks("ab")
    said = []
    for piece in pieces:
        said += [*told(blocks.take(piece)), "|"]
    return said + told(blocks.end())


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(
            [Piece("text", "a"), Piece("text", "b")],
            ["0 text", "0: a", "|", "0: b", "|", "0."],
            id="text",
        ),
        pytest.param(
            [Piece("thinking", "a"), Piece("text", "b"), call(0, "{}", "x")],
            ["0 thinking", "0: a", "|", f"0: {SIGNATURE}", "0.", "1 text", "1: b", "|", "1.", "2 tool_use x", "2: {}", "|", "2."],
            id="one after another",
        ),
        pytest.param(
            [call(0, "", "x"), call(0, "{"), call(0, "}"), call(1, "{}", "y")],
            ["0 tool_use x", "|", "0: {", "|", "0: }", "|", "0.", "1 tool_use y", "1: {}", "|", "1."],
            id="a whole call ends where the next begins",
        ),
        pytest.param(
            [call(0, "{", "x"), call(1, "{", "y"), call(1, "}"), call(0, "}")],
            ["0 tool_use x", "0: {", "|", "|", "|", "0: }", "0.", "1 tool_use y", "1: {", "1: }", "|", "1."],
            id="a call waits for the one before",
        ),
        pytest.param(
            [call(0, "", "x"), call(1, "{}", "y"), Piece("text", "z")],
            ["0 tool_use x", "|", "|", "|", "0.", "1 tool_use y", "1: {}", "1.", "2 text", "2: z", "2."],
            id="who asks with nothing is whole at the end",
        ),
        pytest.param(
            [call(0, '{"a":"}', "x"), call(1, "{}", "y"), call(0, '"}')],
            ["0 tool_use x", '0: {"a":"}', "|", "|", '0: "}', "0.", "1 tool_use y", "1: {}", "|", "1."],
            id="a brace is no end",
        ),
        pytest.param(
            [call(0, "{}", "x"), call(1, "{}", "y"), call(0, " \n")],
            ["0 tool_use x", "0: {}", "|", "0.", "1 tool_use y", "1: {}", "|", "|", "1."],
            id="white space comes too late",
        ),
        pytest.param(
            [call(0, "{}", "x"), call(0, "{}", "y")],
            ["0 tool_use x", "0: {}", "|", "0.", "1 tool_use y", "1: {}", "|", "1."],
            id="another id is another call",
        ),
        pytest.param(
            [call(0, "{", "x"), call(0, "}", "x")],
            ["0 tool_use x", "0: {", "|", "0: }", "|", "0."],
            id="an id may be said again",
        ),
        pytest.param(
            [Piece("tool_use", "", 0, "x"), Piece("tool_use", "{", 0, "", "f"), call(0, "}")],
            ["|", "0 tool_use x", "0: {", "|", "0: }", "|", "0."],
            id="a call is begun when it is named",
        ),
        pytest.param([Piece("tool_use", "{}", 0, "x")], ["|", "0 tool_use x", "0: {}", "0."], id="or never"),
        pytest.param(
            [Piece("tool_use", "{}", 4, "", "f")],
            ["0 tool_use call_ab_4", "0: {}", "|", "0."],
            id="no id",
        ),
        pytest.param(
            [Piece("thinking", "a"), Piece("text", "\n"), Piece("text", "\n"), call(0, "{}", "x"), Piece("text", "\n")],
            ["0 thinking", "0: a", "|", f"0: {SIGNATURE}", "0.", "|", "|", "1 tool_use x", "1: {}", "|", "1.", "|"],
            id="white space alone is not told",
        ),
        pytest.param([Piece("text", "\n"), Piece("text", "a")], ["|", "0 text", "0: \n", "0: a", "|", "0."], id="but with text it is"),
        pytest.param([Piece("thinking")], ["0 thinking", "|", f"0: {SIGNATURE}", "0."], id="thoughts that are not told"),
        pytest.param(
            [Piece("text", "a"), Piece("citation", citation={"url": "u"})],
            ["0 text", "0: a", "|", "0: {'url': 'u'}", "|", "0."],
            id="what was found",
        ),
    ],
)
def test_blocks_are_told_one_after_another(pieces: list[Piece], said: list[str]) -> None:
    assert run(*pieces) == said


def test_the_arguments_of_calls_are_known() -> None:
    blocks = Blocks("ab")
    assert blocks.arguments == []
    for piece in (call(0, "{", "x"), call(0, "}"), call(0, "", "y")):
        list(blocks.take(piece))
    assert blocks.arguments == ["{}", ""]


def test_an_event_is_named_twice() -> None:
    assert event("ping") == b'event: ping\ndata: {"type":"ping"}\n\n'
