"""Rewriting: a request's members with placeholders instead of values, in every string, also in the JSON inside of strings."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from gateway.redact.values import Masks

_FIXED = frozenset({"role", "type", "model"})
"""Members whose values the protocol defines."""
_DEEPEST = 3
"""Levels of JSON inside of strings."""
HINT = "Words like <PERSON_1> stand for values that you cannot see. Repeat them exactly as they are, with their brackets."

_MOST_INSIDE = 10_000
"""Objects and lists in a string up to which it is read as JSON."""


class Unwritable(ValueError):
    """The request cannot be rewritten: two keys would become one."""


Text = Callable[[str, str], str]
"""Rewrites a string. The second argument is the key that it stands under."""


def masked(fields: Mapping[str, object], masks: Masks) -> dict[str, object]:
    """The members with their values masked."""

    def text(one: str, key: str) -> str:
        return one if key in _FIXED else masks.masked(one, is_bare=key == "name")

    return {name: _value(member, name, text, _DEEPEST) for name, member in fields.items()}


def _value(value: object, key: str, text: Text, deepest: int) -> object:
    if isinstance(value, str):
        return _string(value, key, text, deepest)
    if isinstance(value, list):
        return [_value(member, key, text, deepest) for member in value]
    if isinstance(value, dict):
        rewritten = {_key(name, text): _value(member, name, text, deepest) for name, member in value.items()}
        if len(rewritten) < len(value):
            raise Unwritable
        return rewritten
    return value


def _key(name: str, text: Text) -> str:
    """A key. Those that look like the protocol's own stay: a request with other ones would mean something else."""
    return name if name.islower() and name.isidentifier() else text(name, "")


def _string(value: str, key: str, text: Text, deepest: int) -> str:
    inner = _inner(value) if deepest else None
    if inner is None:
        return text(value, key)
    rewritten = _value(inner, key, text, deepest - 1)
    return value if rewritten == inner else msgspec.json.encode(rewritten).decode()


def _inner(value: str) -> object:
    """The object or list that a string holds as JSON; None for any other string."""
    if value[:100].lstrip()[:1] not in ("{", "[") or value.count("}") + value.count("]") > _MOST_INSIDE:
        return None
    try:
        inner = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return inner if isinstance(inner, dict | list) else None


def strings(value: object, deepest: int = _DEEPEST) -> Iterator[str]:
    """Every string and key of a decoded body, and of the JSON inside of strings."""
    if isinstance(value, str):
        yield value
        if deepest and (inner := _inner(value)) is not None:
            yield from strings(inner, deepest - 1)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from strings(member, deepest)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member, deepest)


def last_turn(fields: Mapping[str, object]) -> str:
    """What the caller said last: the last user turn of a conversation, else the prompt."""
    turns = fields.get("messages") or fields.get("input")
    for turn in reversed(turns) if isinstance(turns, list) else ():
        if isinstance(turn, dict) and turn.get("role") == "user":
            return "\n".join(strings(turn.get("content")))
    return "\n".join(strings(turns if isinstance(turns, str) else fields.get("prompt")))


def hinted(fields: Mapping[str, object]) -> dict[str, object]:
    """The members with a note for the model about placeholders, where there are messages."""
    messages = fields.get("messages")
    if not isinstance(messages, list):
        return dict(fields)
    first = messages[0] if messages else None
    if isinstance(first, dict) and first.get("role") in ("system", "developer") and isinstance(first.get("content"), str):
        return {**fields, "messages": [{**first, "content": f"{HINT}\n\n{first['content']}"}, *messages[1:]]}
    return {**fields, "messages": [{"role": "system", "content": HINT}, *messages]}
