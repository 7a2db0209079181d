"""`Board`: memory that the worker processes of one gateway share: the lockdown, and what carried a label, as keyed hashes. Never text.

A lockdown that one turns on is on for all with their next step. What one worker learns of a text the others know with their next request:
each writes into a ring of its own, and reads those of the others. The rings outlive a worker, so that the next one in its place knows too.
"""

import hashlib
import mmap
import os
import secrets
import struct
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from typing_extensions import override

from gateway.state.lineage import Entry, Lineage, Source, Words, spot
from gateway.state.lockdown import Lockdown
from router.labels import Label, Labels

SLOTS = 1 << 17
"""Entries of one ring. A worker that is asked nothing while another learns more than this misses the oldest of it."""
_ENTRY = struct.Struct("<q16s8s8sB3x")
_CHECK = struct.Struct("<I")
_SLOT = _ENTRY.size + _CHECK.size
_KEY = 32
_HEAD = 64
"""The lockdown's byte, and from byte 32 on the key of the hashes."""
_RING = 64
"""In front of a ring's entries: how many were ever written."""
_SOURCES: tuple[Source, ...] = get_args(Source)


class Board:
    """The memory, as one of `workers` sees it; `slot` is its number. `make` writes an empty one."""

    __slots__ = ("_counts", "_map", "_slots", "key", "slot", "workers")

    def __init__(self, file: int, workers: int, slot: int, slots: int = SLOTS) -> None:
        """Look into what `make` has made with the same numbers. `file` is the open file that it gave."""
        self._map = mmap.mmap(file, _size(workers, slots))
        self._counts = memoryview(self._map).cast("Q")
        self._slots = slots
        self.workers = workers
        self.slot = slot
        self.key = self._map[32 : 32 + _KEY]

    @property
    def seed(self) -> int:
        """What the workers' processes are to hash texts with (`PYTHONHASHSEED`)."""
        return int.from_bytes(hashlib.blake2b(self.key, digest_size=4).digest(), "little")

    @property
    def is_locked(self) -> bool:
        """Whether nothing goes outside."""
        return self._map[0] != 0

    @is_locked.setter
    def is_locked(self, is_on: bool) -> None:
        self._map[0] = int(is_on)

    def written(self, ring: int) -> int:
        """How many entries were ever written into this ring."""
        return self._counts[self._start(ring) // 8]

    def write(self, entry: bytes) -> None:
        """Append to the own ring. The number of entries comes last, so that nobody reads half of one."""
        ring = self.slot
        count = self.written(ring)
        at = self._place(ring, count)
        self._map[at : at + _SLOT] = entry + _CHECK.pack(zlib.crc32(entry))
        self._counts[self._start(ring) // 8] = count + 1

    def read(self, ring: int, since: int) -> tuple[list[bytes], int]:
        """The entries of a ring after the first `since`, as far as they are there, and where to go on the next time."""
        found: list[bytes] = []
        count = self.written(ring)
        number = max(since, count - self._slots)
        while number < count:
            at = self._place(ring, number)
            raw = self._map[at : at + _SLOT]
            entry = raw[: _ENTRY.size]
            if _CHECK.unpack_from(raw, _ENTRY.size)[0] == zlib.crc32(entry):
                found.append(entry)
            elif self.written(ring) - number < self._slots:  # not overwritten: not here yet
                break
            number += 1
        return found, number

    def _start(self, ring: int) -> int:
        return _HEAD + ring * (_RING + self._slots * _SLOT)

    def _place(self, ring: int, number: int) -> int:
        return self._start(ring) + _RING + number % self._slots * _SLOT


def make(workers: int, slots: int = SLOTS) -> int:
    """An empty board for so many workers: an open file that has no name, in memory where the system can."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("tidegate-board")
    else:
        file, path = tempfile.mkstemp(prefix="tidegate-")
        os.unlink(path)  # noqa: PTH108  # a name that nobody needs any more
    os.ftruncate(file, _size(workers, slots))  # what was never written takes no room
    os.pwrite(file, secrets.token_bytes(_KEY), 32)
    return file


def _size(workers: int, slots: int) -> int:
    return _HEAD + workers * (_RING + slots * _SLOT)


class SharedLockdown(Lockdown):
    """The switch of all workers. One that starts while it is on does not turn it off."""

    __slots__ = ("_board",)

    def __init__(self, board: Board, file: Path | None = None) -> None:
        self._board = board
        super().__init__(file)

    @override
    def _begin(self, *, is_on: bool) -> None:
        if is_on:  # else it stays as it is: another worker may have turned it on
            self.is_on = True

    @property  # type: ignore[explicit-override]  # mypy wants it said of the setter too, and cannot read it there
    @override
    def is_on(self) -> bool:
        """Whether nothing goes outside."""
        return self._board.is_locked

    @is_on.setter
    def is_on(self, is_on: bool) -> None:
        self._board.is_locked = is_on


class SharedLineage(Lineage):
    """The memory of all workers, whose processes hash alike (`PYTHONHASHSEED`). `is_empty` is asked first, and looks what is new."""

    __slots__ = ("_board", "_known", "_labels", "_seen")

    def __init__(self, board: Board, labels: Labels, entries: int, ttl_s: float, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(entries, ttl_s, now)
        self._base = hashlib.blake2b(key=board.key, digest_size=16)
        self._board = board
        self._seen = [0] * board.workers
        self._labels = labels
        self._known = _by_name(labels)
        self._look(range(board.workers))  # the own ring too: of the worker that was here before

    @override
    def follow(self, labels: Labels) -> None:
        super().follow(labels)
        self._labels, self._known = labels, _by_name(labels)

    @property
    @override
    def is_empty(self) -> bool:
        self._look(range(self._board.workers))
        return not self._entries

    def catch_up(self) -> None:
        """Look what is new, for a worker that is asked nothing: the rings go round."""
        self._look(range(self._board.workers))

    @override
    def recall(self, words: Words) -> Entry | None:
        """The same; what is asked for lives longer at the others, too: from half of its time on, and then it is told."""
        at = spot(words)
        before, entry = self._entries.get(at), super().recall(words)
        if before is None or entry is None:
            return entry
        if before.until > self._now() + self._ttl_s / 2:
            self._entries[at] = before  # the youngest; its time stays what the others have for it
        else:
            self._tell(at, entry)
        return entry

    @override
    def keep(self, words: Words, label: Label, source: Source, left: Label | None = None) -> None:
        at = spot(words)
        before = self._entries.get(at)
        super().keep(words, label, source, left)
        entry = self._entries.get(at)
        if entry is not None and not self._is_told(entry, before):
            self._tell(at, entry)

    def _tell(self, at: int, entry: Entry) -> None:
        self._board.write(_ENTRY.pack(at, entry.digest, _named(entry.label), _named(entry.left), _SOURCES.index(entry.source)))
        self._seen[self._board.slot] = self._board.written(self._board.slot)

    def _is_told(self, entry: Entry, before: Entry | None) -> bool:
        """Whether the others know that already. For how much longer `recall` has seen to, which keeping begins with."""
        is_alive = before is not None and before.until > self._now()
        return before is not None and is_alive and before[:3] == entry[:3] and before.left == entry.left

    def _look(self, rings: range) -> None:
        board, seen = self._board, self._seen
        for ring in rings:
            if board.written(ring) != seen[ring]:
                entries, seen[ring] = board.read(ring, seen[ring])
                for raw in entries:
                    self._learn(*_ENTRY.unpack(raw))

    def _learn(self, at: int, digest: bytes, label_id: bytes, left_id: bytes, source: int) -> None:
        """What another found. A label that is not one of ours, as while a reload is under way, is taken for the highest."""
        if not self._most:
            return
        label, left = (self._known.get(one, self._labels.highest) for one in (label_id, left_id))
        known = self._entries.pop(at, None)
        if known is not None and known.digest == digest:
            label, left = max(label, known.label), max(left, known.left)
        self._entries[at] = Entry(digest, label, _SOURCES[source], self._now() + self._ttl_s, left)
        if len(self._entries) > self._most:
            self._forget_one()


def _named(label: Label) -> bytes:
    return hashlib.blake2b(label.name.encode(), digest_size=8).digest()


def _by_name(labels: Labels) -> dict[bytes, Label]:
    return {_named(label): label for label in labels}
