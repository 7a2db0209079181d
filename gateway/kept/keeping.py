"""`Keeping`: the caller's side of a response that is kept, before the caller has the last of it: what goes on from it must find it."""

import contextlib
import time
from collections.abc import Mapping
from functools import partial

import msgspec
from typing_extensions import override

from gateway.errors import Refusal
from gateway.kept import responses
from gateway.kept.kept import Kept
from gateway.kept.rows import Response
from gateway.upstreams.upstream import Downstream, Through
from gateway.wire.sse import payload, split
from router.attempt import Usage
from router.labels import Label

_ENDS = (b'"response.completed"', b'"response.incomplete"')
"""What the last event of a response says of itself."""


class Turns(msgspec.Struct):
    """What is kept of a response: all that was asked, with what it went on from, and what was answered."""

    input: list[object]
    response: dict[str, object]

    @property
    def items(self) -> list[object]:
        """The conversation so far."""
        output = self.response.get("output")
        return [*self.input, *(output if isinstance(output, list) else ())]


class Keeper:
    """Keeps the response to one request of a tenant's. `asked` are its turns."""

    def __init__(self, kept: Kept, tenant: str, asked: list[object]) -> None:
        self._kept = kept
        self._tenant = tenant
        self._asked = asked

    def before(self, out: Downstream, label: Label) -> Downstream:
        """Where the answer goes, so that it is kept with this label."""
        return Keeping(out, self, label)

    async def keep(self, response: Mapping[str, object], label: Label) -> None:
        """Keep it. Where there is no room for it, the caller has it all the same, and who goes on from it is told that it is not here."""
        name, now = response.get("id"), time.time()
        if not isinstance(name, str) or not name:
            return
        turns = msgspec.json.encode(Turns(self._asked, dict(response)))
        with contextlib.suppress(Refusal):
            plan = self._kept.plan
            row = Response(name, self._tenant, label.name, turns, int(now), int(now + plan.keep_s))
            await self._kept.ask(partial(responses.put, response=row, most=plan.total_bytes))


class Keeping(Through):
    """A `Downstream` before `out`."""

    __slots__ = ("_keeper", "_label")

    def __init__(self, out: Downstream, keeper: Keeper, label: Label) -> None:
        super().__init__(out)
        self._keeper = keeper
        self._label = label

    @override
    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """A whole answer."""
        await self._keep(body)
        await super().answer(status, content_type, body, usage)

    @override
    async def end(self, data: bytes = b"") -> None:
        """The last of a stream, in which the whole response stands once more."""
        for event in split(data):
            if any(mark in event for mark in _ENDS):
                await self._keep(payload(event), "response")
        await super().end(data)

    async def _keep(self, body: bytes, member: str = "") -> None:
        try:
            told = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return
        response = told.get(member) if member and isinstance(told, dict) else told
        if isinstance(response, dict):
            await self._keeper.keep(response, self._label)
