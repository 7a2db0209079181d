"""Files and batches with OpenAI's client: sensitive lines stay, results are in order, and a killed gateway goes on where it was."""

import asyncio
import json
import random
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from gateway.standin.server import StandIn
from gateway.standin.words import Conduct
from tests.fakes.client import get
from tests.fakes.gateway import Process, configuration, process, samples, total
from tests.fakes.secrets import Canary
from tests.fakes.server import listening

HARD = "Please think about this for a long while before you answer it at all. "
LINES = 200


@asynccontextmanager
async def serving(folder: Path, **batch: Any) -> AsyncIterator[tuple[openai.AsyncOpenAI, StandIn, StandIn, Process]]:
    """A gateway with a store, between two stand-ins: the client, the engine at home, the vendor, and the process."""
    async with stand_in("home") as (home, local), stand_in("vendor") as (vendor, cloud):
        settings = configuration(local, cloud, store(folder, **batch))
        async with process(settings, folder) as gate, client(gate.port) as one:
            yield one, home, vendor, gate


@asynccontextmanager
async def stand_in(name: str, delay_s: float = 0.0) -> AsyncIterator[tuple[StandIn, str]]:
    one = StandIn(name, conduct=Conduct(delay_s=delay_s))
    async with listening(one) as port:
        yield one, f"http://127.0.0.1:{port}/v1"


def client(port: int) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0, timeout=60)


def line(number: int, say: str, **more: Any) -> str:
    body = {"model": "auto", "messages": [{"role": "user", "content": say}], "max_tokens": 5, **more}
    return json.dumps({"custom_id": f"line-{number}", "method": "POST", "url": "/v1/chat/completions", "body": body})


def store(folder: Path, **batch: Any) -> dict[str, Any]:
    return {"store": {"folder": str(folder / "kept"), "batch": batch}}


def beside(one: Any) -> dict[str, Any]:
    """What the gateway says beside what OpenAI does."""
    said: dict[str, Any] = one.model_extra["tidegate"]
    return said


async def create(one: openai.AsyncOpenAI, content: bytes, window: Any = "24h") -> Any:
    """A batch of these lines."""
    file = await one.files.create(file=("input.jsonl", content), purpose="batch")
    return await one.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window=window)


async def until_served(one: openai.AsyncOpenAI, name: str, count: int) -> Any:
    """Wait until so many lines were answered."""
    async with asyncio.timeout(60):
        while (batch := await one.batches.retrieve(name)).request_counts is None or batch.request_counts.completed < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return batch


async def ended(one: openai.AsyncOpenAI, name: str, within_s: float = 120) -> Any:
    async with asyncio.timeout(within_s):
        while (batch := await one.batches.retrieve(name)).status not in ("completed", "failed", "expired", "cancelled"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return batch


async def test_a_batch_survives_a_kill_and_no_sensitive_line_of_it_leaves(tmp_path: Path) -> None:
    canaries = {number: Canary() for number in random.Random(8).sample(range(LINES), LINES // 10)}
    says = [canaries[number].say if number in canaries else f"{HARD} {number}" for number in range(LINES)]
    content = "\n".join(line(number, say) for number, say in enumerate(says)).encode()
    async with stand_in("home", 0.01) as (home, local), stand_in("vendor", 0.05) as (vendor, cloud):
        settings = configuration(local, cloud, store(tmp_path))
        async with process(settings, tmp_path) as gate:
            async with client(gate.port) as one:
                file = await one.files.create(file=("input.jsonl", content), purpose="batch")
                assert beside(file)["label"] == "restricted"
                batch = await one.batches.create(
                    input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"what": "evals"}
                )
                assert batch.status == "validating"
                now = await until_served(one, batch.id, 20)
                assert now.request_counts.completed < LINES, "it is to be killed in the middle"
            gate.signal(signal.SIGKILL)
            await gate.ended()
        before = len(vendor.received) + len(home.received)
        async with process(settings, tmp_path) as gate, client(gate.port) as one:
            batch = await ended(one, batch.id)
            assert batch.status == "completed", batch
            output = (await one.files.content(batch.output_file_id)).content
            metrics = samples((await get(gate.admin, "/metrics")).body)
            await one.files.delete(batch.output_file_id)
            with pytest.raises(openai.NotFoundError):
                await one.files.content(batch.output_file_id)
        log = gate.err
    assert 0 < before < LINES
    assert LINES <= len(vendor.received) + len(home.received) <= LINES + 12, "only what was under way at the kill is run again"
    for canary in canaries.values():
        canary.assert_nowhere(cloud=b"\n".join(vendor.received), log=log)
    answers = [json.loads(raw) for raw in output.splitlines()]
    assert [answer["custom_id"] for answer in answers] == [f"line-{number}" for number in range(LINES)]
    assert {answer["response"]["status_code"] for answer in answers} == {200}
    assert all((answer["tidegate"]["path"] == "local") == (number in canaries) for number, answer in enumerate(answers))
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (LINES, LINES, 0)
    told = beside(batch)
    assert told["paths"] == {"cloud": LINES - len(canaries), "local": len(canaries)}
    assert told["labels"] == {"public": LINES - len(canaries), "restricted": len(canaries)}
    assert told["cost_usd"] is None, "the local engine has no price"
    assert told["unpriced"] == len(canaries)
    known = sum(answer["tidegate"]["cost_usd"] for number, answer in enumerate(answers) if number not in canaries)
    assert told["known_cost_usd"] == pytest.approx(known)
    assert known > 0
    assert batch.usage.output_tokens == sum(answer["response"]["body"]["usage"]["completion_tokens"] for answer in answers)
    assert 0 < total(metrics, "tidegate_batch_lines_total", result="served") < LINES
    assert (tmp_path / "kept" / "kept.db").stat().st_mode & 0o777 == 0o600


async def test_what_is_wrong_is_said_by_line_and_nothing_is_run(tmp_path: Path) -> None:
    canary = Canary()
    bad = [
        line(0, canary.say),
        line(0, "again"),
        line(2, "streams", stream=True),
        "{" + canary.say,
        line(4, "x").replace("/v1/chat", "/v2/chat"),
    ]
    async with serving(tmp_path) as (one, home, vendor, gate):
        batch = await create(one, "\n".join(bad).encode(), "1h")
        batch = await ended(one, batch.id)
        assert batch.status == "failed"
        assert [(problem.line, problem.code) for problem in batch.errors.data] == [
            (2, "duplicate_custom_id"),
            (3, "stream_not_supported"),
            (4, "invalid_json_line"),
            (5, "mismatched_url"),
        ]
        with pytest.raises(openai.ConflictError):
            await one.batches.cancel(batch.id)
        canary.assert_nowhere(errors=batch.model_dump_json())
    canary.assert_nowhere(log=gate.err)
    assert home.received == vendor.received == []


async def test_a_batch_is_cancelled_and_refused_lines_stand_in_the_error_file(tmp_path: Path) -> None:
    async with serving(tmp_path, concurrency=1) as (one, _, vendor, _):
        vendor.conduct = Conduct(delay_s=0.2)
        content = "\n".join([line(0, HARD, model="nobody"), *(line(number, HARD) for number in range(1, 30))]).encode()
        batch = await create(one, content)
        await until_served(one, batch.id, 1)
        assert (await one.batches.cancel(batch.id)).status == "cancelling"
        batch = await ended(one, batch.id)
        assert batch.status == "cancelled"
        served = (await one.files.content(batch.output_file_id)).content.splitlines()
        errors = [json.loads(raw) for raw in (await one.files.content(batch.error_file_id)).content.splitlines()]
        assert [page.id async for page in one.batches.list()] == [batch.id]
        assert sorted([found.purpose async for found in one.files.list(limit=1)]) == ["batch", "batch_output", "batch_output"]
    assert len(served) + len(errors) == 30
    assert errors[0]["response"]["status_code"] == 404
    assert errors[0]["response"]["body"]["error"]["code"] == "model_not_found"
    assert {error["error"]["code"] for error in errors[1:]} == {"batch_cancelled"}


async def test_who_is_full_is_asked_again_and_what_is_left_at_the_end_of_the_window_has_expired(tmp_path: Path) -> None:
    async with serving(tmp_path) as (one, home, _, gate):
        home.conduct = Conduct(fail_status=503)
        batch = await create(one, (line(0, Canary().say) + "\n" + line(1, HARD)).encode(), "1m")
        async with asyncio.timeout(60):
            while not total(samples((await get(gate.admin, "/metrics")).body), "tidegate_batch_lines_total", result="retried"):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        db = sqlite3.connect(tmp_path / "kept" / "kept.db", isolation_level=None)
        said = json.loads(db.execute("select said from batches").fetchone()[0])
        db.execute("update batches set said = ?", (json.dumps(said | {"due": 1}).encode(),))
        db.close()
        batch = await ended(one, batch.id)
        assert batch.status == "expired"
        assert len((await one.files.content(batch.output_file_id)).content.splitlines()) == 1
        [error] = [json.loads(raw) for raw in (await one.files.content(batch.error_file_id)).content.splitlines()]
    assert error["error"]["code"] == "batch_expired"
    assert error["custom_id"] == "line-0"


async def test_without_a_store_the_operator_is_told_what_to_configure(tmp_path: Path) -> None:
    async with stand_in("home") as (_, local), stand_in("vendor") as (_, cloud), process(configuration(local, cloud), tmp_path) as gate:
        one = client(gate.port)
        with pytest.raises(openai.NotFoundError) as refused:
            await one.files.create(file=("input.jsonl", b"x"), purpose="batch")
    assert refused.value.code == "store_off"
    assert "store: {folder: PATH}" in refused.value.message
