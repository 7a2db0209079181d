"""Whether the local pool has time for what nobody waits for."""

from collections import Counter
from collections.abc import Iterable

from gateway.runtime import Runtime
from router.attempt import Attempt
from router.names import TargetName


def is_idle(runtime: Runtime, own: Iterable[Attempt | None], below: int, now: float) -> bool:
    """Whether nobody waits for a local target, and each has fewer requests of others than `below`, or than half of its slots.

    `own` are the attempts that are made for batches. Targets outside do not count.
    """
    ours = Counter(attempt.target.name for attempt in own if attempt is not None)
    busy: Counter[TargetName] = Counter()
    for name, _, _, in_flight in runtime.fleet.states(now):
        busy[name] += in_flight
    doors = runtime.admission.doors
    for name, target in runtime.plan.policy.targets.items():
        if target.zone != "local":
            continue
        door = doors.get(name)
        if door is not None and door.gate.depth("sensitive") + door.gate.depth("public"):
            return False
        slots = None if door is None else door.gate.slots
        if busy[name] - ours[name] >= max(below, 0 if slots is None else slots // 2):
            return False
    return True
