"""Opening a store to read it: a file of SQLite by its path, a PostgreSQL by its URL."""

from pathlib import Path

from gateway.usage.address import POSTGRES
from gateway.usage.sqlite_reading import SqliteStore
from gateway.usage.store import Store, StoreError


def open_store(url: str | Path) -> Store:
    """The store, for reading only. It may be written meanwhile. Raises `StoreError` in a sentence when it is not there, or not ours."""
    if not str(url).startswith(POSTGRES):
        return SqliteStore(Path(str(url).removeprefix("sqlite:///")))
    try:
        from gateway.usage.postgres import PostgresStore  # psycopg is an extra
    except ImportError:
        raise StoreError("a usage store in PostgreSQL needs the psycopg library: pip install 'tidegate[postgres]'") from None
    return PostgresStore(str(url))
