"""`Lineage`: which texts carried a label, as keyed hashes with a key of this process; no text is kept. In memory, bounded, and aging.

Labels only rise while an entry lives, and seeing it again makes it live longer. After a restart nothing is known. What replicas could share
is `digest -> label`; the hash that entries are found by here is Python's own (keyed too, and free for a string that was hashed before).
"""

import hashlib
import os
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Literal, NamedTuple

from router.labels import Label, Labels

Source = Literal["turn", "pair", "answer", "id"]
"""What an entry is of: a turn with a finding, two turns in a row, an answer or a piece of one, the id of an answer or conversation."""

_MOST_CUTS, _MOST_PIECES = 10_000, 400
"""Texts whose pieces' places are kept, and pieces up to which they are: 8 bytes each."""

Words = tuple[str, ...]
"""What is hashed: one text; or a kind, a tenant and texts, for what says something in its tenant only."""


class Entry(NamedTuple):
    """One remembered hash. `until` is in seconds of the clock. `left` is what is left of the label where a request is redacted."""

    digest: bytes
    label: Label
    source: Source
    until: float
    left: Label


class Lineage:
    """The memory. Owned by one event loop. `entries` 0: it remembers nothing."""

    __slots__ = ("_base", "_cuts", "_entries", "_most", "_now", "_ttl_s")

    def __init__(self, entries: int = 200_000, ttl_s: float = 86_400.0, now: Callable[[], float] = time.monotonic) -> None:
        """Room for so many hashes; each is forgotten `ttl_s` seconds after it was last seen."""
        self._base = hashlib.blake2b(key=os.urandom(32), digest_size=16)
        self._entries: OrderedDict[int, Entry] = OrderedDict()  # of a plain one the first is found only behind all that went before it
        self._cuts: OrderedDict[int, array[int]] = OrderedDict()
        self._most = entries
        self._ttl_s = ttl_s
        self._now = now

    def resize(self, entries: int, ttl_s: float) -> None:
        """Other bounds, as after a reload; what is remembered stays as far as there is room."""
        self._most, self._ttl_s = entries, ttl_s
        while len(self._entries) > entries:
            self._forget_one()

    def follow(self, labels: Labels) -> None:
        """Go on with these labels, as after a reload: those of other ones cannot be compared with them."""
        for at, entry in self._entries.items():
            self._entries[at] = entry._replace(label=labels.own(entry.label), left=labels.own(entry.left))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is remembered."""
        return not self._entries

    def may_know(self, text: str, cut: Callable[[str], list[str]]) -> bool:
        """Whether one of the pieces that `cut` makes of the text may be remembered. Cuts a text that comes again once; False is sure."""
        at = hash(text)
        spots = self._cuts.get(at)
        if spots is None:
            spots = array("q", map(hash, cut(text)))
            if len(spots) <= _MOST_PIECES:
                if len(self._cuts) >= _MOST_CUTS:
                    self._cuts.popitem(last=False)
                self._cuts[at] = spots
        return not self._entries.keys().isdisjoint(spots)

    def recall(self, words: Words) -> Entry | None:
        """What these words carried; None when nobody remembers. Asking for them makes them live longer."""
        at = spot(words)
        entry = self._entries.get(at)
        if entry is None or entry.digest != self._digest(words):
            return None
        del self._entries[at]
        now = self._now()
        if entry.until <= now:
            return None
        self._entries[at] = entry._replace(until=now + self._ttl_s)  # the youngest again
        return entry

    def keep(self, words: Words, label: Label, source: Source, left: Label | None = None) -> None:
        """Remember that these words carried a label, of which redaction leaves so much (None: all). What they carried before stays."""
        if not self._most:
            return
        known, left = self.recall(words), label if left is None else left
        if known is not None:
            if known.label >= label and known.left >= left:
                return
            label, source, left = max(known.label, label), source if label > known.label else known.source, max(known.left, left)
        at = spot(words)
        self._entries.pop(at, None)
        self._entries[at] = Entry(self._digest(words), label, source, self._now() + self._ttl_s, left)
        if len(self._entries) > self._most:
            self._forget_one()

    def _forget_one(self) -> None:
        self._entries.popitem(last=False)

    def _digest(self, words: Words) -> bytes:
        digest = self._base.copy()
        for word in words:
            raw = word.encode("utf-8", "surrogatepass")
            digest.update(b"%d:%b" % (len(raw), raw))
        return digest.digest()

    def __len__(self) -> int:
        """How many hashes are remembered."""
        return len(self._entries)


def spot(words: Words) -> int:
    """Where an entry of these words would be."""
    key: Hashable = words[0] if len(words) == 1 else words
    return hash(key)
