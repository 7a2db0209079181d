"""The lines before local targets: who waits there sleeps until there is room, its time is over or its caller leaves.

`router.admission` says who goes, waits or goes elsewhere; here are the clock, the futures and the counts.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from gateway.plan import Plan
from router.admission import Capacity, Gate, Line, Place, Verdict, reserved_from
from router.attempt import Outcome
from router.names import TargetName

LINES: tuple[Line, ...] = ("sensitive", "public")
TRIGGERS: tuple[Verdict, ...] = ("forecast", "queue", "late")
"""Why a request is not let in."""
Sample = tuple[str, tuple[str, ...], float]


class Door:
    """The line before one target. `turned_away` counts who was not let in, by line, why, and whether another target was there for it."""

    __slots__ = ("_turns", "gate", "name", "turned_away")

    def __init__(self, name: TargetName, gate: Gate) -> None:
        self.name = name
        self.gate = gate
        self.turned_away: Counter[tuple[Line, Verdict, bool]] = Counter()
        self._turns: dict[Place, asyncio.Future[None]] = {}

    async def enter(self, place: Place, now: float) -> Verdict:
        """Wait for room, if it must be. Anything but `go`: it was not let in. Who was let in must `leave`; `began` is `now` if at once."""
        verdict = self.gate.enter(place, now)
        if verdict == "wait":
            verdict = await self._wait(place)
        if verdict != "go":
            self.turned_away[place.line, verdict, place.can_leave] += 1
        return verdict

    async def _wait(self, place: Place) -> Verdict:
        turn = self._turns[place] = asyncio.get_running_loop().create_future()
        is_here = False
        try:
            await asyncio.wait((turn,), timeout=max(0.0, place.until - time.monotonic()))
            is_here = True
        finally:
            del self._turns[place]
            if place.began is None:
                self.gate.give_up(place)
            elif not is_here:  # it was let in while its caller left
                self.leave(place, None)
        return "late" if place.began is None else "go"

    def answered(self, place: Place) -> None:
        """The first bytes of its answer are there."""
        self.gate.answered(place, time.monotonic())

    def leave(self, place: Place, outcome: Outcome | None) -> None:
        """One that was let in has ended; None: it was not even tried."""
        self._wake(self.gate.leave(place, outcome, time.monotonic()))

    def _wake(self, places: Iterable[Place]) -> None:
        for place in places:
            self._turns[place].set_result(None)

    def follow(self, capacity: Capacity, replicas: int) -> None:
        """Take the capacity of another plan, or of other replicas."""
        self._wake(self.gate.follow(capacity, replicas, time.monotonic()))

    def samples(self) -> Iterator[Sample]:
        """What a scrape reads."""
        gate, name = self.gate, self.name
        for line in LINES:
            yield "local_queue_depth", (name, line), gate.depth(line)
            for why in TRIGGERS:
                yield "admission_refusals_total", (name, line, why), self.turned_away[line, why, False]
        for why in TRIGGERS:
            yield "spilled_total", (name, why), sum(self.turned_away[line, why, True] for line in LINES)
        yield "first_token_forecast_seconds", (name,), gate.first_token_s()
        if gate.slots is not None:
            yield "admission_slots", (name,), gate.slots


class Admission:
    """The doors of all targets that have one, by name. One for the process: what is known of a target outlives a reload."""

    __slots__ = ("_known", "doors")

    def __init__(self, plan: Plan | None = None) -> None:
        self.doors: dict[TargetName, Door] = {}
        self._known: dict[TargetName, Door] = {}
        if plan is not None:
            self.follow(plan)

    def follow(self, plan: Plan) -> None:
        """Have the doors of this plan. Who is in one that is no more still leaves it in order, and counts there if it comes again."""
        self.doors = {}
        for name, gate in _gates(plan):
            door = self.doors[name] = self._known.setdefault(name, Door(name, gate))
            door.follow(gate.capacity, gate.replicas)

    def resize(self, name: TargetName, replicas: int) -> None:
        """The target has so many replicas now. Nothing where it has no door."""
        door = self.doors.get(name)
        if door is not None and door.gate.replicas != replicas:
            door.follow(door.gate.capacity, replicas)

    def samples(self) -> Iterator[Sample]:
        """What a scrape reads."""
        for door in self.doors.values():
            yield from door.samples()


def _gates(plan: Plan) -> Iterator[tuple[TargetName, Gate]]:
    policy = plan.policy
    first = reserved_from(policy.labels, (target.clearance for target in policy.targets.values() if target.zone == "external"))
    for name, upstream in plan.upstreams.items():
        if upstream.capacity is not None:
            yield (
                name,
                Gate(replace(upstream.capacity, reserved_for=upstream.capacity.reserved_for or first), policy.targets[name].replicas),
            )
