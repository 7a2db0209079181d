"""Files in the store. Each call is made in a transaction of `Kept.ask`; a tenant sees its own, and nothing that has expired."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gateway.kept.kept import Full
from gateway.kept.rows import File

PIECE = 1 << 20
"""Bytes of content that are read and written at a time."""
_COLUMNS = ", ".join(File.__struct_fields__)
_MARKS = ", ".join("?" * len(File.__struct_fields__))


def put(db: sqlite3.Connection, file: File, content: Iterable[bytes], most: int) -> File:
    """Keep a file; its `bytes` are counted here. Raises `Full` where it would be more than `most` bytes together."""
    size = 0
    room = most - held(db)
    for number, piece in enumerate(content):
        size += len(piece)
        if size > room:
            raise Full
        db.execute("insert into pieces values (?, ?, ?)", (file.id, number, piece))
    kept = File(**{name: getattr(file, name) for name in File.__struct_fields__ if name != "bytes"}, bytes=size)
    db.execute(f"insert into files ({_COLUMNS}) values ({_MARKS})", [getattr(kept, name) for name in File.__struct_fields__])
    return kept


def held(db: sqlite3.Connection) -> int:
    """Bytes of all files together."""
    (size,) = db.execute("select coalesce(sum(bytes), 0) from files").fetchone()
    return int(size)


def pieces(content: bytes) -> Iterable[bytes]:
    """A content in pieces."""
    return (content[at : at + PIECE] for at in range(0, len(content), PIECE))


def get(db: sqlite3.Connection, tenant: str, name: str, now: float) -> File | None:
    """A file of this tenant."""
    row = db.execute(f"select {_COLUMNS} from files where id = ? and tenant = ? and expires > ?", (name, tenant, now)).fetchone()
    return None if row is None else File(*row)


def piece(db: sqlite3.Connection, name: str, number: int) -> bytes | None:
    """A piece of a file that was found to be the tenant's; None behind the last one."""
    row = db.execute("select content from pieces where file = ? and number = ?", (name, number)).fetchone()
    return None if row is None else bytes(row[0])


def whole(db: sqlite3.Connection, name: str) -> bytes:
    """All of it."""
    return b"".join(row[0] for row in db.execute("select content from pieces where file = ? order by number", (name,)))


class Page(NamedTuple):
    """Which files are looked for: `most` of a tenant, of a purpose or any, behind `after`, the oldest first or the newest."""

    tenant: str
    most: int
    purpose: str = ""
    after: str = ""
    is_rising: bool = False


def page(db: sqlite3.Connection, asked: Page, now: float) -> Sequence[File]:
    """Those files."""
    order, past = ("asc", ">") if asked.is_rising else ("desc", "<")
    where: list[str] = ["tenant = ?", "expires > ?"]
    values: list[object] = [asked.tenant, now]
    if asked.purpose:
        where.append("purpose = ?")
        values.append(asked.purpose)
    if asked.after:
        where.append(f"(created, id) {past} (select created, id from files where id = ? and tenant = ?)")
        values += [asked.after, asked.tenant]
    found = f"where {' and '.join(where)} order by created {order}, id {order} limit ?"
    return [File(*row) for row in db.execute(f"select {_COLUMNS} from files {found}", (*values, asked.most))]


def delete(db: sqlite3.Connection, tenant: str, name: str) -> bool:
    """Delete a file of this tenant; whether there was one."""
    gone = db.execute("delete from files where id = ? and tenant = ?", (name, tenant)).rowcount
    if gone:
        db.execute("delete from pieces where file = ?", (name,))
    return bool(gone)


def expire(db: sqlite3.Connection, now: float) -> int:
    """Delete what has expired."""
    old = [row[0] for row in db.execute("select id from files where expires <= ?", (now,))]
    for name in old:
        db.execute("delete from pieces where file = ?", (name,))
        db.execute("delete from files where id = ?", (name,))
    return len(old)
