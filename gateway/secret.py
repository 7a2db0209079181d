"""A secret of the configuration, which does not print."""

from typing_extensions import override


class Secret:
    """A string that came from the environment or a file. Prints as `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    @override
    def __repr__(self) -> str:
        return "***"

    def reveal(self) -> str:
        """The secret itself, for the one header or call that needs it."""
        return self._value
