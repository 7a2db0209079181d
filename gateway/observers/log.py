"""One structured log line per exchange, and defects: JSON lines on standard error. Never text of a caller or a model."""

import logging
import sys
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


def set_up(stream: TextIO | None = None) -> None:
    """Send the logs of this process to `stream` (standard error) as JSON lines; quieten libraries that would log URLs or bodies."""
    sink = logging.StreamHandler(stream or sys.stderr)
    sink.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [sink]
    root.setLevel(logging.WARNING)
    logging.getLogger("tidegate").setLevel(logging.INFO)


class LogLines:
    """The observer: one line per exchange, without the members that have their default."""

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._stream = stream or sys.stderr.buffer
        self._encode = msgspec.json.Encoder(enc_hook=str).encode

    def __call__(self, exchange: Exchange) -> None:
        """Write one line. A full disk or a closed pipe raises OSError, which is the caller's to report: it must not harm the request."""
        self._stream.write(self._encode(exchange) + b"\n")
        self._stream.flush()
