"""The usage store of a running gateway: the recorder that its configuration asks for, over reloads."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from gateway.exchange import Exchange
from gateway.plan import Plan
from gateway.usage.outside import SAY, is_outside
from gateway.usage.reading import open_store
from gateway.usage.recent import Recent
from gateway.usage.recorder import Recorder
from gateway.usage.rows import Leased
from gateway.usage.store import Known, Store, StoreError

FEED_S = 10.0
"""How often it is looked which rows of replicas are due."""
ASK_WITHIN_S = 5.0
ASKED = 200_000
"""Among how many of the newest requests in the store one is looked for."""


class Keeping:
    """At most one recorder that is fed; those that were replaced go on until the last request that began with them has ended."""

    def __init__(
        self,
        leased: Callable[..., Iterable[Leased]] | None = None,
        *,
        opens: Callable[[str], Store] = open_store,
        within_s: float = ASK_WITHIN_S,
        is_locked: Callable[[], bool] = bool,
    ) -> None:
        """`leased` gives the rows of replicas that are due, or with `of_all` all there are. A question has `within_s` seconds.

        While it `is_locked`, a store that is outside is neither written nor asked.
        """
        self._leased, self._opens, self._within_s, self._is_locked = leased, opens, within_s, is_locked
        self._feeding: asyncio.Task[None] | None = None
        self.recorder: Recorder | None = None
        self.recent = Recent()
        self._asking = asyncio.Lock()
        self._asks = ThreadPoolExecutor(1, "tidegate-usage-asks")  # its own: a store that hangs keeps no more than this thread
        self._asked: Future[Known | None] | None = None

    @property
    def observers(self) -> tuple[Callable[[Exchange], None], ...]:
        """Who is to see every exchange."""
        recent = self.recent.__call__
        return (recent,) if self.recorder is None else (recent, self.recorder.__call__)

    async def find(self, request_id: str, tenant: str) -> Known | None:
        """Where a tenant's request was answered: what this process remembers, else what the store has. None: nothing is known.

        One question at a time is put to the store, beside the event loop. Raises `StoreError` when it gives no answer.
        """
        known, recorder = self.recent.find(request_id, tenant), self.recorder
        if known is not None or recorder is None:
            return known
        try:
            async with asyncio.timeout(self._within_s), self._asking:
                if self._asked is not None and not self._asked.done():  # in the line of the thread questions would pile up
                    raise StoreError("the usage store has not answered the question before")
                self._asked = self._asks.submit(self._ask, recorder.url, request_id, tenant)
                return await asyncio.wrap_future(self._asked)
        except TimeoutError:
            raise StoreError("the usage store does not answer") from None

    def _ask(self, url: str, request_id: str, tenant: str) -> Known | None:
        if self._is_barred(url):
            raise StoreError(SAY)
        with self._opens(url) as store:
            return store.known(request_id, tenant, ASKED)

    def _is_barred(self, url: str) -> bool:
        """Takes its time: names are looked up."""
        return self._is_locked() and is_outside(url)

    def follow(self, plan: Plan) -> list[Recorder]:
        """Feed the store of this plan: the one that is open, if it is the same. What was replaced, to be closed."""
        before, asked = self.recorder, plan.usage
        if asked is None:
            self.recorder = None
        elif before is None or before.url != asked.url:
            self.recorder = Recorder(asked.url, asked.marks, is_barred=partial(self._is_barred, asked.url))
        if self.recorder is not None and asked is not None:
            self.recorder.follow({name: target.model for name, target in plan.policy.targets.items()}, asked.keep_days)
        if self._feeding is not None and self.recorder is not None:
            self.recorder.start()
        return [] if before is None or before is self.recorder else [before]

    def start(self) -> None:
        """Begin to write, if there is a store."""
        if self.recorder is not None:
            self.recorder.start()
        if self._feeding is None:
            self._feeding = asyncio.get_running_loop().create_task(self._feed(), name="tidegate-usage")

    async def _feed(self) -> None:
        """Again and again, the rows of replicas."""
        while True:
            await asyncio.sleep(FEED_S)
            self._take()

    def _take(self, *, of_all: bool = False) -> None:
        for row in self._leased(of_all=of_all) if self._leased is not None else ():
            if self.recorder is not None:
                self.recorder.note(row)

    @property
    def is_degraded(self) -> bool:
        """Whether there is a store which cannot be written now."""
        return self.recorder is not None and not self.recorder.is_available

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """What the metrics show."""
        return () if self.recorder is None else self.recorder.samples()

    async def close(self) -> None:
        """Write what is left, within a few seconds."""
        self._asks.shutdown(wait=False, cancel_futures=True)
        if self._feeding is not None:
            self._feeding.cancel()
            self._take(of_all=True)
        if self.recorder is not None:
            await self.recorder.close()
