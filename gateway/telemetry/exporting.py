"""From observed exchanges to the collector: a bounded queue of traces, metrics once a minute. Nothing here can hold up or fail a request.

A request pays for counting and for an entry in the queue. Encoding is done in a thread, sending by a task of the event loop.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from gateway.exchange import Exchange
from gateway.telemetry.collector import Collector, Told
from gateway.telemetry.instruments import Instruments, Row
from gateway.telemetry.places import Places

Ended = tuple[Exchange, int]
"""An exchange, and when it ended, in nanoseconds since 1970."""
MOST_QUEUED, BATCH = 2_048, 256
"""Requests that wait to be exported at most, and how many go in one message."""
EVERY_S, METRICS_S, CLOSING_S = 1.0, 60.0, 3.0
"""How long traces and metrics wait, and how long the end of the process may wait for the collector, in seconds."""
PAUSES_S = (0.5, 1.0, 2.0, 4.0)
"""Pauses before a message is tried again. Then it is dropped."""
MOST_PAUSE_S = 30.0
DROPPED = ("queue", "refused", "unreachable", "closing", "lockdown", "rejected", "defect", "metrics")
"""Why the collector lacks something: the queue was full, it said no, it did not answer, the process ended, it is outside and a lockdown was
on, it dropped spans of what it took, what was wrong with us; and metrics, whose next export has all that the lost one had."""
_WHY = {"refused": "refused", "later": "unreachable", "barred": "lockdown"}
_BARRED = Told("barred")

_log = logging.getLogger("tidegate")


class Encodes(Protocol):
    """Turns what is to be told into messages."""

    def traces(self, batch: Sequence[Ended], places: Places) -> bytes:
        """The message of a batch."""

    def metrics(self, rows: Iterable[Row], since: int, now: int) -> bytes:
        """The message of all series."""

    def rejected(self, answer: bytes) -> int:
        """How many spans a collector dropped that took the message."""


class Exporter:
    """Tells one collector, while it is not barred. `start` it in an event loop; what was observed before waits."""

    def __init__(
        self, collector: Collector, encodes: Encodes, places: Places, *, has_metrics: bool = True, is_barred: Callable[[], bool] = bool
    ) -> None:
        self.places = places
        self.dropped = Counter(dict.fromkeys(DROPPED, 0))
        self._collector = collector
        self._encodes = encodes
        self._is_barred = is_barred
        self._metrics = Instruments(places) if has_metrics else None
        self._since = time.time_ns()
        self._queue: deque[Ended] = deque()
        self._under_way = 0
        self._wake, self._closing = asyncio.Event(), asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "otel")
        self._task: asyncio.Task[None] | None = None
        self._is_heard = True
        self.every_s, self.metrics_s = EVERY_S, METRICS_S

    def __call__(self, exchange: Exchange) -> None:
        """Count one exchange, and queue it if its trace is sampled."""
        if self._metrics is not None:
            self._metrics.add(exchange)
        if not exchange.is_sampled:
            return
        if len(self._queue) >= MOST_QUEUED or self._closing.is_set():
            self.dropped["closing" if self._closing.is_set() else "queue"] += 1
            return
        self._queue.append((exchange, time.time_ns()))
        if len(self._queue) == BATCH:
            self._wake.set()

    def follow(self, places: Places) -> None:
        """The targets are others, or are elsewhere."""
        self.places = places
        if self._metrics is not None:
            self._metrics.follow(places)

    def start(self) -> None:
        """Begin to export."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="tidegate-otel")

    async def close(self, within_s: float = CLOSING_S) -> None:
        """Export what is left, if the collector takes it in time, and end."""
        self._closing.set()
        self._wake.set()
        if self._task is not None:
            await asyncio.wait((self._task,), timeout=within_s)
            self._task.cancel()
            await asyncio.wait((self._task,))
        self.dropped["closing"] += len(self._queue) + self._under_way
        self._queue.clear()
        self._under_way = 0
        self._thread.shutdown(wait=False, cancel_futures=True)
        await self._collector.close()

    async def _run(self) -> None:
        due = time.monotonic() + self.metrics_s
        while not self._closing.is_set():
            await _until(self._wake, self.every_s)
            self._wake.clear()
            await self._flush()
            if time.monotonic() >= due:
                due = time.monotonic() + self.metrics_s
                await self._tell_metrics()
        await self._flush()
        await self._tell_metrics()

    async def _flush(self) -> None:
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            self._under_way = len(batch)
            body = await self._encoded(partial(self._encodes.traces, batch, self.places))
            told = await self._send(b"/v1/traces", body) if body else None
            if told is None:
                self.dropped["defect"] += len(batch)
            elif told.result == "taken":
                self.dropped["rejected"] += self._encodes.rejected(told.body) if told.body else 0
            else:
                self.dropped[_WHY[told.result]] += len(batch)
            self._under_way = 0

    async def _tell_metrics(self) -> None:
        rows = [] if self._metrics is None else list(self._metrics.rows())
        if not rows:
            return
        now = time.time_ns()
        body = await self._encoded(partial(self._encodes.metrics, rows, self._since, now))
        if not body or (await self._send(b"/v1/metrics", body)).result != "taken":
            self.dropped["metrics"] += 1

    async def _encoded(self, encode: Callable[[], bytes]) -> bytes:
        """The message; empty, and a line in the log, for what cannot be encoded."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, encode)
        except Exception as error:  # noqa: BLE001  # a defect here costs traces, nothing else
            _log.error("defect", extra={"error": type(error).__name__, "where": "otel"})  # its text may quote
            return b""

    async def _send(self, path: bytes, body: bytes) -> Told:
        """Hand a message over, again and again for some seconds if need be. While we end, once."""
        told = await self._post(path, body)
        for pause_s in PAUSES_S:
            if told.result != "later" or self._closing.is_set():
                break
            await _until(self._closing, pause_s if told.wait_s is None else min(told.wait_s, MOST_PAUSE_S))
            told = await self._post(path, body)
        if self._is_heard != (told.result == "taken"):
            self._is_heard = not self._is_heard
            _log.warning("collector", extra={"state": "takes traces and metrics again" if self._is_heard else told.result})
        return told

    async def _post(self, path: bytes, body: bytes) -> Told:
        return _BARRED if self._is_barred() else await self._collector.post(path, body)


async def _until(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, for so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
