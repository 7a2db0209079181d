"""Automata on disk: what Hyperscan compiles in seconds is read by the next start in milliseconds.

They are kept under `$XDG_CACHE_HOME/tidegate` (`~/.cache/tidegate`), in files named after the patterns and the engine. A file there is
trusted as our own code is, so it is only used when nobody else may write it. Where nothing can be kept, all is compiled at every start.
"""

import contextlib
import hashlib
import importlib.metadata
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import hyperscan

UNUSED_S = 30 * 86_400
"""After so many seconds without a start that read it a file is removed."""

_ENGINE = importlib.metadata.version("hyperscan")
_OTHERS_MAY_WRITE = 0o022


def cache(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The directory in which automata are kept; None when there is no home for one."""
    if root := environment.get("XDG_CACHE_HOME"):
        return Path(root) / "tidegate"
    return Path(environment["HOME"]) / ".cache" / "tidegate" if environment.get("HOME") else None


def database(key: str, compiled: Callable[[], hyperscan.Database], where: Path | None) -> hyperscan.Database:
    """The automaton that was kept under `key`, which must say all that it was made of; else what `compiled` makes. Raises what it does."""
    if where is None:
        return compiled()
    path = where / hashlib.sha256(f"{_ENGINE} {key}".encode()).hexdigest()
    try:
        return _read(path)
    except (OSError, hyperscan.error):  # there is none, it may not be read, or it was made for another processor
        made = compiled()
    with contextlib.suppress(OSError):
        _write(path, hyperscan.dumpb(made))
    return made


def _read(path: Path) -> hyperscan.Database:
    for each in (path.parent, path):
        status = each.stat()
        if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_MAY_WRITE:
            raise PermissionError("somebody else may have written it")
    read = hyperscan.loadb(path.read_bytes(), hyperscan.HS_MODE_BLOCK)  # it holds a checksum
    read.scratch = hyperscan.Scratch(read)
    with contextlib.suppress(OSError):
        os.utime(path)
    return read


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)  # two starts may write the same
    oldest = path.stat().st_mtime - UNUSED_S
    for other in path.parent.iterdir():
        if other.stat().st_mtime < oldest:
            other.unlink(missing_ok=True)
