"""The breaker of one replica: whether it may be asked now. A state machine without a clock: `now` and the dice come as arguments.

It opens after `TRIP` failures in a row that count (`Failure.hurts`) and stays open for a jittered, growing time; then one request is let
through to see. A replica that asks for patience (Retry-After) is left alone for as long, which is no fault.
"""

from dataclasses import dataclass

from router.attempt import Abandoned, Attempt, Failed, Outcome, Rejected, Served
from router.failures import LONGEST_COOL_S

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

    def begin(self, attempt: Attempt, now: float) -> None:
        """An attempt starts. When the breaker was open long enough it is the probe."""
        self.in_flight += 1
        if self.open_until and now >= self.open_until:
            self.probe, self.probe_until = attempt, now + PROBE_S

    def note(self, attempt: Attempt, outcome: Outcome, now: float, dice: float) -> None:
        """An attempt, the very one that was begun, ended. `dice` in 0..1 jitters how long the breaker stays open."""
        self.in_flight -= 1
        was_probe = self.probe is attempt
        if was_probe:
            self.probe = None
        if isinstance(outcome, Abandoned):
            return
        if isinstance(outcome, (Served, Rejected)) or outcome.failure.is_about_request:
            self.close()
        elif isinstance(outcome, Failed) and outcome.retry_after_s:
            self.cool_until = max(self.cool_until, now + min(outcome.retry_after_s, LONGEST_COOL_S))
        elif outcome.failure.hurts:
            self._hurt(now, dice, was_probe=was_probe)

    def close(self) -> None:
        """The replica answers."""
        self.failures = self.openings = 0
        self.open_until, self.held_until, self.probe = 0.0, 0.0, None

    def _hurt(self, now: float, dice: float, *, was_probe: bool) -> None:
        """A failure that counts. What was under way when the breaker opened says nothing new, else a herd would keep it shut for long."""
        if self.open_until and not was_probe:
            return
        self.failures += 1
        if was_probe or self.failures >= TRIP:
            grown = min(FIRST_OPEN_S * 2.0**self.openings, LONGEST_OPEN_S)
            self.openings += 1
            self.open_until = now + grown * (0.5 + 0.5 * dice)
