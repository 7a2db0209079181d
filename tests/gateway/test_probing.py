"""Checks beside the traffic, over real sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.probing import Probing, probe
from gateway.runtime import Runtime
from gateway.upstreams.control import Probe
from router.attempt import Attempt, Failed
from router.breaker import TRIP
from router.failures import FAILURES
from router.fleet import Fleet
from router.names import TargetName
from tests.fakes.gateway import compiled, configuration
from tests.fakes.sockets import Close
from tests.fakes.upstream import Script, answer, failing, upstream

QWEN, GPT = TargetName("qwen"), TargetName("gpt")


def runtime(local: str, cloud: str, edits: Mapping[str, Any] | None = None, *, ailing: TargetName = QWEN) -> Runtime:
    """A runtime in which the breaker of one target is open, for longer than any test takes."""
    plan = compiled(configuration(local, cloud, edits))
    made = Runtime(plan=plan, upstreams={}, fleet=Fleet(plan.policy.targets.values()))
    trip(made, ailing)
    return made


def trip(made: Runtime, target: TargetName) -> None:
    attempt, then = Attempt(1, made.plan.policy.targets[target]), time.monotonic() + 600
    for _ in range(TRIP):
        made.fleet.begin(attempt, then)
        made.fleet.note(attempt, Failed(FAILURES["UNREACHABLE"]), then, 1.0)


@asynccontextmanager
async def checking(made: Runtime) -> AsyncIterator[Probing]:
    probing = Probing(lambda: made, every_s=0.01)
    probing.start()
    probing.start()
    try:
        yield probing
    finally:
        await probing.close()


def found(probing: Probing, target: TargetName = QWEN) -> dict[str, float]:
    return {labels[1]: value for name, labels, value in probing.samples() if name == "health_checks_total" and labels[0] == target}


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # nothing wakes us
            await asyncio.sleep(0.005)


def opened(made: Runtime, target: TargetName = QWEN) -> str:
    return next(state for name, _, state, _ in made.fleet.states(time.monotonic()) if name == target)


@pytest.mark.parametrize("down", [pytest.param(failing(503), id="an error of the server's"), pytest.param((Close(),), id="it hangs up")])
async def test_what_was_down_and_is_back_may_be_asked_and_who_waits_hears_of_it(down: Script) -> None:
    async with upstream() as local:
        local.models = down
        made = runtime(local.url, local.url)
        waiter = asyncio.create_task(made.waiting.wait(60))
        async with checking(made) as probing:
            await until(lambda: found(probing)["down"] >= 2)
            assert opened(made) == "open"
            local.models = answer(200, b'{"data": []}')
            await until(lambda: found(probing)["back"] == 1)
            assert opened(made) == "half_open"
            await waiter
        assert not local.bodies
        assert all(head.startswith(b"GET /v1/models HTTP/1.1\r\n") for head in local.checks)


async def test_what_answers_checks_while_requests_fail_is_left_to_the_clock() -> None:
    async with upstream() as local:
        made = runtime(local.url, local.url)
        async with checking(made) as probing:
            await until(lambda: found(probing)["up"] >= 2)
            assert opened(made) == "open"


async def test_a_refused_key_is_an_answer() -> None:
    async with upstream() as local:
        local.models = failing(401)
        async with checking(runtime(local.url, local.url)) as probing:
            await until(lambda: found(probing)["up"] >= 1)


async def test_only_what_failed_is_checked() -> None:
    async with upstream() as local, upstream() as cloud:
        async with checking(runtime(local.url, cloud.url)) as probing:
            await until(lambda: found(probing)["up"] >= 3)
        assert not cloud.checks


@pytest.mark.parametrize(
    ("edits", "is_locked"),
    [
        pytest.param({"destinations.gpt.health_checks": False}, False, id="it does not want to be"),
        pytest.param({}, True, id="nothing goes outside in a lockdown"),
    ],
)
async def test_who_is_not_checked(edits: dict[str, Any], is_locked: bool) -> None:
    async with upstream() as local, upstream() as cloud:
        made = runtime(local.url, cloud.url, edits, ailing=GPT)
        made.lockdown.turn(on=is_locked)
        async with checking(made):
            await asyncio.sleep(0.1)
        assert not cloud.checks


async def test_replicas_that_come_and_go_have_one_name_and_are_not_checked_by_it() -> None:
    async with upstream() as local, upstream() as cloud:
        made = runtime(local.url, cloud.url, {"destinations.qwen.pool": {"discover": "dns"}}, ailing=GPT)
        trip(made, QWEN)
        async with checking(made) as probing:
            await until(lambda: found(probing, GPT)["up"] >= 3)
        assert not local.checks


async def test_a_check_that_hangs_holds_up_no_other_and_is_not_made_twice() -> None:
    async with upstream() as local, upstream() as cloud:
        local.models = (b"",)
        made = runtime(local.url, cloud.url)
        trip(made, GPT)
        async with checking(made) as probing:
            await until(lambda: found(probing, GPT)["up"] >= 3)
            assert len(local.checks) == 1


async def test_a_defect_of_a_check_ends_no_other(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[str] = []

    async def defective(url: str, *_: object) -> Probe:
        calls.append(url)
        raise RuntimeError("what a server said")

    made = runtime("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
    probing = Probing(lambda: made, 0.01, defective)
    probing.start()
    await until(lambda: len(calls) >= 3)
    await probing.close()
    assert {record.__dict__["error"] for record in caplog.records} == {"RuntimeError"}
    assert "what a server said" not in caplog.text


async def test_it_checks_what_is_being_served_now() -> None:
    async with upstream() as first, upstream() as second:
        served = [runtime(first.url, first.url)]
        probing = Probing(lambda: served[0], every_s=0.01)
        probing.start()
        await until(lambda: first.checks)
        served[0] = runtime(second.url, second.url)
        await until(lambda: len(second.checks) >= 2)
        await probing.close()


async def test_to_close_what_was_never_started_is_nothing() -> None:
    await Probing(lambda: runtime("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")).close()


async def test_the_client_is_loaded_with_the_first_check() -> None:
    found = await probe("http://127.0.0.1:9/v1", (), ())
    assert not found.is_up
    assert found.problem
