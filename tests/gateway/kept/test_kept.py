import asyncio
import contextlib
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from gateway.errors import GaveUp, NotFound, TooLarge
from gateway.exchange import Exchange
from gateway.kept import kept as module
from gateway.kept.kept import FILE, Full, Kept
from gateway.kept.plan import StorePlan
from tests.fakes.exchanges import TIMES


def kept(folder: Path) -> Kept:
    one = Kept()
    one.follow(StorePlan(folder / "kept"))
    return one


def count(db: sqlite3.Connection) -> int:
    (found,) = db.execute("select count(*) from responses").fetchone()
    return int(found)


async def until_there(one: Kept) -> None:
    """Wait until it answers again."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(GaveUp):
                assert await one.ask(count) == 0
                return
            await asyncio.sleep(0.02)


async def test_without_a_store_the_operator_is_told_what_to_configure() -> None:
    one = Kept()
    assert not one.is_on
    assert one.follow(None) == []
    with pytest.raises(NotFound, match=r"store: \{folder: PATH\}") as refused:
        await one.ask(count)
    assert refused.value.code == "store_off"
    await one.close()


async def test_nobody_else_reads_the_file(tmp_path: Path) -> None:
    one = kept(tmp_path)
    assert await one.ask(count) == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "kept").iterdir()}
    assert set(modes.values()) == {0o600}
    assert FILE in modes
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    await one.close()


async def test_what_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    one = kept(tmp_path)

    def half(db: sqlite3.Connection) -> None:
        db.execute("insert into responses values ('resp_1', 'a', 'public', x'', 0, 0)")
        raise Full

    with pytest.raises(TooLarge) as refused:
        await one.ask(half)
    assert refused.value.code == "store_full"
    assert await one.ask(count) == 0
    await one.close()


async def test_a_store_that_is_away_is_a_503_and_is_there_again_when_it_comes_back(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("no folder")
    one = kept(tmp_path)
    with pytest.raises(GaveUp) as refused:
        await one.ask(count)
    assert (refused.value.status, refused.value.code) == (503, "store_unavailable")
    (tmp_path / "kept").unlink()
    assert await one.ask(count) == 0
    one.follow(StorePlan(tmp_path / "other"))
    assert await one.ask(count) == 0
    assert (tmp_path / "other" / FILE).exists()
    await one.close()


async def test_a_file_of_a_newer_gateway_is_left_alone(tmp_path: Path) -> None:
    one = kept(tmp_path)
    await one.ask(count)
    await one.close()
    with sqlite3.connect(tmp_path / "kept" / FILE) as db:
        db.execute("pragma user_version = 99")
    db.close()
    with pytest.raises(GaveUp):
        await one.ask(count)
    await one.close()


async def test_exchanges_of_those_that_are_waited_for_are_told_and_who_runs_batches_is_woken_and_ended(tmp_path: Path) -> None:
    one, heard = kept(tmp_path), list[str]()

    class Runs:
        def wake(self) -> None:
            heard.append("wake")

        async def close(self) -> None:
            heard.append("close")

    one.wake()
    one.batching = Runs()
    [tell] = one.follow(StorePlan(tmp_path / "kept"))
    one.told.expect("req_1")
    for name in ("req_0", "req_1"):
        tell(Exchange(name, "chat", "served", 200, times=TIMES))
    told = one.told.take("req_1")
    assert told is not None
    assert told.request_id == "req_1"
    assert one.told.take("req_0") is None
    one.wake()
    await one.close()
    assert heard == ["wake", "close"]


@pytest.mark.parametrize("_turn", range(20))
async def test_several_open_one_new_file_at_once(tmp_path: Path, _turn: int) -> None:
    several = [kept(tmp_path) for _ in range(4)]

    def add(db: sqlite3.Connection) -> None:
        db.execute("insert into responses values (hex(randomblob(8)), 'a', 'public', x'', 0, 0)")

    await asyncio.gather(*(one.ask(add) for one in several * 5))
    assert await several[0].ask(count) == 20
    for one in several:
        await one.close()


async def test_a_file_that_somebody_holds_for_good_is_not_waited_for_without_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_S", 0.05)
    (tmp_path / "kept").mkdir()
    one = kept(tmp_path)
    with sqlite3.connect(tmp_path / "kept" / FILE, isolation_level=None) as holder:
        holder.execute("begin exclusive")
        with pytest.raises(GaveUp):
            await one.ask(count)
        holder.execute("rollback")
    holder.close()
    await until_there(one)
    await one.close()


async def test_what_is_deleted_stands_in_no_file_any_more(tmp_path: Path) -> None:
    one = kept(tmp_path)

    def put(db: sqlite3.Connection) -> None:
        db.execute("insert into responses values ('resp_1', 'a', 'public', ?, 0, 0)", (b"Annegret" * 5_000,))

    def written() -> int:
        return sum(path.read_bytes().count(b"Annegret") for path in (tmp_path / "kept").iterdir())

    await one.ask(put)
    assert written() > 0
    assert await one.forget(lambda db: db.execute("delete from responses").rowcount) == 1
    assert written() == 0
    await one.close()


async def test_who_asks_a_store_that_another_process_holds_does_not_wait_for_all_who_asked_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_S", 0.3)
    one, asked = kept(tmp_path), 30
    assert await one.ask(count) == 0
    await one.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "kept" / FILE, isolation_level=None)) as other:
        other.execute("begin immediate")
        began = time.monotonic()
        answers = await asyncio.gather(*(one.ask(count) for _ in range(asked)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [GaveUp] * asked
        assert time.monotonic() - began < 0.3 * asked / 3
        other.execute("rollback")
    await until_there(one)
    await one.close()


async def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / FILE).touch()
    (tmp_path / "kept" / FILE).chmod(0o644)
    one = kept(tmp_path)
    assert await one.ask(count) == 0
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "kept").iterdir()} == {0o600}
    await one.close()


async def test_a_folder_that_was_deleted_is_made_anew(tmp_path: Path) -> None:
    one = kept(tmp_path)
    await one.ask(lambda db: db.execute("insert into responses values ('resp_1', 'a', 'public', x'', 0, 0)"))
    shutil.rmtree(tmp_path / "kept")
    assert await one.ask(count) == 0
    assert (tmp_path / "kept" / FILE).exists()
    await one.close()
