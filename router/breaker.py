"""The breaker of one replica: whether it may be asked now. A state machine without a clock: `now` and the dice come as arguments.

It opens after `TRIP` failures in a row that count (`Failure.hurts`) and stays open for a jittered, growing time; then one request is let
through to see. When that is answered, the others follow in growing numbers. Checks beside the traffic (`checked`) keep a replica shut that
is known to be down, and open the door as soon as it is back. A replica that asks for patience (Retry-After) is left alone for as long,
which is no fault.
"""

import math
from dataclasses import dataclass, field

from router.attempt import Abandoned, Attempt, Failed, Outcome, Rejected, Served
from router.failures import LONGEST_COOL_S, Kind

TRIP = 5
"""Failures in a row that open a breaker: Envoy's default for consecutive 5xx."""
TRIP_AGAIN = 2
"""Failures in a row that open it again within `STEADY_S` of the last time: what flaps is not given five requests at every turn."""
STEADY_S = 30.0
FIRST_OPEN_S = 2.0
LONGEST_OPEN_S = 8.0
"""A probe that fails at once costs one request little, so a target that is back is found within ten seconds, whatever checks say."""
LONGEST_SILENT_OPEN_S = 60.0
"""A probe of a silent target costs a caller a whole clock."""
LAST_RESORT_S = 1.0
"""Where nobody else can be asked, a probe is due after so long, whatever the growing time says."""
PROBE_S = 5.0
"""For so long a probe is alone; then another is let through, so that one slow answer cannot keep a healthy replica closed."""
DOWN_S = 5.0
"""For so long a check that found the replica down is believed: longer than two checks are apart, the longest of them included."""
RECHECK_S = 0.25
"""How soon to look whether the next check has found it up, or the probe under way was answered: either may be at any moment."""
RAMP_S = 2.0
FIRST_ROOM = 8
ROOM_DOUBLES_S = 0.25
"""After a probe was answered so many requests may be in flight, twice as many every so often, and any number after `RAMP_S`: those who
were waiting would otherwise fall upon an engine that has just begun to load."""

_SILENT: frozenset[Kind] = frozenset({"SLOW_START", "STALLED"})


def crowded_s(in_flight: int, since_s: float) -> float:
    """Seconds until there is room for one more beside `in_flight`, when the first were let through so long ago; 0 when there is now."""
    if in_flight < FIRST_ROOM:
        return 0.0
    return max(0.0, min(math.log2((in_flight + 1) / FIRST_ROOM) * ROOM_DOUBLES_S, RAMP_S) - since_s)


@dataclass(slots=True)
class Breaker:
    """The state of one replica. Times are in seconds of the caller's monotonic clock; an `open_until` of 0 means closed."""

    failures: int = 0
    openings: int = 0
    opened: float = 0.0
    open_until: float = 0.0
    down_until: float = 0.0
    cool_until: float = 0.0
    held_until: float = 0.0
    ramp_until: float = 0.0
    in_flight: int = 0
    probe: Attempt | None = None
    probe_until: float = 0.0
    is_calm: bool = field(init=False, compare=False)
    """Nothing was held against it of late: then nothing is compared. What finds a fault ends it, `is_ready` sees that it is over."""

    def __post_init__(self) -> None:
        """Calm, unless it was made with something against it."""
        shut = (self.open_until, self.down_until, self.cool_until, self.held_until, self.ramp_until)
        self.is_calm = not self.failures and self.probe is None and not any(shut)

    def wait_s(self, now: float) -> float:
        """Seconds until the replica may be asked; 0 when it may be asked now: closed, or open long enough and nobody is trying it."""
        probed = 0.0 if self.probe is None else self.probe_until
        return max(self._shut_s(now, max(self.open_until, self.down_until, probed)), self._crowded_s(now))

    def soonest_s(self, now: float) -> tuple[float, float]:
        """The same where nobody else can be asked: seconds until it may be asked, and those until there is room in the crowd.

        An open breaker is then probed once in `LAST_RESORT_S`, unless a check finds it down.
        A probe that is under way, and the next check, may open it at any moment, so they are not waited for to their end.
        """
        probed = 0.0 if self.probe is None else self.probe_until
        opening = min(self.open_until, self.opened + LAST_RESORT_S)
        return self._shut_s(now, max(opening, min(max(self.down_until, probed), now + RECHECK_S))), self._crowded_s(now)

    def is_ready(self, now: float) -> bool:
        """Whether the replica may be asked now: `wait_s` is 0."""
        if self.is_calm:
            return True
        if self.wait_s(now):
            return False
        self.is_calm = not self.failures and not self.open_until and self.probe is None and self.ramp_until <= now
        return True

    def _shut_s(self, now: float, opening: float) -> float:
        return max(0.0, max(opening, self.cool_until, self.held_until) - now)

    def _crowded_s(self, now: float) -> float:
        """Seconds until there is room for one more, as long as there is not for any number."""
        return 0.0 if self.ramp_until <= now else crowded_s(self.in_flight, now - (self.ramp_until - RAMP_S))

    def state(self, now: float) -> str:
        """`closed`, `open` or `half_open`."""
        if now < max(self.open_until, self.down_until, self.cool_until, self.held_until):
            return "open"
        return "half_open" if self.open_until else "closed"

    def claim(self, attempt: Attempt, now: float) -> None:
        """An attempt is about to start. When the breaker is open and due, this is the probe, and nobody else is let through meanwhile."""
        is_tried = self.probe is not None and now < self.probe_until
        if self.open_until and not is_tried and now >= min(self.open_until, self.opened + LAST_RESORT_S):
            self.probe, self.probe_until = attempt, now + PROBE_S

    def release(self, attempt: Attempt) -> None:
        """An attempt that was claimed is not made after all."""
        if self.probe is attempt:
            self.probe = None

    def begin(self, attempt: Attempt, now: float) -> None:
        """An attempt starts."""
        self.in_flight += 1
        if self.open_until and self.probe is not attempt:
            self.claim(attempt, now)

    def hold(self, until: float) -> None:
        """Somebody else found it not fit: it is not asked before then. Never shortens."""
        self.held_until, self.is_calm = max(self.held_until, until), False

    def note(self, attempt: Attempt, outcome: Outcome, now: float, dice: float) -> None:
        """An attempt, the very one that was begun, ended. `dice` in 0..1 jitters how long the breaker stays open."""
        self.in_flight -= 1
        if self.is_calm and type(outcome) is Served:  # the usual end
            return
        was_probe = self.probe is attempt
        if was_probe:
            self.probe = None
        if isinstance(outcome, (Served, Rejected)):
            self.close(now)
        elif isinstance(outcome, Abandoned):
            return
        elif outcome.failure.is_about_request:
            self.close(now)
        elif isinstance(outcome, Failed) and outcome.retry_after_s:
            self.is_calm = False
            self.cool_until = max(self.cool_until, now + min(outcome.retry_after_s, LONGEST_COOL_S))
        elif outcome.failure.hurts:
            self._hurt(outcome.failure.kind, now, dice, was_probe=was_probe)

    def close(self, now: float) -> bool:
        """The replica answers. Whether it has come back with that."""
        if self.is_calm:
            return False
        self.failures, self.held_until = 0, 0.0
        if not self.open_until:
            return False
        self.ramp_until = now + RAMP_S
        self.open_until, self.down_until, self.probe = 0.0, 0.0, None
        return True

    def checked(self, now: float, *, is_up: bool) -> bool:
        """What a check beside the traffic found; whether a replica that was known to be down is back.

        That a replica answers checks says nothing while requests fail there: only one that had not answered them, and now does, is new.
        """
        if not self.open_until:
            return False
        if not is_up:
            self.down_until = now + DOWN_S
            return False
        is_back = self.down_until > 0.0
        if is_back:
            self.down_until, self.open_until = 0.0, min(self.open_until, now)
        return is_back

    def _hurt(self, kind: Kind, now: float, dice: float, *, was_probe: bool) -> None:
        """A failure that counts. What was under way when the breaker opened says nothing new, else a herd would keep it shut for long."""
        if self.open_until and not was_probe:
            return
        self.is_calm = False
        self.failures += 1
        if not was_probe and now - self.opened > STEADY_S:
            self.openings = 0
        if was_probe or self.failures >= (TRIP if not self.openings else TRIP_AGAIN):
            longest = LONGEST_SILENT_OPEN_S if kind in _SILENT else LONGEST_OPEN_S
            grown = min(FIRST_OPEN_S * 2.0**self.openings, longest)
            self.openings += 1
            self.opened = now
            self.open_until = now + grown * (0.5 + 0.5 * dice)
