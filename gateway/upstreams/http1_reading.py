"""What comes on an HTTP/1.1 connection to an upstream: the head and the body of one answer at a time, read by llhttp or in chunks."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

import httptools
from typing_extensions import override

from gateway.upstreams.http1_chunks import owed, size_of, whole
from gateway.upstreams.http1_faults import BadAnswer, UpstreamFault
from gateway.upstreams.http1_head import framing

HEAD_LIMIT_BYTES = 64 * 1024
"""The most that heads may take, and that may come without a byte of body: interim answers, trailers, chunk extensions."""
MAX_INTERIM = 8
"""1xx answers before the answer; one `100 Continue` or a few `103 Early Hints` are normal."""
Take = Callable[[bytes, bytes], bool]
"""Is given a block of the body, and the same in the chunks in which it came or b""; says whether it takes more."""


class Reading(asyncio.Protocol, ABC):
    """The half of a connection that reads. Of the head only what matters is looked at, when it is complete.

    Pieces of the body go from the parser into `chunks` without a call of ours. Of a stream, whole chunks of the usual form are read without
    llhttp, which stays where a chunk begins; all else is for llhttp to read, and to judge.
    """

    __slots__ = (
        "_cut",
        "_flaw",
        "_interim",
        "_interim_bytes",
        "_is_open",
        "_is_ours",
        "_is_reusable",
        "_most",
        "_owed",
        "_parser",
        "_quiet_bytes",
        "_raw",
        "_taker",
        "_waiter",
        "chunks",
        "complete",
        "fault",
        "got_headers",
        "head",
        "headers_at",
        "is_busy",
        "low",
        "on_body",
        "status",
    )

    def __init__(self, waiter: asyncio.Future[None]) -> None:
        """Begin before the first request. `waiter` is done."""
        self._waiter = waiter
        self.chunks: list[bytes] = []
        self.on_body = self.chunks.append
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)  # looks for `on_body` now
        self._taker: Take | None = None
        self.fault: UpstreamFault | None = None
        self.is_busy = self._is_reusable = False
        self._most = 0
        self._flaw = ""
        self._reset()

    def _reset(self) -> None:
        """Begin a new answer. `headers_at` is when its head was complete, in monotonic seconds; `low` is the head in lower case."""
        self.got_headers = self.complete = self._is_ours = self._is_open = False
        self.status = self._interim = self._interim_bytes = self._quiet_bytes = self._owed = 0
        self._raw = self._cut = self.head = self.low = b""
        self.headers_at = 0.0

    @override
    def data_received(self, data: bytes) -> None:
        if not self.is_busy or self._parser is None:
            # Nobody asked for these bytes. Read as the answer to the next request, they would reach the wrong caller.
            self.abort()
        elif self._is_ours:
            self._chunk(data)
        elif self._most or self._raw or self.got_headers or not data.startswith(b"HTTP/1.1 2"):
            self._feed(self._parser, data)
        else:  # a stream, of which llhttp needs to see no more than the head
            end = data.find(b"\r\n\r\n") + 4
            self._feed(self._parser, data if end == 3 else data[:end])
            if 3 < end < len(data) and self.fault is None:
                self.data_received(data[end:])

    def _chunk(self, data: bytes) -> None:
        """Read what begins where a chunk begins, or goes on: mostly one chunk."""
        at = data.find(b"\r\n", 0, 9)
        if at < 1 or size_of(data[:at]) != len(data) - at - 4 or self._owed or self._cut or not data.endswith(b"\r\n"):
            self._several(data)
            return
        self._quiet_bytes = 0
        if self._taker is not None and not self._waiter.done():
            self._pour(data[at + 2 : -2], data, self._taker)
        else:
            self.chunks.append(data[at + 2 : -2])
            self._got(len(data), b"")

    def _several(self, data: bytes) -> None:
        """The rest of a chunk, more than one chunk, or less."""
        parser = self._parser
        assert parser is not None  # noqa: S101 (narrows the type)
        if self._owed:
            first, data = data[: self._owed], data[self._owed :]
            self._owed -= len(first)
            self._feed(parser, first)
        data, self._cut = self._cut + data, b""
        end, blocks = whole(data)
        if blocks and self.fault is None:
            self._quiet_bytes = 0
            self.chunks += blocks
            self._got(end, data[:end])
        if end < len(data) and self.fault is None:
            rest = data[end:]
            self._owed = owed(rest)
            if self._owed < 0:
                self._owed, self._cut = 0, rest
            else:  # llhttp reads a part of a chunk to its end; from anything else on it reads all
                self._is_ours = self._owed > 0
                self._feed(parser, rest)

    def _feed(self, parser: httptools.HttpResponseParser, data: bytes) -> None:
        """Have llhttp read on."""
        had_headers, pieces = self.got_headers, len(self.chunks)
        if not had_headers:
            self._raw += data
        self._quiet_bytes += len(data)
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # After the end, `_fail` only closes: the answer is whole, but what follows it was not asked for.
            self._fail(BadAnswer(f"the answer is not acceptable: {self._flaw or 'it breaks the syntax of HTTP/1.1'}"))
            return
        if len(self.chunks) != pieces:
            self._quiet_bytes = 0
            self._got(len(data), b"")
        elif self._quiet_bytes > HEAD_LIMIT_BYTES:
            self._fail(BadAnswer(f"the answer has more than {HEAD_LIMIT_BYTES} bytes of headers, trailers or interim answers"))
        elif self.complete or self.got_headers is not had_headers:
            self._got(0, b"")
        if self.complete:
            self._ended()

    # ---- llhttp

    def on_message_begin(self) -> None:
        """Note the start of a message; after the end of the answer it is one that nobody asked for."""
        if self.complete:
            raise self._refuse("bytes follow it")

    def on_headers_complete(self) -> None:
        """Judge the head; llhttp has checked its syntax, and that there is one content-length or one transfer-encoding."""
        parser, raw = self._parser, self._raw
        assert parser is not None  # noqa: S101 (narrows the type)
        start = raw.find(b"HTTP/")  # empty lines may stand before it
        end = raw.find(b"\r\n\r\n", start) + 4
        if self._interim_bytes + end > HEAD_LIMIT_BYTES:
            raise self._refuse(f"its headers have more than {HEAD_LIMIT_BYTES} bytes")
        status = parser.get_status_code()
        if status < 200:
            self._interim += 1
            self._interim_bytes += end
            self._raw = raw[end:]
            if status in (100, 102, 103) and self._interim <= MAX_INTERIM:
                return
            raise self._refuse("it switches protocols, or has too many interim answers")
        self.head = raw[start : end - 2]
        self.low = self.head.lower()
        body, flaw = framing(status, self.low)
        if flaw:
            raise self._refuse(flaw)
        self._is_open = body == "open"
        self._is_ours = body == "chunked" and end == len(raw)
        self._is_reusable = not self._is_open and self.low.startswith(b"http/1.1 ") and parser.should_keep_alive()
        self._raw = b""
        self.status = status
        self.headers_at = time.monotonic()
        self.got_headers = True

    def on_message_complete(self) -> None:
        """Note the end of an interim answer, or of the answer."""
        self.complete = self.got_headers

    def _refuse(self, flaw: str) -> ValueError:
        """Return what stops the parser; it wraps what a callback raises, so the sentence is kept here."""
        self._flaw = flaw
        return ValueError(flaw)

    # ---- who waits for it

    @abstractmethod
    def _got(self, size: int, framed: bytes) -> None:
        """The head, or `size` bytes of the body with its framing, or the end has come: what is new of the body is in `chunks`.

        `framed` is the same in chunks, if it came so and all of it is in them.
        """

    @abstractmethod
    def _pour(self, block: bytes, framed: bytes, taker: Take) -> None:
        """Give a block to who takes them as they come."""

    @abstractmethod
    def _ended(self) -> None:
        """The answer is complete."""

    @abstractmethod
    def _fail(self, fault: UpstreamFault) -> None:
        """The answer is over without being complete."""

    @abstractmethod
    def abort(self) -> None:
        """Drop the connection."""
