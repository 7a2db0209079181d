"""Locked down, nothing goes outside: from the next step of every request on, whoever asks for what, through reload and restart."""

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.client import ask, caller, get, post
from tests.fakes.gateway import Gateway, between, configuration, gateway, process, total
from tests.fakes.patience import Late, undisturbed
from tests.fakes.upstream import DONE, END, HEAD, Upstream, Wait, chat, chunk, delta, failing

HARD = "x" * 60


async def turn(gate: Gateway, *, on: Any) -> Any:
    return (await post(gate.admin, {"on": on}, "/admin/lockdown")).json


async def test_the_next_request_stays_and_later_ones_may_leave_again(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        assert (await gate.post(ask(HARD))).headers["x-tidegate-path"] == "cloud"
        assert await turn(gate, on=True) == {"survives_restart": False, "lockdown": "on"}
        for model in ("auto", "auto:best", "gpt", "gpt-5"):
            for is_stream in (False, True):
                local.then((HEAD, chunk(delta("a") + delta(finish="stop") + DONE), END) if is_stream else chat())
                reply = await gate.post(ask(HARD, model, stream=is_stream))
                assert (reply.status, reply.headers["x-tidegate-path"], reply.headers["x-tidegate-lockdown"]) == (200, "local", "on")
                assert reply.headers.get("x-tidegate-rerouted") == (None if model.startswith("auto") else "lockdown")
        assert len(cloud.bodies) == 1
        assert (await get(gate.admin, "/readyz")).json["lockdown"] == "on"
        assert (await get(gate.admin, "/admin/lockdown")).json == {"lockdown": "on"}
        assert total(await gate.metrics(), "tidegate_lockdown") == 1
        assert (await gate.until_observed(9)).is_locked
        await turn(gate, on=False)
        reply = await gate.post(ask(HARD))
        assert reply.headers["x-tidegate-path"] == "cloud"
        assert "x-tidegate-lockdown" not in reply.headers
        assert total(await gate.metrics(), "tidegate_lockdown") == 0


@pytest.mark.parametrize("body", [b"", b"no json", b"{}", b'{"on": "yes"}', b'{"on": true, "for": 3}', b"\xff"])
async def test_what_is_not_understood_changes_nothing(local: Upstream, cloud: Upstream, body: bytes) -> None:
    async with between(local, cloud) as gate:
        for is_on in (False, True):
            await turn(gate, on=is_on)
            assert (await post(gate.admin, body, "/admin/lockdown")).error["code"] == "bad_field"
            assert gate.live.lockdown.is_on is is_on


async def test_nobody_but_an_operator_can_turn_it(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        await turn(gate, on=True)
        assert (await post(gate.port, {"on": False}, "/admin/lockdown")).status == 404
        assert gate.live.lockdown.is_on


async def test_a_web_page_cannot_turn_it(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        await turn(gate, on=True)
        for origin in ("https://evil.example", "null", f"http://127.0.0.1:{gate.admin}"):
            for path in ("/admin/lockdown", "/admin/reload", "/admin/route/explain"):
                reply = await post(gate.admin, {"on": False}, path, {"origin": origin})
                assert (reply.status, reply.error["code"]) == (403, "from_a_web_page")
        assert gate.live.lockdown.is_on


async def test_with_the_local_engine_stopped_the_answer_is_a_clear_503(cloud: Upstream) -> None:
    async with gateway(configuration("http://127.0.0.1:9/v1", cloud.url)) as gate:
        await turn(gate, on=True)
        for model in ("auto", "gpt"):
            reply = await gate.post(ask(HARD, model))
            assert (reply.status, reply.error["code"]) == (503, "local_unavailable")
        assert cloud.accepted == 0


async def test_a_request_under_way_does_not_fall_back_outside(local: Upstream, cloud: Upstream) -> None:
    local.then((Wait(), *failing(500)), failing(500))
    async with between(local, cloud) as gate, caller(gate.port) as one:
        one.post(ask("easy"))
        await local.until(requests=1)
        await turn(gate, on=True)
        local.go_on()
        reply = await one.reply()
        assert (reply.status, reply.error["code"]) == (503, "local_unavailable")
        assert cloud.accepted == 0


async def test_a_retry_outside_is_not_made_but_the_request_is_still_served(local: Upstream, cloud: Upstream) -> None:
    cloud.then((Wait(), *failing(500)), failing(500))
    async with between(local, cloud) as gate, caller(gate.port) as one:
        one.post(ask(HARD))
        await cloud.until(requests=1)
        await turn(gate, on=True)
        cloud.go_on()
        reply = await one.reply()
        assert (reply.status, reply.headers["x-tidegate-path"]) == (200, "local")
        assert len(cloud.bodies) == 1


async def test_a_lockdown_while_a_retry_waits_is_heeded(local: Upstream, cloud: Upstream) -> None:
    async def scene() -> None:
        cloud.then(failing(503, headers={"retry-after": "1"}), chat())
        async with between(local, cloud) as gate, caller(gate.port) as one:
            start = time.monotonic()
            one.post(ask(HARD))
            await cloud.until(requests=1)
            await asyncio.sleep(0.2)
            await turn(gate, on=True)
            if time.monotonic() - start > 0.95:
                raise Late  # perhaps the retry was made before
            reply = await one.reply()
            assert (reply.status, reply.headers["x-tidegate-path"]) == (200, "local")
            assert len(cloud.bodies) == 1

    await undisturbed(scene)


async def test_a_stream_that_began_outside_comes_to_its_end(local: Upstream, cloud: Upstream) -> None:
    cloud.then((HEAD, chunk(delta("a")), Wait(), chunk(delta(finish="stop") + DONE), END))
    async with between(local, cloud) as gate, caller(gate.port) as one:
        one.post(ask(HARD, stream=True))
        await one.reader.readuntil(b'"a"')
        await turn(gate, on=True)
        cloud.go_on()
        assert b"[DONE]" in await one.reader.readuntil(b"0\r\n\r\n")


async def test_it_survives_a_reload_and_a_restart_and_a_signal_turns_it(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    content = configuration(local.url, cloud.url, {"lockdown_file": "locked"})
    async with process(content, tmp_path) as gate:
        gate.signal(signal.SIGUSR1)
        await gate.until_said(b"lockdown on")
        assert (tmp_path / "locked").exists()
        gate.config.write_text(json.dumps(content | {"models": {"renamed": "gpt"}}))
        gate.signal(signal.SIGHUP)
        await gate.until_said(b'"reloaded"')
        assert (await post(gate.port, ask(HARD, "renamed"))).headers["x-tidegate-path"] == "local"
        gate.process.kill()
    async with process(content, tmp_path) as gate:
        assert (await post(gate.port, ask(HARD))).headers["x-tidegate-path"] == "local"
        gate.signal(signal.SIGUSR2)
        await gate.until_said(b"lockdown off")
        assert (await post(gate.port, ask(HARD))).headers["x-tidegate-path"] == "cloud"
    assert not (tmp_path / "locked").exists()
    assert len(cloud.bodies) == 1
