"""`value`: a frozen dataclass to the type checker, made in a third of a frozen one's time.

For records of which every request makes several. What keeps a promise (`Decision`, `Target`, `ClearedBody`) is frozen at run time too.
"""

from typing import TYPE_CHECKING

__all__ = ["value"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from collections.abc import Callable
    from dataclasses import dataclass

    def value(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """Make a dataclass with a hash. `frozen` is what the type checker reads: at run time it would be asked for at every store."""
        return dataclass(slots=slots, unsafe_hash=frozen)
