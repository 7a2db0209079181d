import os
import time
from pathlib import Path

import hyperscan
import pytest

from classifiers import kept


class Compiles:
    """Makes an automaton for one word, and counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> hyperscan.Database:
        self.times += 1
        made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        made.compile(expressions=[b"word"], ids=[7], flags=[hyperscan.HS_FLAG_SINGLEMATCH], elements=1)
        return made


def hits(database: hyperscan.Database) -> list[int]:
    found: list[int] = []
    database.scan(b"a word", match_event_handler=lambda index, *_: found.append(index))
    return found


def only(where: Path) -> Path:
    [path] = where.iterdir()
    return path


@pytest.mark.parametrize(
    ("environment", "where"),
    [
        pytest.param({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, Path("/c/tidegate"), id="where the user says"),
        pytest.param({"HOME": "/h"}, Path("/h/.cache/tidegate"), id="in the home"),
        pytest.param({}, None, id="nowhere without a home"),
    ],
)
def test_where_they_are_kept(environment: dict[str, str], where: Path | None) -> None:
    assert kept.cache(environment) == where


def test_what_was_kept_is_not_compiled_again(tmp_path: Path) -> None:
    compiles, where = Compiles(), tmp_path / "new" / "cache"
    assert hits(kept.database("a", compiles, where)) == hits(kept.database("a", compiles, where)) == [7]
    assert compiles.times == 1
    kept.database("b", compiles, where)
    assert compiles.times == 2


def test_nothing_is_kept_nowhere() -> None:
    compiles = Compiles()
    assert hits(kept.database("a", compiles, None)) == [7]
    assert compiles.times == 1


@pytest.mark.parametrize("content", [b"", b"no automaton", None])
def test_what_is_broken_is_compiled_anew_and_mended(tmp_path: Path, content: bytes | None) -> None:
    compiles, where = Compiles(), tmp_path / "cache"
    kept.database("a", compiles, where)
    path = only(where)
    written = bytearray(path.read_bytes())
    written[200] ^= 1
    path.write_bytes(written if content is None else content)
    assert hits(kept.database("a", compiles, where)) == [7]
    assert hits(kept.database("a", compiles, where)) == [7]
    assert compiles.times == 2


@pytest.mark.parametrize("whose", ["the file", "the directory"])
def test_what_others_may_write_is_not_read(tmp_path: Path, whose: str) -> None:
    compiles, where = Compiles(), tmp_path / "cache"
    kept.database("a", compiles, where)
    (only(where) if whose == "the file" else where).chmod(0o777)
    kept.database("a", compiles, where)
    assert compiles.times == 2


def test_where_nothing_can_be_kept_it_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the directory should be")
    assert hits(kept.database("a", Compiles(), tmp_path / "cache")) == [7]


def test_what_no_start_has_read_for_long_is_removed(tmp_path: Path) -> None:
    where = tmp_path / "cache"
    kept.database("a", Compiles(), where)
    old, then = only(where), time.time() - kept.UNUSED_S - 60
    os.utime(old, (then, then))
    kept.database("b", Compiles(), where)
    assert old not in list(where.iterdir())
    os.utime(only(where), (then, then))
    kept.database("b", Compiles(), where)
    kept.database("c", Compiles(), where)
    assert len(list(where.iterdir())) == 2
