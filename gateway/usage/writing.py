"""Opening a store to write it."""

import secrets
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from gateway.usage.address import POSTGRES
from gateway.usage.rows import Row
from gateway.usage.sqlite import SqliteWriter
from gateway.usage.store import Batch, Plain, StoreError, Writes, plain


def open_writer(url: str) -> Writes:
    """What writes there; connects later. Raises `StoreError` when what it needs is not installed."""
    if not url.startswith(POSTGRES):
        return SqliteWriter(Path(url.removeprefix("sqlite:///")))
    try:
        from gateway.usage.postgres import PostgresWriter  # psycopg is an extra
    except ImportError:
        raise StoreError("a usage store in PostgreSQL needs the psycopg library: pip install 'tidegate[postgres]'") from None
    return PostgresWriter(url)


def write(url: str | Path, rows: Iterable[Row]) -> None:
    """Write rows at once, as for a simulation or a test: in one transaction, into a store that is made where there is none."""
    writer = open_writer(str(url))
    kinds: defaultdict[type[Row], list[Plain]] = defaultdict(list)
    for row in rows:
        kinds[type(row)].append(plain(row, writer.unknown))
    try:
        writer.open("written at once " + secrets.token_hex(8), {})
        writer.write(Batch(time.time(), kinds, sum(map(len, kinds.values()))))
        writer.end()
    finally:
        writer.close()
