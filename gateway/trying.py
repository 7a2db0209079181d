"""What was tried of a request while it is served: its attempts, how they ended, its cascade, and what all of it cost."""

import time

import msgspec

from gateway.admission import Door
from gateway.cascade.cascading import Cascading, cascading
from gateway.cascade.self_check import costed
from gateway.exchange import NO_S, AttemptRecord, CascadeResult, HedgeResult
from gateway.judging import Judging
from router.admission import Place, line_of
from router.attempt import Abandoned, Attempt, Failed, History, Outcome, Outrun, Rejected, Served, Tried, Usage
from router.cascade import Grounds
from router.clearance import ClearedBody
from router.cost import cost
from router.decision import Target
from router.facts import NEVER
from router.failover import elsewhere
from router.failures import FAILURES, Kind
from router.names import READING, MicroUsd, TargetName
from router.reservation import ANSWER, Work
from router.values import replace


class Seat(msgspec.Struct, eq=False):
    """A place before a target that takes so many at a time, and how long it was waited for. `outcome` of the attempt for which it is."""

    door: Door
    place: Place
    waited_s: float = 0.0
    outcome: Outcome | None = None

    def blamed(self, outcome: Outcome) -> Outcome:
        """What the breaker is told. A target that refuses one while it serves others is full, which the door learns, and not at fault."""
        is_full = isinstance(outcome, Failed) and outcome.failure.kind == "OVERLOADED" and sum(self.door.gate.running.values()) > 1
        return Abandoned(timing=outcome.timing) if is_full else outcome

    def leave(self) -> None:
        """It is free for others. What was outrun says nothing of how long one holds a place."""
        self.door.leave(self.place, None if isinstance(self.outcome, Outrun) else self.outcome)


class Trying(Judging):
    """One request, as far as it was tried."""

    history: History = ()
    attempts: tuple[AttemptRecord, ...] = ()
    cascading: Cascading | None = None
    seat: Seat | None = None
    hedge: HedgeResult = ""
    works: dict[int, Work] = {}  # noqa: RUF012  # a struct makes a new one for each of its own
    """Attempts that are under way at engines that cost something by the hour, by identity."""
    leased: dict[TargetName, int] = {}  # noqa: RUF012
    """What those that have ended had of each target, in micro-USD."""
    priced: Usage | None = None
    price: MicroUsd | None = None
    """What the answer with that usage cost: its header lines say so before the exchange does."""

    def begin_cascade(self, attempt: Attempt) -> Cascading | None:
        """The cascade that begins with this attempt; None where its answer is final, whatever it says."""
        if not self.history:
            self.cascading = cascading(self, attempt)
        return None if self.history else self.cascading

    def note(
        self, attempt: Attempt, outcome: Outcome, payload: ClearedBody | None, seat: Seat | None = None, began: float | None = None
    ) -> AttemptRecord:
        """An attempt, for which there was this seat, and which `began` then, has ended; its record."""
        ended = _attempt_record(attempt, outcome, payload, (time.monotonic() if began is None else began) - self.arrival.started)
        if seat is not None or self.cascading is not None or self.hedge or self.works:
            ended = self._noted(ended, attempt, outcome, seat)
        else:
            self.attempts += (ended,)
        self.history += (Tried(attempt, outcome),)
        return ended

    def _noted(self, ended: AttemptRecord, attempt: Attempt, outcome: Outcome, seat: Seat | None) -> AttemptRecord:
        """The record of an attempt that had a place, that is judged or hedged, or whose engine costs something by the hour."""
        if seat is not None:
            seat.outcome = outcome
            ended = msgspec.structs.replace(ended, line=seat.place.line, queue_s=seat.waited_s)
        if self.cascading is not None or self.hedge:
            reason = outcome.reason if isinstance(outcome, Rejected) else None
            ended = costed(ended, attempt.target, getattr(outcome, "usage", None), reason)
        if self.works:
            ended = self._leave_engine(attempt, ended)
        checks = () if self.cascading is None or self.history else self.cascading.checks
        for check in checks if self.leased else ():
            self.leased[check.target] = self.leased.get(check.target, 0) + (check.cost or 0)
        self.attempts += (ended, *checks)
        return ended

    def ended(self, attempt: Attempt, outcome: Outcome, payload: ClearedBody | None, seat: Seat | None, began: float) -> AttemptRecord:
        """An attempt that was made, and `began` then, has ended: the fleet hears of it, and whoever may take its place; its record."""
        runtime = self.runtime
        blamed = outcome if seat is None else seat.blamed(outcome)
        runtime.fleet.note(attempt, blamed, time.monotonic(), runtime.dice())
        if runtime.waiting.queue:
            runtime.waiting.wake(1)
        return self.note(attempt, outcome, payload, seat, began)

    def lease(self, attempt: Attempt, *, reads: bool = True) -> None:
        """The attempt is about to be made: from now on its engine's time is shared with it, where that costs something.

        Only of streams that are not judged the first byte is seen, and embeddings are read only; the rest weighs as what is written.
        """
        runtime, facts = self.runtime, self.facts
        if runtime.reservations is not None:
            reads = reads and (facts.endpoint in READING or (facts.is_stream and self.decision.cascade is None))
            work = runtime.reservations.begin(runtime.fleet, attempt, facts, self.ask.choices * ANSWER, reads=reads)
            if work is not None:
                self.works[id(attempt)] = work

    def read(self, attempt: Attempt) -> None:
        """The first byte of the attempt's answer is here: the prompt is read."""
        work, reservations = self.works.get(id(attempt)), self.runtime.reservations
        if work is not None and reservations is not None:
            work.account.weigh(work, self.ask.choices * ANSWER, reservations.now())

    def _leave_engine(self, attempt: Attempt, ended: AttemptRecord) -> AttemptRecord:
        """The attempt is over for its engine, too; its record, with what it had of it."""
        work, reservations = self.works.pop(id(attempt), None), self.runtime.reservations
        if work is None or reservations is None:
            return ended
        ended = reservations.end(work, ended)
        self.leased[ended.target] = self.leased.get(ended.target, 0) + (ended.cost or 0)
        return ended

    async def wait(self, seconds: float) -> None:
        """Wait for a target to come back. Where too many wait already, patience is over at once."""
        waiting, facts = self.runtime.waiting, self.facts
        if facts.waiting_since == NEVER:
            self.facts = replace(facts, waiting_since=-NEVER if waiting.is_full else time.monotonic())
        if self.facts.waiting_since > -NEVER:
            await waiting.wait(seconds)

    async def enter(self, door: Door, attempt: Attempt) -> bool:
        """Whether the attempt may be made now. Else there is no room for it, which is noted, or there was none for a while.

        While one waits breakers open and operators act, so what to do is asked anew then; the room is kept meanwhile.
        """
        if self.seat is not None and self.seat.door is door:
            return True
        self.leave_seat()
        start = time.monotonic()
        seat = Seat(door, self._place(door, attempt, start))
        try:
            verdict = await door.enter(seat.place, start)
        finally:
            seat.waited_s = 0.0 if seat.place.began == start else time.monotonic() - start
            self.arrival.queue_s += seat.waited_s
        if verdict == "go":
            self.seat = seat
            return seat.place.began == start
        full = Failed(FAILURES["FULL"], 0, door.gate.retry_after_s(seat.place.line) * (1 + self.runtime.dice() / 2))
        self.note(attempt, full, None, seat)
        return False

    def enter_at_once(self, door: Door, attempt: Attempt) -> Seat | None:
        """The seat of an attempt that is made only if there is room for it now; None: there is not."""
        now = time.monotonic()
        seat = Seat(door, self._place(door, attempt, now))
        return seat if door.gate.enter_at_once(seat.place, now) else None

    def _place(self, door: Door, attempt: Attempt, now: float) -> Place:
        facts, arrival, capacity = self.facts, self.arrival, door.gate.capacity
        line = line_of(self.decision.label, capacity)
        other = elsewhere(attempt, self.decision, facts, self.runtime.fleet, self.history, now)
        since = arrival.started + arrival.receive_s
        return Place(
            line,
            since,
            min(facts.due, since + capacity.wait_s),
            tokens=facts.prompt_tokens,
            body_bytes=facts.body_bytes,
            priority=arrival.caller.priority,
            can_leave=other is not None and (line == "public" or other.zone == "local"),
            is_stream=facts.is_stream and self.decision.cascade is None,
        )

    def leave_seat(self) -> None:
        """Who was let in is done there."""
        seat, self.seat = self.seat, None
        if seat is not None:
            seat.leave()

    def unmade(self, attempt: Attempt, kind: Kind) -> AttemptRecord:
        """The attempt was not made, because nothing may leave now: nothing was sent, and no breaker is to blame."""
        self.heed_operators()
        return self.note(attempt, Failed(FAILURES[kind]), None)

    def judged(self, served: Target | None) -> tuple[CascadeResult, Grounds]:
        """What came of the cascade, when `served` has answered, or nobody; and on what that rests."""
        return ("", "") if self.cascading is None else (self.cascading.result(served), self.cascading.grounds)

    def settle_down(self) -> None:
        """The conversation is now where it was served."""
        if self.history and isinstance(self.history[-1].outcome, Served):
            self.remember(self.history[-1].attempt.target)

    def paid(self, usage: Usage | None, target: Target | None) -> MicroUsd | None:
        """What the request cost: the answer with this usage, and what a cascade and a hedge spent beside it.

        Of local engines that cost something by the hour: what all its attempts had of them; None while one is under way.
        """
        if self.leased or self.works:
            return None if self.works else self._paid_with_leases(usage, target)
        if usage is None or target is None:
            own = None
        elif usage is self.priced:
            own = self.price
        else:
            own = self.price = cost(usage, target.tariff)
            self.priced = usage
        if own is None or (self.cascading is None and not self.hedge):
            return own
        beside = MicroUsd(0) if self.cascading is None else self.cascading.beside(self.attempts)
        outrun = [one.cost for one in self.attempts if one.ending == "Outrun"]
        return None if beside is None or None in outrun else MicroUsd(own + beside + sum(cost or 0 for cost in outrun))

    def _paid_with_leases(self, usage: Usage | None, target: Target | None) -> MicroUsd | None:
        own = MicroUsd(0) if target is None or target.name in self.leased else price(usage, target)
        is_kept = self.cascading is not None and self.cascading.is_kept
        lost = ("Checked", "Outrun") if is_kept else ("Checked", "Outrun", "Rejected")
        beside = [one.cost for one in self.attempts if one.ending in lost and one.target not in self.leased]
        known = [one for one in (own, *beside, *self.leased.values()) if one is not None]
        return MicroUsd(sum(known)) if len(known) == 1 + len(beside) + len(self.leased) else None


def price(usage: Usage | None, target: Target | None) -> MicroUsd | None:
    """What so many tokens cost at a target."""
    return None if target is None else cost(usage, target.tariff)


def _attempt_record(attempt: Attempt, outcome: Outcome, payload: ClearedBody | None, began_s: float) -> AttemptRecord:
    target, timing, kind = attempt.target, outcome.timing, type(outcome)
    if type(outcome) is Served:  # nearly always
        failure, status = None, outcome.status
    else:
        failure, status = getattr(outcome, "failure", None), getattr(outcome, "status", 0)
    return AttemptRecord(
        target.name,
        attempt.replica,
        kind.__name__,  # type: ignore[arg-type]  # the six outcomes are endings
        "" if failure is None else failure.kind,
        status,
        0 if payload is None else payload.size,
        "" if payload is None or target.zone == "local" else payload.digest,
        timing.total_s,
        None if payload is None else payload.label,
        None,
        None,
        "",
        "",
        NO_S,
        attempt.number,
        attempt.is_hedge,
        began_s,
        timing.first_byte_s,
    )
