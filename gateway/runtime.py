"""`Runtime`: a plan brought to life. All that a request needs, passed explicitly; a reload makes a new one and swaps the reference."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from classifiers.classify import classify
from classifiers.prompt import Prompt
from classifiers.signals import Difficulty, Doubt, Signals
from gateway.admission import Admission
from gateway.beside import Beside
from gateway.detectors.remote import RemoteDetector
from gateway.exchange import Exchange
from gateway.ledger.ledger import Ledger
from gateway.plan import Plan
from gateway.redact.vault import Keeps, Vault
from gateway.reservations import Reservations
from gateway.scorers.late import Late
from gateway.serving import Servings
from gateway.state.conversations import Conversations
from gateway.state.lineage import Lineage
from gateway.state.lockdown import Lockdown
from gateway.state.memo import Memo
from gateway.upstreams.upstream import Upstream
from gateway.waiting import Waiting
from router.decision import Decision, Reason, Target
from router.fleet import Fleet
from router.names import RouteName, TargetName

Observer = Callable[[Exchange], None]

_log = logging.getLogger("tidegate")


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Runtime:
    """A running plan. `dice` gives numbers in 0..1 for jitter; `pool` runs slow detectors, `beside` reads large bodies.

    `ledger` records what leaves, None where none is kept. It outlives the runtime, which does not close it.
    `vault` knows placeholders, `conversations` where conversations were served; None where no rule asks how hard a request is. They,
    `withdrawn` are targets that a later plan does not have, or not for as much: requests that began with this one begin nothing there.
    `reservations` are the accounts of local engines, None where none costs anything by the hour; they outlive a reload.
    `waiting` are requests that wait for a target to come back. It, `lineage`, `lockdown` and `admission` outlive a reload; `memo` and
    `slow_memo`, of what the plan's own detectors said, do not, nor do `servings`.
    """

    plan: Plan
    upstreams: Mapping[TargetName, Upstream]
    fleet: Fleet
    observers: Sequence[Observer] = ()
    dice: Callable[[], float] = random.random
    pool: ThreadPoolExecutor | None = None
    remote: Sequence[RemoteDetector] = ()
    late_scorer: Late | None = None
    baseline: Target | None = None
    ledger: Ledger | None = None
    lineage: Lineage = field(default_factory=Lineage)
    lockdown: Lockdown = field(default_factory=Lockdown)
    admission: Admission = field(default_factory=Admission)
    withdrawn: set[TargetName] = field(default_factory=set)
    conversations: Conversations | None = None
    waiting: Waiting = field(default_factory=Waiting)
    reservations: Reservations | None = None
    memo: Memo = field(init=False)
    slow_memo: Memo = field(init=False)
    vault: Keeps = field(default_factory=Vault)
    beside: Beside = field(default_factory=Beside)
    servings: Servings = field(default_factory=dict, init=False)
    undecided: Decision = field(init=False)
    """The decision of a request that ended before it had one: the highest label, nowhere to go."""

    def __post_init__(self) -> None:
        """Build the decision of the undecided, and empty memos."""
        kept = self.plan.remembering
        for name in ("memo", "slow_memo"):
            object.__setattr__(self, name, Memo(kept.memo_entries, kept.memo_s))
        route = RouteName("undecided")
        object.__setattr__(self, "undecided", Decision(self.plan.policy.labels.highest, route, (), Reason(route)))

    def observe(self, exchange: Exchange) -> None:
        """Hand the exchange to every observer. One that fails is reported and does not stop the others."""
        for observer in self.observers:
            try:
                observer(exchange)
            except Exception as error:  # noqa: BLE001  # an observer may not harm a request
                self.report(exchange.request_id, error)

    def report(self, request_id: str, error: Exception) -> None:
        """Log a defect: its class and where it was raised. Never its message, which may quote text."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        _log.error("defect", extra={"request_id": request_id, "error": type(error).__name__, "where": where})

    async def scan(self, prompt: Prompt) -> Signals:
        """What all detectors say, each kind within its time."""
        plan, late = self.plan, time.monotonic() + self.plan.fast_s
        signals = classify(prompt, plan.fast, is_late=lambda: time.monotonic() > late)
        return signals + await self.ask_slow(prompt) if plan.slow or self.remote else signals

    async def ask_slow(self, prompt: Prompt) -> Signals:
        """What the slow and the remote detectors say, all at the same time. An overrun is a doubt: the request is not clean.

        A thread that overruns begins no further text: nobody waits for it.
        """
        loop = asyncio.get_running_loop()
        due = loop.time() + self.plan.slow_s
        asked: list[tuple[str, Awaitable[Signals]]] = [(one.kind, one.detect(prompt)) for one in self.remote]
        if self.plan.slow:
            ask = partial(classify, prompt, self.plan.slow, is_late=lambda: loop.time() > due, memo=self.slow_memo)
            asked.append(("", _in_pool(loop, self.pool, ask)))
        return await _all(due, asked)

    async def ask_remote(self, prompt: Prompt) -> Signals:
        """What the remote detectors alone say."""
        due = asyncio.get_running_loop().time() + self.plan.slow_s
        return await _all(due, [(one.kind, one.detect(prompt)) for one in self.remote])

    async def score(self, prompt: Prompt) -> Difficulty | None:
        """What the late scorer says; None when there is none, or it does not know in time."""
        return None if self.late_scorer is None else await self.late_scorer.score(prompt)

    async def close(self) -> None:
        """End every connection and thread."""
        for upstream in self.upstreams.values():
            await upstream.close()
        for detector in self.remote:
            await detector.close()
        if self.late_scorer is not None:
            await self.late_scorer.close()
        self.beside.close()
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)


async def _all(due: float, asked: Sequence[tuple[str, Awaitable[Signals]]]) -> Signals:
    return sum(await asyncio.gather(*(_until(due, kind, each) for kind, each in asked)), Signals())


async def _in_pool(loop: asyncio.AbstractEventLoop, pool: ThreadPoolExecutor | None, ask: Callable[[], Signals]) -> Signals:
    return await loop.run_in_executor(pool, ask)


async def _until(due: float, kind: str, asked: Awaitable[Signals]) -> Signals:
    """What comes in time. `kind` is the detector that is waited for; empty: those of the pool."""
    try:
        async with asyncio.timeout_at(due):
            return await asked
    except (TimeoutError, RuntimeError):  # too late, or the pool was closed by a reload: either way it was not read
        return Signals(doubts=(Doubt("late", detector=kind),), coverage=0.0)
