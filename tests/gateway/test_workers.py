"""The supervisor in this process, over workers that are processes; what they serve stands in tests/journeys/test_workers.py."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typing_extensions import override

from gateway import workers
from gateway.errors import BadRequest
from gateway.forked import Forked
from gateway.http.many import Question, Reply
from gateway.plan import Listen
from gateway.process import Process
from gateway.tally import Tally
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
        if sys.platform == "linux":
            assert isinstance(crew._workers[1].process, Forked), "it shares the memory of the first"
        before = await digests(crew)
        assert len(before) == 1
        write(config, CONTENT | {"models": {"renamed": "gpt"}})
        reply = await crew.reload()
        assert reply is not None
        assert reply.status == 200
        after = await digests(crew)
        assert len(after) == 1
        assert after != before
        assert total(samples((await crew.metrics()).body), "tidegate_config_last_reload_success") == 1
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
        assert total(metrics, "tidegate_config_last_reload_success") == 0, "although the worker that refused it is gone"
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


class Told:
    """What a supervisor sees of a worker, which says what the test says."""

    def __init__(self, status: int = 0, *, is_ready: bool = True) -> None:
        self.is_ready = is_ready
        self.status = status
        self.told: list[signal.Signals] = []

    async def ask(self, _question: Question, _within_s: float = 0.0) -> Reply | None:
        return Reply(self.status, b"") if self.status else None

    def tell(self, number: signal.Signals) -> None:
        self.told.append(number)


TERM = signal.SIGTERM


@pytest.mark.parametrize(
    ("ready", "starting", "status", "told", "is_new"),
    [
        pytest.param([200, 200], 0, 200, [[], []], True, id="all have it"),
        pytest.param([200, 200], 1, 200, [[], [], [TERM]], True, id="one that is being started may have read what was before"),
        pytest.param([200, 0, 200], 0, 200, [[], [TERM], []], True, id="one that does not say that it has it"),
        pytest.param([200, 0, 400, 200], 0, 400, [[], [TERM], [], []], False, id="one refuses it: all keep what they had"),
        pytest.param([400, 200], 0, 400, [[], []], False, id="it is bad: all keep what they have"),
        pytest.param([400, 200], 1, 400, [[], [], [TERM]], False, id="it is bad, and one that is being started may have read it"),
        pytest.param([0, 200], 0, None, [[TERM], []], False, id="the first does not say whether it has it"),
        pytest.param([], 1, None, [[]], False, id="nobody serves yet"),
    ],
)
async def test_after_a_reload_nobody_serves_anything_else(
    config: Path, ready: list[int], starting: int, status: int | None, told: list[list[signal.Signals]], *, is_new: bool
) -> None:
    crew = Workers(config, Listen(port=0, admin_port=0), 4)
    crew._folder = config.parent
    crew._copy.write_text("before")
    all_of_them = [*map(Told, ready), *(Told(is_ready=False) for _ in range(starting))]
    crew._workers = dict(enumerate(all_of_them))  # type: ignore[arg-type]  # what is asked of a process here they have
    reply = await crew.reload()
    assert (None if reply is None else reply.status) == status
    assert [one.told for one in all_of_them] == told
    assert (crew._copy.read_text() != "before") == is_new


class Scripted(Workers):
    """A supervisor whose workers are what the test says, one after the other."""

    lives: Iterator[object]

    @override
    async def _start(self, slot: int) -> Process:
        one = next(self.lives)
        if isinstance(one, OSError):
            raise one
        self._workers[slot] = one  # type: ignore[assignment]  # as above
        return self._workers[slot]


class Lives(Told):
    """One that is well until it is told to end."""

    def __init__(self) -> None:
        super().__init__(200)
        self.began, self.counted, self.client, self.process = 0.0, Tally(), self, self
        self.ended = asyncio.Event()

    async def until_ready(self) -> None:
        """It is."""

    async def wait(self) -> int:
        await self.ended.wait()
        return 0

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_worker_that_cannot_even_be_started_is_started_later(config: Path, caplog: pytest.LogCaptureFixture) -> None:
    crew, well = Scripted(config, Listen(port=0, admin_port=0), 1), Lives()
    crew.lives = iter([OSError("no more processes"), well])
    keeping = asyncio.ensure_future(crew._keep(0))
    async with asyncio.timeout(20):
        while 0 not in crew._workers and not keeping.done():  # noqa: ASYNC110  # a start tells nobody
            await asyncio.sleep(0.02)
        assert not keeping.done()
        crew._stopping.set()
        well.ended.set()
        await keeping
    assert crew._restarts == 1
    assert [record.state for record in caplog.records] == ["OSError"]  # type: ignore[attr-defined]  # an extra


class Nonsense(Told):
    """One that counts what nobody can read."""

    said = 0.0
    asked = 0

    async def count(self) -> None:
        self.asked += 1
        raise ValueError("text")


async def test_a_worker_that_counts_what_nobody_can_read_does_not_end_the_counting(config: Path, caplog: pytest.LogCaptureFixture) -> None:
    crew, worker = Workers(config, Listen(port=0, admin_port=0), 1), Nonsense()
    crew._workers = {0: worker}  # type: ignore[dict-item]  # as above
    polling = asyncio.ensure_future(crew._poll(0.001))
    async with asyncio.timeout(20):
        while worker.asked < 2 and not polling.done():  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.001)
    assert not polling.done()
    polling.cancel()
    assert caplog.records[0].error == "ValueError"  # type: ignore[attr-defined]  # an extra


async def test_a_stop_while_the_first_worker_starts_is_heeded_at_once(config: Path) -> None:
    crew = Workers(config, Listen(port=0, admin_port=0), 2)
    task = asyncio.ensure_future(crew.run())
    await comes_to(lambda: len(crew._workers), 1)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(task, 60) == 0
