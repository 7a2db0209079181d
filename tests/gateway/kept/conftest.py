import sqlite3
from collections.abc import Iterator

import pytest

from gateway.kept.schema import TABLES


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """A store in memory."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    for table in TABLES:
        made.execute(table)
    yield made
    made.close()
