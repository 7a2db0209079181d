"""`Conversations`: which target served a conversation, as keyed hashes of its turns; no text is kept. In memory, bounded, and aging.

What it is good for is the prefix cache of that one target, so nothing is lost that matters when an entry is: replicas each know their own.
The hash is Python's own, of 64 bits, which has a key of this process, and a secret of each memory: two in 10^14 requests would be mixed up.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Callable

from router.names import TargetName

Words = tuple[str, ...]
"""What is hashed: a tenant and texts."""

_END = 2_000
"""Characters of a text's beginning and of its end that are hashed, with its length: one that is the same in all three is the same."""


_Entry = tuple[TargetName, float]
"""Who served what has one hash, and until when that is remembered, in seconds of the clock."""
_NOBODY: tuple[None, float] = (None, 0.0)


class Conversations:
    """The memory. Owned by one event loop. `entries` 0: it remembers nothing."""

    __slots__ = ("_entries", "_most", "_now", "_secret", "_ttl_s")

    def __init__(self, entries: int = 100_000, ttl_s: float = 3_600.0, now: Callable[[], float] = time.monotonic) -> None:
        """Room for so many hashes; each is forgotten `ttl_s` seconds after it was last kept."""
        self._secret = os.urandom(16)
        self._entries: OrderedDict[int, _Entry] = OrderedDict()  # of a plain one the first is found only behind all that went before it
        self._most = entries
        self._ttl_s = ttl_s
        self._now = now

    def resize(self, entries: int, ttl_s: float) -> None:
        """Other bounds, as after a reload; what is remembered stays as far as there is room."""
        self._most, self._ttl_s = entries, ttl_s
        while len(self._entries) > entries:
            self._entries.popitem(last=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is remembered."""
        return not self._entries

    def recall(self, words: Words) -> TargetName | None:
        """Which target these words were last served by; None when nobody remembers."""
        target, until = self._entries.get(self._spot(words), _NOBODY)
        return target if until > self._now() else None

    def keep(self, words: Words, target: TargetName) -> None:
        """Remember that the target served these words."""
        if not self._most:
            return
        entries, spot = self._entries, self._spot(words)
        entries[spot] = target, self._now() + self._ttl_s
        entries.move_to_end(spot)  # the youngest
        if len(entries) > self._most:
            entries.popitem(last=False)

    def _spot(self, words: Words) -> int:
        for word in words:
            if len(word) > 2 * _END:
                return hash((self._secret, *[(len(one), one[:_END], one[-_END:]) for one in words]))
        return hash((self._secret, words))

    def __len__(self) -> int:
        """How many hashes are remembered."""
        return len(self._entries)
