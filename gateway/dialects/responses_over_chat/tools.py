"""Tools and the choice among them. A chat has functions with one flat name each; whatever else a model may call is made one, or left out.

A custom tool becomes a function of one text, since most engines know functions only; a tool of a namespace becomes a function whose name
begins with the namespace; a search for tools that the caller runs becomes a function too, and what it found joins the others. `called` says
what a call of such a function was in the caller's words.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from gateway.dialects.naming import short
from gateway.dialects.reading import Lost, Thing, bad, filled, not_carried, string, thing, things

_USUAL_NAMESPACE = "functions"
"""The namespace of tools that have none, as OpenAI's models and Codex call it."""
_BRINGERS = frozenset({"additional_tools", "tool_search_output"})
"""Items of `input` that bring further tools."""
_KNOWN = frozenset({"type", "name", "description", "parameters", "strict"})
_KNOWN_CUSTOM = frozenset({"type", "name", "description", "format"})
_KNOWN_NAMESPACE = frozenset({"type", "name", "tools"})
_LEFT_OUT = frozenset(
    "web_search web_search_2025_08_26 web_search_preview web_search_preview_2025_03_11 image_generation tool_search".split()
)
"""Tools of OpenAI's own servers that a model may simply not have: it answers from what it knows. Codex offers some with every request."""
_ELSEWHERE = (
    "This kind of tool runs at OpenAI, or is known to its models only; the model that serves this request has function tools, "
    "custom tools and namespaces of them. Leave it out, or offer a function instead."
)
_NONE_LEFT = "A tool call is required, but the model that serves this request can have none of the tools. Offer function or custom tools."
_NOT_OFFERED = "`tool_choice` names a tool that `tools` does not have, or that the model that serves this request cannot have."
_SAME_NAME = "Two tools have the same name at the model that serves this request. Rename one of them."
_INPUT: Mapping[str, object] = MappingProxyType(
    {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"], "additionalProperties": False}
)


class Tool(NamedTuple):
    """A tool in the caller's words: `type` (function, custom or tool_search), its namespace, empty for none, and its name."""

    type: str
    namespace: str
    name: str


class Offered(NamedTuple):
    """What a request offers: functions of a chat by their names, and which tool of the caller each of them is."""

    functions: dict[str, dict[str, object]]
    called: dict[str, Tool]
    has_left_out: bool


def flat(namespace: str, name: str) -> str:
    """The one name that a chat has for a tool of a namespace, or of none."""
    if namespace in {"", _USUAL_NAMESPACE}:
        return name
    return short(namespace + name if namespace.endswith("__") else f"{namespace}__{name}")


def offered(asked: Thing, lost: Lost) -> Offered:
    """All tools of a request. Raises `BadRequest`."""
    return _offered(_listed(asked), lost)


def called(asked: Thing) -> Mapping[str, Tool]:
    """The caller's tools by the names that a chat has for them, of a request that was translated."""
    return offered(asked, Lost()).called


def flat_names(tools: object, param: str) -> list[str]:
    """The names that a chat has for some tools. Raises `BadRequest`."""
    return list(_offered(things(tools, param), Lost()).functions)


def _offered(tools: Iterable[tuple[str, Thing]], lost: Lost) -> Offered:
    found = Offered({}, {}, has_left_out=False)
    for param, fields in tools:
        kind = filled(fields.get("type"), f"{param}.type")
        if kind == "namespace":
            _add_namespace(found, fields, param, lost)
        elif kind in _LEFT_OUT and not _is_clients(fields):
            lost.add(f"tools[].{kind}")
            found = found._replace(has_left_out=True)
        else:
            _add(found, fields, param, "", lost)
    return found


def chosen(value: object, offer: Offered, lost: Lost) -> tuple[list[dict[str, object]], object]:
    """The functions that the model may call, and `tool_choice` in a chat's words, None for the usual. Raises `BadRequest`."""
    functions = list(offer.functions.values())
    if value is None or isinstance(value, str):
        return functions, _mode(value, functions, offer)
    choice = thing(value, "tool_choice")
    if choice.get("type") != "allowed_tools":
        return functions, {"type": "function", "function": {"name": _named(choice, offer, "tool_choice")}}
    lost.rest(choice, ("type", "mode", "tools"), "tool_choice")
    names = _allowed(things(choice.get("tools"), "tool_choice.tools"), offer)
    allowed = [function for name, function in offer.functions.items() if name in names]
    return allowed, _mode(choice.get("mode"), allowed, offer)


def _listed(asked: Thing) -> Iterator[tuple[str, Thing]]:
    """Each tool of a request with the place where it is: those of `tools`, and those that items of `input` bring."""
    yield from things(asked.get("tools") or [], "tools")
    given = asked.get("input")
    for place, item in things(given, "input") if isinstance(given, list) else []:
        if string(item.get("type")) in _BRINGERS:
            yield from things(item.get("tools") or [], f"{place}.tools")


def _is_clients(fields: Thing) -> bool:
    """Whether it is a search for tools that the caller runs, and not OpenAI."""
    return fields.get("type") == "tool_search" and fields.get("execution") == "client"


def _mode(value: object, functions: list[dict[str, object]], offer: Offered) -> object:
    if value not in (None, "auto", "none", "required"):
        raise bad("tool_choice", "`auto`, `none`, `required` or an object that names tools")
    if value == "required" and not functions:
        raise not_carried("tool_choice", _NONE_LEFT) if offer.has_left_out else bad("tools", "a list with a tool, since one is required")
    return value


def _allowed(tools: list[tuple[str, Thing]], offer: Offered) -> set[str]:
    """Names of the functions that a choice allows. That it allows one that is left out says nothing."""
    names = set()
    for param, tool in tools:
        if string(tool.get("type")) not in _LEFT_OUT:
            names.add(_named(tool, offer, param))
    return names


def _named(tool: Thing, offer: Offered, param: str) -> str:
    """The name of the function that a reference to a tool means."""
    namespace, name = tool.get("namespace") or "", tool.get("name")
    if tool.get("type") not in ("function", "custom"):
        raise not_carried(param, _ELSEWHERE)
    known = flat(str(namespace), filled(name, f"{param}.name"))
    if known not in offer.functions:
        raise not_carried(param, _NOT_OFFERED)
    return known


def _add_namespace(found: Offered, fields: Thing, param: str, lost: Lost) -> None:
    lost.rest(fields, _KNOWN_NAMESPACE, "tools[].namespace")
    namespace = filled(fields.get("name"), f"{param}.name")
    for place, tool in things(fields.get("tools"), f"{param}.tools"):
        _add(found, tool, place, namespace, lost)


def _add(found: Offered, fields: Thing, param: str, namespace: str, lost: Lost) -> None:
    kind = str(fields.get("type"))
    made = _MADE.get(kind)
    if made is None:
        raise not_carried(f"{param}.type", _ELSEWHERE)
    within = "" if namespace == _USUAL_NAMESPACE else namespace
    tool = Tool(kind, within, kind if kind == "tool_search" else filled(fields.get("name"), f"{param}.name"))
    name = flat(within, tool.name)
    if found.called.get(name, tool) != tool:
        raise not_carried(f"{param}.name", _SAME_NAME)
    found.functions[name] = {"type": "function", "function": made(name, fields, lost)}
    found.called[name] = tool


def _function(name: str, fields: Thing, lost: Lost) -> dict[str, object]:
    lost.rest(fields, _KNOWN, "tools[]")
    kept = {member: fields[member] for member in ("description", "parameters", "strict") if fields.get(member) is not None}
    return {"name": name, **kept}


def _custom(name: str, fields: Thing, lost: Lost) -> dict[str, object]:
    """A function whose one argument is the text that the tool takes. Its grammar is told to the model, which nothing holds to it."""
    lost.rest(fields, _KNOWN_CUSTOM, "tools[]")
    say = [str(fields["description"])] if fields.get("description") else []
    form = fields.get("format")
    if isinstance(form, Mapping) and form.get("type") == "grammar":
        lost.add("tools[].format")
        say.append(f"`input` must follow this {form.get('syntax')} grammar:\n{form.get('definition')}")
    return {"name": name, **({"description": "\n\n".join(say)} if say else {}), "parameters": dict(_INPUT)}


def _search(name: str, fields: Thing, lost: Lost) -> dict[str, object]:
    return _function(name, {member: value for member, value in fields.items() if member != "execution"}, lost)


_MADE: Mapping[str, Callable[[str, Thing, Lost], dict[str, object]]] = MappingProxyType(
    {"function": _function, "custom": _custom, "tool_search": _search}
)
"""By the type of a tool who makes a function of it."""
