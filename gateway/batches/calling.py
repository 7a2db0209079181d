"""One line as a request: what stands in for its caller's headers, and for the connection on which it would have come."""

from collections.abc import Mapping
from dataclasses import replace

from typing_extensions import override

from gateway.errors import Unauthorised
from gateway.http.body import too_large
from gateway.http.downstream import HttpDownstream
from gateway.http.headers import Headers
from gateway.http.keys import ANONYMOUS
from gateway.plan import CallerKey
from router.attempt import Attempt

BEHIND = -86_400
"""The priority of lines before a target at which others wait: nobody waits for a line that came within a day of it."""


class KeyHeaders(Headers):
    """What headers would say of a key by its name: it is looked up in what is configured now, so one that was withdrawn runs nothing."""

    __slots__ = ("_name", "_tenant")

    def __init__(self, name: str, tenant: str, floor: str = "") -> None:
        super().__init__(())
        self._name, self._tenant = name, tenant
        self.labels = (floor.encode(),) if floor else ()

    @override
    def caller(self, keys: Mapping[bytes, CallerKey]) -> CallerKey:
        if self._keys is not keys:
            known = keys.values() if keys else (ANONYMOUS,)
            found = next((one for one in known if (one.name, one.tenant) == (self._name, self._tenant)), None)
            if found is None:
                raise Unauthorised(
                    "unknown_key", "The key that created this batch is not known here any more. Create the batch with another."
                )
            self._caller, self._keys = replace(found, priority=BEHIND), keys
        return self._caller


class Call(HttpDownstream):
    """The request of a line, in memory, and then its answer. `retry_after_s` is what a refusal said."""

    def __init__(self, request_id: str, body: bytes) -> None:
        super().__init__(request_id)
        self._body = body
        self.kind = b""
        self.answered = b""
        self.retry_after_s = 0.0

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that was begun last."""
        return self._attempt

    @override
    def read_nowait(self, most: int) -> bytes | None:
        return self._body if len(self._body) <= most else None

    @override
    async def read(self, most: int, within_s: float) -> bytes:
        raise too_large(most)  # else it had been read at once

    @override
    async def _whole(self, status: int, content_type: bytes, lines: bytes, more: bytes, body: bytes) -> None:
        self.kind, self.answered = content_type, body
        self.sent_bytes += len(body)
        for line in more.split(b"\r\n"):
            name, _, value = line.partition(b": ")
            if name == b"retry-after" and value.isdigit():
                self.retry_after_s = float(value)

    @override
    async def _start(self, status: int, content_type: bytes, lines: bytes, more: bytes) -> None:
        self.kind = content_type

    @override
    async def write(self, data: bytes) -> None:
        self.write_nowait(data)

    @override
    def write_nowait(self, data: bytes) -> bool:
        self.sent_bytes += len(data)
        self.answered += data
        return True

    @override
    async def end(self, data: bytes = b"") -> None:
        self.write_nowait(data)
