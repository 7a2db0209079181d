import sqlite3
from pathlib import Path

import pytest

from gateway.usage.reading import open_store
from gateway.usage.rows import Used
from gateway.usage.schema import VERSION
from gateway.usage.sqlite import SqliteWriter
from gateway.usage.store import Batch, StoreError, plain
from gateway.usage.writing import write
from tests.fakes.usage import used


def test_a_store_that_is_not_there_or_not_ours_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no usage store"):
        open_store(tmp_path / "gone.db")
    (tmp_path / "text.db").write_text("a text that is long enough to be taken for a file of something" * 20)
    with pytest.raises(StoreError, match="cannot be read as a usage store"):
        open_store(tmp_path / "text.db")
    sqlite3.connect(tmp_path / "other.db").execute("create table t (x)")
    with pytest.raises(StoreError, match="is no usage store"):
        open_store(tmp_path / "other.db")
    write(tmp_path / "newer.db", [used()])
    sqlite3.connect(tmp_path / "newer.db").execute(f"pragma user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="newer Tidegate"):
        open_store(tmp_path / "newer.db")
    with pytest.raises(StoreError, match="newer Tidegate"):
        SqliteWriter(tmp_path / "newer.db").open("session", {})


def test_a_file_that_was_deleted_is_noticed_and_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "usage.db"
    writer = SqliteWriter(file)
    writer.open("first", {})
    file.unlink()
    with pytest.raises(StoreError, match="moved or deleted"):
        writer.write(Batch(1.0))
    writer.open("first", {})
    writer.write(Batch(1.0, {Used: [plain(used(), writer.unknown)]}, settled=1))
    writer.end()
    writer.close()
    with open_store(file) as store:
        assert store.counts()["used"][0] == 1


def test_a_new_file_is_for_who_made_it_and_one_that_is_there_keeps_who_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "usage.db"
    write(file, [used()])
    assert {one.stat().st_mode & 0o777 for one in tmp_path.glob("usage.db*")} == {0o600}
    file.chmod(0o640)
    write(file, [used()])
    assert file.stat().st_mode & 0o777 == 0o640
