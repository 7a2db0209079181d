"""There and back again: what is asked in one API's words, put into another's and back, asks for the same, or says what was lost."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.dialects.reading import counted
from gateway.dialects.said import said_in
from gateway.dialects.table import TRANSLATIONS, Pair

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "dialects"
TOLD_OTHERWISE = {
    "request_documents": "a document's title stands before it as a text, where any model reads it",
    "request_files_of_words": "a file of words comes back as a text, which any model reads",
    "request_thoughts_come_back": "a signature of a thought says nothing to other models, as API.md tells",
    "request_a_refusal_in_the_history": "texts that follow each other in a turn are joined",
}
"""What comes back in another form, with all that it said."""


def cases(kind: str) -> Iterator[Any]:
    """The golden cases of that kind, of both pairs that are there in both directions."""
    for called, spoken in (("messages", "chat"), ("chat", "messages")):
        there, back = TRANSLATIONS[called, spoken], TRANSLATIONS[spoken, called]  # type: ignore[index]  # both are pairs of the table
        for path in sorted((GOLDEN / f"{called}_over_{spoken}").glob(f"{kind}_*.json")):
            case = json.loads(path.read_bytes())
            yield pytest.param(there, back, case, path.stem, id=f"{called} over {spoken}, {path.stem.removeprefix(kind + '_')}")


@pytest.mark.parametrize(("there", "back", "case", "name"), list(cases("request")))
def test_nothing_is_lost_that_is_not_named(there: Pair, back: Pair, case: dict[str, Any], name: str) -> None:
    first = there.translated(case["asked"])
    returned = back.translated(first.fields)
    again = there.translated(returned.fields)
    if again.fields != first.fields and name not in TOLD_OTHERWISE:
        assert {*returned.lost, *again.lost} - set(first.lost), "something was lost, and nobody says what"


def test_most_come_back_as_they_were() -> None:
    same = 0
    for param in cases("request"):
        there, back, case, _ = param.values
        first = there.translated(case["asked"])
        same += there.translated(back.translated(first.fields).fields).fields == first.fields
    assert same >= 25


ANSWERED_OTHERWISE = {
    "answer_cut_call": "arguments that are cut off are no object: they stand in one as they are",
    "answer_thoughts_of_deepseek": "who did not ask to see thoughts is not shown any",
    "answer_refused_and_explained": "what Anthropic says beside its answer of a refusal, a chat says in it",
    "answer_thoughts": "a thought of another vendor has no signature of Anthropic's, and a hidden one says nothing to others",
}


@pytest.mark.parametrize(("there", "back", "case", "name"), list(cases("answer")))
def test_what_is_answered_says_the_same_when_it_comes_back(there: Pair, back: Pair, case: dict[str, Any], name: str) -> None:
    asked, answer = case.get("asked", {}), case["answer"]
    first = there.answers(asked, "req_1").whole(json.dumps(answer).encode())
    again = json.loads(back.answers(asked, "req_1").whole(first))
    if name not in ANSWERED_OTHERWISE:
        assert meaning(again) == meaning(answer)
    assert counted(again.get("usage")) == counted(answer.get("usage"))


def meaning(answer: dict[str, Any]) -> tuple[object, ...]:
    """What an answer of either API says: its words, its thoughts, its calls, and whether it was cut."""
    if "choices" in answer:
        said = said_in(answer, "message")
        calls = [(call.call_id, call.name, json.loads(call.arguments or "{}")) for call in said.calls]
        return said.text + said.refusal, said.reasoning, calls, said.finish == "length"
    blocks = {kind: [block for block in answer["content"] if block["type"] == kind] for kind in ("text", "thinking", "tool_use")}
    words, thoughts = ("".join(block[kind] for block in blocks[kind]) for kind in ("text", "thinking"))
    return (
        words,
        thoughts,
        [(block["id"], block["name"], block["input"]) for block in blocks["tool_use"]],
        answer["stop_reason"] in ("max_tokens", "pause_turn"),
    )
