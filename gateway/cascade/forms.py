"""Whether an answer has the form that was asked for: JSON, of a schema, and arguments of tools that are JSON.

Of a schema the keywords of `_KEYWORDS` are looked at, which models get wrong; any other says nothing. It is a test of whether the model
understood what was asked, not of the caller's contract: engines that hold a model to a schema do that themselves. The schema is the
caller's, and may refer to itself in a hundred ways: the work is bounded, and what was not looked at says nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

Form = Mapping[str, object] | Literal["text", "json"]
"""Anything, an object of JSON, or a schema."""
_DEEPEST = 32
_MOST_WORK = 20_000
"""Members of schemas that are looked at for one answer, again and again where they are referred to: some 30 ms."""
_LONGEST_REFERENCE = 500
"""Characters."""
_TYPES: Mapping[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == int(value),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


def form_of(fields: Mapping[str, object]) -> Form:
    """The form that a request with these members asks for."""
    wanted = fields.get("response_format")
    if not isinstance(wanted, dict):
        return "text"
    kind = wanted.get("type")
    if kind == "json_schema":
        inner = wanted.get("json_schema")
        schema = inner.get("schema") if isinstance(inner, dict) else None
        return schema if isinstance(schema, dict) else "json"
    return "json" if kind == "json_object" else "text"


def fits(text: str, form: Form) -> bool:
    """Whether the text of an answer has the form."""
    if form == "text":
        return True
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) if isinstance(form, str) else _fits(value, form, _Schema(form), _DEEPEST)


def is_json(text: str) -> bool:
    """Whether the text is JSON, or empty: a tool without arguments has none."""
    return not text or fits(text, {})


@dataclass(slots=True)
class _Schema:
    """The whole schema, to which its parts may refer. `left` is the work that may still be done."""

    root: Mapping[str, object]
    left: int = _MOST_WORK


_Keyword = Callable[[object, Mapping[str, object], _Schema, int], bool]


def _fits(value: object, schema: object, root: _Schema, deepest: int) -> bool:
    """Whether a value has the form of a schema. What cannot be read as one, is nested too deeply or too much work says nothing."""
    if not isinstance(schema, dict):
        return schema is not False
    if deepest <= 0 or root.left < 0:
        return True
    root.left -= 1 + len(schema) + sum([len(member) for member in schema.values() if isinstance(member, list | dict)])
    return root.left < 0 or all(name not in schema or holds(value, schema, root, deepest - 1) for name, holds in _KEYWORDS.items())


def _has_type(value: object, schema: Mapping[str, object], _root: _Schema, _deepest: int) -> bool:
    said = schema["type"]
    names = said if isinstance(said, list) else [said]
    return any(not isinstance(name, str) or name not in _TYPES or _TYPES[name](value) for name in names)


def _has_members(value: object, schema: Mapping[str, object], root: _Schema, deepest: int) -> bool:
    members = schema["properties"]
    if not isinstance(value, dict) or not isinstance(members, dict):
        return True
    return all(_fits(value[name], member, root, deepest) for name, member in members.items() if name in value)


def _has_required(value: object, schema: Mapping[str, object], _root: _Schema, _deepest: int) -> bool:
    names = schema["required"]
    return not isinstance(value, dict) or not isinstance(names, list) or all(name in value for name in names)


def _has_no_more(value: object, schema: Mapping[str, object], _root: _Schema, _deepest: int) -> bool:
    known = schema.get("properties")
    if schema["additionalProperties"] is not False or "patternProperties" in schema:
        return True
    return not isinstance(value, dict) or value.keys() <= (known.keys() if isinstance(known, dict) else set())


def _has_items(value: object, schema: Mapping[str, object], root: _Schema, deepest: int) -> bool:
    return not isinstance(value, list) or all(_fits(item, schema["items"], root, deepest) for item in value)


def _is_one_of(value: object, schema: Mapping[str, object], _root: _Schema, _deepest: int) -> bool:
    known = schema["enum"]
    return not isinstance(known, list) or value in known


def _has_one(name: str) -> _Keyword:
    def holds(value: object, schema: Mapping[str, object], root: _Schema, deepest: int) -> bool:
        forms = schema[name]
        return not isinstance(forms, Sequence) or any(_fits(value, form, root, deepest) for form in forms)

    return holds


def _has_all(value: object, schema: Mapping[str, object], root: _Schema, deepest: int) -> bool:
    forms = schema["allOf"]
    return not isinstance(forms, Sequence) or all(_fits(value, form, root, deepest) for form in forms)


def _is_as_referred(value: object, schema: Mapping[str, object], root: _Schema, deepest: int) -> bool:
    place: object = root.root
    reference = schema["$ref"]
    if not isinstance(reference, str) or not reference.startswith("#") or len(reference) > _LONGEST_REFERENCE:
        return True
    for step in reference.removeprefix("#").split("/")[1:]:
        place = place.get(step) if isinstance(place, dict) else None
    return place is None or _fits(value, place, root, deepest)


_KEYWORDS: Mapping[str, _Keyword] = {
    "type": _has_type,
    "enum": _is_one_of,
    "required": _has_required,
    "properties": _has_members,
    "additionalProperties": _has_no_more,
    "items": _has_items,
    "anyOf": _has_one("anyOf"),
    "oneOf": _has_one("oneOf"),
    "allOf": _has_all,
    "$ref": _is_as_referred,
}
