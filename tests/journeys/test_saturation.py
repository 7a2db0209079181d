"""A local pool at more than it can take, over real sockets: who waits, who goes out, who is told to come again, and who never leaves."""

import asyncio
import time
from typing import Any

import pytest

from tests.fakes.client import Reply, ask
from tests.fakes.gateway import Gateway, between, total
from tests.fakes.patience import paced
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Sleep
from tests.fakes.upstream import DONE, USAGE, Script, Upstream, Wait, chat, delta, failing, stream, words

SLOTS, HELD_S = 4, 0.2
HELD = (Wait(), *chat())


def slow(held_s: float) -> Script:
    return stream(delta("a"), Sleep(held_s), delta(finish="stop"), USAGE, DONE)


def admission(**more: object) -> dict[str, Any]:
    return {"destinations.qwen.admission": {"slots": SLOTS} | more}


async def arriving(gate: Gateway, every_s: float, count: int, text: str, **more: Any) -> list[Reply]:
    """Callers who come one after the other and do not wait for each other."""
    asked = []
    for _ in range(count):
        asked.append(asyncio.create_task(gate.post(ask(text, **more))))
        await asyncio.sleep(every_s)
    return await asyncio.gather(*asked)


async def test_at_three_times_its_capacity_what_is_sensitive_is_served_at_home_and_the_rest_spills(
    local: Upstream, cloud: Upstream
) -> None:
    canary, mosts = Canary(), list[int]()

    async def scene(pace: float) -> None:
        local.then(slow(HELD_S * pace))
        cloud.then(words("b"))
        async with between(local, cloud, admission(spill_above_s=0.4 * pace, wait_s=60)) as gate:
            most, rate = 0, 3 * SLOTS / (HELD_S * pace)

            async def watch() -> None:
                nonlocal most
                while True:
                    [in_flight] = [count for name, *_, count in gate.live.runtime.fleet.states(0.0) if name == "qwen"]
                    most = max(most, in_flight)
                    await asyncio.sleep(0.005)

            watching = asyncio.create_task(watch())
            sensitive, public = await asyncio.gather(
                arriving(gate, 5 / rate, 24, canary.say, stream=True), arriving(gate, 5 / 4 / rate, 96, "easy", stream=True)
            )
            watching.cancel()
            mosts.append(most)
            await gate.until_observed(120)
            metrics = await gate.metrics()
        assert {reply.status for reply in sensitive + public} == {200}
        assert all(reply.body.endswith(DONE) for reply in sensitive + public)
        assert {reply.headers["x-tidegate-path"] for reply in sensitive} == {"local"}
        spilled = [reply for reply in public if reply.headers["x-tidegate-path"] == "cloud"]
        assert 10 <= len(spilled) < 96
        assert total(metrics, "tidegate_spilled_total", target="qwen") == len(spilled) == len(cloud.bodies)
        waits = {"sensitive": [0.0], "public": [0.0]}
        for exchange in gate.exchanges:
            for attempt in exchange.attempts:
                if attempt.line and not attempt.failure:
                    waits[attempt.line].append(attempt.queue_s)
        assert max(waits["sensitive"]) < 60
        assert sum(waits["sensitive"]) / len(waits["sensitive"]) < sum(waits["public"]) / len(waits["public"])
        counted = total(metrics, "tidegate_queue_wait_seconds_count", **{"target": "qwen", "class": "sensitive"})
        asked = [attempt for exchange in gate.exchanges for attempt in exchange.attempts if attempt.line == "sensitive"]
        assert counted == len(asked) >= len(sensitive), "on a slow machine one may be turned away first, and come back"
        assert total(metrics, "tidegate_local_queue_depth", target="qwen") == 0

    await paced(scene)
    canary.assert_nowhere(cloud=bytes(cloud.received))  # of all that was played, as what follows
    assert set(mosts) == {SLOTS}, "never more than it takes"


async def test_what_is_too_much_is_refused_at_once_and_told_when_to_come_again(local: Upstream, cloud: Upstream) -> None:
    local.then(HELD)
    canary = Canary()
    async with between(local, cloud, admission(queue=6)) as gate:
        first = [asyncio.create_task(gate.post(ask(canary.say))) for _ in range(SLOTS + 6)]
        await local.until(requests=SLOTS)
        await until_depth(gate, 6)
        start = time.monotonic()
        refused = await asyncio.gather(*(gate.post(ask(canary.say)) for _ in range(40)))
        assert time.monotonic() - start < 9
        assert {(reply.status, reply.error["code"]) for reply in refused} == {(503, "local_unavailable")}
        assert all(1 <= int(reply.headers["retry-after"]) <= 60 for reply in refused)
        assert len(local.bodies) == SLOTS
        local.go_on()
        assert {reply.status for reply in await asyncio.gather(*first)} == {200}
        metrics = await gate.metrics()
    assert not cloud.bodies
    assert total(metrics, "tidegate_admission_refusals_total", **{"class": "sensitive", "trigger": "queue"}) == 40
    assert total(metrics, "tidegate_requests_in_flight") == 0


async def test_what_may_not_leave_is_waited_for_no_longer_than_its_time(local: Upstream, cloud: Upstream) -> None:
    local.then(HELD)
    async with between(local, cloud, admission(slots=1, wait_s=0.2)) as gate:
        first = asyncio.create_task(gate.post(ask(Canary().say)))
        await local.until(requests=1)
        start = time.monotonic()
        late = await gate.post(ask(Canary().say))
        assert 0.15 <= time.monotonic() - start < 9
        assert (late.status, late.error["code"], late.headers["retry-after"]) == (503, "local_unavailable", "1")
        local.go_on()
        assert (await first).status == 200
    assert not cloud.bodies


async def test_who_leaves_while_waiting_is_never_asked_for(local: Upstream, cloud: Upstream) -> None:
    local.then(HELD)
    async with between(local, cloud, admission(slots=1)) as gate:
        first = asyncio.create_task(gate.post(ask(Canary().say)))
        await local.until(requests=1)
        leaving = [asyncio.create_task(gate.post(ask(Canary().say))) for _ in range(20)]
        await until_depth(gate, 20)
        for task in leaving:
            task.cancel()
        await until_depth(gate, 0)
        local.go_on()
        assert (await first).status == 200
        await gate.until_observed(21)
        assert [exchange.result for exchange in gate.exchanges].count("abandoned") == 20
        assert len(local.bodies) == 1
        assert (await gate.post(ask(Canary().say))).status == 200


async def test_a_pool_that_refuses_shows_how_much_it_takes(local: Upstream, cloud: Upstream) -> None:
    canary = Canary()
    async with between(local, cloud, {"destinations.qwen.admission": {"spill_above_s": 0.2}}) as gate:
        local.then(*[HELD] * 3, failing(503, "too many requests are queued"), HELD)
        first = [asyncio.create_task(gate.post(ask(canary.say))) for _ in range(3)]
        await local.until(requests=3)
        fourth = asyncio.create_task(gate.post(ask(canary.say)))
        await until_depth(gate, 1)
        assert total(await gate.metrics(), "tidegate_admission_slots", target="qwen") == 3
        assert (await gate.post(ask("easy"))).headers["x-tidegate-path"] == "cloud"
        local.go_on()
        assert {reply.status for reply in await asyncio.gather(*first, fourth)} == {200}


async def test_a_reload_forgets_nobody_who_waits(local: Upstream, cloud: Upstream, tmp_path: Any) -> None:
    local.then(HELD)
    async with between(local, cloud, admission(slots=1)) as gate:
        first = asyncio.create_task(gate.post(ask(Canary().say)))
        await local.until(requests=1)
        second = asyncio.create_task(gate.post(ask(Canary().say)))
        await until_depth(gate, 1)
        runtime = gate.live._bring_up(gate.live.runtime.plan)
        assert runtime.admission is gate.live.runtime.admission
        local.go_on()
        assert [(await task).status for task in (first, second)] == [200, 200]
        await runtime.close()


async def until_depth(gate: Gateway, count: int) -> None:
    """Wait until so many wait."""
    [door] = gate.live.runtime.admission.doors.values()
    async with asyncio.timeout(20):
        while door.gate.depth("sensitive") + door.gate.depth("public") != count:  # noqa: ASYNC110  # a gate tells nobody
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_with_room_nothing_is_different(local: Upstream, cloud: Upstream, is_stream: bool) -> None:
    local.then(words("a") if is_stream else chat())
    async with between(local, cloud, admission()) as gate:
        reply = await gate.post(ask(stream=is_stream))
        assert (reply.status, reply.headers["x-tidegate-attempts"]) == (200, "1")
        exchange = await gate.until_observed()
        assert (exchange.times.queue_s, exchange.attempts[0].queue_s, exchange.attempts[0].line) == (0.0, 0.0, "public")
        [door] = gate.live.runtime.admission.doors.values()
        assert (door.gate.running, door.gate.unread) == ({"sensitive": 0, "public": 0}, 0)
        assert (door.gate.forecast.weight > 0) is is_stream
