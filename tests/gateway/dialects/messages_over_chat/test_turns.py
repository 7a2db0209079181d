from typing import Any

import pytest

from gateway.dialects.messages_over_chat.turns import ATTACHED, goes_on, messages
from gateway.dialects.reading import Lost
from gateway.errors import BadRequest

IMAGE = {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}}
IMAGE_PART = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}


def said(*turns: Any, **fields: Any) -> list[dict[str, object]]:
    return messages({"messages": list(turns), **fields}, Lost())


def user(content: Any) -> dict[str, object]:
    return {"role": "user", "content": content}


def assistant(content: Any) -> dict[str, object]:
    return {"role": "assistant", "content": content}


def words(said: str) -> dict[str, object]:
    return {"type": "text", "text": said}


def call(name: str) -> dict[str, object]:
    return {"type": "tool_use", "id": name, "name": "f", "input": {"a": [1, "é"]}}


def called(name: str) -> dict[str, object]:
    return {"id": name, "type": "function", "function": {"name": "f", "arguments": '{"a":[1,"é"]}'}}


def result(name: str, content: Any = "ok", **more: object) -> dict[str, object]:
    return {"type": "tool_result", "tool_use_id": name, "content": content, **more}


def tool(name: str, content: str = "ok") -> dict[str, object]:
    return {"role": "tool", "tool_call_id": name, "content": content}


@pytest.mark.parametrize(
    ("system", "head"),
    [
        pytest.param("Be brief.", [{"role": "system", "content": "Be brief."}], id="a string"),
        pytest.param([words("Be brief."), words("Be kind.")], [{"role": "system", "content": "Be brief.\n\nBe kind."}], id="blocks"),
        pytest.param("", [], id="an empty one"),
        pytest.param([], [], id="none"),
        pytest.param(None, [], id="null"),
    ],
)
def test_the_system_prompt_is_the_first_message(system: object, head: list[object]) -> None:
    assert said(user("hi"), system=system) == [*head, user("hi")]


def test_instructions_before_all_turns_belong_to_the_system_prompt() -> None:
    first = {"role": "system", "content": "Be kind."}
    assert said(first, user("hi"), system="Be brief.") == [{"role": "system", "content": "Be brief.\n\nBe kind."}, user("hi")]


def test_a_note_to_anthropics_accounts_is_read_by_no_model() -> None:
    lost = Lost()
    system = [words("x-anthropic-billing-header: cc_version=2.1; cch=abc12;"), words("Be brief.")]
    assert messages({"system": system, "messages": [user("hi")]}, lost) == [{"role": "system", "content": "Be brief."}, user("hi")]
    assert lost.names == ("x-anthropic-billing-header",)


def test_what_stands_below_the_note_is_read() -> None:
    [head, _] = said(user("hi"), system="x-anthropic-billing-header: cch=abc12;\nBe brief.\nBe kind.")
    assert head["content"] == "Be brief.\nBe kind."


def test_results_stand_right_behind_calls_and_before_what_the_user_says() -> None:
    turns = [assistant([words("Let me see."), call("a"), call("b")]), user([words("and?"), result("a"), result("b", "no", is_error=True)])]
    assert said(*turns) == [
        {"role": "assistant", "content": "Let me see.", "tool_calls": [called("a"), called("b")]},
        tool("a"),
        tool("b", "Error: no"),
        user("and?"),
    ]


def test_turns_of_one_role_are_one_turn() -> None:
    turns = [user("a"), user([words("b")]), assistant([call("x"), call("y")]), user([result("x"), words("c")]), user([result("y")])]
    assert said(*turns) == [
        user([words("a"), words("b")]),
        {"role": "assistant", "content": None, "tool_calls": [called("x"), called("y")]},
        tool("x"),
        tool("y"),
        user("c"),
    ]


def test_what_a_tool_cannot_say_the_user_shows() -> None:
    shot = result("a", [words("The screen:"), IMAGE, words("as of now")])
    assert said(assistant([call("a")]), user([shot, words("go on")]))[1:] == [
        tool("a", f"The screen:\n{ATTACHED}\nas of now"),
        user([IMAGE_PART, words("go on")]),
    ]


@pytest.mark.parametrize("content", [None, "", []])
def test_a_result_may_be_empty(content: object) -> None:
    assert said(assistant([call("a")]), user([result("a", content)]))[1:] == [tool("a", "")]


def test_thoughts_go_back_to_the_model_and_their_signature_does_not() -> None:
    thoughts = [{"type": "thinking", "thinking": text, "signature": "tidegate"} for text in ("One.", "", "Two.")]
    assert said(user("q"), assistant([*thoughts, words("So.")])) == [
        user("q"),
        {"role": "assistant", "content": "So.", "reasoning_content": "One.\n\nTwo."},
    ]


def test_text_that_citations_had_parted_is_one_text() -> None:
    assert said(assistant([words("It is "), words("true"), words(".")])) == [assistant("It is true.")]


def test_what_ran_at_anthropic_is_lost_and_what_came_of_it_is_not() -> None:
    lost = Lost()
    past = ["redacted_thinking", "server_tool_use", "web_search_tool_result", "mcp_tool_use", "compaction", "quantum_tool_result"]
    turn = assistant([*({"type": kind} for kind in past), words("Found.")])
    assert messages({"messages": [turn]}, lost) == [assistant("Found.")]
    assert lost.names == (
        "messages[].content[].compaction",
        "messages[].content[].mcp_tool_use",
        "messages[].content[].other",
        "messages[].content[].redacted_thinking",
        "messages[].content[].server_tool_use",
        "messages[].content[].web_search_tool_result",
    )


def test_a_summary_of_what_was_said_before_is_read() -> None:
    assert said(assistant([{"type": "compaction", "content": "We met."}, words("Yes.")])) == [assistant("We met.\n\nYes.")]


def test_instructions_stay_in_their_place_but_not_between_calls_and_results() -> None:
    system = {"role": "system", "content": "Hurry."}
    assert said(user("a"), system, assistant("b"), user("c")) == [user("a"), system, assistant("b"), user("c")]
    [_, *rest] = said(assistant([call("x"), call("y")]), system, user([result("x"), result("y"), words("d")]))
    assert rest == [tool("x"), tool("y"), system, user("d")]
    assert said(assistant([call("x")]), user([result("x")]), system)[1:] == [tool("x"), system]


def test_what_a_turn_has_beside_is_lost() -> None:
    lost = Lost()
    turns = [{**user([result("a", "b", toolset_name="t")]), "id": 5}, assistant([{**call("x"), "caller": {"type": "code"}}])]
    messages({"messages": turns}, lost)
    assert lost.names == ("messages[].content[].caller", "messages[].content[].toolset_name", "messages[].id")


@pytest.mark.parametrize(
    ("turns", "goes"),
    [
        pytest.param([user("a")], False, id="the user's turn"),
        pytest.param([user("a"), assistant("The answer is (")], True, id="begun"),
        pytest.param([user("a"), assistant([])], False, id="an empty turn is none"),
        pytest.param([user("a"), assistant("")], False, id="nor is an empty text"),
        pytest.param([user("a"), assistant([words("b"), call("x")])], False, id="a call"),
    ],
)
def test_whether_an_answer_was_begun(turns: list[Any], goes: bool) -> None:
    assert goes_on(said(*turns)) is goes


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        pytest.param({}, "bad_field", "messages", id="no messages"),
        pytest.param({"messages": []}, "bad_field", "messages", id="none at all"),
        pytest.param({"messages": [user([])]}, "bad_field", "messages", id="nothing said"),
        pytest.param({"messages": [{"role": "system", "content": "a"}], "system": "b"}, "bad_field", "messages", id="only instructions"),
        pytest.param({"messages": ["hi"]}, "bad_field", "messages[0]", id="a string"),
        pytest.param({"messages": [{"content": "hi"}]}, "bad_field", "messages[0].role", id="nobody"),
        pytest.param({"messages": [{"role": "tool", "content": "hi"}]}, "bad_field", "messages[0].role", id="another role"),
        pytest.param({"messages": [{"role": "user"}]}, "bad_field", "messages[0].content", id="no content"),
        pytest.param({"messages": [user("a")], "system": [IMAGE]}, "bad_field", "system[0].type", id="a picture as instruction"),
        pytest.param({"messages": [user("a")], "system": 5}, "bad_field", "system", id="no instruction"),
        pytest.param({"messages": [assistant([{"type": "text"}])]}, "bad_field", "messages[0].content[0].text", id="no text"),
        pytest.param({"messages": [assistant([{}])]}, "bad_field", "messages[0].content[0].type", id="no kind"),
        pytest.param({"messages": [assistant([IMAGE])]}, "not_carried", "messages[0].content[0]", id="a picture said"),
        pytest.param({"messages": [assistant([{**call("a"), "input": "x"}])]}, "bad_field", "messages[0].content[0].input", id="no input"),
        pytest.param({"messages": [assistant([{**call("a"), "id": 5}])]}, "bad_field", "messages[0].content[0].id", id="no id"),
        pytest.param({"messages": [user([{"type": "tool_result"}])]}, "bad_field", "messages[0].content[0].tool_use_id", id="of no call"),
        pytest.param({"messages": [user([result("a", is_error="x")])]}, "bad_field", "messages[0].content[0].is_error", id="an error?"),
        pytest.param(
            {"messages": [user([result("a", [{"type": "x"}])])]}, "not_carried", "messages[0].content[0].content[0]", id="of another kind"
        ),
    ],
)
def test_another_form_is_refused(fields: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        messages(fields, Lost())
    assert (refusal.value.code, refusal.value.param) == (code, param)
