import sqlite3

import pytest

from gateway.kept.kept import Full
from gateway.kept.responses import delete, expire, get, put
from gateway.kept.rows import Response


def test_a_response_is_its_tenants_until_it_expires_or_is_deleted(db: sqlite3.Connection) -> None:
    one = Response("resp_1", "a", "restricted", b"[]", 10, 100)
    put(db, one, 100)
    put(db, one, 100)
    assert get(db, "a", "resp_1", 50) == one
    assert get(db, "b", "resp_1", 50) is None
    assert get(db, "a", "resp_1", 100) is None
    assert not delete(db, "b", "resp_1")
    assert delete(db, "a", "resp_1")
    put(db, one, 100)
    assert expire(db, 99) == 0
    assert expire(db, 100) == 1


def test_there_is_room_for_so_much(db: sqlite3.Connection) -> None:
    put(db, Response("resp_1", "a", "public", b"12345", 10, 100), 8)
    put(db, Response("resp_1", "b", "public", b"123", 10, 100), 8)  # an id may be that of another tenant's
    with pytest.raises(Full):
        put(db, Response("resp_2", "a", "public", b"12345", 10, 100), 8)
    assert delete(db, "a", "resp_1")
    put(db, Response("resp_2", "a", "public", b"12345", 10, 100), 8)
    assert expire(db, 100) == 2
    put(db, Response("resp_3", "a", "public", b"12345678", 10, 100), 8)
