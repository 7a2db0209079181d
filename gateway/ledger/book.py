"""The files of a ledger: lines are appended and nothing else; a new file begins when one is large or a day is over, and the chain goes on.

Synchronous. What cannot be written raises OSError, and the next call begins anew from what the disk holds, so that it recovers by itself.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gateway.ledger.chain import Head, Line, record_of, seal, unseal
from gateway.ledger.records import Record, Recovered, Root

_FILE = re.compile(r"egress-[0-9]{12}\.jsonl")
ROOTS = "roots.jsonl"
_TAIL_BYTES = 1 << 20
"""How far back from a file's end the last line is looked for. A line has some hundred bytes."""


class Damaged(OSError):
    """The files are not what was written to them."""


def files(folder: Path) -> list[Path]:
    """The files of the ledger in `folder`, the oldest first."""
    return sorted(path for path in folder.iterdir() if _FILE.fullmatch(path.name))


class Book:
    """One ledger. `head` is the end of its chain as far as it is known. One process writes at a time: the lock is the folder's.

    A file is as large as `rotate_bytes` at most, but for one write. `now` gives seconds since 1970.
    """

    def __init__(self, folder: Path, rotate_bytes: int, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self.rotate_bytes = rotate_bytes
        self._now = now
        self._guard = threading.Lock()
        self._lock = self._file = -1
        self._path = folder
        self._size = 0
        self._day = ""
        self._unsynced = False
        self.head = Head()
        self.written: Counter[str] = Counter()

    def append(self, records: Sequence[Record], *, sync: bool) -> None:
        """Write these, all or none of them as far as we can; `sync`: and wait until the disk has them. Raises OSError."""
        with self._guard:
            try:
                self._ready()
                block, head = b"", self.head
                for record in records:
                    line, head = seal(record, head, self._now())
                    block += line
                self._write(block)
                if sync:
                    os.fdatasync(self._file)
            except OSError:
                self._drop()
                raise
            self.head, self._unsynced = head, not sync
            self.written.update(str(record.__struct_config__.tag) for record in records)

    def find(self) -> Head:
        """Take the folder if it is not ours yet, and say where the chain ends. Raises OSError."""
        with self._guard:
            if self._lock < 0:
                try:
                    self._take()
                except OSError:
                    self._drop()
                    raise
            return self.head

    def sync(self) -> None:
        """Have the disk keep what was written. Raises OSError."""
        with self._guard:
            if not self._unsynced or self._file < 0:
                return
            copy, self._unsynced = os.dup(self._file), False
        try:
            os.fdatasync(copy)  # without the guard: lines may be written meanwhile
        finally:
            os.close(copy)

    def publish(self, root: Root) -> None:
        """Append a signed head to a file of its own, which is small and worth keeping elsewhere. Raises OSError."""
        with (self._folder / ROOTS).open("ab") as file:
            file.write(msgspec.json.encode(root) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Let go of the files and the lock. A later `append` takes them again."""
        with self._guard:
            if self._file >= 0 and self._unsynced:
                os.fdatasync(self._file)
            self._drop()

    # ---- under the guard

    def _ready(self) -> None:
        """An open file that is still the one in the folder, and that has room."""
        if self._lock < 0:
            self._take()
        today = self._today()
        if self._file >= 0:
            self._look_again()
            if self._size >= self.rotate_bytes or self._day != today:
                os.fdatasync(self._file)
                os.close(self._file)
                self._file = -1
        if self._file < 0:
            self._begin(today)

    def _today(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%d")

    def _take(self) -> None:
        """Lock the folder, and find where the chain ends."""
        is_new = not self.head.seq
        if is_new:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # later it must be there: it may be a disk that was taken away
        self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Damaged("another gateway writes this ledger; give each one a folder of its own") from None
        for path in reversed(files(self._folder)):
            if self._resume(path):
                return

    def _resume(self, path: Path) -> bool:
        """Go on after the last line of this file. False when it holds none; then what it holds is kept apart by `_recover`."""
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
        last, whole = _last_line(tail)
        torn = tail[whole:]
        if last is None and size > len(tail):
            raise Damaged("the end of the ledger cannot be read; move its files elsewhere and verify them")
        if last is not None and last.seq > self.head.seq:
            self.head = Head(last.seq, last.hash)  # else lines that were written are gone, and the chain goes on so that it shows
        if self._file < 0:
            self._path, self._size = path, size
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            self._day = self._today() if last is None else last.at[:10]
            if torn:
                self._recover(torn)
        return last is not None

    def _recover(self, torn: bytes) -> None:
        """Close a line that was not written to its end. What stands there stays; a line that lacks its end alone gets it."""
        whole = unseal(torn)
        if whole is not None and record_of(whole) is not None and whole.seq > self.head.seq:
            self._write(b"\n")
            self.head = Head(whole.seq, whole.hash)
            return
        if not self.head.seq:
            self._find_head_before()
        kept = torn.removesuffix(b"\n")
        line, head = seal(Recovered(len(kept), hashlib.sha256(kept).hexdigest()), self.head, self._now())
        self._write(line if torn.endswith(b"\n") else b"\n" + line)
        self.head = head
        self.written["recovered"] += 1

    def _find_head_before(self) -> None:
        """The head that an earlier file has, when the last one holds no whole line."""
        for path in reversed(files(self._folder)):
            if path != self._path:
                last, _ = _last_line(path.read_bytes()[-_TAIL_BYTES:])
                if last is not None:
                    self.head = Head(last.seq, last.hash)
                    return

    def _begin(self, today: str) -> None:
        """A new file, named for its first line."""
        self._path = self._folder / f"egress-{self.head.seq + 1:012d}.jsonl"
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._size, self._day = 0, today
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _look_again(self) -> None:
        """Who removes or replaces a file leaves us with one that nobody will ever read; who shortens it takes lines away."""
        ours = os.fstat(self._file)
        named = self._path.stat()  # raises when it is gone
        if (ours.st_ino, ours.st_dev) != (named.st_ino, named.st_dev) or ours.st_size != self._size:
            raise Damaged("the ledger's file was replaced or changed by somebody else")

    def _write(self, block: bytes) -> None:
        """All of it; what was written of a block that does not fit is taken back, so that no half line stays."""
        view = memoryview(block)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError:
            with contextlib.suppress(OSError):  # then it is a torn line, which the next call closes
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(block)

    def _drop(self) -> None:
        for file in (self._file, self._lock):
            if file >= 0:
                os.close(file)
        self._file = self._lock = -1


def _last_line(tail: bytes) -> tuple[Line | None, int]:
    """The last line that is one, and where it ends. What stands behind it is torn."""
    end = tail.rfind(b"\n") + 1
    while end:
        start = tail.rfind(b"\n", 0, end - 1) + 1
        line = unseal(tail[start : end - 1])
        if line is not None and record_of(line) is not None:
            return line, end
        end = start
    return None, 0
