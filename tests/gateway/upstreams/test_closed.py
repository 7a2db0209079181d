"""Real litellm, scripted HTTP: what our adapter makes of Anthropic's answers, and what litellm may not do."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import msgspec
import pytest
import respx
from typing_extensions import override

from gateway.plan import UpstreamPlan
from gateway.secret import Secret
from gateway.upstreams.closed import Closed, connect
from gateway.upstreams.upstream import Call
from router.attempt import Abandoned, Attempt, Broken, Failed, Outcome, Refused, Served, Usage
from router.clearance import clear
from router.decision import Clocks, Target
from router.facts import NEVER
from router.labels import Labels
from router.names import Endpoint, Sent, TargetName
from tests.fakes.anthropic import BLOCK, MESSAGE, OVERLOADED, START, WHOLE, delta, sse
from tests.fakes.downstream import FakeDownstream
from tests.fakes.patience import paced

URL = "https://api.anthropic.com/v1/messages"
pytestmark = pytest.mark.filterwarnings("ignore:Items? .* `ReadOnly` qualifier:UserWarning")  # pydantic, about litellm's types
PUBLIC = Labels(("public", "internal")).lowest
PROMPT = "the unspeakable prompt"


class Script(httpx.AsyncByteStream):
    """A body that comes in parts; a number is a pause in seconds, an exception is raised."""

    def __init__(self, *parts: bytes | float | Exception) -> None:
        self._parts = parts
        self.is_closed = False

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            if isinstance(part, Exception):
                raise part
            if isinstance(part, bytes):
                yield part
            else:
                await asyncio.sleep(part)

    @override
    async def aclose(self) -> None:
        self.is_closed = True


def stream_of(*parts: bytes | float | Exception) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Script(*parts))


USUAL = Clocks()


def target(clocks: Clocks = USUAL, model: str = "anthropic/claude-opus-4-6") -> Target:
    return Target(TargetName("claude"), "external", PUBLIC, Sent(model), clocks=clocks)


def upstream(clocks: Clocks = USUAL, urls: tuple[str, ...] = ()) -> Closed:
    return connect(target(clocks), UpstreamPlan(TargetName("claude"), "litellm", urls=urls, key=Secret("k" * 8)))


@pytest.fixture
def anthropic() -> Iterator[respx.Route]:
    with respx.mock(assert_all_called=False) as router:
        router.post("https://api.anthropic.com/v2").respond(200, json=MESSAGE)  # where a redirect would lead
        yield router.post(URL)


async def relay(
    closed: Closed,
    out: FakeDownstream,
    *,
    is_stream: bool = False,
    hides_usage: bool = False,
    endpoint: Endpoint = "chat",
    due: float = NEVER,
    **fields: object,
) -> Outcome:
    carried: dict[str, object] = {"messages": [{"role": "user", "content": PROMPT}], "max_tokens": 16}
    body: dict[str, object] = {**carried, "model": "anthropic/claude-opus-4-6", **fields}
    if is_stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    cleared = clear("r1", target(), PUBLIC, msgspec.json.encode(body))
    call = Call("r1", endpoint, is_stream=is_stream, hides_usage=hides_usage, answer_bytes=10_000, due=due)
    try:
        return await closed.relay(Attempt(1, target()), cleared, call, out)
    finally:
        await closed.close()


async def test_a_whole_answer(anthropic: respx.Route) -> None:
    anthropic.return_value = httpx.Response(200, json=MESSAGE)
    outcome = await relay(upstream(), out := FakeDownstream(), temperature=0.5, seed=7, api_base="https://there.example")
    assert isinstance(outcome, Served)
    assert outcome.usage == Usage(prompt=13, completion=5, cached=3)
    assert (outcome.finish, outcome.answered) == ("stop", "claude-opus-4-6")
    answer = msgspec.json.decode(out.body)
    assert answer["choices"][0]["message"] | {"role": "assistant", "content": "Hello"} == answer["choices"][0]["message"]
    request = anthropic.calls.last.request
    sent = msgspec.json.decode(request.content)
    assert sent["messages"][0]["content"] in (PROMPT, [{"type": "text", "text": PROMPT}])
    assert (sent["temperature"], sent["max_tokens"], "seed" in sent) == (0.5, 16, False)
    assert request.headers["x-api-key"] == "k" * 8
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("hides_usage", [True, False])
async def test_a_stream(anthropic: respx.Route, hides_usage: bool) -> None:
    anthropic.return_value = stream_of(*(WHOLE[at : at + 50] for at in range(0, len(WHOLE), 50)))
    outcome = await relay(upstream(), out := FakeDownstream(), is_stream=True, hides_usage=hides_usage)
    assert isinstance(outcome, Served)
    assert (outcome.usage, outcome.finish) == (Usage(prompt=10, completion=5), "stop")
    events = out.body.split(b"\n\n")
    assert events[-2:] == [b"data: [DONE]", b""]
    chunks = [msgspec.json.decode(event.removeprefix(b"data: ")) for event in events[:-2]]
    assert "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"]) == "Hello"
    assert [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]] == [None, None, "stop"]
    assert [chunk["choices"] for chunk in chunks if "usage" in chunk] == ([] if hides_usage else [[]])
    assert outcome.timing.first_byte_s is not None


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        pytest.param((sse(START, BLOCK, delta("Hel"), OVERLOADED),), "SERVER_FAULT", id="an error event"),
        pytest.param((sse(START, BLOCK, delta("Hel"), delta("lo")),), "CUT", id="an orderly end without a finish"),
        pytest.param((sse(START, BLOCK, delta("Hel")), httpx.RemoteProtocolError("peer closed")), "CUT", id="a broken connection"),
        pytest.param((sse(START, BLOCK, delta("Hel")), 300.0), "STALLED", id="silence between chunks"),
    ],
)
async def test_a_stream_that_breaks_ends_with_an_error_and_without_done(
    anthropic: respx.Route, parts: tuple[bytes | float | Exception, ...], kind: str
) -> None:
    async def scene(pace: float) -> None:
        anthropic.return_value = stream_of(*parts)
        outcome = await relay(upstream(Clocks(between_chunks_s=0.2 * pace)), out := FakeDownstream(), is_stream=True)
        assert isinstance(outcome, Broken)
        assert outcome.failure.kind == kind
        assert b"Hel" in out.body
        assert b"[DONE]" not in out.body
        assert b'"finish_reason":"' not in out.body
        assert b'"error":{' in out.writes[-1]
        assert out.is_ended

    await paced(scene)


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        pytest.param((sse(START), sse(OVERLOADED)), "SERVER_FAULT", id="an error event first"),
        pytest.param((sse(START),), "CUT", id="nothing but an opening"),
        pytest.param((sse(START, BLOCK), 300.0), "SLOW_START", id="no first token in time"),
        pytest.param((httpx.ReadError("reset"),), "CUT", id="a connection that is reset"),
    ],
)
async def test_before_the_first_content_the_caller_sees_nothing(
    anthropic: respx.Route, parts: tuple[bytes | float | Exception, ...], kind: str
) -> None:
    async def scene(pace: float) -> None:
        anthropic.return_value = stream_of(*parts)
        outcome = await relay(upstream(Clocks(first_token_s=0.3 * pace)), out := FakeDownstream(), is_stream=True)
        assert isinstance(outcome, Failed)
        assert outcome.failure.kind == kind
        assert not out.is_committed

    await paced(scene)


def says(kind: str, message: str) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": message}}


@pytest.mark.parametrize("is_stream", [pytest.param(True, id="stream"), pytest.param(False, id="whole")])
@pytest.mark.parametrize(
    ("response", "ending", "kind"),
    [
        pytest.param(httpx.Response(429, json=says("rate_limit_error", "slow")), Failed, "OVERLOADED", id="429"),
        pytest.param(httpx.Response(529, json=says("overloaded_error", "Overloaded")), Failed, "OVERLOADED", id="529"),
        pytest.param(httpx.Response(500, json=says("api_error", "oops")), Failed, "SERVER_FAULT", id="500"),
        pytest.param(httpx.Response(401, json=says("authentication_error", "invalid x-api-key")), Failed, "OUR_KEY", id="401"),
        pytest.param(
            httpx.Response(400, json=says("invalid_request_error", "credit balance is too low")), Failed, "OUR_KEY", id="no credit"
        ),
        pytest.param(
            httpx.Response(400, json=says("invalid_request_error", "prompt is too long: 9 > 8")), Refused, "TOO_LONG", id="too long"
        ),
        pytest.param(httpx.Response(400, json=says("invalid_request_error", "bad max_tokens")), Refused, "BAD_REQUEST", id="400"),
        pytest.param(httpx.Response(404, json=says("not_found_error", "model")), Failed, "NO_MODEL", id="404"),
        pytest.param(
            httpx.Response(307, headers={"location": "https://api.anthropic.com/v2"}), Failed, "REDIRECT", id="a redirect is not followed"
        ),
        pytest.param(httpx.Response(200, text="<html>"), Failed, "BAD_ANSWER", id="not an answer"),
    ],
)
async def test_refusals_and_failures(
    anthropic: respx.Route, response: httpx.Response, ending: type[Failed | Refused], kind: str, is_stream: bool
) -> None:
    anthropic.return_value = response
    outcome = await relay(upstream(), out := FakeDownstream(), is_stream=is_stream)
    assert isinstance(outcome, Failed | Refused)
    assert type(outcome) is ending
    if not (is_stream and kind == "BAD_ANSWER"):
        assert outcome.failure.kind == kind
    if isinstance(outcome, Refused):
        assert outcome.body == response.content
    assert anthropic.call_count == 1
    assert not out.is_committed


async def test_retry_after_is_told(anthropic: respx.Route) -> None:
    anthropic.return_value = httpx.Response(429, json=says("rate_limit_error", "slow"), headers={"Retry-After": "7"})
    outcome = await relay(upstream(), FakeDownstream())
    assert isinstance(outcome, Failed)
    assert (outcome.status, outcome.retry_after_s) == (429, 7.0)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(httpx.ConnectError("refused"), "UNREACHABLE", id="refused"),
        pytest.param(httpx.ConnectTimeout("late"), "UNREACHABLE", id="no connection in time"),
        pytest.param(httpx.RemoteProtocolError("gone"), "CUT", id="closed without an answer"),
        pytest.param(httpx.WriteTimeout("late"), "SLOW_START", id="does not take the request"),
    ],
)
async def test_a_request_is_never_sent_twice(anthropic: respx.Route, fault: httpx.TransportError, kind: str) -> None:
    anthropic.side_effect = fault
    outcome = await relay(upstream(), FakeDownstream())
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind == kind
    assert anthropic.call_count == 1


class Silence:
    """A vendor that takes a request and never answers."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.asked.set()
        await asyncio.sleep(300)
        raise AssertionError


@pytest.mark.parametrize(
    ("clocks", "kind"),
    [
        pytest.param(Clocks(headers_s=0.2), "SLOW_START", id="no headers in time"),
        pytest.param(Clocks(total_s=0.2), "STALLED", id="no answer in the whole time"),
    ],
)
async def test_clocks(anthropic: respx.Route, clocks: Clocks, kind: str) -> None:
    anthropic.side_effect = Silence()
    outcome = await relay(upstream(clocks), FakeDownstream())
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind == kind


@pytest.mark.parametrize("is_stream", [pytest.param(True, id="stream"), pytest.param(False, id="whole")])
async def test_the_caller_s_deadline_goes_before_every_clock(anthropic: respx.Route, is_stream: bool) -> None:
    anthropic.side_effect = Silence()
    outcome = await relay(upstream(), out := FakeDownstream(), is_stream=is_stream, due=time.monotonic() + 0.2)
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind == "OVERDUE"
    assert not out.is_committed


async def test_a_deadline_ends_a_stream_that_has_begun(anthropic: respx.Route) -> None:
    async def scene(pace: float) -> None:  # the vendor's library takes its time before it asks
        anthropic.return_value = stream_of(sse(START, BLOCK, delta("Hel")), 300.0)
        outcome = await relay(upstream(), out := FakeDownstream(), is_stream=True, due=time.monotonic() + 0.5 * pace)
        assert isinstance(outcome, Broken)
        assert (outcome.failure.kind, outcome.is_estimate) == ("OVERDUE", True)
        assert b'"code":"deadline_exceeded","retryable":false,"tokens_served":1' in out.writes[-1]

    await paced(scene)


async def test_an_answer_over_the_limit_is_none(anthropic: respx.Route) -> None:
    anthropic.return_value = httpx.Response(200, json=MESSAGE | {"id": "x" * 20_000})
    outcome = await relay(upstream(), out := FakeDownstream())
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind == "BAD_ANSWER"
    assert not out.is_committed


async def test_the_caller_leaves_before_the_answer_begins(anthropic: respx.Route) -> None:
    anthropic.side_effect = silence = Silence()
    task = asyncio.ensure_future(relay(upstream(), out := FakeDownstream(), is_stream=True))
    await silence.asked.wait()
    out.is_gone = True
    task.cancel()
    assert isinstance(await task, Abandoned)
    assert not out.is_committed


async def test_the_caller_leaves_amid_a_stream(anthropic: respx.Route) -> None:
    script = Script(sse(START, BLOCK, delta("Hel")), 30.0)
    anthropic.return_value = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=script)
    task = asyncio.ensure_future(relay(upstream(), out := FakeDownstream(), is_stream=True))
    await out.begun.wait()
    out.is_gone = True
    task.cancel()
    assert isinstance(await task, Abandoned)
    assert script.is_closed
    assert b"[DONE]" not in out.body


async def test_a_cancellation_that_is_not_the_callers_goes_on(anthropic: respx.Route) -> None:
    anthropic.side_effect = silence = Silence()
    task = asyncio.ensure_future(relay(upstream(), FakeDownstream()))
    await silence.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_unsupported_field_is_refused_before_anything_is_sent(anthropic: respx.Route) -> None:
    outcome = await relay(upstream(), FakeDownstream(), logprobs=True)
    assert isinstance(outcome, Refused)
    assert b"logprobs" in outcome.body
    assert not anthropic.called


async def test_tools_go_on_and_nothing_looks_for_servers_of_them(anthropic: respx.Route) -> None:
    anthropic.return_value = httpx.Response(200, json=MESSAGE)
    function = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    outcome = await relay(upstream(), FakeDownstream(), tools=[{"type": "function", "function": function}])
    assert isinstance(outcome, Served)
    sent = msgspec.json.decode(anthropic.calls.last.request.content)
    assert sent["tools"][0]["name"] == "weather"
    assert not [name for name in sent if name.startswith("_")]


async def test_completions_are_served_too(anthropic: respx.Route) -> None:
    anthropic.return_value = httpx.Response(200, json=MESSAGE)
    outcome = await relay(upstream(), out := FakeDownstream(), endpoint="completions", prompt=PROMPT)
    assert isinstance(outcome, Served)
    assert msgspec.json.decode(out.body)["choices"][0]["text"] == "Hello"


async def test_an_address_in_a_prompt_is_not_fetched(anthropic: respx.Route) -> None:
    content = [
        {"type": "file", "file": {"file_id": "https://there.example/a.pdf"}},
        {"type": "image_url", "image_url": {"url": "http://there.example/a"}},
    ]
    anthropic.return_value = httpx.Response(200, json=MESSAGE)
    with respx.mock(assert_all_called=False) as elsewhere:
        fetched = elsewhere.route(host="there.example").respond(200)
        await relay(upstream(), FakeDownstream(), messages=[{"role": "user", "content": content}])
    assert not fetched.called


async def test_the_environment_moves_no_content(anthropic: respx.Route, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_BASE", "https://there.example")
    with respx.mock(assert_all_called=False) as elsewhere:
        moved = elsewhere.route(host="there.example").respond(200, json=MESSAGE)
        outcome = await relay(upstream(), FakeDownstream())
    assert isinstance(outcome, Failed)
    assert not moved.called


async def test_a_proxy_in_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """No mock here: a listener stands in for the proxy, another for the vendor."""
    seen: list[str] = []

    async def serve(name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(name)
        await reader.readuntil(b"\r\n\r\n")
        body = msgspec.json.encode(MESSAGE)
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        await writer.drain()
        writer.close()

    proxy = await asyncio.start_server(lambda r, w: serve("proxy", r, w), "127.0.0.1", 0)
    vendor = await asyncio.start_server(lambda r, w: serve("vendor", r, w), "127.0.0.1", 0)
    ports = [server.sockets[0].getsockname()[1] for server in (proxy, vendor)]
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{ports[0]}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    outcome = await relay(upstream(urls=(f"http://127.0.0.1:{ports[1]}",)), FakeDownstream())
    for server in (proxy, vendor):
        server.close()
        await server.wait_closed()
    assert isinstance(outcome, Served)
    assert seen == ["vendor"]


async def test_no_log_and_no_output_has_the_prompt(
    anthropic: respx.Route, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for response in (httpx.Response(200, json=MESSAGE), httpx.Response(400, json=says("invalid_request_error", PROMPT))):
        anthropic.return_value = response
        outcome = await relay(upstream(), FakeDownstream())
        assert PROMPT not in repr(outcome)
    output = capfd.readouterr()
    assert PROMPT not in caplog.text + output.out + output.err
    assert "litellm" not in (caplog.text + output.out + output.err).lower()


async def test_nothing_is_looked_up_and_nothing_runs_on(anthropic: respx.Route, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *where, **_how: looked_up.append(where))  # the library's way out, not our code
    anthropic.return_value = httpx.Response(200, json=MESSAGE)
    await relay(upstream(), FakeDownstream())
    await asyncio.sleep(0.05)
    assert looked_up == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


GEMINI_PART = {"candidates": [{"content": {"parts": [{"text": "Hello"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}}  # fmt: skip
CONVERSE = {"output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}}, "stopReason": "end_turn",
    "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}, "metrics": {"latencyMs": 1}}  # fmt: skip
COHERE = {"id": "c1", "finish_reason": "COMPLETE", "message": {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
    "usage": {"tokens": {"input_tokens": 10, "output_tokens": 5}, "billed_units": {"input_tokens": 10, "output_tokens": 5}}}  # fmt: skip
AWS = {"aws_region_name": "eu-central-1", "aws_access_key_id": Secret("A" * 8), "aws_secret_access_key": Secret("s" * 8)}


@pytest.mark.parametrize(
    ("model", "options", "url", "answer"),
    [
        pytest.param("gemini/gemini-3-pro", {}, r"https://generativelanguage\.googleapis\.com/.*", GEMINI_PART, id="gemini"),
        pytest.param(
            "bedrock/amazon.nova-pro-v1:0",
            AWS,
            r"https://bedrock-runtime\.eu-central-1\.amazonaws\.com/.*/converse",
            CONVERSE,
            id="bedrock",
        ),
        pytest.param("cohere_chat/command-a-03-2025", {}, r"https://api\.cohere\.(ai|com)/v2/chat", COHERE, id="cohere"),
    ],
)
async def test_other_vendors_go_through_the_door_too(
    model: str, options: dict[str, object], url: str, answer: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with respx.mock(assert_all_called=False) as router:
        route = router.post(url__regex=url).respond(200, json=answer)
        plan = UpstreamPlan(TargetName("claude"), "litellm", key=None if options else Secret("k" * 8), options=options)
        outcome = await relay(connect(target(model=model), plan), out := FakeDownstream())
    assert isinstance(outcome, Served), outcome
    assert outcome.usage == Usage(prompt=10, completion=5)
    assert msgspec.json.decode(out.body)["choices"][0]["message"]["content"] == "Hello"
    assert route.call_count == 1


@pytest.mark.parametrize("is_cut", [True, False])
async def test_a_stream_of_gemini(is_cut: bool) -> None:
    first = {"candidates": [{"content": {"parts": [{"text": "Hel"}], "role": "model"}, "index": 0}]}
    parts = [first] if is_cut else [first, GEMINI_PART]
    with respx.mock() as router:
        router.post(url__regex=r"https://generativelanguage\.googleapis\.com/.*alt=sse").return_value = stream_of(
            *(b"data: " + msgspec.json.encode(part) + b"\r\n\r\n" for part in parts)
        )
        plan = UpstreamPlan(TargetName("claude"), "litellm", key=Secret("k" * 8))
        outcome = await relay(connect(target(model="gemini/gemini-3-pro"), plan), out := FakeDownstream(), is_stream=True)
    assert type(outcome) is (Broken if is_cut else Served)
    assert (b"[DONE]" in out.body) is not is_cut


@pytest.mark.parametrize("model", ["gpt-5", "openai/gpt-5", "litellm_proxy/x", "ollama/llama"])
def test_other_vendors_are_refused_with_a_sentence(model: str) -> None:
    with pytest.raises(ValueError, match="openai_compatible"):
        connect(target(model=model), UpstreamPlan(TargetName("claude"), "litellm"))
