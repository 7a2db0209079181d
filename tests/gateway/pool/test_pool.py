"""One pool against engines on real sockets. Rounds are looked at one by one; the time of each is given, so nothing here waits for a clock."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from typing_extensions import override

from gateway.plan import PoolPlan, UpstreamPlan
from gateway.pool.pool import BUSY_S, PROBE_S, REST_S, Pool
from gateway.upstreams.openai_compatible import OpenAICompatible, connect
from router.attempt import Abandoned, Attempt
from router.facts import Facts
from router.fleet import Fleet
from tests.fakes.engine import Engine, engine
from tests.router.examples import PUBLIC, QWEN

PAIR = replace(QWEN, replicas=2)
FLOWING = replace(QWEN, replicas=0)
STREAM = Facts("r", is_stream=True, prompt_tokens=100)
STALL_S = 10.0


@dataclass
class World:
    pool: Pool
    fleet: Fleet
    upstream: OpenAICompatible

    def outs(self) -> list[list[str]]:
        return [sorted(replica.outs) for replica in self.fleet.pool(QWEN.name)]

    def sample(self, name: str, *labels: str) -> float:
        return next(value for one, have, value in self.pool.samples(0.0) if one == name and have == ("qwen", *labels))

    async def until_back(self, number: int) -> None:
        """Wait for the answer to a question of ours."""
        async with asyncio.timeout(20):
            while "stalled" in self.fleet.pool(QWEN.name)[number].outs:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.005)


@asynccontextmanager
async def watching(
    urls: Sequence[str], settings: PoolPlan | None = None, *, flows: bool = False, network: str = "127.0.0.0/8", kind: type[Pool] = Pool
) -> AsyncIterator[World]:
    target = FLOWING if flows else PAIR
    plan = UpstreamPlan(
        QWEN.name, "openai_compatible", tuple(urls), networks=(ip_network(network),), pool=settings or PoolPlan(stall_s=STALL_S)
    )
    fleet, upstream = Fleet([target], {QWEN.name: urls}), connect(target, plan)
    pool = kind(target, plan, fleet, upstream, PUBLIC)
    try:
        yield World(pool, fleet, upstream)
    finally:
        await pool.close()
        await upstream.close()


@asynccontextmanager
async def pair(settings: PoolPlan | None = None) -> AsyncIterator[tuple[World, Engine, Engine]]:
    async with engine() as one, engine() as two, watching([one.url, two.url], settings) as world:
        yield world, one, two


async def test_what_engines_say_reaches_the_fleet_and_the_metrics() -> None:
    async with pair() as (world, one, _):
        one.running = 3
        await world.pool.look(0.0)
        loads = [replica.load for replica in world.fleet.pool(QWEN.name)]
        assert [load.running for load in loads if load] == [3, 0]
        assert [dict(replica.fit.windows)["qwen3-8b"] for replica in world.fleet.pool(QWEN.name)] == [32_000, 32_000]
        assert world.sample("replica_requests", "0", "running") == 3
        assert world.sample("replica_kv_use_ratio", "1") == 0.25
        assert world.sample("scrape_missing_series", "0", "kv_use") == 0
        assert world.sample("replica_state", "0", "warming") == 0


async def test_a_series_that_was_renamed_is_said_and_the_rest_is_used(caplog: pytest.LogCaptureFixture) -> None:
    async with pair() as (world, one, _):
        one.kv = "vllm:kv_cache_usage_fraction"
        await world.pool.look(0.0)
        await world.pool.look(1.0)
        assert [world.sample("scrape_missing_series", "0", need) for need in ("running", "kv_use")] == [0, 1]
        assert world.fleet.pool(QWEN.name)[0].load is not None
        assert [record.getMessage() for record in caplog.records] == ["series missing"], "once"


async def test_an_engine_without_metrics_is_left_alone_for_a_while() -> None:
    async with pair() as (world, one, _):
        one.says_metrics = False
        for now in (0.0, 1.0, REST_S - 1):
            await world.pool.look(now)
        assert world.fleet.pool(QWEN.name)[0].load is None
        assert all(world.sample("scrape_missing_series", "0", need) for need in ("running", "waiting", "kv_use", "tokens"))
        assert one.asked.count("/metrics") == 1
        await world.pool.look(REST_S)
        assert one.asked.count("/metrics") == 2


async def test_an_operator_may_leave_metrics_out() -> None:
    async with pair(PoolPlan(reads_metrics=False)) as (world, one, _):
        await world.pool.look(0.0)
        assert one.asked == []
        assert world.sample("replica_state", "0", "stalled") == 0
        assert all(name == "replica_state" for name, *_ in world.pool.samples(0.0))


async def test_an_engine_that_has_requests_and_makes_no_tokens_is_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with pair() as (world, one, two):
        one.running = two.running = 2
        for now in (0.0, 5.0, STALL_S - 1):
            await world.pool.look(now)
            two.tokens += 7
        assert world.outs() == [[], []]
        await world.pool.look(STALL_S)
        assert world.outs() == [["stalled"], []]
        assert world.fleet.pick(PAIR, STALL_S, facts=STREAM) == 1
        assert world.sample("replica_state", "0", "stalled") == 1
        two.running = 0
        await world.pool.look(2 * STALL_S - 1)
        assert world.outs() == [["stalled"], []], "it is busy still, and nobody asks it anything"
        assert one.prompts == []
        one.tokens += 1
        await world.pool.look(2 * STALL_S)
        assert world.outs() == [[], []]
        assert [record.state for record in caplog.records] == ["stalled", "well"]  # type: ignore[attr-defined]  # an extra


async def test_one_that_had_stalled_and_rests_is_tried_with_a_question_of_ours() -> None:
    async with pair() as (world, one, _):
        one.running = 1
        one.stall(on=True)
        await world.pool.look(0.0)
        await world.pool.look(STALL_S)
        one.running = 0
        await world.pool.look(STALL_S + 1)
        assert one.prompts == [], "not at once"
        at = STALL_S + PROBE_S
        await world.pool.look(at)
        async with asyncio.timeout(20):
            while not one.prompts:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.005)
        await world.pool.look(at + PROBE_S)
        assert world.outs()[0] == ["stalled"]
        assert len(one.prompts) == 1, "one question at a time, and while it is asked the engine is not said to be well"
        one.stall(on=False)
        await world.until_back(0)
        assert one.prompts == ['[{"role": "user", "content": "1"}]']


async def test_without_metrics_streams_that_get_nothing_show_that_an_engine_has_stalled() -> None:
    async with pair(PoolPlan(reads_metrics=False, stall_s=STALL_S)) as (world, *_):
        attempt = Attempt(1, PAIR, 0)
        world.fleet.begin(attempt, 0.0, STREAM)
        await world.pool.look(0.0)
        await world.pool.look(STALL_S)
        assert world.outs() == [["stalled"], []]
        world.fleet.answered(attempt, STALL_S)
        await world.pool.look(STALL_S + 1)
        assert world.outs() == [[], []]
        world.fleet.note(attempt, Abandoned(), 0.0, 0.0)


async def test_an_engine_that_was_started_anew_has_an_empty_cache() -> None:
    async with pair() as (world, one, _):
        replica = world.fleet.pool(QWEN.name)[0]
        one.tokens = 100
        await world.pool.look(0.0)
        replica.prefixes.add((1, 2, 3))
        await world.pool.look(1.0)
        assert len(replica.prefixes) == 3
        one.tokens = 2
        await world.pool.look(2.0)
        assert (len(replica.prefixes), replica.since) == (0, 2.0)


async def test_a_file_is_watched_and_half_a_list_is_no_list(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "replicas"
    settings = PoolPlan("file", path, refresh_s=1.0)
    async with engine() as one, engine() as two:
        path.write_text(f"{one.url}\n")
        async with watching([one.url], settings, flows=True) as world:
            told: list[str] = []
            world.pool.allow = told.extend
            await world.pool.look(0.0)
            path.write_text(f"# two now\n{one.url}\n{two.url}\n")
            await world.pool.look(0.5)
            assert world.outs() == [[]], "it is not looked at all the time"
            await world.pool.look(1.0)
            assert told[-2:] == [one.url, two.url]
            assert world.outs() == [[], []]
            assert len(two.asked) == 2
            path.write_text(f"{two.url}\nhttp://8.8.8.8/v1\n")
            await world.pool.look(2.0)
            assert "the last good list stays" in caplog.text
            path.unlink()
            await world.pool.look(3.0)
            assert world.outs() == [[], []]
            path.write_text(two.url)
            await world.pool.look(4.0)
            assert world.outs() == [["gone"], []]
            assert world.fleet.pick(FLOWING, 4.0) == 1
            assert {labels[1] for _, labels, _ in world.pool.samples(0.0) if len(labels) > 1} == {"1"}
            path.write_bytes(b"\xff")
            await world.pool.look(5.0)
            path.write_text("")
            await world.pool.look(6.0)
            assert world.outs() == [["gone"], []], "an empty list is no news"


async def test_every_address_of_a_host_is_a_replica() -> None:
    async with engine(host="127.0.0.1") as one:
        url = f"http://localhost:{one.port}/v1"
        async with watching([url], PoolPlan("dns"), flows=True) as world:
            await world.pool.look(0.0)
            (replica,) = world.fleet.pool(QWEN.name)
            assert replica.address == "127.0.0.1", "what is outside of the networks is none"
            assert replica.load is not None
            await world.pool.look(1.0)
            assert world.pool.found_for(world.pool) == ("127.0.0.1",)


async def test_what_a_name_server_says_is_held_to_the_networks() -> None:
    async with watching(["http://localhost:1/v1"], PoolPlan("dns", reads_metrics=False), flows=True, network="10.0.0.0/8") as world:
        await world.pool.look(0.0)
        assert [replica.address for replica in world.fleet.pool(QWEN.name)] == ["http://localhost:1/v1"]
        assert world.pool.found_for(world.pool) == ()


async def test_a_name_that_is_not_found_changes_nothing() -> None:
    async with watching(["http://no-such-host.invalid/v1"], PoolPlan("dns", reads_metrics=False), flows=True) as world:
        await world.pool.look(0.0)
        assert [replica.address for replica in world.fleet.pool(QWEN.name)] == ["http://no-such-host.invalid/v1"]
        assert world.pool.found_for(world.pool) == ()


class Slowly(Pool):
    """A name server that answers when the test says so."""

    asked = 0

    @override
    async def _resolved(self) -> Sequence[str]:
        self.asked += 1
        await self.answers.wait()
        return ["127.0.0.1"]

    answers: asyncio.Event


async def test_a_name_server_that_hangs_holds_up_nothing() -> None:
    async with engine() as one:
        url = f"http://localhost:{one.port}/v1"
        async with watching([url], PoolPlan("dns"), flows=True, kind=Slowly) as world, asyncio.timeout(60):
            assert isinstance(world.pool, Slowly)
            world.pool.answers = asyncio.Event()
            for now in (0.0, 100.0):
                await world.pool.look(now)
            (replica,) = world.fleet.pool(QWEN.name)
            assert replica.load is not None, "it is watched all the same"
            assert (replica.address, world.pool.asked) == (url, 1)
            world.pool.answers.set()
            await world.pool.look(100.1)
            assert [replica.address for replica in world.fleet.pool(QWEN.name)] == ["127.0.0.1"]


async def test_one_that_counts_a_request_which_is_none_comes_back() -> None:
    async with pair() as (world, one, _):
        one.running = 1
        await world.pool.look(0.0)
        await world.pool.look(STALL_S)
        assert world.outs()[0] == ["stalled"]
        await world.pool.look(STALL_S + PROBE_S)
        assert one.prompts == [], "what it has may yet come to its end"
        await world.pool.look(STALL_S + PROBE_S + BUSY_S)
        await world.until_back(0)
        assert len(one.prompts) == 1


async def test_what_failed_half_way_is_done_again() -> None:
    async with engine() as one, watching(["http://127.0.0.1:1/v1"], PoolPlan("file"), flows=True) as world:
        times = 0

        def count(_replicas: int) -> None:
            nonlocal times
            times += 1
            if times == 1:
                raise OSError("too many open files")

        world.pool.count = count
        for _ in range(2):
            with contextlib.suppress(OSError):
                if world.pool._found != (one.url,):
                    world.pool.follow([one.url], 0.0)
        assert (times, world.pool._found) == (2, (one.url,))


async def test_a_defect_costs_one_round(caplog: pytest.LogCaptureFixture) -> None:
    async with watching(["http://127.0.0.1:1/v1"] * 2, PoolPlan(every_s=0.001, reads_metrics=False)) as world:
        rounds = 0

        async def look(_now: float) -> None:
            nonlocal rounds
            rounds += 1
            if rounds == 1:
                raise RuntimeError("text of a caller")

        object.__setattr__(world.pool, "look", look)
        task = asyncio.ensure_future(world.pool.run())
        async with asyncio.timeout(20):
            while rounds < 3:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert [record.getMessage() for record in caplog.records] == ["pool"]
        assert "caller" not in str(caplog.records[0].__dict__)


async def test_a_pool_is_as_full_as_its_engines_say_together() -> None:
    async with pair() as (world, one, two):
        one.running = two.running = 3
        await world.pool.look(0.0)
        assert world.sample("local_saturation_ratio") == 0.25, "their caches"
        one.waiting = 6
        await world.pool.look(1.0)
        assert world.sample("local_saturation_ratio") == 0.5, "half of the requests wait"
        world.fleet.turn(QWEN.name, 0, "drained", 1.0, on=True)
        assert world.sample("local_saturation_ratio") == 0.25, "one that gets no requests says nothing of those that do"
        two.says_metrics = False
        await world.pool.look(2.0)
        assert not [name for name, *_ in world.pool.samples(0.0) if name == "local_saturation_ratio"], "nobody knows"


async def test_a_pool_says_how_much_of_the_prompts_was_in_its_caches_of_late() -> None:
    async with pair() as (world, one, two):
        await world.pool.look(0.0)
        assert not [name for name, *_ in world.pool.samples(0.0) if name == "prefix_cache_hit_ratio"], "nothing was looked up"
        one.looked_up, one.found = 100, 50
        two.looked_up = 100
        await world.pool.look(1.0)
        assert world.sample("prefix_cache_hit_ratio") == 0.25
