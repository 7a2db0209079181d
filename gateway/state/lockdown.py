"""`Lockdown`: while it is on, nothing goes outside, whatever its label. On and off take effect with the next step of every request."""

import contextlib
import logging
import os
from pathlib import Path

_log = logging.getLogger("tidegate")


class Lockdown:
    """The switch. With a `file` it survives a restart: the file is there while it is on. What cannot be looked up counts as on."""

    __slots__ = ("_file", "is_on")

    def __init__(self, file: Path | None = None) -> None:
        """On if the file is there."""
        self._file = file
        self._begin(is_on=_is_there(file))

    def _begin(self, *, is_on: bool) -> None:
        self.is_on = is_on

    def follow(self, file: Path | None) -> None:
        """Keep the state in this file from now on. A reload cannot turn the lockdown off: it stays on, and goes on if the file is there."""
        is_on = self.is_on or _is_there(file)
        if file != self._file:
            self._file = file
            if is_on:
                self.turn(on=True)
        if is_on:
            self.is_on = True

    def turn(self, *, on: bool) -> bool:
        """Turn it on or off. Whether that will survive a restart: not without a file, nor with one that cannot be written."""
        self.is_on = on
        survives = self._file is not None and _kept(self._file, on=on)
        _log.warning("lockdown %s", "on" if on else "off")
        return survives


def _kept(file: Path, *, on: bool) -> bool:
    """Bring the file into the same state. Whether that was possible."""
    try:
        if on:
            _write(file)
        else:
            file.unlink(missing_ok=True)
    except OSError as error:
        _log.error("the lockdown file cannot be written; a restart would forget", extra={"error": type(error).__name__})
        return False
    return True


def _is_there(file: Path | None) -> bool:
    if file is None:
        return False
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _write(file: Path) -> None:
    """Make the file, so that it is there after a power cut too."""
    with file.open("wb") as opened:
        opened.write(b"on\n")
        opened.flush()
        os.fsync(opened.fileno())
    with contextlib.suppress(OSError):  # not every system can sync a folder
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
