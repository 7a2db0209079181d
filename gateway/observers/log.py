"""One structured log line per exchange, and defects: JSON lines on standard error. Never text of a caller or a model."""

import contextlib
import logging
import os
import select
import stat
import sys
from collections.abc import Iterator
from typing import BinaryIO, TextIO

import msgspec
from typing_extensions import override

from gateway.exchange import Exchange

_SAFE_EXTRAS = tuple("request_id error where admin target state problems key was label category scorer rest_s".split())
"""What a record of our own loggers may carry beside its message. Anything else a library attached stays out."""


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

    @override
    def emit(self, record: logging.LogRecord) -> None:
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


class LogLines:
    """The observer: one line per exchange, without the members that have their default.

    A line that cannot be written is lost, and counted in `lost`: no request waits or fails for a full disk, or for who does not read.
    """

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._stream = stream or sys.stderr.buffer
        self._poll = _polled(self._stream)
        self._encode = msgspec.json.Encoder(enc_hook=str).encode
        self.lost = 0

    def samples(self) -> Iterator[tuple[str, tuple[str, ...], float]]:
        """For the metrics."""
        yield "log_lines_lost_total", (), float(self.lost)

    def __call__(self, exchange: Exchange) -> None:
        """Write one line."""
        if self._poll is not None and not self._poll.poll(0):
            self.lost += 1
            return
        try:
            self._stream.write(self._encode(exchange) + b"\n")
            self._stream.flush()
        except OSError:
            self.lost += 1


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
