"""Plays a fault at a place in the chain and looks at everything that comes of it: bytes, attempts and their spacing, metrics, exchange."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from gateway.errors import error_body
from router.breaker import TRIP
from router.failover import FIRST_BACKOFF_S
from router.failures import FAILURES
from tests.fakes.client import Reply, ask
from tests.fakes.gateway import Gateway, configuration, gateway, keep_open, total
from tests.fakes.patience import paced
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Close, Send, comes_to, raw_server
from tests.fakes.upstream import DONE, Script, Upstream, chat, delta, words
from tests.journeys.faults.faults import NOT_REPEATED_OUTSIDE, PROMPT, Fault, Form

Change = Callable[[Gateway], None]
"""What a test takes away from the gateway before the fault is played."""
DICE = 0.5
CALLERS = TRIP + 3
SOON_S = 20.0
"""A step that nothing waits for takes less, on a machine that does something else as well; clocks that are not to run out take longer."""
GOOD: dict[Form, Script] = {"whole": chat("from afar"), "streamed": words("from", " afar")}
_SEEN = delta(role="assistant", content="") + delta("from") + delta(" afar") + delta(finish="stop") + DONE
"""The good stream as a caller gets it, who has not asked for usage."""


@asynccontextmanager
async def faulty(fault: Fault, name: str, local: Upstream, cloud: Upstream, change: Change | None) -> AsyncIterator[Gateway]:
    """The gateway, where the destination of this name has the fault."""
    async with AsyncExitStack() as stack:
        url = (local if name == "qwen" else cloud).url
        if fault.place == "refused":
            url = "http://127.0.0.1:9/v1"
        elif fault.place == "unknown host":
            url = "https://nowhere.invalid/v1"
        elif fault.place == "no TLS":
            plain = await stack.enter_async_context(raw_server((Send(b"220 not TLS\r\n"), Close())))
            url = f"https://127.0.0.1:{plain.port}/v1"
        edits: dict[str, Any] = {f"destinations.{name}.url": url, f"destinations.{name}.clocks": dict(fault.clocks), **fault.edits}
        gate = await stack.enter_async_context(gateway(configuration(local.url, cloud.url, edits)))
        object.__setattr__(gate.live.runtime, "dice", lambda: DICE)
        if change is not None:
            change(gate)
        yield gate


async def first(fault: Fault, form: Form, local: Upstream, cloud: Upstream, change: Change | None = None) -> None:
    """The fault at the first target of a chain whose last one is well."""
    await _paced(_first, fault, form, local, cloud, change)


async def _first(fault: Fault, form: Form, local: Upstream, cloud: Upstream, change: Change | None) -> None:
    local.then(fault.script(form) or ())
    cloud.then(GOOD[form])
    async with faulty(fault, "qwen", local, cloud, change) as gate:
        reply = await gate.post(ask(PROMPT, stream=form == "streamed"))
        await _assert_attempts(fault, local, cloud)
        if fault.goes_on:
            assert (reply.status, reply.headers["x-tidegate-target"], reply.is_whole) == (200, "gpt", True)
            assert reply.headers["x-tidegate-attempts"] == str(fault.tries + 1)
            assert reply.body == (_SEEN if form == "streamed" else GOOD[form][0].partition(b"\r\n\r\n")[2])  # type: ignore[union-attr]
        else:
            _assert_told(fault, form, reply)
        await _assert_recorded(fault, gate, "qwen", "served" if fault.goes_on else "refused", answers=fault.goes_on)


async def last(fault: Fault, form: Form, local: Upstream, cloud: Upstream, change: Change | None = None) -> None:
    """The fault at the only target that the caller wants."""
    await _paced(_last, fault, form, local, cloud, change)


async def _last(fault: Fault, form: Form, local: Upstream, cloud: Upstream, change: Change | None) -> None:
    cloud.then(fault.script(form) or ())
    async with faulty(fault, "gpt", local, cloud, change) as gate:
        reply = await gate.post(ask(PROMPT, "gpt", stream=form == "streamed"))
        if fault.kind in NOT_REPEATED_OUTSIDE:
            fault = replace(fault, tries=1)
        await _assert_attempts(fault, cloud, local, answers=False)
        _assert_told(fault, form, reply)
        await _assert_recorded(fault, gate, "gpt", "refused" if _is_theirs(fault) else "failed", answers=False)


async def sensitive(fault: Fault, form: Form, local: Upstream, cloud: Upstream, change: Change | None = None) -> None:
    """The fault at the only target that may have the request, with one that is well but may not."""
    await _paced(_sensitive, fault, form, local, cloud, change)


async def _sensitive(fault: Fault, form: Form, local: Upstream, cloud: Upstream, change: Change | None) -> None:
    local.then(fault.script(form) or ())
    canary = Canary()
    async with faulty(fault, "qwen", local, cloud, change) as gate:
        reply = await gate.post(ask(canary.say, stream=form == "streamed"))
        assert cloud.accepted == 0, "what is sensitive went to the cloud"
        canary.assert_nowhere(head=reply.head, body=reply.body)
        await _assert_attempts(fault, local, cloud, answers=False)
        _assert_told(fault, form, reply, stays=True)
        await _assert_recorded(fault, gate, "qwen", "refused" if _is_theirs(fault) else "failed", answers=False)


async def _paced(case: Callable[..., Awaitable[None]], fault: Fault, *where: Any) -> None:
    """A fault for which a clock has to run out, with longer clocks if need be."""
    await (paced(lambda pace: case(fault.at(pace), *where)) if fault.lasts_s else case(fault, *where))


def _is_theirs(fault: Fault) -> bool:
    return FAILURES[fault.kind].is_about_request


async def _assert_attempts(fault: Fault, at: Upstream, after: Upstream, *, answers: bool = True) -> None:
    """What upstreams saw: how often each was asked, and how long after the one before."""
    if fault.place == "here":
        if fault.lasts_s:  # else the answer to it is what came of it
            await comes_to(lambda: len(at.bodies) >= fault.tries, expected=True)
        assert len(at.bodies) == fault.tries, f"asked {len(at.bodies)} times"
        for before, then in zip(at.times, at.times[1:], strict=False):
            least = fault.waits_s + FIRST_BACKOFF_S * DICE  # that the clock itself ran is told by the exchange
            assert least - 0.005 <= then - before <= fault.lasts_s + least + SOON_S
    assert len(after.bodies) == (answers and fault.goes_on)
    if after.bodies and at.times:
        assert 0 <= after.times[0] - at.times[-1] <= fault.lasts_s + SOON_S


def _assert_told(fault: Fault, form: Form, reply: Reply, *, stays: bool = False) -> None:
    """What the caller reads when nobody answered."""
    row, (status, code), retry_after = FAILURES[fault.kind], fault.told, fault.retry_after
    if row.is_about_request:
        assert (reply.status, reply.is_whole) == (status, True)
        error = reply.json["error"]
        script = fault.script(form)
        assert error["message"].encode() in b"".join(step for step in script or () if isinstance(step, bytes)), "the target's own words"
        assert error.keys() == {"message", "type", "param", "code"}
        assert error["code"] == code
        assert "retry-after" not in reply.headers
        return
    say = row.say
    if stays:
        stay = FAILURES["LOCAL_UNAVAILABLE"]
        status, code, say, retry_after = stay.status, stay.code, f"{stay.say} {row.say}", retry_after or range(2, 3)
    kind = "invalid_request_error" if status < 500 else "server_error"
    assert (reply.status, reply.body, reply.is_whole) == (status, error_body(say, kind, code), True)
    assert reply.headers["content-type"] == "application/json"
    if retry_after:
        assert int(reply.headers["retry-after"]) in retry_after
    else:
        assert "retry-after" not in reply.headers
        assert reply.headers["x-should-retry"] == "false"


async def _assert_recorded(fault: Fault, gate: Gateway, name: str, result: str, *, answers: bool) -> None:
    """The exchange, and what the metrics made of it."""
    exchange = await gate.until_observed()
    ending = "Refused" if _is_theirs(fault) else "Failed"
    expected: list[tuple[str, str, str, int]] = [(name, ending, fault.kind, fault.seen)] * fault.tries
    if answers:
        expected.append(("gpt", "Served", "", 200))
    assert [(one.target, one.ending, one.failure, one.status) for one in exchange.attempts] == expected
    assert exchange.result == result
    assert exchange.attempts[0].total_s >= fault.lasts_s - 0.005
    metrics = await gate.metrics()
    assert total(metrics, "tidegate_upstream_attempts_total") == len(expected)
    assert total(metrics, "tidegate_upstream_attempts_total", target=name, ending=ending, failure=fault.kind) == fault.tries
    assert total(metrics, "tidegate_fallbacks_total") == answers
    assert total(metrics, "tidegate_fallbacks_total", reason=fault.kind, direction="local_to_external") == answers
    assert total(metrics, "tidegate_requests_total", result=result) == total(metrics, "tidegate_requests_total") == 1
    assert total(metrics, "tidegate_refusals_total", code=exchange.code or "none") == (not answers)
    assert total(metrics, "tidegate_requests_in_flight") == 0


async def again_and_again(fault: Fault, asked: int, local: Upstream, cloud: Upstream, change: Change | None = None) -> None:
    """The same fault at the first target for caller after caller: how many of them reach it, and what becomes of all."""
    local.then(fault.script("whole") or ())
    cloud.then(GOOD["whole"])
    one_try = replace(fault, edits={**fault.edits, "destinations.qwen.retries": 0})
    async with faulty(one_try, "qwen", local, cloud, change) as gate:
        for _ in range(CALLERS):
            reply = await gate.post(ask(PROMPT))
            assert reply.status == (200 if fault.goes_on else fault.told[0])
            keep_open(gate)  # when it opens is the subject, not for how long
        await comes_to(lambda: len(local.bodies) >= asked, expected=True)
        assert len(local.bodies) == asked, f"the target was asked {len(local.bodies)} times"
        assert len(cloud.bodies) == (CALLERS if fault.goes_on else 0)
        state = "closed" if asked == CALLERS else "open"
        assert total(await gate.metrics(), "tidegate_circuit_state", target="qwen", state=state) == 1
