"""What comes on an HTTP/1.1 connection to an upstream: the head and the body of one answer at a time, as llhttp reads them."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

import httptools
from typing_extensions import override

from gateway.upstreams.http1_faults import BadAnswer, UpstreamFault
from gateway.upstreams.http1_head import framing

HEAD_LIMIT_BYTES = 64 * 1024
"""The most that heads may take, and that may come without a byte of body: interim answers, trailers, chunk extensions."""
MAX_INTERIM = 8
"""1xx answers before the answer; one `100 Continue` or a few `103 Early Hints` are normal."""
Take = Callable[[bytes], bool]
"""Is given a block of the body; says whether it takes more."""


class Reading(asyncio.Protocol, ABC):
    """The half of a connection that reads. Of the head only what matters is looked at, when it is complete.

    Pieces of the body go from the parser into `chunks` without a call of ours.
    """

    __slots__ = (
        "_flaw",
        "_interim",
        "_interim_bytes",
        "_is_open",
        "_is_reusable",
        "_most",
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
        self.is_busy = self._is_reusable = self.got_headers = self.complete = False
        self._most = self._quiet_bytes = 0
        self._flaw = ""

    def _reset(self) -> None:
        """Begin a new answer. `headers_at` is when its head was complete, in monotonic seconds; `low` is the head in lower case."""
        self.got_headers = self.complete = self._is_open = False
        self.status = self._interim = self._interim_bytes = self._quiet_bytes = 0
        self._raw = self.head = self.low = b""
        self.headers_at = 0.0

    @override
    def data_received(self, data: bytes) -> None:
        parser, chunks, had_headers = self._parser, self.chunks, self.got_headers
        if not self.is_busy or parser is None:
            # Nobody asked for these bytes. Read as the answer to the next request, they would reach the wrong caller.
            self.abort()
            return
        if not had_headers:
            self._raw += data
        pieces = len(chunks)
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # After the end, `_fail` only closes: the answer is whole, but what follows it was not asked for.
            self._fail(BadAnswer(f"the answer is not acceptable: {self._flaw or 'it breaks the syntax of HTTP/1.1'}"))
            return
        if len(chunks) != pieces:
            self._quiet_bytes = 0
            if self._taker is None or self._waiter.done():
                self._got(len(data))
            else:
                self._pour(self._taker)
            return
        self._quiet_bytes += len(data)
        if self._quiet_bytes > HEAD_LIMIT_BYTES:
            self._fail(BadAnswer(f"the answer has more than {HEAD_LIMIT_BYTES} bytes of headers, trailers or interim answers"))
        elif self.complete or self.got_headers is not had_headers:
            self._got(0)

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
        self._is_reusable = not self._is_open and self.low[7] == 0x31 and parser.should_keep_alive()  # of HTTP/1.0, none is
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
    def _got(self, size: int) -> None:
        """The head, or `size` bytes of the body with its framing, or the end has come: what is new of the body is in `chunks`."""

    @abstractmethod
    def _pour(self, taker: Take) -> None:
        """Give what has come of the body to who takes it as it comes."""

    @abstractmethod
    def _fail(self, fault: UpstreamFault) -> None:
        """The answer is over without being complete."""

    @abstractmethod
    def abort(self) -> None:
        """Drop the connection."""
