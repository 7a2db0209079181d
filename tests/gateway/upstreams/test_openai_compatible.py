import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gateway.plan import UpstreamPlan
from gateway.secret import Secret
from gateway.upstreams.http1 import Http1Client, Origin
from gateway.upstreams.openai_compatible import ERROR_BYTES, OpenAICompatible, connect
from gateway.upstreams.upstream import Call
from router.attempt import Abandoned, Attempt, Broken, Failed, Outcome, Refused, Served, Usage
from router.clearance import clear
from router.decision import Clocks, Leak, Target
from router.failures import Kind
from router.labels import Labels
from router.names import Endpoint, Sent, TargetName, Zone
from tests.fakes.downstream import FakeDownstream
from tests.fakes.sockets import Close, Reset, Sleep
from tests.fakes.upstream import (
    DONE,
    END,
    HEAD,
    USAGE,
    Script,
    Upstream,
    answer,
    chat,
    chunk,
    delta,
    event,
    failing,
    stream,
    upstream,
    words,
)

PUBLIC, _, _, RESTRICTED = Labels()
PATIENT = Clocks(10.0, 10.0, 10.0, 10.0, 20.0)
IMPATIENT = Clocks(10.0, 0.5, 0.5, 0.5, 20.0)


def opened(at: Upstream, zone: Zone = "local", clocks: Clocks = PATIENT, **members: Any) -> tuple[Target, OpenAICompatible]:
    target = Target(TargetName("qwen"), zone, RESTRICTED, Sent("m"), clocks=clocks)
    return target, connect(target, UpstreamPlan(target.name, "openai_compatible", (at.url,), **members))


async def relayed(
    script: Script,
    *,
    is_stream: bool = False,
    endpoint: Endpoint = "chat",
    choices: int = 1,
    hides_usage: bool = False,
    limits: Mapping[str, Any] | None = None,
    is_slow: bool = False,
) -> tuple[Outcome, FakeDownstream]:
    out = FakeDownstream(is_slow=is_slow)
    async with upstream(script) as at:
        is_silent = any(isinstance(step, Sleep) and step.seconds >= 1 for step in script)
        target, one = opened(at, clocks=IMPATIENT if is_silent else PATIENT)
        call = Call("req_1", endpoint, is_stream, choices, hides_usage, **(limits or {}))
        outcome = await one.relay(Attempt(1, target), clear("req_1", target, PUBLIC, b"{}"), call, out)
        await one.close()
    return outcome, out


OPENING, HELLO, FINISH = delta(role="assistant", content=""), delta("Hello"), delta(finish="stop")


async def test_an_answer_is_served_with_what_it_told() -> None:
    outcome, out = await relayed(chat("a", model="m-1"))
    assert isinstance(outcome, Served)
    assert (outcome.usage, outcome.answered, outcome.finish, outcome.status) == (Usage(7, 3), "m-1", "stop", 200)
    assert outcome.timing.headers_s is not None
    assert outcome.timing.first_byte_s is not None
    assert outcome.timing.headers_s <= outcome.timing.first_byte_s <= outcome.timing.total_s
    assert (out.status, out.content_type, out.usage) == (200, b"application/json", Usage(7, 3))


async def test_a_stream_is_served_event_by_event() -> None:
    outcome, out = await relayed(words("a", "b"), is_stream=True, hides_usage=True)
    assert isinstance(outcome, Served)
    assert (outcome.usage, outcome.finish) == (Usage(7, 3), "stop")
    assert out.content_type == b"text/event-stream; charset=utf-8"
    assert out.body.endswith(FINISH + DONE)
    assert USAGE not in out.body
    assert out.is_ended


@pytest.mark.parametrize("last", [DONE, b""], ids=["with [DONE]", "without [DONE]"])
@pytest.mark.parametrize("is_slow", [False, True], ids=["a caller who keeps up", "a slow caller"])
async def test_a_stream_s_events_come_in_order_and_once(last: bytes, *, is_slow: bool) -> None:
    said = [delta(f"word {number}") for number in range(50)]
    script = stream(OPENING, *(step for one in said for step in (one, Sleep(0.001))), USAGE, FINISH, Sleep(0.001), *[last] * bool(last))
    outcome, out = await relayed(script, is_stream=True, hides_usage=True, is_slow=is_slow)
    assert isinstance(outcome, Served)
    assert outcome.usage == Usage(7, 3)
    assert out.body == b"".join([OPENING, *said, FINISH, DONE])
    assert len(out.writes) > 10


FAILURES_OF: list[Any] = [
    pytest.param(failing(400, "no"), Refused, "BAD_REQUEST", 400, id="a refusal"),
    pytest.param(failing(400, "maximum context length"), Refused, "TOO_LONG", 400, id="too long"),
    pytest.param(failing(500), Failed, "SERVER_FAULT", 500, id="a fault"),
    pytest.param(failing(401), Failed, "OUR_KEY", 401, id="our key"),
    pytest.param(answer(307, b"", {"location": "http://127.0.0.1:1/"}), Failed, "REDIRECT", 307, id="a redirect"),
    pytest.param(answer(200, b"<html>"), Failed, "BAD_ANSWER", 200, id="no JSON"),
    pytest.param(answer(200, b'{"choices": []}'), Failed, "BAD_ANSWER", 200, id="no content"),
    pytest.param((Reset(),), Failed, "CUT", 0, id="a reset"),
    pytest.param((Close(),), Failed, "CUT", 0, id="an end before the headers"),
    pytest.param((b"SSH-2.0\r\n\r\n",), Failed, "BAD_ANSWER", 0, id="no HTTP"),
    pytest.param((Sleep(20),), Failed, "SLOW_START", 0, id="silence"),
    pytest.param((HEAD, Sleep(20)), Failed, "SLOW_START", 0, id="silence after the headers"),
    pytest.param((HEAD, chunk(b'{"'), Sleep(20)), Failed, "STALLED", 0, id="silence in the body"),
    pytest.param((HEAD, chunk(b"{"), Reset()), Failed, "CUT", 0, id="a reset in the body"),
]


@pytest.mark.parametrize("script,kind,failure,status", FAILURES_OF)
async def test_before_the_commit_point_it_ends_as_a_value(script: Script, kind: type[Outcome], failure: str, status: int) -> None:
    outcome, out = await relayed(script)
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Failed | Refused)
    assert (outcome.failure.kind, outcome.status) == (failure, status)
    assert not out.is_committed


@pytest.mark.parametrize(
    "script,kind,failure",
    [
        pytest.param((HEAD, chunk(OPENING + HELLO), Reset()), Broken, "CUT", id="a reset"),
        pytest.param(stream(OPENING, HELLO), Broken, "CUT", id="an end without a finish reason"),
        pytest.param((HEAD, chunk(OPENING + HELLO), Sleep(20)), Broken, "STALLED", id="silence"),
        pytest.param(stream(HELLO, event({"error": {"message": "m", "code": 503}})), Broken, "OVERLOADED", id="an error event"),
        pytest.param(stream(HELLO, Sleep(0.05), b"data: " + b"x" * 2000), Broken, "BAD_ANSWER", id="an event without end"),
        pytest.param(stream(OPENING), Failed, "CUT", id="nothing but the opening"),
        pytest.param(stream(event({"error": {"message": "m", "code": 503}})), Failed, "OVERLOADED", id="an error event at once"),
        pytest.param(stream(event({"error": {"message": "m", "code": 400}})), Refused, "BAD_REQUEST", id="a refusal as an event"),
        pytest.param(
            stream(OPENING, b'data: {"error": {"message": "m", "code": 500}}'), Failed, "SERVER_FAULT", id="an error as the last line"
        ),
        pytest.param(chat(), Failed, "BAD_ANSWER", id="no stream"),
    ],
)
@pytest.mark.parametrize("is_slow", [False, True], ids=["a caller who keeps up", "a slow caller"])
async def test_a_stream_that_is_none_or_breaks(script: Script, kind: type[Outcome], failure: str, *, is_slow: bool) -> None:
    outcome, out = await relayed(script, is_stream=True, limits={"event_bytes": 1000}, is_slow=is_slow)
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Failed | Refused | Broken)
    assert outcome.failure.kind == failure
    assert b"[DONE]" not in out.body
    assert out.is_committed == out.is_ended == (kind is Broken)
    if kind is Broken:
        assert b'data: {"error"' in out.body


async def test_an_answer_beyond_the_limit_is_none() -> None:
    outcome, out = await relayed(chat("x" * 2000), limits={"answer_bytes": 1000})
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind == "BAD_ANSWER"
    assert not out.is_committed


async def test_of_a_long_or_cut_error_the_beginning_and_the_status_count() -> None:
    outcome, _ = await relayed(failing(400, "maximum context length " + "x" * 2 * ERROR_BYTES))
    assert isinstance(outcome, Refused)
    assert outcome.failure.kind == "TOO_LONG"
    assert len(outcome.body) == ERROR_BYTES
    outcome, _ = await relayed((b"HTTP/1.1 503 x\r\ncontent-length: 99\r\nretry-after: 3\r\n\r\nbusy", Reset()))
    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.status, outcome.retry_after_s) == ("OVERLOADED", 503, 3.0)


async def test_nobody_listens_is_unreachable() -> None:
    async with upstream() as at:
        pass
    target, one = opened(at)
    outcome = await one.relay(Attempt(1, target), clear("r", target, PUBLIC, b"{}"), Call("r", "chat"), FakeDownstream())
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind == "UNREACHABLE"


async def test_a_body_cleared_for_another_target_does_not_leave() -> None:
    async with upstream() as at:
        target, one = opened(at)
        other = Target(TargetName("other"), "local", RESTRICTED, Sent("m"))
        with pytest.raises(Leak):
            await one.relay(Attempt(1, target), clear("r", other, PUBLIC, b"{}"), Call("r", "chat"), FakeDownstream())
        assert at.accepted == 0


@pytest.mark.parametrize("script", [(Sleep(30),), (HEAD, chunk(OPENING + HELLO), Sleep(30))], ids=["before the headers", "in the stream"])
async def test_when_the_caller_leaves_the_connection_is_closed(script: Script) -> None:
    async with upstream(script) as at:
        target, one = opened(at)
        out = FakeDownstream()
        task = asyncio.ensure_future(
            one.relay(Attempt(1, target), clear("r", target, PUBLIC, b"{}"), Call("r", "chat", is_stream=True), out)
        )
        await at.until(requests=1)
        await asyncio.sleep(0.02)
        out.is_gone = True
        task.cancel()
        assert isinstance(await task, Abandoned)
        await at.until(closed=True)


async def test_a_cancellation_that_is_not_the_caller_s_goes_on() -> None:
    async with upstream((Sleep(30),)) as at:
        target, one = opened(at)
        task = asyncio.ensure_future(one.relay(Attempt(1, target), clear("r", target, PUBLIC, b"{}"), Call("r", "chat"), FakeDownstream()))
        await at.until(requests=1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    "endpoint,path", [("chat", b"/chat/completions"), ("completions", b"/completions"), ("embeddings", b"/embeddings")]
)
async def test_each_endpoint_has_its_path_below_the_base(endpoint: Endpoint, path: bytes) -> None:
    async with upstream(answer(200, b'{"choices":[{}],"data":[{}]}')) as at:
        target, one = opened(at)
        outcome = await one.relay(Attempt(1, target), clear("r", target, PUBLIC, b"{}"), Call("r", endpoint), FakeDownstream())
        assert isinstance(outcome, Served)
        assert at.heads[0].startswith(b"POST /v1" + path + b" HTTP/1.1\r\n")
        await one.close()


async def test_key_and_headers_are_sent_and_the_request_id_only_inside() -> None:
    async with upstream() as at:
        for zone in ("local", "external"):
            target, one = opened(at, zone, key=Secret("not-a-key"), headers=(("X-Project", Secret("p")),))
            await one.relay(Attempt(1, target), clear("r", target, PUBLIC, b"{}"), Call("req_7", "chat"), FakeDownstream())
            await one.close()
        assert all(b"authorization: Bearer not-a-key\r\n" in head and b"x-project: p\r\n" in head for head in at.heads)
        assert [b"x-request-id: req_7\r\n" in head for head in at.heads] == [True, False]


async def test_a_key_that_is_no_bearer_token_travels_as_it_is() -> None:
    async with upstream() as at:
        target, one = opened(at, key=Secret("not-a-key"), key_header="x-api-key")
        await one.relay(Attempt(1, target), clear("r", target, PUBLIC, b"{}"), Call("req_7", "messages"), FakeDownstream())
        await one.close()
        assert b"x-api-key: not-a-key\r\n" in at.heads[0]
        assert b"authorization" not in at.heads[0]


async def test_after_done_the_connection_serves_again() -> None:
    async with upstream((HEAD, chunk(HELLO + FINISH + DONE), Sleep(0.05), END)) as at:
        target, one = opened(at)
        for _ in range(3):
            out = FakeDownstream()
            call = Call("r", "chat", is_stream=True)
            assert isinstance(await one.relay(Attempt(1, target), clear("r", target, PUBLIC, b"{}"), call, out), Served)
            await asyncio.sleep(0.2)
        assert at.accepted == 1
        await one.close()


async def test_who_may_not_have_the_request_any_more_when_a_connection_is_open_gets_nothing() -> None:
    async with upstream() as at:
        target, _ = opened(at, "external")
        barred: list[Kind] = []

        async def resolve(_origin: Origin) -> Sequence[str]:
            barred.append("LOCKED_DOWN")  # it begins while the name server is asked
            return ["127.0.0.1"]

        client = Http1Client(Origin.parse(f"http://localhost:{at.port}/v1"), [], resolve=resolve)
        one = OpenAICompatible(target, target.zone, [client])
        call = Call("r", "chat", bar=lambda _: barred[0] if barred else None)
        outcome = await one.relay(Attempt(1, target), clear("r", target, PUBLIC, b"{}"), call, FakeDownstream())
        assert isinstance(outcome, Failed)
        assert (outcome.failure.kind, at.bodies) == ("LOCKED_DOWN", [])
        assert "0 active, 0 idle" in repr(client)
        await one.close()
