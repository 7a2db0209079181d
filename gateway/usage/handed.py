"""How many rows a process has handed over, in a file, so that it outlives a process that is killed.

The kernel keeps what is written there, whatever becomes of the process; a power cut may lose it. The file is locked while its process
lives, which tells the next one whose rows to look for.
"""

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path

_BYTES = 8
_packed = struct.Struct("<Q").pack
_write = os.pwrite


class Cell:
    """The count: an item 0 that is written as it is set. What cannot be written is not, and nobody minds.

    Not a mapped page: whoever empties the file, or a disk that is full where pages are copied, would kill the process.
    """

    __slots__ = ("_count", "_file")

    def __init__(self, file: int) -> None:
        """The descriptor is its own copy, so that whoever sets an item writes to no other file that got its number."""
        self._count, self._file = 0, -1
        self._file = os.dup(file)

    def __getitem__(self, _: int) -> int:
        """What was set last."""
        return self._count

    def __setitem__(self, _: int, count: int) -> None:
        """Set it."""
        self._count = count
        try:  # noqa: SIM105  # a `with` would take as long as the rest
            _write(self._file, _packed(count), 0)
        except OSError:
            pass

    def __del__(self) -> None:
        """Nobody has it any more."""
        if self._file >= 0:
            os.close(self._file)


class Handed:
    """The count of this process. Set `cell[0]`."""

    def __init__(self, path: Path) -> None:
        """Make the file. Raises `OSError`: a disk that is full shows itself here."""
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(self._file, bytes(_BYTES))
            os.fsync(self._file)  # space was promised; now it is there
            self.cell = Cell(self._file)
        except OSError:
            os.close(self._file)
            path.unlink(missing_ok=True)
            raise

    def forget(self) -> None:
        """All of it is settled. The cell may still be set, which nobody sees."""
        self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go; what is in the file is for the next process to settle, if it is still there."""
        if self._file >= 0:
            fcntl.flock(self._file, fcntl.LOCK_UN)  # the cell has a copy of the open file, which would keep the lock
            os.close(self._file)
            self._file = -1


@contextlib.contextmanager
def left_behind(folder: Path, prefix: str) -> Iterator[dict[str, int]]:
    """The counts of processes that ended without settling theirs, by what their files are called after `prefix`; empty: there are none.

    Inside they belong to nobody else; after that, if nothing was raised, they are deleted.
    """
    held: list[tuple[Path, int]] = []
    found: dict[str, int] = {}
    try:
        for path in sorted(folder.glob(prefix + "*")) if prefix else ():
            with contextlib.suppress(OSError):  # it was settled meanwhile, or its process lives
                file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
                held.append((path, file))
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(file).st_nlink:
                    found[path.name.removeprefix(prefix)] = int.from_bytes(os.pread(file, _BYTES, 0), "little")
        yield found
        for path, _ in held:
            if path.name.removeprefix(prefix) in found:
                path.unlink(missing_ok=True)
    finally:
        for _, file in held:
            os.close(file)
