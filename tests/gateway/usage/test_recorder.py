import asyncio
import math
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typing_extensions import override

from gateway.exchange import AttemptRecord, Exchange, Times
from gateway.usage import recorder, writer
from gateway.usage.reading import open_store
from gateway.usage.recorder import Recorder
from gateway.usage.rows import Called, Leased, Rated, Used
from gateway.usage.sqlite import SqliteWriter
from gateway.usage.store import Batch, StoreError, Writes
from gateway.usage.writing import open_writer
from router.attempt import Usage
from router.names import MicroUsd, TargetName
from tests.fakes.disks import fill, small_disk
from tests.fakes.postgres import Database
from tests.fakes.sockets import comes_to
from tests.fakes.usage import leased, rated

EVER = (0.0, math.inf)
QWEN = TargetName("qwen")
SERVED = Exchange(
    "req_1",
    "chat",
    "served",
    200,
    tenant="acme",
    path="local",
    target=QWEN,
    attempts=(AttemptRecord(QWEN, 0, "Served", status=200, total_s=0.5),),
    usage=Usage(100, 20),
    cost=MicroUsd(45),
    times=Times(0.5, 0.125),
)


def exchange(**members: Any) -> Exchange:
    return msgspec.structs.replace(SERVED, **members)


async def test_while_it_is_barred_nothing_is_opened_and_rows_wait(tmp_path: Path) -> None:
    barred, opened = [True], list[str]()

    def opens(url: str) -> Writes:
        opened.append(url)
        return open_writer(url)

    path = tmp_path / "usage.db"
    async with recording(str(path), opens=opens, is_barred=lambda: bool(barred)) as made:
        made(SERVED)
        await comes_to(lambda: made.is_available, expected=False)
        assert not opened
        barred.clear()
        await comes_to(lambda: made.is_available, expected=True)
        made(SERVED)
        barred.append(True)
        await comes_to(lambda: made.is_available, expected=False)
        written = made._writer.written["used"]
        made(SERVED)
        await asyncio.sleep(0.7)
        assert made._writer.written["used"] == written, "nor does a connection that is open go on"
        barred.clear()
    with open_store(path) as store:
        assert len(list(store.rows(Used, *EVER))) == 3


@asynccontextmanager
async def recording(url: str, marks: str = "", **more: Any) -> AsyncIterator[Recorder]:
    made = Recorder(url, marks, **more)
    made.follow({QWEN: "Qwen/Qwen3-8B"}, 400)
    made.start()
    try:
        yield made
    finally:
        await made.close()


def counted(made: Recorder, family: str = "usage_rows_lost_total") -> dict[str, float]:
    return {labels[0] if labels else "": value for name, labels, value in made.samples() if name == family and value}


def rows(url: str, kind: type[Used] = Used) -> list[Used]:
    with open_store(url) as store:
        return list(store.rows(kind, *EVER))


async def test_what_is_recorded_is_in_the_store_when_it_is_closed(url: str) -> None:
    async with recording(url, now=lambda: 1_000.0) as made:
        made(exchange())
        made(exchange(request_id="req_2", attempts=(AttemptRecord(QWEN, 0, "Failed", "TIMEOUT"),) * 2, target=None, cost=None))
        made.note(leased())
        made.note(rated())
        assert made.is_available
    assert counted(made, "usage_rows_total") == {"used": 2.0, "called": 2.0, "leased": 1.0, "rated": 1.0}
    assert not counted(made)
    with open_store(url) as store:
        first, second = store.rows(Used, *EVER)
        assert (first.at, first.request_id, first.model, first.cost, first.beside) == (1_000.0, "req_1", "Qwen/Qwen3-8B", 45, 0)
        assert (second.target, second.model, second.cost, second.beside, second.attempts) == ("", "", None, None, 2)
        assert len(list(store.rows(Called, *EVER))) == 2
        assert list(store.rows(Leased, *EVER)) == [leased()]
        assert list(store.rows(Rated, *EVER)) == [rated()]


async def test_rows_are_there_within_a_second_without_closing(url: str) -> None:
    async with recording(url) as made:
        made(exchange())
        await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 1.0})
        assert len(rows(url)) == 1


async def test_a_thousand_at_a_time_and_each_once(url: str) -> None:
    async with recording(url) as made:
        for number in range(3_456):
            made(exchange(request_id=f"req_{number}"))
    assert [row.request_id for row in rows(url)] == [f"req_{number}" for number in range(3_456)]


async def test_a_row_that_the_store_does_not_take_stops_no_other(url: str) -> None:
    async with recording(url) as made:
        for number in range(5):
            made(exchange(request_id=f"req_{number}", usage=Usage(2**63) if number == 2 else None))
    assert [row.request_id for row in rows(url)] == ["req_0", "req_1", "req_3", "req_4"]
    assert counted(made) == {"row": 1.0}
    with open_store(url) as store:
        assert [loss[1:] for loss in store.losses(*EVER)] == [("row", 1)]


async def test_a_line_that_is_full_takes_no_more_and_says_how_many(url: str) -> None:
    made = Recorder(url)
    for number in range(recorder.MOST + 7):
        made(exchange(request_id=f"req_{number}", attempts=(AttemptRecord(QWEN, 0, "Failed"),)))  # two rows each
    for _ in range(3):
        made.note(rated())
    await made.close(60)
    assert counted(made) == {"queue": 17.0}
    with open_store(url) as store:
        assert [loss[1:] for loss in store.losses(*EVER)] == [("queue", 17)]
        assert store.counts()["used"][0] == recorder.MOST


class Broken(SqliteWriter):
    """A store whose next writes fail so."""

    def __init__(self, path: str, failures: list[Exception] | list[KeyboardInterrupt]) -> None:
        super().__init__(Path(path))
        self.failures = failures

    @override
    def write(self, batch: Batch) -> None:
        if self.failures and any(batch.rows):
            raise self.failures.pop(0)
        super().write(batch)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(StoreError("no", "disk"), id="the store"),
        pytest.param(ValueError("no"), id="a defect that every row meets once"),
    ],
)
async def test_after_a_failure_it_is_tried_again_and_nothing_is_lost(tmp_path: Path, failure: Exception) -> None:
    path, failures = str(tmp_path / "usage.db"), [failure]
    async with recording(path, opens=lambda url: Broken(url, failures)) as made:
        made(exchange())
        await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 1.0})
    assert len(rows(path)) == 1
    assert not counted(made)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_thread_that_dies_is_seen_and_goes_on_with_what_it_had(tmp_path: Path) -> None:
    path, failures = str(tmp_path / "usage.db"), [KeyboardInterrupt()]
    made = Recorder(path, opens=lambda url: Broken(url, failures))
    made(exchange())
    made.start()
    await comes_to(lambda: made.trouble, "ended")
    made(exchange(request_id="req_2"))
    assert counted(made, "usage_store_available") == {}, "which starts it again"
    await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 2.0})
    assert made.is_available
    await made.close()
    assert [row.request_id for row in rows(path)] == ["req_1", "req_2"]
    assert not counted(made)


async def test_a_locked_store_is_waited_for(tmp_path: Path) -> None:
    path = str(tmp_path / "usage.db")
    async with recording(path) as made:
        made(exchange())
        await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 1.0})
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("begin exclusive")
        made(exchange())
        await comes_to(lambda: made.trouble, "locked")
        other.execute("rollback")
        other.close()
        await comes_to(lambda: made.trouble, None)
    assert len(rows(path)) == 2


async def test_a_store_that_is_locked_until_the_end_costs_what_is_left(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "usage.db"
    marks = f"{path}-handed-"
    made = Recorder(str(path), marks)
    made(exchange())
    made.start()
    await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 1.0})
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin exclusive")
    for _ in range(3):
        made(exchange())
    await made.close(0.2)
    assert counted(made) == {"ended": 3.0}
    assert [record.__dict__["state"] for record in caplog.records if "lost" in record.message] == [3]
    await comes_to(lambda: made._thread is not None and made._thread.is_alive(), False)
    other.execute("rollback")
    other.close()


async def test_a_database_that_goes_away_is_waited_for(postgres_url: str, database: Database) -> None:
    async with recording(postgres_url) as made:
        made(exchange())
        await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 1.0})
        database.stop()
        try:
            made(exchange())
            await comes_to(lambda: made.trouble, "away")
        finally:
            database.start()
        await comes_to(lambda: made.trouble, None)
    assert len(rows(postgres_url)) == 2
    assert not counted(made)


async def test_a_database_that_does_not_answer_is_seen(postgres_url: str, database: Database) -> None:
    async with recording(postgres_url) as made:
        made(exchange())
        await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 1.0})
        database.pause()
        try:
            made(exchange())
            began = time.monotonic()
            await asyncio.sleep(1.0)
            assert made.is_available, "it may take its time"
            made._writer._called_at = began - writer.HANGS_S
            assert made.trouble == "away"
        finally:
            database.go_on()
        await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 2.0})


async def test_an_address_that_nobody_answers_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    made = Recorder("postgresql://someone:hunter2@127.0.0.1:1/usage")
    made.start()
    made(exchange())
    await comes_to(lambda: made.trouble, "away")
    await asyncio.sleep(1.5)
    await made.close()
    assert counted(made) == {"ended": 1.0}
    said = [record for record in caplog.records if "cannot be written" in record.message]
    assert len(said) == 1, "once, however often it fails"
    assert "hunter2" not in caplog.text + str([record.__dict__ for record in caplog.records])


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path) as disk:
        yield disk


async def test_a_full_disk_is_waited_for(full_disk: Path) -> None:
    path = str(full_disk / "usage.db")
    async with recording(path, f"{path}-handed-") as made:
        made(exchange())
        await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 1.0})
        fill(full_disk)
        for number in range(500):
            made(exchange(request_id=f"req_{number}"))
        await comes_to(lambda: made.trouble, "disk")
        made(exchange())
        (full_disk / "filler").unlink()
        await comes_to(lambda: made.trouble, None)
    assert len(rows(path)) == 502
    assert not counted(made)


async def test_rows_that_come_while_the_disk_is_full_are_lost_when_the_line_is(full_disk: Path) -> None:
    path = str(full_disk / "usage.db")
    async with recording(path) as made:
        made(exchange())
        await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 1.0})
        fill(full_disk)
        for _ in range(500):
            made(exchange())
        await comes_to(lambda: made.trouble, "disk")
        for _ in range(recorder.MOST + 500):
            made(exchange())
        assert set(counted(made)) == {"disk"}
        assert 0 < counted(made)["disk"] <= 1_000
        (full_disk / "filler").unlink()


KILLED = """
import glob, sys, time
from tests.gateway.usage.test_recorder import Recorder, exchange
made = Recorder(sys.argv[1], sys.argv[2])
made.start()
while not glob.glob(sys.argv[2] + "*"):
    time.sleep(0.01)
number = 0
print("go", flush=True)
while True:
    for _ in range(50):
        made(exchange(request_id=f"req_{number}"))
        number += 1
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
    time.sleep(0.01)
"""


def _killed(url: str, marks: str, after_s: float) -> int:
    """Record requests in a process of its own, and kill it. How many it said it had handed over."""
    command = [sys.executable, "-c", KILLED, url, marks]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        time.sleep(after_s)
        process.kill()
        return [int(line) for line in process.stdout.read().split(b"\n")[:-1]][-1]


@pytest.mark.parametrize("after_s", [0.4, 0.9, 1.3])
async def test_a_process_that_is_killed_loses_its_last_batch_and_the_next_one_says_how_much_that_was(
    url: str, tmp_path: Path, after_s: float
) -> None:
    marks = str(tmp_path / "usage-handed-")
    handed = await asyncio.to_thread(_killed, url, marks, after_s)
    async with recording(url, marks) as made:
        made(exchange(request_id="after"))
        await comes_to(lambda: counted(made, "usage_rows_total"), {"used": 1.0})
        lost = counted(made).get("killed", 0.0)
    found = [row.request_id for row in rows(url)]
    written = found[:-1]
    assert found == [*(f"req_{number}" for number in range(len(written))), "after"], "what was written is whole, and in order"
    assert handed <= len(written) + lost <= handed + 50, "the last lines may not have been said"
    assert lost <= 50 * 100 * 1.5, "what came since the last batch"
    if not url.startswith("postgresql"):
        assert sqlite3.connect(url).execute("pragma integrity_check").fetchone() == ("ok",)
    with open_store(url) as store:
        assert [loss[1:] for loss in store.losses(*EVER)] == ([("killed", lost)] if lost else [])


async def test_several_processes_write_to_one_store(url: str, tmp_path: Path) -> None:
    marks = str(tmp_path / "usage-handed-")
    async with recording(url, marks) as one, recording(url, marks) as other:
        for number in range(400):
            one(exchange(request_id=f"one_{number}"))
            other(exchange(request_id=f"other_{number}"))
            if not number % 100:
                await asyncio.sleep(0.3)
    assert len(rows(url)) == 800
    assert not counted(one) | counted(other)


async def test_rows_are_deleted_when_they_are_old(url: str) -> None:
    clock = [1_000.0]
    made = Recorder(url, now=lambda: clock[0])
    made.follow({}, 1)
    for number in range(5):
        clock[0] += 3_600.0
        made(exchange(request_id=f"req_{number}"))
    clock[0] = 1_000.0 + 86_400.0 + 3 * 3_600.0 + 1
    made.start()
    await made.close()
    assert [row.request_id for row in rows(url)] == ["req_3", "req_4"]
