import time
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.sse import DONE, Stream, TooLong, payload
from router.attempt import Usage


def event(**chunk: object) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"


def says(text: str, **more: object) -> bytes:
    return event(choices=[{"index": 0, "delta": {"content": text}, **more}])


ROLE = event(choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}}])
FINISH = event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}], model="m-1")
USAGE = event(choices=[], usage={"prompt_tokens": 3, "completion_tokens": 2})
WHOLE = ROLE + says("Hel") + b": ping\n\n" + says('lo [DONE] "usage"') + FINISH + USAGE + DONE


def fed(stream: Stream, data: bytes, cuts: list[int]) -> bytes:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return b"".join(stream.feed(data[start:end]) for start, end in pairwise(edges))


@given(st.lists(st.integers(0, 10_000), max_size=30), st.sampled_from([b"\n\n", b"\r\n\r\n", b"\r\r"]))
def test_every_chunking_gives_the_same_bytes_and_the_same_account(cuts: list[int], mark: bytes) -> None:
    data = WHOLE.replace(b"\n\n", mark)
    stream = Stream()
    assert fed(stream, data, cuts) == data
    assert (stream.is_done, stream.finish, stream.answered, stream.has_content) == (True, "stop", "m-1", True)
    assert stream.usage is not None
    assert (stream.usage.prompt, stream.usage.completion) == (3, 2)


@given(st.lists(st.integers(0, 10_000), max_size=30))
def test_a_usage_event_that_was_not_asked_for_is_left_out_and_nothing_else(cuts: list[int]) -> None:
    stream = Stream(hides_usage=True)
    assert fed(stream, WHOLE, cuts) == WHOLE.replace(USAGE, b"")
    assert stream.usage is not None


@given(st.integers(0, len(ROLE + says("Hel") + says("lo"))))
def test_a_cut_stream_is_never_whole(at: int) -> None:
    stream = Stream()
    stream.feed((ROLE + says("Hel") + says("lo"))[:at])
    stream.close()
    assert not stream.is_whole


@pytest.mark.parametrize(
    ("events", "has_content"),
    [
        pytest.param(ROLE, False, id="a role"),
        pytest.param(b": ping\n\n", False, id="a comment"),
        pytest.param(event(choices=[]), False, id="no choices"),
        pytest.param(
            event(choices=[{"index": 0, "delta": {"role": "assistant", "content": None, "tool_calls": []}}]), False, id="nothing yet"
        ),
        pytest.param(says("x"), True, id="content"),
        pytest.param(event(choices=[{"index": 0, "delta": {"reasoning_content": "x"}}]), True, id="reasoning"),
        pytest.param(event(choices=[{"index": 0, "delta": {"tool_calls": [{"index": 0}]}}]), True, id="a tool call"),
        pytest.param(event(choices=[{"index": 0, "text": "x"}]), True, id="text of a completion"),
        pytest.param(FINISH, True, id="an end"),
        pytest.param(b"data: not json\n\n", True, id="an odd event"),
    ],
)
def test_what_counts_as_content(events: bytes, has_content: bool) -> None:
    stream = Stream()
    assert stream.feed(events) == events
    assert stream.has_content is has_content


def test_an_end_without_done_gets_one_when_every_choice_has_finished() -> None:
    half, whole = Stream(choices=2), Stream(choices=2)
    half.feed(says("a") + FINISH)
    whole.feed(says("a") + FINISH + event(choices=[{"index": 1, "delta": {}, "finish_reason": "length"}]))
    assert (half.is_whole, whole.is_whole) == (False, True)
    assert whole.close() == DONE


def test_a_last_event_without_a_blank_line_still_counts() -> None:
    stream = Stream()
    stream.feed(says("a") + FINISH + b"data: [DONE]\n")
    assert stream.close() == DONE
    assert stream.is_done


def test_an_error_is_kept_back_and_nothing_follows_it() -> None:
    error = event(error={"message": "no", "code": 503})
    early, late = Stream(), Stream()
    assert early.feed(ROLE + error) == ROLE
    assert late.feed(says("a") + error + says("b")) == says("a")
    assert early.error == late.error == payload(error)
    assert late.feed(says("c")) == b""


def test_nothing_goes_on_after_done() -> None:
    stream = Stream()
    assert stream.feed(says("a") + DONE + says("b")) == says("a") + DONE
    assert stream.feed(says("c")) == b""


def test_a_null_error_and_a_null_usage_are_none() -> None:
    stream = Stream(hides_usage=True)
    odd = event(choices=[{"index": 0, "delta": {"content": "a"}}], error=None, usage=None)
    assert stream.feed(odd) == odd
    assert stream.error is None


def test_an_event_without_end_is_bounded() -> None:
    stream = Stream(longest=100)
    with pytest.raises(TooLong):
        stream.feed(b"data: " + b"x" * 200)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"data: a\n\n", b"a", id="one line"),
        pytest.param(b"data:a\ndata: b\n\n", b"a\nb", id="two lines"),
        pytest.param(b"event: x\nid: 1\r\ndata: a\r\n\r\n", b"a", id="other fields"),
        pytest.param(b": ping\n\n", b"", id="a comment"),
    ],
)
def test_payload(raw: bytes, expected: bytes) -> None:
    assert payload(raw) == expected


def test_one_stream_may_mix_line_ends() -> None:
    stream = Stream(hides_usage=True)
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
    block = b': ping\n\ndata: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\r\n\r\n' + usage + b"data: [DONE]\n\r\n"
    assert stream.feed(block) == block.replace(usage, b"")
    assert stream.is_done


def test_a_huge_event_costs_no_more_than_its_bytes() -> None:
    def seconds(pieces: int) -> float:
        stream, piece = Stream(), b"x" * 1000
        begun = time.thread_time()
        assert not any(stream.feed(piece) for _ in range(pieces))
        assert len(stream.feed(b"\n\n")) == pieces * 1000 + 2
        return time.thread_time() - begun

    few, many = (min(seconds(pieces) for _ in range(3)) for pieces in (700, 7000))
    assert many < 40 * few, "ten times; a hundred times, where what waits is looked at again with every piece"


WORDS = ["usage", "[DONE]", '"error":', "finish_reason", '"', "\\", "\n", "\r", "{}", ":", ",", "é", " a"]
TEXT = st.lists(st.sampled_from(WORDS), max_size=4).map("".join)
EVENT = st.one_of(
    st.builds(says, TEXT),
    st.builds(says, TEXT),
    st.builds(says, TEXT, finish_reason=st.sampled_from([None, "stop"]), logprobs=st.sampled_from([None, {"content": "b"}])),
    st.builds(lambda text: event(choices=[{"delta": {"reasoning_content": text}}], usage=None), TEXT),
    st.builds(lambda text: event(choices=[{"text": text}], error=None), TEXT),
    st.builds(lambda text: says(text).replace(b'":', b'": '), st.just("spaced")),
    st.sampled_from(
        [
            ROLE,
            FINISH,
            USAGE,
            b": ping\n\n",
            b"data: {\n\n",
            b"data: odd\r\n\r\n",
            event(choices=[], usage={"prompt_tokens": 9, "completion_tokens": 1}),
        ]
    ),
)


def account(events: list[bytes]) -> tuple[bytes, int | None, str]:
    """What the caller gets, the prompt's tokens and the last finish reason, told the slow way: every event is decoded."""
    shown, prompt, finish = b"", None, ""
    for one in events:
        try:
            chunk: dict[str, Any] = msgspec.json.decode(payload(one))
        except msgspec.DecodeError:
            chunk = {}
        usage, choices = chunk.get("usage"), chunk.get("choices", [])
        prompt = usage["prompt_tokens"] if usage else prompt
        for choice in choices:
            finish = choice.get("finish_reason") or finish
        shown += b"" if usage and not choices else one
    return shown, prompt, finish


@given(st.lists(EVENT, max_size=12), st.lists(st.integers(0, 10_000), max_size=12))
def test_what_is_not_looked_into_would_have_told_nothing(events: list[bytes], cuts: list[int]) -> None:
    shown, prompt, finish = account(events)
    data = b"".join(events)
    edges = [0]
    for one in events:
        edges.append(edges[-1] + len(one))
    for at in (cuts, edges):
        stream = Stream(hides_usage=True)
        assert fed(stream, data, at) == shown
        assert stream.finish == finish
        assert (stream.usage.prompt if stream.usage else None) == prompt
        assert not stream.is_over


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(says("b", finish_reason="stop"), id="an end"),
        pytest.param(says("b").replace(b'"b"', b'"b"},"finish_reason" : "stop","x":{"y":"z"'), id="an end, written oddly"),
        pytest.param(says("b").replace(b'"b"', b'"b","c":"d"'), id="one member more"),
        pytest.param(says("a") + FINISH, id="two events"),
        pytest.param(says("b").replace(b"\n\n", b"\n\ndata: [DONE]\n\n"), id="the end of the stream behind"),
        pytest.param(b'data: {"choices":[{"index":0,"delta":{"content":"b\n\ndata: [DONE]\n\n"}}]}\n\n', id="a text cut by the end"),
    ],
)
def test_an_event_that_is_like_the_last_but_not_quite_is_looked_into(told: bytes) -> None:
    stream, fresh = Stream(), Stream()
    for _ in range(3):
        stream.feed(says("a"))
    assert stream.feed(told) == fresh.feed(told)
    assert (stream.finish, stream.is_done) == (fresh.finish, fresh.is_done)


@pytest.mark.parametrize(
    "blocks,tokens",
    [
        pytest.param([ROLE], 0, id="an opening says nothing"),
        pytest.param([ROLE, *[says(" word")] * 7], 7, id="an engine puts a token into each event"),
        pytest.param([ROLE + says(" a") + says(" b"), says(" c") * 5], 7, id="however many come at once"),
        pytest.param([ROLE, *[says("x" * 400)] * 3], 300, id="long events hold several"),
        pytest.param([ROLE, says("x" * 400) + says("x" * 400), says("x" * 400)], 300, id="and together too"),
        pytest.param([ROLE, says(" a"), b": ping\n\n", says(" b")], 2, id="a comment is none"),
        pytest.param([ROLE, says(" a"), USAGE], 2, id="what the stream says itself counts"),
        pytest.param([event(choices=[{"index": 0, "text": " a"}]), event(choices=[{"index": 0, "text": " b"}])], 2, id="of a completion"),
    ],
)
def test_tokens_of_a_stream_that_did_not_come_to_its_end(blocks: list[bytes], tokens: int) -> None:
    stream = Stream(prompt_tokens=9)
    for block in blocks:
        stream.feed(block)
    assert abs(stream.tokens - tokens) <= tokens // 50
    assert stream.is_estimate == (tokens > 0 and USAGE not in blocks)
    if not stream.has_content:
        assert stream.spent is None
    elif stream.is_estimate:
        assert stream.spent == Usage(9, stream.tokens)
    else:
        assert stream.spent == Usage(3, 2)


def test_an_event_that_a_bare_return_ends_within_the_text_of_another_is_seen() -> None:
    stream, event = Stream(), b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n'
    for text in (b"a", b"b", b"c"):
        assert stream.feed(event % text) == event % text
    stream.feed(event % b"d\r\rdata: [DONE]\r\r")
    assert stream.is_done
