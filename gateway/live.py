"""`Live`: the running configuration. A reload compiles a new plan, brings it up and swaps one reference; a bad one changes nothing."""

import asyncio
import logging
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from gateway import canaries, heap
from gateway.admission import Admission
from gateway.backstop import Backstop
from gateway.config.compile import load
from gateway.config.errors import ConfigError
from gateway.connecting import CONNECT
from gateway.described import VERSION, Described
from gateway.detectors import remote
from gateway.errors import CODES
from gateway.kept.kept import Kept
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Lockdown as LockdownEvent
from gateway.ledger.records import Reloaded, Started
from gateway.observers.log import LogLines
from gateway.observers.prometheus import Prometheus, Source
from gateway.plan import Plan
from gateway.pool.pools import Pools
from gateway.prepared import complete, prepare
from gateway.probing import Probing
from gateway.processes import Processes
from gateway.redact.shared_vault import SharedVault
from gateway.reservations import Reservations
from gateway.retiring import Closes, retire
from gateway.runtime import Observer, Runtime
from gateway.scorers import late
from gateway.state.board import Board, SharedLineage, SharedLockdown
from gateway.state.connect import connect, vault
from gateway.state.conversations import Conversations
from gateway.state.lineage import Lineage
from gateway.state.lockdown import Lockdown
from gateway.state.state import State
from gateway.telemetry.telemetry import Telemetry
from gateway.upstreams.vendors import Vendors
from gateway.usage.keeping import Keeping
from gateway.waiting import Waiting
from gateway.withdrawn import withdrawn
from router.fleet import Fleet

_log = logging.getLogger("tidegate")
_FIRST_CANARY_S = 5.0
"""When the first round of canaries is judged, in seconds after the start."""


class Worker(Protocol):
    """What makes one of several processes of a gateway."""

    @property
    def board(self) -> Board:
        """What they share."""

    def load(self) -> Plan:
        """Read the configuration. Raises `ConfigError`."""


class Live:
    """The configuration that is being served. `runtime` is the current one; requests keep the one they began with."""

    def __init__(self, plan: Plan, path: Path | None = None, backstop: Backstop | None = None, *, worker: Worker | None = None) -> None:
        """`worker` is given where several processes serve: what they share, and how each reads the configuration."""
        self._load = worker.load if worker is not None else None if path is None else partial(load, path)
        self._reloading = asyncio.Lock()
        self._retiring: set[asyncio.Task[None]] = set()
        self._replaced: list[weakref.ref[Runtime]] = []
        self._state: State | None = None
        self._ledger: Ledger | None = None
        self._canaries: asyncio.Task[None] | None = None
        kept = plan.remembering.lineage_entries, plan.remembering.lineage_s
        self.lockdown = SharedLockdown(worker.board, plan.lockdown_file) if worker else Lockdown(plan.lockdown_file)
        self._lineage = SharedLineage(worker.board, plan.policy.labels, *kept) if worker else Lineage(*kept)
        self._conversations = Conversations(plan.remembering.sticky_entries, plan.remembering.sticky_s)
        self._vault = vault(*plan.redacting.place, plan.redacting.ttl_s)
        self._waiting = Waiting()
        self._admission = Admission()
        self._probing = Probing(lambda: self.runtime)
        self.reservations = Reservations() if worker is None else Reservations(worker.board.slot, worker.board.workers)
        self.usage = Keeping(self.reservations.rows, is_locked=lambda: self.lockdown.is_on)
        self.kept = Kept()
        self.metrics = Prometheus(Processes())
        self._lines = LogLines()
        self._described = Described(lambda: self.runtime.plan)
        self._telemetry = Telemetry(lambda: self.lockdown.is_on)
        self._vendors = Vendors() if backstop is None else Vendors(backstop.may_start, backstop.may_connect)
        self._pools = Pools(backstop)
        self._backstop = backstop
        self.metrics.watch(*self._sources())
        self.is_draining = False
        self.usage.follow(plan)
        self.runtime = self._bring_up(plan)

    def _sources(self) -> Iterable[Source]:
        """What counts by itself, beside requests."""
        yield from (self._described.samples, self._ledger_samples, self._admission.samples, self._waiting.samples, self._probing.samples)
        yield from () if self._backstop is None else (self._backstop.samples,)
        yield from (self.usage.samples, self.reservations.samples, self._pools.samples, self._telemetry.samples, self._lines.samples)

    async def start(self) -> None:
        """Be ready to classify; begin to record what leaves, and to share state, if the configuration says so."""
        self._lines.lead()
        await asyncio.to_thread(prepare, self.runtime.plan)
        if self._ledger is not None:
            plan = self.runtime.plan
            await self._ledger.start(Started(VERSION, plan.policy.digest, _labels(plan), plan.detectors))
        self._state = connect(self.runtime.plan.state_url)
        self._state.start(self.runtime.fleet)
        self.usage.start()
        self._probing.start()
        self._telemetry.start()
        await self._pools.follow(self.runtime)
        heap.give_back()  # compiling left holes
        self.sing_from(_FIRST_CANARY_S)

    def sing_from(self, in_s: float) -> None:
        """Judge canaries, the first round in so many seconds."""
        if self._canaries is not None:
            self._canaries.cancel()
        self._canaries = asyncio.get_running_loop().create_task(self._sing(in_s), name="tidegate-canaries")

    async def _sing(self, in_s: float) -> None:
        """Round after round of canaries, always with what is being served."""
        await asyncio.sleep(in_s)
        while True:
            every_s = self.runtime.plan.canaries_s
            if every_s:
                await canaries.sing(self.runtime, self.metrics.canary)
            await asyncio.sleep(every_s or _FIRST_CANARY_S)

    async def reload(self) -> None:
        """Compile the file again and swap. Raises `ConfigError` with all problems, and keeps what is being served.

        One after the other: what was read first would else be swapped in last where it takes longer to compile.
        """
        if self._load is not None:
            async with self._reloading:
                await self._reload(self._load)

    async def _reload(self, load: Callable[[], Plan]) -> None:
        try:
            plan = await asyncio.to_thread(load)
        except ConfigError as error:
            self._described.refused()
            _log.error("reload refused; the last good configuration stays", extra={"problems": len(error.problems)})
            raise
        await asyncio.to_thread(prepare, plan)
        await asyncio.to_thread(complete, plan)
        kept = self._ledger
        self.lockdown.follow(plan.lockdown_file)
        self._lineage.resize(plan.remembering.lineage_entries, plan.remembering.lineage_s)
        if _labels(plan) != _labels(self.runtime.plan):
            self._lineage.follow(plan.policy.labels)
        self._conversations.resize(plan.remembering.sticky_entries, plan.remembering.sticky_s)
        gone: list[Closes] = []
        if plan.redacting.place != self.runtime.plan.redacting.place:
            gone += [self._vault] if isinstance(self._vault, SharedVault) else []
            self._vault = vault(*plan.redacting.place, plan.redacting.ttl_s)
        gone += self.usage.follow(plan)
        old, self.runtime = self.runtime, self._bring_up(plan)
        self._withdraw(old)  # before anybody else has a turn
        self._described.reloaded()
        await self._pools.follow(self.runtime)
        await self._tell_ledgers(kept, old.plan, plan)
        if self._state is not None:
            self._state.start(self.runtime.fleet)
        task = asyncio.get_running_loop().create_task(retire(old, *gone, *([] if kept is None or kept is self._ledger else [kept])))
        self._retiring.add(task)  # kept: the loop holds weak references only
        task.add_done_callback(self._retired)
        _log.info("reloaded")

    def _withdraw(self, old: Runtime) -> None:
        """Tell every runtime that some request may still hold what it may not ask any more."""
        self._replaced = [ref for ref in self._replaced if ref() is not None] + [weakref.ref(old)]
        for ref in self._replaced:
            if (replaced := ref()) is not None:
                replaced.withdrawn.update(withdrawn(replaced.plan, self.runtime.plan))

    async def close(self) -> None:
        """End everything."""
        self.is_draining = True
        await self.kept.close()
        await self._pools.close()
        for task in (*self._retiring, *([self._canaries] if self._canaries else [])):
            task.cancel()
        await self._probing.close()
        if self._state is not None:
            await self._state.close()
        await self.runtime.close()
        await self._vendors.close()
        await self._telemetry.close()
        if self._ledger is not None:
            await self._ledger.close()
        await self.usage.close()
        if isinstance(self._vault, SharedVault):
            await self._vault.close()
        self._lines.flush()

    def _retired(self, task: asyncio.Task[None]) -> None:
        """A replaced runtime has ended; when it was the last one, what only it needed is closed to all."""
        self._retiring.discard(task)
        if self._backstop is not None and not self._retiring:
            self._backstop.forget(self.runtime.plan)

    @property
    def degraded(self) -> Mapping[str, bool]:
        """Whether a part does not work now. Without the ledger nothing leaves, without the vault nothing redacted; the rest is served."""
        return {
            "ledger": self._ledger is not None and not self._ledger.is_available,
            "vault": isinstance(self._vault, SharedVault) and self._vault.is_degraded,
            "state": self._state is not None and self._state.is_degraded,
            "usage": self.usage.is_degraded,
        }

    @property
    def ledger(self) -> Ledger | None:
        """Where what leaves is recorded."""
        return self._ledger

    def turn_lockdown(self, *, on: bool, by: Literal["signal", "admin", "canary"]) -> bool:
        """Turn the lockdown on or off, and record it. Whether that will survive a restart."""
        survives = self.lockdown.turn(on=on)
        if self._ledger is not None:
            self._ledger.note(LockdownEvent("on" if on else "off", by))
        return survives

    async def _tell_ledgers(self, kept: Ledger | None, before: Plan, after: Plan) -> None:
        """Both the ledger that was and the one that is know of a reload."""
        event = Reloaded(before.policy.digest, after.policy.digest, _labels(after), after.detectors)
        if kept is not None:
            kept.note(event)
        if self._ledger is not None and self._ledger is not kept:
            await self._ledger.start(event)

    def _ledger_of(self, plan: Plan) -> Ledger | None:
        """The ledger of a plan: the one that is open, if it is for the same folder."""
        if plan.ledger is None:
            return None
        if self._ledger is not None and self._ledger.plan.folder == plan.ledger.folder:
            self._ledger.configure(plan.ledger)
            return self._ledger
        return Ledger(plan.ledger)

    def _ledger_samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        return self._ledger.samples() if self._ledger is not None else ()

    def _bring_up(self, plan: Plan) -> Runtime:
        observers: list[Observer] = []
        if plan.observing.log:
            observers.append(self._lines.__call__)  # a method is called sooner than an object, here and below
        if plan.observing.prometheus:
            self.metrics.configure(plan, CODES, lambda: (self.runtime.fleet, time.monotonic()), lambda: self.lockdown.is_on)
            observers.append(self.metrics.__call__)
        observers += self._telemetry.follow(plan)
        targets, self._vendors.backstop = plan.policy.targets, plan.backstop
        self._ledger = self._ledger_of(plan)
        if self._ledger is not None:
            observers.append(self._ledger.observe)
        observers += self.usage.observers
        observers += self.kept.follow(plan.store)
        self._admission.follow(plan)
        upstreams = {name: CONNECT[upstream.kind](targets[name], upstream, self._vendors) for name, upstream in plan.upstreams.items()}
        if self._backstop is not None:
            self._backstop.serve(plan)
        fleet = Fleet(targets.values(), {name: one.urls for name, one in plan.upstreams.items()}, self._pools.known(plan))
        self.reservations.follow(plan, fleet)
        return Runtime(
            plan=plan,
            upstreams=upstreams,
            fleet=fleet,
            observers=tuple(observers),
            remote=tuple(map(remote.connect, plan.remote)),
            late_scorer=late.connect(plan.late_scorer) if plan.late_scorer else None,
            pool=ThreadPoolExecutor(2, "slow-detectors") if plan.slow else None,
            baseline=targets[plan.observing.baseline] if plan.observing.baseline else None,
            ledger=self._ledger,
            lineage=self._lineage,
            lockdown=self.lockdown,
            admission=self._admission,
            conversations=self._conversations if plan.weighs_difficulty and plan.remembering.sticky_entries else None,
            vault=self._vault,
            waiting=self._waiting,
            reservations=None if self.reservations.is_empty else self.reservations,
        )


def _labels(plan: Plan) -> tuple[str, ...]:
    return tuple(label.name for label in plan.policy.labels)
