"""`Waiting`: requests that wait for a target to come back. Each has a time of its own; who sees a target come back wakes them sooner."""

import asyncio
from collections import deque
from collections.abc import Iterable
from itertools import islice

MOST_WAITING = 1024
"""Each holds its request in memory; who comes when so many wait already is told at once."""
AT_ONCE = 16
"""How many are woken when a target has come back: as many as it has room for soon."""


class Waiting:
    """The queue, which is `queue`, the longest wait first. `begun` counts all who ever waited, each once per wait."""

    __slots__ = ("begun", "queue")

    def __init__(self) -> None:
        self.queue: deque[asyncio.Future[None]] = deque()
        self.begun = 0

    def __len__(self) -> int:
        """How many wait now."""
        return len(self.queue)

    @property
    def is_full(self) -> bool:
        """Whether nobody else may wait."""
        return len(self.queue) >= MOST_WAITING

    async def wait(self, seconds: float) -> None:
        """Until so many seconds have passed, or `wake`."""
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _end, woken)
        self.queue.append(woken)
        self.begun += 1
        try:
            await woken
        finally:
            timer.cancel()
            self.queue.remove(woken)

    def wake(self, most: int = AT_ONCE) -> None:
        """A target has come back, or has room for so many: those who wait longest look again."""
        for woken in islice((one for one in self.queue if not one.done()), most):
            woken.set_result(None)

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """For the metrics."""
        return (("requests_waiting", (), float(len(self.queue))), ("waits_total", (), float(self.begun)))


def _end(woken: "asyncio.Future[None]") -> None:
    if not woken.done():
        woken.set_result(None)
