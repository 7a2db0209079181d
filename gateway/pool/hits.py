"""How much of the prompts an engine had in its prefix cache, of late, from counters that begin anew when it does."""

from collections import deque
from typing import NamedTuple

STEP_S, STEPS = 10.0, 30
"""How far apart what it said is kept, and how often: five minutes."""


class Cached(NamedTuple):
    """Tokens of prompts that were looked up in the cache, and how many of them were there, since the engine began."""

    hits: float = 0.0
    queries: float = 0.0


class Hits:
    """One engine."""

    __slots__ = ("_latest", "_marks")

    def __init__(self) -> None:
        self._marks: deque[tuple[float, Cached]] = deque(maxlen=STEPS)
        self._latest = Cached()

    def note(self, said: Cached, now: float) -> None:
        """It said that."""
        if said.queries < self._latest.queries:
            self._marks.clear()
        self._latest = said
        if not self._marks or now - self._marks[-1][0] >= STEP_S:
            self._marks.append((now, said))

    @property
    def late(self) -> Cached:
        """What came of late."""
        before = self._marks[0][1] if self._marks else self._latest
        return Cached(self._latest.hits - before.hits, self._latest.queries - before.queries)
