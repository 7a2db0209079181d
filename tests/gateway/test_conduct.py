import asyncio
import gc
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gateway.admission import Admission
from gateway.http.downstream import AsgiDownstream
from router.attempt import Abandoned, Broken, Failed, Refused, Served, Usage
from router.breaker import TRIP
from router.failures import FAILURES
from router.names import TargetName
from router.values import replace
from tests.fakes.client import ask
from tests.fakes.gateway import compiled, configuration
from tests.fakes.scripted import ANSWER, HANG, Caller, Play, Scripted, Stage, stage

EMAIL = "write to someone.else@" + "tidegate-mail.org"
HARD = "x" * 60
OVERLOADED = Failed(FAILURES["OVERLOADED"], 429, 9.0)
OVERLOADED_NOW = Failed(FAILURES["OVERLOADED"], 503)
FAULT = Failed(FAILURES["SERVER_FAULT"], 500)
REFUSED = Refused(FAILURES["BAD_REQUEST"], 422, b'{"error": {"message": "too hot"}}')
SLOW = {"sensitivity.detectors": ["patterns", {"tests.fakes.word_detector": {"is_slow": True, "words": ["zebra"]}}]}


def made(local: Scripted, cloud: Scripted, edits: Mapping[str, Any] | None = None, **members: Any) -> Stage:
    return stage(compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits)), {"qwen": local, "gpt": cloud}, **members)


async def test_a_request_is_cleared_relayed_and_recorded() -> None:
    local, cloud = Scripted(), Scripted()
    on = made(local, cloud)
    exchange = await on.conduct(ask(HARD))
    attempt, payload, call = cloud.seen[0]
    assert (attempt.number, attempt.target.name, payload.target, str(payload.label)) == (1, "gpt", "gpt", "public")
    assert (call.request_id, call.endpoint, call.is_stream, call.hides_usage) == ("req_1", "chat", False, False)
    assert (on.caller.status, on.caller.body, on.caller.headers["x-tidegate-target"]) == (200, ANSWER, "gpt")
    assert (exchange.result, exchange.status, exchange.path, exchange.target, exchange.route) == ("served", 200, "cloud", "gpt", "hard")
    assert (exchange.usage, exchange.cost, exchange.baseline_cost) == (Usage(7, 3), 37, 37)
    assert exchange.attempts[0].digest == payload.digest
    assert exchange.attempts[0].sent_bytes == len(payload.for_target(attempt.target.name))
    assert exchange.times.total_s >= exchange.times.classify_s > 0
    assert not local.seen


@pytest.mark.parametrize(
    "first,text,status,result,targets",
    [
        pytest.param(FAULT, "easy", 200, "served", ["qwen", "qwen", "gpt"], id="a failure is tried again and then elsewhere"),
        pytest.param(OVERLOADED, "easy", 200, "served", ["qwen", "gpt"], id="impatience goes on at once"),
        pytest.param(FAULT, EMAIL, 503, "failed", ["qwen", "qwen"], id="what is sensitive has nowhere else"),
        pytest.param(REFUSED, "easy", 422, "refused", ["qwen"], id="a refusal is an answer"),
        pytest.param(Broken(FAILURES["CUT"]), "easy", 200, "broken", ["qwen"], id="after the commit point nothing follows"),
        pytest.param(Abandoned(), "easy", 0, "abandoned", ["qwen"], id="nobody is there to be answered"),
    ],
)
async def test_it_tries_until_it_is_over(first: Any, text: str, status: int, result: str, targets: list[str]) -> None:
    on = made(Scripted([first]), Scripted())
    exchange = await on.conduct(ask(text))
    assert (on.caller.status, exchange.status, exchange.result) == (status, status, result)
    assert [attempt.target for attempt in exchange.attempts] == targets
    assert exchange.attempts[0].ending == type(first).__name__
    assert all(in_flight == 0 for *_, in_flight in on.runtime.fleet.states(0.0))


async def test_who_may_not_have_the_named_target_is_denied() -> None:
    local, cloud = Scripted(), Scripted()
    on = made(local, cloud, {"sensitivity.on_explicit_model": "deny"})
    exchange = await on.conduct(ask(EMAIL, "gpt"))
    assert (on.caller.status, on.caller.error["code"], exchange.result, exchange.path) == (403, "policy_violation", "denied", "blocked")
    assert "x-tidegate-target" not in on.caller.headers
    assert not local.seen
    assert not cloud.seen


async def test_slow_detectors_see_what_would_leave_and_can_keep_it() -> None:
    local, cloud = Scripted(), Scripted()
    with ThreadPoolExecutor(1) as pool:
        on = made(local, cloud, SLOW, pool=pool)
        exchange = await on.conduct(ask("zebra " * 12))
    assert (exchange.path, str(exchange.label)) == ("local", "restricted")
    assert dict(exchange.findings) == {"zebra": 12}
    assert exchange.times.slow_s > 0
    assert not cloud.seen


async def test_slow_detectors_do_not_see_what_stays() -> None:
    local, cloud = Scripted(), Scripted()
    with ThreadPoolExecutor(1) as pool:
        exchange = await made(local, cloud, SLOW, pool=pool).conduct(ask(EMAIL + " zebra"))
    assert exchange.times.slow_s == 0
    assert "zebra" not in dict(exchange.findings)


async def test_a_slow_detector_that_is_late_is_a_doubt() -> None:
    local, cloud = Scripted(), Scripted()
    with ThreadPoolExecutor(1) as pool:
        on = made(local, cloud, SLOW | {"sensitivity.slow_deadline_s": 0.05}, pool=pool)
        asyncio.get_running_loop().run_in_executor(pool, (busy := threading.Event()).wait)  # the only thread
        exchange = await on.conduct(ask(HARD))
        busy.set()
    assert (exchange.path, exchange.doubts, exchange.coverage) == ("local", (("late", 1),), 0.0)
    assert not cloud.seen


async def test_a_defect_is_a_500_that_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    on = made(Scripted([RuntimeError("what the caller said")]), Scripted())
    exchange = await on.conduct(ask())
    assert (on.caller.status, on.caller.error["code"]) == (500, "internal_error")
    assert (exchange.result, exchange.code, exchange.status, exchange.path) == ("failed", "internal_error", 500, "blocked")
    assert [attempt.ending for attempt in exchange.attempts] == ["Abandoned"]
    assert "RuntimeError" in str([record.__dict__ for record in caplog.records])
    assert "what the caller said" not in str([record.__dict__ for record in caplog.records])


async def test_a_caller_who_leaves_is_recorded_with_what_was_tried() -> None:
    on = made(Scripted([HANG]), Scripted())
    task, out = on.begin(ask())
    await asyncio.sleep(0)
    out.is_gone = True
    task.cancel()
    await task
    assert (on.exchanges[0].result, on.exchanges[0].target) == ("abandoned", "qwen")
    assert on.caller.messages == []


async def test_a_server_that_stops_cancels_and_still_records() -> None:
    on = made(Scripted([HANG]), Scripted())
    task, _ = on.begin(ask())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert on.exchanges[0].result == "failed"


async def test_what_a_request_leaves_behind_is_gone_without_the_garbage_collector() -> None:
    on = made(Scripted(), Scripted([REFUSED]))
    gc.collect()
    gc.disable()
    try:
        await on.conduct(ask())
        await on.conduct(ask(HARD))
        assert [left for left in gc.get_objects() if type(left).__name__ == "_Record"] == []
    finally:
        gc.enable()


async def test_an_exchange_has_its_members_in_their_places() -> None:
    on = made(Scripted(), Scripted([Served(usage=Usage(7, 3), finish="stop")]))
    exchange = await on.conduct(ask(HARD), is_stream=True)
    assert (exchange.request_id, exchange.endpoint, exchange.status, exchange.code) == ("req_1", "chat", 200, "")
    assert (exchange.tenant, exchange.key, exchange.preference, exchange.is_stream) == ("anonymous", "anonymous", "auto", True)
    assert (str(exchange.label), exchange.because, exchange.findings, exchange.doubts) == (
        "public",
        ("difficulty >= 0.4", "endpoint in chat, completions"),
        (),
        (),
    )
    assert (exchange.coverage, exchange.finish) == (1.0, "stop")
    assert exchange.difficulty is not None
    assert exchange.difficulty >= 0.4
    assert (exchange.body_bytes, exchange.answer_bytes) == (0, len(ANSWER))
    found = await on.conduct(ask(EMAIL))
    assert (found.findings, found.doubts, found.cost, found.baseline_cost) == ((("email", 1),), (), None, 37)


async def test_an_answer_without_usage_has_no_price() -> None:
    exchange = await made(Scripted([Served()]), Scripted()).conduct(ask())
    assert (exchange.usage, exchange.cost, exchange.baseline_cost) == (None, None, None)


def one_at_a_time(local: Scripted, cloud: Scripted, **more: object) -> Stage:
    """A local target with one slot, which is taken."""
    edits = {"destinations.qwen.admission": {"slots": 1} | more, "destinations.qwen.retries": 0}
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits))
    return stage(plan, {"qwen": local, "gpt": cloud}, admission=Admission(plan))


async def occupied(on: Stage, text: str) -> tuple[asyncio.Task[None], AsgiDownstream]:
    """Somebody who is served until they `leave`."""
    first, out = on.begin(ask(text))
    out._caller = first
    await asyncio.sleep(0)
    return first, out


def beside(on: Stage) -> Stage:
    """Another caller of the same gateway."""
    return replace(on, caller=Caller())


def is_empty(on: Stage) -> bool:
    [door] = on.runtime.admission.doors.values()
    waiting = door.gate.depth("sensitive") + door.gate.depth("public")
    return not any(door.gate.running.values()) and not waiting and not door.gate.unread


async def until_waiting(on: Stage, count: int = 1) -> None:
    [door] = on.runtime.admission.doors.values()
    async with asyncio.timeout(20):
        while door.gate.depth("sensitive") + door.gate.depth("public") < count:  # noqa: ASYNC110  # a gate tells nobody
            await asyncio.sleep(0.001)


async def test_who_finds_no_room_waits_for_it() -> None:
    local, cloud = Scripted([HANG, Served()]), Scripted()
    on = one_at_a_time(local, cloud)
    first, out = await occupied(on, EMAIL)
    other = beside(on)
    waiting, _ = other.begin(ask(EMAIL))
    await until_waiting(on)
    out.leave()
    await asyncio.gather(first, waiting)
    exchange = on.exchanges[-1]
    [attempt] = exchange.attempts
    assert (exchange.result, attempt.target, attempt.line) == ("served", "qwen", "sensitive")
    assert attempt.queue_s == exchange.times.queue_s > 0
    assert other.caller.headers["x-tidegate-attempts"] == "1"
    assert is_empty(on)
    assert not cloud.seen


async def test_who_may_go_elsewhere_does() -> None:
    local, cloud = Scripted([HANG, Served()]), Scripted()
    on = one_at_a_time(local, cloud, queue=0)
    first, out = await occupied(on, "easy")
    exchange = await beside(on).conduct(ask("easy"))
    assert [(attempt.target, attempt.failure) for attempt in exchange.attempts] == [("qwen", "FULL"), ("gpt", "")]
    assert exchange.attempts[0].line == "public"
    out.leave()
    await first
    assert is_empty(on)
    [door] = on.runtime.admission.doors.values()
    assert door.turned_away == {("public", "queue", True): 1}


async def test_who_may_not_is_told_when_to_come_again() -> None:
    on = one_at_a_time(Scripted([HANG]), Scripted(), queue=0)
    first, out = await occupied(on, EMAIL)
    other = beside(on)
    exchange = await other.conduct(ask(EMAIL))
    assert (other.caller.status, other.caller.error["code"], other.caller.headers["retry-after"]) == (503, "local_unavailable", "1")
    assert "Wait as long as" in other.caller.error["message"]
    assert (exchange.result, exchange.path, [attempt.failure for attempt in exchange.attempts]) == ("failed", "blocked", ["FULL"])
    assert all(state == "closed" for *_, state, _ in on.runtime.fleet.states(0.0)), "it is no fault of the target's"
    out.leave()
    await first


async def test_who_finds_nobody_elsewhere_comes_back_and_waits() -> None:
    local, cloud = Scripted([HANG, Served()]), Scripted([Failed(FAILURES["OUR_KEY"], 401)])
    on = one_at_a_time(local, cloud, spill_above_s=0.01)
    first, out = await occupied(on, "easy")
    other = beside(on)
    waiting, _ = other.begin(ask("easy"))
    async with asyncio.timeout(20):
        while not cloud.seen:  # noqa: ASYNC110  # a script tells nobody
            await asyncio.sleep(0.001)
    await until_waiting(on)
    out.leave()
    await asyncio.gather(first, waiting)
    assert [(one.target, one.failure) for one in on.exchanges[-1].attempts] == [("qwen", "FULL"), ("gpt", "OUR_KEY"), ("qwen", "")]
    assert on.exchanges[-1].attempts[-1].queue_s > 0
    assert is_empty(on)


async def test_who_leaves_while_waiting_is_recorded_and_forgotten() -> None:
    on = one_at_a_time(Scripted([HANG]), Scripted())
    first, out = await occupied(on, EMAIL)
    waiting, leaving = beside(on).begin(ask(EMAIL))
    leaving._caller = waiting
    await until_waiting(on)
    leaving.leave()
    await waiting
    assert (on.exchanges[-1].result, on.exchanges[-1].attempts) == ("abandoned", ())
    assert on.exchanges[-1].times.queue_s > 0
    out.leave()
    await first
    assert is_empty(on)


async def test_what_may_be_asked_is_judged_anew_after_a_wait() -> None:
    local = Scripted([HANG, Served()])
    on = one_at_a_time(local, Scripted())
    first, out = await occupied(on, EMAIL)
    other = beside(on)
    waiting, _ = other.begin(ask(EMAIL))
    await until_waiting(on)
    on.runtime.withdrawn.add(TargetName("qwen"))
    out.leave()
    await asyncio.gather(first, waiting)
    assert (other.caller.status, other.caller.error["code"]) == (503, "local_unavailable")
    assert len(local.seen) == 1
    assert is_empty(on)


async def test_who_goes_elsewhere_after_a_wait_holds_no_room() -> None:
    local, cloud = Scripted([HANG]), Scripted([HANG])
    on = one_at_a_time(local, cloud, spill=False)
    first, out = await occupied(on, "easy")
    waiting, leaving = beside(on).begin(ask("easy"))
    leaving._caller = waiting
    await until_waiting(on)
    [replica] = on.runtime.fleet.pool(TargetName("qwen"))
    replica.breaker.hold(time.monotonic() + 60)
    out.leave()
    await first
    async with asyncio.timeout(20):
        while not cloud.seen:  # noqa: ASYNC110  # a script tells nobody
            await asyncio.sleep(0.001)
    assert is_empty(on)
    leaving.leave()
    await waiting
    assert [(one.target, one.line) for one in on.exchanges[-1].attempts] == [("gpt", "")]


async def test_a_defect_gives_its_room_back() -> None:
    on = one_at_a_time(Scripted([ValueError("no"), Served()]), Scripted())
    assert (await on.conduct(ask(EMAIL))).result == "failed"
    assert (await beside(on).conduct(ask(EMAIL))).result == "served"
    assert is_empty(on)


@pytest.mark.parametrize(
    ("is_alone", "opens"), [pytest.param(False, False, id="it serves others"), pytest.param(True, True, id="it serves nobody")]
)
async def test_a_target_that_refuses_is_full_while_it_serves_others(is_alone: bool, opens: bool) -> None:
    plays: list[Play] = [OVERLOADED_NOW] if is_alone else [HANG, OVERLOADED_NOW]
    on = one_at_a_time(Scripted(plays), Scripted(), slots=100, wait_s=0.01)
    first, out = on.begin(ask(EMAIL))
    out._caller = first
    if not is_alone:
        await asyncio.sleep(0)
    for _ in range(2 * TRIP):
        [door] = on.runtime.admission.doors.values()
        door.gate._limit = 100.0
        await beside(on).conduct(ask(EMAIL))
    states = {name: state for name, _, state, _ in on.runtime.fleet.states(time.monotonic())}
    assert states[TargetName("qwen")] == ("open" if opens else "closed")
    if not is_alone:
        out.leave()
    await first
    assert is_empty(on)
