"""The process: signals, ports, and what it says."""

import asyncio
import json
import signal
import sys
from pathlib import Path

from tests.fakes.client import ask, caller, get, post
from tests.fakes.gateway import ROOT, configuration, process, samples, total
from tests.fakes.patience import paced
from tests.fakes.sockets import Sleep
from tests.fakes.upstream import DONE, END, HEAD, Upstream, Wait, chunk, delta

SLOW_STREAM = (HEAD, chunk(delta("a")), Wait(), chunk(delta("b") + delta(finish="stop") + DONE), END)


async def test_a_hangup_reloads_while_a_stream_is_running(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    local.then(SLOW_STREAM)
    content = configuration(local.url, cloud.url)
    async with process(content, tmp_path) as gate:
        async with caller(gate.port) as one:
            one.post(ask(stream=True))
            await one.reader.readuntil(b'"a"')
            gate.config.write_text("version: 2")
            gate.signal(signal.SIGHUP)
            await gate.until_said(b"reload refused")
            assert (await post(gate.port, ask(model="gpt"))).headers["x-tidegate-route"] == "named"
            gate.config.write_text(json.dumps(content | {"models": {"renamed": "gpt"}}))
            gate.signal(signal.SIGHUP)
            await gate.until_said(b'"reloaded"')
            assert (await post(gate.port, ask(model="renamed"))).status == 200
            local.go_on()
            rest = await one.reader.readuntil(b"0\r\n\r\n")
            assert b'"b"' in rest
            assert b"[DONE]" in rest
        metrics = samples((await get(gate.admin, "/metrics")).body)
        assert total(metrics, "tidegate_requests_total", result="served") == 3


async def test_a_termination_lets_a_running_stream_finish(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    local.then(SLOW_STREAM)
    edits = {"server": {"port": 0, "admin_port": 0, "shutdown_grace_s": 60}}
    async with process(configuration(local.url, cloud.url, edits), tmp_path) as gate:
        async with caller(gate.port) as one:
            one.post(ask(stream=True))
            await one.reader.readuntil(b'"a"')
            gate.signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                while (await get(gate.admin, "/readyz")).status != 503:  # noqa: ASYNC110  # draining tells nobody
                    await asyncio.sleep(0.02)
            local.go_on()
            rest = await one.reader.readuntil(b"0\r\n\r\n")
            assert b"[DONE]" in rest
        assert await gate.ended() == 0
    lines = [json.loads(line) for line in gate.err.splitlines()]
    assert [line["result"] for line in lines if line["say"] == "exchange"] == ["served"]
    assert {line["level"] for line in lines if "level" in line} == {"info"}


async def test_a_stream_that_outlasts_the_grace_time_is_cut(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    local.then((HEAD, chunk(delta("a")), Sleep(30)))
    edits = {"server": {"port": 0, "admin_port": 0, "shutdown_grace_s": 1}, "destinations.qwen.clocks": {}}
    async with process(configuration(local.url, cloud.url, edits), tmp_path) as gate, caller(gate.port) as one:
        one.post(ask(stream=True))
        await one.reader.readuntil(b'"a"')
        gate.signal(signal.SIGTERM)
        rest = await one.reader.read()
        assert b"[DONE]" not in rest
        assert b'"code":"shutting_down"' in rest
        assert rest.endswith(b"\n\n\r\n0\r\n\r\n"), "the caller's SDK raises, and no stream breaks off without a word"
        assert await gate.ended() == 0
    exchange = next(json.loads(line) for line in gate.err.splitlines() if b'"exchange"' in line)
    assert (exchange["result"], exchange["status"]) == ("failed", 200)


async def test_a_whole_answer_that_outlasts_the_grace_time_is_a_refusal(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    local.then((Sleep(30),))
    edits = {"server": {"port": 0, "admin_port": 0, "shutdown_grace_s": 1}}
    async with process(configuration(local.url, cloud.url, edits), tmp_path) as gate, caller(gate.port) as one:
        one.post(ask())
        await local.until(requests=1)
        gate.signal(signal.SIGTERM)
        reply = await one.reply()
        assert (reply.status, reply.error["code"], reply.headers["retry-after"]) == (503, "shutting_down", "1")
        assert await gate.ended() == 0


async def test_a_thread_that_hangs_does_not_keep_the_process_from_ending(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    edits = {"difficulty": {"scorer": "tests.fakes.hanging_scorer"}}
    async with process(configuration(local.url, cloud.url, edits), tmp_path) as gate:
        assert (await post(gate.port, ask("Prove it."))).status == 200, "how hard it is stays unknown"
        gate.signal(signal.SIGTERM)
        assert await gate.ended() == 0
    assert b"is left behind" in gate.err


async def test_requests_are_accepted_until_balancers_have_noticed(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async def scene(pace: float) -> None:
        edits = {"server": {"port": 0, "admin_port": 0, "shutdown_grace_s": 20, "shutdown_delay_s": 2 * pace}}
        async with process(configuration(local.url, cloud.url, edits), tmp_path) as gate, caller(gate.port) as old:
            old.post(ask())
            assert "connection" not in (await old.reply()).headers
            gate.signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                while (await get(gate.admin, "/readyz")).status != 503:  # noqa: ASYNC110  # draining tells nobody
                    await asyncio.sleep(0.02)
            assert (await post(gate.port, ask())).status == 200, "a new connection"
            old.post(ask())
            reply = await old.reply()
            assert (reply.status, reply.headers["connection"]) == (200, "close"), "an old one is used for the last time"
            assert await gate.ended() == 0
        lines = [json.loads(line) for line in gate.err.splitlines()]
        assert [line["result"] for line in lines if line["say"] == "exchange"] == ["served"] * 3

    await paced(scene)


async def test_a_port_that_is_taken_is_said(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    config = tmp_path / "taken.yaml"
    config.write_text(json.dumps(configuration(local.url, cloud.url, {"server": {"port": local.port, "admin_port": 0}})))
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve", str(config), cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, err = await started.communicate()
    assert started.returncode not in (0, None)
    assert b"address already in use" in err
    assert b"Traceback" not in err
