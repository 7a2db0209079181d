"""What is wrong with a configuration: every problem at once, each with its path, its line and a sentence that says what to do.

Values of the file are never repeated in a sentence, only names: a value may be a secret in the wrong place.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from typing_extensions import override

Where: TypeAlias = tuple[str | int, ...]
"""A place in the file: keys and indices, outermost first."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `path` is written as in `routes[1].to[0]`, empty for the whole file; `line` counts from 1, 0 is unknown."""

    path: str
    say: str
    line: int = 0

    @override
    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        place = f"{self.path} ({line})" if self.path and line else self.path or line
        return f"{place}: {self.say}" if place else self.say


class ConfigError(ValueError):
    """The configuration cannot be used. `problems` holds everything that is wrong with it, in the order of the file."""

    def __init__(self, problems: Iterable[Problem], source: str = "") -> None:
        """Join the problems into the message, one a line; `source` is the file's name."""
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        prefix = f"{source}: " if source else ""
        super().__init__("\n".join(f"{prefix}{problem}" for problem in self.problems))


@dataclass(slots=True)
class Report:
    """Collects problems. `lines` knows on which line a place stands; `lost` are the places that could not be read.

    `origins` maps a list that lost elements to the indices that its remaining elements had in the file.
    """

    lines: Mapping[Where, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lost: set[Where] = field(default_factory=set)
    origins: dict[Where, list[int]] = field(default_factory=dict)

    def add(self, where: Where, say: str) -> None:
        """One more problem, unless the same was said already. `where` counts the elements that are left."""
        where = self.origin(where)
        problem = Problem(path_of(where), say, self.line(where))
        if problem not in self.problems:
            self.problems.append(problem)

    def has_said(self, where: Where) -> bool:
        """Whether there is a problem at that place or inside of it."""
        return any(problem.path.startswith(path_of(where)) for problem in self.problems)

    def extend(self, problems: Iterable[Problem]) -> None:
        """More problems, made elsewhere; their lines are looked up if they have none."""
        for problem in problems:
            steps = re.findall(r"[^.\[\]]+", problem.path)
            self.add(tuple(int(step) if step.isdecimal() else step for step in steps), problem.say)

    def line(self, where: Where) -> int:
        """The line of a place, or of the nearest place around it that the file has."""
        return next((self.lines[where[:end]] for end in range(len(where), -1, -1) if where[:end] in self.lines), 0)

    def origin(self, where: Where) -> Where:
        """The place in the file as it was written."""
        real: Where = ()
        for step in where:
            kept = self.origins.get(real)
            real = (*real, kept[step] if kept is not None and isinstance(step, int) else step)
        return real

    def is_lost(self, *where: str | int) -> bool:
        """Whether that place, or something in it, could not be read."""
        return any(place[: len(where)] == where for place in self.lost)

    def has_lost(self, *sections: str) -> bool:
        """Whether something in one of these sections could not be read, so that what follows from it is not worth saying."""
        return any(not where or where[0] in sections for where in self.lost)


def path_of(where: Where) -> str:
    """`("routes", 1, "to", 0)` is `routes[1].to[0]`."""
    path = ""
    for step in where:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path


def hint(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or the list of what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are: {', '.join(names)}" if names else ""


def one_of(names: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
