"""A usage store in PostgreSQL: its tables are in a schema of their own, rows go there by COPY. The one file that imports psycopg.

libpq connects in C, where the backstop does not see it; so what it is about to connect to is announced as Python's own sockets would.
"""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, LiteralString, cast

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from typing_extensions import override

from gateway.usage.address import address
from gateway.usage.rows import TABLES
from gateway.usage.schema import PLACES, SCHEMA, VERSION, columns, migrations
from gateway.usage.store import BadRow, Batch, Kind, Known, Loss, Reason, Store, StoreError, Writes

WITHIN_S = 5
"""How long connecting may take, and how long a statement waits for another one's lock."""
STATEMENT_S = 30
PAGE = 5_000
"""Rows that are read at once."""
_TABLES = PLACES["postgres"]
_ONE_AT_A_TIME = 7_465_000_001
"""The advisory lock under which tables are made."""
_DISK = ("53100", "58030")  # disk_full, io_error
_LOCKED = ("55P03", "57014", "40P01")  # lock_not_available, query_canceled (a timeout), deadlock_detected

Connection = psycopg.Connection[tuple[Any, ...]]


def _connect(url: str) -> Connection:
    """A connection, in which each statement is a transaction if none is begun. Raises `StoreError`, without the URL's password."""
    try:
        host, port = address(url)
    except ValueError as error:
        raise StoreError(f"{error}") from None
    more: dict[str, Any] = {"gssencmode": "disable", "application_name": "tidegate", "tcp_user_timeout": 1_000 * STATEMENT_S}
    try:
        place: dict[str, Any] = {"host": host, "port": port, "hostaddr": ""}  # empty: nor is it as the environment says
        if host.startswith("/"):
            sys.audit("socket.connect", None, os.path.join(host, f".s.PGSQL.{port}"))  # noqa: PTH118  # as libpq puts it together
        else:
            place["hostaddr"] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
            sys.audit("socket.connect", None, (place["hostaddr"], port))
        asked = more | conninfo_to_dict(url) | place
        db = psycopg.connect(connect_timeout=WITHIN_S, autocommit=True, **asked)
        db.execute(_sql(f"set statement_timeout = {1_000 * STATEMENT_S}"))
        db.execute(_sql(f"set lock_timeout = {1_000 * WITHIN_S}"))
    except (psycopg.Error, OSError) as error:
        raise _said(error) from None
    return db


class PostgresWriter(Writes):
    """The writing side. Its thread is its own."""

    unknown = None
    hangs: Reason = "away"

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = ""
        self._db: Connection | None = None

    @override
    def open(self, session: str, left: Mapping[str, int]) -> int:
        self.close()
        self._session = session
        self._db = db = _connect(self._url)
        try:
            with db.transaction():
                db.execute("select pg_advisory_xact_lock(%s)", (_ONE_AT_A_TIME,))
                _migrate(db, _version(db))
                db.execute(_sql(f"insert into {SCHEMA}.sessions values (%s, %s, null, 0) on conflict do nothing"), (session, time.time()))
                return _settled(db, left)
        except psycopg.Error as error:
            self.close()
            raise _said(error) from None
        except StoreError:
            self.close()
            raise

    @override
    def write(self, batch: Batch) -> None:
        db = self._opened()
        try:
            with db.transaction(), db.cursor() as cursor:
                for kind, rows in batch.rows.items():
                    names = ", ".join(f'"{column}"' for column in columns(kind))
                    with cursor.copy(_sql(f"copy {_TABLES[kind]} ({names}) from stdin")) as copy:
                        for row in rows:
                            copy.write_row(row)
                for loss in batch.losses.items():
                    cursor.execute(_sql(f"insert into {SCHEMA}.losses values (%s, %s, %s)"), (batch.at, *loss))
                cursor.execute(_sql(f"update {SCHEMA}.sessions set settled = %s where id = %s"), (batch.settled, self._session))
        except (psycopg.DataError, psycopg.IntegrityError, UnicodeError, OverflowError):
            raise BadRow from None
        except psycopg.Error as error:
            raise _said(error) from None

    @override
    def expire(self, before: float, most: int) -> int:
        db, gone = self._opened(), 0
        try:
            for table in (*_TABLES.values(), f"{SCHEMA}.losses"):
                old = f"select ctid from {table} where at < %s order by at limit %s"
                gone += db.execute(_sql(f"delete from {table} where ctid = any(array({old}))"), (before, most)).rowcount
            db.execute(_sql(f"delete from {SCHEMA}.sessions where ended is not null and began < %s"), (before,))
        except psycopg.Error as error:
            raise _said(error) from None
        return gone

    @override
    def end(self) -> None:
        try:
            self._opened().execute(_sql(f"update {SCHEMA}.sessions set ended = %s where id = %s"), (time.time(), self._session))
        except psycopg.Error as error:
            raise _said(error) from None

    @override
    def close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                db.close()

    def _opened(self) -> Connection:
        if self._db is None:
            raise StoreError("the database of the usage store is not connected")
        return self._db


class PostgresStore(Store):
    """The reading side. Raises `StoreError` where there are no tables of ours."""

    def __init__(self, url: str) -> None:
        self._db = _connect(url)
        try:
            version = _version(self._db)
        except psycopg.Error as error:
            self._db.close()
            raise _said(error) from None
        if version != VERSION:
            self._db.close()
            say = f"is of a newer Tidegate (version {version}, this one knows {VERSION})" if version > VERSION else "has no usage store"
            raise StoreError(f"the database {say}")

    @override
    def rows(self, kind: type[Kind], since: float, until: float) -> Iterator[Kind]:
        wanted = ", ".join(f'"{column}"' for column in columns(kind))
        ask = f"select row, {wanted} from {_TABLES[kind]} where (at, row) > (%s, %s) and at < %s order by at, row limit {PAGE}"
        at, row = since, -1
        while page := self._all(ask, (at, row, until)):
            for found in page:
                yield kind._make(found[1:])
            row, at = page[-1][:2]

    @override
    def known(self, request_id: str, tenant: str, most: int) -> Known | None:
        newest = f"select at, request_id, tenant, path, target from {SCHEMA}.used order by at desc limit %s"
        ask = f"select path, target from ({newest}) newest where request_id = %s and tenant = %s order by at desc limit 1"
        found = self._all(ask, (most, request_id, tenant))
        return Known(*found[0]) if found else None

    @override
    def losses(self, since: float, until: float) -> list[Loss]:
        ask = f"select at, reason, missing from {SCHEMA}.losses where at >= %s and at < %s order by at"
        return [Loss(*row) for row in self._all(ask, (since, until))]

    @override
    def counts(self) -> dict[str, tuple[int, float | None, float | None]]:
        found = {name: self._all(f"select count(*), min(at), max(at) from {_TABLES[kind]}")[0] for name, kind in TABLES.items()}
        return {name: (row[0], row[1], row[2]) for name, row in found.items()}

    @override
    def size(self) -> int:
        places = ", ".join(f"('{place}')" for place in _TABLES.values())
        return int(self._all(f"select sum(pg_total_relation_size(name::regclass)) from (values {places}) of(name)")[0][0])

    @override
    def close(self) -> None:
        self._db.close()

    def _all(self, ask: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(_sql(ask), values).fetchall()
        except psycopg.Error as error:
            raise _said(error) from None


def _version(db: Connection) -> int:
    """Of the tables; 0: there are none."""
    has = db.execute("select to_regclass(%s)", (f"{SCHEMA}.version",)).fetchone()
    if has is None or has[0] is None:
        return 0
    row = db.execute(_sql(f"select number from {SCHEMA}.version")).fetchone()
    return 0 if row is None else int(row[0])


def _migrate(db: Connection, version: int) -> None:
    if version > VERSION:
        raise StoreError(f"the database is of a newer Tidegate (version {version}, this one knows {VERSION})", "row")
    if version == 0:
        if db.execute("select 1 from pg_namespace where nspname = %s", (SCHEMA,)).fetchone() is None:
            db.execute(_sql(f"create schema {SCHEMA}"))
        db.execute(_sql(f"create table {SCHEMA}.version (number integer not null)"))
        db.execute(_sql(f"insert into {SCHEMA}.version values (0)"))
    for statement in migrations(version, "postgres"):
        db.execute(_sql(statement))
    if version < VERSION:
        db.execute(_sql(f"update {SCHEMA}.version set number = {VERSION}"))


def _settled(db: Connection, left: Mapping[str, int]) -> int:
    """Note what processes that were killed had not written as lost."""
    lost = 0
    for session, handed in left.items():
        ask = f"update {SCHEMA}.sessions set ended = 0 where id = %s and ended is null returning settled"
        row = db.execute(_sql(ask), (session,)).fetchone()
        lost += max(handed - row[0], 0) if row else 0
    if lost:
        db.execute(_sql(f"insert into {SCHEMA}.losses values (%s, 'killed', %s)"), (time.time(), lost))
    return lost


def _sql(statement: str) -> LiteralString:
    """A statement made of our own names; values go beside it."""
    return cast("LiteralString", statement)  # type: ignore[redundant-cast]


def _said(error: psycopg.Error | OSError) -> StoreError:
    """The error in a sentence: its class and state. The library's own message may quote a row, or the address with its password."""
    state = getattr(error, "sqlstate", None) or ""
    reason: Reason = "disk" if state in _DISK else "locked" if state in _LOCKED else "away"
    named = errors.lookup(state).__name__ if state else type(error).__name__
    return StoreError(f"the database of the usage store: {named}", reason)
