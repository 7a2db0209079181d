"""The egress ledger through the running gateway: what leaves is declared first, what cannot be declared does not leave, nothing is quoted."""

import asyncio
import json
import resource
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger.book import files
from gateway.ledger.verify import Verification
from tests.fakes.client import ask, caller, get
from tests.fakes.client import post as send
from tests.fakes.gateway import Process, between, configuration, process, samples, total
from tests.fakes.ledgers import lines
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Sleep
from tests.fakes.upstream import Upstream, chat, failing

HARD = "x" * 60


def ledger(folder: Path, **more: object) -> dict[str, Any]:
    return {"ledger": {"dir": str(folder / "ledger"), **more}}


def read(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(folder / "ledger")]


def of(records: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [record for record in records if record["kind"] == kind]


def content_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((folder / "ledger").iterdir()))


async def test_every_attempt_that_leaves_has_a_line_before_and_one_after(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with between(local, cloud, ledger(tmp_path)) as gate:
        assert (await gate.post(ask(HARD))).headers["x-tidegate-target"] == "gpt"
        assert (await gate.post(ask("short"))).headers["x-tidegate-target"] == "qwen"
        cloud.then(failing(500))
        assert (await gate.post(ask(HARD))).headers["x-tidegate-target"] == "qwen"
    records = read(tmp_path)
    assert [record["kind"] for record in records] == ["start", *["intent", "outcome"] * 3, "stop"]
    intents, outcomes = of(records, "intent"), of(records, "outcome")
    assert [(one["destination"], one["attempt"]) for one in intents] == [("gpt", 1), ("gpt", 1), ("gpt", 2)]
    assert [one["ending"] for one in outcomes] == ["Served", "Failed", "Failed"]
    assert [(one["request"], one["attempt"]) for one in intents] == [(one["request"], one["attempt"]) for one in outcomes]
    first = intents[0]
    assert (first["label"], first["zone"], first["route"], first["verdict"], first["coverage"]) == (
        "public",
        "external",
        "hard",
        "serve",
        1.0,
    )
    assert first["bytes"] == len(cloud.received.split(b"\r\n\r\n")[1].split(b"POST")[0])
    assert records[0]["labels"] == ["public", "internal", "personal", "restricted"]
    assert Verification(tmp_path / "ledger").run().is_sound


async def test_the_line_is_on_disk_when_the_cloud_reads_the_first_byte(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    cloud.then((Sleep(60), *chat()))
    async with between(local, cloud, ledger(tmp_path)) as gate, caller(gate.port) as one:
        one.post(ask(HARD))
        await cloud.until(requests=1)
        assert [record["kind"] for record in read(tmp_path)] == ["start", "intent"]
        await one.leave()
        await gate.until_observed()
    assert of(read(tmp_path), "outcome")[0]["ending"] == "Abandoned"


async def test_local_attempts_are_recorded_on_demand_only(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with between(local, cloud, ledger(tmp_path, all=True)) as gate:
        await gate.post(ask("short"))
        await gate.post(ask(Canary().say))
    intents = of(read(tmp_path), "intent")
    assert [(one["zone"], one["label"]) for one in intents] == [("local", "public"), ("local", "restricted")]
    assert intents[1]["findings"] == {"email": 1, "card": 1}


async def test_nothing_of_a_request_stands_in_the_ledger(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    secret, spoken = Canary(), Canary()
    edits = ledger(tmp_path, all=True) | {"sensitivity.labels": {"card": "internal", "email": "internal"}}
    async with between(local, cloud, edits) as gate:
        for upstream in (local, cloud):
            upstream.then(chat(spoken.say, model=spoken.email))
        for target in ("qwen", "gpt"):
            for is_stream in (False, True):
                body = ask(secret.say, target, user=secret.email, metadata={"card": secret.card}, stream=is_stream)
                await gate.post(body, headers={"x-request-id": secret.card, "user-agent": secret.email, "x-tenant": secret.card})
            cloud.then(failing(400))
            await gate.post(ask(secret.say, "gpt"))
    assert secret.card.encode() in cloud.received, "it was cleared, and did leave"
    content = content_of(tmp_path)
    assert content.count(b'"intent"') >= 6
    secret.assert_nowhere(ledger=content)
    spoken.assert_nowhere(ledger=content)


async def until_ready(gate: Process, *, available: bool) -> None:
    async with asyncio.timeout(60):
        while True:
            metrics = samples((await get(gate.admin, "/metrics")).body)
            if total(metrics, "tidegate_ledger_available") == float(available):
                return
            await asyncio.sleep(0.05)


def _fill(gate: Process, folder: Path) -> None:
    """No file of the process may grow: what a full disk does, by another error code."""
    resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))


def _free(gate: Process, folder: Path) -> None:
    resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _take_away(gate: Process, folder: Path) -> None:
    shutil.move(folder / "ledger", folder / "elsewhere")


def _put_back(gate: Process, folder: Path) -> None:
    shutil.move(folder / "elsewhere", folder / "ledger")


@pytest.mark.parametrize(
    ("harm", "mend"), [pytest.param(_fill, _free, id="the disk is full"), pytest.param(_take_away, _put_back, id="the folder is gone")]
)
async def test_what_cannot_be_recorded_does_not_leave(local: Upstream, cloud: Upstream, tmp_path: Path, harm: Any, mend: Any) -> None:
    async with process(configuration(local.url, cloud.url, ledger(tmp_path)), tmp_path) as gate:
        assert (await send(gate.port, ask(model="gpt"))).status == 200
        harm(gate, tmp_path)
        before = len(cloud.received)
        refused = await send(gate.port, ask(HARD, model="gpt"))
        assert refused.status == 503
        assert refused.error["code"] == "ledger_unavailable"
        fallen_back = await send(gate.port, ask(HARD))
        assert (fallen_back.status, fallen_back.headers["x-tidegate-target"]) == (200, "qwen")
        assert (await send(gate.port, ask("short"))).headers["x-tidegate-target"] == "qwen", "local requests are not concerned"
        assert len(cloud.received) == before, "not a byte left"
        await until_ready(gate, available=False)
        ready = await get(gate.admin, "/readyz")
        assert (ready.status, ready.json["degraded"]) == (200, ["ledger"])
        metrics = samples((await get(gate.admin, "/metrics")).body)
        assert total(metrics, "tidegate_egress_requests_total", target="gpt") == 1
        assert total(metrics, "tidegate_refusals_total", code="ledger_unavailable") == 1
        assert total(metrics, "tidegate_circuit_state", target="gpt", state="closed") == 1, "the target is not to blame"
        mend(gate, tmp_path)
        await until_ready(gate, available=True)
        assert (await send(gate.port, ask(model="gpt"))).status == 200
        assert (await get(gate.admin, "/readyz")).json["degraded"] == []
        gate.signal(signal.SIGTERM)
        assert await gate.ended() == 0
    (restored,) = of(read(tmp_path), "restored")
    assert restored["refused"] == 2
    assert Verification(tmp_path / "ledger").run().is_sound
    assert len(of(read(tmp_path), "intent")) == len(of(read(tmp_path), "outcome")) == 2


async def test_a_ledger_that_never_worked_lets_nothing_out(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file where the folder should be")
    async with process(configuration(local.url, cloud.url, ledger(tmp_path)), tmp_path) as gate:
        assert (await send(gate.port, ask(model="gpt"))).error["code"] == "ledger_unavailable"
        assert (await send(gate.port, ask("short"))).status == 200
        (tmp_path / "ledger").unlink()
        await until_ready(gate, available=True)
        assert (await send(gate.port, ask(model="gpt"))).status == 200
    assert len(cloud.bodies) == 1


async def test_a_killed_gateway_leaves_a_sound_ledger_that_the_next_one_goes_on_with(
    local: Upstream, cloud: Upstream, tmp_path: Path
) -> None:
    content = configuration(local.url, cloud.url, ledger(tmp_path))
    for _ in range(2):
        async with process(content, tmp_path) as gate:
            cloud.then(chat(), (Sleep(30),))
            assert (await send(gate.port, ask(model="gpt"))).status == 200
            async with caller(gate.port) as one:
                one.post(ask(model="gpt"))
                await cloud.until(requests=2)
                gate.signal(signal.SIGKILL)
                await gate.ended()
    path = files(tmp_path / "ledger")[-1]
    path.write_bytes(path.read_bytes()[:-30])
    async with process(content, tmp_path):
        pass
    verdict = Verification(tmp_path / "ledger").run()
    assert verdict.faults == []
    assert verdict.torn == 1
    kinds = [record.get("kind") for line in lines(tmp_path / "ledger") if line.endswith(b'"}\n') for record in [json.loads(line)]]
    assert kinds.count("start") == 3
    assert kinds.count("recovered") == 1


async def test_a_reload_is_recorded_and_another_folder_is_begun(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    content = configuration(local.url, cloud.url, ledger(tmp_path))
    async with process(content, tmp_path) as gate:
        for change in ({"models": {"renamed": "gpt"}}, {"ledger": {"dir": str(tmp_path / "other")}}):
            gate.config.write_text(json.dumps(content | change))
            gate.err = b""
            gate.signal(signal.SIGHUP)
            await gate.until_said(b'"reloaded"')
            assert (await send(gate.port, ask(model="gpt"))).status == 200
        gate.signal(signal.SIGTERM)
        await gate.ended()
    first = read(tmp_path)
    assert [one["kind"] for one in first][:4] == ["start", "reload", "intent", "outcome"]
    assert of(first, "reload")[0]["before"] == of(first, "start")[0]["config"]
    assert of(first, "reload")[0]["config"] == of(first, "intent")[0]["config"]
    other = [json.loads(line) for line in lines(tmp_path / "other")]
    assert [one["kind"] for one in other] == ["reload", "intent", "outcome", "stop"]
