import json
import random
from typing import Any

import msgspec
import pytest

from gateway.redact.answers import Answers, Restoring
from gateway.redact.placeholders import Placeholder
from gateway.redact.restore import Restorer
from gateway.wire.sse import Stream
from tests.fakes.downstream import FakeDownstream
from tests.fakes.upstream import DONE, USAGE, delta, event
from tests.gateway.redact.examples import answer, values

NAME = 'Zoë "Z" \\ Ö😀'
KNOWN = {Placeholder("PERSON", 1): NAME, Placeholder("EMAIL", 1): "z@x.org"}


def answers(*, is_json: bool = False) -> Answers:
    return Answers(Restorer(KNOWN), is_json=is_json)


def chunks(block: bytes) -> list[Any]:
    return [json.loads(line[6:]) for line in block.splitlines() if line.startswith(b"data: {")]


def said(block: bytes, index: int = 0, *steps: str) -> str:
    """All that a choice says at a place of its deltas."""
    found = ""
    for chunk in chunks(block):
        for choice in chunk["choices"]:
            place: Any = choice.get("delta", {})
            for step in steps or ("content",):
                place = place[0] if isinstance(place, list) else place
                place = (place or {}).get(step)
            found += place or "" if choice.get("index", 0) == index else ""
    return found


def test_a_whole_answer_changes_only_where_placeholders_are() -> None:
    body = {
        "choices": [{"message": {"content": "<PERSON_1> <b>", "reasoning_content": "PERSON_1", "refusal": None}, "n": 1.5}],
        "x": ["<EMAIL_1>"],
    }
    restored = json.loads(answers().whole(json.dumps(body).encode()))
    assert restored["choices"][0]["message"] == {"content": f"{NAME} <b>", "reasoning_content": NAME, "refusal": None}
    assert (restored["x"], restored["choices"][0]["n"]) == (["z@x.org"], 1.5)


@pytest.mark.parametrize("body", [b'{ "choices": [ {"message": {"content": "hi <b>"} } ] }', b"<html>", b'{"a": "\xff"}', b"[" * 3_000])
def test_what_has_no_placeholder_or_is_no_json_stays_byte_for_byte(body: bytes) -> None:
    assert answers().whole(body) == body


def test_arguments_and_answers_in_json_stay_json() -> None:
    inner = json.dumps({"to": "<PERSON_1>"})
    message = {"content": inner, "tool_calls": [{"function": {"name": "f", "arguments": inner}}]}
    restored = json.loads(answers(is_json=True).whole(json.dumps({"choices": [{"message": message}]}).encode()))["choices"][0]["message"]
    assert json.loads(restored["content"]) == json.loads(restored["tool_calls"][0]["function"]["arguments"]) == {"to": NAME}


def _event(choice: object) -> bytes:
    """An event in UTF-8 and as short as they come, so that every byte of ten thousand streams can be a cut."""
    return b"data: " + msgspec.json.encode({"choices": [choice]}) + b"\n\n"


def _streamed(dice: random.Random) -> tuple[bytes, dict[Placeholder, str], str, tuple[str, ...]]:
    """A generated answer as a stream of two pieces: its bytes, its values, what must be read in the end, and where."""
    known, is_call = values(dice), dice.random() < 0.125
    text, meant = answer(dice, known, is_json=is_call)
    at = dice.randint(0, len(text))
    pieces = text[:at], text[at:]
    if is_call:
        deltas: list[dict[str, object]] = [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    else:
        deltas = [{"content": piece} for piece in pieces]
    wire = _event({"delta": deltas[0]}) + _event({"delta": deltas[1], "finish_reason": "stop"}) + DONE
    return wire, known, meant, ("tool_calls", "function", "arguments") if is_call else ("content",)


def _assert_restored_however_cut(dice: random.Random, count: int) -> None:
    """Generated answers whose streams are cut in two at every byte.

    Each cut goes through the splitter. What that gives is restored once for each two blocks that it may give: the restorer sees no more.
    """
    for _ in range(count):
        wire, known, meant, where = _streamed(dice)
        seen: set[tuple[bytes, bytes]] = set()
        for cut in range(len(wire) + 1):
            stream = Stream()
            seen.add((stream.feed(wire[:cut]), stream.feed(wire[cut:])))
            assert stream.is_done
        assert len(seen) == wire.count(b"\n\n") + 1
        for blocks in seen:
            restoring = Answers(Restorer(known))
            out = b"".join(restoring.events(block) for block in blocks if block)
            read, last = said(out, 0, *where), out.endswith(DONE)
            is_same = read == meant or (where != ("content",) and json.loads(read) == json.loads(meant))
            assert (is_same, last, restoring.restorer.unrestored) == (True, True, 0), (wire, blocks[0])


def test_a_stream_is_restored_wherever_its_bytes_are_cut() -> None:
    _assert_restored_however_cut(random.Random("a sample"), 40)


ANSWERS, SEEDS = 10_000, 8


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SEEDS))
def test_ten_thousand_streams_are_restored_wherever_their_bytes_are_cut(seed: int) -> None:
    _assert_restored_however_cut(random.Random(seed), ANSWERS // SEEDS)


def test_choices_and_fields_do_not_mix() -> None:
    restoring, out = answers(), b""
    for index, piece in ((0, "<PER"), (1, "EMAIL"), (0, "SON_1>"), (1, "_1 ")):
        out += restoring.events(delta(piece, index=index))
    for piece in ("<PERS", "ON_1"):
        out += restoring.events(delta(reasoning_content=piece))
    out += (
        restoring.events(delta("<EMA")) + restoring.events(delta("IL_1>", finish="stop")) + restoring.events(delta(finish="stop", index=1))
    )
    assert (said(out), said(out, 1), said(out, 0, "reasoning_content")) == (NAME + "z@x.org", "z@x.org ", "<" + NAME)
    order = [
        key for chunk in chunks(out) for key, text in chunk["choices"][0]["delta"].items() if text and chunk["choices"][0]["index"] == 0
    ]
    assert order == ["content", "reasoning_content", "content"], "what was held of the one comes before the other"


def test_what_is_held_at_the_end_is_told_before_it() -> None:
    restoring = answers()
    assert chunks(restoring.events(delta("see <PER")))[0]["choices"][0]["delta"]["content"] == "see "
    first, last = chunks(restoring.events(delta(finish="length")))
    assert (first["choices"][0]["delta"], first["choices"][0]["finish_reason"], first["model"]) == ({"content": "<PER"}, None, "served")
    assert last["choices"][0]["finish_reason"] == "length"
    restoring = answers()
    restoring.events(event({"choices": [{"index": 2, "text": "PERSON_1"}]}))
    assert chunks(restoring.events(DONE))[0]["choices"] == [{"index": 2, "finish_reason": None, "text": NAME}]


def test_tool_calls_are_told_apart_by_their_index() -> None:
    restoring, out = answers(), b""
    for index, piece in ((0, '{"a": "<PERS'), (1, '{"b": "<EMA'), (0, 'ON_1>"}'), (1, 'IL_1>"}')):
        out += restoring.events(delta(tool_calls=[{"index": index, "id": "<PERSON_1>", "function": {"name": "f", "arguments": piece}}]))
    out += restoring.events(delta(finish="tool_calls"))
    found = {0: "", 1: ""}
    for chunk in chunks(out):
        for call in chunk["choices"][0]["delta"].get("tool_calls", ()):
            found[call["index"]] += call["function"]["arguments"]
    assert {index: json.loads(text) for index, text in found.items()} == {0: {"a": NAME}, 1: {"b": "z@x.org"}}


@pytest.mark.parametrize(
    "passed",
    [
        pytest.param(b": comment\n\n", id="a comment"),
        pytest.param(b"data: {nonsense\n\n", id="no json"),
        pytest.param(b'data: {"choices": "odd"}\n\n', id="odd choices"),
        pytest.param(b'data: {"choices": [7]}\n\n', id="an odd choice"),
        pytest.param(b'data: {"choices": [{"index": "x", "delta": null}]}\n\n', id="an odd index"),
        pytest.param(b'data: {"error": {"message": "x"}}\n\n', id="an error"),
        pytest.param(USAGE, id="usage"),
        pytest.param(DONE, id="the end"),
        pytest.param(b'id: 3\r\ndata: {"choices": [{"index": 0, "delta": {"content": "hi"}}]}\r\n\r\n', id="nothing to restore"),
    ],
)
def test_other_events_pass_as_they_are(passed: bytes) -> None:
    assert answers().events(passed) == passed


def test_other_fields_of_an_event_are_kept() -> None:
    block = b'id: 3\ndata: {"choices": [{"index": 0, "delta": {"content": "<PERSON_1>"}}]}\n\n'
    assert answers().events(block).startswith(b"id: 3\ndata: {")


async def test_what_could_not_be_written_at_once_is_restored_once() -> None:
    out = FakeDownstream()
    restoring = Restoring(out, answers())
    assert (restoring.is_committed, restoring.is_gone) == (False, False)
    await restoring.begin(200, b"text/event-stream")
    assert restoring.write_nowait(delta("<PERS")), "held back: nothing to write"
    assert not out.writes or said(out.body) == ""
    out.is_slow = True
    assert not restoring.write_nowait(delta("ON_1>"))
    await restoring.write(delta("ON_1>"))
    out.is_slow = False
    await restoring.write(delta("<PERSON_1"))
    await restoring.end(delta(finish="stop") + DONE)
    assert said(out.body) == NAME + "<" + NAME
    assert (restoring.is_committed, out.is_ended) == (True, True)


async def test_a_whole_answer_goes_on_restored() -> None:
    out = FakeDownstream()
    await Restoring(out, answers()).answer(200, b"application/json", b'{"a":"<EMAIL_1>"}', None)
    assert out.body == b'{"a":"z@x.org"}'
