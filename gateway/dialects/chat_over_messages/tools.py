"""A chat's tools, and the wish for one of them, in the words of the Messages API."""

from collections.abc import Mapping

from gateway.dialects.reading import Lost, Thing, bad, not_carried, text, thing, things

_CHOICES: Mapping[object, str] = {"auto": "auto", "required": "any", "none": "none"}
_ONLY = "This model takes tools of type `function` only. Send others as functions, or ask for another model."


def tools(fields: Thing, lost: Lost) -> dict[str, object]:
    """`tools` and `tool_choice`. Raises `BadRequest`."""
    if not fields.get("tools"):
        return {}
    made: dict[str, object] = {"tools": [_tool(tool, at, lost) for at, tool in things(fields["tools"], "tools")]}
    choice = _choice(fields.get("tool_choice"))
    if fields.get("parallel_tool_calls") is False and (choice or {}).get("type") != "none":
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    return made if choice is None else {**made, "tool_choice": choice}


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


def _choice(choice: object) -> dict[str, object] | None:
    if choice is None:
        return None
    if isinstance(choice, str):
        if choice not in _CHOICES:
            raise bad("tool_choice", "`auto`, `required`, `none`, or an object that names a function")
        return {"type": _CHOICES[choice]}
    named = thing(choice, "tool_choice")
    if named.get("type") != "function":
        raise not_carried("tool_choice.type", _ONLY)
    function = thing(named.get("function"), "tool_choice.function")
    return {"type": "tool", "name": text(function.get("name"), "tool_choice.function.name")}
