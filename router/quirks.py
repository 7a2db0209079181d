"""Quirks: in which words of a conversation a target differs from OpenAI's. What is done about them is the gateway's (`wire/quirks.py`)."""

from dataclasses import dataclass
from typing import Literal

Renamed = tuple[tuple[str, str], ...]
"""Pairs of what a caller writes, and what the target calls it."""
Thinks = Literal["either", "by_budget", "by_effort", "always"]
"""How a model of Anthropic's API is told to think: by a number of tokens, by an effort, or by an effort and never not to."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """What a target refuses though an answer without it is still an answer, and what it calls otherwise.

    `without` are members of the request that are left out for it, `turns_without` members of its turns; `called` are members, `roles`
    roles of turns that have another name there. `thinks` is how it is told to think, at Messages.
    """

    without: frozenset[str] = frozenset()
    called: Renamed = ()
    roles: Renamed = ()
    turns_without: frozenset[str] = frozenset()
    thinks: Thinks = "either"

    def also(self, other: "Quirks") -> "Quirks":
        """Both; what both name is called as the other one says."""
        return Quirks(
            self.without | other.without,
            tuple({**dict(self.called), **dict(other.called)}.items()),
            tuple({**dict(self.roles), **dict(other.roles)}.items()),
            self.turns_without | other.turns_without,
            self.thinks if other.thinks == "either" else other.thinks,
        )
