import asyncio
import dataclasses
import gc
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.app import Serving, _settle, serve
from gateway.config.errors import ConfigError
from tests.fakes.client import ask, get, post
from tests.fakes.gateway import compiled, configuration
from tests.fakes.upstream import upstream


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


async def test_both_servers_listen_are_announced_and_end() -> None:
    announced: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
    async with upstream() as local:
        plan = compiled(configuration(local.url, local.url))
        task = asyncio.ensure_future(serve(plan, None, announced.set_result))
        serving = await announced
        assert serving.api.startswith("http://127.0.0.1:")
        assert serving.api.endswith("/v1")
        port, admin = int(serving.api[:-3].rpartition(":")[2]), int(serving.admin.rpartition(":")[2])
        assert (await post(port, ask())).status == 200
        assert (await get(admin, "/healthz")).status == 200
        serving.stop()
        await task
        with pytest.raises(OSError):
            await get(port, "/healthz")


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
async def test_an_ipv6_address_is_written_in_brackets() -> None:
    announced: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
    plan = dataclasses.replace(plan, listen=dataclasses.replace(plan.listen, host="::1"))
    task = asyncio.ensure_future(serve(plan, None, announced.set_result))
    serving = await announced
    assert serving.api.startswith("http://[::1]:")
    serving.stop()
    await task


async def test_a_signal_drains_and_a_hangup_reloads(tmp_path: Path) -> None:
    announced: asyncio.Future[Serving] = asyncio.get_running_loop().create_future()
    content = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
    path = tmp_path / "tidegate.yaml"
    path.write_text(json.dumps(content | {"models": {"renamed": "auto"}}))
    task = asyncio.ensure_future(serve(compiled(content), path, announced.set_result))
    port = int((await announced).api[:-3].rpartition(":")[2])
    os.kill(os.getpid(), signal.SIGHUP)
    async with asyncio.timeout(60):
        while (await get(port, "/v1/models/renamed")).status != 200:  # noqa: ASYNC110  # a reload tells nobody
            await asyncio.sleep(0.02)
    path.write_text("nonsense: 1")
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.sleep(0.3)
    assert (await get(port, "/v1/models/renamed")).status == 200
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(60):
        await task


def test_a_bad_configuration_is_said_before_anything_is_bound(tmp_path: Path) -> None:
    from gateway.app import run

    path = tmp_path / "tidegate.yaml"
    path.write_text("version: 7")
    with pytest.raises(ConfigError):
        run(path)


def test_what_lives_as_long_as_the_process_is_left_alone_by_collections(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    before = sys.getswitchinterval()
    try:
        _settle(Serving("http://a/v1", "http://b", lambda: None))
        assert gc.get_freeze_count() > 0
        assert sys.getswitchinterval() == pytest.approx(0.001)
    finally:
        gc.unfreeze()
        sys.setswitchinterval(before)
    assert [(record.msg, record.__dict__["where"], record.__dict__["admin"]) for record in caplog.records] == [
        ("serving", "http://a/v1", "http://b")
    ]


def test_what_the_first_answers_need_not_is_not_loaded_before_them() -> None:
    late = ("fastapi", "httpx", "numpy", "cryptography", "litellm", "rich")
    say = f"import sys, gateway.app; print([one for one in {late} if one in sys.modules])"
    found = subprocess.run([sys.executable, "-c", say], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
