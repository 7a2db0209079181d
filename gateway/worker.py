"""One of several processes that serve the same address: `python -m gateway.worker`, started by `gateway.workers` and by nobody else.

It ends, as after SIGTERM, when the process that started it is gone.
"""

import asyncio
import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

import msgspec

from gateway.app import Given, end_soon, serve_live, settle
from gateway.backstop import Backstop, loop_factory
from gateway.config.compile import load
from gateway.config.errors import ConfigError, Problem
from gateway.forked import fork_apart
from gateway.live import Live
from gateway.observers import log
from gateway.plan import Plan, UpstreamPlan
from gateway.prepared import complete, prepare
from gateway.state.board import Board, SharedLineage
from gateway.state.lineage import Lineage

EVERY_S = 1.0
"""How often a worker looks what the others have learnt, beside looking at every request."""


class Part(msgspec.Struct, frozen=True):
    """What a worker is told. `config` is the copy that it reads, `name` the file it is a copy of.

    Open files: `api`, the socket of the API; `alive`, a pipe that ends with who started us; `board`. `admin` is the path of a socket.
    `siblings` are to be forked from this one, which says their process ids in `told`, an open file too.
    """

    slot: int
    workers: int
    api: int
    alive: int
    board: int
    config: str
    name: str
    admin: str
    siblings: "tuple[Part, ...]" = ()
    told: int = -1


class Working:
    """A `gateway.live.Worker`."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self.board = Board(part.board, part.workers, part.slot)

    def load(self) -> Plan:
        """Read the configuration as one of several. Raises `ConfigError`."""
        part = self._part
        try:
            return as_one_of_several(load(Path(part.config), folder=Path(part.name).parent), part.slot, part.workers)
        except ConfigError as error:
            raise ConfigError(error.problems, part.name) from None


def as_one_of_several(plan: Plan, slot: int, workers: int) -> Plan:
    """The plan of one of so many workers. Each has a ledger of its own, in a folder below, and a part of the room at local targets.

    Raises `ConfigError` for what they cannot share.
    """
    if plan.policy.redacts and not plan.redacting.vault_url:
        say = "several workers share placeholders through Redis only: set `redact.vault: {kind: redis, url: ...}`, or serve with one worker"
        raise ConfigError([Problem("redact.vault", say)])
    ledger = plan.ledger and replace(plan.ledger, folder=plan.ledger.folder / f"worker-{slot}")
    return replace(plan, ledger=ledger, upstreams={name: _share(upstream, slot, workers) for name, upstream in plan.upstreams.items()})


def _share(upstream: UpstreamPlan, slot: int, workers: int) -> UpstreamPlan:
    """A worker knows nothing of what is under way at the others, so each has its part of the room.

    Together never more than there is, but for one each where there is less than that.
    """
    capacity = upstream.capacity
    if capacity is None:
        return upstream

    def part(most: int) -> int:
        return most and max(1, most // workers + (slot < most % workers))

    slots = None if capacity.slots is None else part(capacity.slots)
    return replace(upstream, capacity=replace(capacity, slots=slots, queue=part(capacity.queue)))


def split(part: Part) -> Part:
    """Fork the siblings, with all that is alike in them loaded and compiled. The part of this process: the same, or in each its own."""
    try:
        plan = load(Path(part.config), folder=Path(part.name).parent)
    except ConfigError:  # who serves it says so
        return part
    prepare(plan)
    complete(plan)
    importlib.import_module("gateway.http.cold")
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError):  # those that have no room now are started later
        for sibling in part.siblings:
            pid = fork_apart()
            if not pid:
                os.setsid()
                return sibling
            os.write(part.told, b"%d\n" % pid)
    return part


def main() -> None:
    """Serve until a signal says otherwise. Exit code 1, and sentences, for a configuration that cannot be served."""
    gc.disable()  # until it serves, as in `gateway.cli.main`
    part = whole = msgspec.json.decode(sys.argv[1], type=Part)
    if whole.siblings:
        part = split(whole)
        os.close(whole.told)
    log.set_up()
    working = Working(part)
    try:
        plan = working.load()
    except ConfigError as error:
        sys.stderr.write(f"tidegate: {error}\n`tidegate check` lists it.\n")
        sys.exit(1)
    backstop = Backstop()
    with asyncio.Runner(loop_factory=loop_factory(backstop)) as runner:
        runner.run(_serve(Live(plan, None, backstop, worker=working), part))


async def _serve(live: Live, part: Part) -> None:
    asyncio.get_running_loop().add_reader(part.alive, _alone, part.alive)
    keeping_up = asyncio.get_running_loop().create_task(keep_up(live.runtime.lineage))
    try:
        await serve_live(live, lambda _serving: settle(), Given(socket.socket(fileno=part.api), part.admin), end_soon)
    finally:
        keeping_up.cancel()


async def keep_up(lineage: Lineage, every_s: float = EVERY_S) -> None:
    """Look again and again what the other workers have learnt, until cancelled: who is asked nothing for long would miss the oldest."""
    while True:
        await asyncio.sleep(every_s)
        if isinstance(lineage, SharedLineage):
            lineage.catch_up()


def _alone(alive: int) -> None:
    """Who started us is gone: nobody would start us again, or end us."""
    asyncio.get_running_loop().remove_reader(alive)
    signal.raise_signal(signal.SIGTERM)
    os.close(alive)


if __name__ == "__main__":
    main()
