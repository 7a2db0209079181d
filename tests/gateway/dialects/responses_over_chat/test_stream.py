from typing import Any

from gateway.dialects.responses_over_chat.output import Fields
from gateway.dialects.responses_over_chat.stream import MOST_WAITING, Unfolding
from gateway.dialects.said import CallPiece, Said


def unfolded(kinds: list[str], *pieces: Said) -> Unfolding:
    def tell(kind: str, members: Fields) -> None:
        kinds.append(kind)

    unfolding = Unfolding("0a", {}, tell, is_summary=False)
    for piece in pieces:
        unfolding.say(piece)
    return unfolding


def unfold(*pieces: Said, status: str = "completed") -> tuple[list[Any], list[str]]:
    kinds: list[str] = []
    return unfolded(kinds, *pieces).close(status), kinds


def calls(*pieces: CallPiece) -> Said:
    return Said(calls=pieces)


def test_reasoning_is_over_when_text_begins_and_may_come_again() -> None:
    items, kinds = unfold(Said(reasoning="a"), Said(text="b"), Said(reasoning="c"), Said(text="d"))
    assert [item["type"] for item in items] == ["reasoning", "message"] * 2
    assert [item["id"] for item in items] == ["rs_0a_0", "msg_0a_1", "rs_0a_2", "msg_0a_3"]
    assert kinds.index("output_item.done") < kinds.index("output_text.delta")


def test_arguments_that_come_before_a_name_wait_for_it() -> None:
    items, kinds = unfold(calls(CallPiece(0, "call_1", "", "{")), calls(CallPiece(0, "", "f", "")), calls(CallPiece(0, "", "", "}")))
    assert [(item["call_id"], item["name"], item["arguments"]) for item in items] == [("call_1", "f", "{}")]
    assert kinds[0] == "output_item.added"


def test_a_call_that_never_has_a_name_is_shown_all_the_same() -> None:
    items, _ = unfold(calls(CallPiece(0, "call_1", "", "{}")))
    assert [(item["call_id"], item["name"], item["arguments"]) for item in items] == [("call_1", "", "{}")]


def test_calls_in_one_place_are_told_apart_by_their_ids() -> None:
    items, _ = unfold(calls(CallPiece(0, "call_1", "f", "{}")), calls(CallPiece(0, "call_2", "f", "{"), CallPiece(0, "call_2", "f", "}")))
    assert [(item["call_id"], item["arguments"]) for item in items] == [("call_1", "{}"), ("call_2", "{}")]


def test_a_call_without_an_id_is_given_one() -> None:
    items, _ = unfold(calls(CallPiece(0, "", "f", "{}"), CallPiece(1, "", "f", "{}")))
    assert [item["call_id"] for item in items] == ["call_fc_0a_0", "call_fc_0a_1"]


def test_an_answer_breaks_off_in_its_last_item() -> None:
    items, _ = unfold(Said(text="a"), calls(CallPiece(0, "1", "f", "{}"), CallPiece(1, "2", "f", "{")), status="incomplete")
    assert [item["status"] for item in items] == ["completed", "completed", "incomplete"]
    assert unfold(Said(reasoning="a"), status="incomplete")[0][0]["status"] == "incomplete"


def test_an_answer_of_nothing_is_an_empty_message_unless_it_broke_off() -> None:
    assert [item["content"][0]["text"] for item in unfold()[0]] == [""]
    assert unfold(status="incomplete") == ([], [])


def test_text_and_a_refusal_are_parts_of_one_message() -> None:
    items, _ = unfold(Said(text="a", annotations=({"type": "url_citation"},)), Said(refusal="No."))
    assert [part["type"] for part in items[0]["content"]] == ["output_text", "refusal"]
    assert items[0]["content"][0]["annotations"] == [{"type": "url_citation"}]


def test_a_call_waits_until_the_one_before_it_is_whole() -> None:
    first, second = CallPiece(0, "1", "f", '{"a":'), CallPiece(1, "2", "f", "{")
    _, kinds = unfold(calls(first), calls(second), calls(CallPiece(1, "", "", "}")), calls(CallPiece(0, "", "", "{}} ")))
    of_one = ["output_item.added", *["function_call_arguments.delta"] * 2, "function_call_arguments.done", "output_item.done"]
    assert kinds == [*of_one, of_one[0], *of_one[2:]]


def test_a_call_of_which_not_all_was_told_stays_open_beside_text() -> None:
    items, kinds = unfold(calls(CallPiece(0, "1", "f", "{")), Said(text="a"), calls(CallPiece(0, "", "", "}")))
    assert [item.get("arguments") for item in items] == ["{}", None]
    assert kinds.index("output_text.delta") < kinds.index("function_call_arguments.done")
    _, kinds = unfold(calls(CallPiece(0, "1", "f", "{}")), Said(text="a"))
    assert kinds.index("function_call_arguments.done") < kinds.index("output_text.delta")


def test_more_of_a_call_that_was_whole_spoils_the_answer() -> None:
    begun = [calls(CallPiece(0, "1", "f", "{}")), calls(CallPiece(1, "2", "f", "{}"))]
    assert unfolded([], *begun, calls(CallPiece(0, "", "", "\n")), Said(finish="stop")).finish == "stop"
    assert unfolded([], *begun, calls(CallPiece(0, "", "", "{}")), calls(CallPiece(0, "", "", "")), Said(finish="stop")).finish == "error"


def test_more_calls_at_once_than_can_be_told_apart_spoil_the_answer() -> None:
    for count, finish in ((MOST_WAITING, "tool_calls"), (MOST_WAITING + 1, "error")):
        pieces = [CallPiece(place, f"c{place}", "f", "{") for place in range(count + 1)]
        assert unfolded([], calls(*pieces), Said(finish="tool_calls")).finish == finish
