import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from classifiers.kinds import Span
from classifiers.prompt import Part, Prompt
from classifiers.signals import Doubt, Finding, Signals
from gateway.exchange import Exchange
from tests.fakes.gateway import compiled, configuration
from tests.fakes.patience import paced
from tests.fakes.scripted import Scripted, stage

PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
SLOW_WORDS = {"sensitivity.detectors": [{"tests.fakes.word_detector": {"is_slow": True}}], "sensitivity.slow_deadline_s": 0.1}
SLOW_PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", SLOW_WORDS))
CLEAN = Signals()
EXCHANGE = Exchange("req_1", "chat", "served", 200)


def test_what_has_no_decision_yet_has_the_highest_label_and_goes_nowhere() -> None:
    undecided = stage(PLAN, {}).runtime.undecided
    assert (str(undecided.label), undecided.chain, undecided.route) == ("restricted", (), "undecided")


def test_an_observer_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    def fails(_exchange: Exchange) -> None:
        raise ValueError("text")

    seen: list[Exchange] = []
    stage(PLAN, {}, observers=(fails, seen.append)).runtime.observe(EXCHANGE)
    assert seen == [EXCHANGE]
    record = caplog.records[0].__dict__
    assert (record["msg"], record["request_id"], record["error"]) == ("defect", "req_1", "ValueError")
    assert "test_runtime.py" in record["where"]
    assert "text" not in caplog.text


def test_a_defect_without_a_traceback_is_reported_too(caplog: pytest.LogCaptureFixture) -> None:
    stage(PLAN, {}).runtime.report("req_1", ValueError("never raised"))
    assert caplog.records[0].__dict__["where"] == "?"


async def test_slow_detectors_run_beside_the_loop_within_their_time() -> None:
    prompt = Prompt((Part("my email"),))
    with ThreadPoolExecutor(1) as pool:
        patient = stage(replace(SLOW_PLAN, slow_s=30.0), {}, pool=pool).runtime
        assert [finding.category for finding in (await patient.ask_slow(prompt)).findings] == ["email"]
        runtime = stage(SLOW_PLAN, {}, pool=pool).runtime
        asyncio.get_running_loop().run_in_executor(pool, (busy := threading.Event()).wait)  # the only thread
        late = await runtime.ask_slow(prompt)
        busy.set()
        assert [doubt.kind for doubt in late.doubts] == ["late"]
        assert late.coverage == 0.0


@dataclass(slots=True)
class Asked:
    """A remote detector: says this after so many seconds, and when all that share `beside` are asked."""

    kind: str
    says: Signals = CLEAN
    after_s: float = 0.0
    beside: asyncio.Barrier | None = None
    is_closed: bool = False
    is_ended: bool = False

    async def detect(self, prompt: Prompt) -> Signals:
        """Wait, then say it. `is_ended`: it was cancelled."""
        try:
            await asyncio.sleep(self.after_s)
            if self.beside is not None:
                await self.beside.wait()
        except asyncio.CancelledError:
            self.is_ended = True
            raise
        return self.says

    async def close(self) -> None:
        """Note it."""
        self.is_closed = True


PERSON = Signals((Finding(0, 0, 0, 2, "person", "service"),))
UNREAD = Signals(doubts=(Doubt("failed", detector="model"),), coverage=0.5)


async def test_slow_and_remote_detectors_are_asked_at_the_same_time_and_all_that_they_say_counts() -> None:
    with ThreadPoolExecutor(1) as pool:
        both = asyncio.Barrier(2)
        remote = (Asked("service", PERSON, beside=both), Asked("model", UNREAD, beside=both))
        runtime = stage(replace(SLOW_PLAN, slow_s=20.0), {}, pool=pool, remote=remote).runtime
        found = await runtime.ask_slow(Prompt((Part("my email"),)))
    assert sorted(finding.category for finding in found.findings) == ["email", "person"], "each waits until both are asked"
    assert found.doubts == UNREAD.doubts
    assert found.coverage == 0.5


async def test_a_remote_detector_that_is_late_is_a_doubt_of_its_own_and_its_calls_are_ended() -> None:
    async def scene(pace: float) -> None:
        late = Asked("service", PERSON, 300.0)
        runtime = stage(replace(SLOW_PLAN, slow_s=0.5 * pace), {}, remote=(late, Asked("model", PERSON))).runtime
        found = await runtime.ask_remote(Prompt((Part("my email"),)))
        assert [(doubt.kind, doubt.detector) for doubt in found.doubts] == [("late", "service")]
        assert (found.coverage, found.findings) == (0.0, PERSON.findings), "what the other one found is not lost"
        assert late.is_ended

    await paced(scene)


async def test_a_scan_asks_fast_slow_and_remote_ones() -> None:
    plan = replace(PLAN, slow=SLOW_PLAN.slow, slow_s=30.0)
    with ThreadPoolExecutor(1) as pool:
        on = stage(plan, {}, pool=pool, remote=(Asked("service", PERSON),))
        found = await on.runtime.scan(Prompt((Part("my email is bob@example.com"),)))
        assert [(finding.category, finding.detector) for finding in found.findings].count(("person", "service")) == 1
        assert {finding.detector for finding in found.findings} == {"patterns", "words", "service"}
        (remote,) = on.runtime.remote
        await on.runtime.close()
    assert isinstance(remote, Asked)
    assert remote.is_closed


@dataclass
class Dawdles:
    """Takes longer for each text than there is time."""

    seconds: float
    kind = "dawdles"
    categories = frozenset[str]()
    is_slow = True
    read: list[str] = field(default_factory=list)

    def detect(self, text: str) -> Iterator[Span]:
        self.read.append(text)
        time.sleep(self.seconds)
        yield from ()


async def test_a_thread_that_overruns_begins_no_further_text() -> None:
    async def scene(pace: float) -> None:
        dawdles = Dawdles(0.4 * pace)
        with ThreadPoolExecutor(1) as pool:
            runtime = stage(replace(SLOW_PLAN, slow=(dawdles,), slow_s=0.2 * pace), {}, pool=pool).runtime
            late = await runtime.ask_slow(Prompt((Part("one"), Part("two", 1))))
            assert [doubt.kind for doubt in late.doubts] == ["late"]
        assert dawdles.read == ["one"]

    await paced(scene)


async def test_closing_ends_upstreams_and_threads() -> None:
    upstream, pool = Scripted(), ThreadPoolExecutor(1)
    await stage(PLAN, {"qwen": upstream}, pool=pool).runtime.close()
    assert upstream.is_closed
    with pytest.raises(RuntimeError):
        pool.submit(print)
    await stage(PLAN, {"qwen": upstream}).runtime.close()


async def test_a_slow_detector_reads_a_text_once() -> None:
    with ThreadPoolExecutor(1) as pool:
        runtime = stage(replace(SLOW_PLAN, slow_s=30.0), {}, pool=pool).runtime
        prompt = Prompt((Part("an email"), Part("a card", 1)))
        first = await runtime.ask_slow(prompt)
        assert len(runtime.slow_memo) == 2
        assert await runtime.ask_slow(prompt) == first
        assert [finding.category for finding in first.findings] == ["email", "card"]
        assert len(runtime.memo) == 0, "what fast detectors found is another matter"
