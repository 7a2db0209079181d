"""One structured log line per exchange, and defects: JSON lines on standard error. Never text of a caller or a model."""

import asyncio
import contextlib
import logging
import os
import select
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import BinaryIO, TextIO

import msgspec
from typing_extensions import override

from gateway.exchange import Exchange

_SAFE_EXTRAS = tuple("request_id error where admin target state problems key was label category scorer rest_s".split())
"""What a record of our own loggers may carry beside its message. Anything else a library attached stays out."""

HELD_S, MOST_HELD = 0.02, 16
"""How long lines about requests are held, and how many: a pipe has room for some 80, so that who reads has as much time as before."""


class JsonLines(logging.Formatter):
    """A line of JSON per record.

    Exceptions are named by their class: their messages may quote what must not be logged. So may all but the first line of a message:
    asyncio puts the representation of what failed there.
    """

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "say": record.getMessage().partition("\n")[0],
        }
        line.update({name: record.__dict__[name] for name in _SAFE_EXTRAS if name in record.__dict__})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return msgspec.json.encode(line, enc_hook=str).decode()


class _Lines(logging.StreamHandler[TextIO]):
    """Lines that are lost where they cannot be written now: nothing waits for who does not read, nor fails for a full disk."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._poll = _polled(stream)
        self.first: Callable[[], None] = lambda: None
        """Writes what must come before."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.first()
        if self._poll is None or self._poll.poll(0):
            super().emit(record)

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Nowhere is left to say it."""


def set_up(stream: TextIO | None = None) -> None:
    """Send the logs of this process to `stream` (standard error) as JSON lines; quieten libraries that would log URLs or bodies."""
    sink = _Lines(stream or sys.stderr)
    sink.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [sink]
    root.setLevel(logging.WARNING)
    logging.getLogger("tidegate").setLevel(logging.INFO)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it quotes what it cannot read


class LogLines:
    """The observer: one line per exchange, without the members that have their default.

    Lines are held for `HELD_S` at most, and written together: a process that is killed takes those with it. Whoever closes it flushes.
    A line that cannot be written is lost, and counted in `lost`: no request waits or fails for a full disk, or for who does not read.
    """

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._stream = stream or sys.stderr.buffer
        self._poll = _polled(self._stream)
        self._encode = msgspec.json.Encoder(enc_hook=attrgetter("name")).encode_lines  # of all members only labels are unknown to it
        self._held: list[Exchange] = []
        self._thread = threading.get_ident()
        self.lost = 0

    def samples(self) -> Iterator[tuple[str, tuple[str, ...], float]]:
        """For the metrics."""
        yield "log_lines_lost_total", (), float(self.lost)

    def lead(self) -> None:
        """What this thread logs otherwise comes behind the lines that are held then."""
        for sink in logging.getLogger().handlers:
            if isinstance(sink, _Lines):
                sink.first = lambda: self.flush() if threading.get_ident() == self._thread else None

    def __call__(self, exchange: Exchange) -> None:
        """Write one line, soon; at once where no event loop would come back to it."""
        held = self._held
        held.append(exchange)
        if len(held) == 1:
            try:
                asyncio.get_running_loop().call_later(HELD_S, self.flush)
            except RuntimeError:
                self.flush()
        elif len(held) >= MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            held, self._held = self._held, []
            raw = self._encode(held)
            for lines in (raw,) if self._poll is None else _pieces(raw):
                self._write(lines)

    def _write(self, lines: bytes) -> None:
        try:
            if self._poll is None or self._poll.poll(0):
                self._stream.write(lines)
                self._stream.flush()
                return
        except OSError:
            pass
        self.lost += lines.count(b"\n")


def _pieces(raw: bytes) -> Iterator[bytes]:
    """Whole lines, as many at a time as a pipe that takes anything takes without a wait, and without another process's in between."""
    start = 0
    while start < len(raw):
        most = start + select.PIPE_BUF
        end = len(raw) if len(raw) <= most else raw.rfind(b"\n", start, most) + 1 or raw.find(b"\n", most) + 1
        yield raw[start:end]
        start = end


def _polled(stream: BinaryIO | TextIO) -> "select.poll | None":
    """What says whether a pipe or socket takes a line now. None for files, which always do, and for what is no file."""
    with contextlib.suppress(OSError, ValueError):
        number = stream.fileno()
        mode = os.fstat(number).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            poll = select.poll()
            poll.register(number, select.POLLOUT)
            return poll
    return None
