"""Several processes behind one address: they are started, watched, started again when they die, and told what the operator says.

Workers share the API's socket, so a connection that nobody has taken yet is lost with none of them. Nothing of a request comes here.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from msgspec.structs import replace

from gateway import tally
from gateway.addresses import addresses, bind, moved
from gateway.app import Side, configured
from gateway.errors import BadRequest
from gateway.exposition import Writer, chosen
from gateway.families import FAMILIES
from gateway.forked import Told, adopting
from gateway.http.many import ForAll, Question, Reply
from gateway.local_money import LocalMoney
from gateway.observers import log
from gateway.plan import Listen
from gateway.process import Process, adopted, start
from gateway.processes import Processes
from gateway.rolling import roll
from gateway.state.board import Board, make
from gateway.tally import Count, Tally
from gateway.worker import Part

EVERY_S = 1.0
"""How often is asked what they have counted. So much is forgotten of one that is killed."""
HUNG_S = 30.0
"""After so much silence a worker is taken for dead, and killed."""
FIRST_PAUSE_S, LONGEST_PAUSE_S, LONG_LIFE_S = 0.5, 30.0, 60.0
"""How long is waited before a worker is started again: twice as long each time, unless the last one lived long."""
LONGER_S = 10.0
"""What workers have beyond the time of grace to end by themselves."""

_ENDING = (signal.SIGTERM, signal.SIGINT)
_log = logging.getLogger("tidegate")
_WAYS: Mapping[str, Callable[[Iterable[float]], float]] = {"min": min, "max": max, "sum": sum}
_OVER = {family.name: _WAYS[family.over] for family in FAMILIES if family.kind == "gauge"}


class Workers:
    """All of them. `count` is how many; `listen` the addresses; `config` the file that they serve."""

    def __init__(self, config: Path, listen: Listen, count: int) -> None:
        self._config = config.absolute()
        self._listen = listen
        self._count = count
        self._folder = Path()
        self._api: socket.socket
        self._alive: tuple[int, int]
        self._shared: int
        self._board: Board
        self._siblings: tuple[Part, ...] = ()
        self._told: Told | None = None
        self._workers: dict[int, Process] = {}
        self._gone = Tally()
        self._restarts, self._is_newest = 0, True
        self._writer, self._local = Writer(Processes(self._running)), LocalMoney()
        self._drains: dict[bytes, Question] = {}
        self._stopping = asyncio.Event()
        self._reloading = asyncio.Lock()

    async def run(self) -> int:
        """Serve until a signal ends it. The exit code: that of the first worker, if the configuration cannot be served."""
        listen = self._listen
        side = Side(configured(ForAll(self), listen.admin_host, listen.admin_port, 1.0))
        with bind(listen.host, listen.port) as self._api, tempfile.TemporaryDirectory(prefix="tidegate-") as folder:
            self._folder = Path(folder)
            self._alive = os.pipe()
            self._copy.write_bytes(self._config.read_bytes())
            self._shared = make(self._count)
            self._board = Board(self._shared, self._count, 0)
            beside = asyncio.create_task(side.serve())
            try:
                await asyncio.wait((beside, listening := asyncio.ensure_future(side.listens.wait())), return_when="FIRST_COMPLETED")
                listening.cancel()
                return await self._serve(side.url)
            finally:
                side.should_exit = True
                await beside
                for number in (*_ENDING, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
                    asyncio.get_running_loop().remove_signal_handler(number)
                for end in (*self._alive, self._shared):
                    os.close(end)

    async def _serve(self, admin: str) -> int:
        self._listen_to_signals()
        with adopting() as self._told:
            self._siblings = () if self._told is None else tuple(map(self._part, range(1, self._count)))
            first = await self._start(0)
            if not await first.serves_before(self._stopping):
                await first.client.aclose()
                code = await first.process.wait()
                return 0 if self._stopping.is_set() else code or 1
            pids = () if self._told is None else self._told.pids()
            self._workers |= {part.slot: adopted(part, pid) for part, pid in zip(self._siblings, pids, strict=False)}
            self._siblings = ()
        keeping = [asyncio.create_task(self._keep(slot)) for slot in range(self._count)]
        polling = asyncio.create_task(self._poll())
        while len(self._ready()) < self._count and not self._stopping.is_set():  # noqa: ASYNC110  # a start tells nobody
            await asyncio.sleep(0.02)
        if not self._stopping.is_set():
            host, port = self._api.getsockname()[:2]
            _log.info("serving", extra={"where": f"http://{f'[{host}]' if ':' in host else host}:{port}/v1", "admin": admin})
        await self._stopping.wait()
        self._api.close()  # before they drain: nobody would take what comes in
        for worker in self._workers.values():
            worker.tell(signal.SIGTERM)
        _, late = await asyncio.wait(keeping, timeout=self._listen.delay_s + self._listen.grace_s + LONGER_S)
        for worker in self._workers.values() if late else ():
            worker.tell(signal.SIGKILL)
        await asyncio.wait(keeping)
        polling.cancel()
        return 0

    @property
    def _copy(self) -> Path:
        return self._folder / "configuration"

    # ---- one worker

    def _part(self, slot: int) -> Part:
        admin = self._folder / f"{slot}-{time.monotonic_ns()}"
        open_files = self._api.fileno(), self._alive[0], self._shared
        return Part(slot, self._count, *open_files, str(self._copy), str(self._config), str(admin))

    async def _start(self, slot: int) -> Process:
        part = self._part(slot)
        if self._told is not None and self._siblings:
            part = replace(part, siblings=self._siblings, told=self._told.writing)
        worker = self._workers[slot] = await start(part, self._board.seed)
        if self._stopping.is_set():
            worker.tell(signal.SIGTERM)
        return worker

    async def _keep(self, slot: int) -> None:
        """Have a worker in this place until it is all over."""
        pause_s = FIRST_PAUSE_S
        while slot in self._workers or not self._stopping.is_set():
            began, state = time.monotonic(), await self._life(slot)
            if self._stopping.is_set():
                return
            self._restarts += 1
            _log.error("worker ended", extra={"where": f"worker {slot}", "state": state})
            if time.monotonic() - began >= LONG_LIFE_S:
                pause_s = FIRST_PAUSE_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause_s)
                return
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _life(self, slot: int) -> int | str:
        """One worker from its start, or from now on, to its end. Its exit code, or why there was none."""
        try:
            worker = self._workers.get(slot) or await self._start(slot)
        except OSError as error:  # no memory, or too many processes or open files: later there may be
            return type(error).__name__
        await worker.until_ready()
        for question in tuple(self._drains.values()):
            await worker.ask(question)
        code = await worker.process.wait()
        del self._workers[slot]
        self._gone = tally.added((self._gone, worker.counted.lasting()), _OVER)
        await worker.client.aclose()
        return code

    # ---- all of them, as `gateway.http.many.Crew`

    @property
    def is_draining(self) -> bool:
        """Whether they are about to end."""
        return self._stopping.is_set()

    def _ready(self) -> list[Process]:
        return [worker for worker in self._workers.values() if worker.is_ready]

    def _running(self) -> dict[str, int]:
        """The processes by name."""
        return {"parent": os.getpid(), **{f"worker-{slot}": worker.process.pid for slot, worker in sorted(self._workers.items())}}

    async def one(self, question: Question, within_s: float = HUNG_S) -> Reply | None:
        """What the first that answers says. Each has `within_s` seconds."""
        for worker in self._ready():
            reply = await worker.ask(question, within_s)
            if reply is not None:
                return reply
        return None

    async def each(self, question: Question) -> list[Reply]:
        """What those that answer in time say."""
        replies = await asyncio.gather(*(worker.ask(question) for worker in self._ready()))
        return [reply for reply in replies if reply is not None]

    async def drain(self, question: Question) -> Reply | None:
        """Have all take a replica out of service or put it back. Who starts later is told the same, in the same order."""
        replies = await self.each(question)
        if any(reply.status == 200 for reply in replies):
            self._drains.pop(question.body, None)
            self._drains[question.body] = question
        return max(replies, key=lambda reply: reply.status, default=None)

    def lock(self) -> None:
        """Nothing goes outside from now on, whoever of them answers or does not."""
        self._board.is_locked = True

    async def reload(self) -> Reply | None:
        """Have all read the configuration again, one after the other. If one says that it is not good, all keep what they have.

        Who is being started may have read it before or after that, and who does not answer may have it or not: they are started anew.
        """
        async with self._reloading:
            ready = self._ready()
            if not ready:
                return None
            try:
                before, content = self._copy.read_bytes(), self._config.read_bytes()
            except OSError as error:
                self._is_newest = False
                _log.error("reload refused; the last good configuration stays", extra={"error": type(error).__name__})
                raise BadRequest("bad_configuration", f"What is served stays; the file cannot be read: {error.strerror}.") from None
            reply, sure = await roll(ready, lambda new: self._copy.write_bytes(content if new else before), HUNG_S)
            self._is_newest = reply is not None and reply.status == 200
            for worker in self._workers.values():
                if worker not in sure:
                    worker.tell(signal.SIGTERM)  # the next one in its place reads what the others have
            return reply

    async def metrics(self, accept: str = "") -> Reply:
        """The metrics of all of them, and of those that were, in the format that is liked best."""
        await self._count_up()
        gauges = {"workers": (Count((), len(self._ready())),), "config_last_reload_success": (Count((), float(self._is_newest)),)}
        own = Tally({"worker_restarts_total": (Count((), self._restarts),)}, {}, gauges)
        shown = tally.added((own, self._gone, *(worker.counted for worker in self._workers.values())), _OVER)
        form = chosen(accept)
        return Reply(200, await self._writer.write(self._local.shown(shown), form), {"content-type": form.content_type, "vary": "accept"})

    async def _count_up(self) -> None:
        """Ask all of them what they have counted."""
        ready = self._ready()
        await asyncio.gather(*(worker.count() for worker in ready))
        for worker in ready:
            if time.monotonic() - worker.said > HUNG_S:
                worker.tell(signal.SIGKILL)

    async def _poll(self, every_s: float = EVERY_S) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await self._count_up()
            except Exception as error:  # noqa: BLE001  # whatever a worker says: who hangs must still be found
                _log.error("workers", extra={"error": type(error).__name__})

    # ---- what the operator says

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        running: set[asyncio.Task[object]] = set()

        async def again() -> None:
            with contextlib.suppress(BadRequest):  # it is logged
                await self.reload()

        def reload() -> None:
            task: asyncio.Task[object] = loop.create_task(again())
            running.add(task)
            task.add_done_callback(running.discard)

        for number in _ENDING:
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, reload)
        loop.add_signal_handler(signal.SIGUSR1, lambda: self._lock(is_on=True))
        loop.add_signal_handler(signal.SIGUSR2, lambda: self._lock(is_on=False))

    def _lock(self, *, is_on: bool) -> None:
        """For all at once; one of them notes it in the file and the ledger."""
        self._board.is_locked = is_on
        for worker in self._ready()[:1]:
            worker.tell(signal.SIGUSR1 if is_on else signal.SIGUSR2)


def run(config: Path, count: int, *, host: str | None = None, port: int | None = None, admin_port: int | None = None) -> int:
    """Serve `config` with so many workers until a signal ends it. The exit code. Raises `ConfigError` and `NoPlace`."""
    log.set_up()
    listen = moved(addresses(config), host, port, admin_port)

    return asyncio.run(Workers(config, listen, count).run())
