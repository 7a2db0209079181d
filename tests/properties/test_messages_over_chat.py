"""However a chat's answer is cut into events, a caller of the Messages API hears the same message: the one that the whole answer is."""

import contextlib
import re
from pathlib import Path
from typing import Any, cast

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.messages_over_chat.answers import MessagesAnswers
from gateway.dialects.messages_over_chat.pieces import asked_with
from gateway.dialects.messages_over_chat.request import translated
from gateway.errors import BadRequest
from gateway.wire.sse import payload, split

FILES = sorted((Path(__file__).parents[1] / "golden" / "dialects" / "messages_over_chat").glob("*.json"))
GOLDEN: list[dict[str, Any]] = [msgspec.json.decode(file.read_bytes()) for file in FILES]

WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
CALLS = st.lists(st.tuples(st.sampled_from(["get", "set"]), st.dictionaries(WORDS, JSON, max_size=3)), max_size=4)
THINKING = st.sampled_from([None, {"type": "adaptive"}, {"type": "adaptive", "display": "omitted"}, {"type": "disabled"}])
FINISHES = st.sampled_from(["stop", "length", "tool_calls", "content_filter"])
COUNTS = st.integers(1, 1_000)


def cut(draw: st.DrawFn, text: str) -> list[str]:
    """A text in pieces, some of them empty."""
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


@st.composite
def mixed(draw: st.DrawFn, calls: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """The deltas of calls: each begins with its id and name and in its turn, and what follows comes in any order among them."""
    begun: list[dict[str, Any]] = []
    left: dict[int, list[str]] = {}
    for index, (name, arguments) in enumerate(calls):
        first, *rest = cut(draw, arguments)
        begun.append({"index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": first}})
        left[index] = rest
        for _ in range(draw(st.integers(0, 6))):
            if waiting := [each for each, pieces in left.items() if pieces]:
                chosen = draw(st.sampled_from(waiting))
                begun.append({"index": chosen, "function": {"arguments": left[chosen].pop(0)}})
    return begun + [{"index": index, "function": {"arguments": piece}} for index, pieces in left.items() for piece in pieces]


@st.composite
def answers(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An answer, whole and as the events of a stream."""
    thought, text = draw(WORDS), draw(WORDS)
    calls = [(name, msgspec.json.encode(asked).decode()) for name, asked in draw(CALLS)]
    member = draw(st.sampled_from(["reasoning", "reasoning_content"]))
    finish = {"index": 0, "finish_reason": draw(FINISHES), "stop_reason": draw(st.sampled_from([None, "END", 5]))}
    usage = {"prompt_tokens": draw(COUNTS), "completion_tokens": draw(COUNTS)}
    made = [
        {"id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": asked}}
        for index, (name, asked) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": text or None, member: thought or None, "tool_calls": made}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{member: piece} for piece in cut(draw, thought)] + [{"content": piece} for piece in cut(draw, text)]
    deltas += [{"tool_calls": [piece]} for piece in draw(mixed(calls))]
    events: list[dict[str, Any]] = [{"model": "q", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events += [{"model": "q", "choices": [{**finish, "delta": {}}]}, {"model": "q", "choices": [], "usage": usage}]
    return {"model": "q", "choices": [{**finish, "message": message}], "usage": usage}, events


def gathered(block: bytes) -> dict[str, Any]:
    """The message that a stream tells, as a client puts it together; a block that is told out of its turn fails."""
    message: dict[str, Any] = {}
    arguments = kind = ""
    is_open = False
    for event in (msgspec.json.decode(payload(each)) for each in split(block)):
        kind = event["type"]
        if kind == "message_start":
            message = event["message"]
        elif kind == "content_block_start":
            assert not is_open and event["index"] == len(message["content"])
            message["content"].append(event["content_block"])
            is_open, arguments = True, ""
        elif kind == "content_block_delta":
            assert is_open and event["index"] == len(message["content"]) - 1
            (_, told), *_ = [each for each in event["delta"].items() if each[0] != "type"]
            name = event["delta"]["type"].removesuffix("_delta")
            if name == "input_json":
                arguments += told
            else:
                message["content"][-1][name] += told
        elif kind == "content_block_stop":
            if arguments:
                message["content"][-1]["input"] = asked_with(arguments)
            is_open = False
        elif kind == "message_delta":
            message |= {**event["delta"], "usage": event["usage"]}
    assert kind == "message_stop" and not is_open
    return message


@given(answers(), THINKING, st.data())
def test_a_stream_tells_what_the_whole_answer_is(
    answer: tuple[dict[str, Any], list[dict[str, Any]]], thinking: Any, data: st.DataObject
) -> None:
    body, events = answer
    asked = {"model": "m", "thinking": thinking}
    lines = [b"data: " + msgspec.json.encode(event) + b"\n\n" for event in events] + [b"data: [DONE]\n\n"]
    answers = MessagesAnswers(asked, "req_ab")
    told = b""
    while lines:
        some = data.draw(st.integers(1, len(lines)))
        told += answers.events(b"".join(lines[:some]))
        lines = lines[some:]
    assert gathered(told) == msgspec.json.decode(MessagesAnswers(asked, "req_ab").whole(msgspec.json.encode(body)))


@given(answers(), st.data())
def test_a_stream_that_is_cut_anywhere_never_looks_finished(
    answer: tuple[dict[str, Any], list[dict[str, Any]]], data: st.DataObject
) -> None:
    _, events = answer
    heard = events[: data.draw(st.integers(0, len(events)))]
    told = MessagesAnswers({}, "req_ab").events(b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in heard))
    assert b"message_delta" not in told
    assert b"message_stop" not in told


def places(thing: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    inner = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def put(thing: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The same JSON value with another one at a place."""
    if not path:
        return value
    if isinstance(thing, dict):
        return {**thing, path[0]: put(thing[path[0]], path[1:], value)}
    return [put(each, path[1:], value) if index == path[0] else each for index, each in enumerate(thing)]


@st.composite
def spoilt(draw: st.DrawFn, kind: str) -> Any:
    """What was asked in a golden case, or answered, with something else here and there."""
    case = draw(st.sampled_from([case for case in GOLDEN if kind in case]))[kind]
    for _ in range(draw(st.integers(0, 3))):
        case = put(case, draw(st.sampled_from(places(case))), draw(JSON))
    return case


@given(spoilt("asked"))
def test_a_request_is_translated_or_refused_and_never_quoted(asked: Any) -> None:
    if not isinstance(asked, dict):
        return
    try:
        fields, lost = translated(asked)
    except BadRequest as refusal:
        assert refusal.code in ("bad_field", "not_carried")
        assert (refusal.param or "").isascii()
        return
    assert all(re.fullmatch(r"[\w.\[\]-]+", name, re.ASCII) for name in lost)
    for message in cast(list[dict[str, Any]], fields["messages"]):
        assert message["role"] in ("system", "user", "assistant", "tool")
        assert message["role"] == "tool" or isinstance(message["content"], str | list) or message["tool_calls"]
    msgspec.json.encode(fields)


@given(spoilt("answer"))
def test_whatever_is_answered_is_a_message(answer: Any) -> None:
    message = msgspec.json.decode(MessagesAnswers({}, "req_ab").whole(msgspec.json.encode(answer)))
    assert (message["type"], message["role"], message["id"]) == ("message", "assistant", "msg_ab")
    assert isinstance(message["content"], list)
    assert message["stop_reason"] in ("end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal")
    assert all(type(message["usage"][name]) is int for name in ("input_tokens", "output_tokens"))


@given(spoilt("events"))
def test_whatever_is_streamed_is_told_in_order_or_as_an_error(events: Any) -> None:
    chunks = [event for event in events if event != "data: [DONE]"] if isinstance(events, list) else []
    lines = [b"data: " + msgspec.json.encode(chunk) + b"\n\n" for chunk in chunks]
    answers = MessagesAnswers({}, "req_ab")
    if not all(isinstance(chunk, dict) for chunk in chunks):
        with contextlib.suppress(msgspec.DecodeError):  # unless it was over before that
            answers.events(b"".join(lines))
        return
    told = answers.events(b"".join(lines) + b"data: [DONE]\n\n")
    if b"event: error" not in told:
        gathered(told)
