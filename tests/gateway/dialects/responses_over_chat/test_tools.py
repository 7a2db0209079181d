import pytest

from gateway.dialects.reading import Lost
from gateway.dialects.responses_over_chat.tools import Tool, called, chosen, flat, flat_names, offered
from gateway.errors import BadRequest

A = {"type": "function", "name": "a"}


def test_a_name_has_its_namespace_before_it_and_is_never_too_long() -> None:
    assert [flat("", "a"), flat("functions", "a"), flat("ns", "a"), flat("mcp__git__", "log")] == ["a", "a", "ns__a", "mcp__git__log"]
    assert flat("", "a" * 70) == "a" * 70, "the caller's own name is the caller's own affair"
    long, other = flat("n" * 40, "a" * 40), flat("n" * 40, "a" * 39 + "b")
    assert len(long) == len(other) == 64
    assert long != other
    assert flat("n" * 31, "a" * 31) == "n" * 31 + "__" + "a" * 31


def test_calls_are_known_by_the_names_that_a_chat_has() -> None:
    tools = [
        A,
        {"type": "custom", "name": "c"},
        {"type": "namespace", "name": "ns", "tools": [A]},
        {"type": "tool_search", "execution": "client"},
    ]
    assert called({"tools": tools, "input": "x"}) == {
        "a": Tool("function", "", "a"),
        "c": Tool("custom", "", "c"),
        "ns__a": Tool("function", "ns", "a"),
        "tool_search": Tool("tool_search", "", "tool_search"),
    }
    assert called({}) == {}


def test_items_bring_further_tools() -> None:
    items = [
        {"type": "additional_tools", "tools": [A]},
        {"type": "tool_search_output", "tools": [A, {"type": "function", "name": "b"}]},
    ]
    assert list(called({"tools": None, "input": items})) == ["a", "b"]
    with pytest.raises(BadRequest) as refusal:
        called({"input": [{"type": "additional_tools", "tools": [A, {"type": "mcp"}]}]})
    assert refusal.value.param == "input[0].tools[1].type"
    assert flat_names([A], "t") == ["a"]


def test_two_tools_of_one_name_are_refused_unless_they_are_the_same() -> None:
    assert list(called({"tools": [A, A]})) == ["a"]
    with pytest.raises(BadRequest) as refusal:
        called({"tools": [A, {"type": "custom", "name": "a"}]})
    assert (refusal.value.code, refusal.value.param) == ("not_carried", "tools[1].name")


def test_a_search_that_openai_runs_is_left_out() -> None:
    lost = Lost()
    offer = offered({"tools": [{"type": "tool_search"}]}, lost)
    assert (offer.functions, offer.has_left_out, lost.names) == ({}, True, ("tools[].tool_search",))


def test_a_custom_tool_of_any_text_has_no_grammar_to_lose() -> None:
    lost = Lost()
    offered({"tools": [{"type": "custom", "name": "c", "format": {"type": "text"}}]}, lost)
    assert lost.names == ()


@pytest.mark.parametrize(
    ("tools", "param"),
    [
        ("odd", "tools"),
        ([7], "tools[0]"),
        ([{"name": "a"}], "tools[0].type"),
        ([{"type": "function"}], "tools[0].name"),
        ([{"type": "namespace", "tools": []}], "tools[0].name"),
        ([{"type": "namespace", "name": "n", "tools": [{"type": "function"}]}], "tools[0].tools[0].name"),
    ],
)
def test_malformed_tools_are_refused(tools: object, param: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        offered({"tools": tools}, Lost())
    assert (refusal.value.code, refusal.value.param) == ("bad_field", param)


@pytest.mark.parametrize(
    ("choice", "code", "param"),
    [
        ("any", "bad_field", "tool_choice"),
        (7, "bad_field", "tool_choice"),
        ({"type": "file_search"}, "not_carried", "tool_choice"),
        ({"type": "function", "name": "b"}, "not_carried", "tool_choice"),
        ({"type": "function"}, "bad_field", "tool_choice.name"),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp"}]}, "not_carried", "tool_choice.tools[0]"),
        ({"type": "allowed_tools", "mode": "auto", "tools": {}}, "bad_field", "tool_choice.tools"),
    ],
)
def test_a_choice_of_what_is_not_there_is_refused(choice: object, code: str, param: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        chosen(choice, offered({"tools": [A]}, Lost()), Lost())
    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_a_call_cannot_be_required_where_there_are_no_tools() -> None:
    with pytest.raises(BadRequest) as refusal:
        chosen("required", offered({}, Lost()), Lost())
    assert (refusal.value.code, refusal.value.param) == ("bad_field", "tools")


def test_a_tool_of_a_namespace_can_be_chosen() -> None:
    offer = offered({"tools": [{"type": "namespace", "name": "ns", "tools": [A]}]}, Lost())
    assert chosen({"type": "function", "namespace": "ns", "name": "a"}, offer, Lost())[1] == {
        "type": "function",
        "function": {"name": "ns__a"},
    }
