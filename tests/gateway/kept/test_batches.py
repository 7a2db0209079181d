import sqlite3

from msgspec.structs import replace

from gateway.kept.batches import (
    add_lines,
    change,
    drop_lines,
    end,
    expire,
    get,
    has_lines,
    label_of,
    opened,
    outputs,
    page,
    put,
    put_back,
    recover,
    take,
    totals,
    unfinished,
)
from gateway.kept.rows import Batch, Ended, Line

BATCH = Batch("batch_1", "a", "key", "/v1/chat/completions", "file-1", 10, "24h", 1_000)
LINES = (
    Line(1, "one", "leaves", b"{}", "public"),
    Line(2, "two", "stays", b"{}", "restricted"),
    Line(3, "three", "leaves", b"{}", "public"),
)


def ready(db: sqlite3.Connection) -> None:
    put(db, BATCH)
    change(db, "batch_1", lambda batch: replace(batch, status="in_progress"))
    add_lines(db, "batch_1", LINES)


def test_a_batch_is_its_tenants_and_goes_when_it_has_ended_for_long_enough(db: sqlite3.Connection) -> None:
    put(db, BATCH)
    assert get(db, "a", "batch_1", 10**12) == BATCH, "one that is open does not expire"
    assert get(db, "b", "batch_1", 20) is None
    assert opened(db) == [BATCH]
    ended = change(db, "batch_1", lambda batch: replace(batch, status="completed"), 50)
    assert ended is not None
    assert get(db, "a", "batch_1", 49) == ended
    assert opened(db) == []
    assert get(db, "a", "batch_1", 50) is None
    assert (expire(db, 49), expire(db, 50)) == (0, 1)
    assert change(db, "batch_1", lambda batch: batch) is None


def test_pages_are_of_one_tenant_the_newest_first(db: sqlite3.Connection) -> None:
    for number in range(3):
        put(db, replace(BATCH, id=f"batch_{number}", created=number))
    put(db, replace(BATCH, id="batch_9", tenant="b"))
    assert [one.id for one in page(db, "a", "", 2, 20)] == ["batch_2", "batch_1"]
    assert [one.id for one in page(db, "a", "batch_1", 2, 20)] == ["batch_0"]


def test_lines_are_taken_in_order_by_lane_and_not_before_they_are_due(db: sqlite3.Connection) -> None:
    ready(db)
    assert take(db, "batch_1", "stays", 100) == LINES[1]
    assert take(db, "batch_1", "stays", 100) is None
    assert take(db, "batch_1", "leaves", 100) == LINES[0]
    put_back(db, "batch_1", 1, 150, is_tried=True)
    assert take(db, "batch_1", "leaves", 100) == LINES[2]
    assert take(db, "batch_1", "leaves", 149) is None
    assert take(db, "batch_1", "leaves", 150) == replace(LINES[0], tries=1)


def test_after_a_kill_lines_that_were_begun_wait_again_and_those_that_ended_do_not(db: sqlite3.Connection) -> None:
    ready(db)
    for lane in ("leaves", "leaves"):
        take(db, "batch_1", lane, 100)
    end(db, "batch_1", Ended(1, "served", b"out\n", "public", "cloud", 7, 10, 2, 5, 1))
    assert recover(db) == 1
    assert [(line.number, line.begun) for line in unfinished(db, "batch_1")] == [(2, 0), (3, 1)]
    assert db.execute("select body from lines where number = 1").fetchone() == (None,), "its request is not kept any longer"
    put_back(db, "batch_1", 1)
    assert has_lines(db, "batch_1")
    assert list(outputs(db, "batch_1", ("served",))) == [b"out\n"]


def test_totals_say_what_is_known_and_how_much_is_not(db: sqlite3.Connection) -> None:
    ready(db)
    end(db, "batch_1", Ended(1, "served", b"", "public", "cloud", 7, 10, 2, 5, 1))
    end(db, "batch_1", Ended(2, "served", b"", "restricted", "local"))
    end(db, "batch_1", Ended(3, "refused", b"", "public", ""))
    found = totals(db, BATCH)
    assert (found.results, found.labels, found.paths) == (
        {"served": 2, "refused": 1},
        {"public": 2, "restricted": 1},
        {"cloud": 1, "local": 1},
    )
    assert (found.lines, found.cost, found.unpriced, found.uncounted) == (3, 7, 1, 1)
    assert (found.asked, found.cached, found.said, found.reasoned) == (10, 2, 5, 1)
    assert label_of(db, "batch_1", ("served",)) == {"public", "restricted"}
    assert not has_lines(db, "batch_1")
    drop_lines(db, "batch_1")
    assert totals(db, BATCH).lines == 0
    assert totals(db, replace(BATCH, totals=found)) == found
