"""The vendors' process itself, with real litellm in it and a scripted vendor behind it: nothing of an outcome is lost on the way."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from gateway.plan import UpstreamPlan
from gateway.secret import Secret
from gateway.upstreams.apart import Apart, connect
from gateway.upstreams.upstream import Call
from gateway.upstreams.vendors import PAUSE_S, Vendors
from router.attempt import Abandoned, Attempt, Broken, Failed, Outcome, Refused, Served, Usage
from router.clearance import clear
from router.decision import Clocks, Leak, Target
from router.labels import Labels
from router.names import Sent, TargetName
from tests.fakes.anthropic import BLOCK, OVERLOADED, START, STREAM_HEAD, WHOLE, answered, delta, sse
from tests.fakes.downstream import FakeDownstream
from tests.fakes.sockets import Close, Hold, RawServer, Receive, Script, Send, raw_server

PUBLIC = Labels(("public", "internal")).lowest
USUAL = Clocks()


@pytest.fixture(scope="module")
def vendors() -> Iterator[Vendors]:
    """One for all: its import of litellm takes seconds."""
    made = Vendors()
    made.backstop = "enforce"
    yield made
    asyncio.run(made.close())


def target(clocks: Clocks = USUAL, model: str = "anthropic/claude-opus-4-6") -> Target:
    return Target(TargetName("claude"), "external", PUBLIC, Sent(model), clocks=clocks)


async def relay(apart: Apart, out: FakeDownstream, *, is_stream: bool = False, **fields: object) -> Outcome:
    body: dict[str, object] = {"model": "x", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 16, **fields}
    if is_stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    cleared = clear("r1", target(), PUBLIC, msgspec.json.encode(body))
    return await apart.relay(Attempt(1, target()), cleared, Call("r1", "chat", is_stream=is_stream, answer_bytes=10_000), out)


def upstream(vendors: Vendors, server: RawServer, clocks: Clocks = USUAL) -> Apart:
    return connect(target(clocks), UpstreamPlan(TargetName("claude"), "litellm", urls=(server.url,), key=Secret("k" * 8)), vendors)


def script(*parts: bytes | Hold) -> Script:
    return (Receive(), *(part if isinstance(part, Hold) else Send(part) for part in parts), Close())


async def test_a_whole_answer(vendors: Vendors) -> None:
    async with raw_server(script(answered())) as server:
        outcome = await relay(upstream(vendors, server), out := FakeDownstream(), temperature=0.5)
    assert isinstance(outcome, Served)
    assert (outcome.usage, outcome.finish, outcome.answered) == (Usage(prompt=13, completion=5, cached=3), "stop", "claude-opus-4-6")
    assert outcome.timing.first_byte_s is not None
    assert out.usage == outcome.usage
    assert msgspec.json.decode(out.body)["choices"][0]["message"]["content"] == "Hello"
    assert b"x-api-key: kkkkkkkk" in server.requests[0].lower()


async def test_a_stream(vendors: Vendors) -> None:
    async with raw_server(script(STREAM_HEAD, WHOLE)) as server:
        outcome = await relay(upstream(vendors, server), out := FakeDownstream(), is_stream=True)
    assert isinstance(outcome, Served)
    assert (outcome.usage, outcome.finish) == (Usage(prompt=10, completion=5), "stop")
    assert out.body.endswith(b"data: [DONE]\n\n")
    assert out.is_ended


@pytest.mark.parametrize(
    ("said", "ending", "kind", "is_blamed"),
    [
        pytest.param(answered({"type": "error"}, b"429 Slow\r\nretry-after: 7"), Failed, "OVERLOADED", True, id="429"),
        pytest.param(answered({"type": "error"}, b"401 No"), Failed, "OUR_KEY", True, id="401"),
        pytest.param(
            answered({"error": {"message": "credit balance is too low"}}, b"400 No"), Failed, "OUR_KEY", False, id="as a message says"
        ),
        pytest.param(answered({"error": {"message": "prompt is too long: 9 > 8"}}, b"400 No"), Refused, "TOO_LONG", False, id="a refusal"),
    ],
)
async def test_failures_are_the_same_as_they_were_there(
    vendors: Vendors, said: bytes, ending: type[Failed | Refused], kind: str, is_blamed: bool
) -> None:
    async with raw_server(script(said)) as server:
        outcome = await relay(upstream(vendors, server), out := FakeDownstream())
    assert isinstance(outcome, Failed | Refused)
    assert (type(outcome), outcome.failure.kind, outcome.failure.hurts) == (ending, kind, is_blamed)
    assert getattr(outcome, "retry_after_s", None) == (7.0 if kind == "OVERLOADED" else None)
    assert (getattr(outcome, "body", b"") != b"") is (ending is Refused)
    assert not out.is_committed


async def test_a_field_that_the_vendor_lacks_is_refused(vendors: Vendors) -> None:
    async with raw_server(script(answered())) as server:
        outcome = await relay(upstream(vendors, server), FakeDownstream(), logprobs=True)
        assert isinstance(outcome, Refused)
        assert b"logprobs" in outcome.body
        assert not server.accepted


async def test_a_stream_that_breaks_is_told_as_one(vendors: Vendors) -> None:
    async with raw_server(script(STREAM_HEAD, sse(START, BLOCK, delta("Hel"), OVERLOADED))) as server:
        outcome = await relay(upstream(vendors, server), out := FakeDownstream(), is_stream=True)
    assert isinstance(outcome, Broken)
    assert outcome.failure.kind == "SERVER_FAULT"
    assert b'"error":{' in out.writes[-1]
    assert out.is_ended


async def test_what_the_caller_left_is_stopped_and_what_it_used_is_known(vendors: Vendors) -> None:
    async with raw_server(script(STREAM_HEAD, sse(START, BLOCK, delta("Hel")), Hold())) as server:
        out = FakeDownstream()
        task = asyncio.ensure_future(relay(upstream(vendors, server), out, is_stream=True))
        await out.begun.wait()
        out.is_gone = True
        task.cancel()
        outcome = await task
        server.go_on()
        await server.until_gone()
    assert isinstance(outcome, Abandoned)
    assert (outcome.usage, outcome.is_estimate) == (Usage(0, 1), True)


async def test_a_cancellation_that_is_not_the_callers_goes_on(vendors: Vendors) -> None:
    async with raw_server(script(STREAM_HEAD, sse(START, BLOCK, delta("Hel")), Hold())) as server:
        task = asyncio.ensure_future(relay(upstream(vendors, server), out := FakeDownstream(), is_stream=True))
        await out.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.go_on()
        await server.until_gone()


async def test_it_connects_nowhere_but_to_the_target(vendors: Vendors) -> None:
    """The vendor of this one has an address of its own, which the process was told; another address it was not."""
    async with raw_server(script(answered())) as server:
        told = UpstreamPlan(TargetName("claude"), "litellm", urls=(server.url,), key=Secret("k" * 8))
        apart = connect(target(), told, vendors)
        elsewhere = msgspec.msgpack.decode(apart._vendor)
        apart._vendor = msgspec.msgpack.encode({**elsewhere, "places": [{"host": "127.0.0.1", "port": 9}]})
        outcome = await relay(apart, FakeDownstream())
        assert isinstance(outcome, Failed)
        assert not server.accepted


@pytest.fixture
async def mortal() -> AsyncIterator[Vendors]:
    """One that may be killed."""
    made = Vendors()
    yield made
    await made.close()


async def test_when_it_dies_the_attempt_breaks_and_the_next_one_finds_another(mortal: Vendors) -> None:
    async with raw_server(script(STREAM_HEAD, sse(START, BLOCK, delta("Hel")), Hold()), script(answered())) as server:
        task = asyncio.ensure_future(relay(apart := upstream(mortal, server), out := FakeDownstream(), is_stream=True))
        while not out.writes:  # noqa: ASYNC110  # a fake tells nobody
            await asyncio.sleep(0.01)
        os.kill(first := mortal.pid, signal.SIGKILL)
        outcome = await task
        assert isinstance(outcome, Broken)
        assert (outcome.failure.kind, outcome.usage, outcome.is_estimate) == ("CUT", Usage(0, 1), True)
        assert b"[DONE]" not in out.body
        await asyncio.sleep(PAUSE_S)
        assert isinstance(await relay(apart, FakeDownstream()), Served)
        assert mortal.pid != first


async def test_before_the_first_byte_another_target_may_follow(mortal: Vendors) -> None:
    async with raw_server(script(Hold(), answered())) as server:
        task = asyncio.ensure_future(relay(upstream(mortal, server), out := FakeDownstream()))
        while not server.requests:  # noqa: ASYNC110  # a server tells nobody
            await asyncio.sleep(0.01)
        os.kill(mortal.pid, signal.SIGKILL)
        outcome = await task
        assert isinstance(outcome, Failed)
        assert (outcome.failure.kind, out.is_committed) == ("CUT", False)
        server.go_on()


async def test_without_the_process_the_target_cannot_be_reached() -> None:
    vendors = Vendors(may_start=_may_not)
    apart = Apart(target(), UpstreamPlan(TargetName("claude"), "litellm"), vendors)
    outcome = await relay(apart, FakeDownstream())
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind == "UNREACHABLE"
    await vendors.close()


def _may_not(_command: object) -> None:
    raise PermissionError


async def test_a_body_for_another_target_does_not_get_there() -> None:
    other = Target(TargetName("other"), "external", PUBLIC, Sent("anthropic/claude-opus-4-6"))
    apart = Apart(target(), UpstreamPlan(TargetName("claude"), "litellm"), Vendors())
    with pytest.raises(Leak):
        await apart.relay(Attempt(1, target()), clear("r1", other, PUBLIC, b"{}"), Call("r1", "chat"), FakeDownstream())


def test_a_vendor_that_nobody_knows_is_refused_before_anything_is_started() -> None:
    vendors = Vendors()
    with pytest.raises(ValueError, match="begins with its vendor and a slash"):
        connect(target(model="nobody/x"), UpstreamPlan(TargetName("claude"), "litellm"), vendors)
    assert not vendors.is_running
