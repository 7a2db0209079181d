"""Real litellm, scripted HTTP: what is billed of Anthropic's and Google's answers, whole and streamed."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import msgspec
import pytest
import respx
from typing_extensions import override

from gateway.plan import UpstreamPlan
from gateway.secret import Secret
from gateway.upstreams.closed import connect
from gateway.upstreams.upstream import Call
from router.attempt import Attempt, Outcome, Served
from router.clearance import clear
from router.cost import Rare, Tariff, Usage, cost
from router.decision import Target
from router.labels import Labels
from router.names import Sent, TargetName
from tests.fakes.downstream import FakeDownstream

pytestmark = pytest.mark.filterwarnings("ignore:Items? .* `ReadOnly` qualifier:UserWarning")  # pydantic, about litellm's types
PUBLIC = Labels(("public",)).lowest
Members = Mapping[str, Any]

COUNTED: Members = {
    "input_tokens": 3,
    "output_tokens": 550,
    "cache_creation_input_tokens": 12_304,
    "cache_read_input_tokens": 700,
    "cache_creation": {"ephemeral_5m_input_tokens": 12_000, "ephemeral_1h_input_tokens": 304},
    "server_tool_use": {"web_search_requests": 2},
}
MESSAGE: Members = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-4-6",
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "content": [{"type": "text", "text": "Hello"}],
    "usage": COUNTED,
}
BEGUN = {**MESSAGE, "content": [], "stop_reason": None, "usage": {**COUNTED, "output_tokens": 1, "server_tool_use": None}}
EVENTS: tuple[Members, ...] = (
    {"type": "message_start", "message": BEGUN},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "content_block_stop", "index": 0},
)
LAST: Members = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
CLAUDE = Tariff(
    3_000_000, 15_000_000, cached=300_000, cache_write=3_750_000, cache_write_1h=6_000_000, tools=(("web_search", 10_000_000_000),)
)
BILL = (3 * 3_000 + 700 * 300 + 12_000 * 3_750 + 304 * 6_000 + 550 * 15_000) / 1_000 + 2 * 10_000
GOOGLE: Members = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {
        "promptTokenCount": 1_000,
        "candidatesTokenCount": 50,
        "thoughtsTokenCount": 382,
        "totalTokenCount": 1_432,
        "cachedContentTokenCount": 600,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 800}, {"modality": "AUDIO", "tokenCount": 200}],
    },
    "modelVersion": "gemini-2.5-flash",
}


class Body(httpx.AsyncByteStream):
    """Events of a stream."""

    def __init__(self, events: tuple[Members, ...]) -> None:
        self._events = events

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for event in self._events:
            yield b"data: " + msgspec.json.encode(event) + b"\n\n"


def streamed(*events: Members) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Body(events))


async def served(model: str, answer: httpx.Response, *, is_stream: bool) -> Usage:
    """The usage that an answer of the vendor is read to have."""
    target = Target(TargetName("closed"), "external", PUBLIC, Sent(model))
    closed = connect(target, UpstreamPlan(target.name, "litellm", key=Secret("k" * 8)))
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 16, "model": model}
    if is_stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    with respx.mock() as router:
        router.post(url__regex=r"https://(api\.anthropic|generativelanguage\.googleapis)\.com/.*").mock(return_value=answer)
        cleared = clear("r1", target, PUBLIC, msgspec.json.encode(body))
        outcome: Outcome = await closed.relay(Attempt(1, target), cleared, Call("r1", "chat", is_stream=is_stream), FakeDownstream())
    await closed.close()
    assert isinstance(outcome, Served), outcome
    assert outcome.usage is not None
    return outcome.usage


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(200, json=MESSAGE), id="whole"),
        pytest.param(streamed(*EVENTS, {**LAST, "usage": COUNTED}, {"type": "message_stop"}), id="a stream whose end tells all again"),
        pytest.param(
            streamed(
                *EVENTS,
                {**LAST, "usage": {"output_tokens": 550, "server_tool_use": {"web_search_requests": 2}}},
                {"type": "message_stop"},
            ),
            id="a stream whose end tells what was not known before",
        ),
    ],
)
async def test_anthropic_is_billed_once_for_each_token(answer: httpx.Response) -> None:
    usage = await served("anthropic/claude-opus-4-6", answer, is_stream="event-stream" in answer.headers["content-type"])
    assert usage == Usage(13_007, 550, 700, 12_304, rare=Rare(cache_write_1h=304, tools=(("web_search", 2),)))
    assert cost(usage, CLAUDE) == BILL


@pytest.mark.parametrize("is_stream", [False, True])
async def test_thoughts_of_google_are_billed_and_audio_is_told_apart(is_stream: bool) -> None:
    answer = streamed(GOOGLE) if is_stream else httpx.Response(200, json=GOOGLE)
    usage = await served("gemini/gemini-2.5-flash", answer, is_stream=is_stream)
    assert usage == Usage(1_000, 432, 600, reasoning=382, rare=Rare(audio_in=200))
    assert (
        cost(usage, Tariff(300_000, 2_500_000, 30_000, audio_in=1_000_000)) == (200 * 300 + 200 * 1_000 + 600 * 30 + 432 * 2_500) // 1_000
    )


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize(
    ("traffic", "tier"), [("ON_DEMAND", ""), ("ON_DEMAND_FLEX", "flex"), ("ON_DEMAND_PRIORITY", "priority"), ("PROVISIONED_THROUGHPUT", "")]
)
async def test_kinds_of_traffic_at_google_are_tiers(is_stream: bool, traffic: str, tier: str) -> None:
    told = {**GOOGLE, "usageMetadata": {**GOOGLE["usageMetadata"], "trafficType": traffic}}
    answer = streamed(told) if is_stream else httpx.Response(200, json=told)
    assert (await served("gemini/gemini-2.5-flash", answer, is_stream=is_stream)).tier == tier
