"""Reading JSON that others wrote: a request's members strictly, an answer's leniently, and the list of what could not be carried over.

What has another form than its API says is refused in a request, with a sentence that names the member and says what it must be, and never
quotes it. In an answer it is passed over: who asked can do nothing about it.
"""

import re
from collections.abc import Collection, Mapping
from typing import TypeAlias

import msgspec

from gateway.errors import BadRequest
from gateway.wire.counts import UsageOnWire
from router.cost import Usage

Thing: TypeAlias = Mapping[str, object]
"""An object, by its members."""
_PLACE = re.compile(r"\[\d+\]")
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,59}")
_EMPTY: tuple[object, ...] = ("", [], {})
_SAYS_NOTHING: Mapping[str, tuple[object, ...]] = {
    "allowed_callers": (["direct"],),
    "caller": ({"type": "direct"},),
    "citations": ({"enabled": False},),
    "display": ("summarized",),
    "transformations": ({"oversized_image": "downsize"},),
}
"""Values that ask for what happens anyway, beside null, false and what is empty."""


class Lost:
    """Members that are not carried over, by name: `tools[].strict`. No values; a name that no API would have is `other`."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """In their order, each once."""
        return tuple(sorted(self._names))

    def add(self, name: str) -> None:
        """Something of that name, or at that place, is lost."""
        self._names.add(_PLACE.sub("[]", name))

    def rest(self, thing: Thing, carried: Collection[str], at: str = "") -> None:
        """Whatever an object has beside what is carried is lost. `cache_control` is one thing wherever it stands."""
        for name, value in thing.items():
            if name in carried or value is None or value is False or value in _EMPTY or value in _SAYS_NOTHING.get(name, ()):
                continue
            plain = name if _NAME.fullmatch(name) else "other"
            self.add(f"{at}.{plain}" if at and name != "cache_control" else plain)


def bad(at: str, wanted: str) -> BadRequest:
    """The refusal of a member that has another form than it must have."""
    return BadRequest("bad_field", f"`{at}` must be {wanted}.", param=at)


def not_carried(at: str, say: str) -> BadRequest:
    """The refusal of what the model's API has no counterpart for, where an answer without it would be one to another question."""
    return BadRequest("not_carried", say, param=at)


def text(value: object, at: str) -> str:
    """A string, or 400."""
    if not isinstance(value, str):
        raise bad(at, "a string")
    return value


def filled(value: object, at: str) -> str:
    """A string that is not empty, or 400."""
    if not isinstance(value, str) or not value:
        raise bad(at, "a string, not empty")
    return value


def flag(value: object, at: str) -> bool:
    """True or false, or 400."""
    if not isinstance(value, bool):
        raise bad(at, "true or false")
    return value


def number(value: object, at: str) -> int | float:
    """A number, or 400. JSON's true and false are none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise bad(at, "a number")
    return value


def whole(value: object, at: str, least: int) -> int:
    """A whole number that is not less than `least`, or 400."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise bad(at, f"a whole number, {least} or more")
    return value


def thing(value: object, at: str) -> Thing:
    """An object, or 400."""
    if not isinstance(value, dict):
        raise bad(at, "an object")
    return value


def texts(value: object, at: str) -> list[str]:
    """A list of strings, or 400."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise bad(at, "a list of strings")
    return value


def things(value: object, at: str) -> list[tuple[str, Thing]]:
    """A list of objects, each with its place, or 400."""
    if not isinstance(value, list):
        raise bad(at, "a list of objects")
    return [(place := f"{at}[{index}]", thing(each, place)) for index, each in enumerate(value)]


def string(value: object) -> str:
    """A string; an empty one for anything else."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Thing:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Thing]:
    """The objects of a list; none where it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def counted(told: object, tier: object = None) -> Usage | None:
    """What `usage` says, in any vendor's words; None where it does not say. `tier` stood beside it."""
    try:
        return msgspec.convert(told, UsageOnWire).usage(tier)
    except msgspec.ValidationError:
        return None


def object_in(said: str | bytes) -> Thing | None:
    """The JSON object that a text is; None for any other text."""
    try:
        found = msgspec.json.decode(said)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
