from typing import Any

import msgspec
import pytest

from gateway.dialects.messages_over_chat.answers import MessagesAnswers
from gateway.wire.sse import payload, split

THOUGHT = {"reasoning_content": "Hm.", "content": "Yes."}
DONE = b"data: [DONE]\n\n"


def whole(message: Any, asked: Any = None, **more: Any) -> dict[str, Any]:
    body = {"model": "q", "choices": [{"message": message, "finish_reason": "stop", **more}]}
    answer: dict[str, Any] = msgspec.json.decode(MessagesAnswers(asked or {}, "req_ab").whole(msgspec.json.encode(body)))
    return answer


def chunk(delta: Any, **more: Any) -> bytes:
    return b"data: " + msgspec.json.encode({"model": "q", "choices": [{"index": 0, "delta": delta, **more}]}) + b"\n\n"


def names(block: bytes) -> list[str]:
    return [event.split(b"\n")[0].decode().removeprefix("event: ") for event in split(block)]


@pytest.mark.parametrize(
    ("request_id", "message_id"),
    [("req_0af3", "msg_0af3"), ("7c9e6679-7425-40de-944b-e07fc1f90ae7", "msg_7c9e6679742540de944be07fc1f90ae7")],
)
def test_a_messages_id_is_the_requests(request_id: str, message_id: str) -> None:
    answers = MessagesAnswers({}, request_id)
    body = msgspec.json.encode({"choices": [{"message": {"content": "a"}}]})
    assert msgspec.json.decode(answers.whole(body))["id"] == message_id


@pytest.mark.parametrize(
    ("thinking", "blocks"),
    [
        (None, [{"type": "thinking", "thinking": "Hm.", "signature": "tidegate"}]),
        ({"type": "adaptive"}, [{"type": "thinking", "thinking": "Hm.", "signature": "tidegate"}]),
        ({"type": "adaptive", "display": "omitted"}, [{"type": "thinking", "thinking": "", "signature": "tidegate"}]),
        ({"type": "disabled"}, []),
    ],
)
def test_thoughts_are_shown_as_they_were_asked_for(thinking: object, blocks: list[object]) -> None:
    asked = {"thinking": thinking}
    assert whole(THOUGHT, asked)["content"] == [*blocks, {"type": "text", "text": "Yes."}]
    said = MessagesAnswers(asked, "req_ab").events(chunk(THOUGHT) + DONE)
    assert (b"thinking" in said, b"Hm." in said) == (bool(blocks), b"Hm." in msgspec.json.encode(blocks))


@pytest.mark.parametrize("display", ["summarized", "omitted"])
def test_white_space_alone_is_no_block(display: str) -> None:
    asked = {"thinking": {"type": "adaptive", "display": display}}
    call = {"id": "x", "function": {"name": "f", "arguments": "{}"}}
    blocks = whole({"reasoning": "\n", "content": "\n\n", "tool_calls": [call]}, asked)["content"]
    assert [block["type"] for block in blocks] == ["tool_use"]
    cited = whole({"content": " ", "annotations": [{"url_citation": {"url": "u"}}]})["content"]
    assert [block["type"] for block in cited] == ["text"]


def test_the_model_is_the_one_that_answered() -> None:
    assert whole({"content": "a"}, {"model": "asked"})["model"] == "q"
    nameless = MessagesAnswers({"model": "asked"}, "req_ab").whole(b'{"choices":[{"message":{"content":"a"}}]}')
    assert msgspec.json.decode(nameless)["model"] == "asked"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"choices":[]}', b'{"choices":[{"message":"x"}],"usage":"y"}'])
def test_an_odd_answer_is_an_empty_message(body: bytes) -> None:
    answer = msgspec.json.decode(MessagesAnswers({}, "req_ab").whole(body))
    assert (answer["content"], answer["stop_reason"], answer["usage"]["output_tokens"]) == ([], "end_turn", 0)


def test_a_text_has_all_its_citations() -> None:
    notes = [{"url_citation": {"url": url}} for url in ("u", "v")]
    [block] = whole({"content": "a", "annotations": notes})["content"]
    assert [found["url"] for found in block["citations"]] == ["u", "v"]


def test_a_stream_that_is_cut_never_looks_finished() -> None:
    said = MessagesAnswers({}, "req_ab").events(chunk({"content": "a"}) + chunk({}, finish_reason="stop"))
    assert names(said) == ["message_start", "content_block_start", "content_block_delta"]


def test_an_error_is_the_last_event() -> None:
    answers = MessagesAnswers({}, "req_ab")
    said = answers.events(chunk({"content": "a"}) + b'data: {"error":{"message":"m","code":"upstream_interrupted"}}\n\n' + DONE)
    assert names(said)[-1] == "error"
    assert answers.events(chunk({"content": "b"}) + DONE) == b""


def test_an_error_may_be_a_text() -> None:
    said = MessagesAnswers({}, "req_ab").events(b'data: {"error":"too hot"}\n\n')
    assert msgspec.json.decode(payload(said))["error"] == {"type": "api_error", "message": "too hot"}


def test_a_comment_is_a_ping() -> None:
    assert names(MessagesAnswers({}, "req_ab").events(b": still here\n\n")) == ["ping"]


@pytest.mark.parametrize("text", [b"{bro", b"[]", b'"a"', b"5", b"\xff{"])
def test_what_is_no_event_is_not_passed_over(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        MessagesAnswers({}, "req_ab").events(b"data: " + text + b"\n\n" + DONE)


def test_an_end_without_anything_before_is_an_empty_message() -> None:
    assert names(MessagesAnswers({}, "req_ab").events(DONE)) == ["message_start", "message_delta", "message_stop"]


def test_usage_that_comes_early_is_told_at_the_start_and_the_last_one_at_the_end() -> None:
    used = [msgspec.json.encode({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": spent}}) for spent in (1, 5)]
    said = split(MessagesAnswers({}, "req_ab").events(b"".join(b"data: " + each + b"\n\n" for each in used) + DONE))
    start, delta, _ = (msgspec.json.decode(payload(event)) for event in said)
    assert (start["message"]["usage"]["input_tokens"], start["message"]["usage"]["output_tokens"]) == (9, 1)
    assert (delta["usage"]["input_tokens"], delta["usage"]["output_tokens"]) == (9, 5)


def test_a_refusal_in_a_stream_is_one() -> None:
    said = MessagesAnswers({}, "req_ab").events(chunk({"refusal": "No."}) + chunk({}, finish_reason="stop") + DONE)
    assert b'"stop_reason":"refusal"' in said
    assert b'"text_delta","text":"No."' in said


def test_a_stop_sequence_in_a_stream_is_told() -> None:
    said = MessagesAnswers({}, "req_ab").events(chunk({"content": "a"}) + chunk({}, finish_reason="stop", stop_reason="END") + DONE)
    assert b'"stop_reason":"stop_sequence","stop_sequence":"END"' in said


@pytest.mark.parametrize("arguments", ['{"command": "rm -r /tmp/', '{"command": "rm -r /tmp/x"}'])
def test_nobody_is_told_to_run_a_call_that_a_stop_sequence_cut_short(arguments: str) -> None:
    calls = {"tool_calls": [{"index": 0, "id": "i", "function": {"name": "bash", "arguments": arguments}}]}
    reason = "tool_use" if arguments.endswith("}") else "stop_sequence"
    assert whole(calls, stop_reason="x")["stop_reason"] == reason
    said = MessagesAnswers({}, "req_ab").events(chunk(calls, finish_reason="stop", stop_reason="x") + DONE)
    assert f'"stop_reason":"{reason}"'.encode() in said


def test_after_the_end_nothing_is_told() -> None:
    answers = MessagesAnswers({}, "req_ab")
    answers.events(chunk({"content": "a"}) + DONE)
    assert answers.events(b": late\n\n" + chunk({"content": "b"}) + DONE) == b""
