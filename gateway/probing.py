"""`Probing`: checks beside the traffic, so that no caller has to find out whether a failed replica is back.

Only replicas that failed are checked, each once a second, by the list of models at their own address (`gateway.upstreams.control`): no
content, no redirects, and nothing outside while the gateway is locked down. What a check says, the breaker weighs (`Breaker.checked`).
"""

import asyncio
import importlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from gateway.plan import UpstreamPlan
from gateway.runtime import Runtime
from gateway.secret import Secret
from gateway.seeds import CHECK_RESULTS
from gateway.upstreams.origin import Network
from router.names import TargetName

if TYPE_CHECKING:
    from gateway.upstreams.control import Probe

EVERY_S = 1.0
Check = Callable[[str, Sequence[Network], Sequence[tuple[str, Secret]]], Awaitable["Probe"]]
"""Looks at one address; never raises. The seam for tests."""


async def probe(url: str, networks: Sequence[Network], headers: Sequence[tuple[str, Secret]]) -> "Probe":
    """`control.probe`. Its client is loaded with the first check, beside the loop: where nothing fails nobody needs it."""
    control = await asyncio.to_thread(importlib.import_module, "gateway.upstreams.control")
    found: Probe = await control.probe(url, networks, headers)
    return found


class Probing:
    """Checks the replicas that ail, of whatever is being served: `runtime` gives it anew for every round."""

    def __init__(self, runtime: Callable[[], Runtime], every_s: float = EVERY_S, check: Check = probe) -> None:
        self._runtime = runtime
        self._check_one = check
        self._every_s = every_s
        self._under_way: dict[tuple[TargetName, int], asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._found: Counter[tuple[str, str]] = Counter()

    def start(self) -> None:
        """Begin. Needs a running loop; a second start changes nothing."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="tidegate-probing")

    async def close(self) -> None:
        """Stop, and wait until nothing is under way."""
        task, self._task = self._task, None
        ending = [*self._under_way.values(), *([] if task is None else [task])]
        for one in ending:
            one.cancel()
        if ending:
            await asyncio.wait(ending)

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """For the metrics: checks so far."""
        for target in self._runtime().plan.policy.targets:
            for result in CHECK_RESULTS:
                yield "health_checks_total", (target, result), float(self._found[target, result])

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            runtime = self._runtime()
            for place, upstream in _due(runtime):
                if place not in self._under_way:
                    task = asyncio.get_running_loop().create_task(self._check(runtime, upstream, place))
                    self._under_way[place] = task
                    task.add_done_callback(partial(self._over, place))

    def _over(self, place: tuple[TargetName, int], _task: asyncio.Task[None]) -> None:
        self._under_way.pop(place, None)

    async def _check(self, runtime: Runtime, upstream: UpstreamPlan, place: tuple[TargetName, int]) -> None:
        target, replica = place
        try:
            found = await self._check_one(upstream.urls[replica], upstream.networks, upstream.known_by)
        except Exception as error:  # noqa: BLE001  # a defect in a check may not end the checks
            runtime.report("-", error)
            return
        is_up = _is_up(found)
        is_back = runtime.fleet.checked(target, replica, time.monotonic(), is_up=is_up)
        self._found[target, "back" if is_back else "up" if is_up else "down"] += 1
        if is_back:
            runtime.waiting.wake()


def _due(runtime: Runtime) -> Iterator[tuple[tuple[TargetName, int], UpstreamPlan]]:
    """Who is checked now: replicas that ail, have an address, want to be checked, and may be asked."""
    upstreams, targets = runtime.plan.upstreams, runtime.plan.policy.targets
    for target, replica in runtime.fleet.ailing():
        upstream = upstreams[target]
        is_barred = runtime.lockdown.is_on and targets[target].zone == "external"
        has_address = replica < len(upstream.urls) and targets[target].replicas > 0  # those that come and go answer to one name
        if upstream.is_checked and has_address and not is_barred:
            yield (target, replica), upstream


def _is_up(found: "Probe") -> bool:
    """Whether somebody is there. A refused key, or no list of models, is an answer too; whether it serves, a request will show."""
    return found.is_up or 200 <= found.status < 500
