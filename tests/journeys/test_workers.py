"""Several workers behind one address, as processes of their own: nothing is lost, doubled or forgotten when one of them dies."""

import asyncio
import os
import signal
from pathlib import Path

from tests.fakes.client import ask, get, post
from tests.fakes.gateway import Process, configuration, process, samples, total
from tests.fakes.upstream import DONE, END, HEAD, Upstream, Wait, chunk, delta

SLOW_STREAM = (HEAD, chunk(delta("a")), Wait(), chunk(delta("b") + delta(finish="stop") + DONE), END)
CLOSE = {"connection": "close"}


def children(gate: Process) -> list[int]:
    """The workers' process ids."""
    return [int(one) for one in Path(f"/proc/{gate.process.pid}/task/{gate.process.pid}/children").read_text().split()]


async def metric(gate: Process, name: str, **labels: str) -> float:
    return total(samples((await get(gate.admin, "/metrics")).body), f"tidegate_{name}", **labels)


async def until(gate: Process, name: str, value: float) -> None:
    async with asyncio.timeout(60):
        while await metric(gate, name) != value:  # noqa: ASYNC110  # nothing wakes us
            await asyncio.sleep(0.05)


async def test_a_worker_that_is_killed_takes_only_its_own_requests_along(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with process(configuration(local.url, cloud.url), tmp_path, workers=2) as gate:
        first, second = children(gate)
        for _ in range(20):
            assert (await post(gate.port, ask(), headers=CLOSE)).status == 200
        assert await metric(gate, "requests_total", result="served") == 20
        assert await metric(gate, "workers") == 2
        os.kill(first, signal.SIGKILL)
        for _ in range(40):  # what waits to be accepted is taken by the other one
            assert (await post(gate.port, ask(), headers=CLOSE)).status == 200
        await until(gate, "workers", 2)
        assert len(children(gate)) == 2
        assert second in children(gate)
        assert await metric(gate, "requests_total", result="served") == 60, "what the dead one counted is not forgotten"
        assert await metric(gate, "worker_restarts_total") == 1
        assert (await get(gate.admin, "/readyz")).json["workers"] == 2
        gate.signal(signal.SIGTERM)
        assert await gate.ended() == 0
    assert b'"worker ended"' in gate.err
    assert b"Traceback" not in gate.err
