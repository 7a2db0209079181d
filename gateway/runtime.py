"""`Runtime`: a plan brought to life. All that a request needs, passed explicitly; a reload makes a new one and swaps the reference."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from classifiers.classify import classify
from classifiers.prompt import Prompt
from classifiers.signals import Doubt, Signals
from gateway.exchange import Exchange
from gateway.plan import Plan
from gateway.upstreams.upstream import Upstream
from router.decision import Decision, Reason, Target
from router.fleet import Fleet
from router.names import RouteName, TargetName

Observer = Callable[[Exchange], None]

_log = logging.getLogger("tidegate")


@dataclass(frozen=True, slots=True)
class Runtime:
    """A running plan. `dice` gives numbers in 0..1 for jitter; `pool` runs slow detectors beside the event loop."""

    plan: Plan
    upstreams: Mapping[TargetName, Upstream]
    fleet: Fleet
    observers: Sequence[Observer] = ()
    dice: Callable[[], float] = random.random
    pool: ThreadPoolExecutor | None = None
    baseline: Target | None = None
    undecided: Decision = field(init=False)
    """The decision of a request that ended before it had one: the highest label, nowhere to go."""

    def __post_init__(self) -> None:
        """Build the decision of the undecided."""
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

    async def ask_slow(self, prompt: Prompt) -> Signals:
        """What the slow detectors say, within their time. An overrun is a doubt: the request is not clean."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.plan.slow_s):
                return await loop.run_in_executor(self.pool, classify, prompt, self.plan.slow)
        except (TimeoutError, RuntimeError):  # too late, or the pool was closed by a reload: either way it was not read
            return Signals(doubts=(Doubt("late"),), coverage=0.0)

    async def close(self) -> None:
        """End every connection and thread."""
        for upstream in self.upstreams.values():
            await upstream.close()
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)
