"""A target that is slow to begin is hedged on its own path; what the caller sees is one answer, what is recorded is both attempts."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from gateway.ledger.records import Concluded
from gateway.ledger.verify import Verification
from gateway.state.lockdown import Lockdown
from gateway.upstreams.upstream import Call, Downstream
from router.attempt import Attempt, Outcome
from router.clearance import ClearedBody
from router.cost import Usage
from tests.fakes.client import Reply, ask, caller, post
from tests.fakes.gateway import Gateway, compiled, configuration, gateway, total
from tests.fakes.scripted import HANG, Scripted, Stage, stage
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Reset
from tests.fakes.upstream import HEAD, Script, Upstream, Wait, answer, chat, delta, failing, stream, upstream, words

SOON = {"after_s": 0.05, "budget": 0.5}
SLOW: Script = (HEAD, Wait(), *words("from", " the slow one")[1:])
QUICK: Script = words("from", " the quick one")
NEVER: Script = (Wait(),)
HARD = "x" * 60


@asynccontextmanager
async def pool(
    *scripts: Script, edits: Mapping[str, Any] | None = None, name: str = "qwen"
) -> AsyncIterator[tuple[Gateway, list[Upstream], Upstream]]:
    """The gateway before replicas that play these, and another upstream. The first replica is asked first."""
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(upstream(script)) for script in scripts]
        other = await stack.enter_async_context(upstream(words("from", " elsewhere")))
        urls = [one.url for one in replicas]
        local, cloud = (urls[0], other.url) if name == "qwen" else (other.url, urls[0])
        more = {f"destinations.{name}.hedge": SOON, **(edits or {})}
        content = configuration(local, cloud, more)
        destination = content["destinations"][name]
        if len(urls) > 1:
            del destination["url"]
            destination["urls"] = urls
            destination["pool"] = {"metrics": False}
        yield await stack.enter_async_context(gateway(content)), replicas, other


def said(reply: Reply) -> str:
    chunks = [json.loads(data) for data in reply.events if data.startswith(b"{")]
    return "".join(choice["delta"].get("content") or "" for one in chunks for choice in one.get("choices", ()))


async def test_the_quicker_of_two_replicas_answers() -> None:
    async with pool(SLOW, QUICK) as (gate, (slow, quick), cloud):
        reply = await gate.post(ask("easy", stream=True))
        assert (reply.status, said(reply), reply.is_whole, reply.events[-1]) == (200, "from the quick one", True, b"[DONE]")
        assert (reply.headers["x-tidegate-target"], reply.headers["x-tidegate-attempts"]) == ("qwen", "2")
        await slow.until(closed=True)
        assert slow.bodies == quick.bodies, "the same request"
        assert cloud.accepted == 0, "nobody else gets anything"
        exchange = await gate.until_observed()
        first, second = exchange.attempts
        assert (first.replica, first.ending, first.failure, first.number, first.is_hedge) == (0, "Outrun", "", 1, False)
        assert (second.replica, second.ending, second.number, second.is_hedge) == (1, "Served", 2, True)
        assert (exchange.result, exchange.hedge, exchange.usage) == ("served", "hedge", Usage(7, 3))
        assert first.usage is not None, "what it may have computed is estimated"
        assert (first.usage.prompt > 0, first.usage.completion) == (True, 0)
        metrics = await gate.metrics()
        assert total(metrics, "tidegate_hedges_total", target="qwen", won="hedge") == 1
        assert total(metrics, "tidegate_hedges_total") == 1
        assert total(metrics, "tidegate_requests_in_flight") == 0
        assert total(metrics, "tidegate_fallbacks_total") == 0
        assert total(metrics, "tidegate_client_disconnects_total") == 0


async def test_the_slow_one_may_win_after_all() -> None:
    async with pool(SLOW, NEVER) as (gate, (slow, beside), _):
        task = asyncio.ensure_future(gate.post(ask("easy", stream=True)))
        await beside.until(requests=1)
        slow.go_on()
        reply = await task
        assert (said(reply), reply.events[-1], reply.headers["x-tidegate-attempts"]) == ("from the slow one", b"[DONE]", "2")
        await beside.until(closed=True)
        exchange = await gate.until_observed()
        assert [(one.replica, one.ending) for one in exchange.attempts] == [(1, "Outrun"), (0, "Served")]
        assert exchange.hedge == "primary"
        assert total(await gate.metrics(), "tidegate_requests_in_flight") == 0


async def test_a_quick_target_is_asked_once() -> None:
    async with pool(QUICK, QUICK, edits={"destinations.qwen.hedge": {"after_s": 30}}) as (gate, replicas, _):
        reply = await gate.post(ask("easy", stream=True))
        assert (said(reply), reply.headers["x-tidegate-attempts"]) == ("from the quick one", "1")
        assert sum(len(one.bodies) for one in replicas) == 1
        assert (await gate.until_observed()).hedge == ""


@dataclass(slots=True)
class Slow(Scripted):
    """Does this when it is asked, and then nothing."""

    at_first: Callable[[Downstream], Awaitable[None]] | None = None

    @override
    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
        if self.at_first is not None:
            await self.at_first(out)
        return await Scripted.relay(self, attempt, payload, call, out)


async def _asked(on: Stage, vendor: Scripted, least: int = 1) -> int:
    """How often a vendor that says no more is asked for one stream."""
    task, _ = on.begin({**ask(HARD), "stream": True})
    async with asyncio.timeout(20):
        while len(vendor.seen) < least:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.005)
    await asyncio.sleep(6 * SOON["after_s"])
    task.cancel()
    await asyncio.wait((task,))
    return len(vendor.seen)


async def test_a_stream_that_has_begun_is_not_hedged() -> None:
    vendor = Slow([HANG], at_first=lambda out: out.begin(200, b"text/event-stream"))
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"destinations.gpt.hedge": SOON}))
    assert await _asked(stage(plan, {"qwen": Scripted(), "gpt": vendor}), vendor) == 1


@pytest.mark.parametrize("is_on,times", [(False, 2), (True, 1)])
async def test_no_hedge_goes_out_once_the_gateway_is_locked_down(is_on: bool, times: int) -> None:
    lockdown = Lockdown()

    async def lock(_out: Downstream) -> None:
        lockdown.turn(on=is_on)

    vendor = Slow([HANG], at_first=lock)
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"destinations.gpt.hedge": SOON}))
    assert await _asked(stage(plan, {"qwen": Scripted(), "gpt": vendor}, lockdown=lockdown), vendor, times) == times


async def test_what_is_sensitive_is_hedged_at_home_only() -> None:
    canary = Canary()
    async with pool(NEVER, edits={"destinations.qwen.clocks": {"headers_s": 0.5}}) as (gate, (slow,), cloud):
        reply = await gate.post(ask(canary.say, stream=True))
        assert (reply.status, reply.error["code"]) == (503, "local_unavailable")
        assert len(slow.bodies) == 1, "a silent engine that stands alone is not asked twice"
        assert cloud.accepted == 0
    async with pool(NEVER, QUICK) as (gate, _, cloud):
        reply = await gate.post(ask(canary.say, stream=True))
        assert said(reply) == "from the quick one"
        assert cloud.accepted == 0
        canary.assert_nowhere(head=reply.head, body=reply.body)


async def test_when_both_fail_the_next_is_asked() -> None:
    dying: Script = (Wait(), Reset())
    async with pool(dying, dying, edits={"destinations.qwen.retries": 0}) as (gate, (slow, beside), cloud):
        task = asyncio.ensure_future(gate.post(ask("easy", stream=True)))
        await beside.until(requests=1)
        beside.go_on()
        await beside.until(closed=True)
        slow.go_on()
        reply = await task
        assert (said(reply), reply.headers["x-tidegate-target"], reply.headers["x-tidegate-attempts"]) == ("from elsewhere", "gpt", "3")
        exchange = await gate.until_observed()
        assert [(one.target, one.replica, one.failure) for one in exchange.attempts] == [
            ("qwen", 1, "CUT"),
            ("qwen", 0, "CUT"),
            ("gpt", 0, ""),
        ]
        assert exchange.hedge == "neither"
        assert total(await gate.metrics(), "tidegate_fallbacks_total", **{"from": "qwen", "to": "gpt"}) == 1
        assert len(cloud.bodies) == 1


async def test_a_refusal_is_an_answer_whoever_gives_it() -> None:
    async with pool(NEVER, failing(400, "It is too hot.")) as (gate, (slow, _), cloud):
        reply = await gate.post(ask("easy", stream=True))
        assert (reply.status, reply.error["message"]) == (400, "It is too hot.")
        await slow.until(closed=True)
        exchange = await gate.until_observed()
        assert [(one.replica, one.ending) for one in exchange.attempts] == [(0, "Outrun"), (1, "Refused")]
        assert (exchange.result, exchange.hedge, cloud.accepted) == ("refused", "hedge", 0)


async def test_when_the_caller_leaves_both_are_stopped() -> None:
    async with pool(NEVER, NEVER) as (gate, replicas, _):
        async with caller(gate.port) as one:
            one.post(ask("easy", stream=True))
            for replica in replicas:
                await replica.until(requests=1)
        for replica in replicas:
            await replica.until(closed=True)
        exchange = await gate.until_observed()
        assert (exchange.result, {one.ending for one in exchange.attempts}, len(exchange.attempts)) == ("abandoned", {"Abandoned"}, 2)
        assert total(await gate.metrics(), "tidegate_requests_in_flight") == 0


async def test_a_vendor_is_asked_twice_and_the_ledger_says_so(tmp_path: Path) -> None:
    edits = {"ledger": {"dir": str(tmp_path / "ledger")}}
    async with pool(SLOW, edits=edits, name="gpt") as (gate, (vendor,), local):
        vendor.then(SLOW, QUICK)
        reply = await gate.post(ask(HARD, stream=True))
        assert (said(reply), reply.headers["x-tidegate-path"]) == ("from the quick one", "cloud")
        assert len(vendor.bodies) == 2
        assert local.accepted == 0
        exchange = await gate.until_observed()
        outrun, served = exchange.attempts
        assert outrun.cost is not None
        assert served.cost == 7 + 30
        assert exchange.cost == served.cost + outrun.cost, "both may be billed"
        metrics = await gate.metrics()
        assert total(metrics, "tidegate_egress_requests_total", target="gpt") == 2
        assert total(metrics, "tidegate_cost_usd_total") == pytest.approx(exchange.cost / 1e6)
    pass_over = Verification(tmp_path / "ledger")
    ends = [read.record for read in pass_over if isinstance(read.record, Concluded)]
    assert [(one.attempt, one.ending) for one in ends] == [(1, "Outrun"), (2, "Served")]
    assert pass_over.verdict.is_sound


async def test_no_hedge_is_made_where_there_is_no_room() -> None:
    edits = {"destinations.qwen.admission": {"slots": 1, "reserved_share": 0, "spill": False}}
    async with pool(SLOW, SLOW, edits=edits) as (gate, (slow, beside), _):
        busy = [asyncio.ensure_future(gate.post(ask("easy", stream=True))) for _ in range(2)]
        await slow.until(requests=1)
        await beside.until(requests=1)
        await asyncio.sleep(4 * SOON["after_s"])
        assert (len(slow.bodies), len(beside.bodies)) == (1, 1), "both slots are taken"
        slow.go_on()
        beside.go_on()
        await asyncio.gather(*busy)
    [door] = gate.live.runtime.admission.doors.values()
    assert (door.gate.running, door.gate.unread) == ({"sensitive": 0, "public": 0}, 0)


@pytest.mark.parametrize("won", ["primary", "hedge"])
async def test_who_raced_gives_its_place_back(won: str) -> None:
    edits = {"destinations.qwen.admission": {"slots": 1, "reserved_share": 0}}
    async with pool(SLOW, NEVER if won == "primary" else QUICK, edits=edits) as (gate, (slow, beside), _):
        task = asyncio.ensure_future(gate.post(ask("easy", stream=True)))
        await beside.until(requests=1)
        if won == "primary":
            slow.go_on()
        assert (await task).events[-1] == b"[DONE]"
        [door] = gate.live.runtime.admission.doors.values()
        exchange = await gate.until_observed()
        assert (exchange.hedge, [one.line for one in exchange.attempts]) == (won, ["public", "public"])
        assert (door.gate.running, door.gate.unread) == ({"sensitive": 0, "public": 0}, 0)


async def test_whole_answers_are_waited_for() -> None:
    slow: Script = (Wait(), *chat("the slow one"))
    async with pool(slow, chat("the quick one")) as (gate, (first, beside), _):
        task = asyncio.ensure_future(gate.post(ask("easy")))
        await first.until(requests=1)
        await asyncio.sleep(4 * SOON["after_s"])
        first.go_on()
        assert (await task).json["choices"][0]["message"]["content"] == "the slow one"
        assert not beside.bodies


async def test_embeddings_are_hedged() -> None:
    made = answer(200, b'{"object": "list", "data": [{"embedding": [1.0]}], "usage": {"prompt_tokens": 2, "total_tokens": 2}}')
    async with pool(NEVER, made) as (gate, (slow, _), _):
        reply = await post(gate.port, {"model": "auto", "input": "easy"}, "/v1/embeddings")
        assert (reply.status, reply.headers["x-tidegate-attempts"]) == (200, "2")
        await slow.until(closed=True)
        assert (await gate.until_observed()).attempts[0].usage is not None


async def test_a_share_of_the_requests_is_hedged() -> None:
    async with pool(SLOW, NEVER, edits={"destinations.qwen.hedge": {"after_s": 0.05, "budget": 0.01}}) as (gate, (slow, beside), _):
        first = asyncio.ensure_future(gate.post(ask("easy", stream=True)))
        await beside.until(requests=1)
        slow.go_on()
        await first
        slow.then(SLOW)
        second = asyncio.ensure_future(gate.post(ask("easy", stream=True)))
        await slow.until(requests=1)
        await asyncio.sleep(4 * SOON["after_s"])
        slow.go_on()
        assert (await second).headers["x-tidegate-attempts"] == "1"


async def test_the_quicker_one_is_continued_when_it_breaks() -> None:
    broken = stream(delta(role="assistant", content=""), delta("from"), Reset())
    async with pool(NEVER, broken, edits={"destinations.qwen.continues": True}) as (gate, (slow, beside), _):
        beside.scripts.append(words(" there"))
        slow.scripts.append(words(" there"))
        reply = await gate.post(ask("easy", stream=True))
        assert (said(reply), reply.events[-1]) == ("from there", b"[DONE]")
        exchange = await gate.until_observed()
        assert [(one.ending, one.number) for one in exchange.attempts] == [("Outrun", 1), ("Broken", 2), ("Served", 3)]


async def test_who_cannot_continue_is_not_asked_to() -> None:
    broken = stream(delta(role="assistant", content=""), delta("from"), Reset())
    async with upstream(NEVER) as slow, upstream(broken, words(" there")) as big:
        content = configuration(slow.url, big.url, {"destinations.qwen.continues": True, "destinations.qwen.hedge": SOON})
        content["destinations"]["big"] = content["destinations"].pop("gpt") | {"zone": "local", "clearance": "restricted"}
        content["routes"] = [{"name": "all", "to": ["qwen"], "fallback": ["big"]}]
        content["baseline"] = "big"
        async with gateway(content) as gate:
            reply = await gate.post(ask("easy", stream=True))
            assert (said(reply), reply.headers["x-tidegate-target"]) == ("from", "big")
            assert b'"upstream_interrupted"' in reply.events[-1]
            assert (len(slow.bodies), len(big.bodies)) == (1, 1)
