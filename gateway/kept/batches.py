"""Batches and their lines in the store. Each call is made in a transaction of `Kept.ask`.

A line is marked before it is begun, and again when it has ended: after a kill those that were begun are the ones to be run again.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from gateway.kept.rows import OPEN, Batch, Ended, Lane, Line, Result, Totals

_OPEN = ", ".join(f"'{status}'" for status in OPEN)
NEVER = 2**53
"""When a batch that has not ended expires."""


def put(db: sqlite3.Connection, batch: Batch) -> None:
    """Keep a new batch."""
    row = (batch.id, batch.tenant, batch.created, batch.status, NEVER, msgspec.json.encode(batch))
    db.execute("insert into batches values (?, ?, ?, ?, ?, ?)", row)


def get(db: sqlite3.Connection, tenant: str, name: str, now: float) -> Batch | None:
    """A batch of this tenant that has not expired."""
    row = db.execute("select said from batches where id = ? and tenant = ? and expires > ?", (name, tenant, now)).fetchone()
    return None if row is None else _read(row)


def change(db: sqlite3.Connection, name: str, edit: Callable[[Batch], Batch], expires: int = NEVER) -> Batch | None:
    """Replace a batch by what `edit` makes of it as it is now. None: there is none any more."""
    row = db.execute("select said from batches where id = ?", (name,)).fetchone()
    if row is None:
        return None
    batch = edit(_read(row))
    values = (batch.status, NEVER if batch.is_open else expires, msgspec.json.encode(batch), name)
    db.execute("update batches set status = ?, expires = ?, said = ? where id = ?", values)
    return batch


def page(db: sqlite3.Connection, tenant: str, after: str, most: int, now: float) -> Sequence[Batch]:
    """At most so many batches of a tenant, the newest first, from behind `after` on."""
    past = "and (created, id) < (select created, id from batches where id = ? and tenant = ?)" if after else ""
    values = (tenant, now, *((after, tenant) if after else ()), most)
    rows = db.execute(f"select said from batches where tenant = ? and expires > ? {past} order by created desc, id desc limit ?", values)
    return [_read(row) for row in rows]


def opened(db: sqlite3.Connection) -> Sequence[Batch]:
    """All that have not ended, the oldest first."""
    return [_read(row) for row in db.execute(f"select said from batches where status in ({_OPEN}) order by created, id")]


def add_lines(db: sqlite3.Connection, name: str, lines: Iterable[Line]) -> None:
    """The lines of a batch, in the place of any that it has."""
    db.execute("delete from lines where batch = ?", (name,))
    db.executemany(
        """insert into lines (batch, number, custom_id, lane, result, begun, tries, due, body, label)
           values (?, ?, ?, ?, 'waiting', 0, 0, 0, ?, ?)""",
        ((name, line.number, line.custom_id, line.lane, line.body, line.label) for line in lines),
    )


def take(db: sqlite3.Connection, name: str, lane: Lane, now: float) -> Line | None:
    """The next line of this lane that may run now, which is begun from here on. None: there is none."""
    where = "batch = ? and lane = ? and result = 'waiting' and due <= ?"
    row = db.execute(
        f"select number, custom_id, lane, body, label, begun, tries from lines where {where} order by number limit 1", (name, lane, now)
    ).fetchone()
    if row is None:
        return None
    db.execute("update lines set result = 'begun' where batch = ? and number = ?", (name, row[0]))
    return Line(*row)


def has_lines(db: sqlite3.Connection, name: str) -> bool:
    """Whether some line has not ended."""
    where = "batch = ? and lane in ('leaves', 'stays') and result in ('waiting', 'begun')"
    return db.execute(f"select 1 from lines where {where} limit 1", (name,)).fetchone() is not None


def put_back(db: sqlite3.Connection, name: str, number: int, due: float = 0.0, *, is_tried: bool = False) -> None:
    """A line that was begun waits again, until `due`."""
    db.execute(
        "update lines set result = 'waiting', due = ?, tries = tries + ? where batch = ? and number = ? and result = 'begun'",
        (due, int(is_tried), name, number),
    )


def recover(db: sqlite3.Connection) -> int:
    """Lines that a process had begun which is no more wait again. How many."""
    return db.execute("update lines set result = 'waiting', begun = begun + 1, due = 0 where result = 'begun'").rowcount


def end(db: sqlite3.Connection, name: str, ended: Ended) -> None:
    """A line has ended; its request is not kept any longer."""
    columns = [column for column in Ended.__struct_fields__ if column != "number"]
    values = [getattr(ended, column) for column in columns]
    said = ", ".join(f"{column} = ?" for column in columns)
    db.execute(f"update lines set {said}, body = null where batch = ? and number = ?", (*values, name, ended.number))


def unfinished(db: sqlite3.Connection, name: str) -> Iterator[Line]:
    """Lines that have not ended, in their order."""
    rows = db.execute(
        """select number, custom_id, lane, x'', label, begun, tries from lines
           where batch = ? and result in ('waiting', 'begun') order by number""",
        (name,),
    )
    return (Line(*row) for row in rows.fetchall())


def outputs(db: sqlite3.Connection, name: str, results: Sequence[Result]) -> Iterator[bytes]:
    """The lines of output of those that ended so, in the order of the input."""
    marks = ", ".join("?" * len(results))
    rows = db.execute(f"select output from lines where batch = ? and result in ({marks}) order by number", (name, *results))
    return (bytes(row[0]) for row in rows)


def drop_lines(db: sqlite3.Connection, name: str) -> None:
    """What lines say stands in the files of output: here it is not needed any more."""
    db.execute("update lines set body = null, output = null where batch = ?", (name,))


def label_of(db: sqlite3.Connection, name: str, results: Sequence[Result]) -> set[str]:
    """The labels of lines that ended so."""
    marks = ", ".join("?" * len(results))
    return {row[0] for row in db.execute(f"select distinct label from lines where batch = ? and result in ({marks})", (name, *results))}


def totals(db: sqlite3.Connection, name: str) -> Totals:
    """What came of all lines until now."""

    def counted(column: str) -> dict[str, int]:
        rows = db.execute(f"select {column}, count(*) from lines where batch = ? and {column} <> '' group by 1", (name,))
        return {row[0]: row[1] for row in rows}

    sums = db.execute(
        """select coalesce(sum(cost), 0), coalesce(sum(result = 'served' and cost is null), 0), coalesce(sum(asked), 0),
           coalesce(sum(cached), 0), coalesce(sum(said), 0), coalesce(sum(reasoned), 0),
           coalesce(sum(result = 'served' and asked is null), 0) from lines where batch = ?""",
        (name,),
    ).fetchone()
    return Totals(counted("result"), counted("label"), counted("path"), *sums)  # type: ignore[arg-type]  # results are `Result`s


def expire(db: sqlite3.Connection, now: float) -> int:
    """Delete batches that have expired, with their lines."""
    old = [row[0] for row in db.execute("select id from batches where expires <= ?", (now,))]
    for name in old:
        db.execute("delete from lines where batch = ?", (name,))
        db.execute("delete from batches where id = ?", (name,))
    return len(old)


def _read(row: Sequence[bytes]) -> Batch:
    return msgspec.json.decode(row[0], type=Batch)
