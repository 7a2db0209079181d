"""`Live`: the running configuration. A reload compiles a new plan, brings it up and swaps one reference; a bad one changes nothing."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.config.compile import load
from gateway.config.errors import ConfigError
from gateway.observers.log import LogLines
from gateway.observers.prometheus import Prometheus
from gateway.plan import Plan, UpstreamPlan
from gateway.runtime import Observer, Runtime
from gateway.state.connect import connect
from gateway.state.state import State
from gateway.upstreams import openai_compatible
from gateway.upstreams.upstream import Upstream
from router.decision import Target
from router.failures import FAILURES
from router.fleet import Fleet

_log = logging.getLogger("tidegate")
_RETIRE_S = 600.0
"""How long a replaced runtime may finish its requests: the default total clock."""


def _litellm(target: Target, plan: UpstreamPlan) -> Upstream:
    """Litellm takes seconds to import, so its adapter is imported when a configuration asks for it."""
    from gateway.upstreams import closed

    return closed.connect(target, plan)


CONNECT: Mapping[str, Callable[[Target, UpstreamPlan], Upstream]] = {
    "openai_compatible": openai_compatible.connect,
    "litellm": _litellm,
}
"""How each kind of destination is opened."""

CODES = (
    *sorted({failure.code for failure in FAILURES.values()}),
    *"malformed_json duplicate_key not_utf8 not_an_object too_deep missing_model bad_field forbidden_field model_not_found".split(),
    *"missing_key unknown_key policy_violation unknown_label body_too_large slow_body ambiguous_length encoded_body".split(),
    *"caller_left internal_error not_found wrong_method".split(),
)
"""The error codes that callers may see, for the metrics."""


class Live:
    """The configuration that is being served. `runtime` is the current one; requests keep the one they began with."""

    def __init__(self, plan: Plan, path: Path | None = None) -> None:
        self._path = path
        self._retiring: set[asyncio.Task[None]] = set()
        self._state: State | None = None
        self.metrics = Prometheus()
        self.is_draining = False
        self.runtime = self._bring_up(plan)

    async def start(self) -> None:
        """Begin to share state, if the configuration says so."""
        self._state = connect(self.runtime.plan.state_url)
        self._state.start(self.runtime.fleet)

    async def reload(self) -> None:
        """Compile the file again and swap. Raises `ConfigError` with all problems, and keeps what is being served."""
        if self._path is None:
            return
        try:
            plan = await asyncio.to_thread(load, self._path)
        except ConfigError as error:
            _log.error("reload refused; the last good configuration stays", extra={"problems": len(error.problems)})
            raise
        old, self.runtime = self.runtime, self._bring_up(plan)
        if self._state is not None:
            self._state.start(self.runtime.fleet)
        task = asyncio.get_running_loop().create_task(_retire(old))
        self._retiring.add(task)  # kept: the loop holds weak references only
        task.add_done_callback(self._retiring.discard)
        _log.info("reloaded")

    async def close(self) -> None:
        """End everything."""
        self.is_draining = True
        for task in tuple(self._retiring):
            task.cancel()
        if self._state is not None:
            await self._state.close()
        await self.runtime.close()

    def _bring_up(self, plan: Plan) -> Runtime:
        observers: list[Observer] = []
        if plan.observing.log:
            observers.append(LogLines())
        if plan.observing.prometheus:
            self.metrics.configure(plan, CODES, lambda: (self.runtime.fleet, time.monotonic()))
            observers.append(self.metrics)
        targets = plan.policy.targets
        return Runtime(
            plan=plan,
            upstreams={name: CONNECT[upstream.kind](targets[name], upstream) for name, upstream in plan.upstreams.items()},
            fleet=Fleet(targets.values()),
            observers=tuple(observers),
            pool=ThreadPoolExecutor(2, "slow-detectors") if plan.slow else None,
            baseline=targets[plan.observing.baseline] if plan.observing.baseline else None,
        )


async def _retire(runtime: Runtime) -> None:
    """Close a replaced runtime when its last request has ended, or its time is over."""
    until = time.monotonic() + _RETIRE_S
    try:
        await asyncio.sleep(runtime.plan.limits.receive_s)  # requests whose bodies are still arriving began with this runtime too
        while time.monotonic() < until and any(in_flight for *_, in_flight in runtime.fleet.states(0.0)):  # noqa: ASYNC110  # nothing wakes us
            await asyncio.sleep(1.0)
    finally:
        await runtime.close()
