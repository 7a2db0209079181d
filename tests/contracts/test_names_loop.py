"""The names detector works beside the event loop, not in its way."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from benchmarks import names_loop
from classifiers.classify import classify
from classifiers.detectors.names import Names, Options
from classifiers.models.names.model import Model, Stretch, load
from classifiers.prompt import Part, Prompt
from gateway.config.compile import compile_text
from gateway.runtime import Runtime
from router.fleet import Fleet
from tests.fakes.patience import TRIES

PIECES = 40
TEXT = ("Mary Johnson of Leeds. " + "and so it goes on and on " * 160)[:4000] * PIECES


@dataclass
class Watched:
    """The model, which notes at each name that it finds how often the loop has turned until then."""

    model: Model
    turns: list[int] = field(default_factory=lambda: [0])
    seen: list[int] = field(default_factory=list)

    def find(self, text: str, last: int) -> Iterator[Stretch]:
        for stretch in self.model.find(text, last):
            self.seen.append(self.turns[0])
            yield stretch


async def reading(watched: Watched) -> int:
    """Read the text as the gateway does; how many pieces the loop has turned between."""
    plan = replace(compile_text(names_loop.CONFIG), slow=(Names(watched, Options()),))  # type: ignore[arg-type]  # a stand-in with the same method
    with ThreadPoolExecutor(2) as pool:
        runtime = Runtime(plan, {}, Fleet(plan.policy.targets.values()), pool=pool)
        asked = asyncio.ensure_future(runtime.ask_slow(Prompt((Part(TEXT),))))
        while not asked.done():
            await asyncio.sleep(0.0005)
            watched.turns[0] += 1
        assert not (await asked).doubts
    return len(set(watched.seen))


async def test_the_loop_turns_while_a_text_is_read() -> None:
    """Not by the clock: between most pieces of a long text the loop has turned."""
    for left in reversed(range(TRIES)):  # unless the machine let the loop sleep while the thread read
        watched = Watched(load())
        turned = await reading(watched)
        assert len(watched.seen) >= PIECES
        if turned > PIECES / 2:
            return
        assert left, turned


async def test_a_detector_on_the_loop_would_be_noticed() -> None:
    watched = Watched(load())
    turning = asyncio.ensure_future(_turn(watched.turns))
    await asyncio.sleep(0)
    classify(Prompt((Part(TEXT),)), (Names(watched, Options()),))  # type: ignore[arg-type]  # a stand-in with the same method
    turning.cancel()
    assert len(set(watched.seen)) == 1


async def _turn(turns: list[int]) -> None:
    while True:
        await asyncio.sleep(0.0005)
        turns[0] += 1


async def test_what_the_benchmark_says_of_a_loop() -> None:
    found = await names_loop.measure({"plain": "Mary Johnson went home. " * 20}, idle_s=0.02)
    assert [one.beside for one in found] == ["nothing", "a thread that counts", "plain, 480 characters"]
    assert all(0 <= one.common <= one.longest and one.turns for one in found)


@pytest.mark.parametrize("largest", [pytest.param(2_000, id="short"), pytest.param(20_000, id="longer")])
def test_texts_are_as_long_as_they_are_said_to_be(largest: int) -> None:
    texts: Sequence[str] = list(names_loop.made(largest).values())
    assert max(map(len, texts)) <= largest + 12
    assert len(texts) == len(names_loop.made(largest))
