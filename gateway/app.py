"""Composition: from a configuration file to two listening servers in one process, and their orderly end."""

import asyncio
import contextlib
import dataclasses
import gc
import logging
import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Literal

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from gateway import heap, lag
from gateway.addresses import moved
from gateway.backstop import Backstop, loop_factory
from gateway.config.compile import load
from gateway.config.errors import ConfigError
from gateway.http import hot
from gateway.http.later import Later
from gateway.http.server import Protocol
from gateway.live import Live
from gateway.observers import log
from gateway.plan import Plan
from gateway.prepared import complete

_log = logging.getLogger("tidegate")


@dataclass(frozen=True, slots=True)
class Serving:
    """What listens: the URLs of the API and of admin. `stop` ends it; running answers may finish within the grace time."""

    api: str
    admin: str
    stop: Callable[[], None]


_SWITCH_S = 0.001
"""How long a thread may keep the interpreter while the event loop waits for it, in seconds. With Python's 5 ms, a names detector at work
doubles the longest wait of a pass over a text."""
ENDING_S = 8.0
"""How long it may take to close everything after the last answer. Threads that are still at work then, as of a detector that hangs, are
left behind: nobody can end one, and Python would wait for it."""


def run(config: Path, *, host: str | None = None, port: int | None = None, admin_port: int | None = None) -> None:
    """Serve `config` until a signal ends it; port 0 takes a free one. Raises `ConfigError` before anything is bound."""
    plan = load(config)
    plan = dataclasses.replace(plan, listen=moved(plan.listen, host, port, admin_port))
    log.set_up()
    backstop = Backstop()
    with asyncio.Runner(loop_factory=loop_factory(backstop)) as runner:
        runner.run(serve_live(Live(plan, config, backstop), _settle, ending=end_soon))


def _settle(serving: Serving) -> None:
    """Say where it listens."""
    settle()
    _log.info("serving", extra={"where": serving.api, "admin": serving.admin})


def settle() -> None:
    """What lives as long as the process is there: collections, which begin now, need not look at that again."""
    gc.collect()
    gc.freeze()
    gc.enable()
    sys.setswitchinterval(_SWITCH_S)


def end_soon(within_s: float = ENDING_S) -> None:
    """End this process, if it does not end by itself before that."""
    timer = threading.Timer(within_s, _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    _log.warning("something did not end, and is left behind")
    os._exit(0)


async def serve(
    plan: Plan, path: Path | None = None, announce: Callable[[Serving], None] = _settle, backstop: Backstop | None = None
) -> None:
    """Serve `plan`, and `announce` once both servers listen; a hang-up signal reads `path` again.

    A `backstop` holds the whole process to the plan's destinations, for good; the loop should be one of its own.
    """
    await serve_live(Live(plan, path, backstop), announce)


@dataclass(frozen=True, slots=True)
class Given:
    """Where one of several workers listens: the API's socket, which it shares, and the path of a socket of its own for admin."""

    api: socket.socket
    admin: str


async def serve_live(
    live: Live, announce: Callable[[Serving], None], given: Given | None = None, ending: Callable[[], None] = lambda: None
) -> None:
    """The same for what is alive already; with `given` sockets in place of the plan's addresses. `ending`: after the last answer."""
    await live.start()
    listen = live.runtime.plan.listen
    api, admin = Later(partial(_api, live), hot.shared(live)), Later(partial(_admin, live))
    front = _Front(configured(api, listen.host, listen.port, listen.grace_s, http=listen.http), live, listen.delay_s)
    side = Side(configured(admin, listen.admin_host, listen.admin_port, 1.0, uds=None if given is None else given.admin))
    _on_hangup(live)
    _on_lockdown(live)
    live.metrics.watch(
        lambda: [
            ("caller_connections", (), front.connections),
            ("held_bytes", (), api.shared.room.held_bytes),
            *(("degraded", (part,), float(is_so)) for part, is_so in live.degraded.items()),
        ]
    )
    loop = asyncio.get_running_loop()
    beside, measuring = loop.create_task(side.serve()), loop.create_task(lag.measure(live.metrics.lag))
    rest = loop.create_task(_load_rest(front, live, api, admin))
    try:
        await side.listens.wait()
        front.announce = lambda: announce(Serving(front.url + "/v1", side.url, front.stop))
        await front.serve(None if given is None else [given.api])
    finally:
        ending()
        measuring.cancel()
        rest.cancel()
        side.should_exit = True
        await beside
        await live.close()


def _api(live: Live) -> ASGIApp:
    from gateway.http import cold

    return cold.api(live)


def _admin(live: Live) -> ASGIApp:
    from gateway.http import cold

    return cold.admin(live)


async def _load_rest(front: "_Front", live: Live, *rest: Later) -> None:
    """What the first requests can do without is made once it serves, and lives as long as what was there before."""
    await front.listens.wait()
    await asyncio.to_thread(complete, live.runtime.plan)
    for one in rest:
        await asyncio.shield(one.begin())
    _begin_batches(live)
    if gc.get_freeze_count():
        gc.freeze()
    heap.give_back()


def _begin_batches(live: Live) -> None:
    from gateway.batches.runner import Runner
    from gateway.http.hot import BATCHED

    runner = live.kept.batching = Runner(live, BATCHED)
    live.metrics.watch(runner.samples)
    runner.start()


class _Server(uvicorn.Server):
    """A server that says where it listens, which matters when it took a free port. `listens`: once it does."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    @property
    def url(self) -> str:
        """The address that was bound."""
        name = self.servers[0].sockets[0].getsockname()
        if isinstance(name, str):
            return name
        host, port = name[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Front(_Server):
    """The API's server. Readiness flips as soon as it is told to stop; `delay_s` seconds later nothing more is accepted."""

    def __init__(self, config: uvicorn.Config, live: Live, delay_s: float) -> None:
        super().__init__(config)
        self._live = live
        self._delay_s = delay_s
        self._ends = math.inf
        self.announce: Callable[[], None] = lambda: None

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self.server_state.connections)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.announce()

    def stop(self) -> None:
        """As a signal would."""
        self._live.is_draining = True
        self._ends = min(self._ends, time.monotonic() + self._delay_s)
        self.should_exit = self.should_exit or not self._delay_s

    @override
    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or time.monotonic() >= self._ends

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # raised again, they would end the process before exchanges are recorded and connections closed

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._live.is_draining and sig == signal.SIGINT:  # asked twice by somebody who waits
            super().handle_exit(sig, frame)
        self.stop()


class Side(_Server):
    """A server that leaves signals to the other one."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def configured(
    app: ASGIApp, host: str, port: int, grace_s: float, uds: str | None = None, http: Literal["own", "uvicorn"] = "own"
) -> uvicorn.Config:
    """How each of our servers is set up; `uds` is the path of a socket of this machine, instead of host and port."""
    return uvicorn.Config(
        app,
        host,
        port,
        uds=uds,
        http=Protocol if http == "own" else "httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,  # longer than clients keep idle connections, so that none is closed under a request
        timeout_graceful_shutdown=max(1, round(grace_s)),
    )


def _on_hangup(live: Live) -> None:
    """SIGHUP reloads. A bad file is logged by `Live`, and the last good one stays."""
    reloading: set[asyncio.Task[None]] = set()

    async def reload() -> None:
        with contextlib.suppress(ConfigError):
            await live.reload()

    def begin() -> None:
        task = asyncio.get_running_loop().create_task(reload())
        reloading.add(task)
        task.add_done_callback(reloading.discard)

    with contextlib.suppress(NotImplementedError, RuntimeError):  # no SIGHUP on Windows, none outside the main thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, begin)


def _on_lockdown(live: Live) -> None:
    """SIGUSR1 turns the lockdown on, SIGUSR2 off."""
    with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError):  # no such signals on Windows, none outside the main thread
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, lambda: live.turn_lockdown(on=True, by="signal"))
        loop.add_signal_handler(signal.SIGUSR2, lambda: live.turn_lockdown(on=False, by="signal"))
