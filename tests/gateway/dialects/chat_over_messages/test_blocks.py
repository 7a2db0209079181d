from typing import Any

import msgspec
import pytest

from gateway.dialects.chat_over_messages.blocks import Blocks, message_of

PAGE = {"type": "web_search_result_location", "url": "https://a.example", "title": "A", "cited_text": "a"}
PLACE = {"type": "page_location", "document_index": 0, "start_page_number": 1}
CALL = {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}}


def noted(*citations: object) -> Any:
    return message_of([{"type": "text", "text": "ab"}, {"type": "text", "text": "c", "citations": list(citations)}]).get("annotations")


def test_a_citation_of_a_page_is_one_of_a_chat_with_all_that_it_has() -> None:
    found = {"url": "https://a.example", "title": "A", "cited_text": "a", "start_index": 2, "end_index": 3}
    assert noted(PAGE) == [{"type": "url_citation", "url_citation": found}]


@pytest.mark.parametrize(
    ("citation", "kind"),
    [
        pytest.param(PLACE, "page_location", id="a page of a document"),
        pytest.param({**PAGE, "url": "javascript:alert(1)"}, "web_search_result_location", id="an address that is none"),
        pytest.param({"cited_text": "a"}, "citation", id="no kind"),
    ],
)
def test_a_citation_of_anything_else_keeps_its_kind(citation: dict[str, object], kind: str) -> None:
    told = {name: value for name, value in citation.items() if name != "type"}
    assert noted(citation) == [{"type": kind, kind: {**told, "start_index": 2, "end_index": 3}}]


def test_who_cites_nothing_has_no_notes() -> None:
    assert noted() is None


def test_pieces_of_a_call_count_before_what_stood_in_its_block() -> None:
    blocks = Blocks()
    said = [*blocks.begin(0, CALL), *blocks.grow(0, {"type": "input_json_delta", "partial_json": "{}"}), *blocks.end(0), *blocks.close()]
    calls: list[Any] = [delta["tool_calls"] for delta in said]
    assert [call[0]["function"]["arguments"] for call in calls] == ["", "{}"]


def test_more_of_a_thought_is_kept_with_it() -> None:
    blocks = Blocks()
    said = [*blocks.begin(3, {"type": "thinking", "thinking": "h"}), *blocks.grow(3, {"type": "thinking_delta", "thinking": "m"})]
    assert said == [{"reasoning_content": "h"}, {"reasoning_content": "m"}]
    assert [*blocks.close()] == [{"thinking_blocks": [{"type": "thinking", "thinking": "hm"}]}]


def test_more_of_a_block_that_has_not_begun_is_no_answer() -> None:
    with pytest.raises(msgspec.ValidationError):
        [*Blocks().grow(0, {"type": "text_delta", "text": "a"})]
