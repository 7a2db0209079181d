"""The line before a target, on a clock: who sleeps in it is woken, runs out of time or leaves, and nothing is left behind."""

import asyncio
import time
from dataclasses import replace

import pytest

from gateway.admission import Admission, Door
from gateway.plan import Plan
from router.admission import Capacity, Gate, Place
from router.attempt import Served
from router.names import TargetName
from tests.fakes.gateway import compiled, configuration

ONE = Capacity(slots=1, queue=4)


def door(capacity: Capacity = ONE) -> Door:
    return Door(TargetName("qwen"), Gate(capacity))


def place(within_s: float = 30.0, *, can_leave: bool = False) -> Place:
    now = time.monotonic()
    return Place("sensitive", now, now + within_s, can_leave=can_leave)


def samples(at: Door | Admission) -> dict[tuple[str, ...], float]:
    return {(name, *labels): value for name, labels, value in at.samples()}


def is_empty(at: Door) -> bool:
    return not at.gate.depth("sensitive") and not any(at.gate.running.values()) and not at._turns


async def test_who_waits_is_woken_when_there_is_room() -> None:
    at, first, second = door(), place(), place()
    assert await at.enter(first, 7.0) == "go"
    assert first.began == 7.0
    waiting = asyncio.ensure_future(at.enter(second, time.monotonic()))
    await asyncio.sleep(0)
    assert samples(at)["local_queue_depth", "qwen", "sensitive"] == 1
    at.answered(first)
    at.leave(first, Served())
    assert await waiting == "go"
    at.leave(second, Served())
    assert is_empty(at)


async def test_who_is_not_woken_in_time_is_told_so() -> None:
    at = door()
    first = place()
    await at.enter(first, time.monotonic())
    assert await at.enter(place(0.02, can_leave=True), time.monotonic()) == "late"
    assert await at.enter(place(0.02), time.monotonic()) == "late"
    at.leave(first, None)
    assert is_empty(at)
    seen = samples(at)
    assert (seen["spilled_total", "qwen", "late"], seen["admission_refusals_total", "qwen", "sensitive", "late"]) == (1, 1)
    assert seen["admission_slots", "qwen"] == 1


async def test_who_leaves_is_forgotten() -> None:
    at, first = door(), place()
    await at.enter(first, time.monotonic())
    waiting = asyncio.ensure_future(at.enter(place(), time.monotonic()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    at.leave(first, Served())
    assert is_empty(at)


async def test_who_leaves_at_the_moment_of_being_let_in_takes_no_room_away() -> None:
    at, first, third = door(), place(), place()
    await at.enter(first, time.monotonic())
    leaving = asyncio.ensure_future(at.enter(place(), time.monotonic()))
    waiting = asyncio.ensure_future(at.enter(third, time.monotonic()))
    await asyncio.sleep(0)
    at.leave(first, Served())
    leaving.cancel()
    assert await waiting == "go"
    assert leaving.cancelled()
    at.leave(third, Served())
    assert is_empty(at)


async def test_a_line_that_is_full_is_said_at_once() -> None:
    at, first = door(replace(ONE, queue=0)), place()
    await at.enter(first, time.monotonic())
    assert await at.enter(place(), time.monotonic()) == "queue"
    assert samples(at)["admission_refusals_total", "qwen", "sensitive", "queue"] == 1


def plan(**admission: object) -> Admission:
    return Admission(_plan(admission))


def _plan(admission: object) -> Plan:
    return compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"destinations.qwen.admission": admission}))


def test_a_target_without_it_has_no_door() -> None:
    assert Admission(compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))).doors == {}


@pytest.mark.parametrize(
    ("said", "first"),
    [pytest.param({}, "personal", id="by clearances"), pytest.param({"reserved_for": "internal"}, "internal", id="as configured")],
)
def test_what_is_reserved_for_whom(said: dict[str, object], first: str) -> None:
    assert str(plan(**said).doors[TargetName("qwen")].gate.capacity.reserved_for) == first


async def test_a_reload_keeps_who_is_there() -> None:
    admission = plan(slots=1)
    [at] = admission.doors.values()
    first, second = place(), place()
    await at.enter(first, time.monotonic())
    waiting = asyncio.ensure_future(at.enter(second, time.monotonic()))
    await asyncio.sleep(0)
    admission.follow(_plan({"slots": 2}))
    assert await waiting == "go"
    assert [*admission.doors.values()] == [at]
    assert samples(admission)["admission_slots", "qwen"] == 2
    admission.follow(compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")))
    assert admission.doors == {}
    admission.follow(_plan({"slots": 2}))
    third = place()
    [other] = admission.doors.values()
    waiting = asyncio.ensure_future(other.enter(third, time.monotonic()))
    await asyncio.sleep(0)
    assert not waiting.done(), "both places are taken still"
    at.leave(first, Served())
    assert await waiting == "go"
    at.leave(second, Served())
    other.leave(third, Served())
    assert is_empty(at)


async def test_as_long_as_nothing_was_refused_there_is_no_number_of_slots() -> None:
    assert ("admission_slots", "qwen") not in samples(plan())


def test_replicas_come_and_go() -> None:
    admission = plan(slots=3)
    admission.resize(TargetName("qwen"), 4)
    admission.resize(TargetName("gpt"), 4)
    assert samples(admission)["admission_slots", "qwen"] == 12
    admission.resize(TargetName("qwen"), 4)
    admission.resize(TargetName("qwen"), 1)
    assert samples(admission)["admission_slots", "qwen"] == 3
