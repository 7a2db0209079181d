"""A caller's side that remembers: what was begun, written, answered and ended, and whether anybody is still there."""

import asyncio
from dataclasses import dataclass, field

from router.attempt import Usage


@dataclass(slots=True)
class FakeDownstream:
    """Records what an upstream relays. A test that lets the caller leave sets `is_gone` and cancels the task."""

    status: int = 0
    content_type: bytes = b""
    body: bytes = b""
    writes: list[bytes] = field(default_factory=list)
    usage: Usage | None = None
    is_committed: bool = False
    is_gone: bool = False
    is_ended: bool = False
    is_slow: bool = False
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """Keep a whole answer."""
        self._commit(status, content_type)
        self.body, self.usage, self.is_ended = body, usage, True

    async def begin(self, status: int, content_type: bytes) -> None:
        """Note the start of a stream."""
        self._commit(status, content_type)

    async def write(self, data: bytes) -> None:
        """Keep some of a stream."""
        assert self.is_committed, "written before the commit point"
        assert not self.is_ended, "written after the end"
        self.writes.append(data)
        self.body += data

    def write_nowait(self, data: bytes) -> bool:
        """Keep some of a stream, unless the caller is slow."""
        assert self.is_committed, "written before the commit point"
        assert not self.is_ended, "written after the end"
        if not self.is_slow:
            self.writes.append(data)
            self.body += data
        return not self.is_slow

    async def end(self, data: bytes = b"") -> None:
        """Keep the last of a stream."""
        if data:
            await self.write(data)
        self.is_ended = True

    def _commit(self, status: int, content_type: bytes) -> None:
        assert not self.is_committed, "committed twice"
        self.begun.set()
        self.is_committed, self.status, self.content_type = True, status, content_type
