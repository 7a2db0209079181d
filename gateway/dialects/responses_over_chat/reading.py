"""Reading a request member by member: what has the wrong type is refused, what has no counterpart is refused or named as lost."""

from collections.abc import Collection, Mapping

from gateway.errors import BadRequest


class Lost:
    """Names of members that could not be carried over, each once, in the order in which they were met."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._names)

    def note(self, name: str) -> None:
        """One more."""
        self._names[name] = None

    def others(self, value: Mapping[str, object], known: Collection[str], place: str) -> None:
        """What an object has beyond `known`. A member that says nothing (null, empty, false) is no loss."""
        for name, member in value.items():
            if name not in known and member:
                self.note(place + name)


def object_of(value: object, param: str) -> Mapping[str, object]:
    """An object, or 400."""
    if not isinstance(value, Mapping):
        raise wrong(param, "an object")
    return value


def list_of(value: object, param: str) -> list[object]:
    """A list, or 400."""
    if not isinstance(value, list):
        raise wrong(param, "a list")
    return value


def text_of(value: object, param: str) -> str:
    """A string, or 400."""
    if not isinstance(value, str):
        raise wrong(param, "a string")
    return value


def name_of(value: object, param: str) -> str:
    """A string that is not empty, or 400."""
    if not isinstance(value, str) or not value:
        raise wrong(param, "a string, not empty")
    return value


def wrong(param: str, wanted: str) -> BadRequest:
    """400: the member is not what the API says."""
    return BadRequest("bad_field", f"`{param}` must be {wanted}.", param=param)


def refused(param: str, say: str) -> BadRequest:
    """400: an answer without this member would not be the answer to what was asked."""
    return BadRequest("not_carried", say, param=param)
