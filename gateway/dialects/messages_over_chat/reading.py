"""Strict reading of a request's members, and the list of those that could not be carried over.

What has another form than its API says is refused with a sentence that names the member and says what it must be, and never quotes it.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TypeAlias, TypeGuard

from gateway.errors import BadRequest

Thing: TypeAlias = Mapping[str, object]
"""An object of the request."""
_PLACE = re.compile(r"\[\d+\]")
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,59}")
_MOST = 40
"""So many names fit into a response header."""
_SAYS_NOTHING: Mapping[str, tuple[object, ...]] = {
    "allowed_callers": (["direct"],),
    "caller": ({"type": "direct"},),
    "citations": ([], {}, {"enabled": False}),
    "display": ("summarized",),
    "transformations": ({}, {"oversized_image": "downsize"}),
}
"""Values that ask for what happens anyway, beside null and false."""


class Lost:
    """Members that are not carried over, by name: `tools[].strict`. No values; a name that no API would have is `other`."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """In their order, each once, and not more than fit into a header."""
        return tuple(sorted(self._names)[:_MOST])

    def add(self, name: str) -> None:
        """Something of that name, or at that place, is lost."""
        self._names.add(_PLACE.sub("[]", name))

    def rest(self, thing: Thing, carried: AbstractSet[str], at: str = "") -> None:
        """Whatever an object has beside what is carried is lost. `cache_control` is one thing wherever it stands."""
        if thing.keys() <= carried:
            return
        for name in thing.keys() - carried:
            value = thing[name]
            if value is None or value is False or value in _SAYS_NOTHING.get(name, ()):
                continue
            if name == "cache_control":
                self._names.add(name)
            else:
                self.add(f"{at}.{_plain(name)}" if at else _plain(name))


def _plain(name: str) -> str:
    return name if _NAME.fullmatch(name) else "other"


def bad(at: str, wanted: str) -> BadRequest:
    """The refusal of a member that has another form than it must have."""
    return BadRequest("bad_field", f"`{at}` must be {wanted}.", param=at)


def not_carried(at: str, say: str) -> BadRequest:
    """The refusal of what the model's API has no counterpart for, where an answer without it would be one to another question."""
    return BadRequest("not_carried", say, param=at)


def text(value: object, at: str) -> str:
    """A string."""
    if not isinstance(value, str):
        raise bad(at, "a string")
    return value


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number: JSON's true and false are none."""
    return type(value) in (int, float)


def number(value: object, at: str) -> int | float:
    """A number."""
    if not is_number(value):
        raise bad(at, "a number")
    return value


def whole(value: object, at: str, least: int) -> int:
    """A whole number that is not less than `least`."""
    if type(value) is not int or value < least:
        raise bad(at, f"a whole number, {least} or more")
    return value


def thing(value: object, at: str) -> Thing:
    """An object."""
    if not isinstance(value, dict):
        raise bad(at, "an object")
    return value


def texts(value: object, at: str) -> list[str]:
    """A list of strings."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise bad(at, "a list of strings")
    return value


def things(value: object, at: str) -> list[tuple[str, Thing]]:
    """A list of objects, each with its place."""
    if not isinstance(value, list):
        raise bad(at, "a list of objects")
    return [(place := f"{at}[{index}]", thing(each, place)) for index, each in enumerate(value)]


def blocks(value: object, at: str) -> list[tuple[str, Thing]]:
    """Content: a list of blocks, each with its place. A string is one block of text."""
    if isinstance(value, str):
        return [(at, {"type": "text", "text": value})]
    if not isinstance(value, list):
        raise bad(at, "a string or a list of content blocks")
    return things(value, at)
