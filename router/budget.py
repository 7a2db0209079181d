"""The retry budget of one target: a token bucket, so that retries stay a share of the traffic however much of it fails. And of hedges.

A state machine without a clock: `now` comes as an argument.
"""

from dataclasses import dataclass

SHARE = 0.2
"""What a request pays in: one retry for five requests (RELIABILITY P10)."""
MOST = 10.0
"""What can be saved: as many retries as may come at once after a quiet time."""
RESERVE = 3.0
"""Retries that a target has from the start and, while little is asked of it, gets back: a gateway with few callers may still retry."""
REFILL_S = 10.0
"""Seconds in which one retry of the reserve comes back: at ten requests a second, one in a hundred."""


@dataclass(slots=True)
class Budget:
    """Retries that one target may still get. A request pays in `share` of one; up to `reserve` of them come back by themselves."""

    left: float = RESERVE
    filled: float = 0.0
    share: float = SHARE
    reserve: float = RESERVE

    def pay(self) -> None:
        """A request came that is no retry."""
        if self.left < MOST:
            self.left += self.share

    def allows(self, now: float) -> bool:
        """Whether a retry may be made now."""
        return self.left >= 1.0 or self.worth(now) >= 1.0

    def take(self, now: float) -> None:
        """A retry is made. Never below nothing, for those who were allowed one at the same moment."""
        self.left, self.filled = max(0.0, self.worth(now) - 1.0), now

    def worth(self, now: float) -> float:
        """What is left with what came back of the reserve since the last retry."""
        return max(self.left, min(self.reserve, self.left + (now - self.filled) / REFILL_S))
