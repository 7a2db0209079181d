"""`Memo`: what detectors said of a text, for when it comes again. Keys are keyed hashes with a key of this process; no text is kept.

Bounded: the entries that were not asked for longest go first, and each has an age. A plan has its own, since other detectors say otherwise.
"""

import hashlib
import math
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from classifiers.signals import Finding

_FORGOTTEN: tuple[float, Sequence[Finding]] = (-math.inf, ())


class Memo:
    """A `classifiers.classify.Memo` in memory. Slow detectors ask from threads, so it is locked."""

    __slots__ = ("_age_s", "_base", "_held", "_lock", "_most", "_now", "_room")

    def __init__(self, entries: int = 20_000, age_s: float = 3_600.0, now: Callable[[], float] = time.monotonic) -> None:
        """Room for so many texts and findings, together; `age_s` in seconds of `now`."""
        self._base = hashlib.blake2b(key=os.urandom(32), digest_size=16)
        self._held: OrderedDict[bytes, tuple[float, Sequence[Finding]]] = OrderedDict()
        self._most = self._room = entries
        self._age_s = age_s
        self._now = now
        self._lock = threading.Lock()

    def key(self, text: str, are_borders: bool = False) -> bytes:
        """What the text is kept under: a part's, or one of borders."""
        digest = self._base.copy()
        if are_borders:
            digest.update(b"\xff")  # which no text begins with
        digest.update(text.encode("utf-8", "surrogatepass"))
        return digest.digest()

    def keys(self, texts: Sequence[str]) -> Sequence[bytes]:
        """What each beginning of a row of texts is kept under: the first alone, the first two, and so on."""
        digest, made = self._base.copy(), []
        digest.update(b"\xfe")  # likewise
        for text in texts:
            digest.update(text.encode("utf-8", "surrogatepass"))
            made.append(digest.copy().digest())
        return made

    def recall(self, key: bytes) -> Sequence[Finding] | None:
        """What was found in the text; None when nobody remembers."""
        if key not in self._held:  # so with most: nobody waits for that
            return None
        with self._lock:
            until, findings = self._held.get(key, _FORGOTTEN)
            if until <= self._now():
                self._drop(key)
                return None
            self._held.move_to_end(key)  # the youngest again
        return findings

    def keep(self, key: bytes, findings: Sequence[Finding]) -> None:
        """Remember what was found in a text that was read to its end."""
        size = 1 + len(findings)
        if size > self._most:
            return
        with self._lock:
            self._drop(key)
            while self._room < size:
                _, (_, forgotten) = self._held.popitem(last=False)  # the first of a plain dict is looked for among the holes before it
                self._room += 1 + len(forgotten)
            self._held[key] = (self._now() + self._age_s, findings)
            self._room -= size

    def _drop(self, key: bytes) -> None:
        entry = self._held.pop(key, None)
        if entry is not None:
            self._room += 1 + len(entry[1])

    def __len__(self) -> int:
        """How many texts are remembered."""
        return len(self._held)
