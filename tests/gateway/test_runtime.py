import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from classifiers.prompt import Part, Prompt
from gateway.exchange import Exchange
from tests.fakes.gateway import compiled, configuration
from tests.fakes.scripted import Scripted, stage

PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
SLOW_WORDS = {"sensitivity.detectors": [{"tests.fakes.word_detector": {"is_slow": True}}], "sensitivity.slow_deadline_s": 0.1}
SLOW_PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", SLOW_WORDS))
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
        runtime = stage(SLOW_PLAN, {}, pool=pool).runtime
        assert [finding.category for finding in (await runtime.ask_slow(prompt)).findings] == ["email"]
        asyncio.get_running_loop().run_in_executor(pool, lambda: time.sleep(0.3))  # in a thread
        late = await runtime.ask_slow(prompt)
        assert [doubt.kind for doubt in late.doubts] == ["late"]
        assert late.coverage == 0.0


async def test_closing_ends_upstreams_and_threads() -> None:
    upstream, pool = Scripted(), ThreadPoolExecutor(1)
    await stage(PLAN, {"qwen": upstream}, pool=pool).runtime.close()
    assert upstream.is_closed
    with pytest.raises(RuntimeError):
        pool.submit(print)
    await stage(PLAN, {"qwen": upstream}).runtime.close()


async def test_a_slow_detector_reads_a_text_once() -> None:
    with ThreadPoolExecutor(1) as pool:
        runtime = stage(SLOW_PLAN, {}, pool=pool).runtime
        prompt = Prompt((Part("an email"), Part("a card", 1)))
        first = await runtime.ask_slow(prompt)
        assert len(runtime.slow_memo) == 2
        assert await runtime.ask_slow(prompt) == first
        assert [finding.category for finding in first.findings] == ["email", "card"]
        assert len(runtime.memo) == 0, "what fast detectors found is another matter"
