"""A store of each kind."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.fakes.postgres import BINARIES, MISSING, Database, postgres


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    if BINARIES is None:
        pytest.skip(MISSING)
    with postgres() as server:
        yield server


@pytest.fixture
def postgres_url(database: Database) -> str:
    """A database that has nothing in it."""
    name = "t" + secrets.token_hex(4)
    with psycopg.connect(database.url, autocommit=True) as db:
        db.execute(f"create database {name}".encode())
    return database.url.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "usage.db") if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
