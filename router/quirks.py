"""Quirks: in which words of a conversation a target differs from OpenAI's. What is done about them is the gateway's (`wire/quirks.py`)."""

from dataclasses import dataclass

Renamed = tuple[tuple[str, str], ...]
"""Pairs of what a caller writes, and what the target calls it."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """What a target refuses though an answer without it is still an answer, and what it calls otherwise.

    `without` are members of the request that are left out for it, `turns_without` members of its turns; `called` are members, `roles`
    roles of turns that have another name there.
    """

    without: frozenset[str] = frozenset()
    called: Renamed = ()
    roles: Renamed = ()
    turns_without: frozenset[str] = frozenset()

    def also(self, other: "Quirks") -> "Quirks":
        """Both; what both name is called as the other one says."""
        return Quirks(
            self.without | other.without,
            tuple({**dict(self.called), **dict(other.called)}.items()),
            tuple({**dict(self.roles), **dict(other.roles)}.items()),
            self.turns_without | other.turns_without,
        )
