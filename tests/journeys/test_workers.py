"""Several workers behind one address, as processes of their own: nothing is lost, doubled or forgotten when one of them dies."""

import asyncio
import json
import os
import re
import signal
from pathlib import Path

from gateway.ledger.verify import Verification
from gateway.usage.reading import open_store
from tests.fakes.client import ask, get, post
from tests.fakes.gateway import PATIENCE_S, Process, configuration, process, samples, total
from tests.fakes.secrets import Canary
from tests.fakes.sockets import comes_to
from tests.fakes.upstream import DONE, END, HEAD, Upstream, Wait, chat, chunk, delta

SLOW_STREAM = (HEAD, chunk(delta("a")), Wait(), chunk(delta("b") + delta(finish="stop") + DONE), END)
CLOSE = {"connection": "close"}
SAID = "The patient's results came back and they are worse than anybody had expected in the spring."


def children(gate: Process) -> list[int]:
    """The workers' process ids."""
    return [int(one) for one in Path(f"/proc/{gate.process.pid}/task/{gate.process.pid}/children").read_text().split()]


def lives(worker: int) -> bool:
    """Whether it is still there, and has not been followed by something else."""
    try:
        return b"gateway.worker" in Path(f"/proc/{worker}/cmdline").read_bytes()
    except OSError:
        return False


async def metric(gate: Process, name: str, **labels: str) -> float:
    return total(samples((await get(gate.admin, "/metrics")).body), f"tidegate_{name}", **labels)


async def until(gate: Process, name: str, value: float, **labels: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await metric(gate, name, **labels) != value:  # noqa: ASYNC110  # nothing wakes us
            await asyncio.sleep(0.05)


async def test_a_worker_that_is_killed_takes_only_its_own_requests_along(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with process(configuration(local.url, cloud.url), tmp_path, workers=2) as gate:
        first, second = children(gate)
        for _ in range(20):
            assert (await post(gate.port, ask(), headers=CLOSE)).status == 200
        await until(gate, "requests_total", 20, result="served")  # an answer is counted when it has been sent
        assert await metric(gate, "workers") == 2
        local.then(SLOW_STREAM)
        streams = [asyncio.open_connection("127.0.0.1", gate.port) for _ in range(8)]
        ends = await asyncio.gather(*streams)
        for _, writer in ends:
            body = json.dumps(ask(stream=True)).encode()
            writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        for reader, _ in ends:
            await reader.readuntil(b'"a"')
        os.kill(first, signal.SIGKILL)
        await local.until(requests=8)
        local.go_on()
        rests = await asyncio.gather(*(reader.readuntil(b"0\r\n\r\n") for reader, _ in ends), return_exceptions=True)
        whole = [rest for rest in rests if isinstance(rest, bytes)]
        assert all(b"[DONE]" in rest for rest in whole)
        for _, writer in ends:
            writer.close()
        local.then(chat("ok"))
        for _ in range(40):  # what waits to be accepted is taken by the other one
            assert (await post(gate.port, ask(), headers=CLOSE)).status == 200
        await until(gate, "workers", 2)
        assert len(children(gate)) == 2
        assert second in children(gate)
        await until(
            gate, "requests_total", 60 + len(whole), result="served"
        )  # what the dead one counted is not forgotten, nor counted twice
        assert await metric(gate, "worker_restarts_total") == 1
        assert (await get(gate.admin, "/readyz")).json["workers"] == 2
        gate.signal(signal.SIGTERM)
        assert await gate.ended() == 0
    assert b'"worker ended"' in gate.err
    assert b"Traceback" not in gate.err


async def test_what_one_worker_learnt_binds_all_of_them_and_those_after_them(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    """A label sticks to a conversation whichever worker it comes to; connections are closed, so that chance decides which that is."""
    local.then(chat(SAID))
    async with process(configuration(local.url, cloud.url), tmp_path, workers=2) as gate:
        answered = await post(gate.port, ask(Canary().say), headers=CLOSE)
        assert answered.headers["x-tidegate-label"] == "restricted"
        quoting = ask(f"Please translate this into French, carefully: {SAID}", "gpt")
        for _ in range(20):
            reply = await post(gate.port, quoting, headers=CLOSE)
            assert (reply.headers["x-tidegate-label"], reply.headers["x-tidegate-path"]) == ("restricted", "local")
        for worker in children(gate):
            os.kill(worker, signal.SIGKILL)
        await until(gate, "worker_restarts_total", 2)
        await until(gate, "workers", 2)
        for _ in range(10):
            assert (await post(gate.port, quoting, headers=CLOSE)).headers["x-tidegate-label"] == "restricted"
    assert cloud.accepted == 0


async def test_a_lockdown_and_a_reload_are_those_of_all(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    content = configuration(local.url, cloud.url)
    async with process(content, tmp_path, workers=2) as gate:

        async def targets() -> set[str]:
            return {(await post(gate.port, ask(model="gpt"), headers=CLOSE)).headers.get("x-tidegate-target", "") for _ in range(16)}

        assert await targets() == {"gpt"}
        assert (await post(gate.admin, {"on": True}, "/admin/lockdown")).json["lockdown"] == "on"
        before = cloud.accepted
        assert await targets() == {"qwen"}
        os.kill(children(gate)[0], signal.SIGKILL)
        await until(gate, "worker_restarts_total", 1)
        await until(gate, "workers", 2)
        assert await targets() == {"qwen"}, "a worker that starts while it is on does not turn it off"
        assert cloud.accepted == before
        assert await metric(gate, "lockdown") == 1
        gate.signal(signal.SIGUSR2)
        async with asyncio.timeout(PATIENCE_S):
            while (await get(gate.admin, "/admin/lockdown")).json["lockdown"] == "on":  # noqa: ASYNC110  # nothing wakes us
                await asyncio.sleep(0.02)
        assert await targets() == {"gpt"}
        gate.config.write_text(json.dumps(content | {"models": {"gpt": "qwen"}}))
        bad = await post(gate.admin, b"", "/admin/reload")
        assert (bad.status, bad.error["code"]) == (400, "bad_configuration")
        gate.config.write_text(json.dumps(content | {"models": {"renamed": "gpt"}}))
        assert (await post(gate.admin, b"", "/admin/reload")).json["reloaded"]
        assert {(await post(gate.port, ask(model="renamed"), headers=CLOSE)).status for _ in range(16)} == {200}


async def test_who_starts_later_knows_what_was_drained(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with process(configuration(local.url, cloud.url), tmp_path, workers=2) as gate:

        async def drain(replica: int, *, on: bool) -> int:
            return (await post(gate.admin, {"target": "gpt", "replica": str(replica), "on": on}, "/admin/drain")).status

        async def asked() -> set[str]:
            return {(await post(gate.port, ask("x" * 60), headers=CLOSE)).headers["x-tidegate-target"] for _ in range(16)}

        async def are_asked(target: str) -> None:
            async with asyncio.timeout(PATIENCE_S):
                while await asked() != {target}:  # noqa: ASYNC110  # nothing wakes us
                    await asyncio.sleep(0.02)

        async def begin_anew(times: float) -> None:
            for worker in children(gate):
                os.kill(worker, signal.SIGKILL)
            await until(gate, "worker_restarts_total", times)
            await until(gate, "workers", 2)

        assert (await drain(0, on=True), await drain(7, on=True)) == (200, 404)
        await begin_anew(2)
        await are_asked("qwen")
        assert await drain(0, on=False) == 200
        await begin_anew(4)
        await are_asked("gpt")


async def test_each_worker_has_a_ledger_of_its_own_and_a_kill_leaves_it_sound(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with process(configuration(local.url, cloud.url, {"ledger": {"dir": str(tmp_path / "ledger")}}), tmp_path, workers=2) as gate:
        for _ in range(20):
            assert (await post(gate.port, ask(model="gpt"), headers=CLOSE)).status == 200
        assert await metric(gate, "ledger_available") == 1
        os.kill(children(gate)[0], signal.SIGKILL)
        await until(gate, "worker_restarts_total", 1)
        await until(gate, "workers", 2)
        for _ in range(20):
            assert (await post(gate.port, ask(model="gpt"), headers=CLOSE)).status == 200
        gate.signal(signal.SIGTERM)
        assert await gate.ended() == 0
    verdicts = [Verification(tmp_path / "ledger" / f"worker-{slot}").run() for slot in range(2)]
    assert all(verdict.is_sound for verdict in verdicts)
    written = b"".join(file.read_bytes() for file in sorted((tmp_path / "ledger").glob("worker-*/egress-*.jsonl")))
    assert len(re.findall(rb'"kind":"intent"', written)) == 40


def left_in(folder: Path) -> list[Path]:
    return list(folder.glob("*-handed-*"))


async def test_workers_write_to_one_usage_store_and_what_a_kill_cost_is_counted(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    store = tmp_path / "usage.db"
    async with process(configuration(local.url, cloud.url, {"usage": {"store": str(store)}}), tmp_path, workers=2) as gate:
        request_id = ""
        for _ in range(20):
            request_id = (await post(gate.port, ask(), headers=CLOSE)).headers["x-request-id"]
        await until(gate, "usage_rows_total", 20, table="used")
        for _ in range(10):  # whichever worker it is that is asked
            assert (await post(gate.port, {"request_id": request_id, "rating": "up"}, "/v1/feedback", CLOSE)).status == 200
        await until(gate, "usage_rows_total", 10, table="rated")
        assert await metric(gate, "feedback_total", rating="up") == 10
        os.kill(children(gate)[0], signal.SIGKILL)
        await until(gate, "worker_restarts_total", 1)
        await until(gate, "workers", 2)
        for _ in range(20):
            assert (await post(gate.port, ask(), headers=CLOSE)).status == 200
        await until(gate, "usage_rows_total", 40, table="used")
        lost = await metric(gate, "usage_rows_lost_total")
        gate.signal(signal.SIGTERM)
        assert await gate.ended() == 0
    with open_store(store) as opened:
        assert opened.counts()["used"][0] == 40
        assert lost == 0, "it had nothing in hand"
    assert left_in(tmp_path) == []


async def test_a_termination_under_load_ends_every_answer_that_was_begun(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    local.then(SLOW_STREAM)
    edits = {"server": {"port": 0, "admin_port": 0, "shutdown_grace_s": 60}}
    async with process(configuration(local.url, cloud.url, edits), tmp_path, workers=2) as gate:
        ends = [await asyncio.open_connection("127.0.0.1", gate.port) for _ in range(20)]
        for _, writer in ends:
            body = json.dumps(ask(stream=True)).encode()
            writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        for reader, _ in ends:
            await reader.readuntil(b'"a"')
        gate.signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            while (await get(gate.admin, "/readyz")).status != 503:  # noqa: ASYNC110  # nothing wakes us
                await asyncio.sleep(0.02)
        local.go_on()
        for reader, writer in ends:
            assert b"[DONE]" in await reader.readuntil(b"0\r\n\r\n")
            writer.close()
        assert await gate.ended() == 0
    results = [json.loads(line) for line in gate.err.splitlines() if b'"say":"exchange"' in line]
    assert [one["result"] for one in results] == ["served"] * 20


async def test_workers_do_not_outlive_who_started_them(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with process(configuration(local.url, cloud.url), tmp_path, workers=2) as gate:
        workers = children(gate)
        gate.signal(signal.SIGKILL)
        await gate.ended()  # the workers hold the same standard error
        await comes_to(lambda: any(map(lives, workers)), expected=False)
