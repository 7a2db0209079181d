"""The one way out for a vendor's library: an HTTP transport that works inside a relay only, follows nothing, and remembers what it saw.

A library's own account of a failure is a guess made for people; what was on the wire is the truth. A `Wire` belongs to one attempt.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextvars import ContextVar
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self

import httpx
from typing_extensions import override

from gateway.upstreams.vendor_hosts import HOSTS
from router.decision import Clocks
from router.failures import Kind

_ENDS = re.compile(
    rb'"(?:stop_reason|stopReason|finishReason|finish_reason)"\s*:\s*"|"(?:type|event_type)"\s*:\s*"(?:message-end|stream-end)"'
    rb'|"status"\s*:\s*"succeeded"|\nevent: done|data: \[DONE\]'
)
"""How vendors say that an answer is complete: Anthropic, Bedrock's Converse, Gemini, Cohere, Replicate, OpenAI. Libraries invent a finish
reason when a stream ends without one, so a cut stream would pass as a finished one if we did not look."""
_LONGEST_END = 64
_OPAQUE = "application/vnd.amazon.eventstream"
"""Frames whose payload may be base64 (Bedrock's Invoke; Converse is not): the end cannot be seen, each frame carries a checksum instead."""

_WIRE: ContextVar["Wire | None"] = ContextVar("tidegate_wire", default=None)


class NotThroughHere(httpx.TransportError):
    """A request that may not go out, or did not come through. None of httpx's connection errors: libraries retry those by themselves."""


class Wire:
    """What one attempt did on the wire. A context: inside of it `Door` lets requests pass, to `transport`, on the clocks of the target.

    `fault` is how the transport failed, None while it did not; `status`, `headers` and `body()` are of the last answer (status 0: none).
    """

    def __init__(
        self, transport: httpx.AsyncBaseTransport, clocks: Clocks, is_allowed: Callable[[httpx.URL], bool], longest: int | None
    ) -> None:
        self._transport = transport
        self._clocks = clocks
        self._is_allowed = is_allowed
        self._longest = longest
        self._responses: list[httpx.Response] = []
        self.requests = 0
        self.fault: Kind | None = None
        self.said_end = False

    def __enter__(self) -> Self:
        self._token = _WIRE.set(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _WIRE.reset(self._token)

    @property
    def status(self) -> int:
        """The HTTP status of the last answer; 0 when none came."""
        return self._responses[-1].status_code if self._responses else 0

    @property
    def headers(self) -> dict[bytes, bytes]:
        """Its headers, names in lower case."""
        return {name.lower(): value for name, value in self._responses[-1].headers.raw} if self._responses else {}

    @property
    def body(self) -> bytes:
        """Its body, as far as the library has read it whole."""
        try:
            return self._responses[-1].content if self._responses else b""
        except httpx.ResponseNotRead:
            return b""

    async def close(self) -> None:
        """Drop what is still coming."""
        for response in self._responses:
            await response.aclose()

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Let one request out."""
        if not self._is_allowed(request.url):
            raise NotThroughHere("this address is not the destination's")
        self.requests += 1
        clocks = self._clocks
        # Between chunks our own clock runs, in the relay; httpx would take the library's.
        request.extensions["timeout"] = {
            "connect": clocks.connect_s,
            "read": clocks.total_s,
            "write": clocks.headers_s,
            "pool": clocks.connect_s,
        }
        request.headers["accept-encoding"] = "identity"
        try:
            async with asyncio.timeout(clocks.headers_s):
                response = await self._transport.handle_async_request(request)
        except TimeoutError:
            self.fault = "SLOW_START"
        except httpx.TransportError as error:
            self.fault = _kind(error)
        else:
            response.stream = _Body(response.stream, self, response.headers.get("content-type", ""), request.url.path)
            self._responses.append(response)
            return response
        raise NotThroughHere("the target could not be asked")

    def note(self, seen: int) -> None:
        """So many bytes of an answer have come. Raises when they are too many."""
        if self._longest is not None and seen > self._longest:
            self.fault = "BAD_ANSWER"
            raise NotThroughHere("the answer is larger than the limit")


class _Body(httpx.AsyncByteStream):
    """The bytes of an answer, watched for its end."""

    def __init__(self, stream: object, wire: Wire, content_type: str, path: str) -> None:
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101  # an async transport has no other
        self._stream = stream
        self._wire = wire
        self._is_opaque = content_type.startswith(_OPAQUE) and not path.endswith("converse-stream")

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        tail, seen, wire = b"", 0, self._wire
        wire.said_end = self._is_opaque
        try:
            async for part in self._stream:
                seen += len(part)
                wire.note(seen)
                if not wire.said_end:
                    tail += part
                    wire.said_end = _ENDS.search(tail) is not None
                    tail = tail[-_LONGEST_END:]
                yield part
        except httpx.TransportError as error:
            wire.fault = wire.fault or _kind(error, has_begun=True)
            raise

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()


def _kind(error: httpx.TransportError, *, has_begun: bool = False) -> Kind:
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout() | httpx.UnsupportedProtocol():
            return "UNREACHABLE"
        case httpx.TimeoutException():
            return "STALLED" if has_begun else "SLOW_START"
        case _:
            return "CUT"


class Door(httpx.AsyncBaseTransport):
    """The transport of every client of the library. Outside of a relay nothing passes."""

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        wire = _WIRE.get()
        if wire is None:
            raise NotThroughHere("nothing leaves outside of a relay")
        return await wire.send(request)


class NoDoor(httpx.BaseTransport):
    """The transport of every synchronous client of the library: nothing passes."""

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise NotThroughHere("nothing leaves outside of a relay")


def allowed(vendor: str, urls: Sequence[str]) -> Callable[[httpx.URL], bool]:
    """Whether an address belongs to the destination: the configured origin, else the vendor's own hosts, by https."""
    if urls:
        origins = {(url.scheme, url.host, url.port) for url in map(httpx.URL, urls)}
        return lambda url: (url.scheme, url.host, url.port) in origins
    return lambda url: url.scheme == "https" and re.fullmatch(HOSTS[vendor], url.host) is not None


def client() -> httpx.AsyncClient:
    """A client that goes through the door: no proxy or certificate settings from the environment, no redirects, no cookies kept."""
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    timeout = None  # `Wire` sets the clocks
    return httpx.AsyncClient(transport=Door(), trust_env=False, follow_redirects=False, timeout=timeout, cookies=no_cookies)


def no_client() -> httpx.Client:
    """A client that cannot send."""
    return httpx.Client(transport=NoDoor(), trust_env=False)


def transport() -> httpx.AsyncHTTPTransport:
    """The pool of one target."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    return httpx.AsyncHTTPTransport(verify=ssl.create_default_context(), trust_env=False, limits=limits)
