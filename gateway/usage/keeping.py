"""The usage store of a running gateway: the recorder that its configuration asks for, over reloads."""

import asyncio
from collections.abc import Callable, Iterable

from gateway.exchange import Exchange
from gateway.plan import Plan
from gateway.usage.reading import open_store
from gateway.usage.recent import Recent
from gateway.usage.recorder import Recorder
from gateway.usage.store import Known, StoreError

ASK_WITHIN_S = 5.0
ASKED = 200_000
"""Among how many of the newest requests in the store one is looked for."""


class Keeping:
    """At most one recorder that is fed; those that were replaced go on until the last request that began with them has ended."""

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        self.recent = Recent()
        self._asking = asyncio.Lock()

    @property
    def observers(self) -> tuple[Callable[[Exchange], None], ...]:
        """Who is to see every exchange."""
        return (self.recent,) if self.recorder is None else (self.recent, self.recorder)

    async def find(self, request_id: str) -> Known | None:
        """Where a request was answered: what this process remembers, else what the store has among its newest. None: nothing is known.

        One question at a time is put to the store, beside the event loop. Raises `StoreError` when it gives no answer.
        """
        known, recorder = self.recent.find(request_id), self.recorder
        if known is not None or recorder is None:
            return known
        try:
            async with asyncio.timeout(ASK_WITHIN_S), self._asking:
                return await asyncio.to_thread(_asked, recorder.url, request_id)
        except TimeoutError:
            raise StoreError("the usage store does not answer") from None

    def follow(self, plan: Plan) -> Recorder | None:
        """Feed the store of this plan: the one that is open, if it is the same. The recorder that was replaced, to be closed."""
        before, asked = self.recorder, plan.usage
        if asked is None:
            self.recorder = None
        elif before is None or before.url != asked.url:
            self.recorder = Recorder(asked.url, asked.marks)
        if self.recorder is not None and asked is not None:
            self.recorder.follow({name: target.model for name, target in plan.policy.targets.items()}, asked.keep_days)
        return None if before is self.recorder else before

    def start(self) -> None:
        """Begin to write, if there is a store."""
        if self.recorder is not None:
            self.recorder.start()

    @property
    def is_degraded(self) -> bool:
        """Whether there is a store which cannot be written now."""
        return self.recorder is not None and not self.recorder.is_available

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """What the metrics show."""
        return () if self.recorder is None else self.recorder.samples()

    async def close(self) -> None:
        """Write what is left, within a few seconds."""
        if self.recorder is not None:
            await self.recorder.close()


def _asked(url: str, request_id: str) -> Known | None:
    with open_store(url) as store:
        return store.known(request_id, ASKED)
