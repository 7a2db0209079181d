from typing import Any

import pytest

from gateway.dialects.messages_over_chat.pieces import Piece, asked_with, pieces
from gateway.dialects.said import Said, said_in

FOUND = {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "Tides", "start_index": 0, "end_index": 2}}
CITED = {"type": "web_search_result_location", "url": "https://a.example", "title": "Tides", "cited_text": "", "encrypted_index": ""}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"role": "assistant", "content": "", "reasoning_content": None, "tool_calls": []}, [], id="nothing said"),
        pytest.param({"content": "a"}, [Piece("text", "a")], id="text"),
        pytest.param(
            {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, [Piece("text", "ab")], id="text in parts"
        ),
        pytest.param({"reasoning_content": "a"}, [Piece("thinking", "a")], id="thoughts"),
        pytest.param({"reasoning": "a"}, [Piece("thinking", "a")], id="thoughts in vLLM's newer word"),
        pytest.param({"reasoning_content": "a", "reasoning": "a"}, [Piece("thinking", "a")], id="thoughts in both"),
        pytest.param({"refusal": "No."}, [Piece("text", "No.")], id="a refusal"),
        pytest.param({"content": "a", "annotations": [FOUND]}, [Piece("text", "a"), Piece("citation", citation=CITED)], id="found"),
        pytest.param({"annotations": [{"type": "other"}, 5]}, [], id="another note"),
        pytest.param(
            {"tool_calls": [{"id": "i", "type": "function", "function": {"name": "n", "arguments": "{}"}}]},
            [Piece("tool_use", "{}", 0, "i", "n")],
            id="a call",
        ),
        pytest.param({"tool_calls": [{"index": 3, "function": {"arguments": "x"}}]}, [Piece("tool_use", "x", 3)], id="more of a call"),
        pytest.param({"tool_calls": [{}, {"index": "1"}]}, [Piece("tool_use"), Piece("tool_use", call=1)], id="calls that say little"),
        pytest.param({"content": 5, "reasoning": {}, "tool_calls": "x", "annotations": {}}, [], id="other forms"),
        pytest.param(
            {"tool_calls": [{"id": "i"}], "content": "b", "reasoning": "a"},
            [Piece("thinking", "a"), Piece("text", "b"), Piece("tool_use", id="i")],
            id="in order",
        ),
    ],
)
def test_what_a_message_says(message: dict[str, Any], said: list[Piece]) -> None:
    assert list(pieces(said_in({"choices": [{"delta": message}]}, "delta"))) == said


def test_a_note_without_a_title_has_none() -> None:
    [piece] = pieces(Said(annotations=({"type": "url_citation", "url": "u"},)))
    assert piece.citation == {**CITED, "url": "u", "title": None}


def test_a_call_without_an_id_gets_one_of_the_requests() -> None:
    assert (Piece("tool_use", id="call_1").id_of("ab"), Piece("tool_use", call=2).id_of("ab")) == ("call_1", "call_ab_2")


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ('{"a": [1]}', {"a": [1]}),
        ("", {}),
        (" \n", {}),
        ('{"a": ', {"INVALID_JSON": '{"a": '}),
        ("[1]", {"INVALID_JSON": "[1]"}),
        ("null", {"INVALID_JSON": "null"}),
    ],
)
def test_what_a_call_asks_with(arguments: str, asked: dict[str, object]) -> None:
    assert asked_with(arguments) == asked
