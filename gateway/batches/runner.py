"""`Runner`: runs batches, line by line, by the way of any request. One process of a gateway does, whichever has the lock of the folder.

A line is marked before it is begun and when it has ended: what a killed process had begun is run again, so a line may run twice. Lines that
no destination outside may have run while the local pool is idle; the others so many at a time. Who is full is asked again, until the
completion window is over. While the gateway drains nothing is begun; what has not ended then is put back.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from gateway.batches import closing, output
from gateway.batches.calling import Call, KeyHeaders
from gateway.batches.idle import is_idle
from gateway.batches.reading import Reader
from gateway.batches.turn import Turn
from gateway.errors import GaveUp, Refusal
from gateway.http.chat import Hot
from gateway.http.ids import new_id
from gateway.kept import batches, files, responses
from gateway.kept.rows import OUTCOMES, Batch, Ended, Lane, Line, Problem, Status
from gateway.live import Live
from router.attempt import Attempt
from router.names import Endpoint

LANES: tuple[Lane, ...] = ("leaves", "stays")
LATER = frozenset({429, 503, 529})
"""Statuses after which a line is run again later."""
LOOKS_S = 1.0
"""How often it is looked for what other processes have left here."""
IDLE_S = 0.1
EXPIRES_S = 60.0
LONGEST_PAUSE_S = 60.0
MOST_BEGUN = 3
"""How often a line may have been begun by a process that was killed."""
ENDING_S = 3.0
"""How long lines that run may take to end when the gateway does."""


class Runner:
    """`endpoints` are the paths that batches may be for. Everything belongs to one event loop."""

    def __init__(self, live: Live, endpoints: Mapping[str, Endpoint], now: Callable[[], float] = time.time) -> None:
        self._live, self._endpoints, self._now = live, endpoints, now
        self._hot = {path: Hot(endpoint, lambda: live.runtime) for path, endpoint in endpoints.items()}
        self._turn = Turn()
        self._open: dict[str, Batch] = {}
        self._calls: dict[asyncio.Task[None], tuple[str, Lane, Call]] = {}
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._works = asyncio.Event()
        self._freed = {lane: asyncio.Event() for lane in LANES}
        self._counts: Counter[str] = Counter()
        self._expired_at = 0.0

    def start(self) -> None:
        """Begin to look for batches."""
        loop = asyncio.get_running_loop()
        works = (self._watch(), *(self._serve(lane) for lane in LANES))
        self._tasks = [loop.create_task(work, name="tidegate-batches") for work in works]

    def wake(self) -> None:
        """There is something new."""
        self._news.set()

    def samples(self) -> Iterator[tuple[str, tuple[str, ...], float]]:
        """What the metrics show."""
        if self._live.kept.is_on:
            for result in OUTCOMES:
                yield "batch_lines_total", (result,), self._counts[result]
            yield "batch_lines_running", (), float(len(self._calls))

    async def close(self) -> None:
        """Let lines end for a moment, put the others back, and let another process have its turn."""
        for task in (*self._tasks, *self._reading.values()):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._reading.values(), return_exceptions=True)
        if self._calls:
            await asyncio.wait(tuple(self._calls), timeout=ENDING_S)
        left = tuple(self._calls)
        for call in left:
            call.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._turn.give_up()

    async def _watch(self) -> None:
        """Again and again, look what is to be done."""
        while True:
            try:
                if self._live.kept.is_on and not self._live.is_draining:
                    await self._look()
            except Refusal:
                pass  # the store is away: later
            except Exception as error:  # noqa: BLE001  # whatever it is, batches must not end with it
                self._live.runtime.report("-", error)
            await _first(self._news, LOOKS_S)

    async def _look(self) -> None:
        kept = self._live.kept
        had = self._turn.has(kept.plan.folder)
        if not self._turn.take(kept.plan.folder):
            self._open = {}
            return
        if not had:
            await kept.ask(batches.recover)
        found = await kept.ask(batches.opened)
        for batch in found:
            if batch.status == "validating":
                self._read(batch)
            elif not self._is_running(batch.id):
                await self._perhaps_close(batch)
        self._open = {one.id: one for one in found if one.status == "in_progress" and self._now() < one.due}
        (self._works.set if self._open else self._works.clear)()
        if self._now() - self._expired_at > EXPIRES_S:
            await self._expire()

    async def _expire(self) -> None:
        """Delete what has been kept for its time."""
        self._expired_at = self._now()
        for expire in (files.expire, batches.expire, responses.expire):
            await self._live.kept.forget(partial(expire, now=self._now()))

    def _is_running(self, name: str) -> bool:
        return any(batch == name for batch, _, _ in self._calls.values())

    async def _perhaps_close(self, batch: Batch) -> None:
        """Close the batch, if nothing more is to be run of it."""
        why: Status | None = "cancelled" if batch.status == "cancelling" else "expired" if self._now() >= batch.due else None
        if why is None and await self._live.kept.ask(partial(batches.has_lines, name=batch.id)):
            return
        plan = self._live.runtime.plan
        close = partial(
            closing.close, batch=batch, why=why, labels=plan.policy.labels, keep_s=self._live.kept.plan.keep_s, now=int(self._now())
        )
        self._counts.update(await self._live.kept.ask(close))

    def _read(self, batch: Batch) -> None:
        """Have a batch's input checked, beside what runs."""
        if batch.id not in self._reading:
            self._reading[batch.id] = asyncio.get_running_loop().create_task(self._check(batch))

    async def _check(self, batch: Batch) -> None:
        """Check a batch's input, and begin."""
        try:
            await self._begin(batch)
        except Refusal:
            pass  # the store is away: it is read again
        except Exception as error:  # noqa: BLE001  # as above; the batch would else be read for ever
            self._live.runtime.report("-", error)
            await self._fail(batch, (Problem("internal_error", "The gateway failed while it read the input file."),))
        finally:
            self._reading.pop(batch.id, None)
            self.wake()

    async def _begin(self, batch: Batch) -> None:
        kept, plan = self._live.kept, self._live.runtime.plan
        if await kept.ask(partial(files.get, tenant=batch.tenant, name=batch.file, now=self._now())) is None:
            await self._fail(batch, (Problem("file_not_found", "The input file was deleted, or has expired."),))
            return
        content = await kept.ask(partial(files.whole, name=batch.file))
        floor = plan.policy.labels.named(batch.floor) if batch.floor else None
        read = await Reader(plan, batch.path, self._endpoints[batch.path], floor).read(content, kept.plan.batch.lines)
        if read.problems:
            await self._fail(batch, tuple(read.problems))
            return
        await kept.ask(partial(closing.begin, name=batch.id, lines=read.lines, now=int(self._now())))

    async def _fail(self, batch: Batch, problems: tuple[Problem, ...]) -> None:
        keep_s = int(self._live.kept.plan.keep_s)
        await self._live.kept.ask(partial(closing.fail, name=batch.id, problems=problems, now=int(self._now()), keep_s=keep_s))

    async def _serve(self, lane: Lane) -> None:
        """Begin line after line, as long as there is room for them."""
        while True:
            try:
                begun = self._may_begin(lane) and await self._next(lane)
            except Refusal:
                begun = False
            except Exception as error:  # noqa: BLE001  # as above
                self._live.runtime.report("-", error)
                begun = False
            if not self._open:
                await self._works.wait()
            elif not begun:
                await _first(self._freed[lane], IDLE_S)

    def _may_begin(self, lane: Lane) -> bool:
        live = self._live
        if not self._open or live.is_draining or not live.kept.is_on:
            return False
        plan = live.kept.plan.batch
        running = sum(one == lane for _, one, _ in self._calls.values())
        if lane == "leaves" and not live.lockdown.is_on:
            return running < plan.concurrency
        return running < plan.local_concurrency and is_idle(live.runtime, self._attempts(), plan.idle_below, time.monotonic())

    def _attempts(self) -> list[Attempt | None]:
        return [call.attempt for _, _, call in self._calls.values()]

    async def _next(self, lane: Lane) -> bool:
        """Begin one line of some batch, in turn. Whether there was one."""
        for batch in tuple(self._open.values()):
            line = await self._live.kept.ask(partial(batches.take, name=batch.id, lane=lane, now=self._now()))
            if line is not None:
                if batch.id in self._open:
                    self._open[batch.id] = self._open.pop(batch.id)  # the others come first
                call = Call(new_id(), line.body)
                task = asyncio.get_running_loop().create_task(self._run(batch, line, call))
                self._calls[task] = (batch.id, lane, call)
                task.add_done_callback(self._ended)
                return True
        return False

    def _ended(self, task: asyncio.Task[None]) -> None:
        _, lane, _ = self._calls.pop(task)
        self._freed[lane].set()
        if not task.cancelled() and (error := task.exception()) is not None and isinstance(error, Exception):
            self._live.runtime.report("-", error)

    async def _run(self, batch: Batch, line: Line, call: Call) -> None:
        """Run one line, and note what came of it."""
        kept, told = self._live.kept, self._live.kept.told
        if line.begun >= MOST_BEGUN:
            await self._note(batch, output.not_run(line, batch.id, "refused", output.INTERRUPTED))
            return
        told.expect(call.request_id)
        try:
            await self._hot[batch.path].serve(self._headers(batch), call)
        except BaseException:
            told.take(call.request_id)
            self._counts["put_back"] += 1
            await asyncio.shield(kept.ask(partial(batches.put_back, name=batch.id, number=line.number)))
            raise
        exchange = told.take(call.request_id)
        if call.status in LATER:
            self._counts["retried"] += 1
            due = self._now() + max(min(2.0**line.tries, LONGEST_PAUSE_S), call.retry_after_s)
            await kept.ask(partial(batches.put_back, name=batch.id, number=line.number, due=due, is_tried=True))
        else:
            await self._note(batch, output.ended(line, call, exchange, self._live.runtime.plan.policy.labels))

    def _headers(self, batch: Batch) -> KeyHeaders:
        floor = self._live.runtime.plan.policy.labels.named(batch.floor).name if batch.floor else ""
        return KeyHeaders(batch.key, batch.tenant, floor)

    async def _note(self, batch: Batch, ended: Ended) -> None:
        """Keep the result, however long the store is away: the line has run, and was paid for."""
        pause = IDLE_S
        while True:
            try:
                await self._live.kept.ask(partial(batches.end, name=batch.id, ended=ended))
                break
            except GaveUp:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
        self._counts[ended.result] += 1


async def _first(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, so long at most; it must come anew the next time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    event.clear()
