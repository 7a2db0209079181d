"""Scorers that the event loop cannot wait for: what they say in time, and that nothing else is a difficulty."""

import asyncio
import threading
import time
from dataclasses import dataclass, field, replace

import pytest

from classifiers.prompt import Part, Prompt
from classifiers.signals import Difficulty
from gateway.plan import LateScorerPlan, QuestionPlan, UpstreamPlan
from gateway.scorers import llm
from gateway.scorers.late import REST_S, TRIP, InThread, Late, connect
from router.decision import Clocks, Target
from router.labels import Labels
from router.names import Sent, TargetName
from tests.fakes.sockets import Reset, Sleep
from tests.fakes.upstream import Script, Upstream, answer, chat, failing, upstream

PERSONAL, RESTRICTED = list(Labels())[2:]
TARGET = Target(TargetName("qwen"), "local", RESTRICTED, Sent("qwen3-8b"), clocks=Clocks(30, 30, 30, 30, 30))
PROMPT = Prompt((Part("You are a pirate.", 0, 0, "instruction"), Part("Prove it to Ann.", 1)))
FIFTY = chat('{"difficulty": 50}')


def asking(at: Upstream, target: Target = TARGET, within_s: float = 30.0) -> Late:
    question = llm.build(llm.Options(), "qwen3-8b")
    return connect(
        LateScorerPlan(
            "llm", QuestionPlan(question, target, RESTRICTED, UpstreamPlan(target.name, "openai_compatible", (at.url,))), within_s
        )
    )


async def test_a_model_is_asked_about_the_last_ask() -> None:
    async with upstream(FIFTY) as at:
        scorer = asking(at)
        assert [await scorer.score(prompt) for prompt in (PROMPT, Prompt())] == [
            Difficulty(0.5, (("the model's opinion", 0.5),)),
            Difficulty(0.0),  # nothing is not asked about
        ]
        await scorer.close()
    assert len(at.bodies) == 1
    assert b"POST /v1/chat/completions HTTP/1.1" in at.heads[0]
    assert b"pirate" not in at.bodies[0]
    assert b"Prove it to Ann." in at.bodies[0]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(failing(500), id="an error"),
        pytest.param(answer(200, b"<html>"), id="a page"),
        pytest.param(chat("Hard!"), id="prose"),
        pytest.param((Sleep(40),), id="silence"),
        pytest.param((Reset(),), id="a reset"),
    ],
)
async def test_whatever_goes_wrong_is_unknown_and_in_time(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    async with upstream(script) as at:
        scorer = asking(at, within_s=0.3)
        began = time.monotonic()
        assert await scorer.score(PROMPT) is None
        assert time.monotonic() - began < 15
        await scorer.close()
    assert "Ann" not in caplog.text


async def test_content_goes_to_no_destination_that_is_not_cleared_for_the_highest_label() -> None:
    async with upstream(FIFTY) as at:
        scorer = asking(at, replace(TARGET, clearance=PERSONAL))
        assert await scorer.score(PROMPT) is None
        await scorer.close()
    assert at.accepted == 0


async def test_leaving_ends_the_call() -> None:
    async with upstream((Sleep(40),)) as at:
        scorer = asking(at)
        task = asyncio.ensure_future(scorer.score(PROMPT))
        await at.until(requests=1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await at.until(closed=True)
        await scorer.close()


@dataclass
class Waits:
    """Scores when it is let, and counts."""

    kind: str = "waits"
    let: threading.Event = field(default_factory=threading.Event)
    begun: int = 0

    def score(self, prompt: Prompt) -> Difficulty:
        self.begun += 1
        if not self.let.wait(60):
            raise TimeoutError
        return Difficulty(0.7)


async def test_a_scorer_of_this_process_runs_beside_the_loop() -> None:
    waits = Waits()
    scorer = connect(LateScorerPlan("waits", waits, 60))
    task = asyncio.ensure_future(scorer.score(PROMPT))
    while not waits.begun:  # noqa: ASYNC110  # a thread sets it
        await asyncio.sleep(0.001)  # the loop goes on meanwhile
    waits.let.set()
    assert await task == Difficulty(0.7)
    await scorer.close()


async def test_an_overrun_is_unknown_and_what_nobody_waits_for_is_not_begun() -> None:
    waits = Waits()
    scorer = Late("waits", InThread(waits), 0.5)
    try:
        said = await asyncio.gather(*(scorer.score(PROMPT) for _ in range(9)))
        assert said == [None] * 9
        assert waits.begun == 2, "as many as there are threads"
    finally:
        waits.let.set()
        await scorer.close()


async def test_a_scorer_that_fails_is_unknown() -> None:
    class Fails:
        kind = "fails"

        def score(self, prompt: Prompt) -> Difficulty:
            raise ValueError(prompt)

    scorer = connect(LateScorerPlan("fails", Fails()))
    assert await scorer.score(PROMPT) is None
    await scorer.close()


async def test_one_that_does_not_answer_is_left_alone_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    class Gone:
        asked = 0

        async def score(self, prompt: Prompt) -> Difficulty:
            self.asked += 1
            if self.asked > TRIP + 1:
                return Difficulty(0.4)
            raise OSError(prompt.parts[-1].text)

        async def close(self) -> None:
            pass

    now, gone = [0.0], Gone()
    scorer = Late("gone", gone, 1.0, lambda: now[0])
    assert [await scorer.score(PROMPT) for _ in range(TRIP + 4)] == [None] * (TRIP + 4)
    assert gone.asked == TRIP
    assert [record.getMessage() for record in caplog.records] == ["scorer rests"]
    now[0] += REST_S
    assert await scorer.score(PROMPT) is None, "it is tried once more, and rests again"
    assert await scorer.score(PROMPT) is None
    assert gone.asked == TRIP + 1
    now[0] += REST_S
    assert [await scorer.score(PROMPT), await scorer.score(PROMPT)] == [Difficulty(0.4)] * 2
    assert "Ann" not in caplog.text


async def test_an_answer_that_cannot_be_read_is_an_answer() -> None:
    async with upstream(chat("Hard!")) as at:
        scorer = asking(at)
        assert [await scorer.score(PROMPT) for _ in range(TRIP + 2)] == [None] * (TRIP + 2)
        await scorer.close()
    assert len(at.bodies) == TRIP + 2
