"""The redacted path in every dialect: placeholders go out in the target's words, values come back in the caller's."""

import json
from typing import Any

import pytest

from tests.fakes.client import Reply
from tests.fakes.dialects import MESSAGE, typed
from tests.fakes.endpoints import ASKED, Asked
from tests.fakes.gateway import between
from tests.fakes.secrets import email
from tests.fakes.upstream import DONE, Script, Upstream, answer, chat, delta, stream
from tests.journeys.test_redacted import REDACTING, assert_unseen

TALKS = [one for one in ASKED if one.endpoint in ("chat", "messages", "responses")]
SAID = "I wrote to <EMAIL_1>, as you asked."
PIECES = ("I wrote to <EM", "AIL_1", ">, as you asked.")


def answers(spoken: str, *, is_stream: bool) -> Script:
    """What the cloud says, in its dialect."""
    if spoken == "messages":
        whole: dict[str, Any] = {**MESSAGE, "content": [{"type": "text", "text": SAID}]}
        return _messages_flow() if is_stream else answer(200, json.dumps(whole).encode())
    return stream(*map(delta, PIECES), delta(finish="stop"), DONE) if is_stream else chat(SAID)


def _messages_flow() -> Script:
    deltas = [typed("content_block_delta", index=0, delta={"type": "text_delta", "text": piece}) for piece in PIECES]
    return stream(
        typed("message_start", message={**MESSAGE, "content": [], "stop_reason": None}),
        typed("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *deltas,
        typed("content_block_stop", index=0),
        typed("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 3}),
        typed("message_stop"),
    )


def said(reply: Reply, endpoint: str) -> str:
    """The text of an answer, whole or in events, in the caller's dialect."""
    told = [json.loads(one) for one in reply.events if one != b"[DONE]"] or [reply.json]
    if endpoint == "chat":
        parts = [choice.get("delta") or choice.get("message") or {} for one in told for choice in one["choices"]]
        return "".join(part.get("content") or "" for part in parts)
    if endpoint == "messages":
        blocks = [one["delta"] for one in told if one["type"] == "content_block_delta"] or told[0].get("content", [])
        return "".join(block.get("text", "") for block in blocks)
    deltas = [one["delta"] for one in told if one.get("type") == "response.output_text.delta"]
    last = told[-1].get("response", told[-1])["output"][0]["content"][0]["text"]
    assert not deltas or "".join(deltas) == last
    return str(last)


async def test_what_is_asked_for_in_a_header_is_not_rewritten_and_so_does_not_go_out(local: Upstream, cloud: Upstream) -> None:
    cloud.then(answers("messages", is_stream=False))
    edits = {**REDACTING, "destinations.gpt.serves": ["messages"]}
    beta = {"anthropic-beta": "context-1m-2025-08-07"}
    asked = next(one for one in TALKS if str(one) == "messages")
    async with between(local, cloud, edits) as gate:
        for text in ("Say something.", f"Write a friendly note to {email()} about the meeting on Monday, please."):
            await gate.post(asked.of(text), asked.path, beta)
    assert [b"anthropic-beta" in head for head in cloud.heads] == [True, False]


@pytest.mark.parametrize("asked", TALKS, ids=str)
@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_values_come_back_and_do_not_go_out(local: Upstream, cloud: Upstream, asked: Asked, is_stream: bool) -> None:
    address, spoken = email(), asked.spoken
    spoken = "chat" if spoken == "responses" else spoken  # an answer that must be restored comes as a chat
    cloud.then(answers(spoken, is_stream=is_stream))
    serves = [spoken] if asked.spoken != "responses" else ["chat", "responses"]
    edits = {
        **REDACTING,
        "redact": {"max_share": 0.6, "hint": True},
        "destinations.gpt.serves": serves,
        "destinations.qwen.serves": asked.serves,
    }
    async with between(local, cloud, edits) as gate:
        text = f"Write a friendly note to {address} about the meeting on Monday, please, and say that I come."
        reply = await gate.post(asked.of(text, stream=is_stream), asked.path)
        assert (reply.status, reply.headers.get("x-tidegate-path")) == (200, "redacted"), reply.body
        assert said(reply, asked.endpoint) == SAID.replace("<EMAIL_1>", address)
        assert_unseen(cloud, address)
        assert b"<EMAIL_1> about" in cloud.bodies[0]
        assert b"stand for values that you cannot see" in cloud.bodies[0], "the model is told what they are"
        exchange = await gate.until_observed()
        assert (exchange.endpoint, exchange.redaction, exchange.placeholders_unrestored) == (asked.endpoint, "done", 0)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_what_a_response_repeats_of_the_request_is_what_the_caller_sent(local: Upstream, cloud: Upstream, is_stream: bool) -> None:
    address = email()
    cloud.then(answers("chat", is_stream=is_stream))
    edits = {**REDACTING, "redact": {"max_share": 0.6}, "destinations.gpt.serves": ["chat"], "destinations.qwen.serves": ["chat"]}
    told = f"Every note goes to {address}, and a copy of it is kept in the folder of the meeting."
    async with between(local, cloud, edits) as gate:
        body = {"model": "gpt", "instructions": told, "input": "Write a note about the meeting on Monday.", "stream": is_stream}
        reply = await gate.post(body, "/v1/responses")
        assert (reply.status, reply.headers.get("x-tidegate-path")) == (200, "redacted"), reply.body
        assert_unseen(cloud, address)
        responses = [one["response"] for one in map(json.loads, reply.events) if "response" in one] or [reply.json]
        assert [one["instructions"] for one in responses] == [told] * len(responses)
