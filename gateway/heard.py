"""`Heard`: the caller's side of an answer that must be remembered, which it is before the caller has the last of it."""

from collections.abc import Callable

from typing_extensions import override

from gateway.upstreams.upstream import Downstream, Through
from gateway.wire.said import Said
from router.attempt import Usage


class Heard(Through):
    """A `Downstream` that passes on to `out`. `learns` is told what was said, once."""

    __slots__ = ("_is_learnt", "_learns", "_said")

    def __init__(self, out: Downstream, learns: Callable[[Said], None]) -> None:
        super().__init__(out)
        self._learns = learns
        self._said = Said()
        self._is_learnt = False

    @override
    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """A whole answer."""
        self._said.whole(body)
        self.learn()
        await super().answer(status, content_type, body, usage)

    @override
    async def write(self, data: bytes) -> None:
        """Some of a stream."""
        self._said.stream(data)
        await super().write(data)

    @override
    def write_nowait(self, data: bytes) -> bool:
        """Some of a stream, at once."""
        is_written = super().write_nowait(data)
        if is_written:
            self._said.stream(data)
        return is_written

    @override
    async def end(self, data: bytes = b"") -> None:
        """The last of a stream."""
        self._said.stream(data)
        self.learn()
        await super().end(data)

    def learn(self) -> None:
        """Remember what was said so far. Called again after an answer that did not come to its end."""
        if not self._is_learnt:
            self._is_learnt = True
            self._learns(self._said)
