"""The fleet: which replicas of which targets can be asked now. A state machine without a clock: `now` and the dice come as arguments.

One breaker per replica.
"""

from collections.abc import Container, Iterable

from router.attempt import Attempt, Outcome
from router.breaker import Breaker
from router.decision import Target
from router.names import TargetName


class Fleet:
    """All replicas of all targets. Mutable, owned by one event loop."""

    def __init__(self, targets: Iterable[Target]) -> None:
        """A closed breaker for every replica."""
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

    def begin(self, attempt: Attempt, now: float) -> None:
        """An attempt starts."""
        self._of(attempt).begin(attempt, now)

    def answered(self, attempt: Attempt) -> None:
        """The first bytes of the answer came. Call it at the commit point, so that a probe need not end before others may follow."""
        self._of(attempt).close()

    def note(self, attempt: Attempt, outcome: Outcome, now: float, dice: float) -> None:
        """An attempt, the very one that was begun, ended. `dice` in 0..1 jitters how long a breaker stays open."""
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
