"""Writing a usage store that is a file of SQLite: in WAL mode, so that several processes write to one file while others read it.

With `synchronous=normal` a process that is killed loses nothing that was committed; a power cut may lose the last seconds.
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

from typing_extensions import override

from gateway.usage.rows import Row
from gateway.usage.schema import NAMES, VERSION, columns, migrations
from gateway.usage.store import BadRow, Batch, Plain, Reason, StoreError, Writes

BUSY_S = 2.0
"""How long a write waits for another process's."""
AT_ONCE = 50
"""Rows of one statement. For each statement the thread gives up the interpreter, and must get it back from a busy event loop."""
_UNKNOWN = float("nan")
"""What SQLite takes for NULL. Python's library asks the whole program how to adapt a None, which takes ten times as long."""
_REASONS: dict[int, Reason] = {sqlite3.SQLITE_BUSY: "locked", sqlite3.SQLITE_LOCKED: "locked"}
_ROWS = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE}


class SqliteWriter(Writes):
    """A file, which is made where there is none."""

    unknown = _UNKNOWN
    hangs: Reason = "disk"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._file = -1
        self._session = ""

    @override
    def open(self, session: str, left: Mapping[str, int]) -> int:
        self.close()
        self._session = session
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(0o600)  # who asked what costs is for whoever runs this; one that is there stays as it is
            self._db = db = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._prepare(db)
            self._file = self._path.stat().st_ino
            with _transaction(db):
                db.execute("insert or ignore into sessions values (?, ?, null, 0)", (session, time.time()))
                return _settled(db, left)
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise _said(self._path, error) from None

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = normal")
        db.execute(f"pragma journal_size_limit = {64 << 20}")
        if _version(db) < VERSION:
            with _transaction(db):
                for statement in migrations(_version(db), "sqlite"):  # again: another process may have been quicker
                    db.execute(statement)
                db.execute(f"pragma user_version = {VERSION}")
        if _version(db) > VERSION:
            raise StoreError(f"{self._path} is of a newer Tidegate (version {_version(db)}, this one knows {VERSION})", "row")

    @override
    def write(self, batch: Batch) -> None:
        db = self._opened()
        try:
            with _transaction(db):
                for kind, rows in batch.rows.items():
                    _insert(db, kind, rows)
                if batch.losses:
                    db.executemany("insert into losses values (?, ?, ?)", [(batch.at, *loss) for loss in batch.losses.items()])
                db.execute("update sessions set settled = ? where id = ?", (batch.settled, self._session))
        except (OverflowError, UnicodeError, sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.IntegrityError):
            raise BadRow from None
        except sqlite3.Error as error:
            if _code(error) in _ROWS:
                raise BadRow from None
            raise _said(self._path, error) from None

    @override
    def expire(self, before: float, most: int) -> int:
        db, gone = self._opened(), 0
        try:
            with _transaction(db):
                for name in (*NAMES.values(), "losses"):
                    old = f"select rowid from {name} where at < ? order by at limit ?"
                    gone += db.execute(f"delete from {name} where rowid in ({old})", (before, most)).rowcount
                db.execute("delete from sessions where ended is not null and began < ?", (before,))
        except sqlite3.Error as error:
            raise _said(self._path, error) from None
        return gone

    @override
    def end(self) -> None:
        db = self._opened()
        try:
            with _transaction(db):
                db.execute("update sessions set ended = ? where id = ?", (time.time(), self._session))
        except sqlite3.Error as error:
            raise _said(self._path, error) from None

    @override
    def close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            raise StoreError(f"{self._path} is not open", "disk")
        try:
            if self._path.stat().st_ino == self._file:
                return self._db
        except OSError:
            pass
        raise StoreError(f"{self._path} was moved or deleted", "disk")  # SQLite would go on to write what nobody finds


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("pragma user_version").fetchone()
    return int(version)


def _settled(db: sqlite3.Connection, left: Mapping[str, int]) -> int:
    """Note what processes that were killed had not written as lost."""
    lost = 0
    for session, handed in left.items():
        row = db.execute("select settled from sessions where id = ? and ended is null", (session,)).fetchone()
        lost += max(handed - row[0], 0) if row else 0
        db.execute("update sessions set ended = 0 where id = ? and ended is null", (session,))
    if lost:
        db.execute("insert into losses values (?, 'killed', ?)", (time.time(), lost))
    return lost


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("begin immediate")
    try:
        yield
        db.execute("commit")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # some errors roll back by themselves
            db.execute("rollback")
        raise


def _insert(db: sqlite3.Connection, kind: type[Row], rows: Iterable[Plain]) -> None:
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        if len(some) == AT_ONCE:
            db.execute(_MANY[kind], tuple(chain.from_iterable(some)))
        else:
            db.executemany(_ONE[kind], some)


def _into(kind: type[Row], count: int) -> str:
    row = f"({', '.join('?' * len(columns(kind)))})"
    return f"insert into {NAMES[kind]} values {', '.join([row] * count)}"


_MANY, _ONE = ({kind: _into(kind, count) for kind in NAMES} for count in (AT_ONCE, 1))


def _code(error: sqlite3.Error) -> int:
    """The primary code of an error; 0 for one that does not come from SQLite itself."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def _said(path: Path, error: sqlite3.Error | OSError) -> StoreError:
    reason = _REASONS.get(_code(error), "disk") if isinstance(error, sqlite3.Error) else "disk"
    return StoreError(f"{path}: {error if isinstance(error, sqlite3.Error) else error.strerror}", reason)
