"""The fleet: which replicas of which targets can be asked now. A state machine without a clock: `now` and the dice come as arguments.

One breaker per replica, one retry budget and one detour per target.
"""

from collections.abc import Container, Iterable

from router.attempt import Attempt, Outcome
from router.breaker import Breaker
from router.budget import Budget
from router.decision import Target
from router.detour import Detour
from router.names import TargetName


class Fleet:
    """All replicas of all targets. Mutable, owned by one event loop."""

    def __init__(self, targets: Iterable[Target]) -> None:
        """A closed breaker for every replica."""
        targets = tuple(targets)
        self._budgets = {target.name: Budget() for target in targets}
        self._detours = {target.name: Detour() for target in targets}
        self._breakers: dict[TargetName, list[Breaker]] = {target.name: [Breaker() for _ in range(target.replicas)] for target in targets}

    def pick(self, target: Target, now: float, but: Container[int] = ()) -> int | None:
        """The replica to ask: of those that may be asked, one not in `but` if possible, and the one with the fewest requests in flight.

        None: no replica may be asked.
        """
        breakers = self._breakers[target.name]
        if len(breakers) == 1:  # most targets have one replica
            return 0 if breakers[0].is_ready(now) else None
        able = [index for index, breaker in enumerate(breakers) if breaker.is_ready(now)]
        return min(able, key=lambda index: (index in but, breakers[index].in_flight), default=None)

    def is_ready(self, attempt: Attempt, now: float) -> bool:
        """Whether an attempt that was picked some time ago may still be made."""
        return self._of(attempt).is_ready(now)

    def soonest(self, target: Target, now: float) -> tuple[int, tuple[float, float]]:
        """The replica that may be asked first where no other target can be; in how many seconds, and when there is room in the crowd."""
        waits = [breaker.soonest_s(now) for breaker in self._breakers[target.name]]
        replica = min(range(len(waits)), key=lambda index: max(waits[index]))
        return replica, waits[replica]

    def may_repeat(self, target: Target, now: float) -> bool:
        """Whether the target's budget has a retry left."""
        return self._budgets[target.name].allows(now)

    def detour_s(self, target: Target, now: float) -> float:
        """Seconds until a request that failed elsewhere may turn to this target; 0 when it may now."""
        return self._detours[target.name].wait_s(now)

    def claim(self, attempt: Attempt, now: float) -> None:
        """An attempt that was picked is about to start: at an open breaker it is the probe, before anybody else is."""
        self._of(attempt).claim(attempt, now)

    def release(self, attempt: Attempt) -> None:
        """An attempt that was claimed is not made after all."""
        self._of(attempt).release(attempt)

    def begin(self, attempt: Attempt, now: float) -> None:
        """An attempt starts: a first one pays into its target's retry budget, a repeated one takes from it."""
        name = attempt.target.name
        if attempt.is_repeated:
            self._budgets[name].take(now)
        else:
            self._budgets[name].pay()
            if attempt.number > 1:
                self._detours[name].begin(now)
        self._breakers[name][attempt.replica].begin(attempt, now)

    def answered(self, attempt: Attempt, now: float) -> bool:
        """The first bytes of the answer came. Call it at the commit point, so that a probe need not end before others may follow.

        Whether the replica has come back with that.
        """
        return self._of(attempt).close(now)

    def ailing(self) -> list[tuple[TargetName, int]]:
        """Every replica that failed and was not answered since: what checks beside the traffic look at."""
        return [(name, index) for name, breakers in self._breakers.items() for index, one in enumerate(breakers) if one.open_until]

    def checked(self, target: TargetName, replica: int, now: float, *, is_up: bool) -> bool:
        """What such a check found; whether a replica is back that was known to be down. Unknown names are passed over."""
        breakers = self._breakers.get(target, [])
        return replica < len(breakers) and breakers[replica].checked(now, is_up=is_up)

    def budgets(self, now: float) -> Iterable[tuple[TargetName, float]]:
        """`(target, retries that it may still get)` of every target."""
        return ((name, budget.worth(now)) for name, budget in self._budgets.items())

    def note(self, attempt: Attempt, outcome: Outcome, now: float, dice: float) -> None:
        """An attempt, the very one that was begun, ended. `dice` in 0..1 jitters how long a breaker stays open."""
        if attempt.number > 1 and not attempt.is_repeated:
            self._detours[attempt.target.name].end()
        self._of(attempt).note(attempt, outcome, now, dice)

    def retry_after_s(self, targets: Iterable[Target], now: float) -> float | None:
        """Seconds until the first replica of any of the targets may be asked again; None when one may be asked now or there is none."""
        return min((breaker.wait_s(now) for target in targets for breaker in self._breakers[target.name]), default=0.0) or None

    def states(self, now: float) -> Iterable[tuple[TargetName, int, str, int]]:
        """`(target, replica, breaker state, requests in flight)` of every replica."""
        for name, breakers in self._breakers.items():
            for index, breaker in enumerate(breakers):
                yield name, index, breaker.state(now), breaker.in_flight

    def openings(self, now: float) -> Iterable[tuple[TargetName, int, float]]:
        """`(target, replica, seconds left)` of every replica that this gateway itself found not fit. What it was told is not told on."""
        for name, breakers in self._breakers.items():
            for index, breaker in enumerate(breakers):
                left = max(breaker.open_until, breaker.cool_until) - now
                if left > 0.0:
                    yield name, index, left

    def hold(self, target: TargetName, replica: int, until: float) -> None:
        """Another gateway found this replica not fit: do not ask it before `until`. Never shortens; unknown names are passed over.

        Ignored while requests are under way there and none has failed: what is seen here counts for more, the trouble may be theirs.
        """
        breakers = self._breakers.get(target, [])
        if not 0 <= replica < len(breakers):
            return
        breaker = breakers[replica]
        if breaker.failures or not breaker.in_flight:
            breaker.held_until = max(breaker.held_until, until)

    def _of(self, attempt: Attempt) -> Breaker:
        return self._breakers[attempt.target.name][attempt.replica]
