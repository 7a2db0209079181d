"""Whatever the chunks, a stream says what the whole answer says; and nothing that cannot be read is left out of either."""

import json
from typing import Any

import msgspec
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


def streamed(*events: dict[str, Any]) -> bytes:
    """What a chat is told of these events of one message."""
    start = {"type": "message_start", "message": {"model": "claude", "usage": {"input_tokens": 4, "output_tokens": 1}}}
    return ChatAnswers({}, "req_1").events(b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in (start, *events)))


def begun(**block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": 0, "content_block": block}


def more(**delta: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": delta}


TEXT, CALL = {"type": "text", "text": ""}, {"type": "tool_use", "id": "c", "name": "f", "input": {}}
OVER, END = {"type": "content_block_stop", "index": 0}, {"type": "message_stop"}


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b"no json", id="no JSON"),
        pytest.param(b"[1]", id="a list"),
        pytest.param(b"\xff", id="no text"),
        pytest.param(b'{"type":3}', id="a type that is none"),
        pytest.param(b"{}", id="no type"),
        pytest.param(b'{"type":"message_start"}', id="the start of nothing"),
        pytest.param(b'{"type":"message_stop"}', id="the end of what has not begun"),
    ],
)
def test_what_is_no_event_makes_a_stream_fail(odd: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeError)):
        ChatAnswers({}, "req_1").events(b"data: " + odd + b"\n\n")


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([more(type="text_delta", text="a")], id="more of nothing"),
        pytest.param([begun(**TEXT), OVER, more(type="text_delta", text="a")], id="more of what is over"),
        pytest.param([{"type": "content_block_delta", "index": 0}], id="no delta"),
        pytest.param([begun(**TEXT), {**more(type="text_delta", text="a"), "index": "0"}], id="an index that is none"),
        pytest.param([begun(**TEXT), more(type="text_delta", text=["a"])], id="a text that is none"),
        pytest.param([begun(**TEXT), more(text="a")], id="a delta of no type"),
        pytest.param([begun()], id="a block of no type"),
        pytest.param([begun(**{**CALL, "id": ""})], id="a call without an id"),
        pytest.param([begun(type="tool_use", id="c")], id="a call without a name"),
        pytest.param([begun(**{**CALL, "input": ["a"]}), OVER], id="a call with a list"),
        pytest.param([begun(**{**CALL, "input": "a"}), END], id="a call with a text, which nobody ended"),
        pytest.param([{"type": "message_delta"}], id="an end of no form"),
    ],
)
def test_a_stream_of_which_a_part_cannot_be_read_fails(events: list[dict[str, Any]]) -> None:
    with pytest.raises(msgspec.ValidationError):
        streamed(*events)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"no json", id="no JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"type":"message"}', id="no content"),
        pytest.param(b'{"content":"a"}', id="a content that is none"),
        pytest.param(b'{"content":[3]}', id="a block that is none"),
        pytest.param(b'{"content":[{"text":"a"}]}', id="a block of no type"),
        pytest.param(b'{"content":[{"type":"text","text":["a"]}]}', id="a text that is none"),
        pytest.param(b'{"content":[{"type":"tool_use","name":"f","input":{}}]}', id="a call without an id"),
        pytest.param(b'{"content":[{"type":"tool_use","id":"c","name":"","input":{}}]}', id="a call without a name"),
        pytest.param(b'{"content":[{"type":"tool_use","id":"c","name":"f","input":["a"]}]}', id="a call with a list"),
    ],
)
def test_what_is_no_message_is_no_answer(answer: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        ChatAnswers({}, "req_1").whole(answer)


def test_what_tells_little_is_an_answer_all_the_same() -> None:
    body = b'{"content":[{"type":"text"},{"type":"moon","text":3},{"type":"tool_use","id":"c","name":"f","input":null}],"usage":"many"}'
    message = json.loads(ChatAnswers({"model": "asked"}, "req_1").whole(body))
    assert message["model"] == "asked"
    assert message["choices"][0]["message"]["tool_calls"] == [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    assert "usage" not in message, "untold is not zero"


def test_what_keeps_a_connection_open_does_so_in_any_dialect() -> None:
    assert ChatAnswers({}, "req_1").events(b": comment\n\n" + b'data: {"type":"ping"}\n\n') == b": ping\n\n" * 2


def test_a_block_that_nobody_ended_is_over_with_the_answer_or_the_next_one() -> None:
    said = told(streamed(begun(**CALL), begun(**{**CALL, "id": "d"}), END))
    assert said["calls"] == {0: "{}", 1: "{}"}


def test_what_a_stream_tells_when_it_opens_is_no_count_of_the_answer() -> None:
    assert told(streamed(begun(type="text", text="a"), OVER, END))["usage"] is None
    ending = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"input_tokens": None, "output_tokens": 3}}
    assert told(streamed(begun(type="text", text="a"), OVER, ending, END))["usage"]["total_tokens"] == 7


def test_an_error_of_the_gateways_own_keeps_its_code_and_what_it_says_beside() -> None:
    failed = {"type": "error", "error": {"type": "api_error", "message": "Cut.", "code": "upstream_interrupted", "retryable": True}}
    error = json.loads(payload(split(streamed(failed))[-1]))["error"]
    assert error == {"message": "Cut.", "type": "server_error", "param": None, "code": "upstream_interrupted", "retryable": True}
