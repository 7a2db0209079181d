"""Plays a fault at a place in the chain and looks at everything that comes of it: bytes, attempts and their spacing, metrics, exchange."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from router.breaker import TRIP
from router.failover import FIRST_BACKOFF_S
from router.failures import FAILURES
from tests.fakes.client import Reply
from tests.fakes.endpoints import AS_CHAT, Asked
from tests.fakes.gateway import Gateway, configuration, gateway, keep_open, total
from tests.fakes.patience import paced
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Close, Send, comes_to, raw_server
from tests.fakes.upstream import Upstream
from tests.journeys.faults.faults import NOT_REPEATED_OUTSIDE, PROMPT, Fault, Form

Change = Callable[[Gateway], None]
"""What a test takes away from the gateway before the fault is played."""
DICE = 0.5
CALLERS = TRIP + 3
SOON_S = 20.0
"""A step that nothing waits for takes less, on a machine that does something else as well; clocks that are not to run out take longer."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A fault, between a target at home and one outside that speak as the caller's endpoint wants it."""

    fault: Fault
    form: Form
    local: Upstream
    cloud: Upstream
    asked: Asked = AS_CHAT
    change: Change | None = None

    @property
    def is_stream(self) -> bool:
        """Whether the caller wants a stream."""
        return self.form == "streamed"

    def fails(self, at: Upstream) -> None:
        """There the fault is."""
        at.then(self.fault.script(self.form, self.asked.dialect) or ())

    def is_well(self, at: Upstream) -> None:
        """There all is well."""
        at.then((self.asked.flows if self.is_stream else self.asked.good) or ())

    async def post(self, gate: Gateway, text: str = PROMPT, model: str = "auto") -> Reply:
        """Ask."""
        return await gate.post(self.asked.of(text, model, stream=self.is_stream), self.asked.path, self.asked.headers)

    async def play(self, case: Callable[["Scene"], Awaitable[None]]) -> None:
        """A fault for which a clock has to run out, with longer clocks if need be."""
        if self.fault.lasts_s:
            await paced(lambda pace: case(replace(self, fault=self.fault.at(pace))))
        else:
            await case(self)


@asynccontextmanager
async def faulty(scene: Scene, name: str) -> AsyncIterator[Gateway]:
    """The gateway, where the destination of this name has the fault."""
    fault = scene.fault
    async with AsyncExitStack() as stack:
        url = (scene.local if name == "qwen" else scene.cloud).url
        if fault.place == "refused":
            url = "http://127.0.0.1:9/v1"
        elif fault.place == "unknown host":
            url = "https://nowhere.invalid/v1"
        elif fault.place == "no TLS":
            plain = await stack.enter_async_context(raw_server((Send(b"220 not TLS\r\n"), Close())))
            url = f"https://127.0.0.1:{plain.port}/v1"
        edits: dict[str, Any] = {f"destinations.{one}.serves": scene.asked.serves for one in ("qwen", "gpt")}
        edits |= {f"destinations.{name}.url": url, f"destinations.{name}.clocks": dict(fault.clocks), **fault.edits}
        gate = await stack.enter_async_context(gateway(configuration(scene.local.url, scene.cloud.url, edits)))
        object.__setattr__(gate.live.runtime, "dice", lambda: DICE)
        if scene.change is not None:
            scene.change(gate)
        yield gate


async def first(scene: Scene) -> None:
    """The fault at the first target of a chain whose last one is well."""
    fault = scene.fault
    scene.fails(scene.local)
    scene.is_well(scene.cloud)
    async with faulty(scene, "qwen") as gate:
        reply = await scene.post(gate)
        await _assert_attempts(fault, scene.local, scene.cloud)
        if fault.goes_on:
            assert (reply.headers["x-tidegate-target"], reply.headers["x-tidegate-attempts"]) == ("gpt", str(fault.tries + 1))
            scene.asked.assert_answered(reply, is_stream=scene.is_stream)
        else:
            _assert_told(scene, reply)
        await _assert_recorded(fault, gate, "qwen", "served" if fault.goes_on else "refused", answers=fault.goes_on)


async def last(scene: Scene) -> None:
    """The fault at the only target that the caller wants."""
    fault = scene.fault
    scene.fails(scene.cloud)
    async with faulty(scene, "gpt") as gate:
        reply = await scene.post(gate, model="gpt")
        if fault.kind in NOT_REPEATED_OUTSIDE:
            fault = replace(fault, tries=1)
        await _assert_attempts(fault, scene.cloud, scene.local, answers=False)
        _assert_told(scene, reply)
        await _assert_recorded(fault, gate, "gpt", "refused" if _is_theirs(fault) else "failed", answers=False)


async def sensitive(scene: Scene) -> None:
    """The fault at the only target that may have the request, with one that is well but may not."""
    fault = scene.fault
    scene.fails(scene.local)
    canary = Canary()
    async with faulty(scene, "qwen") as gate:
        reply = await scene.post(gate, canary.say)
        assert scene.cloud.accepted == 0, "what is sensitive went to the cloud"
        canary.assert_nowhere(head=reply.head, body=reply.body)
        await _assert_attempts(fault, scene.local, scene.cloud, answers=False)
        _assert_told(scene, reply, stays=True)
        await _assert_recorded(fault, gate, "qwen", "refused" if _is_theirs(fault) else "failed", answers=False)


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


def _assert_told(scene: Scene, reply: Reply, *, stays: bool = False) -> None:
    """What the caller reads when nobody answered."""
    fault = scene.fault
    row, (status, code), retry_after = FAILURES[fault.kind], fault.told, fault.retry_after
    if row.is_about_request:
        assert (reply.status, reply.is_whole) == (400 if _is_anthropics_too_long(scene) else status, True)
        error = reply.json["error"]
        script = fault.script(scene.form, scene.asked.dialect)
        assert _said(scene, error["message"]) in b"".join(step for step in script or () if isinstance(step, bytes)), (
            "the target's own words"
        )
        assert error.keys() == {"message", "type", "param", "code"}
        assert error["code"] == code
        assert "retry-after" not in reply.headers
        return
    say = row.say
    if stays:
        stay = FAILURES["LOCAL_UNAVAILABLE"]
        status, code, say, retry_after = stay.status, stay.code, f"{stay.say} {row.say}", retry_after or range(2, 3)
    scene.asked.assert_refused(reply, status, code, say)
    if retry_after:
        assert int(reply.headers["retry-after"]) in retry_after
    else:
        assert "retry-after" not in reply.headers
        assert reply.headers["x-should-retry"] == "false"


def _said(scene: Scene, message: str) -> bytes:
    """What the target said. That a prompt is too long Anthropic's clients are told in one way: of what the target said its counts are left."""
    if not _is_anthropics_too_long(scene):
        return message.encode()
    assert message.startswith("prompt is too long: ")
    return message.removeprefix("prompt is too long: ").partition(" tokens > ")[0].encode()


def _is_anthropics_too_long(scene: Scene) -> bool:
    return scene.asked.is_anthropic and scene.fault.kind == "TOO_LONG"


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


async def again_and_again(scene: Scene, asked: int) -> None:
    """The same fault at the first target for caller after caller: how many of them reach it, and what becomes of all."""
    fault, local, cloud = scene.fault, scene.local, scene.cloud
    scene.fails(local)
    scene.is_well(cloud)
    one_try = replace(fault, edits={**fault.edits, "destinations.qwen.retries": 0})
    async with faulty(replace(scene, fault=one_try), "qwen") as gate:
        for _ in range(CALLERS):
            reply = await scene.post(gate)
            assert reply.status == (200 if fault.goes_on else fault.told[0])
            keep_open(gate)  # when it opens is the subject, not for how long
        await comes_to(lambda: len(local.bodies) >= asked, expected=True)
        assert len(local.bodies) == asked, f"the target was asked {len(local.bodies)} times"
        assert len(cloud.bodies) == (CALLERS if fault.goes_on else 0)
        state = "closed" if asked == CALLERS else "open"
        assert total(await gate.metrics(), "tidegate_circuit_state", target="qwen", state=state) == 1
