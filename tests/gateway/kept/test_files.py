import sqlite3

import pytest

from gateway.kept.files import PIECE, Page, delete, expire, get, held, page, piece, pieces, put, whole
from gateway.kept.kept import Full
from gateway.kept.rows import File


def file(name: str = "file-1", tenant: str = "a", created: int = 10, **more: str) -> File:
    return File(name, tenant, "key", more.get("purpose", "batch"), "x.jsonl", 0, created, created + 100, "public")


def test_a_file_comes_back_as_it_was_and_only_to_its_tenant(db: sqlite3.Connection) -> None:
    content = b"ab" * PIECE
    kept = put(db, file(), pieces(content), 10 * PIECE)
    assert kept.bytes == len(content) == held(db)
    assert get(db, "a", "file-1", 50) == kept
    assert get(db, "b", "file-1", 50) is None
    assert get(db, "a", "file-1", 110) is None, "it has expired"
    assert whole(db, "file-1") == content == b"".join(piece(db, "file-1", number) or b"" for number in range(3))
    assert piece(db, "file-1", 2) is None


def test_more_than_there_is_room_for_is_refused(db: sqlite3.Connection) -> None:
    put(db, file(), [b"12345"], 10)
    with pytest.raises(Full):
        put(db, file("file-2"), [b"123", b"456"], 10)


def test_what_is_deleted_or_has_expired_is_gone_with_its_content(db: sqlite3.Connection) -> None:
    for name, created in (("file-1", 10), ("file-2", 500)):
        put(db, file(name, created=created), [b"x"], 100)
    assert not delete(db, "b", "file-2")
    assert expire(db, 200) == 1
    assert whole(db, "file-1") == b""
    assert delete(db, "a", "file-2")
    assert not delete(db, "a", "file-2")
    assert db.execute("select count(*) from pieces").fetchone() == (0,)
    assert held(db) == 0


def test_pages_go_on_where_the_last_one_ended(db: sqlite3.Connection) -> None:
    for number in range(5):
        put(db, file(f"file-{number}", created=number // 2, purpose="batch" if number else "evals"), [b"x"], 100)
    put(db, file("file-9", tenant="b"), [b"x"], 100)

    def names(asked: Page) -> list[str]:
        return [one.id for one in page(db, asked, 50)]

    assert names(Page("a", 10)) == ["file-4", "file-3", "file-2", "file-1", "file-0"]
    assert names(Page("a", 2, after="file-3")) == ["file-2", "file-1"]
    assert names(Page("a", 2, after="file-1", is_rising=True)) == ["file-2", "file-3"]
    assert names(Page("a", 10, purpose="evals")) == ["file-0"]
    assert names(Page("a", 10, after="file-9")) == [], "another tenant's is none"
