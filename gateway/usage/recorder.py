"""The recorder: an observer that puts exchanges in line for the thread that writes them. It never waits, and what is lost it counts.

An exchange costs the event loop a few microseconds (`python -m benchmarks.observing`): it goes in line as it is, and the thread makes its
rows. A line that is full takes no more.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from gateway.exchange import Exchange
from gateway.usage.made import count
from gateway.usage.rows import TABLES, Leased, Rated
from gateway.usage.store import REASONS, Reason, Writes
from gateway.usage.writer import Writer
from gateway.usage.writing import open_writer
from router.names import TargetName

MOST = 20_000
"""Exchanges and rows in line: some 40 MB."""
CLOSE_WITHIN_S = 5.0
_DAY_S = 86_400.0

_log = logging.getLogger("tidegate")


class Recorder:
    """One store's recorder. All calls belong to one event loop. `url` and `marks` as in `Writer`."""

    def __init__(
        self,
        url: str,
        marks: str = "",
        *,
        now: Callable[[], float] = time.time,
        opens: Callable[[str], Writes] = open_writer,
        is_barred: Callable[[], bool] = bool,
    ) -> None:
        """While it `is_barred`, which the thread asks, nothing goes to the store; rows wait."""
        self.url = url
        self._now = now
        self._writer = Writer(url, marks, now, opens, is_barred)
        self._line = self._writer.line
        self._due = 0
        self._refused: Counter[Reason] = self._writer.refused
        self._thread: threading.Thread | None = None
        self._is_closing = False

    def follow(self, models: Mapping[TargetName, str], keep_days: int) -> None:
        """Go on under another configuration: what upstreams call the models of targets, and how long rows are kept."""
        self._writer.models, self._writer.keep_s = models, keep_days * _DAY_S

    def __call__(self, exchange: Exchange) -> None:
        """The observer."""
        attempts, line = exchange.attempts, self._line
        rows = 1 if len(attempts) == 1 and attempts[0].ending == "Served" else count(exchange)
        self._due = due = self._due + rows
        if len(line) < MOST:
            line.append((self._now(), exchange))
        else:
            self._refuse(rows)
        self._writer.due[0] = due

    def note(self, row: Leased | Rated) -> None:
        """Write this row, too."""
        self._due += 1
        if len(self._line) < MOST:
            self._line.append((row.at, row))
        else:
            self._refuse(1)
        self._writer.due[0] = self._due

    def _refuse(self, rows: int) -> None:
        self._refused[self.trouble or "queue"] += rows
        self.start()

    def start(self) -> None:
        """Begin to write, or go on if the thread has died."""
        if not self._is_closing and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._writer.run, name="tidegate-usage", daemon=True)
            self._thread.start()

    @property
    def trouble(self) -> Reason | None:
        """Why nothing can be written now; None: it can."""
        return self._writer.trouble

    @property
    def is_available(self) -> bool:
        """Whether the last write succeeded, and the next one does not take for ever."""
        return self._writer.trouble is None

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """What the metrics show: family, label values, value. Who looks also wakes a thread that has died."""
        yield "usage_store_available", (), float(self.is_available)
        for name in TABLES:
            yield "usage_rows_total", (name,), self._writer.written[name]
        for reason in REASONS:
            yield "usage_rows_lost_total", (reason,), self._refused[reason] + self._writer.lost[reason]
        self.start()

    async def close(self, within_s: float = CLOSE_WITHIN_S) -> None:
        """Write what is in line and end the session, within so many seconds. What is left then is lost, and said."""
        self._is_closing = True
        self._writer.closing.set()
        until = time.monotonic() + within_s
        while self._thread is not None and self._thread.is_alive() and time.monotonic() < until:  # noqa: ASYNC110  # threads wake nobody
            await asyncio.sleep(0.01)
        left = self._due - self._writer.settled - self._writer.untold
        if left > 0:
            self._writer.lost["ended"] += left
            _log.error("rows of usage could not be written before the end and are lost", extra={"state": left})
