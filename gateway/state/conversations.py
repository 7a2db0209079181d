"""`Conversations`: which target served a conversation, as keyed hashes of its turns; no text is kept. In memory, bounded, and aging.

What it is good for is the prefix cache of that one target, so nothing is lost that matters when an entry is: replicas each know their own.
"""

import hashlib
import os
import time
from collections.abc import Callable
from typing import NamedTuple

from router.names import TargetName

Words = tuple[str, ...]
"""What is hashed: a tenant and texts."""

_END = 2_000
"""Characters of a text's beginning and of its end that are hashed, with its length: one that is the same in all three is the same."""


class Entry(NamedTuple):
    """One remembered hash. `until` is in seconds of the clock."""

    target: TargetName
    until: float


class Conversations:
    """The memory. Owned by one event loop. `entries` 0: it remembers nothing."""

    __slots__ = ("_base", "_entries", "_most", "_now", "_ttl_s")

    def __init__(self, entries: int = 100_000, ttl_s: float = 3_600.0, now: Callable[[], float] = time.monotonic) -> None:
        """Room for so many hashes; each is forgotten `ttl_s` seconds after it was last kept."""
        self._base = hashlib.blake2b(key=os.urandom(32), digest_size=16)
        self._entries: dict[bytes, Entry] = {}
        self._most = entries
        self._ttl_s = ttl_s
        self._now = now

    def resize(self, entries: int, ttl_s: float) -> None:
        """Other bounds, as after a reload; what is remembered stays as far as there is room."""
        self._most, self._ttl_s = entries, ttl_s
        while len(self._entries) > entries:
            self._forget_one()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is remembered."""
        return not self._entries

    def recall(self, words: Words) -> TargetName | None:
        """Which target these words were last served by; None when nobody remembers."""
        entry = self._entries.get(self._digest(words))
        return None if entry is None or entry.until <= self._now() else entry.target

    def keep(self, words: Words, target: TargetName) -> None:
        """Remember that the target served these words."""
        if not self._most:
            return
        digest = self._digest(words)
        self._entries.pop(digest, None)
        self._entries[digest] = Entry(target, self._now() + self._ttl_s)  # the youngest
        if len(self._entries) > self._most:
            self._forget_one()

    def _forget_one(self) -> None:
        del self._entries[next(iter(self._entries))]

    def _digest(self, words: Words) -> bytes:
        digest = self._base.copy()
        for word in words:
            ends = word if len(word) <= 2 * _END else word[:_END] + word[-_END:]
            raw = ends.encode("utf-8", "surrogatepass")
            digest.update(b"%d:%d:%b" % (len(word), len(raw), raw))
        return digest.digest()

    def __len__(self) -> int:
        """How many hashes are remembered."""
        return len(self._entries)
