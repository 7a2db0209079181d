"""The detour to one target: how many requests may be on it that failed elsewhere. A state machine without a clock.

When a target fails, all that was under way there turns to the next one at the same moment, which may have no room for it, or fail as well.
So they follow in growing numbers: if the next one fails too, its breaker knows before all of them have asked it.
"""

from dataclasses import dataclass

from router.breaker import RAMP_S, STEADY_S, crowded_s


@dataclass(slots=True)
class Detour:
    """Requests that are at this target because another one failed them. Times are of the caller's monotonic clock."""

    in_flight: int = 0
    began: float = -STEADY_S
    used: float = -STEADY_S

    def wait_s(self, now: float) -> float:
        """Seconds until there is room for one more; 0 when there is now."""
        if not self.in_flight:
            return 0.0
        return crowded_s(self.in_flight, now - self.began) if now - self.began < RAMP_S else 0.0

    def begin(self, now: float) -> None:
        """One more is on it; after a long time without any it begins anew."""
        if now - self.used >= STEADY_S:
            self.began = now
        self.used = now
        self.in_flight += 1

    def end(self) -> None:
        """One has ended."""
        self.in_flight -= 1
