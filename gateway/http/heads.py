"""The head of a request, from its first byte to its blank line: judged by a strict parser, and by `Heads` only once.

A head that comes again is recognised by its bytes and need not be judged again. What makes it another request is not remembered: the
digits of its length are cut out of what is compared. Only a keyed digest of a head is kept, so that no key of a caller is.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from typing import Final

import httptools
import msgspec
from typing_extensions import override

from gateway.http.chat import Hot
from gateway.http.headers import Headers

CHUNKED = -1
"""The length of a body that says itself where it ends."""
MOST_KNOWN = 4_096
"""Heads that are remembered, of at most `MOST_KNOWN_BYTES` each: about 1 kB of memory for each of them."""
MOST_KNOWN_BYTES = 8_000
_LENGTHS: Final = (b"\r\ncontent-length: ", b"\r\nContent-Length: ")
_LENGTH_END: Final = b"ength: "
"""How both end: one search is half of two."""
_NOT_KNOWN: Final = (None, b"", 0)


class Malformed(Exception):  # not an error: it becomes an answer
    """What came is not HTTP/1.1, or could be read in two ways."""


class Upgrade(Malformed):
    """The caller asks to speak something else from here on."""


class WebSocket(Upgrade):
    """That is a WebSocket."""


class Head(msgspec.Struct, frozen=True, gc=False):
    """What the head of a request says. `hot` is None for what goes through ASGI; `length` in bytes, or `CHUNKED`."""

    hot: Hot | None
    headers: Headers
    keep_alive: bool
    length: int
    method: bytes = b"POST"
    url: bytes = b""
    version: str = "1.1"
    fields: Sequence[tuple[bytes, bytes]] = ()

    @override
    def __repr__(self) -> str:
        return f"<Head, {len(self.fields)} fields>"  # one of which is the caller's key


class _Said:
    """What the parser finds in a head."""

    __slots__ = ("fields", "is_complete", "url")

    def __init__(self) -> None:
        self.url = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.is_complete = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.is_complete = True


class Judging:
    """One head that is being judged, as its bytes come."""

    __slots__ = ("_parser", "_said")

    def __init__(self) -> None:
        self._said = _Said()
        self._parser = httptools.HttpRequestParser(self._said)

    def feed(self, data: bytes) -> None:
        """Some of the head, but not its end. Raises `Malformed`."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            raise Malformed from None
        if self._said.is_complete:  # the parser sees the end elsewhere than we do
            raise Malformed

    def end(self, data: bytes, hot: Mapping[bytes, Hot]) -> Head:
        """The head, of which this is the last. Raises `Malformed` for what has not its end just there."""
        self.feed(data[:-1])
        parser, said = self._parser, self._said
        try:
            parser.feed_data(data[-1:])
        except httptools.HttpParserUpgrade:
            raise _upgrade(said.fields) from None
        except httptools.HttpParserError:
            raise Malformed from None
        if not said.is_complete:
            raise Malformed
        if parser.should_upgrade():
            raise _upgrade(said.fields)
        method, version, fields = parser.get_method(), parser.get_http_version(), said.fields
        if version not in {"1.1", "1.0"}:
            raise Malformed
        headers = Headers(fields)
        length = _length(headers, version)
        headers.lengths = ()  # the same headers come with other lengths
        return Head(
            hot.get(said.url.partition(b"?")[0]) if method == b"POST" and version == "1.1" else None,
            headers,
            version != "1.0" and parser.should_keep_alive(),
            length,
            method,
            said.url,
            version,
            fields,
        )


def _upgrade(fields: Sequence[tuple[bytes, bytes]]) -> Upgrade:
    return WebSocket() if (b"upgrade", b"websocket") in [(name, value.lower()) for name, value in fields] else Upgrade()


def _length(headers: Headers, version: str) -> int:
    """How long the body is. The parser refuses what contradicts itself; so do we, and what only others could read otherwise."""
    lengths, codings = [value.strip(b" \t") for value in headers.lengths], headers.codings
    if len(lengths) + len(codings) > 1 or (codings and (version == "1.0" or codings[0].strip(b" \t").lower() != b"chunked")):
        raise Malformed
    if codings:
        return CHUNKED
    if lengths and not (lengths[0].isdigit() and len(lengths[0]) <= len("18446744073709551615")):
        raise Malformed
    return int(lengths[0]) if lengths else 0


class Heads:
    """The heads of hot requests that were judged, for all connections of a server."""

    __slots__ = ("_base", "_known", "hot")

    def __init__(self, hot: Mapping[bytes, Hot]) -> None:
        self.hot = hot
        self._base = hashlib.blake2b(key=os.urandom(32), digest_size=16)
        self._known: dict[bytes, Head] = {}

    def look(self, data: bytes, end: int) -> tuple[Head | None, bytes, int]:
        """Whether the head that ends at `end` is known: it, the key to keep it under (empty for none), and the length of its body.

        The line of the length is cut at its digits, where it is the first whose name ends like that. No other head comes to the same bytes:
        where they stood is where such a name ends first in what is left. Digits change nothing else of what a head means.
        """
        if end > MOST_KNOWN_BYTES:
            return _NOT_KNOWN
        at = data.find(_LENGTH_END, 0, end) + len(_LENGTH_END)
        if data[at - 18 : at] not in _LENGTHS:
            return _NOT_KNOWN
        stop = data.find(b"\r\n", at)
        digits = data[at:stop]
        if stop - at > 9 or not digits.isdigit():
            return _NOT_KNOWN
        digest = self._base.copy()
        digest.update(data[:at] + data[stop:end])
        key = digest.digest()
        return self._known.get(key), key, int(digits)

    def keep(self, key: bytes, head: Head) -> None:
        """Remember a head that was judged, if it is one that may come again."""
        headers = head.headers
        if (
            head.hot is None
            or head.length < 0
            or headers.expects
            or headers.request_id
            or headers.parents
            or headers.states
            or headers.form
        ):
            return
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()  # those that still come are judged once more
        self._known[key] = Head(head.hot, headers, head.keep_alive, 0)
