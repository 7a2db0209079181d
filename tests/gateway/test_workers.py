"""The supervisor in this process, over workers that are processes; what they serve stands in tests/journeys/test_workers.py."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway import workers
from gateway.errors import BadRequest
from gateway.http.many import Question
from gateway.plan import Listen
from gateway.workers import Workers
from tests.fakes.gateway import configuration, samples, total
from tests.fakes.sockets import comes_to

CONTENT = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"canaries": {"every_s": 0}})


def write_nothing(config: Path) -> None:
    config.unlink()


def write(config: Path, content: object) -> None:
    config.write_text(json.dumps(content))


@asynccontextmanager
async def running(config: Path, count: int = 2) -> AsyncIterator[Workers]:
    crew = Workers(config, Listen(port=0, admin_port=0, grace_s=1.0), count)
    task = asyncio.ensure_future(crew.run())
    async with asyncio.timeout(120):
        while len(crew._ready()) < count:  # a start tells nobody
            assert not task.done()
            await asyncio.sleep(0.02)
    try:
        yield crew
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        assert await task == 0


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tidegate.yaml"
    path.write_text(json.dumps(CONTENT))
    return path


async def digests(crew: Workers) -> set[str]:
    return {json.loads(reply.body)["digest"] for reply in await crew.each(Question("GET", "/admin/policy"))}


async def test_workers_are_asked_told_reloaded_counted_and_started_again(config: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running(config) as crew:
        before = await digests(crew)
        assert len(before) == 1
        write(config, CONTENT | {"models": {"renamed": "gpt"}})
        reply = await crew.reload()
        assert reply is not None
        assert reply.status == 200
        after = await digests(crew)
        assert len(after) == 1
        assert after != before
        write(config, {"version": 7})
        reply = await crew.reload()
        assert reply is not None
        assert reply.status == 400
        write_nothing(config)
        with pytest.raises(BadRequest, match="the file cannot be read"):
            await crew.reload()
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGUSR1)
        await comes_to(lambda: crew._board.is_locked, True)
        locked = await crew.one(Question("GET", "/admin/lockdown"))
        assert locked is not None
        assert json.loads(locked.body) == {"lockdown": "on"}
        crew._workers[0].tell(signal.SIGKILL)
        async with asyncio.timeout(60):
            while crew._restarts < 1 or len(crew._ready()) < 2:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.02)
        assert await digests(crew) == after, "the new one serves what the others do, not what the file says now"
        metrics = samples((await crew.metrics()).body)
        assert total(metrics, "tidegate_workers") == 2
        assert total(metrics, "tidegate_worker_restarts_total") == 1
        assert total(metrics, "tidegate_lockdown") == 1
        os.kill(os.getpid(), signal.SIGUSR2)
        await comes_to(lambda: crew._board.is_locked, False)
    assert "worker ended" in caplog.text


async def test_a_configuration_that_no_worker_can_serve_is_the_end(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(config, CONTENT | {"routes": [{"name": "all", "to": ["gpt"]}]})
    assert await Workers(config, Listen(port=0, admin_port=0), 2).run() == 1
    assert "restricted content to 'gpt'" in capfd.readouterr().err


async def test_a_worker_that_does_not_answer_for_long_is_killed(config: Path) -> None:
    async with running(config, 1) as crew:
        worker = crew._workers[0]
        worker.tell(signal.SIGSTOP)
        worker.said -= workers.HUNG_S
        await crew._count_up()
        async with asyncio.timeout(100):  # an answer that was on its way counts from then
            assert await worker.process.wait() == -signal.SIGKILL


async def test_a_stop_while_the_first_worker_starts_is_heeded_at_once(config: Path) -> None:
    crew = Workers(config, Listen(port=0, admin_port=0), 2)
    task = asyncio.ensure_future(crew.run())
    await comes_to(lambda: len(crew._workers), 1)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(task, 60) == 0
