"""Whatever the chunks, a stream says what the whole answer says; and nothing odd makes an answer fail."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.chat_over_messages.answers import ChatAnswers
from gateway.wire.sse import payload, split

WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
BLOCK = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": WORDS}),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": WORDS, "signature": st.just("EqQB")}),
    st.fixed_dictionaries(
        {"type": st.just("tool_use"), "id": st.just("c"), "name": st.just("f"), "input": st.dictionaries(WORDS, WORDS, max_size=2)}
    ),
)
_PIECES = {"text": ("text_delta", "text"), "thinking": ("thinking_delta", "thinking")}


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A message, and the same in events."""
    blocks: list[dict[str, Any]] = draw(st.lists(BLOCK, max_size=4))
    usage = {"input_tokens": 4, "output_tokens": 2}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_sequence": None, "usage": usage}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {**head, "content": [], "stop_reason": None}}]
    for index, block in enumerate(blocks):
        events += _of_block(draw, index, block)
    events += [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}, {"type": "message_stop"}]
    flow = b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events)
    return json.dumps({**head, "content": blocks, "stop_reason": "end_turn"}).encode(), flow


def _of_block(draw: st.DrawFn, index: int, block: dict[str, Any]) -> list[dict[str, Any]]:
    kind = block["type"]
    text = json.dumps(block["input"]) if kind == "tool_use" else block[kind]
    at = draw(st.integers(0, len(text)))
    delta, member = _PIECES.get(kind, ("input_json_delta", "partial_json"))
    nothing: dict[str, Any] = {"input": {}} if kind == "tool_use" else {kind: ""}
    empty = {**block, **nothing, **({"signature": ""} if kind == "thinking" else {})}
    deltas = [{"type": delta, member: text[:at]}, {"type": delta, member: text[at:]}]
    if kind == "thinking":
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    opening, closing = (
        {"type": "content_block_start", "index": index, "content_block": empty},
        {"type": "content_block_stop", "index": index},
    )
    return [opening, *({"type": "content_block_delta", "index": index, "delta": one} for one in deltas), closing]


def told(events: bytes) -> dict[str, Any]:
    """What the chunks of a chat say together."""
    message: dict[str, Any] = {"content": "", "reasoning_content": "", "thinking_blocks": [], "calls": {}, "finish": "", "usage": None}
    *chunks, last = [payload(event) for event in split(events)]
    assert last == b"[DONE]"
    for chunk in map(json.loads, chunks):
        message["usage"] = chunk.get("usage") or message["usage"]
        for choice in chunk["choices"]:
            message["finish"] = choice["finish_reason"] or message["finish"]
            for name in ("content", "reasoning_content"):
                message[name] += choice["delta"].get(name) or ""
            message["thinking_blocks"] += choice["delta"].get("thinking_blocks", [])
            for call in choice["delta"].get("tool_calls", ()):
                message["calls"][call["index"]] = message["calls"].get(call["index"], "") + call["function"].get("arguments", "")
    return message


@given(streams(), st.integers(1, 5))
def test_a_stream_says_what_the_whole_answer_says(case: tuple[bytes, bytes], size: int) -> None:
    whole, flow = case
    message = json.loads(ChatAnswers({}, "req_1").whole(whole))
    said, answers, events = message["choices"][0]["message"], ChatAnswers({}, "req_1"), split(flow)
    chunks = b"".join(answers.events(b"".join(events[at : at + size])) for at in range(0, len(events), size))
    streamed = told(chunks)
    assert streamed["content"] == (said["content"] or "")
    assert streamed["reasoning_content"] == said.get("reasoning_content", "")
    assert streamed["thinking_blocks"] == said.get("thinking_blocks", [])
    assert [json.loads(one) for one in streamed["calls"].values()] == [
        json.loads(call["function"]["arguments"]) for call in said.get("tool_calls", ())
    ]
    assert (streamed["finish"], streamed["usage"]) == (message["choices"][0]["finish_reason"], message["usage"])


@given(streams(), st.data())
def test_a_stream_that_is_cut_never_looks_finished(case: tuple[bytes, bytes], data: st.DataObject) -> None:
    events = split(case[1])
    count = data.draw(st.integers(0, len(events) - 1))
    said = ChatAnswers({}, "req_1").events(b"".join(events[:count]))
    assert b"[DONE]" not in said
    assert b'"finish_reason":"' not in said


@pytest.mark.parametrize(
    "odd", [b": comment\n\n", b"data: no json\n\n", b"data: [1]\n\n", b'data: {"type":3}\n\n', b'data: {"type":"content_block_delta"}\n\n']
)
def test_what_is_odd_in_a_stream_says_nothing(odd: bytes) -> None:
    assert ChatAnswers({}, "req_1").events(odd) == b""


def test_what_is_odd_in_an_answer_is_left_out() -> None:
    message = json.loads(
        ChatAnswers({"model": "asked"}, "req_1").whole(b'{"content":[3,{"type":"text"},{"type":"tool_use"}],"usage":"many"}')
    )
    assert message["model"] == "asked"
    assert message["choices"][0]["message"]["tool_calls"] == [{"id": "", "type": "function", "function": {"name": "", "arguments": "{}"}}]
    assert message["usage"]["total_tokens"] == 0
