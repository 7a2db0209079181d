"""The thread that writes the usage store: batch after batch, and again after a failure, until it is told to end.

What becomes of each row is known at any time: rows that were `due` are in line, in hand, written, or lost and counted. The count of what
was due is kept where a kill does not reach it (`gateway.usage.handed`), so that the next process can tell how many rows it cost.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from gateway.exchange import Exchange
from gateway.usage.handed import Cell, Handed, left_behind
from gateway.usage.made import called, has_calls, used
from gateway.usage.outside import SAY
from gateway.usage.rows import Called, Leased, Rated, Row, Used
from gateway.usage.schema import NAMES
from gateway.usage.store import Batch, Plain, Reason, StoreError, Writes, plain
from router.names import TargetName

EVERY_S = 0.5
"""How often it looks what is in line: so much a kill or a power cut may cost."""
AT_ONCE = 1_000
"""How many exchanges and rows are written in one transaction."""
HANGS_S = 10.0
"""How long a call to the store may take before the store counts as one that does not answer."""
LONGEST_PAUSE_S = 5.0
"""How long after a failure it is tried again, at most; at first soon."""
EXPIRE_EVERY_S = 3_600.0
EXPIRE_AT_ONCE = 2_000

Item = tuple[float, Exchange | Leased | Rated]
_log = logging.getLogger("tidegate")


class Writer:
    """One store's writer. `run` is the thread; it may be run again after it died, and goes on.

    `marks` is the path that files with counts of what was due begin with; empty: none are made, and a kill is not counted.
    `line`, `refused`, `models`, `keep_s` and `due[0]` are set elsewhere, everything else here.
    """

    def __init__(
        self, url: str, marks: str, now: Callable[[], float], opens: Callable[[str], Writes], is_barred: Callable[[], bool]
    ) -> None:
        self._url, self._marks, self._now, self._opens, self._is_barred = url, marks, now, opens, is_barred
        self.line: deque[Item] = deque()
        self.refused: Counter[Reason] = Counter()
        self.models: Mapping[TargetName, str] = {}
        self.keep_s = 0.0
        self.due: list[int] | Cell = [0]
        self.closing = threading.Event()
        self.written: Counter[str] = Counter()
        self.lost: Counter[Reason] = Counter()
        self.settled = 0
        self._told: Counter[Reason] = Counter()
        """Losses that the store has."""
        self._session = secrets.token_hex(8)
        self._writes: Writes | None = None
        self._mark: Handed | None = None
        self._in_hand: list[Item] = []
        self._trouble: Reason | None = None
        self._failures = 0
        self._called_at: float | None = None
        self._expires_at = 0.0

    @property
    def trouble(self) -> Reason | None:
        """Why nothing can be written now; None: it can."""
        called_at = self._called_at
        if called_at is not None and time.monotonic() - called_at > HANGS_S:
            return self._writes.hangs if self._writes else "away"
        return self._trouble

    @property
    def untold(self) -> int:
        """Losses that the store does not have yet."""
        return sum((self.refused + self.lost - self._told).values())

    def run(self) -> None:
        """Write until `closing` is set, then what is left, once."""
        try:
            self._round()
            while not self.closing.wait(min(EVERY_S * 2.0 ** max(self._failures - 1, 0), LONGEST_PAUSE_S)):
                self._round()
            self._round()
            self._end()
        except BaseException as error:
            self._fail(StoreError(f"the writer has died of {type(error).__name__}", "ended"))
            raise
        finally:
            self._let_go()

    def _round(self) -> None:
        try:
            self._open()
            while self._take() or self.untold:
                self._write()
            self._expire()
        except StoreError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
            self._fail(StoreError(type(error).__name__, "ended"))
        else:
            self._well()

    def _open(self) -> Writes:
        if self._is_barred():
            raise StoreError(SAY)
        if self._writes is not None:
            return self._writes
        writes = self._opens(self._url)
        marks = Path(self._marks)
        with left_behind(marks.parent, marks.name) as left, self._calling():
            killed = writes.open(self._session, left)
        self._writes = writes
        self.lost["killed"] += killed
        self._told["killed"] += killed
        if self._mark is None and self._marks:
            with contextlib.suppress(OSError):  # then a kill is not counted
                self._mark = Handed(Path(self._marks + self._session))
                self._mark.cell[0] = self.due[0]
                self.due = self._mark.cell
        return writes

    def _take(self) -> bool:
        """Take the next ones from the line, unless some are in hand that were not written. Whether there are any."""
        line = self.line
        if not self._in_hand:
            self._in_hand = [line.popleft() for _ in range(min(len(line), AT_ONCE))]
        return bool(self._in_hand)

    def _write(self) -> None:
        try:
            self._put(self._in_hand)
            self._in_hand = []
        except StoreError:
            raise
        except Exception:  # not only `BadRow`: whatever is wrong with a row, it must not stop the others
            if not self._in_hand:
                raise
            while self._in_hand:
                self._put_alone(self._in_hand[0])
                del self._in_hand[0]

    def _put_alone(self, one: Item) -> None:
        try:
            self._put([one])
        except StoreError:
            raise
        except Exception:  # noqa: BLE001  # as above
            self.lost["row"] += _rows(one)

    def _put(self, items: Sequence[Item]) -> None:
        writes = self._open()
        losses = self.refused + self.lost - self._told
        settled = self.settled + sum(map(_rows, items)) + sum(losses.values())
        rows, counts = _made(items, self.models, writes.unknown)
        with self._calling():
            writes.write(Batch(self._now(), rows, settled, losses))
        self.settled = settled
        self._told += losses
        self.written += counts

    def _expire(self) -> None:
        now = self._now()
        if self.keep_s and now >= self._expires_at:
            with self._calling():
                gone = self._open().expire(now - self.keep_s, EXPIRE_AT_ONCE)
            if not gone:
                self._expires_at = now + EXPIRE_EVERY_S

    def _end(self) -> None:
        if self._writes is not None and not self._in_hand and not self.line:
            with contextlib.suppress(StoreError), self._calling():
                self._writes.end()
                if self._mark is not None:
                    self._mark.forget()

    @contextlib.contextmanager
    def _calling(self) -> Iterator[None]:
        self._called_at = time.monotonic()
        try:
            yield
        finally:
            self._called_at = None

    def _fail(self, error: StoreError) -> None:
        self._let_go()
        self._failures += 1
        if self._trouble is None:
            _log.error("usage cannot be written; requests are served, and rows wait", extra={"error": str(error)})
        self._trouble = error.reason

    def _well(self) -> None:
        if self._trouble is not None:
            _log.warning("usage can be written again")
        self._trouble, self._failures = None, 0

    def _let_go(self) -> None:
        writes, self._writes = self._writes, None
        if writes is not None:
            writes.close()


def _rows(item: Item) -> int:
    return 1 + len(item[1].attempts) if isinstance(item[1], Exchange) and has_calls(item[1].attempts) else 1


def _made(
    items: Sequence[Item], models: Mapping[TargetName, str], unknown: float | None
) -> tuple[dict[type[Row], Iterable[Plain]], Counter[str]]:
    """The rows, made as they are asked for, and how many of each table they will be."""
    exchanges = [(at, one) for at, one in items if isinstance(one, Exchange)]
    tried = [(at, one) for at, one in exchanges if has_calls(one.attempts)]
    rows: dict[type[Row], Iterable[Plain]] = {}
    counts: Counter[str] = Counter()
    if exchanges:
        rows[Used] = (used(at, one, models, unknown) for at, one in exchanges)
        counts["used"] = len(exchanges)
    if tried:
        rows[Called] = (row for at, one in tried for row in called(at, one, unknown))
        counts["called"] = sum([len(one.attempts) for _, one in tried])
    for kind in (Leased, Rated):
        if found := [plain(one, unknown) for _, one in items if isinstance(one, kind)]:
            rows[kind] = found
            counts[NAMES[kind]] = len(found)
    return rows, counts
