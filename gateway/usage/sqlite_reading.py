"""Reading a usage store that is a file of SQLite, while others write it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typing_extensions import override

from gateway.usage.rows import TABLES
from gateway.usage.schema import FLAGS, NAMES, VERSION, columns
from gateway.usage.store import Kind, Known, Loss, Store, StoreError

PAGE = 5_000
"""Rows that are read at once. Between pages nothing is held, so that who writes can tidy up behind who reads."""
BUSY_S = 5.0


class SqliteStore(Store):
    """A file. Raises `StoreError` where there is none, or one that is something else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise StoreError(f"{path}: there is no usage store; `usage: {{store: ...}}` in the configuration makes one")
        self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S, isolation_level=None)
        try:
            (version,) = self._all("pragma user_version")[0]
            has = {name for (name,) in self._all("select name from sqlite_master where type = 'table'")}
        except StoreError:
            self._db.close()
            raise
        if version > VERSION or not has.issuperset(TABLES):
            self._db.close()
            say = f"is of a newer Tidegate (version {version}, this one knows {VERSION})" if version > VERSION else "is no usage store"
            raise StoreError(f"{path} {say}")

    @override
    def rows(self, kind: type[Kind], since: float, until: float) -> Iterator[Kind]:
        name, bools = NAMES[kind], FLAGS[kind]
        wanted = ", ".join(f'"{column}"' for column in columns(kind))
        ask = f"select rowid, {wanted} from {name} where (at, rowid) > (?, ?) and at < ? order by at, rowid limit {PAGE}"
        at, row = since, -1
        while page := self._all(ask, (at, row, until)):
            for found in page:
                values = list(found[1:])
                for number in bools:
                    values[number] = bool(values[number])
                yield kind._make(values)
            row, at = page[-1][:2]

    @override
    def known(self, request_id: str, tenant: str, most: int) -> Known | None:
        newest = "select at, request_id, tenant, path, target from used order by at desc limit ?"
        ask = f"select path, target from ({newest}) where request_id = ? and tenant = ? order by at desc limit 1"
        found = self._all(ask, (most, request_id, tenant))
        return Known(*found[0]) if found else None

    @override
    def losses(self, since: float, until: float) -> list[Loss]:
        return [
            Loss(*row) for row in self._all("select at, reason, missing from losses where at >= ? and at < ? order by at", (since, until))
        ]

    @override
    def counts(self) -> dict[str, tuple[int, float | None, float | None]]:
        return {name: self._all(f"select count(*), min(at), max(at) from {name}")[0] for name in TABLES}

    @override
    def size(self) -> int:
        return sum(one.stat().st_size for end in ("", "-wal") if (one := Path(f"{self._path}{end}")).exists())

    @override
    def close(self) -> None:
        self._db.close()

    def _all(self, ask: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            return self._db.execute(ask, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self._path} cannot be read as a usage store: {error}") from None
