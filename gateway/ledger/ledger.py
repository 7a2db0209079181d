"""The ledger of a running gateway: an attempt that cannot be declared is not made, and when the disk is back it goes on by itself.

One thread writes. Attempts that come together share one write and one sync. The event loop waits for nothing but its own future.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from msgspec import structs

from gateway.exchange import Exchange
from gateway.ledger.book import Book
from gateway.ledger.digests import Digests
from gateway.ledger.records import KINDS, Concluded, Declassified, Event, Intent, Record, Restored, Stopped
from gateway.plan import LedgerPlan

WITHIN_S = 5.0
"""How long an attempt waits for the disk. A disk that hangs is one that cannot be written."""
AGAIN_S = 0.5
"""How long after a failure it is tried again."""
EVERY_S = 1.0
"""How often `sync: interval` has the disk keep what was written, and the day is looked at."""
MOST_KEPT = 10_000
"""Outcomes that wait for a disk that is full. More are counted and lost; the attempts themselves were declared."""

_log = logging.getLogger("tidegate")


class Ledger:
    """One folder's ledger. All calls belong to one event loop. `now` gives seconds since 1970."""

    def __init__(self, plan: LedgerPlan, now: Callable[[], float] = time.time) -> None:
        self.plan = plan
        self._now = now
        self._book = Book(plan.folder, plan.rotate_bytes, now)
        self._writer = ThreadPoolExecutor(1, "tidegate-ledger")
        self._waiting: list[tuple[Record, asyncio.Future[None] | None]] = []
        self._kept: deque[Record] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._failed_at: float | None = None
        self._tried_at = 0.0
        self._signed = ""
        self._is_unsigned = False
        self._digests: Digests | None = None
        self._refused = self._lost = 0
        self.failures = 0

    @property
    def is_available(self) -> bool:
        """Whether the last write succeeded, so that content may leave."""
        return self._failed_at is None

    def configure(self, plan: LedgerPlan) -> None:
        """Go on under other settings, for the same folder."""
        self.plan = plan
        self._book.rotate_bytes = plan.rotate_bytes

    async def start(self, event: Event) -> None:
        """Sign what is there, and write `event` as the first line of this process. If that fails, nothing leaves until it succeeds."""
        await self._on_thread(self._sign)
        self.note(event)
        await self._settled()
        self._ticking = asyncio.get_running_loop().create_task(self._tick(), name="tidegate-ledger")

    async def declare(self, intent: Intent) -> bool:
        """Write that an attempt is about to be made. False: it could not be written, and the attempt must not be made."""
        loop = asyncio.get_running_loop()
        is_soon = self._failed_at is not None and loop.time() - self._tried_at < AGAIN_S
        if is_soon or len(self._waiting) >= MOST_KEPT:  # a disk that hangs for long may not fill the memory
            self._refused += 1
            return False
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((intent, done))
        self._write_soon()
        try:
            async with asyncio.timeout(WITHIN_S):
                await done
        except TimeoutError as error:  # the line may still come, so it is said what came of it
            self._fail(error)
            self.note(Concluded(intent.request, intent.attempt, intent.destination, "Failed", "LEDGER_UNAVAILABLE", 0, 0.0))
        except OSError:
            pass
        except asyncio.CancelledError:  # the caller left while the disk was asked: nothing went
            self.note(Concluded(intent.request, intent.attempt, intent.destination, "Abandoned", "", 0, 0.0))
            raise
        else:
            return True
        self._refused += 1
        return False

    def note(self, record: Event | Concluded) -> None:
        """Write this as soon as may be. It is kept while the disk is away, within bounds."""
        if len(self._waiting) >= 2 * MOST_KEPT:
            self._lost += 1
            return
        self._waiting.append((record, None))
        self._write_soon()

    def observe(self, exchange: Exchange) -> None:
        """The observer: a request whose label was lowered is an event of its own."""
        if exchange.declassified_from is not None:
            before, label = exchange.declassified_from.name, "" if exchange.label is None else exchange.label.name
            self.note(Declassified(exchange.request_id, exchange.tenant, exchange.key, before, label))

    async def close(self) -> None:
        """Write what is left and the end, sign, and let go of the folder."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
            self._ticking = None
            self.note(Stopped())
        await self._settled()
        await self._on_thread(self._sign)
        await self._on_thread(self._book.close)
        self._writer.shutdown(wait=False)

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """What the metrics show: family, label values, value."""
        yield "ledger_available", (), float(self.is_available)
        yield "ledger_failures_total", (), self.failures
        for kind in KINDS:
            yield "ledger_records_total", (kind,), self._book.written[kind]

    # ---- the writer

    def _write_soon(self) -> None:
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        """Write what was kept and what waits, batch after batch, until nothing waits."""
        while True:
            batch, self._waiting = self._waiting, []
            kept = len(self._kept)
            records = [*self._kept, *self._restored(), *(record for record, _ in batch)]
            failed = await self._on_thread(partial(self._put, records))
            if failed is None:
                for _ in range(kept):
                    self._kept.popleft()
                self._well()
            else:
                self._fail(failed)
            for record, done in batch:
                self._answer(record, done, failed)
            if not self._waiting:
                self._writing = None
                return

    def _answer(self, record: Record, done: asyncio.Future[None] | None, failed: OSError | None) -> None:
        """Tell who waits for this record. One that nobody waits for is kept if it failed."""
        if done is None:
            if failed is not None:
                self._keep(record)
        elif done.done():
            pass  # who waited has left
        elif failed is not None:
            done.set_exception(failed)
        else:
            done.set_result(None)

    def _put(self, records: list[Record]) -> None:
        """On the writer's thread."""
        if not records:
            return
        self._book.find()
        if self._digests is None:
            self._digests = Digests(self.plan.folder)
        digests = self._digests
        said = [structs.replace(one, digest=digests.of(one.digest)) if isinstance(one, Intent) else one for one in records]
        self._book.append(said, sync=self.plan.sync == "always")

    def _restored(self) -> list[Record]:
        """What is to be said of the time in which nothing could be written."""
        if self._failed_at is None:
            return []
        return [Restored(round(self._now() - self._failed_at, 3), self._refused, self._lost)]

    def _keep(self, record: Record) -> None:
        if len(self._kept) < MOST_KEPT:
            self._kept.append(record)
        else:
            self._lost += 1

    def _fail(self, error: BaseException) -> None:
        self._tried_at = asyncio.get_running_loop().time()
        self.failures += 1
        if self._failed_at is None:
            self._failed_at = self._now()
            _log.error("the ledger cannot be written; nothing leaves", extra={"error": _named(error)})

    def _well(self) -> None:
        if self._failed_at is not None:
            self._failed_at, self._refused, self._lost = None, 0, 0
            _log.warning("the ledger can be written again")

    async def _settled(self) -> None:
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=WITHIN_S)

    async def _on_thread(self, work: Callable[[], None]) -> OSError | None:
        """Do this on the writer's thread. The error, if it failed."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._writer, work)
        except OSError as error:
            return error
        except Exception as error:  # noqa: BLE001  # whatever it is, nothing may leave unrecorded
            return OSError(type(error).__name__)
        return None

    # ---- the clock

    async def _tick(self) -> None:
        """Sync, sign the day, and try again after a failure."""
        while True:
            await asyncio.sleep(AGAIN_S if self._failed_at is not None else EVERY_S)
            if self._failed_at is not None:
                self._write_soon()
                continue
            failed = await self._on_thread(self._book.sync)
            if failed is not None:
                self._fail(failed)
            elif self._signed != self._today():
                failed = await self._on_thread(self._sign)
                if failed is not None and not self._is_unsigned:
                    _log.error("the ledger is not signed; it is tried again", extra={"error": _named(failed)})
                self._is_unsigned = failed is not None

    def _today(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%d")

    def _sign(self) -> None:
        """On the writer's thread: a signed head in the chain, and in the file of roots."""
        today = self._today()
        if self.plan.key is None or not self._book.find().seq:
            self._signed = today
            return
        from gateway.ledger.signing import Signer  # cryptography

        root = Signer(self.plan.key).sign(today, self._book.head)
        self._book.append([root], sync=True)
        self._signed = today  # not before it is: what failed is done again
        self._book.publish(root)


def _named(error: BaseException) -> str:
    """The class and what the system calls it; a message may hold a path, which helps, but nothing of a request."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
