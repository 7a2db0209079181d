"""More callers than the gateway can hold: it stays small, and says how it is while it is so."""

import asyncio
import contextlib
import time

from tests.fakes.client import ask, caller, get
from tests.fakes.gateway import between, samples, total
from tests.fakes.upstream import HEAD, Upstream, Wait, chunk, delta

STREAMS = 150


async def test_metrics_and_health_are_answered_while_streams_stall_and_requests_rain(local: Upstream, cloud: Upstream) -> None:
    local.then((HEAD, chunk(delta("a")), Wait()))
    patient = dict.fromkeys(("connect_s", "headers_s", "first_token_s", "between_chunks_s", "total_s"), 60.0)
    edits = {"destinations.qwen.clocks": patient, "destinations.gpt.clocks": patient}  # this machine may be slow
    async with between(local, cloud, edits) as gate, contextlib.AsyncExitStack() as stack:
        stalled = [await stack.enter_async_context(caller(gate.port)) for _ in range(STREAMS)]
        for one in stalled:
            one.post(ask(stream=True))
        for one in stalled:
            await one.reader.readuntil(b'"a"')

        async def rain() -> None:
            async with caller(gate.port) as one:
                while True:
                    one.post(ask("x" * 60))
                    assert (await one.reply()).status == 200

        raining = [asyncio.ensure_future(rain()) for _ in range(20)]
        took = []
        for _ in range(5):
            for port, path in ((gate.port, "/healthz"), (gate.port, "/readyz"), (gate.admin, "/metrics"), (gate.admin, "/healthz")):
                start = time.monotonic()
                reply = await get(port, path)
                took.append(time.monotonic() - start)
                assert reply.status == 200
        assert total(samples((await get(gate.admin, "/metrics")).body), "tidegate_requests_in_flight", target="qwen") >= STREAMS
        assert not any(task.done() for task in raining)
        for task in raining:
            task.cancel()
        await asyncio.gather(*raining, return_exceptions=True)
        assert max(took) < 10.0, "however slow this machine is; on a quiet one it is some 20 ms"


async def test_connections_and_bodies_beyond_the_limits_get_a_503_and_leave_nothing_behind(local: Upstream, cloud: Upstream) -> None:
    local.then((HEAD, chunk(delta("a")), Wait()))
    edits = {"limits": {"connections": 2, "held_bytes": 100_000}}
    async with between(local, cloud, edits) as gate:
        async with caller(gate.port) as one, caller(gate.port) as two:
            one.post(ask("x" * 80_000, "qwen", stream=True))
            await one.reader.readuntil(b'"a"')
            two.send(b"POST /v1/chat/")  # it is connected
            async with caller(gate.port) as three:
                reply = await three.reply()
                assert (reply.status, reply.error["code"], reply.headers["retry-after"]) == (503, "no_room", "1")
            two.send(b"completions HTTP/1.1\r\nhost: a\r\ncontent-length: 80000\r\n\r\n" + b" " * 80_000)
            reply = await two.reply()
            assert (reply.status, reply.error["code"], reply.headers["retry-after"]) == (503, "no_room", "1")
            assert await two.reader.read() == b""
            assert len(local.bodies) == 1, "what found no room asked nobody"
            await one.leave()
        await local.until(closed=True)
        exchange = await gate.until_observed(2)
        assert exchange.result == "abandoned"
        assert sorted(one.code for one in gate.exchanges) == ["", "no_room"]
        metrics = await gate.metrics()
        assert total(metrics, "tidegate_refusals_total", code="no_room") == 1
