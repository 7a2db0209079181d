import json
from typing import Any

import pytest

from gateway.wire.sse import DONE
from gateway.wire.typed import TypedStream
from router.attempt import Usage
from router.names import Endpoint


def event(kind: str, **members: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), json.dumps({"type": kind, **members}).encode())


MESSAGE = [
    event(
        "message_start",
        message={"id": "msg_1", "model": "claude", "usage": {"input_tokens": 5, "cache_read_input_tokens": 3, "output_tokens": 1}},
    ),
    event("ping"),
    event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": "hello"}),
    event("content_block_stop", index=0),
    event("message_delta", delta={"stop_reason": "max_tokens"}, usage={"output_tokens": 7}),
    event("message_stop"),
]
RESPONSE = [
    event("response.created", response={"id": "resp_1", "model": "gpt", "status": "in_progress"}),
    event("response.output_item.added", output_index=0, item={"type": "message"}),
    event("response.output_text.delta", output_index=0, content_index=0, delta="hello"),
    event(
        "response.completed",
        response={
            "id": "resp_1",
            "model": "gpt",
            "status": "completed",
            "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
        },
    ),
]


@pytest.mark.parametrize(
    ("endpoint", "events", "usage", "finish"),
    [("messages", MESSAGE, Usage(8, 7, cached=3), "length"), ("responses", RESPONSE, Usage(5, 7), "stop")],
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_stream_goes_on_as_it_came_and_tells_of_itself(
    endpoint: Endpoint, events: list[bytes], usage: Usage, finish: str, size: int
) -> None:
    whole, stream = b"".join(events), TypedStream(endpoint)
    out = b"".join(stream.feed(whole[at : at + size]) for at in range(0, len(whole), size))
    assert out + stream.close() == whole
    assert stream.is_whole and stream.is_over and stream.has_content
    assert (stream.usage, stream.finish, stream.answered) == (usage, finish, "claude" if endpoint == "messages" else "gpt")


@pytest.mark.parametrize(("endpoint", "events"), [("messages", MESSAGE), ("responses", RESPONSE)])
def test_a_stream_that_is_cut_is_not_whole(endpoint: Endpoint, events: list[bytes]) -> None:
    for count in range(len(events)):
        stream = TypedStream(endpoint)
        assert stream.feed(b"".join(events[:count])) + stream.close() == b"".join(events[:count])
        assert not stream.is_whole
        assert not stream.is_over


def test_nothing_goes_on_after_the_end() -> None:
    stream = TypedStream("messages")
    assert stream.feed(b"".join(MESSAGE) + DONE + b": more\n\n") == b"".join(MESSAGE)
    assert stream.feed(b"data: {}\n\n") == b""


def test_content_begins_with_the_first_block() -> None:
    stream = TypedStream("messages")
    stream.feed(MESSAGE[0] + MESSAGE[1])
    before = stream.has_content
    stream.feed(MESSAGE[2])
    assert (before, stream.has_content, stream.is_estimate, stream.tokens) == (False, True, True, 0)


def test_what_is_told_at_the_start_is_of_the_prompt_alone() -> None:
    stream = TypedStream("messages", prompt_tokens=99)
    stream.feed(b"".join(MESSAGE[:3]) + MESSAGE[3] * 4)
    assert (stream.usage, stream.is_estimate, stream.spent) == (None, True, Usage(8, 4, cached=3))
    stream.feed(MESSAGE[5])
    assert (stream.usage, stream.is_estimate, stream.spent) == (Usage(8, 7, cached=3), False, Usage(8, 7, cached=3))


def test_what_is_told_at_no_time_is_estimated() -> None:
    stream = TypedStream("responses", prompt_tokens=99)
    stream.feed(b"".join(RESPONSE[:3]))
    assert (stream.is_estimate, stream.spent) == (True, Usage(99, 1))


@pytest.mark.parametrize(
    "said",
    [
        {"type": "text_delta", "text": "x" * 400},
        {"type": "thinking_delta", "thinking": "x" * 400},
        {"type": "input_json_delta", "partial_json": "x" * 400},
        "x" * 400,
    ],
)
def test_an_event_with_much_text_is_several_tokens(said: object) -> None:
    stream = TypedStream("messages")
    stream.feed(MESSAGE[2] + event("content_block_delta", index=0, delta=said))
    assert stream.tokens == 100


@pytest.mark.parametrize("said", [b'{"text":7}', b'{"text":"\xff"}', b"null"])
def test_text_that_nobody_can_read_is_counted_by_its_bytes(said: bytes) -> None:
    stream = TypedStream("messages")
    stream.feed(b'data: {"type":"content_block_delta","delta":%b}\n\n' % said)
    assert stream.tokens == 1


def test_who_adds_an_event_knows_its_number() -> None:
    stream = TypedStream("responses")
    assert stream.number == 0
    stream.feed(
        event("response.created", sequence_number=0, response={}) + event("response.output_text.delta", sequence_number=4, delta="a")
    )
    assert stream.number == 5
    stream.feed(event("response.output_text.delta", delta="a"))
    assert stream.number == 5
    stream.feed(event("response.output_text.delta", sequence_number="many", delta="a"))
    assert stream.number == 0


def test_an_answer_without_content_ends_all_the_same() -> None:
    stream = TypedStream("messages")
    stream.feed(MESSAGE[0] + MESSAGE[-2] + MESSAGE[-1])
    assert stream.has_content and stream.is_whole


@pytest.mark.parametrize(
    ("endpoint", "kind"), [("messages", "error"), ("responses", "error"), ("responses", "response.failed"), ("images", "error")]
)
def test_an_error_is_kept_back(endpoint: Endpoint, kind: str) -> None:
    stream = TypedStream(endpoint)
    assert stream.feed(event(kind, error={"type": "overloaded_error"}) + MESSAGE[-1]) == b""
    assert stream.error is not None and b"overloaded_error" in stream.error
    assert stream.is_over and not stream.is_whole


@pytest.mark.parametrize("odd", [b": comment\n\n", b"data: no json\n\n", b"data: {}\n\n", b'data: {"type":3}\n\n', b"data: [1]\n\n"])
def test_what_is_odd_is_the_callers_to_see(odd: bytes) -> None:
    assert TypedStream("messages").feed(odd) == odd


def test_the_end_mark_of_another_dialect_is_not() -> None:
    assert TypedStream("messages").feed(DONE) == b""


@pytest.mark.parametrize(
    ("status", "details", "finish"),
    [
        ("incomplete", {"reason": "max_output_tokens"}, "length"),
        ("incomplete", {"reason": "content_filter"}, "content_filter"),
        ("incomplete", {}, "_other"),
        ("incomplete", None, "_other"),
    ],
)
def test_why_a_response_is_incomplete(status: str, details: object, finish: str) -> None:
    stream = TypedStream("responses")
    stream.feed(event("response.incomplete", response={"status": status, "incomplete_details": details}))
    assert stream.finish == finish


def test_usage_that_nobody_can_read_is_unknown() -> None:
    for usage in ("many", {"input_tokens": "few", "output_tokens": 1}, {"input_tokens": 1, "cache_creation": 3}):
        stream = TypedStream("messages")
        stream.feed(event("message_delta", delta={"stop_reason": None}, usage=usage))
        assert stream.usage is None
