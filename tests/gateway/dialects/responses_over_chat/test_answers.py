import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.responses_over_chat.answers import ResponsesAnswers

ASKED = {
    "model": "auto",
    "input": "x",
    "tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "c"}, {"type": "tool_search", "execution": "client"}],
}
DONE = b"data: [DONE]\n\n"
HEAD = {"id": "c", "created": 7, "model": "m"}


def event(delta: dict[str, object], finish: str | None = None, **more: object) -> bytes:
    return b"data: " + json.dumps({**HEAD, "choices": [{"index": 0, "delta": delta, "finish_reason": finish, **more}]}).encode() + b"\n\n"


def told(events: bytes) -> list[Any]:
    return [json.loads(line.removeprefix("data: ")) for line in events.decode().split("\n") if line.startswith("data: ")]


def test_nothing_is_over_before_the_end_mark() -> None:
    answers = ResponsesAnswers(ASKED, "req_1")
    kinds = [said["type"].removeprefix("response.") for said in told(answers.events(event({"content": "a"}) + event({}, "stop")))]
    assert kinds == ["created", "in_progress", "output_item.added", "content_part.added", "output_text.delta"]
    assert told(answers.events(DONE))[-1]["type"] == "response.completed"
    assert answers.events(event({"content": "b"}) + DONE) == b""


def test_a_comment_goes_on_and_other_empty_events_do_not() -> None:
    answers = ResponsesAnswers(ASKED, "req_1")
    assert answers.events(b": keep-alive\n\nevent: ping\n\n") == b": keep-alive\n\n"


@pytest.mark.parametrize("text", [b"{bro", b"[]", b'"a"', b"\xff", b"[" * 100_000])
def test_what_is_no_event_is_not_passed_over(text: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, RecursionError)):
        ResponsesAnswers(ASKED, "req_1").events(event({"content": "a"}) + b"data: " + text + b"\n\n" + DONE)


def test_an_error_of_any_form_is_told_in_both_forms() -> None:
    error, failed = told(ResponsesAnswers(ASKED, "req_1").events(b'data: {"error": "out of memory"}\n\n'))[-2:]
    assert (error["message"], error["error"]["message"], error["code"]) == ("out of memory", "out of memory", None)
    assert failed["response"]["error"] == {"code": "server_error", "message": "out of memory"}
    assert failed["response"]["output"] == []


def test_events_are_counted_and_an_end_mark_alone_is_an_empty_answer() -> None:
    said = told(ResponsesAnswers(ASKED, "req_1").events(DONE))
    assert [event["sequence_number"] for event in said] == list(range(len(said)))
    assert said[-1]["response"]["output"][0]["content"][0]["text"] == ""


def test_a_generated_summary_is_asked_for_by_its_old_name_too() -> None:
    answers = ResponsesAnswers({**ASKED, "reasoning": {"generate_summary": "auto"}}, "req_1")
    whole = json.loads(answers.whole(json.dumps({"choices": [{"message": {"reasoning": "hm", "content": "a"}}]}).encode()))
    assert whole["output"][0]["summary"] == [{"type": "summary_text", "text": "hm"}]


def test_usage_told_with_every_event_is_that_of_the_last() -> None:
    counts = [json.dumps({**HEAD, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": n}}).encode() for n in (1, 2)]
    said = told(ResponsesAnswers(ASKED, "req_1").events(b"".join(b"data: " + count + b"\n\n" for count in counts) + event({}) + DONE))
    assert said[-1]["response"]["usage"]["output_tokens"] == 2


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
ARGUMENTS = st.one_of(st.text(st.characters(codec="utf-8", exclude_characters="}"), max_size=12), st.just('{"input":"a","query":{"b":1}}'))
CALL = st.tuples(st.sampled_from(["f", "c", "tool_search", "unknown"]), ARGUMENTS)
MESSAGE = st.fixed_dictionaries({"reasoning": TEXT, "content": TEXT, "refusal": TEXT, "calls": st.lists(CALL, max_size=3)})


def whole(message: dict[str, Any], finish: str, usage: object) -> bytes:
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": text}}
        for n, (name, text) in enumerate(message["calls"])
    ]
    told = {name: message[name] or None for name in ("reasoning", "content", "refusal")}
    return json.dumps({**HEAD, "choices": [{"message": {**told, "tool_calls": calls}, "finish_reason": finish}], "usage": usage}).encode()


def cut(draw: st.DrawFn, text: str) -> list[str]:
    """A text in pieces, of which some may be empty."""
    at = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[start:end] for start, end in zip([0, *at], [*at, len(text)], strict=True)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A whole answer, and the same one as a stream: in any pieces, calls side by side, and with any number of events in a block."""
    message: dict[str, Any] = draw(MESSAGE)
    finish = draw(st.sampled_from(["stop", "length", "tool_calls", "content_filter", "error"]))
    usage = draw(st.sampled_from([None, {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}]))
    events = [event({"role": "assistant", "content": ""})]
    events += [event({name: piece}) for name in ("reasoning", "content", "refusal") for piece in cut(draw, message[name])]
    waiting = []
    for n, (name, text) in enumerate(message["calls"]):
        events.append(
            event({"tool_calls": [{"index": n, "id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": ""}}]})
        )
        waiting.append([event({"tool_calls": [{"index": n, "function": {"arguments": piece}}]}) for piece in cut(draw, text)])
    while any(waiting):
        events.append(draw(st.sampled_from([pieces for pieces in waiting if pieces])).pop(0))
    events.append(event({}, finish))
    events += [b"data: " + json.dumps({**HEAD, "choices": [], "usage": usage}).encode() + b"\n\n"] if usage else []
    events.append(DONE)
    size = draw(st.integers(1, len(events)))
    return whole(message, finish, usage), [b"".join(events[at : at + size]) for at in range(0, len(events), size)]


@given(streams())
def test_a_stream_ends_in_what_the_whole_answer_is(case: tuple[bytes, list[bytes]]) -> None:
    body, blocks = case
    answers = ResponsesAnswers(ASKED, "req_1")
    said = told(b"".join(map(answers.events, blocks)))
    expected = msgspec.json.decode(ResponsesAnswers(ASKED, "req_1").whole(body))
    assert said[-1]["response"] == expected
    assert said[-1]["type"] == f"response.{expected['status']}"
    if expected["status"] != "failed":
        done = {event["output_index"]: event["item"] for event in said if event["type"] == "response.output_item.done"}
        assert [done[index] for index in sorted(done)] == expected["output"]
        deltas: dict[str, str] = {}
        for one in said:
            if one["type"].endswith(".delta"):
                deltas[one["item_id"]] = deltas.get(one["item_id"], "") + one["delta"]
        assert all(deltas.get(item["id"], "") == shown(item) for item in expected["output"] if item["type"] != "tool_search_call")


def shown(item: dict[str, Any]) -> str:
    """All text of an item."""
    if item["type"] in {"function_call", "custom_tool_call"}:
        return str(item.get("arguments", item.get("input")))
    return "".join(part.get("text", part.get("refusal")) for part in item["content"])
