import asyncio
import json
from collections.abc import Callable, Sequence

import pytest
from typing_extensions import override

from gateway.cascade import held as module
from gateway.cascade.forms import Form
from gateway.cascade.held import Held
from router.attempt import Usage
from router.cascade import Accept, Cascade, Grounds, Hold, SelfCheck
from tests.fakes.downstream import FakeDownstream

SSE, JSON = b"text/event-stream", b"application/json"
SURE, UNSURE = -0.1, -3.0
STRICT = Cascade(Accept(min_mean_logprob=-0.7))
FEW = Cascade(Accept(min_mean_logprob=-0.7), Hold(max_tokens=2))
BRIEF = Cascade(Accept(min_mean_logprob=-0.7), Hold(max_s=0.05))
DOUBTING = Cascade(Accept(self_check=SelfCheck(0.5)))
DONE = b"data: [DONE]\n\n"


def event(text: str, logprob: float | None = SURE) -> bytes:
    told = None if logprob is None else {"content": [{"token": text, "logprob": logprob}]}
    choice = {"index": 0, "delta": {"content": text}, "logprobs": told, "finish_reason": None}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


def body(text: str, logprob: float | None = SURE) -> bytes:
    told = None if logprob is None else {"content": [{"token": text, "logprob": logprob}]}
    return json.dumps({"choices": [{"message": {"content": text}, "logprobs": told, "finish_reason": "stop"}]}).encode()


def held(out: FakeDownstream, cascade: Cascade = STRICT, form: Form = "text", **more: bool) -> Held:
    return Held(out, cascade, form, hides_logprobs=more.get("hides", True))


async def pour(to: Held, *blocks: bytes, last: bytes = DONE) -> None:
    """A stream as a relay writes it: the first block by `write`, the others at once where they can be."""
    await to.begin(200, SSE)
    first, *rest = blocks
    await to.write(first)
    for block in rest:
        await asyncio.sleep(0)
        if not to.write_nowait(block):
            await to.write(block)
    await to.end(last)


async def test_a_good_answer_is_given_when_it_is_there() -> None:
    out = FakeDownstream()
    to = held(out)
    await to.answer(200, JSON, body("a"), Usage(1, 2))
    assert (out.status, out.content_type, out.body, out.usage) == (200, JSON, body("a", None), Usage(1, 2))
    assert (to.grounds, to.rejection, to.is_whole, to.is_committed) == ("", None, True, True)


async def test_a_bad_answer_is_kept_back_until_somebody_wants_it() -> None:
    out = FakeDownstream()
    to = held(out)
    await to.answer(200, JSON, body("a", UNSURE), Usage(1, 2))
    assert (out.is_committed, to.is_committed, to.is_gone) == (False, False, True)
    assert (to.grounds, to.rejection, to.is_whole) == ("low_confidence", "low_confidence", True)
    await to.close()
    await to.give()
    assert (out.body, out.usage, out.is_ended) == (body("a", None), Usage(1, 2), True)


async def test_a_good_stream_is_given_in_the_pieces_in_which_it_came() -> None:
    out = FakeDownstream()
    to = held(out)
    await to.begin(200, SSE)
    await to.write(event("a"))
    assert to.write_nowait(event("b"))
    assert not out.is_committed
    await to.begin(200, SSE)  # as a relay says at the end of a stream that has not begun for the caller
    await to.end(DONE)
    assert out.writes == [event("a", None), event("b", None), DONE]
    assert (out.status, out.content_type, out.is_ended, to.grounds) == (200, SSE, True, "")


async def test_a_bad_stream_is_kept_back_until_somebody_wants_it() -> None:
    out = FakeDownstream()
    to = held(out)
    await pour(to, event("a", UNSURE), event("b", UNSURE))
    assert (out.is_committed, to.is_gone, to.is_whole, to.rejection) == (False, True, True, "low_confidence")
    assert to.write_nowait(b"dropped")
    await to.write(b"dropped")
    await to.end(b"dropped")
    await to.close()
    await to.give()
    assert (out.writes, out.is_ended) == ([event("a", None), event("b", None), DONE], True)


@pytest.mark.parametrize("hides", [True, False], ids=["ours", "the caller's"])
async def test_past_its_tokens_the_rest_goes_on_as_it_comes(hides: bool) -> None:
    out = FakeDownstream()
    to = held(out, FEW, hides=hides)
    shown = None if hides else SURE
    await to.begin(200, SSE)
    await to.write(event("a"))
    assert not out.is_committed
    await to.write(event("b"))
    assert out.writes == [event("a", shown), event("b", shown)]
    assert to.write_nowait(event("c"))
    out.is_slow = True
    assert not to.write_nowait(event("d"))
    await to.write(event("d"))
    extra = event("", SURE).replace(b'{"content": ""}', b"{}")
    out.is_slow = False
    assert to.write_nowait(extra)
    await to.write(extra)
    await to.end(b"")
    assert out.body == b"".join(event(text, shown) for text in "abcd") + (b"" if hides else extra * 2)
    assert (to.grounds, out.is_ended) == ("bound", True)
    assert b"" not in out.writes, "an empty chunk would end the caller's answer"


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  # a clock's doing, which tells nobody
            await asyncio.sleep(0.005)


async def stopped(to: Held, blocks: Sequence[bytes], pause_s: float = 0.0) -> bool:
    """Whether a relay that writes so is stopped before its end, as it is when its caller leaves. The task goes on."""
    task = asyncio.current_task()
    assert task is not None
    try:
        await to.begin(200, SSE)
        await to.write(blocks[0])
        for block in blocks[1:]:
            await asyncio.sleep(pause_s)
            assert to.write_nowait(block)
        await asyncio.sleep(20)
    except asyncio.CancelledError:
        assert to.is_gone
        return True
    finally:
        await to.close()
        assert not task.cancelling()
    return False


@pytest.mark.parametrize(
    ("cascade", "blocks", "pause_s"),
    [
        pytest.param(FEW, [event("a", UNSURE) + event("b", UNSURE)], 0.0, id="by the first block"),
        pytest.param(FEW, [event("a", UNSURE), event("b", UNSURE), event("c", UNSURE)], 0.0, id="by a later block"),
        pytest.param(BRIEF, [event("a", UNSURE)], 0.0, id="in a silence"),
        pytest.param(BRIEF, [event("a", UNSURE)] * 9, 0.02, id="between blocks"),
    ],
)
async def test_past_its_bounds_a_bad_beginning_is_stopped(cascade: Cascade, blocks: list[bytes], pause_s: float) -> None:
    out = FakeDownstream()
    to = held(out, cascade)
    assert await stopped(to, blocks, pause_s)
    assert (out.is_committed, to.rejection, to.is_whole) == (False, "low_confidence", False)
    await asyncio.sleep(0.08)
    assert not out.body


async def test_a_relay_that_ends_before_it_can_be_stopped_leaves_no_cancellation_behind() -> None:
    to = held(FakeDownstream(), FEW)
    await to.begin(200, SSE)
    to._keep(event("a", UNSURE) * 2)
    await to.close()
    await asyncio.sleep(0.01)
    assert to.rejection == "low_confidence"


async def test_a_stream_that_is_silent_past_its_time_goes_on() -> None:
    out = FakeDownstream()
    to = held(out, BRIEF)
    await to.begin(200, SSE)
    await to.write(event("a"))
    await until(lambda: bool(out.writes))
    assert (out.writes, to.grounds, to.is_committed) == ([event("a", None)], "bound", True)
    await to.end(event("b") + DONE)
    assert out.body == event("a", None) + event("b", None) + DONE


class Slow(FakeDownstream):
    """A caller who takes long to read the first of it: until `reads` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = asyncio.Event()

    @override
    async def begin(self, status: int, content_type: bytes) -> None:
        """Take long."""
        await self.reads.wait()
        await super().begin(status, content_type)


async def test_what_comes_while_it_is_given_waits_for_its_turn() -> None:
    out = Slow()
    to = held(out, BRIEF)
    await to.begin(200, SSE)
    await to.write(event("a"))
    await until(lambda: to.is_committed)
    assert not out.is_committed, "decided, if not seen"
    assert not to.write_nowait(event("b"))
    asyncio.get_running_loop().call_later(0.02, out.reads.set)
    await to.write(event("b"))
    await to.end(DONE)
    assert out.body == event("a", None) + event("b", None) + DONE


async def test_a_relay_that_is_over_while_it_is_given_gives_no_more() -> None:
    out = Slow()
    to = held(out, BRIEF)
    await to.begin(200, SSE)
    await to.write(event("a"))
    await until(lambda: to.is_committed)
    await to.close()
    out.reads.set()
    await asyncio.sleep(0.05)
    assert not out.is_committed


async def test_too_many_bytes_are_a_bound_too() -> None:
    out = FakeDownstream()
    to = held(out)
    await pour(to, event("x" * module.MOST_BYTES), event("b"))
    assert to.grounds == "bound"
    assert out.body.endswith(DONE)


@pytest.mark.parametrize(
    ("belief", "grounds"),
    [pytest.param(0.9, "", id="right"), pytest.param(0.1, "self_check", id="wrong"), pytest.param(None, "unmeasured", id="nothing")],
)
async def test_what_passes_is_doubted_last(belief: float | None, grounds: Grounds) -> None:
    asked: list[str] = []

    async def doubts(text: str) -> float | None:
        asked.append(text)
        return belief

    for text, expected in (("I cannot help.", "refusal"), ("a", grounds)):
        to = Held(FakeDownstream(), DOUBTING, "text", hides_logprobs=False, doubts=doubts)
        await to.answer(200, JSON, body(text), None)
        assert to.grounds == expected
    assert asked == ["a"], "what is rejected anyway is not asked about"


async def test_a_stream_without_an_end_is_not_judged() -> None:
    out = FakeDownstream()
    to = held(out, BRIEF)
    await to.begin(200, SSE)
    await to.write(event("a", UNSURE))
    await to.close()
    await asyncio.sleep(0.08)
    assert (to.grounds, out.is_committed, to.is_gone) == (None, False, False)
