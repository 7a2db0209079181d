"""`Turn`: which of several processes runs the batches of a folder. It is a lock of the system, so it ends with the process that has it."""

import contextlib
import fcntl
import os
from pathlib import Path

FILE = "batches.lock"


class Turn:
    """This process's share in it."""

    def __init__(self) -> None:
        self._file = -1
        self._folder: Path | None = None

    @property
    def is_ours(self) -> bool:
        """Whether this process runs them."""
        return self._file >= 0

    def take(self, folder: Path) -> bool:
        """Whether this process runs the batches of the folder, from now on if nobody else does."""
        if self._folder != folder:
            self.give_up()
        if self._file >= 0:
            return True
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file, self._folder = file, folder
        return True

    def give_up(self) -> None:
        """Let another process have it."""
        file, self._file = self._file, -1
        if file >= 0:
            with contextlib.suppress(OSError):
                os.close(file)
