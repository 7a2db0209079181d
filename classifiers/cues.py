r"""`Cues`: which of a few patterns stand in a text, in one pass that takes as long for a text whose like was never seen before.

Hyperscan compiles them ahead, as for a `Sieve`. Patterns are in re2's syntax where both agree: `\z` is the end, `$` says something else.
"""

from collections.abc import Mapping
from typing import cast

import hyperscan

from classifiers import kept

_FLAGS = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY | hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_DOTALL


class Cues:
    """Patterns by number. Safe to share between threads. Raises `hyperscan.error` for a pattern that it cannot take."""

    __slots__ = ("_database", "_idle")

    def __init__(self, patterns: Mapping[int, str]) -> None:
        expressions = [pattern.encode() for pattern in patterns.values()]
        ids = [*patterns]

        def compiled() -> hyperscan.Database:
            database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            database.compile(expressions=expressions, ids=ids, flags=[_FLAGS] * len(ids), elements=len(ids))
            return database

        self._database = kept.database(repr((expressions, ids, _FLAGS)), compiled, kept.cache())
        self._idle: list[hyperscan.Scratch] = []  # scratch space serves one pass at a time; who finds none idle makes some

    def of(self, encoded: bytes) -> list[int]:
        """The numbers of those that match a text in valid UTF-8, in no particular order."""
        found: list[int] = []
        try:
            scratch = self._idle.pop()
        except IndexError:
            scratch = self._database.scratch.clone()
        self._database.scan(encoded, _note, 0, found, scratch)
        self._idle.append(scratch)
        return found


def _note(number: int, _start: int, _end: int, _flags: int, found: object) -> None:
    cast("list[int]", found).append(number)
