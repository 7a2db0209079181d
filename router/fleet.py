"""The fleet: which replicas of which targets can be asked now. A state machine without a clock: `now` and the dice come as arguments.

One breaker per replica. It opens after `TRIP` failures in a row that count (`Failure.hurts`) and stays open for a jittered, growing time;
then one request is let through to see. A target that asks for patience (Retry-After) is left alone for as long, which is no fault.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from router.attempt import Abandoned, Attempt, Failed, Outcome, Rejected, Served
from router.decision import Target
from router.failures import LONGEST_COOL_S
from router.names import TargetName

TRIP = 5
"""Failures in a row that open a breaker: Envoy's default for consecutive 5xx."""
FIRST_OPEN_S = 2.0
LONGEST_OPEN_S = 60.0
PROBE_S = 5.0
"""For so long a probe is alone; then another is let through, so that one slow answer cannot keep a healthy replica closed."""


@dataclass(slots=True)
class Breaker:
    """The state of one replica. Times are in seconds of the caller's monotonic clock; an `open_until` of 0 means closed."""

    failures: int = 0
    openings: int = 0
    open_until: float = 0.0
    cool_until: float = 0.0
    held_until: float = 0.0
    in_flight: int = 0
    probe: Attempt | None = None
    probe_until: float = 0.0

    def wait_s(self, now: float) -> float:
        """Seconds until the replica may be asked; 0 when it may be asked now: closed, or open long enough and nobody is trying it."""
        probed = 0.0 if self.probe is None else self.probe_until
        return max(0.0, max(self.open_until, self.cool_until, self.held_until, probed) - now)

    def is_ready(self, now: float) -> bool:
        """Whether the replica may be asked now: `wait_s` is 0."""
        return (
            self.open_until <= now and self.cool_until <= now and self.held_until <= now and (self.probe is None or self.probe_until <= now)
        )

    def state(self, now: float) -> str:
        """`closed`, `open` or `half_open`."""
        if now < max(self.open_until, self.cool_until, self.held_until):
            return "open"
        return "half_open" if self.open_until else "closed"

    def close(self) -> None:
        """The replica answers."""
        self.failures = self.openings = 0
        self.open_until, self.held_until, self.probe = 0.0, 0.0, None

    def hurt(self, now: float, dice: float, *, was_probe: bool) -> None:
        """A failure that counts. What was under way when the breaker opened says nothing new, else a herd would keep it shut for long."""
        if self.open_until and not was_probe:
            return
        self.failures += 1
        if was_probe or self.failures >= TRIP:
            grown = min(FIRST_OPEN_S * 2.0**self.openings, LONGEST_OPEN_S)
            self.openings += 1
            self.open_until = now + grown * (0.5 + 0.5 * dice)


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
        """An attempt starts. Behind a breaker that was open long enough it is the probe."""
        breaker = self._of(attempt)
        breaker.in_flight += 1
        if breaker.open_until and now >= breaker.open_until:
            breaker.probe, breaker.probe_until = attempt, now + PROBE_S

    def answered(self, attempt: Attempt) -> None:
        """The first bytes of the answer came. Call it at the commit point, so that a probe need not end before others may follow."""
        self._of(attempt).close()

    def note(self, attempt: Attempt, outcome: Outcome, now: float, dice: float) -> None:
        """An attempt, the very one that was begun, ended. `dice` in 0..1 jitters how long a breaker stays open."""
        breaker = self._of(attempt)
        breaker.in_flight -= 1
        was_probe = breaker.probe is attempt
        if was_probe:
            breaker.probe = None
        if isinstance(outcome, Abandoned):
            return
        if isinstance(outcome, (Served, Rejected)) or outcome.failure.is_about_request:
            breaker.close()
        elif isinstance(outcome, Failed) and outcome.retry_after_s:
            breaker.cool_until = max(breaker.cool_until, now + min(outcome.retry_after_s, LONGEST_COOL_S))
        elif outcome.failure.hurts:
            breaker.hurt(now, dice, was_probe=was_probe)

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
