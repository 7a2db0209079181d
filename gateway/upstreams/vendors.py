"""The process in which vendors' libraries live, as the one that serves sees it: started once, and again when it has died.

It listens on a socket that we made and keep, so that who comes while it starts waits, and is not refused. It ends when we do.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

PAUSE_S = 1.0
"""The least time between two starts."""
ENDING_S = 5.0
"""How long it may take to end by itself."""
_BACKLOG = 1024


class Part(msgspec.Struct, frozen=True):
    """What the process is told. Open files: `listener`, a socket, and `alive`, a pipe that ends with us. `backstop` is its mode."""

    listener: int
    alive: int
    backstop: str


class Vendors:
    """The process, or none. `may_start` and `may_connect` are told what will be started, and where it listens, before that happens."""

    def __init__(
        self, may_start: Callable[[Sequence[str]], object] = lambda _: None, may_connect: Callable[[str], object] = lambda _: None
    ) -> None:
        self._may_start = may_start
        self._may_connect = may_connect
        self.backstop = "off"
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._listener: socket.socket | None = None
        self._alive: tuple[int, int] = (-1, -1)
        self._command: list[str] = []
        self._began = 0.0

    @property
    def is_running(self) -> bool:
        """Whether it was started, and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its id; 0 where there is none."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, unless it runs. It serves some seconds later."""
        if self.is_running or (self._process is not None and time.monotonic() - self._began < PAUSE_S):
            return
        listener = self._listener or self._listen()
        self._began = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  # our own program
            self._command,
            stdin=subprocess.DEVNULL,
            pass_fds=(listener.fileno(), self._alive[0]),
            start_new_session=True,  # Ctrl-C is for us, who still need it
        )

    def _listen(self) -> socket.socket:
        self._folder = tempfile.TemporaryDirectory(prefix="tidegate-vendors-")  # nobody else may open it
        self._listener = listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._path)
        listener.listen(_BACKLOG)
        self._alive = os.pipe()
        part = Part(listener.fileno(), self._alive[0], self.backstop)
        self._command = [sys.executable, "-m", "gateway.upstreams.vendors_process", msgspec.json.encode(part).decode()]
        self._may_start(self._command)
        self._may_connect(self._path)
        return listener

    @property
    def _path(self) -> str:
        return "" if self._folder is None else str(Path(self._folder.name) / "vendors")

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to it, on which one attempt is made. Raises `OSError`."""
        self.start()
        return await asyncio.open_unix_connection(self._path)

    async def close(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, ENDING_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            for end in self._alive:
                os.close(end)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
