"""A chat's tools, and the wish for one of them, in the words of the Messages API."""

from collections.abc import Mapping

from gateway.dialects.reading import Lost, Thing, bad, not_carried, text, thing, things

_CHOICES: Mapping[object, str] = {"auto": "auto", "required": "any", "none": "none"}
_ONLY = "This model takes tools of type `function` only. Send others as functions, or ask for another model."


def tools(fields: Thing, lost: Lost) -> dict[str, object]:
    """`tools` and `tool_choice`. Raises `BadRequest`."""
    offered = things(fields.get("tools") or [], "tools")
    choice, allowed = _choice(fields.get("tool_choice"))
    made = [_tool(tool, at, lost) for at, tool in offered]
    if allowed is not None:
        made = [tool for tool in made if tool["name"] in allowed]
    if not made:
        if choice is not None and choice["type"] in {"any", "tool"}:
            raise bad("tools", "a list with a tool, since `tool_choice` requires one")
        return {}
    if fields.get("parallel_tool_calls") is False and (choice or {}).get("type") != "none":
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    return {"tools": made} if choice is None else {"tools": made, "tool_choice": choice}


def _tool(tool: Thing, at: str, lost: Lost) -> dict[str, object]:
    if tool.get("type") != "function":
        raise not_carried(f"{at}.type", _ONLY)
    function = thing(tool.get("function"), f"{at}.function")
    lost.rest(tool, {"type", "function", "cache_control"}, at)
    lost.rest(function, {"name", "description", "parameters", "strict"}, f"{at}.function")
    made: dict[str, object] = {
        "name": text(function.get("name"), f"{at}.function.name"),
        "input_schema": function.get("parameters") or {"type": "object", "properties": {}},
    }
    if function.get("description") is not None:
        made["description"] = text(function["description"], f"{at}.function.description")
    if function.get("strict"):
        made["strict"] = True
    return made | {name: tool[name] for name in ("cache_control",) if tool.get(name) is not None}


def _choice(choice: object) -> tuple[dict[str, object] | None, set[str] | None]:
    """The choice in Anthropic's words, and the names of the tools that it allows where it says so."""
    if choice is None:
        return None, None
    if isinstance(choice, str):
        return _mode(choice, "tool_choice"), None
    asked = thing(choice, "tool_choice")
    if asked.get("type") == "allowed_tools":
        allowed = thing(asked.get("allowed_tools"), "tool_choice.allowed_tools")
        names = {_named(tool, at) for at, tool in things(allowed.get("tools"), "tool_choice.allowed_tools.tools")}
        return _mode(allowed.get("mode"), "tool_choice.allowed_tools.mode"), names
    return {"type": "tool", "name": _named(asked, "tool_choice")}, None


def _mode(mode: object, at: str) -> dict[str, object]:
    if not isinstance(mode, str) or mode not in _CHOICES:
        raise bad(at, "`auto`, `required`, `none`, or an object that names a function")
    return {"type": _CHOICES[mode]}


def _named(reference: Thing, at: str) -> str:
    if reference.get("type") != "function":
        raise not_carried(f"{at}.type", _ONLY)
    return text(thing(reference.get("function"), f"{at}.function").get("name"), f"{at}.function.name")
