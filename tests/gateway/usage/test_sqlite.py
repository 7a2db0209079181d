import math
import sqlite3
from pathlib import Path

import pytest

from gateway.usage.reading import open_store
from gateway.usage.rows import Called, Leased, Rated, Row, Used
from gateway.usage.schema import VERSION
from gateway.usage.sqlite import SqliteWriter
from gateway.usage.store import Batch, Known, StoreError, plain
from gateway.usage.writing import write
from tests.fakes.usage import called, leased, rated, used

EVER = (0.0, math.inf)


def test_rows_come_back_as_they_were_in_the_order_of_their_times(tmp_path: Path) -> None:
    file = tmp_path / "usage.db"
    rows: list[Row] = [used(at=3.0, is_stream=True), used(at=1.0, prompt=None, cost=None), called(), leased(energy=None), rated(score=None)]
    write(file, rows)
    write(file, [used(at=2.0, request_id="req_2")])
    with open_store(file) as store:
        found = list(store.rows(Used, *EVER))
        assert found == [rows[1], used(at=2.0, request_id="req_2"), rows[0]]
        assert found[2].is_stream is True
        assert [*store.rows(Called, *EVER), *store.rows(Leased, *EVER), *store.rows(Rated, *EVER)] == rows[2:]
        assert [row.at for row in store.rows(Used, 1.0, 3.0)] == [1.0, 2.0], "from the first time on, to before the last"
        assert store.counts()["used"] == (3, 1.0, 3.0)
        assert store.size() > 0


def test_more_rows_than_are_read_or_written_at_once_come_once_each(tmp_path: Path) -> None:
    file = tmp_path / "usage.db"
    rows = [used(at=float(number // 3), request_id=f"req_{number}") for number in range(12_345)]
    write(file, rows)
    with open_store(file) as store:
        assert list(store.rows(Used, *EVER)) == rows


def test_a_request_is_found_among_the_newest(tmp_path: Path) -> None:
    file = tmp_path / "usage.db"
    write(file, [used(at=float(number), request_id=f"req_{number}", tenant=f"tenant{number}") for number in range(10)])
    with open_store(file) as store:
        assert store.known("req_7", 5) == Known("tenant7", "local", "qwen")
        assert store.known("req_4", 5) is None
        assert store.known("req_x", 5) is None


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


def test_old_rows_go_in_small_batches(tmp_path: Path) -> None:
    writer = SqliteWriter(tmp_path / "usage.db")
    writer.open("session", {})
    writer.write(Batch(1.0, {Used: [plain(used(at=float(at)), writer.unknown) for at in range(10)]}, 10))
    assert [writer.expire(before=8.0, most=3) for _ in range(4)] == [3, 3, 2, 0]
    writer.end()
    writer.close()
    with open_store(tmp_path / "usage.db") as store:
        assert [row.at for row in store.rows(Used, *EVER)] == [8.0, 9.0]


def test_rows_of_a_process_that_was_killed_are_counted_by_the_next_one(tmp_path: Path) -> None:
    file = tmp_path / "usage.db"
    killed = SqliteWriter(file)
    assert killed.open("first", {}) == 0
    killed.write(Batch(1.0, {Used: [plain(used(), killed.unknown)] * 4}, settled=4))
    killed.close()
    other = SqliteWriter(file)
    assert other.open("second", {"first": 7, "of another store": 9}) == 3
    assert other.open("second", {"first": 7}) == 0, "they are counted once"
    other.end()
    other.close()
    with open_store(file) as store:
        assert [(loss.reason, loss.missing) for loss in store.losses(*EVER)] == [("killed", 3)]


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
