"""`Told`: an observer that remembers the exchange of those requests that somebody here waits for, and of no others."""

from typing import Protocol

from gateway.exchange import Exchange


class Batching(Protocol):
    """What runs batches, as the rest of the gateway knows it."""

    def wake(self) -> None:
        """There is something new."""

    async def close(self) -> None:
        """Begin nothing more, and let go of everything."""


class Told:
    """All calls belong to one event loop."""

    __slots__ = ("_awaited",)

    def __init__(self) -> None:
        self._awaited: dict[str, Exchange | None] = {}

    def __call__(self, exchange: Exchange) -> None:
        """One request has ended."""
        if exchange.request_id in self._awaited:
            self._awaited[exchange.request_id] = exchange

    def expect(self, request_id: str) -> None:
        """Remember what will be told of this request, until it is taken."""
        self._awaited[request_id] = None

    def take(self, request_id: str) -> Exchange | None:
        """What was told of it."""
        return self._awaited.pop(request_id, None)
