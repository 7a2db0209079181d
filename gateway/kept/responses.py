"""Responses in the store, which others go on from (`previous_response_id`). Each call is made in a transaction of `Kept.ask`."""

import sqlite3

from gateway.kept.kept import Full
from gateway.kept.rows import Response


def put(db: sqlite3.Connection, response: Response, most: int) -> None:
    """Keep a response. One that this tenant kept under the same id is replaced. Raises `Full`."""
    (size,) = db.execute("select coalesce(sum(length(items)), 0) from responses").fetchone()
    if size + len(response.items) > most:
        raise Full
    db.execute("delete from responses where id = ? and tenant = ?", (response.id, response.tenant))
    values = (response.id, response.tenant, response.label, response.items, response.created, response.expires)
    db.execute("insert into responses values (?, ?, ?, ?, ?, ?)", values)


def get(db: sqlite3.Connection, tenant: str, name: str, now: float) -> Response | None:
    """A response of this tenant that has not expired."""
    row = db.execute("select * from responses where id = ? and tenant = ? and expires > ?", (name, tenant, now)).fetchone()
    return None if row is None else Response(*row)


def delete(db: sqlite3.Connection, tenant: str, name: str) -> bool:
    """Delete a response of this tenant; whether there was one."""
    return db.execute("delete from responses where id = ? and tenant = ?", (name, tenant)).rowcount > 0


def expire(db: sqlite3.Connection, now: float) -> int:
    """Delete what has expired."""
    return db.execute("delete from responses where expires <= ?", (now,)).rowcount
