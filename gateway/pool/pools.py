"""All pools of what is being served. A reload begins new ones, which know what those before them had found."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from gateway.backstop import Backstop
from gateway.plan import Plan
from gateway.pool.pool import Pool
from gateway.registry import destinations
from gateway.runtime import Runtime
from gateway.upstreams.openai_compatible import OpenAICompatible
from router.fleet import Known
from router.names import TargetName


class Pools:
    """The pools of the current runtime. Lives as long as the process; nothing is watched before the first `follow`."""

    def __init__(self, backstop: Backstop | None = None) -> None:
        """`backstop` is told where found replicas are."""
        self._backstop = backstop
        self._runtime: Runtime | None = None
        self._pools: dict[TargetName, Pool] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def follow(self, runtime: Runtime) -> None:
        """Watch the pools of this runtime from now on."""
        before = self._pools
        await self.close()
        self._runtime = runtime
        self._pools = dict(self._made(runtime))
        if self._backstop is not None:
            for name in before.keys() - self._pools.keys():
                self._backstop.find(name, ())
        now = time.monotonic()
        for name in before.keys() & self._pools.keys():
            self._pools[name].follow(before[name].found_for(self._pools[name]), now)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(pool.run(), name=f"tidegate-pool-{name}") for name, pool in self._pools.items()]

    async def close(self) -> None:
        """Watch no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pool in self._pools.values():
            await pool.close()
        self._tasks, self._pools = [], {}

    def known(self, later: Plan) -> Known:
        """What is known of replicas that are the same in a later plan: target, address, model and our key stayed."""
        if self._runtime is None:
            return {}
        fleet = self._runtime.fleet
        same = _identities(self._runtime.plan).items() & _identities(later).items()
        return {(name, address): replica for name, _ in same for address, replica in fleet.known(name).items()}

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """What the metrics show."""
        for pool in self._pools.values():
            yield from pool.samples(time.monotonic())

    def _made(self, runtime: Runtime) -> Iterable[tuple[TargetName, Pool]]:
        lowest = runtime.plan.policy.labels.lowest
        for name, plan in runtime.plan.upstreams.items():
            upstream = runtime.upstreams[name]
            if plan.pool is not None and isinstance(upstream, OpenAICompatible):
                pool = Pool(runtime.plan.policy.targets[name], plan, runtime.fleet, upstream, lowest)
                pool.allow = self._allowing(runtime, name)
                pool.count = partial(_count, runtime, name)
                if runtime.reservations is not None:
                    pool.heard = partial(runtime.reservations.heard, name)
                yield name, pool

    def _allowing(self, runtime: Runtime, name: TargetName) -> Callable[[Sequence[str]], None]:
        plan = runtime.plan.upstreams[name]

        def allow(bases: Sequence[str]) -> None:
            if self._backstop is not None:
                self._backstop.find(name, destinations(replace(plan, urls=tuple(bases)), runtime.plan.policy.targets[name]))

        return allow


def _count(runtime: Runtime, name: TargetName, replicas: int) -> None:
    runtime.admission.resize(name, replicas)
    if runtime.reservations is not None:
        runtime.reservations.look()


def _identities(plan: Plan) -> dict[TargetName, tuple[str, str, str]]:
    keys = {name: "" if upstream.key is None else upstream.key.reveal() for name, upstream in plan.upstreams.items()}
    return {name: (target.model, target.zone, keys.get(name, "")) for name, target in plan.policy.targets.items()}
