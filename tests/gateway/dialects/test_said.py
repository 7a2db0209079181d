import pytest

from gateway.dialects.said import CallPiece, Said, said_in


def test_the_words_of_several_engines_mean_the_same() -> None:
    for delta in (
        {"reasoning": "hm", "content": "a"},
        {"reasoning_content": "hm", "content": "a"},
        {"reasoning": "hm", "reasoning_content": "hm", "content": "a"},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "a"}]},
    ):
        assert said_in({"choices": [{"delta": delta}]}, "delta") == Said(reasoning="hm", text="a")


def test_the_first_choice_counts() -> None:
    chat = {"choices": [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}
    assert said_in(chat, "delta") == Said(text="a", finish="stop")


@pytest.mark.parametrize(("told", "matched"), [("END", "END"), (151_645, ""), (None, "")])
def test_vllm_tells_which_sequence_ended_it(told: object, matched: str) -> None:
    """Or which token, which is no word of the caller's."""
    choice = {"delta": {"content": "a"}, "finish_reason": "stop", "stop_reason": told}
    assert said_in({"choices": [choice]}, "delta") == Said(text="a", finish="stop", matched=matched)


def test_a_call_without_a_place_has_that_which_it_stands_at() -> None:
    calls = [{"id": "1", "function": {"name": "f", "arguments": "{}"}}, {"id": "2"}]
    assert said_in({"choices": [{"message": {"tool_calls": calls}}]}, "message").calls == (
        CallPiece(0, "1", "f", "{}"),
        CallPiece(1, "2", "", ""),
    )


def test_a_citation_may_have_the_form_of_either_api() -> None:
    notes = [{"type": "url_citation", "url_citation": {"url": "u"}}, {"type": "url_citation", "url": "u"}]
    said = said_in({"choices": [{"message": {"annotations": notes}}]}, "message")
    assert said.annotations == ({"type": "url_citation", "url": "u"},) * 2


@pytest.mark.parametrize("chat", [{}, {"choices": None}, {"choices": [7]}, {"choices": [{"delta": 7, "logprobs": 7, "finish_reason": 7}]}])
def test_what_has_another_form_says_nothing(chat: dict[str, object]) -> None:
    assert said_in(chat, "delta") == Said()


def test_pieces_are_of_one_call_unless_place_or_id_differ() -> None:
    first = CallPiece(0, "1", "", "{")
    assert first.is_same(CallPiece(0, "1", "f", ""))
    assert first.is_same(CallPiece(0, "", "", "}"))
    assert CallPiece(0, "", "", "").is_same(CallPiece(0, "1", "f", ""))
    assert not first.is_same(CallPiece(0, "2", "f", ""))
    assert not first.is_same(CallPiece(1, "1", "f", ""))
    assert first.joined(CallPiece(0, "2", "f", "}")) == CallPiece(0, "1", "f", "{}")
