"""A gateway with a target behind litellm: its own process never has the library, and holds to its walls when the other one dies."""

import asyncio
import json
import os
import signal
from pathlib import Path

from tests.fakes.anthropic import BLOCK, START, STREAM_HEAD, WHOLE, answered, delta, sse
from tests.fakes.client import ask, caller, get, post
from tests.fakes.gateway import configuration, process, samples, total
from tests.fakes.sockets import Close, Hold, Receive, Send, raw_server
from tests.fakes.upstream import Upstream


async def test_a_vendors_library_lives_apart_and_dies_alone(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    broken = (Receive(), Send(STREAM_HEAD + sse(START, BLOCK, delta("Hel"))), Hold())
    whole, stream = (Receive(), Send(answered()), Close()), (Receive(), Send(STREAM_HEAD + WHOLE), Close())
    async with raw_server(whole, broken, stream) as vendor:
        claude = {
            "kind": "litellm",
            "zone": "external",
            "model": "anthropic/claude-opus-4-6",
            "url": vendor.url,
            "clearance": "internal",
            "key": {"env": "CLAUDE_KEY"},
        }
        edits = {"destinations.claude": claude, "models": {"claude": "claude"}}
        async with process(configuration(local.url, cloud.url, edits), tmp_path, {"CLAUDE_KEY": "k" * 8}) as gate:
            reply = await post(gate.port, ask(model="claude"))
            assert (reply.status, reply.headers["x-tidegate-target"]) == (200, "claude")
            (apart,) = children(gate.process.pid)
            assert has_library(apart)
            assert not has_library(gate.process.pid)
            async with caller(gate.port) as one:
                one.post(ask(model="claude", stream=True))
                await one.reader.readuntil(b"Hel")
                os.kill(apart, signal.SIGKILL)
                rest = await one.reader.readuntil(b"0\r\n\r\n")
                assert b'"error"' in rest
                assert b"[DONE]" not in rest
            await asyncio.sleep(1.5)
            reply = await post(gate.port, ask(model="claude", stream=True))
            assert reply.body.endswith(b"data: [DONE]\n\n")
            metrics = samples((await get(gate.admin, "/metrics")).body)
            assert total(metrics, "tidegate_backstop_refusals_total") == 0
            (again,) = children(gate.process.pid)
            gate.signal(signal.SIGTERM)
            assert await gate.ended() == 0
    assert not is_there(again)
    results = [json.loads(line)["result"] for line in gate.err.splitlines() if b'"exchange"' in line]
    assert results == ["served", "broken", "served"]


def children(pid: int) -> list[int]:
    """The processes that this one has started and that run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def has_library(pid: int) -> bool:
    """Whether litellm is in its memory: it is Python, but something that it imports is not."""
    return "tiktoken" in Path(f"/proc/{pid}/maps").read_text()


def is_there(pid: int) -> bool:
    """Whether there is such a process."""
    return Path(f"/proc/{pid}").exists()
