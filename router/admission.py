"""Who may ask a target now, who waits and who goes elsewhere. A state machine without a clock: `now` comes as an argument.

A target takes so many attempts at a time, as configured or as it showed by refusing more. A part of that is kept for what may not leave.
Who finds no room waits in a bounded line, or goes on to the next target of its chain before the first token would come too late.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

from router.attempt import Failed, Outcome
from router.forecast import Forecast
from router.labels import Label

Line = Literal["sensitive", "public"]
"""Whether a request's label keeps it from the destinations outside: those go first."""

Verdict = Literal["go", "wait", "forecast", "queue", "late"]
"""Ask now; wait; or do not ask: because the first token would come too late, the line is full, or the wait took too long."""

HEAD_START_S = 5.0
"""By so much a sensitive request is served before a public one that came earlier. Who waits for longer than that is overtaken no more."""
PRIORITY_S = 1.0
"""By so much for each step of a key's priority."""
MOST_WAITING_BYTES = 64_000_000
"""Bodies of all that wait for one target, beyond which nobody more does."""
MARGIN = 0.9
"""The part of its time that a wait may take by the forecast: who would come to the front at the last moment is refused at once instead."""
STALE_S = 10.0
"""A forecast that was not measured for so long is measured again: with one request, when nothing else is under way."""
CALM_S = 5.0
"""Refusals that come closer together than this tell of one trouble."""
LONGEST_RETRY_S = 60.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much a target takes. `slots` attempts at a time for each replica, None: as many as it does not refuse.

    `reserved_share` of them, and of the `queue` places, are kept for labels from `reserved_for` on (None: nobody is preferred). Nobody is
    waited for longer than `wait_s` seconds from its arrival on. Who can go elsewhere does so when its first token is forecast to take more
    than `spill_above_s` seconds; None: only when there is no place to wait.
    """

    slots: int | None = None
    reserved_share: float = 0.2
    reserved_for: Label | None = None
    queue: int = 256
    wait_s: float = 10.0
    spill_above_s: float | None = 2.0


@dataclass(slots=True, eq=False)
class Place:
    """One request before a target. `since` is when it arrived, `until` when it is waited for no longer, both on the monotonic clock.

    `can_leave`: another target of its chain would take it. `is_stream`: its first byte is its first token. Of a whole answer nobody knows
    when its prompt was read, so it counts for slots only.
    """

    line: Line
    since: float
    until: float
    tokens: int = 0
    body_bytes: int = 0
    priority: int = 0
    can_leave: bool = False
    is_stream: bool = True
    began: float | None = None
    """When it was let in; None as long as it waits."""
    ahead: int | None = None
    """Tokens that were to be read when a stream was let in, its own among them; None before that, and once its answer began."""


_Waiting = tuple[float, int, Place]


@dataclass(slots=True)
class Gate:
    """What is under way at one target, and who waits for it. Mutable, owned by one event loop.

    Whoever has room is let in at once, so nobody waits who could go: every change that makes room ends with `_let_in`.
    """

    capacity: Capacity
    replicas: int = 1
    forecast: Forecast = field(default_factory=Forecast)
    running: dict[Line, int] = field(default_factory=lambda: {"sensitive": 0, "public": 0})
    unread: int = 0
    """Prompt tokens of streams that have not begun."""
    is_spilling: bool = False
    _lines: dict[Line, list[_Waiting]] = field(default_factory=lambda: {"sensitive": [], "public": []})
    _waiting_bytes: int = 0
    _count: int = 0
    _limit: float = float("inf")
    _knee: float = 0.0
    _refused_at: float = float("-inf")

    def __post_init__(self) -> None:
        """Nothing was refused yet."""
        self._limit = self._most

    @property
    def slots(self) -> int | None:
        """Attempts at a time; None: without limit, as long as none was refused."""
        return None if self._limit == float("inf") else int(self._limit)

    def depth(self, line: Line) -> int:
        """How many wait in this line."""
        return len(self._lines[line])

    def follow(self, capacity: Capacity, replicas: int, now: float) -> tuple[Place, ...]:
        """A reload gives other numbers, or replicas come and go. Those who may go now."""
        is_other = capacity.slots != self.capacity.slots or (capacity.slots is not None and replicas != self.replicas)
        self.capacity, self.replicas = capacity, replicas
        if is_other:
            self._limit = self._most
        return tuple(self._let_in(now))

    def enter(self, place: Place, now: float) -> Verdict:
        """A request wants to ask the target."""
        verdict = self._elsewhere(place, now)
        if verdict is not None:
            return verdict
        if self._has_room(place.line):
            self._begin(place, now)
            return "go"
        most = self.capacity.queue
        taken, most = (self._depth(), most) if place.line == "sensitive" else (self.depth("public"), self._unreserved(most))
        if taken >= most or self._depth() >= self.capacity.queue or self._waiting_bytes + place.body_bytes > MOST_WAITING_BYTES:
            return "queue"
        if self._slot_s(place.line) > MARGIN * (place.until - now):
            return "late"
        if place.can_leave and self.capacity.spill_above_s is not None:
            place.until = min(place.until, now + max(0.0, self.capacity.spill_above_s - self.forecast.fixed_s))
        self._count += 1
        insort(self._lines[place.line], (_rank(place), self._count, place))
        self._waiting_bytes += place.body_bytes
        return "wait"

    def enter_at_once(self, place: Place, now: float) -> bool:
        """Let the request in if there is room now, and nobody who would have it; it is in nobody's way then."""
        is_free = not self._depth() and self._has_room(place.line)
        if is_free:
            self._begin(place, now)
        return is_free

    def answered(self, place: Place, now: float) -> None:
        """The first bytes of its answer are there: its prompt was read."""
        if place.ahead is None or place.began is None:
            return
        self.unread -= place.tokens
        self.forecast.began(place.ahead, now - place.began, now)
        place.ahead = None

    def leave(self, place: Place, outcome: Outcome | None, now: float) -> tuple[Place, ...]:
        """One that was let in has ended; `outcome` is None when it was not even tried. Those who may go now."""
        if place.ahead is not None:
            self.unread -= place.tokens
            place.ahead = None
        self.running[place.line] -= 1
        if isinstance(outcome, Failed):
            if outcome.failure.kind == "OVERLOADED":
                self._shrink(now)
        elif outcome is not None and place.began is not None:
            self.forecast.held(now - place.began)
            self._grow()
        return tuple(self._let_in(now))

    def give_up(self, place: Place) -> None:
        """One that waits does so no longer."""
        line, rank = self._lines[place.line], _rank(place)
        index = bisect_left(line, (rank, 0, place))
        while line[index][2] is not place:
            index += 1
        del line[index]
        self._waiting_bytes -= place.body_bytes

    def load_s(self, line: Line = "public", tokens: int = 0) -> float:
        """What others, and `tokens` of one's own, add to the time of a first token: the wait for a slot, and for prompts to be read."""
        return self._slot_s(line) + self.forecast.per_token_s * (self.unread + tokens)

    def first_token_s(self, line: Line = "public", tokens: int = 0) -> float:
        """The forecast of a first token, in seconds."""
        return self.forecast.fixed_s + self.load_s(line, tokens)

    def retry_after_s(self, line: Line) -> float:
        """Seconds until what waits in this line now will have been let in; at least one."""
        return min(max(1.0, self._slot_s(line)), LONGEST_RETRY_S)

    def _elsewhere(self, place: Place, now: float) -> Verdict | None:
        """Whether the request goes elsewhere before it would be served too late here. With hysteresis, so that it is not a coin's toss."""
        above_s, forecast = self.capacity.spill_above_s, self.forecast
        if above_s is None:
            return None
        room_s, load_s = max(0.0, above_s - forecast.fixed_s), self.load_s()
        self.is_spilling = load_s > (room_s / 2 if self.is_spilling else room_s)
        if not place.can_leave or (self.is_idle and now - forecast.measured_at > STALE_S):
            return None
        is_late = self.load_s(place.line, place.tokens) > room_s
        return "forecast" if is_late or (self.is_spilling and place.line == "public") else None

    @property
    def _most(self) -> float:
        """Slots as configured."""
        return float("inf") if self.capacity.slots is None else float(self.capacity.slots * max(1, self.replicas))

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not any(self.running.values())

    def _slot_s(self, line: Line) -> float:
        """How long one who comes now waits for a slot: those before it, and it, leave one after the other."""
        if self._has_room(line):
            return 0.0
        ahead = self.depth("sensitive") if line == "sensitive" else self._depth()
        return (ahead + 1) * self.forecast.hold_s / (int(self._limit) if line == "sensitive" else self._unreserved(int(self._limit)))

    def _has_room(self, line: Line) -> bool:
        if self._limit == float("inf"):
            return True
        limit, running = int(self._limit), self.running
        is_free = running["sensitive"] + running["public"] < limit
        return is_free and (line == "sensitive" or running["public"] < self._unreserved(limit))

    def _unreserved(self, most: int) -> int:
        """What of so many slots or places public requests may have; at least one, if there is one."""
        if self.capacity.reserved_for is None:
            return most
        return max(min(most, 1), most - ceil(most * self.capacity.reserved_share))

    def _depth(self) -> int:
        return len(self._lines["sensitive"]) + len(self._lines["public"])

    def _begin(self, place: Place, now: float) -> None:
        self.running[place.line] += 1
        place.began = now
        if place.is_stream:
            self.unread += place.tokens
            place.ahead = self.unread

    def _let_in(self, now: float) -> Iterator[Place]:
        """Those who waited and have room now, the first of both lines first."""
        while heads := [line[0] for name, line in self._lines.items() if line and self._has_room(name)]:
            place = min(heads)[2]
            self.give_up(place)
            self._begin(place, now)
            yield place

    def _shrink(self, now: float) -> None:
        """The target takes no more than what is still under way."""
        under_way = max(1.0, float(sum(self.running.values())))
        if now - self._refused_at > CALM_S:
            self._knee = 0.75 * min(self._limit, under_way)
        self._refused_at = now
        self._limit = min(self._limit, under_way)

    def _grow(self) -> None:
        """What was refused once may be taken again: quickly up to well below where it was, slowly from there."""
        most = self._most
        if self._limit < most and sum(self.running.values()) + 1 >= int(self._limit):
            self._limit = min(most, self._limit + (0.25 if self._limit < self._knee else 1 / self._limit))


def _rank(place: Place) -> float:
    """Its arrival, less its head start: the least is first. Who came long enough before is first whatever the others are."""
    return place.since - (HEAD_START_S if place.line == "sensitive" else 0.0) - PRIORITY_S * place.priority


def line_of(label: Label, capacity: Capacity) -> Line:
    """The line of a request with this label."""
    return "sensitive" if capacity.reserved_for is not None and label >= capacity.reserved_for else "public"


def reserved_from(labels: Iterable[Label], outside: Iterable[Label]) -> Label | None:
    """The first label that no destination outside is cleared for; None when one may receive all, or when there is none outside."""
    most = max(outside, default=None)
    return None if most is None else min((label for label in labels if label > most), default=None)
