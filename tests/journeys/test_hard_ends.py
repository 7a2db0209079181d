"""What ends without a word: Redis, the local engine, the room for logs, the right time of day. Each with a stated outcome.

What a killed worker takes along stands in test_workers.py, a full disk for the ledger in test_ledger.py.
"""

import asyncio
import contextlib
import json
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.stage import free_ports
from gateway.ledger.verify import Verification
from tests.fakes.client import ask, caller, get, post
from tests.fakes.gateway import PATIENCE_S, ROOT, configuration, process, samples, total
from tests.fakes.secrets import Canary
from tests.fakes.sockets import comes_to
from tests.fakes.upstream import DONE, END, HEAD, Upstream, Wait, chat, chunk, delta, failing
from tests.fakes.valkey import valkey


async def metrics_of(port: int, name: str, **labels: str) -> float:
    return total(samples((await get(port, "/metrics")).body), f"tidegate_{name}", **labels)


async def until(port: int, name: str, value: float, **labels: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await metrics_of(port, name, **labels) != value:  # noqa: ASYNC110  # nothing wakes us
            await asyncio.sleep(0.05)


@pytest.mark.redis
async def test_a_redis_that_is_killed_costs_what_was_shared_and_nothing_else(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    with valkey() as server:
        content = configuration(local.url, cloud.url, {"state": server.connection_url})
        async with process(content, tmp_path) as gate:
            await until(gate.admin, "degraded", 0, part="state")
            assert (await post(gate.port, ask("x" * 60))).headers["x-tidegate-target"] == "gpt"
            server._process.kill()
            await until(gate.admin, "degraded", 1, part="state")
            ready = await get(gate.admin, "/readyz")
            assert (ready.status, ready.json["degraded"]) == (200, ["state"])
            assert (await post(gate.port, ask("x" * 60))).headers["x-tidegate-target"] == "gpt"
            canary = Canary()
            assert (await post(gate.port, ask(canary.say, "gpt"))).headers["x-tidegate-path"] == "local"
            cloud.then(failing(503, headers={"retry-after": "30"}))
            assert (await post(gate.port, ask("x" * 60))).headers["x-tidegate-target"] == "qwen", "it goes by what it sees itself"
            gate.signal(signal.SIGTERM)
            assert await gate.ended() == 0
        canary.assert_nowhere(cloud=bytes(cloud.received))
        assert gate.err.count(b'"state degraded"') == gate.err.count(b'"state restored"') + 1, "said once"
        assert b"Traceback" not in gate.err


@asynccontextmanager
async def engine(port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A local engine that is a process of its own."""
    one = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.standin", "--port", str(port), "--name", "qwen", "--delay", "0.01"), cwd=ROOT
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(OSError):
                    await get(port, "/health")
                    break
                await asyncio.sleep(0.05)
        yield one
    finally:
        with contextlib.suppress(ProcessLookupError):
            one.kill()
        await one.wait()


async def test_an_engine_that_is_killed_sends_nothing_out_that_may_not_leave_and_comes_back(cloud: Upstream, tmp_path: Path) -> None:
    (port,), canary = free_ports(1), Canary()
    async with process(configuration(f"http://127.0.0.1:{port}/v1", cloud.url), tmp_path) as gate:
        async with engine(port) as first:
            assert (await post(gate.port, ask("easy"))).headers["x-tidegate-target"] == "qwen"
            assert (await post(gate.port, ask(canary.say))).status == 200
            first.kill()
            await first.wait()
            for _ in range(4):
                assert (await post(gate.port, ask("easy"))).headers["x-tidegate-target"] == "gpt"
                kept = await post(gate.port, ask(canary.say, "gpt"))
                assert (kept.status, kept.error["code"]) == (503, "local_unavailable")
                assert "retry-after" in kept.headers
        assert await metrics_of(gate.admin, "circuit_state", target="qwen", state="open") == 1
        ready = await get(gate.admin, "/readyz")
        assert (ready.status, ready.json["labels"]["restricted"], ready.json["labels"]["public"]) == (503, False, True)
        assert (await get(gate.port, "/readyz?label=public")).status == 200
        assert (await get(gate.port, "/readyz?label=restricted")).status == 503
        assert (await get(gate.port, "/readyz?label=secret")).status == 400
        async with engine(port), asyncio.timeout(PATIENCE_S):
            while (await post(gate.port, ask(canary.say))).status != 200:  # noqa: ASYNC110  # a breaker tells nobody
                await asyncio.sleep(0.1)
            assert (await get(gate.admin, "/readyz")).status == 200
    canary.assert_nowhere(cloud=bytes(cloud.received), log=gate.err)


async def test_an_engine_that_is_killed_in_the_middle_of_a_stream_is_told_of(cloud: Upstream, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    async with process(configuration(f"http://127.0.0.1:{port}/v1", cloud.url), tmp_path) as gate, engine(port) as one:
        assert (await post(port, {"between_s": 0.5}, "/_ctl")).status == 200
        async with caller(gate.port) as reading:
            reading.post(ask("Tell me a long story. " * 20, "qwen", stream=True))
            await reading.reader.readuntil(b'"content"')
            one.kill()
            rest = await reading.reader.readuntil(b"0\r\n\r\n")
        assert b"[DONE]" not in rest
        assert b"upstream_interrupted" in rest
        await until(gate.admin, "stream_terminations_total", 1, kind="broken")


@asynccontextmanager
async def logging_to(file: Path, content: dict[str, Any]) -> AsyncIterator[tuple[int, int, int]]:
    """A gateway whose log is a file: its process id, its port, and that of admin."""
    config = file.with_name("tidegate.yaml")
    config.write_text(json.dumps(content))
    with file.open("wb") as log:
        one = await asyncio.create_subprocess_exec(sys.executable, "-m", "gateway", "serve", str(config), cwd=ROOT, stderr=log)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while b'"serving"' not in file.read_bytes():  # noqa: ASYNC110, ASYNC240  # a file wakes nobody
                await asyncio.sleep(0.05)
        said = next(json.loads(line) for line in file.read_bytes().splitlines() if b'"serving"' in line)  # noqa: ASYNC240  # it is short
        ports = (int(said["where"].removesuffix("/v1").rpartition(":")[2]), int(said["admin"].rpartition(":")[2]))
        yield one.pid, *ports
    finally:
        one.terminate()
        assert await one.wait() == 0


async def test_no_room_for_logs_costs_lines_and_no_request(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    file = tmp_path / "log"
    async with logging_to(file, configuration(local.url, cloud.url)) as (pid, port, admin):
        assert (await post(port, ask())).status == 200
        await comes_to(lambda: b'"exchange"' in file.read_bytes(), True)
        before = file.stat().st_size
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (before, resource.RLIM_INFINITY))  # as a full disk, by another error code
        for _ in range(30):
            assert (await post(port, ask())).status == 200
        assert (await post(port, b"{")).status == 400
        await until(admin, "log_lines_lost_total", 31)
        assert file.stat().st_size == before
        assert await metrics_of(admin, "requests_total", result="served") == 31, "they are counted all the same"
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert (await post(port, ask())).status == 200
    lines = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert [line["result"] for line in lines if line["say"] == "exchange"][-1] == "served", (
        "when there is room it goes on, with whole lines"
    )


JUMPING = """
import os, time
really = time.time
jump = os.environ["JUMP_FILE"]
def jumped():
    try:
        with open(jump) as file:
            return really() + float(file.read() or 0)
    except OSError:
        return really()
time.time = jumped
"""
"""What Python runs first: the time of day is off by as many seconds as the file says. The monotonic clock goes on, as it does."""


async def test_jumps_of_the_clock_change_nothing_but_dates(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(JUMPING)
    jump = tmp_path / "jump"
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "JUMP_FILE": str(jump)}
    said = "A sentence about a person, long enough to be remembered wherever it comes again in a conversation."
    async with process(configuration(local.url, cloud.url, {"ledger": {"dir": str(tmp_path / "ledger")}}), tmp_path, env) as gate:
        local.then(chat(said))
        assert (await post(gate.port, ask(Canary().say))).status == 200
        for seconds in (3.2e8, -3.2e8, 86_400.0, 0.0):
            local.then((HEAD, chunk(delta("a")), Wait(), chunk(delta("b") + delta(finish="stop") + DONE), END), chat())
            cloud.then(chat())
            async with caller(gate.port) as streaming:
                streaming.post(ask("easy", stream=True))
                await streaming.reader.readuntil(b'"a"')
                jump.write_text(str(seconds))
                local.go_on()
                assert b"[DONE]" in await streaming.reader.readuntil(b"0\r\n\r\n")
            assert (await post(gate.port, ask("x" * 60))).headers["x-tidegate-target"] == "gpt"
            assert (await post(gate.port, ask(f"Translate: {said}", "gpt"))).headers["x-tidegate-path"] == "local", "it still sticks"
            assert (await get(gate.admin, "/readyz")).json["degraded"] == []
        cloud.then(failing(429, headers={"retry-after": "Wed, 21 Oct 2099 07:28:00 GMT"}))
        reply = await post(gate.port, ask("x" * 60, "gpt"))
        assert (reply.status, int(reply.headers["retry-after"]) <= 60) == (429, True), "a date is worth a minute at most"
        gate.signal(signal.SIGTERM)
        assert await gate.ended() == 0
    assert Verification(tmp_path / "ledger").run().is_sound
    years = {json.loads(line)["at"][:4] for file in (tmp_path / "ledger").glob("egress-*.jsonl") for line in file.read_bytes().splitlines()}
    assert len(years) >= 3, "the clock did jump"
    assert b"Traceback" not in gate.err
