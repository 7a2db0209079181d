"""Records of which every request makes several are `msgspec.Struct`s: made in a fifth of a frozen dataclass's time, and frozen as well.

`replace` gives another one like a record, whichever of the two it is. `value` is for those that are not made that often.
"""

import dataclasses
from typing import TYPE_CHECKING, TypeVar

import msgspec

__all__ = ["replace", "value"]

_Record = TypeVar("_Record")


def replace(one: _Record, /, **members: object) -> _Record:
    """The same record, but for these members. Raises TypeError for one that it does not have."""
    if isinstance(one, msgspec.Struct):
        return msgspec.structs.replace(one, **members)
    return dataclasses.replace(one, **members)  # type: ignore[type-var]  # there is no third kind


if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from collections.abc import Callable
    from dataclasses import dataclass

    def value(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """Make a dataclass with a hash. `frozen` is what the type checker reads: at run time it would be asked for at every store."""
        return dataclass(slots=slots, unsafe_hash=frozen)
