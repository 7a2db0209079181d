"""From plain values to `Settings`: what pydantic objects to becomes our sentences, and what is left is read on.

Reading on is what lets an unknown key and an uncleared chain be reported together: what is broken is taken out, and noted in
`Report.lost`, so that nothing is said about what merely follows from it.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.config.errors import Report, Where, hint, one_of
from gateway.config.models import Settings, json_schema

_EXPECTED: Mapping[str, str] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "tuple_type": "a list",
}
"""pydantic's types of errors, as what was expected in their place."""

_BOUNDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda context: f"must be at least {context['ge']:g}",
    "greater_than": lambda context: f"must be more than {context['gt']:g}",
    "less_than_equal": lambda context: f"must be at most {context['le']:g}",
    "too_short": lambda _: "must not be empty",
    "string_too_short": lambda _: "must not be empty",
    "finite_number": lambda _: "must be a finite number",
    "recursion_loop": lambda _: "refers to itself",
    "invalid_key": lambda _: "a key must be a text; put it in quotes",
    "missing": lambda _: "is missing",
    "literal_error": lambda context: f"expected {context['expected']}",
    "value_error": lambda context: str(context["error"]),
}

_NOT_YET: Mapping[str, str] = {
    "spill": "`spill` is not there yet; name the targets that may take over under `fallback`",
}


class _Fault(NamedTuple):
    """One objection: where it stands in the file (not in pydantic's tree of types), and whether it is about one member of a union."""

    where: Where
    error: ErrorDetails
    is_member: bool


def settle(content: object, report: Report) -> Settings | None:
    """The settings, as far as they can be read. None when too little is left. Every objection is in `report`."""
    if content is None:
        report.add((), "the configuration is empty")
        return None
    is_first = True
    while True:
        try:
            return Settings.model_validate(content)
        except ValidationError as error:
            faults = _faults(error, content)
        if is_first:
            for where, say in _sentences(faults, content):
                report.add(where, say)
            is_first = False
            _note_misspelt(faults, report)
            content = {"version": 1} | content if isinstance(content, dict) else content
        content = _without(content, {fault.where for fault in faults}, report)
        if content is None:
            return None


def _faults(error: ValidationError, content: object) -> list[_Fault]:
    faults = []
    for one in error.errors(include_url=False, include_input=False):
        where, is_member = _in_file(one, content)
        if one["loc"] and one["loc"][-1] == "[key]" and one["type"] in _EXPECTED:
            one["type"] = "invalid_key"
        faults.append(_Fault(where, one, is_member))
    # "expected a list" says nothing when the trouble is inside of the list.
    inner = {fault.where[:end] for fault in faults for end in range(len(fault.where))}
    return [fault for fault in faults if fault.where not in inner or fault.error["type"] in ("value_error", "invalid_key")]


def _in_file(error: ErrorDetails, content: Any) -> tuple[Where, bool]:
    """Leave out the steps that name types, as `str` and `function-after[...]` do."""
    where: Where = ()
    is_member = False
    last = len(error["loc"]) - 1
    for index, step in enumerate(error["loc"]):
        is_in_file = step in content if isinstance(content, dict) else isinstance(content, list) and isinstance(step, int)
        if is_in_file:
            content = content[step]
        elif not (error["type"] == "missing" and index == last):
            is_member = is_member or step != "[key]"
            continue
        where = (*where, step)
    return where, is_member


def _sentences(faults: list[_Fault], content: object) -> Iterator[tuple[Where, str]]:
    by_place: dict[Where, list[_Fault]] = {}
    for fault in faults:
        by_place.setdefault(fault.where, []).append(fault)
    for where, here in by_place.items():
        expected = list(dict.fromkeys(_EXPECTED[fault.error["type"]] for fault in here if fault.error["type"] in _EXPECTED))
        if expected:
            yield where, _mismatch(expected, _at(content, where))
        for fault in here:
            if fault.error["type"] not in _EXPECTED and not (expected and fault.is_member):
                yield where, _sentence(fault, content)


def _mismatch(expected: list[str], value: object) -> str:
    if "a number" in expected and "a whole number" in expected:
        expected.remove("a whole number")
    quotes = "; put it in quotes" if "a text" in expected and isinstance(value, bool | int | float) else ""
    return f"expected {one_of(expected)}, got {_what(value)}{quotes}"


def _sentence(fault: _Fault, content: object) -> str:
    kind, context = fault.error["type"], fault.error.get("ctx", {})
    if kind == "extra_forbidden":
        key = str(fault.where[-1])
        known = _keys_at(fault.where[:-1])
        if key in _NOT_YET:
            return _NOT_YET[key]
        return f"unknown key{hint(key, known)}"
    say = _BOUNDS[kind](context) if kind in _BOUNDS else fault.error["msg"]
    if kind == "literal_error":
        return f"{say}{_literal_hint(_at(content, fault.where), context['expected'])}"
    if kind == "missing" and (meaning := _description_at(fault.where)):
        return f"{say}: {meaning}"
    return say


def _literal_hint(value: object, expected: str) -> str:
    if not isinstance(value, str) or "'" not in expected:
        return f", got {_what(value)}"
    close = hint(value, expected.split("'")[1::2])
    return close if "did you mean" in close else ""


def _note_misspelt(faults: list[_Fault], report: Report) -> None:
    """What an unknown key was probably meant to say is lost as well: without this, its absence would be a second problem."""
    for fault in faults:
        if fault.error["type"] == "extra_forbidden":
            for meant in difflib.get_close_matches(str(fault.where[-1]), _keys_at(fault.where[:-1]), n=1):
                report.lost.add((*fault.where[:-1], meant))


def _what(value: object) -> str:
    names: Mapping[type, str] = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a mapping",
    }
    if value is None:
        return "nothing"
    return names.get(type(value), "a date; put text in quotes")


def _at(content: object, where: Where) -> object:
    for step in where:
        content = content[step]  # type: ignore[index]  # the place was found in it
    return content


def _without(content: object, places: set[Where], report: Report) -> object:
    """A copy that lacks what stands at the places, and what was incomplete without it. None when nothing is left."""
    doomed = {_nearest(content, where) for where in places}
    if () in doomed:
        report.lost.add(())
        return None
    report.lost |= {report.origin(where) for where in doomed}
    return _copy(content, (), doomed, report)


def _nearest(content: object, where: Where) -> Where:
    """The place itself, or what should have held it."""
    for depth, step in enumerate(where):
        if isinstance(content, dict) and step not in content:
            return where[:depth]
        content = content[step]  # type: ignore[index]  # found a line above, or an index that pydantic went through
    return where


def _copy(content: Any, where: Where, doomed: set[Where], report: Report) -> object:
    if not any(place[: len(where)] == where for place in doomed):
        return content
    if isinstance(content, dict):
        return {key: _copy(value, (*where, key), doomed, report) for key, value in content.items() if (*where, key) not in doomed}
    kept = [index for index in range(len(content)) if (*where, index) not in doomed]
    place = report.origin(where)
    before = report.origins.get(place, range(len(content)))
    copy = [_copy(content[index], (*where, index), doomed, report) for index in kept]
    report.origins[place] = [before[index] for index in kept]
    return copy


def _keys_at(where: Where) -> list[str]:
    return sorted({key for node in _schemas_at(where) for key in node.get("properties", {})})


def _description_at(where: Where) -> str:
    last = where[-1]
    nodes = [node.get("properties", {}).get(last, {}) for node in _schemas_at(where[:-1])]
    return next((str(node["description"]) for node in nodes if "description" in node), "")


def _schemas_at(where: Where) -> list[Mapping[str, Any]]:
    root = json_schema()
    nodes = _members(root, root)
    for step in where:
        nodes = [member for node in nodes for inner in _inside(node, step) for member in _members(inner, root)]
    return nodes


def _inside(node: Mapping[str, Any], step: str | int) -> Iterator[Mapping[str, Any]]:
    if step in node.get("properties", {}):
        yield node["properties"][step]
    elif isinstance(step, int):
        yield node.get("items", {})
    else:
        yield from node.get("patternProperties", {}).values()


def _members(node: Mapping[str, Any], root: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "$ref" in node:
        return _members(root["$defs"][node["$ref"].rpartition("/")[2]], root)
    united = [member for key in ("anyOf", "oneOf") for member in node.get(key, []) if "required" not in member]
    return [node] if not united else [inner for member in united for inner in _members(member, root)]
