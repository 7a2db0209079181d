"""Tools and the choice among them. A chat has functions with one flat name each; whatever else a model may call is made one, or left out.

A custom tool becomes a function of one text, since most engines know functions only; a tool of a namespace becomes a function whose name
begins with the namespace; a search for tools that the caller runs becomes a function too, and what it found joins the others. `called` says
what a call of such a function was in the caller's words.
"""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from gateway.dialects.responses_over_chat.reading import Lost, list_of, name_of, object_of, refused, wrong

_LONGEST_NAME = 64
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
    """The one name that a chat has for a tool of a namespace, or of none. A name too long for OpenAI is cut, and ends in a digest of it."""
    if namespace in {"", _USUAL_NAMESPACE}:
        return name
    joined = namespace + name if namespace.endswith("__") else f"{namespace}__{name}"
    if len(joined) <= _LONGEST_NAME:
        return joined
    return f"{joined[:55]}_{sha256(joined.encode()).hexdigest()[:8]}"


def offered(asked: Mapping[str, object], lost: Lost) -> Offered:
    """All tools of a request. Raises `BadRequest`."""
    found = Offered({}, {}, has_left_out=False)
    for param, tool in _listed(asked):
        fields = object_of(tool, param)
        kind = name_of(fields.get("type"), f"{param}.type")
        if kind == "namespace":
            _add_namespace(found, fields, param, lost)
        elif kind in _LEFT_OUT and not _is_clients(fields):
            lost.note(f"tools[].{kind}")
            found = found._replace(has_left_out=True)
        else:
            _add(found, fields, param, "", lost)
    return found


def called(asked: Mapping[str, object]) -> Mapping[str, Tool]:
    """The caller's tools by the names that a chat has for them, of a request that was translated."""
    return offered(asked, Lost()).called


def flat_names(tools: object, param: str) -> list[str]:
    """The names that a chat has for some tools. Raises `BadRequest`."""
    return list(offered({"tools": list_of(tools, param)}, Lost()).functions)


def chosen(value: object, offer: Offered, lost: Lost) -> tuple[list[dict[str, object]], object]:
    """The functions that the model may call, and `tool_choice` in a chat's words, None for the usual. Raises `BadRequest`."""
    functions = list(offer.functions.values())
    if value is None or isinstance(value, str):
        return functions, _mode(value, functions, offer)
    choice = object_of(value, "tool_choice")
    if choice.get("type") != "allowed_tools":
        return functions, {"type": "function", "function": {"name": _named(choice, offer, "tool_choice")}}
    lost.others(choice, ("type", "mode", "tools"), "tool_choice.")
    names = _allowed(list_of(choice.get("tools"), "tool_choice.tools"), offer)
    allowed = [function for name, function in offer.functions.items() if name in names]
    return allowed, _mode(choice.get("mode"), allowed, offer)


def _listed(asked: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Each tool of a request with the place where it is: those of `tools`, and those that items of `input` bring."""
    yield from ((f"tools[{n}]", tool) for n, tool in enumerate(list_of(asked.get("tools") or [], "tools")))
    items = asked.get("input")
    for number, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, Mapping) and str(item.get("type")) in _BRINGERS:
            place = f"input[{number}].tools"
            yield from ((f"{place}[{n}]", tool) for n, tool in enumerate(list_of(item.get("tools") or [], place)))


def _is_clients(fields: Mapping[str, object]) -> bool:
    """Whether it is a search for tools that the caller runs, and not OpenAI."""
    return fields.get("type") == "tool_search" and fields.get("execution") == "client"


def _mode(value: object, functions: list[dict[str, object]], offer: Offered) -> object:
    if value not in (None, "auto", "none", "required"):
        raise wrong("tool_choice", "`auto`, `none`, `required` or an object that names tools")
    if value == "required" and not functions:
        raise refused("tool_choice", _NONE_LEFT) if offer.has_left_out else wrong("tools", "a list with a tool, since one is required")
    return value


def _allowed(tools: list[object], offer: Offered) -> set[str]:
    """Names of the functions that a choice allows. That it allows one that is left out says nothing."""
    names = set()
    for number, tool in enumerate(tools):
        param = f"tool_choice.tools[{number}]"
        fields = object_of(tool, param)
        if str(fields.get("type")) not in _LEFT_OUT:
            names.add(_named(fields, offer, param))
    return names


def _named(tool: Mapping[str, object], offer: Offered, param: str) -> str:
    """The name of the function that a reference to a tool means."""
    namespace, name = tool.get("namespace") or "", tool.get("name")
    if tool.get("type") not in ("function", "custom"):
        raise refused(param, _ELSEWHERE)
    known = flat(str(namespace), name_of(name, f"{param}.name"))
    if known not in offer.functions:
        raise refused(param, _NOT_OFFERED)
    return known


def _add_namespace(found: Offered, fields: Mapping[str, object], param: str, lost: Lost) -> None:
    lost.others(fields, _KNOWN_NAMESPACE, "tools[].namespace.")
    namespace = name_of(fields.get("name"), f"{param}.name")
    for number, tool in enumerate(list_of(fields.get("tools"), f"{param}.tools")):
        place = f"{param}.tools[{number}]"
        _add(found, object_of(tool, place), place, namespace, lost)


def _add(found: Offered, fields: Mapping[str, object], param: str, namespace: str, lost: Lost) -> None:
    kind = str(fields.get("type"))
    made = _MADE.get(kind)
    if made is None:
        raise refused(f"{param}.type", _ELSEWHERE)
    within = "" if namespace == _USUAL_NAMESPACE else namespace
    tool = Tool(kind, within, kind if kind == "tool_search" else name_of(fields.get("name"), f"{param}.name"))
    name = flat(within, tool.name)
    if found.called.get(name, tool) != tool:
        raise refused(f"{param}.name", _SAME_NAME)
    found.functions[name] = {"type": "function", "function": made(name, fields, lost)}
    found.called[name] = tool


def _function(name: str, fields: Mapping[str, object], lost: Lost) -> dict[str, object]:
    lost.others(fields, _KNOWN, "tools[].")
    kept = {member: fields[member] for member in ("description", "parameters", "strict") if fields.get(member) is not None}
    return {"name": name, **kept}


def _custom(name: str, fields: Mapping[str, object], lost: Lost) -> dict[str, object]:
    """A function whose one argument is the text that the tool takes. Its grammar is told to the model, which nothing holds to it."""
    lost.others(fields, _KNOWN_CUSTOM, "tools[].")
    say = [str(fields["description"])] if fields.get("description") else []
    form = fields.get("format")
    if isinstance(form, Mapping) and form.get("type") == "grammar":
        lost.note("tools[].format")
        say.append(f"`input` must follow this {form.get('syntax')} grammar:\n{form.get('definition')}")
    return {"name": name, **({"description": "\n\n".join(say)} if say else {}), "parameters": dict(_INPUT)}


def _search(name: str, fields: Mapping[str, object], lost: Lost) -> dict[str, object]:
    return _function(name, {member: value for member, value in fields.items() if member != "execution"}, lost)


_MADE: Mapping[str, Callable[[str, Mapping[str, object], Lost], dict[str, object]]] = MappingProxyType(
    {"function": _function, "custom": _custom, "tool_search": _search}
)
"""By the type of a tool who makes a function of it."""
