"""The matrix sees what it is there to see: without the breaker, the clocks or the commit rule named cases of it fail."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

import pytest
from typing_extensions import override

from gateway.upstreams.upstream import Call, Downstream, Upstream
from router.attempt import Abandoned, Attempt, Outcome, Usage
from router.breaker import TRIP
from router.clearance import ClearedBody
from router.fleet import Fleet
from tests.fakes import upstream as fakes
from tests.fakes.gateway import Gateway
from tests.journeys.faults import midway, playing
from tests.journeys.faults.faults import BY_NAME, Form, clocks
from tests.journeys.faults.playing import Change, Scene


class Trusting(Fleet):
    """A fleet whose breakers never learn how an attempt ended."""

    @override
    def note(self, attempt: Attempt, outcome: Outcome, now: float, dice: float) -> None:
        super().note(attempt, Abandoned(), now, dice)


def without_breakers(gate: Gateway) -> None:
    """Take the breakers out."""
    runtime = gate.live.runtime
    object.__setattr__(runtime, "fleet", Trusting(runtime.plan.policy.targets.values()))


@dataclass(slots=True)
class Shown:
    """A caller's side that lies about the commit point: it has begun already, or never has."""

    out: Downstream
    is_committed: bool

    @property
    def is_gone(self) -> bool:
        """As it is."""
        return self.out.is_gone

    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """As it is."""
        await self.out.answer(status, content_type, body, usage)

    async def begin(self, status: int, content_type: bytes) -> None:
        """Once."""
        if not self.is_committed:
            await self.out.begin(status, content_type)

    async def write(self, data: bytes) -> None:
        """As it is."""
        await self.out.write(data)

    def write_nowait(self, data: bytes) -> bool:
        """As it is."""
        return self.out.write_nowait(data)

    async def end(self, data: bytes = b"") -> None:
        """As it is."""
        await self.out.end(data)


@dataclass(slots=True)
class Hasty:
    """An upstream without the commit rule. `peeks`: it waits for content, but forgets that it has shown some."""

    one: Upstream
    peeks: bool

    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
        """Relay."""
        if not self.peeks:
            await out.begin(200, b"text/event-stream")
        return await self.one.relay(attempt, payload, call, Shown(out, not self.peeks))

    async def close(self) -> None:
        """End every connection."""
        await self.one.close()


def _hastily(*, peeks: bool) -> Change:
    def change(gate: Gateway) -> None:
        runtime = gate.live.runtime
        object.__setattr__(runtime, "upstreams", {name: Hasty(one, peeks) for name, one in runtime.upstreams.items()})

    return change


async def _fails(case: Callable[[Change], Coroutine[Any, Any, None]], change: Change | None = None, within_s: float = 20.0) -> None:
    """The case must fail: by what it asserts, by bytes that are no answer, or by not coming to its end so long after it has begun."""
    with pytest.raises((AssertionError, ValueError, KeyError, EOFError, TimeoutError)):
        async with asyncio.timeout(None) as limit:

            def begins(gate: Gateway) -> None:
                limit.reschedule(asyncio.get_running_loop().time() + within_s)
                if change is not None:
                    change(gate)

            await case(begins)


@pytest.mark.parametrize("say", ["500", "404", "null", "reset before the headers", "429 that names no time"])
async def test_without_breakers_a_dead_target_is_asked_by_everybody(local: fakes.Upstream, cloud: fakes.Upstream, say: str) -> None:
    await _fails(lambda change: playing.again_and_again(Scene(BY_NAME[say], "whole", local, cloud, change=change), TRIP), without_breakers)


async def test_without_breakers_a_target_that_wants_to_be_left_alone_is_not(local: fakes.Upstream, cloud: fakes.Upstream) -> None:
    row = BY_NAME["503 with much patience"]
    await _fails(lambda change: playing.again_and_again(Scene(row, "whole", local, cloud, change=change), 1), without_breakers)


@pytest.mark.parametrize(
    "say,form,case",
    [
        pytest.param("silence before the headers", "whole", playing.first, id="before the headers"),
        pytest.param("silence after the headers", "streamed", playing.first, id="before the first byte"),
        pytest.param("silence after the opening", "streamed", playing.first, id="before the first word"),
        pytest.param("silence inside the body", "whole", playing.last, id="inside a body"),
    ],
)
async def test_without_clocks_silence_is_waited_for(
    local: fakes.Upstream, cloud: fakes.Upstream, say: str, form: Form, case: Callable[[Scene], Coroutine[Any, Any, None]]
) -> None:
    await _fails(lambda change: Scene(replace(BY_NAME[say], clocks=clocks()), form, local, cloud, change=change).play(case), within_s=1.0)


@pytest.mark.parametrize("say", ["silent", "word after word for longer than the total clock"])
async def test_without_clocks_a_stream_may_stop_for_good(local: fakes.Upstream, cloud: fakes.Upstream, say: str) -> None:
    await _fails(
        lambda change: midway.play(midway.Scene(replace(midway.BY_NAME[say], clocks=clocks()), "first", local, cloud, change=change)),
        within_s=1.0,
    )


@pytest.mark.parametrize(
    "say",
    [
        "reset after the opening",
        "ended after the opening",
        "an error event, at once",
        "an event of overload, after the opening",
        "a whole answer to a stream",
        "500",
    ],
)
async def test_without_a_peek_a_fault_before_content_is_shown(local: fakes.Upstream, cloud: fakes.Upstream, say: str) -> None:
    await _fails(lambda change: playing.first(Scene(BY_NAME[say], "streamed", local, cloud, change=change)), _hastily(peeks=False))


@pytest.mark.parametrize("say", ["reset", "ended well without its end", "framed wrongly", "an error event"])
async def test_without_the_commit_rule_two_answers_are_mixed(local: fakes.Upstream, cloud: fakes.Upstream, say: str) -> None:
    await _fails(lambda change: midway.play(midway.Scene(midway.BY_NAME[say], "first", local, cloud, change=change)), _hastily(peeks=True))
