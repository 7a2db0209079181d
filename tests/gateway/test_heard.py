"""What is passed on is what was heard, and it is told once, before the last of it is passed on."""

import msgspec
import pytest

from gateway.heard import Heard
from gateway.wire.said import Said
from tests.fakes.downstream import FakeDownstream
from tests.fakes.upstream import delta


class Told:
    """What was learnt, and how much the caller had then."""

    def __init__(self, out: FakeDownstream) -> None:
        self.said: list[str] = []
        self.caller_had: list[bytes] = []
        self._out = out

    def __call__(self, said: Said) -> None:
        self.said.append("".join(said.texts()))
        self.caller_had.append(self._out.body)


async def test_a_whole_answer_is_learnt_before_the_caller_has_it() -> None:
    out = FakeDownstream()
    heard = Heard(out, told := Told(out))
    body = msgspec.json.encode({"choices": [{"message": {"content": "an answer"}}]})
    await heard.answer(200, b"application/json", body, None)
    assert (told.said, told.caller_had, out.body) == (["an answer"], [b""], body)
    heard.learn()
    assert len(told.said) == 1


async def test_a_stream_is_learnt_with_its_last_bytes_whichever_way_it_was_written() -> None:
    out = FakeDownstream()
    heard = Heard(out, told := Told(out))
    assert (heard.is_committed, heard.is_gone) == (False, False)
    await heard.begin(200, b"text/event-stream")
    await heard.write(delta("one "))
    out.is_slow = True
    assert not heard.write_nowait(delta("two ")), "it will come again"
    out.is_slow = False
    assert heard.write_nowait(delta("two "))
    assert told.said == []
    await heard.end(delta("three"))
    assert told.said == ["one two three"]
    assert b"three" not in told.caller_had[0]
    assert b"three" in out.body
    assert heard.is_committed


@pytest.mark.parametrize("is_begun", [True, False])
async def test_what_did_not_come_to_its_end_is_learnt_as_far_as_it_came(*, is_begun: bool) -> None:
    out = FakeDownstream()
    heard = Heard(out, told := Told(out))
    if is_begun:
        await heard.begin(200, b"text/event-stream")
        await heard.write(delta("half"))
    heard.learn()
    heard.learn()
    assert told.said == (["half"] if is_begun else [""])
