"""Tools, and which of them the model is to call."""

from collections.abc import Mapping

from gateway.dialects.messages_over_chat.client_tools import form_of
from gateway.dialects.naming import short
from gateway.dialects.reading import Lost, Thing, bad, flag, not_carried, text, thing, things

_CARRIED = frozenset({"type", "name", "description", "input_schema", "strict"})
_SIZES = frozenset({"display_width_px", "display_height_px"})
_AT_ANTHROPIC = "Tools of this type run at Anthropic. Leave them out, run such a tool yourself, or ask for one of Anthropic's models."
_CHOICES: Mapping[str, str] = {"auto": "auto", "any": "required", "none": "none"}


def tools(fields: Thing, lost: Lost) -> dict[str, object]:
    """The chat's `tools`, `tool_choice` and `parallel_tool_calls`; nothing without tools. Raises `BadRequest`."""
    given = [] if fields.get("tools") is None else things(fields["tools"], "tools")
    carried = [tool for at, each in given if (tool := _tool(each, at, lost)) is not None]
    choice = {} if fields.get("tool_choice") is None else _choice(thing(fields["tool_choice"], "tool_choice"), lost)
    if carried:
        return {"tools": carried, **choice}
    if choice.get("tool_choice", "auto") not in ("auto", "none"):
        raise bad("tool_choice", "left out, or `auto` or `none`, where no tools can be called")
    return {}


def _tool(tool: Thing, at: str, lost: Lost) -> dict[str, object] | None:
    """A function; None for the search among tools: to a chat all of them are told at once."""
    kind = "custom" if tool.get("type") is None else text(tool["type"], f"{at}.type")
    if kind.startswith("tool_search_tool_"):
        lost.add(f"{at}.tool_search_tool")
        return None
    function: dict[str, object] = {"name": "" if kind == "mcp_toolset" else short(text(tool.get("name"), f"{at}.name"))}
    if kind == "custom":
        schema = thing(tool.get("input_schema"), f"{at}.input_schema")
        say = None if tool.get("description") is None else text(tool["description"], f"{at}.description")
    elif (form := form_of(tool, kind)) is not None:
        say, schema = form
    else:
        raise not_carried(at, _AT_ANTHROPIC)
    lost.rest(tool, _CARRIED if kind == "custom" else _CARRIED | _SIZES, at)
    if say is not None:
        function["description"] = say
    function["parameters"] = schema
    if tool.get("strict") is not None:
        function["strict"] = flag(tool["strict"], f"{at}.strict")
    return {"type": "function", "function": function}


def _choice(choice: Thing, lost: Lost) -> dict[str, object]:
    kind = text(choice.get("type"), "tool_choice.type")
    if kind not in (*_CHOICES, "tool"):
        raise bad("tool_choice.type", "`auto`, `any`, `tool` or `none`")
    lost.rest(choice, {"type", "name", "disable_parallel_tool_use"}, "tool_choice")
    named = (
        {"type": "function", "function": {"name": short(text(choice.get("name"), "tool_choice.name"))}}
        if kind == "tool"
        else _CHOICES[kind]
    )
    alone = choice.get("disable_parallel_tool_use")
    is_alone = alone is not None and flag(alone, "tool_choice.disable_parallel_tool_use")
    return {"tool_choice": named, **({"parallel_tool_calls": False} if is_alone else {})}
