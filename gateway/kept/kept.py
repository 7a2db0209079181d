"""`Kept`: the file of SQLite, asked in one thread beside the event loop. Its content is sensitive: nobody else may read the file.

In WAL mode, so that several processes use one file. What is deleted is overwritten (`secure_delete`), and the log in which SQLite writes
first, where it still stands, is emptied (`forget`). Errors name no content.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from gateway.errors import GaveUp, NotFound, TooLarge
from gateway.exchange import Exchange
from gateway.kept.plan import StorePlan
from gateway.kept.schema import TABLES, VERSION
from gateway.kept.told import Batching, Told

FILE = "kept.db"
BUSY_S = 5.0
"""How long a write waits for another process's."""
T = TypeVar("T")
Ask = Callable[[sqlite3.Connection], T]


class Full(Exception):  # not an error: it is said to the caller
    """There is no room for it."""


class Kept:
    """The store of what is configured. `follow` opens nothing: the first question does."""

    def __init__(self) -> None:
        self._plan: StorePlan | None = None
        self.told = Told()
        self.batching: Batching | None = None
        self._db: sqlite3.Connection | None = None
        self._opened: Path | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._back_at = 0.0

    @property
    def plan(self) -> StorePlan:
        """What is configured. Raises `NotFound` where nothing is."""
        if self._plan is None:
            say = "Nothing is kept here. The gateway's operator can turn that on with `store: {folder: PATH}` in its configuration."
            raise NotFound("store_off", say)
        return self._plan

    @property
    def is_on(self) -> bool:
        """Whether there is a store."""
        return self._plan is not None

    def follow(self, plan: StorePlan | None) -> list[Callable[[Exchange], None]]:
        """Use this one from now on. Gives who is to see every exchange."""
        self._plan, self._back_at = plan, 0.0
        return [] if plan is None else [self.told.__call__]

    def wake(self) -> None:
        """There is something new for who runs batches, if that is this process."""
        if self.batching is not None:
            self.batching.wake()

    async def ask(self, ask: Ask[T]) -> T:
        """What `ask` gives, in one transaction. Raises `NotFound`, `TooLarge` or `GaveUp`, and what `ask` raises."""
        return await self._in_thread(ask, forgets=False)

    async def forget(self, ask: Ask[T]) -> T:
        """As `ask`, for what deletes: nothing of that is left in a file then, or, while another process reads, the next time."""
        return await self._in_thread(ask, forgets=True)

    async def _in_thread(self, ask: Ask[T], *, forgets: bool) -> T:
        plan = self.plan
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "tidegate-kept")
        asked = partial(self._asked, plan.folder / FILE, ask, forgets=forgets)
        return await asyncio.get_running_loop().run_in_executor(self._pool, asked)

    def _asked(self, path: Path, ask: Ask[T], *, forgets: bool) -> T:
        began = time.monotonic()
        if began < self._back_at:
            raise _away()
        try:
            with transaction(self._open(path)) as db:
                given = ask(db)
            if forgets:
                db.execute("pragma wal_checkpoint(truncate)").fetchone()
        except Full:
            say = "There is no room left for this. Delete files that are not needed, or ask the operator to raise `store.total_bytes`."
            raise TooLarge("store_full", say) from None
        except (sqlite3.Error, OSError):
            self._close()
            self._back_at = 2 * time.monotonic() - began  # for as long again as it took to find that out nobody else waits for it
            raise _away() from None
        return given

    def _open(self, path: Path) -> sqlite3.Connection:
        if self._db is not None and self._opened == path and path.exists():  # what is written into a deleted file is lost
            return self._db
        self._close()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(0o600)
        path.chmod(0o600)  # also where it comes from a backup; the files beside it are made like it
        self._db = db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        self._opened = path
        _use_wal(db)
        for pragma in ("synchronous = normal", "secure_delete = on", f"journal_size_limit = {64 << 20}"):
            db.execute(f"pragma {pragma}")
        with transaction(db):
            (version,) = db.execute("pragma user_version").fetchone()
            if version > VERSION:
                raise sqlite3.DatabaseError("it is of a newer Tidegate")
            for table in TABLES:
                db.execute(table)
            db.execute(f"pragma user_version = {VERSION}")
        return db

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()

    async def close(self) -> None:
        """End what runs batches, then let go of the file."""
        if self.batching is not None:
            await self.batching.close()
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.get_running_loop().run_in_executor(pool, self._close)
            pool.shutdown(wait=False)


def _away() -> GaveUp:
    say = "What is kept here cannot be reached now. Try again in a minute; if it persists, tell the gateway's operator."
    return GaveUp(503, "store_unavailable", say, headers={"retry-after": "60"})


def _use_wal(db: sqlite3.Connection) -> None:
    """Turn WAL on. Two processes that do so to a new file at once would wait for each other for ever: SQLite fails one, without waiting."""
    until = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)  # noqa: TID251  # this thread is the store's own
        else:
            return


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it, or nothing."""
    db.execute("begin immediate")
    try:
        yield db
        db.execute("commit")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # some errors roll back by themselves
            db.execute("rollback")
        raise
