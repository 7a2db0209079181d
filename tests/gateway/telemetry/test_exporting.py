import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from typing_extensions import override

from gateway.telemetry import exporting
from gateway.telemetry.collector import Collector, Told
from gateway.telemetry.exporting import BATCH, MOST_QUEUED, Ended, Exporter
from gateway.telemetry.instruments import Row
from gateway.telemetry.places import Places
from gateway.telemetry.plan import OtelPlan
from tests.fakes.told import EXCHANGE, PLACES, exchange

TAKEN, LATER, REFUSED = Told("taken"), Told("later", wait_s=0.0), Told("refused")


@dataclass
class Scripted(Collector):
    """Says what it is told to say, the last thing again and again; `None`: nothing."""

    says: list[Told | None] = field(default_factory=lambda: [TAKEN])
    got: list[tuple[bytes, bytes]] = field(default_factory=list)
    is_closed: bool = False

    @override
    async def post(self, path: bytes, body: bytes) -> Told:
        said = self.says[min(len(self.got), len(self.says) - 1)]
        self.got.append((path, body))
        if said is None:
            await asyncio.Event().wait()
        assert said is not None
        return said

    @override
    async def close(self) -> None:
        self.is_closed = True


@dataclass
class Counting:
    """Messages that say how much is in them."""

    threads: set[str] = field(default_factory=set)

    def traces(self, batch: Sequence[Ended], places: Places) -> bytes:
        self.threads.add(threading.current_thread().name)
        return b"%d" % len(batch)

    def metrics(self, rows: Iterable[Row], since: int, now: int) -> bytes:
        assert since <= now
        return b"rows"

    def rejected(self, answer: bytes) -> int:
        return int(answer)


class Broken(Counting):
    """Fails, and quotes what it was about."""

    @override
    def traces(self, batch: Sequence[Ended], places: Places) -> bytes:
        raise ValueError("a secret")


def exporter(*says: Told | None, encodes: Counting | None = None, has_metrics: bool = False) -> tuple[Exporter, Scripted]:
    collector = Scripted(list(says) or [TAKEN])
    return Exporter(collector, encodes or Counting(), PLACES, has_metrics=has_metrics), collector


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110  # nothing to wait on
            await asyncio.sleep(0.005)


async def test_what_was_observed_is_sent_in_batches_from_a_thread() -> None:
    encodes = Counting()
    one, collector = exporter(encodes=encodes)
    for _ in range(BATCH + 5):
        one(EXCHANGE)
    one(exchange(is_sampled=False))
    one.start()
    one.start()
    await until(lambda: len(collector.got) == 2)
    assert collector.got == [(b"/v1/traces", b"%d" % BATCH), (b"/v1/traces", b"5")]
    assert all(name.startswith("otel") for name in encodes.threads), "not on the event loop"
    one(EXCHANGE)
    await one.close()
    assert collector.got[2:] == [(b"/v1/traces", b"1")], "what is left is sent at the end"
    assert collector.is_closed
    assert sum(one.dropped.values()) == 0
    one(EXCHANGE)
    assert one.dropped["closing"] == 1


async def test_a_full_queue_drops_and_counts_and_metrics_have_all() -> None:
    one, collector = exporter(has_metrics=True)
    for _ in range(MOST_QUEUED + 3):
        one(EXCHANGE)
    assert one.dropped["queue"] == 3
    assert one._metrics is not None
    assert sum(next(one._metrics.rows()).counts) >= MOST_QUEUED + 3
    one.start()
    await one.close()
    assert sum(int(body) for path, body in collector.got if path == b"/v1/traces") == MOST_QUEUED
    assert collector.got[-1] == (b"/v1/metrics", b"rows")


@pytest.mark.parametrize(
    ("says", "kind", "posts"),
    [
        pytest.param([REFUSED], "refused", 1, id="it says no"),
        pytest.param([LATER] * 9, "unreachable", 5, id="it never takes it"),
        pytest.param([LATER, LATER, TAKEN], "", 3, id="it takes it in the end"),
        pytest.param([Told("taken", b"4")], "rejected", 1, id="it drops some"),
    ],
)
async def test_what_does_not_arrive_is_counted_by_why(says: list[Told], kind: str, posts: int, caplog: pytest.LogCaptureFixture) -> None:
    one, collector = exporter(*says)
    for _ in range(4):
        one(EXCHANGE)
    one.start()
    await until(lambda: len(collector.got) == posts)
    await until(lambda: not one._under_way)
    assert {name: count for name, count in one.dropped.items() if count} == ({kind: 4} if kind else {})
    await one.close()
    states = [record.__dict__["state"] for record in caplog.records if record.message == "collector"]
    assert len(states) == (kind in ("refused", "unreachable")), "once, not at every try"


async def test_a_collector_that_hangs_does_not_hold_up_the_end() -> None:
    one, collector = exporter(None)
    for _ in range(BATCH + 7):
        one(EXCHANGE)
    one.start()
    await until(lambda: len(collector.got) == 1)
    await one.close(0.01)
    assert one.dropped["closing"] == BATCH + 7
    assert collector.is_closed


async def test_while_it_is_barred_nothing_goes_and_metrics_lose_nothing() -> None:
    barred = [True]
    collector = Scripted([TAKEN])
    one = Exporter(collector, Counting(), PLACES, is_barred=lambda: bool(barred))
    one(EXCHANGE)
    one.every_s = one.metrics_s = 0.01
    one.start()
    await until(lambda: one.dropped["lockdown"] == 1)
    await until(lambda: one.dropped["metrics"] > 0)
    assert collector.got == []
    barred.clear()
    one(EXCHANGE)
    await one.close()
    assert (b"/v1/traces", b"1") in collector.got
    assert collector.got[-1] == (b"/v1/metrics", b"rows")


async def test_one_that_was_never_started_ends_too() -> None:
    one, collector = exporter()
    one(EXCHANGE)
    await one.close()
    assert one.dropped["closing"] == 1
    assert collector.got == []


async def test_a_defect_costs_a_batch_and_says_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    one, collector = exporter(encodes=Broken())
    one(EXCHANGE)
    one.start()
    await one.close()
    assert (one.dropped["defect"], collector.got) == (1, [])
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.__dict__["error"] == "ValueError"
    assert "secret" not in logging.Formatter().format(record)


async def test_metrics_are_told_again_and_again() -> None:
    one, collector = exporter(REFUSED, TAKEN, has_metrics=True)
    one.every_s = one.metrics_s = 0.01
    one.start()
    one(exchange(is_sampled=False))
    await until(lambda: len(collector.got) >= 3)
    assert {path for path, _ in collector.got} == {b"/v1/metrics"}
    assert one.dropped["metrics"] == 1
    one.follow({})
    assert one.places == {}
    await one.close()
    assert exporting.METRICS_S == 60.0


def test_a_plan_has_a_collector() -> None:
    assert isinstance(Scripted(), Collector)
    assert OtelPlan("http://127.0.0.1:4318").metrics
