import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.exchange import Exchange
from gateway.plan import Plan
from gateway.usage.keeping import Keeping
from gateway.usage.plan import UsagePlan
from gateway.usage.reading import open_store
from gateway.usage.rows import Leased
from gateway.usage.store import Known, Store, StoreError
from gateway.usage.writing import write
from router.names import TargetName
from tests.fakes.gateway import compiled, configuration
from tests.fakes.usage import leased, used

ANSWERED = Exchange("req_1", "chat", "served", 200, tenant="acme", path="local", target=TargetName("qwen"))


def plan(store: Path | None, keep_days: int = 36_500) -> Plan:
    bare = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
    return replace(bare, usage=None if store is None else UsagePlan(str(store), keep_days))


def seen(keeping: Keeping, exchange: Exchange = ANSWERED) -> None:
    for observer in keeping.observers:
        observer(exchange)


def count(store: Path) -> int:
    with open_store(store) as opened:
        return opened.counts()["used"][0]


async def test_the_recorder_stays_while_its_store_does_and_goes_with_it(tmp_path: Path) -> None:
    keeping, first, second = Keeping(), tmp_path / "first.db", tmp_path / "second.db"
    assert keeping.follow(plan(first)) == []
    keeping.start()
    kept = keeping.recorder
    assert kept is not None
    assert keeping.follow(plan(first, keep_days=7)) == []
    assert keeping.recorder is kept
    seen(keeping)
    assert keeping.follow(plan(second)) == [kept]
    seen(keeping)
    seen(keeping)
    await kept.close()
    last = keeping.recorder
    assert last is not None
    assert keeping.follow(plan(None)) == [last]
    assert not keeping.is_degraded
    assert list(keeping.samples()) == []
    await last.close()
    await keeping.close()
    assert (count(first), count(second)) == (1, 2)


async def test_rows_of_replicas_are_written_at_the_end_at_the_latest(tmp_path: Path) -> None:
    asked: list[bool] = []

    def due(*, of_all: bool = False) -> list[Leased]:
        asked.append(of_all)
        return [leased()]

    keeping, path = Keeping(due), tmp_path / "usage.db"
    keeping.follow(plan(path))
    keeping.start()
    await keeping.close()
    assert asked == [True]
    with open_store(path) as store:
        assert list(store.rows(Leased, 0, 2_000)) == [leased()]


async def test_a_request_is_found_in_memory_then_in_the_store(tmp_path: Path) -> None:
    keeping, path = Keeping(), tmp_path / "usage.db"
    assert await keeping.find("req_1", "acme") is None
    seen(keeping)
    assert await keeping.find("req_1", "acme") == Known("local", "qwen")
    write(path, [used(request_id="req_2", tenant="other")])
    keeping.follow(plan(path))
    assert await keeping.find("req_2", "other") == Known("local", "qwen")
    assert await keeping.find("req_3", "other") is None
    path.unlink()
    with pytest.raises(StoreError):
        await keeping.find("req_3", "other")
    await keeping.close()


async def test_a_database_outside_is_neither_asked_nor_written_while_a_lockdown_is_on() -> None:
    locked, outside = [True], "postgresql://203.0.113.9/usage"

    def opens(url: str) -> Store:
        raise AssertionError(url)

    keeping = Keeping(opens=opens, is_locked=lambda: bool(locked))
    keeping.follow(replace(plan(None), usage=UsagePlan(outside)))
    keeping.start()
    seen(keeping)
    with pytest.raises(StoreError, match="lockdown"):
        await keeping.find("req_9", "acme")
    async with asyncio.timeout(20):
        while not keeping.is_degraded:  # noqa: ASYNC110  # threads wake nobody
            await asyncio.sleep(0.01)
    await keeping.close()
    assert [row for row in keeping.samples() if row[2]][-1] == ("usage_rows_lost_total", ("ended",), 1)


async def test_anothers_request_is_looked_for_as_long_as_one_that_nobody_made(tmp_path: Path) -> None:
    keeping = Keeping()
    keeping.follow(plan(tmp_path / "no-such.db"))
    seen(keeping)
    for request_id in ("req_1", "req_9"):
        with pytest.raises(StoreError):
            await keeping.find(request_id, "other")
    await keeping.close()


async def test_a_store_that_hangs_keeps_one_thread_and_no_more(tmp_path: Path) -> None:
    going, asked = threading.Event(), list[str]()

    def hangs(url: str) -> Store:
        asked.append(url)
        going.wait(60)
        raise StoreError("it was away")

    keeping = Keeping(opens=hangs, within_s=0.05)
    keeping.follow(plan(tmp_path / "usage.db"))
    for number in range(5):
        with pytest.raises(StoreError, match="not answer"):
            await keeping.find(f"req_{number}", "acme")
    assert len(asked) == 1
    assert keeping._asks._work_queue.empty(), "nor do questions pile up that nobody waits for"
    going.set()
    with pytest.raises(StoreError):
        await keeping.find("req_6", "acme")
    async with asyncio.timeout(20):
        while len(asked) == 1:
            with pytest.raises(StoreError):
                await keeping.find("req_7", "acme")
    await keeping.close()
