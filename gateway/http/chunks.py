"""`Chunks`: a chunked body (RFC 9112, 7.1), decoded as it comes. Nothing is read that could be read in two ways."""

import re
from collections.abc import Callable

from gateway.http.heads import Malformed

MOST_LINE = 4_000
"""Bytes of a line with a size. Extensions of it are allowed, and nobody sends any."""
MOST_TRAILERS = 8_000
"""Bytes of all lines behind the last chunk. They are not used."""

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})(?:;%b(?:=(?:%b|%b))?)*" % (_TOKEN, _TOKEN, _QUOTED))
_TRAILER = re.compile(rb"%b:[\t\x20-\x7e\x80-\xff]*" % _TOKEN)


class Chunks:
    """One body."""

    __slots__ = ("_held", "_is_behind", "_is_trailing", "_left", "_trailers")

    def __init__(self) -> None:
        self._held = b""  # of a line that is not complete
        self._left = 0  # bytes of the chunk that is being read
        self._is_behind = False  # its content: a line end must follow
        self._is_trailing = False
        self._trailers = 0

    def feed(self, data: bytes, take: Callable[[bytes], None]) -> bytes | None:
        """Some of the body; its content is given to `take`, at once. At its end: what came behind it. Raises `Malformed`."""
        content: list[bytes] = []
        rest = self._read(self._held + data, content)
        if content:
            take(content[0] if len(content) == 1 else b"".join(content))
        return rest

    def _read(self, data: bytes, content: list[bytes]) -> bytes | None:
        self._held, at = b"", 0
        while at < len(data):
            if self._left:
                content.append(data[at : at + self._left])
                at += len(content[-1])
                self._left -= len(content[-1])
                self._is_behind = not self._left
                continue
            stop = data.find(b"\r\n", at)
            line = data[at : stop if stop >= 0 else None]
            if len(line) > MOST_LINE or (self._is_behind and line != (b"" if stop >= 0 else b"\r")):
                raise Malformed
            if stop < 0:
                self._held = line
                return None
            at = stop + 2
            if self._is_behind:
                self._is_behind = False
            elif self._is_trailing and not line:
                return data[at:]
            else:
                self._line(line)
        return None

    def _line(self, line: bytes) -> None:
        """A line with a size, or behind the last chunk."""
        if self._is_trailing:
            self._trailers += len(line)
            if self._trailers > MOST_TRAILERS or not _TRAILER.fullmatch(line):
                raise Malformed
            return
        match = _SIZE.fullmatch(line)
        if match is None:
            raise Malformed
        self._left = int(match[1], 16)
        self._is_trailing = not self._left
