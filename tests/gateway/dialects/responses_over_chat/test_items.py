import pytest

from gateway.dialects.reading import Lost, Thing
from gateway.dialects.responses_over_chat.items import Turns
from gateway.errors import BadRequest

Items = list[dict[str, object]]


def messages(items: Items, lost: Lost | None = None) -> list[dict[str, object]]:
    turns = Turns(lost or Lost())
    for number, item in enumerate(items):
        turns.add(item, f"input[{number}]")
    return turns.messages()


def said(text: str) -> dict[str, object]:
    return {"role": "assistant", "content": text}


def thought(text: str) -> dict[str, object]:
    return {"type": "reasoning", "summary": [{"type": "summary_text", "text": text}]}


def call(number: int) -> dict[str, object]:
    return {"type": "function_call", "call_id": f"call_{number}", "name": "f", "arguments": "{}"}


def made(number: int) -> dict[str, object]:
    return {"id": f"call_{number}", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def output(number: int, text: str = "ok") -> dict[str, object]:
    return {"type": "function_call_output", "call_id": f"call_{number}", "output": text}


def test_what_is_said_twice_stays_apart() -> None:
    assert messages([said("a"), said("b")]) == [said("a"), said("b")]


def test_thinking_between_calls_leaves_them_together() -> None:
    items = [thought("one"), call(1), thought("two"), call(2), output(1), output(2)]
    first, *rest = messages(items)
    assert first == {"role": "assistant", "content": None, "reasoning_content": "one\n\ntwo", "tool_calls": [made(1), made(2)]}
    assert [message["tool_call_id"] for message in rest] == ["call_1", "call_2"]


def test_text_behind_calls_joins_them_while_nothing_has_answered() -> None:
    assert messages([said("a"), call(1), said("b"), output(1)])[0] == {
        "role": "assistant",
        "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        "tool_calls": [made(1)],
    }


def test_thoughts_behind_text_belong_to_what_follows() -> None:
    assert messages([thought("one"), said("a"), thought("two"), said("b")]) == [
        {**said("a"), "reasoning_content": "one"},
        {**said("b"), "reasoning_content": "two"},
    ]


def test_thoughts_that_led_to_nothing_are_lost() -> None:
    lost = Lost()
    assert messages([thought("one"), {"role": "user", "content": "go on"}], lost) == [{"role": "user", "content": "go on"}]
    assert lost.names == ("input[].reasoning",)


def test_a_search_that_found_nothing_says_so() -> None:
    search: dict[str, object] = {"type": "tool_search_call", "call_id": "call_1", "arguments": {}}
    assert messages([search, {"type": "tool_search_output", "call_id": "call_1", "tools": []}])[1]["content"] == "No tools were found."


def test_an_empty_output_is_an_output() -> None:
    assert messages([call(1), {**output(1), "output": []}])[1]["content"] == ""


def test_several_texts_of_an_output_stay_apart() -> None:
    text = {"type": "input_text", "text": "a"}
    assert messages([call(1), {**output(1), "output": [text, text]}])[1]["content"] == [{"type": "text", "text": "a"}] * 2


@pytest.mark.parametrize("role", ["user", "assistant", "developer"])
def test_images_of_tools_come_before_what_is_said_of_them(role: str) -> None:
    image = {"type": "input_image", "image_url": "u"}
    turns = messages([call(1), {**output(1), "output": [image]}, {"role": role, "content": "Seen."}])
    assert [turn["role"] for turn in turns] == ["assistant", "tool", "user", role.replace("developer", "system")]
    assert turns[2]["content"] == [
        {"type": "text", "text": "Output of the tools called above:"},
        {"type": "image_url", "image_url": {"url": "u"}},
    ]


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        ({"content": "a"}, "bad_field", "input[0].type"),
        ({"role": 7, "content": "a"}, "bad_field", "input[0].role"),
        ({"role": [], "content": "a"}, "bad_field", "input[0].role"),
        ({"role": "user"}, "bad_field", "input[0].content"),
        ({"type": "mcp_call", "id": "x"}, "not_carried", "input[0].type"),
        ({**call(1), "arguments": {}}, "bad_field", "input[0].arguments"),
        ({**call(1), "call_id": ""}, "bad_field", "input[0].call_id"),
        ({**call(1), "name": None}, "bad_field", "input[0].name"),
        ({**call(1), "namespace": 7}, "bad_field", "input[0].namespace"),
        ({**output(1), "output": None}, "bad_field", "input[0].output"),
        ({**output(1), "call_id": None}, "bad_field", "input[0].call_id"),
        ({"type": "custom_tool_call", "call_id": "c", "name": "f"}, "bad_field", "input[0].input"),
        ({"type": "tool_search_call", "call_id": "c", "arguments": "x"}, "bad_field", "input[0].arguments"),
        ({"type": "reasoning", "summary": "x"}, "bad_field", "input[0].summary"),
        ({"type": "reasoning", "content": [{"type": "reasoning_text"}]}, "bad_field", "input[0].content[0].text"),
    ],
)
def test_malformed_items_are_refused_where_they_are(item: Thing, code: str, param: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        Turns(Lost()).add(item, "input[0]")
    assert (refusal.value.code, refusal.value.param) == (code, param)
