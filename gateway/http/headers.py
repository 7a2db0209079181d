"""What a hot request's headers say, read in one pass. Everything else that a caller sends in headers is neither used nor handed on."""

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar

from gateway.errors import BadRequest
from gateway.http.body import CLOSE, too_large
from gateway.http.keys import ANONYMOUS, digest_of, identify
from gateway.plan import CallerKey

_OURS_TO_KEEP = re.compile(rb"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
"""A caller's request id is kept when it is a UUID. Anything freer could carry text into logs."""

_BETA = re.compile(rb"[a-z][a-z0-9]{0,30}(?:-[a-z0-9]{1,30}){1,8}-20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_MOST_BETAS = 20
"""Betas are named like `context-1m-2025-08-07`. They go on to targets, so they are scanned like the body."""
_SECONDS = re.compile(rb"[0-9]{1,6}(?:\.[0-9]{0,6})?")


class Headers:
    """The headers that matter here. `key` is the digest of what was presented first: empty for an empty one, None for none.

    `labels` and `ceilings` are the labels to which the request is to be raised and lowered, `timeouts` how long it may take: unchecked.
    `form` is the content type of a form, which has its boundary.
    `parents` and `states` are what a caller says of its trace, unchecked as well. `request_id` is the caller's own, where it may have one.
    Requests with the same head share them: nothing in here changes, but what was found for the key.
    """

    __slots__ = (
        "_caller",
        "_keys",
        "betas",
        "ceilings",
        "codings",
        "encoding",
        "expects",
        "form",
        "key",
        "labels",
        "lengths",
        "parents",
        "request_id",
        "states",
        "timeouts",
    )

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._caller = ANONYMOUS
        self._keys: Mapping[bytes, CallerKey] | None = None
        self.request_id = ""
        self.key: bytes | None = None
        self.lengths: tuple[bytes, ...] = ()
        self.codings: tuple[bytes, ...] = ()
        self.expects = False
        self.encoding = b"identity"
        self.labels: tuple[bytes, ...] = ()
        self.ceilings: tuple[bytes, ...] = ()
        self.timeouts: tuple[bytes, ...] = ()
        self.parents: tuple[bytes, ...] = ()
        self.states: tuple[bytes, ...] = ()
        self.betas: tuple[bytes, ...] = ()
        self.form = b""
        known = self._READ
        for name, value in headers:
            read = known.get(name)
            if read is not None:
                read(self, value)

    def caller(self, keys: Mapping[bytes, CallerKey]) -> CallerKey:
        """Whose key was presented, of these. Raises `Unauthorised`. It is looked up once, until there are other keys."""
        if self._keys is not keys:
            self._caller = identify(self.key, keys)
            self._keys = keys
        return self._caller

    def _content_length(self, value: bytes) -> None:
        self.lengths += (value,)

    def _transfer_encoding(self, value: bytes) -> None:
        self.codings += (value,)

    def _expect(self, value: bytes) -> None:
        self.expects = self.expects or value.lower() == b"100-continue"

    def _content_encoding(self, value: bytes) -> None:
        if self.encoding == b"identity":
            self.encoding = value.lower()

    def _authorization(self, value: bytes) -> None:
        if self.key is None and value[:7].lower() == b"bearer ":
            self.key = digest_of(value[7:].strip())

    def _api_key(self, value: bytes) -> None:
        if self.key is None:
            self.key = digest_of(value.strip())

    def _x_request_id(self, value: bytes) -> None:
        if not self.request_id and _OURS_TO_KEEP.fullmatch(value):
            self.request_id = value.decode()

    def _label(self, value: bytes) -> None:
        self.labels += (value,)

    def _declassify(self, value: bytes) -> None:
        self.ceilings += (value,)

    def _timeout(self, value: bytes) -> None:
        self.timeouts += (value,)

    def _parent(self, value: bytes) -> None:
        self.parents += (value,)

    def _content_type(self, value: bytes) -> None:
        if value[:10].lower() == b"multipart/":
            self.form = value

    def _beta(self, value: bytes) -> None:
        self.betas += (value,)

    def _state(self, value: bytes) -> None:
        self.states += (value,)

    @property
    def beta_line(self) -> bytes:
        """The header line that asks for these betas of Anthropic's API: plain names only, since it goes on to targets."""
        names = [name for value in self.betas for name in value.replace(b" ", b"").split(b",") if _BETA.fullmatch(name)]
        return b"anthropic-beta: %b\r\n" % b",".join(names[:_MOST_BETAS]) if names else b""

    @property
    def timeout_s(self) -> float:
        """Seconds that the request may take: the least that `x-request-timeout` says. Raises `BadRequest` for what is no such number."""
        for value in self.timeouts:
            if not _SECONDS.fullmatch(value) or not float(value):
                say = "x-request-timeout is a number of seconds above 0, for example 30 or 2.5."
                raise BadRequest("bad_timeout", say, param="x-request-timeout")
        return min(map(float, self.timeouts))

    _READ: ClassVar = {
        b"content-length": _content_length,
        b"transfer-encoding": _transfer_encoding,
        b"content-encoding": _content_encoding,
        b"authorization": _authorization,
        b"api-key": _api_key,
        b"x-api-key": _api_key,
        b"x-request-id": _x_request_id,
        b"x-request-timeout": _timeout,
        b"traceparent": _parent,
        b"tracestate": _state,
        b"anthropic-beta": _beta,
        b"content-type": _content_type,
        b"x-tidegate-label": _label,
        b"x-tidegate-declassify": _declassify,
        b"expect": _expect,
    }

    def check_framing(self, most: int) -> None:
        """Refuse what could be read in two ways, and what is declared larger than `most` bytes, before a byte of it is read."""
        if self.encoding != b"identity":
            raise BadRequest("encoded_body", "Send the body without Content-Encoding; compressed requests are not read.", headers=CLOSE)
        lengths = self.lengths
        if not lengths:
            return
        if len(lengths) > 1 or self.codings:
            raise BadRequest("ambiguous_length", "Send either one Content-Length or Transfer-Encoding: chunked, not both.", headers=CLOSE)
        if lengths[0].isdigit() and int(lengths[0]) > most:
            raise too_large(most)
