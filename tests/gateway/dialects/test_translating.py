from collections.abc import Mapping

import msgspec
import pytest
from typing_extensions import override

from gateway.dialects.translating import Translating, lost_on, seen_at
from gateway.upstreams.http1_faults import BadAnswer
from gateway.wire.ask import decode
from router.values import replace
from tests.fakes.downstream import FakeDownstream

ASK = decode(b'{"model":"auto","messages":[{"role":"user","content":"hi"}]}', "chat")


class Louder:
    """Brings an answer back in capitals."""

    def whole(self, body: bytes) -> bytes:
        return body.upper()

    def events(self, block: bytes) -> bytes:
        return block.upper().replace(b"NOTHING\n\n", b"")


async def test_an_answer_comes_back_translated() -> None:
    out = FakeDownstream()
    await Translating(out, Louder()).answer(200, b"application/json", b"said", None)
    assert out.body == b"SAID"


async def test_so_does_a_stream_however_it_is_written() -> None:
    out = FakeDownstream()
    through = Translating(out, Louder())
    await through.begin(200, b"text/event-stream")
    await through.write(b"data: one\n\n")
    assert through.write_nowait(b"nothing\n\n")
    assert through.write_nowait(b"data: two\n\n")
    await through.end(b"data: three\n\n")
    assert out.body == b"DATA: ONE\n\nDATA: TWO\n\nDATA: THREE\n\n"


async def test_what_could_not_be_written_at_once_is_not_translated_twice() -> None:
    calls: list[bytes] = []

    class Counting(Louder):
        @override
        def events(self, block: bytes) -> bytes:
            calls.append(block)
            return super().events(block)

    out = FakeDownstream(is_slow=True)
    through = Translating(out, Counting())
    await through.begin(200, b"text/event-stream")
    assert not through.write_nowait(b"data: one\n\n")
    await through.write(b"data: one\n\n")
    assert (out.body, calls) == (b"DATA: ONE\n\n", [b"data: one\n\n"])


async def test_usage_that_the_caller_of_a_chat_did_not_ask_for_is_left_out() -> None:
    class Plain(Louder):
        @override
        def events(self, block: bytes) -> bytes:
            return block

    said, usage = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
    for hides, expected in ((True, said), (False, said + usage)):
        out = FakeDownstream()
        through = Translating(out, Plain(), hides_usage=hides)
        await through.begin(200, b"text/event-stream")
        await through.end(said + usage)
        assert out.body == expected


class Strict(Louder):
    """Reads words of letters only."""

    @override
    def whole(self, body: bytes) -> bytes:
        if not body.isalpha():
            raise msgspec.DecodeError
        return super().whole(body)

    @override
    def events(self, block: bytes) -> bytes:
        if not block.removeprefix(b"data: ").strip().isalpha():
            raise msgspec.DecodeError
        return super().events(block)


async def test_a_whole_answer_that_cannot_be_read_is_a_bad_one() -> None:
    out = FakeDownstream()
    with pytest.raises(BadAnswer):
        await Translating(out, Strict()).answer(200, b"application/json", b"7", None)
    assert not out.is_committed


@pytest.mark.parametrize("at_once", [True, False])
async def test_what_came_before_something_that_cannot_be_read_goes_on(at_once: bool) -> None:
    out = FakeDownstream()
    through = Translating(out, Strict())
    await through.begin(200, b"text/event-stream")
    await through.write(b"data: one\n\n")
    with pytest.raises(BadAnswer):
        if at_once:
            through.write_nowait(b"data: two\n\ndata: 3\n\ndata: four\n\n")
        else:
            await through.write(b"data: two\n\ndata: 3\n\ndata: four\n\n")
    await through.end(b"data: error\n\n")
    assert out.body == b"DATA: ONE\n\nDATA: TWO\n\nDATA: ERROR\n\n"


def test_answers_are_looked_into_where_they_are_a_chat() -> None:
    messages = replace(ASK, endpoint="messages")
    assert seen_at((messages, ASK)) == 1
    assert seen_at((messages, ASK, messages)) == 1
    assert seen_at((messages,)) == 0


@pytest.mark.parametrize(
    ("lost", "told"), [(("top_k", "tools[].strict"), ("top_k", "tools[].strict")), (("a b", "x\r\ny", "é", "n" * 65, "user"), ("user",))]
)
def test_what_is_lost_is_named_where_the_name_may_stand_in_a_header(lost: tuple[str, ...], told: tuple[str, ...]) -> None:
    assert lost_on((ASK, replace(ASK, lost=lost))) == told
    assert lost_on((replace(ASK, lost=lost),)) == told, "it was put into a target's own words"
    assert lost_on((ASK,)) == ()


def test_there_are_no_more_names_than_a_header_should_have() -> None:
    assert len(lost_on((ASK, replace(ASK, lost=tuple(f"m{number}" for number in range(50)))))) == 20


def test_nothing_of_a_body_is_shown() -> None:
    assert "hi" not in repr(ASK)
    asked: Mapping[str, object] = ASK.fields
    assert asked["model"] == "auto"
