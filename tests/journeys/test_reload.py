"""A reload in mid-flight: requests that began before it finish what is under way, and begin nothing where the new configuration would not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.client import ask, caller
from tests.fakes.gateway import configuration, gateway
from tests.fakes.sockets import Sleep
from tests.fakes.upstream import DONE, END, HEAD, Upstream, chat, chunk, delta, failing

HARD = "x" * 60
STAYS = {"name": "stays", "when": {"label": ">= internal"}, "to": ["qwen"]}
NARROWER: dict[str, Any] = {"destinations.gpt.clearance": "public", "routes": [STAYS, *configuration("", "")["routes"][1:]]}
ELSEWHERE: dict[str, Any] = {"destinations.gpt.url": "http://127.0.0.1:9/v1"}


@pytest.mark.parametrize("edits", [NARROWER, ELSEWHERE], ids=["a clearance is withdrawn", "the vendor is another one"])
async def test_a_request_under_way_begins_nothing_that_was_withdrawn(
    local: Upstream, cloud: Upstream, tmp_path: Path, edits: dict[str, Any]
) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text(json.dumps(configuration(local.url, cloud.url, edits)))
    local.then((Sleep(0.5), *failing(500)), failing(500))
    async with gateway(configuration(local.url, cloud.url), path=path) as gate, caller(gate.port) as one:
        one.post(ask("easy"))
        await local.until(requests=1)
        await gate.live.reload()
        reply = await one.reply()
        assert (reply.status, reply.error["code"]) == (502, "upstream_error")
        assert cloud.accepted == 0
        assert len(local.bodies) == 2, "what is left is tried as ever"


async def test_a_retry_that_waits_heeds_it(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text(json.dumps(configuration(local.url, cloud.url, NARROWER)))
    cloud.then(failing(503, headers={"retry-after": "1"}), chat())
    async with gateway(configuration(local.url, cloud.url), path=path) as gate, caller(gate.port) as one:
        one.post(ask(HARD))
        await cloud.until(requests=1)
        await gate.live.reload()
        reply = await one.reply()
        assert (reply.status, reply.headers["x-tidegate-path"]) == (200, "local")
        assert len(cloud.bodies) == 1


async def test_a_second_reload_is_heeded_too(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    local.then((Sleep(0.5), *failing(500)), failing(500))
    async with gateway(configuration(local.url, cloud.url), path=path) as gate, caller(gate.port) as one:
        one.post(ask("easy"))
        await local.until(requests=1)
        for edits in ({}, NARROWER):
            path.write_text(json.dumps(configuration(local.url, cloud.url, edits)))
            await gate.live.reload()
        assert (await one.reply()).status == 502
        assert cloud.accepted == 0


async def test_what_was_not_withdrawn_is_still_fallen_back_to(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text(json.dumps(configuration(local.url, cloud.url, {"models": {"renamed": "gpt"}})))
    local.then((Sleep(0.5), *failing(500)), failing(500))
    async with gateway(configuration(local.url, cloud.url), path=path) as gate, caller(gate.port) as one:
        one.post(ask("easy"))
        await local.until(requests=1)
        await gate.live.reload()
        reply = await one.reply()
        assert (reply.status, reply.headers["x-tidegate-target"]) == (200, "gpt")


async def test_a_stream_that_began_comes_to_its_end(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text(json.dumps(configuration(local.url, cloud.url, NARROWER)))
    cloud.then((HEAD, chunk(delta("a")), Sleep(0.5), chunk(delta(finish="stop") + DONE), END))
    async with gateway(configuration(local.url, cloud.url), path=path) as gate, caller(gate.port) as one:
        one.post(ask(HARD, stream=True))
        await one.reader.readuntil(b'"a"')
        await gate.live.reload()
        assert b"[DONE]" in await one.reader.readuntil(b"0\r\n\r\n")
