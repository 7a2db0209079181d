"""Health is progress: an engine that has requests and makes no tokens is not well, whatever its health endpoint says.

A state machine without a clock: `now` comes as an argument.
"""

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """What one engine made. `made` is whatever moves when it works, as its counters of tokens; `since` when it last moved or rested."""

    made: Hashable = None
    since: float | None = None

    def is_stalled(self, made: Hashable, now: float, after_s: float, *, is_busy: bool) -> bool:
        """Look again. True: it has had requests for `after_s` seconds, in which nothing moved."""
        if self.since is None or made != self.made or not is_busy:
            self.made, self.since = made, now
        return now - self.since >= after_s
