"""The ledger of a running gateway: declared or not made, kept while the disk is away, signed by day."""

import asyncio
import threading
from pathlib import Path

import pytest

from gateway.ledger import ledger as module
from gateway.ledger.book import ROOTS, files
from gateway.ledger.ledger import AGAIN_S, Ledger
from gateway.ledger.records import Lockdown, Started
from gateway.ledger.signing import public_key
from gateway.ledger.verify import Verification
from gateway.plan import LedgerPlan
from gateway.secret import Secret
from tests.fakes.ledgers import LABELS, Clock, intent, lines, outcome, pair

START = Started("1", "c0ffee", LABELS, ())
DAY_S = 86_400


def kinds(folder: Path) -> list[str]:
    return [str(read.line.kind) for read in Verification(folder)]


async def until(ledger: Ledger, *, available: bool) -> None:
    async with asyncio.timeout(60):
        while ledger.is_available != available:  # noqa: ASYNC110  # it tells the metrics, when they ask
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("sync", ["always", "interval"])
async def test_what_is_declared_is_in_the_file(tmp_path: Path, sync: str) -> None:
    ledger = Ledger(LedgerPlan(tmp_path, sync=sync))  # type: ignore[arg-type]
    await ledger.start(START)
    assert await ledger.declare(intent())
    assert kinds(tmp_path) == ["start", "intent"]
    ledger.note(outcome())
    ledger.note(Lockdown("on", "signal"))
    await ledger.close()
    assert kinds(tmp_path) == ["start", "intent", "outcome", "lockdown", "stop"]
    assert Verification(tmp_path).run().is_sound


async def test_the_bodys_hash_is_keyed(tmp_path: Path) -> None:
    ledger = Ledger(LedgerPlan(tmp_path))
    await ledger.declare(intent(digest="ab" * 32))
    await ledger.close()
    assert b"ab" * 32 not in b"".join(lines(tmp_path))


async def test_attempts_that_come_together_share_a_write(tmp_path: Path) -> None:
    ledger = Ledger(LedgerPlan(tmp_path))
    assert all(await asyncio.gather(*(ledger.declare(intent(number)) for number in range(200))))
    await ledger.close()
    assert kinds(tmp_path).count("intent") == 200
    assert Verification(tmp_path).run().is_sound


async def test_what_cannot_be_declared_is_refused_until_it_can_and_outcomes_are_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "ledger"
    ledger = Ledger(LedgerPlan(folder))
    await ledger.start(START)
    assert await ledger.declare(intent(1))
    folder.rename(tmp_path / "elsewhere")
    assert not await ledger.declare(intent(2))
    assert not ledger.is_available
    ledger.note(outcome(1))
    assert not await ledger.declare(intent(3)), "at once, without asking the disk again"
    (tmp_path / "elsewhere").rename(folder)
    await until(ledger, available=True)
    assert await ledger.declare(intent(4))
    await ledger.close()
    assert sorted(kinds(folder)) == sorted(["start", "intent", "outcome", "restored", "intent", "stop"])
    assert {name: value for name, labels, value in ledger.samples() if not labels}["ledger_failures_total"] >= 1
    assert "nothing leaves" in caplog.text
    assert "can be written again" in caplog.text


async def test_a_disk_that_hangs_is_one_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WITHIN_S", 0.05)  # a number, not our code
    ledger = Ledger(LedgerPlan(tmp_path))
    await ledger.start(START)
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    ledger._writer.submit(lambda: asyncio.run_coroutine_threadsafe(release.wait(), loop).result())
    assert not await ledger.declare(intent(1))
    release.set()
    await until(ledger, available=True)
    await ledger.close()
    assert kinds(tmp_path)[:3] == ["start", "intent", "outcome"] or "outcome" in kinds(tmp_path), "the line came too late, and says so"
    assert b'"failure":"LEDGER_UNAVAILABLE"' in b"".join(lines(tmp_path))


async def test_a_caller_who_leaves_while_the_disk_is_asked_sent_nothing(tmp_path: Path) -> None:
    ledger = Ledger(LedgerPlan(tmp_path))
    await ledger.start(START)
    asking = asyncio.create_task(ledger.declare(intent(1)))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await ledger.close()
    assert kinds(tmp_path) == ["start", "intent", "outcome", "stop"]
    assert b'"Abandoned"' in lines(tmp_path)[2]


async def test_more_outcomes_than_are_kept_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    folder = tmp_path / "ledger"
    folder.write_text("")
    ledger = Ledger(LedgerPlan(folder))
    for number in range(5):
        ledger.note(outcome(number))
    await ledger._settled()
    folder.unlink()
    assert not ledger.is_available
    await asyncio.sleep(AGAIN_S)
    assert await ledger.declare(intent(9))
    await ledger.close()
    assert kinds(folder) == ["outcome"] * 3 + ["restored", "intent"]
    assert b'"lost":2' in lines(folder)[3]


async def test_heads_are_signed_at_the_start_each_day_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0.02)
    clock, (private, public) = Clock(), pair()
    for _ in range(2):
        ledger = Ledger(LedgerPlan(tmp_path, key=private), clock)
        await ledger.start(START)
        assert await ledger.declare(intent(1))
        clock.now += DAY_S
        async with asyncio.timeout(60):
            while b"root" not in b"".join(lines(tmp_path)[-1:]):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await ledger.close()
    verdict = Verification(tmp_path, key=public_key(public)).run()
    assert verdict.faults == []
    assert (tmp_path / ROOTS).read_bytes().count(b'"signature"') == 5, "the first start had nothing to sign"
    assert kinds(tmp_path) == ["start", "intent", "root", "stop", "root", "root", "start", "intent", "root", "stop", "root"]


async def test_a_day_that_could_not_be_signed_is_signed_when_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    clock, (private, public) = Clock(), pair()
    ledger = Ledger(LedgerPlan(tmp_path, key=private), clock)
    await ledger.start(START)
    ledger.configure(LedgerPlan(tmp_path, key=Secret("no key")))
    clock.now += DAY_S
    async with asyncio.timeout(60):
        while "the ledger is not signed" not in caplog.text:  # noqa: ASYNC110  # it tells the log
            await asyncio.sleep(0.01)
    assert ledger.is_available, "what leaves is written all the same"
    ledger.configure(LedgerPlan(tmp_path, key=private))
    async with asyncio.timeout(60):
        while b"root" not in b"".join(lines(tmp_path)[-1:]):  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.01)
    await ledger.close()
    assert Verification(tmp_path, key=public_key(public)).run().faults == []
    assert caplog.text.count("the ledger is not signed") == 1


async def test_other_settings_for_the_same_folder(tmp_path: Path) -> None:
    ledger = Ledger(LedgerPlan(tmp_path, rotate_bytes=1_000_000))
    await ledger.declare(intent(1))
    ledger.configure(LedgerPlan(tmp_path, rotate_bytes=10))
    await ledger.declare(intent(2))
    await ledger.close()
    assert len(files(tmp_path)) == 2


async def test_a_disk_that_hangs_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    ledger, hung = Ledger(LedgerPlan(tmp_path)), threading.Event()
    ledger._writer.submit(hung.wait)
    waiting = [asyncio.ensure_future(ledger.declare(intent(number))) for number in range(5)]
    await asyncio.sleep(0)
    ledger.note(outcome(0))  # the first batch is with the writer, so three more wait
    await asyncio.sleep(0)
    for number in range(10):
        ledger.note(outcome(number))
    assert not await ledger.declare(intent(9)), "no room, so nothing leaves"
    assert len(ledger._waiting) == 6
    assert ledger._lost > 0
    hung.set()
    assert sum(await asyncio.gather(*waiting)) >= 3
    await ledger.close()
    assert Verification(tmp_path).run().is_sound
