"""A pool of engines behind the whole gateway: prompts go where their beginning is, and engines that make no tokens get none."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from tests.fakes.client import ask, get, post
from tests.fakes.engine import Engine, engine
from tests.fakes.gateway import Gateway, configuration, gateway, process, total

STALL_S = 0.4
CLOUD = "http://127.0.0.1:1/v1"


@asynccontextmanager
async def pool(*more: Engine) -> AsyncIterator[tuple[Gateway, list[Engine]]]:
    """A gateway before two engines."""
    async with engine() as one, engine() as two:
        engines = [one, two, *more]
        edits = {
            "destinations.qwen.urls": [each.url for each in engines],
            "destinations.qwen.pool": {"every_s": 0.02, "stall_s": STALL_S},
        }
        content = configuration("", CLOUD, edits)
        del content["destinations"]["qwen"]["url"]
        async with gateway(content) as gate:
            yield gate, engines


def document(number: int) -> str:
    return f"My SSN is 078-05-1120. Document {number}. " + f"Line {number} of many. " * 100


async def asked(gate: Gateway, text: str) -> None:
    reply = await gate.post(ask(text))
    assert (reply.status, reply.json["choices"][0]["message"]["content"]) == (200, "ok")


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.005)


async def test_prompts_that_begin_alike_reach_one_engine() -> None:
    async with pool() as (gate, engines):
        for turn in range(4):
            for number in range(6):
                await asked(gate, document(number) + f"Question {turn}?")
        homes = [{f"Document {number}." for number in range(6) if f"Document {number}." in "".join(each.prompts)} for each in engines]
        assert homes[0] | homes[1] == {f"Document {number}." for number in range(6)}
        assert not homes[0] & homes[1]


async def test_an_engine_that_stalls_gets_nothing_until_it_makes_tokens_again() -> None:
    async with pool() as (gate, engines):
        await asked(gate, document(1))
        home, other = sorted(engines, key=lambda each: -len(each.prompts))
        home.stall(on=True)
        stuck = [asyncio.ensure_future(gate.post(ask(document(1), stream=True))) for _ in range(3)]
        number = engines.index(home)
        replica = gate.live.runtime.fleet.pool(gate.live.runtime.plan.policy.rules[0].to[0].name)[number]
        await until(lambda: "stalled" in replica.outs)
        health = await get(home.port, "/health")
        assert health.status == 200, "it answers its health check all the while"
        before = len(home.prompts)
        for _ in range(10):
            await asked(gate, document(1))
        assert len(home.prompts) == before
        assert len(other.prompts) == 10
        assert total(await gate.metrics(), "tidegate_replica_state", replica=str(number), state="stalled") == 1
        home.stall(on=False)
        assert all(reply.status == 200 for reply in await asyncio.gather(*stuck))
        await until(lambda: not replica.outs)
        assert total(await gate.metrics(), "tidegate_replica_state", replica=str(number), state="warming") == 1


def tidegate(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


async def test_an_engine_is_drained_and_put_back(tmp_path: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text(json.dumps(configuration("http://127.0.0.1:9/v1", CLOUD)))
    async with pool() as (gate, engines):

        async def said(*arguments: object) -> Result:
            return await asyncio.to_thread(tidegate, "drain", *arguments, "-c", config, "--admin-port", gate.admin)

        done = await said("qwen", 0)
        assert done.output == "replica 0 of qwen gets no new requests; it has 0 requests left\n"
        for number in range(6):
            await asked(gate, document(number))
        assert [len(each.prompts) for each in engines] == [0, 6]
        rows = json.loads((await get(gate.admin, "/admin/pools")).body)["replicas"]
        assert [(row["replica"], row["address"], row["out"]) for row in rows if row["target"] == "qwen"] == [
            (0, engines[0].url, ["drained"]),
            (1, engines[1].url, []),
        ]
        assert json.loads((await said("qwen", engines[1].url, "--json")).output)["out"] == ["drained"]
        refused = await gate.post(ask(document(1)))
        assert (refused.status, refused.error["code"]) == (503, "local_unavailable"), "nowhere else"
        assert (await said("qwen", 0, "--undo")).output == "replica 0 of qwen gets requests again; it starts slowly\n"
        await asked(gate, document(1))
        assert len(engines[0].prompts) == 1
        wrong = await said("qwen", 7)
        assert (wrong.exit_code, "There is no such replica" in wrong.stderr) == (1, True)


@pytest.mark.parametrize("body", [b"{}", b'{"target": "qwen"}', b"\xff", b'{"target": "qwen", "replica": 0, "in": 1}'])
async def test_what_is_no_order_to_drain_is_refused(body: bytes) -> None:
    async with pool() as (gate, _):
        reply = await post(gate.admin, body, "/admin/drain")
        assert (reply.status, reply.error["code"]) == (400, "bad_field")


async def test_replicas_in_a_file_come_and_go_without_a_reload(tmp_path: Path) -> None:
    replicas = tmp_path / "replicas"
    async with engine() as one, engine() as two:
        replicas.write_text(one.url)
        content = configuration(
            "", CLOUD, {"destinations.qwen.pool": {"discover": "file", "file": str(replicas), "refresh_s": 0.02, "every_s": 0.02}}
        )
        del content["destinations"]["qwen"]["url"]
        async with gateway(content) as gate:
            await asked(gate, document(1))
            replicas.write_text(two.url)
            await until(lambda: two.asked)
            await asked(gate, document(1))
            assert (len(one.prompts), len(two.prompts)) == (1, 1)
            replicas.write_text(f"{one.url}\n{two.url}\n")
            fleet = gate.live.runtime.fleet
            await until(lambda: len(list(fleet.replicas())) == 3)  # with the cloud
            assert (await gate.post(ask(document(1)))).status == 200


async def test_a_process_asks_the_addresses_of_a_host_and_nothing_else(tmp_path: Path) -> None:
    async with engine() as one:
        edits = {"destinations.qwen.pool": {"discover": "dns", "every_s": 0.05}, "destinations.qwen.networks": ["127.0.0.0/8"]}
        async with process(configuration(f"http://localhost:{one.port}/v1", CLOUD, edits), tmp_path) as running:
            await running.until_said(b'"found"')
            reply = await post(running.port, ask(document(1)))
            assert reply.status == 200
            rows = json.loads((await get(running.admin, "/admin/pools")).body)["replicas"]
            assert [row["address"] for row in rows if row["target"] == "qwen"] == ["127.0.0.1"]
            assert b"backstop" not in running.err
