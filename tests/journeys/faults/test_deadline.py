"""`x-request-timeout`: the caller's own deadline goes before every clock and every retry, and is no fault of the target's."""

import asyncio
import json
import time

import pytest

from router.breaker import TRIP
from router.failures import FAILURES
from tests.fakes.client import ask
from tests.fakes.gateway import between, total
from tests.fakes.patience import paced
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Sleep
from tests.fakes.upstream import HEAD, Script, Upstream, chunk, delta, words
from tests.journeys.faults.faults import PROMPT, clocks
from tests.journeys.faults.playing import SOON_S

WITHIN_S = 0.3
OPENING, HELLO = delta(role="assistant", content=""), delta("Hello")
CLOCKS = {f"destinations.{name}.clocks": dict(clocks()) for name in ("qwen", "gpt")}
SILENT: dict[str, tuple[Script, bool]] = {
    "before the headers": ((Sleep(60),), False),
    "before the headers of a stream": ((Sleep(60),), True),
    "before the first byte": ((HEAD, Sleep(60)), True),
    "after the opening": ((HEAD, chunk(OPENING), Sleep(60)), True),
    "inside the body": ((b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{", Sleep(60)), False),
}


@pytest.mark.parametrize("when", SILENT)
@pytest.mark.parametrize("model", ["auto", "gpt"])
async def test_who_waits_no_longer_gets_a_504_and_nobody_else_is_asked(local: Upstream, cloud: Upstream, when: str, model: str) -> None:
    script, is_stream = SILENT[when]
    at, other = (cloud, local) if model == "gpt" else (local, cloud)

    async def scene(pace: float) -> None:
        at.then(script)
        async with between(local, cloud, CLOCKS) as gate:
            start = time.monotonic()
            reply = await gate.post(ask(PROMPT, model, stream=is_stream), headers={"x-request-timeout": str(WITHIN_S * pace)})
            assert WITHIN_S * pace - 0.02 <= time.monotonic() - start <= WITHIN_S * pace + SOON_S
            assert (reply.status, reply.error["code"]) == (504, "deadline_exceeded")
            assert (reply.error["message"], reply.headers["x-should-retry"]) == (FAILURES["OVERDUE"].say, "false")
            assert other.accepted == 0
            await at.until(closed=True)
            exchange = await gate.until_observed()
            assert (exchange.result, [(one.ending, one.failure) for one in exchange.attempts]) == ("failed", [("Failed", "OVERDUE")])
            assert total(await gate.metrics(), "tidegate_refusals_total", code="deadline_exceeded") == 1

    await paced(scene)


async def test_of_a_stream_that_has_begun_the_caller_keeps_what_came(local: Upstream, cloud: Upstream) -> None:
    async def scene(pace: float) -> None:
        local.then((HEAD, chunk(OPENING), chunk(HELLO), Sleep(60)))
        async with between(local, cloud) as gate:
            reply = await gate.post(ask(PROMPT, stream=True), headers={"x-request-timeout": str(WITHIN_S * pace)})
            assert reply.body.startswith(OPENING + HELLO)
            error = json.loads(reply.events[-1])["error"]
            assert (error["code"], error["retryable"], error["tokens_served"]) == ("deadline_exceeded", False, 1)
            exchange = await gate.until_observed()
            assert (exchange.result, exchange.attempts[0].failure) == ("broken", "OVERDUE")

    await paced(scene)


async def test_what_may_not_leave_does_not_leave_when_time_is_short(local: Upstream, cloud: Upstream) -> None:
    local.then((Sleep(60),))
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(Canary().say, "gpt"), headers={"x-request-timeout": str(WITHIN_S)})
        assert (reply.status, reply.error["code"], cloud.accepted) == (504, "deadline_exceeded", 0)


async def test_impatient_callers_open_no_breaker(local: Upstream, cloud: Upstream) -> None:
    local.then((Sleep(60),))
    async with between(local, cloud) as gate:
        replies = await asyncio.gather(*(gate.post(ask(PROMPT), headers={"x-request-timeout": "0.2"}) for _ in range(TRIP + 1)))
        assert {reply.status for reply in replies} == {504}
        assert total(await gate.metrics(), "tidegate_circuit_state", target="qwen", state="closed") == 1


async def test_who_gives_enough_time_notices_nothing(local: Upstream, cloud: Upstream) -> None:
    local.then(words("a", "b"))
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(PROMPT, stream=True), headers={"x-request-timeout": "20"})
        assert (reply.status, reply.events[-1]) == (200, b"[DONE]")


@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan", "99999999"])
async def test_what_is_no_time_is_refused(local: Upstream, cloud: Upstream, value: str) -> None:
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(PROMPT), headers={"x-request-timeout": value})
        assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "bad_timeout", "x-request-timeout")
        assert local.accepted == cloud.accepted == 0
