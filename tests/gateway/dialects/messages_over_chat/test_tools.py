from typing import Any, cast

import pytest

from gateway.dialects.messages_over_chat.tools import tools
from gateway.dialects.reading import Lost
from gateway.errors import BadRequest

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"name": "weather", "description": "By city.", "input_schema": SCHEMA}
CARRIED = {"type": "function", "function": {"name": "weather", "description": "By city.", "parameters": SCHEMA}}


def only(fields: dict[str, object], lost: Lost) -> Any:
    """The one tool of a request."""
    [tool] = cast(list[object], tools(fields, lost)["tools"])
    return tool


@pytest.mark.parametrize("more", [{}, {"type": "custom"}, {"type": None, "strict": None, "defer_loading": False}])
def test_a_tool_is_a_function(more: dict[str, object]) -> None:
    assert tools({"tools": [{**WEATHER, **more}]}, Lost()) == {"tools": [CARRIED]}


def test_a_tool_needs_no_description() -> None:
    tool = only({"tools": [{"name": "f", "input_schema": {}, "strict": True}]}, Lost())
    assert tool == {"type": "function", "function": {"name": "f", "parameters": {}, "strict": True}}


def test_what_a_tool_has_beside_is_lost() -> None:
    lost = Lost()
    tools({"tools": [{**WEATHER, "cache_control": {"type": "ephemeral"}, "defer_loading": True, "input_examples": [{}]}]}, lost)
    assert lost.names == ("cache_control", "tools[].defer_loading", "tools[].input_examples")


def test_a_tool_that_the_caller_runs_is_told_in_full() -> None:
    lost = Lost()
    computer = {"type": "computer_20250124", "name": "computer", "display_width_px": 8, "display_height_px": 9, "display_number": 1}
    tool = only({"tools": [computer]}, lost)
    assert tool["function"]["name"] == "computer"
    assert "8 by 9" in tool["function"]["description"]
    assert tool["function"]["parameters"]["required"] == ["action"]
    assert lost.names == ("tools[].display_number",)


def test_a_search_among_tools_is_not_needed_where_all_are_told() -> None:
    lost = Lost()
    search = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
    assert tools({"tools": [search, WEATHER]}, lost) == {"tools": [CARRIED]}
    assert lost.names == ("tools[].tool_search_tool",)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "any", "disable_parallel_tool_use": False}, {"tool_choice": "required"}),
        ({"type": "none"}, {"tool_choice": "none"}),
        ({"type": "auto", "disable_parallel_tool_use": True}, {"tool_choice": "auto", "parallel_tool_calls": False}),
        ({"type": "tool", "name": "weather"}, {"tool_choice": {"type": "function", "function": {"name": "weather"}}}),
    ],
)
def test_what_to_call(choice: dict[str, object], said: dict[str, object]) -> None:
    assert tools({"tools": [WEATHER], "tool_choice": choice}, Lost()) == {"tools": [CARRIED], **said}


@pytest.mark.parametrize("fields", [{}, {"tools": []}, {"tools": None, "tool_choice": {"type": "auto"}}, {"tool_choice": {"type": "none"}}])
def test_without_tools_nothing_is_said(fields: dict[str, object]) -> None:
    assert tools(fields, Lost()) == {}


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        pytest.param({"tools": {}}, "bad_field", "tools", id="no list"),
        pytest.param({"tools": [{"name": "f"}]}, "bad_field", "tools[0].input_schema", id="no schema"),
        pytest.param({"tools": [{"input_schema": {}}]}, "bad_field", "tools[0].name", id="no name"),
        pytest.param({"tools": [{**WEATHER, "description": 1}]}, "bad_field", "tools[0].description", id="no description"),
        pytest.param({"tools": [{**WEATHER, "strict": "yes"}]}, "bad_field", "tools[0].strict", id="not strict"),
        pytest.param({"tools": [{**WEATHER, "type": 5}]}, "bad_field", "tools[0].type", id="no type"),
        pytest.param({"tools": [WEATHER, {"type": "web_search_20250305", "name": "web_search"}]}, "not_carried", "tools[1]", id="a search"),
        pytest.param({"tools": [{"type": "mcp_toolset", "mcp_server_name": "m"}]}, "not_carried", "tools[0]", id="tools of a server"),
        pytest.param({"tool_choice": {"type": "any"}}, "bad_field", "tool_choice", id="one of none"),
        pytest.param({"tool_choice": "any"}, "bad_field", "tool_choice", id="no choice"),
        pytest.param({"tool_choice": {"type": "all"}}, "bad_field", "tool_choice.type", id="another choice"),
        pytest.param({"tool_choice": {"type": "tool"}}, "bad_field", "tool_choice.name", id="which?"),
        pytest.param(
            {"tool_choice": {"type": "auto", "disable_parallel_tool_use": 1}},
            "bad_field",
            "tool_choice.disable_parallel_tool_use",
            id="not parallel",
        ),
    ],
)
def test_what_cannot_be_put_is_refused(fields: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        tools(fields, Lost())
    assert (refusal.value.code, refusal.value.param) == (code, param)
