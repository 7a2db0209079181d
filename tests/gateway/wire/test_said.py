import json
from typing import Any

import pytest

from gateway.wire import said as wire_said
from gateway.wire.said import Said
from tests.fakes.upstream import DONE, USAGE, delta, event


def texts(*events: bytes) -> list[str]:
    said = Said()
    for one in events:
        said.stream(one)
    return said.texts()


def whole(content: object) -> Said:
    said = Said()
    said.whole(json.dumps(content).encode())
    return said


def test_a_stream_is_put_together_by_choice_and_member() -> None:
    call: dict[str, Any] = {
        "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"to":'}}]
    }
    rest: dict[str, Any] = {"tool_calls": [{"index": 0, "function": {"arguments": ' "Bob"}'}}]}
    found = texts(
        delta(role="assistant", content=""),
        delta("Dear "),
        delta("Hello ", index=1),
        delta("Bob", reasoning_content="Think."),
        delta("Ann", index=1),
        delta(**call) + delta(**rest),
        delta(finish="stop"),
        USAGE,
        DONE,
    )
    assert sorted(found) == ["Dear Bob", "Hello Ann", "Think.", '{"to": "Bob"}']


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_line_ends_may_be_any(end: bytes) -> None:
    assert texts(delta("one ").replace(b"\n\n", end), delta("two").replace(b"\n\n", end)) == ["one two"]


def test_a_long_stream_is_read_as_it_goes() -> None:
    said = Said()
    for number in range(2_000):
        said.stream(delta(f"{number} "))
        assert said._size < wire_said._EVERY
    assert said.texts() == ["".join(f"{number} " for number in range(2_000))]


def test_a_whole_answer_and_its_id() -> None:
    message = {"role": "assistant", "content": "Dear Bob", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]}
    said = whole({"id": "chatcmpl-7", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    assert (said.id, said.texts()) == ("chatcmpl-7", ["Dear Bob", "{}"])
    assert whole({"choices": [{"text": "a completion"}, {"text": "another"}]}).texts() == ["a completion", "another"]
    parts = [{"type": "text", "text": "in parts"}]
    assert whole({"choices": [{"message": {"content": parts}}]}).texts() == ["in parts"]


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b'"text"', b'{"choices": 7}', b'{"choices": [7, null]}', b'{"choices": [{"message": 7}]}', b"[" * 100_000],
)
def test_what_cannot_be_read_says_nothing(body: bytes) -> None:
    said = Said()
    said.whole(body)
    said.stream(b"data: " + body + b"\n\n: comment\n\n")
    assert said.texts() == []


def test_what_is_beyond_the_bound_is_not_kept() -> None:
    said = Said()
    said.stream(delta("x" * wire_said.MOST))
    said.stream(delta("y" * 10))
    assert said.texts() == ["x" * wire_said.MOST]


def test_deep_nesting_is_not_followed() -> None:
    deep: object = "text"
    for _ in range(30):
        deep = {"a": deep}
    assert texts(event({"choices": [{"delta": {"content": deep}}]})) == []


@pytest.mark.parametrize(
    "events,text",
    [
        pytest.param([delta(role="assistant", content=""), delta("one"), delta(" two")], "one two", id="a text"),
        pytest.param([delta("one", reasoning_content="")], "one", id="beside a member without a word"),
        pytest.param([delta("one"), delta(reasoning_content="hm")], None, id="thoughts are more than a text"),
        pytest.param([delta("one"), delta("two", index=1)], None, id="so are two answers"),
        pytest.param([delta(role="assistant", content="")], None, id="nothing said"),
    ],
)
def test_what_is_one_plain_text(events: list[bytes], text: str | None) -> None:
    said = Said()
    for one in events:
        said.stream(one)
    assert said.plain == text


def test_a_text_that_was_not_all_kept_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_said, "MOST", 5)
    said = Said()
    said.stream(delta("one two three"))
    assert said.plain is None
