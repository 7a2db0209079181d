"""The demo: once as a user runs it, and its pieces where they could lie."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from gateway.cli.judge import judge
from gateway.cli.masking import masked
from gateway.config.compile import load
from gateway.demo.config import write
from gateway.demo.prompts import Shown, prompts, traces
from gateway.demo.stage import Role, Stage, Unstaged, free_ports, is_up, stand_in
from gateway.plan import Plan
from gateway.wire.ask import decode

DEMO = [sys.executable, "-m", "gateway", "demo"]
OURS = {name: value for name, value in os.environ.items() if name not in ("OPENAI_API_KEY", "ENGINE", "LOCAL_URL")}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return load(write(tmp_path_factory.mktemp("demo"), (1, 2), ("http://127.0.0.1:3/v1", "small"), "http://127.0.0.1:4/v1"))


@pytest.mark.parametrize("shown", prompts("gpt-5"), ids=lambda shown: shown.title)
def test_each_prompt_goes_where_it_says(plan: Plan, shown: Shown) -> None:
    judged = judge(plan, decode(msgspec.json.encode(shown.request(48)), "chat"))
    assert judged.path == shown.goes
    assert all(value in shown.text for value in shown.planted)
    assert bool(shown.planted) == (str(judged.decision.label) != "public")


def test_planted_values_do_not_show_in_the_table(plan: Plan) -> None:
    for shown in prompts("gpt-5"):
        judged = judge(plan, decode(msgspec.json.encode(shown.request(48)), "chat"))
        text = masked(shown.text, judged.signals.findings)
        assert [value for value in shown.planted if value in text and value != "Maria Santos"] == []


def test_planted_values_are_searched_for_without_separators_too() -> None:
    assert set(traces("4111 1111")) == {b"4111 1111", b"41111111"}


def test_the_real_cloud_is_openai_with_its_key(tmp_path: Path) -> None:
    path = write(tmp_path, (1, 2), ("http://127.0.0.1:3/v1", "small"), "")
    made = load(path, {"OPENAI_API_KEY": "not-a-key"})
    cloud = next(one for one in made.upstreams.values() if one.target == "cloud")
    assert (cloud.urls, cloud.key is not None) == (("https://api.openai.com/v1",), True)


async def test_a_process_that_does_not_start_says_why(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    with pytest.raises(Unstaged, match="the engine did not start:\nno weights here"):
        await stage.start(Role("engine", (sys.executable, "-c", "raise SystemExit('no weights here')"), "http://127.0.0.1:9/health"))
    await stage.close()


async def test_a_process_that_is_slow_is_given_up_and_ended(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    with pytest.raises(Unstaged, match="it printed nothing"):
        await stage.start(
            Role("engine", (sys.executable, "-c", "input = __import__('signal').pause()"), "http://127.0.0.1:9/health", within_s=0.2)
        )
    process = stage.running["engine"]
    await stage.close()
    assert process.returncode == -signal.SIGTERM


async def test_a_stopped_process_can_be_started_again_at_its_address(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    role, stage = stand_in("engine", "n", port, "m"), Stage(tmp_path)
    try:
        await stage.start(role)
        await stage.stop("engine")
        assert not await is_up(role.health)
        await stage.start(role)
        assert await is_up(role.health)
    finally:
        await stage.close()
    assert not await is_up(role.health)


def test_the_demo_meets_every_expectation() -> None:
    done = subprocess.run(DEMO, capture_output=True, text=True, env=OURS, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT AS EXPECTED" not in done.stdout
    assert "✗" not in done.stdout
    for said in (
        "stand-in",
        "<card>",
        "<credential>",
        "13 prompts, 10 stayed",
        "No local model can answer now",
        "0 in the",
        "base_url=",
        "tidegate engine",
    ):
        assert said in done.stdout
    for shown in prompts("gpt-5"):
        assert [value for value in shown.planted if value in done.stdout + done.stderr] == []


async def test_a_demo_that_is_told_to_end_ends_what_it_started(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(*DEMO, stdout=subprocess.PIPE, env=OURS | {"TMPDIR": str(tmp_path)})
    assert process.stdout is not None
    async with asyncio.timeout(200):
        while b"real, at" not in (line := await process.stdout.readline()):
            assert line, "the demo ended before it was told to"
    url = line.decode().partition("real, at ")[2].partition("/v1")[0]
    assert await is_up(f"{url}/healthz")
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(100):
        await process.communicate()
    assert not await is_up(f"{url}/healthz")
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # the asynchronous way is no clearer


def test_ports_are_different_free_and_none_that_connections_are_given() -> None:
    found = free_ports(20)
    assert len(set(found)) == 20
    assert all(10_000 <= port < 20_000 for port in found)
    with socket.create_server(("127.0.0.1", found[0])):
        assert found[0] not in free_ports(200)
