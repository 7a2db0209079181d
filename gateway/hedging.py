"""A target that is slow to begin is hedged: another attempt is begun on the same path, and the first of the two to answer is the one.

The slower one is stopped, and recorded as outrun, before the caller sees a byte. So at the commit point there is one attempt, as always.
"""

import asyncio
import time
from collections.abc import Coroutine
from functools import partial

from typing_extensions import override

from gateway.http.downstream import HttpDownstream
from gateway.record import Record
from gateway.sending import Sending, begin, prepare, send
from gateway.trying import Seat
from gateway.upstreams.upstream import Downstream, Through
from router.attempt import Abandoned, Attempt, Outcome, Outrun, Refused, Usage
from router.hedging import hedge


class Lane(Through):
    """The side of the caller that one of the attempts sees. Who writes first has won."""

    __slots__ = ("_race", "attempt", "seat", "task")

    def __init__(self, race: "Race", attempt: Attempt, seat: Seat | None = None) -> None:
        super().__init__(race.onto)
        self._race = race
        self.attempt = attempt
        self.seat = seat
        self.task: asyncio.Task[None] | None = None

    @property
    @override
    def is_gone(self) -> bool:
        """Whether the caller has left, or another lane has won."""
        return self.is_outrun or super().is_gone

    @property
    def is_outrun(self) -> bool:
        """Whether another lane has won."""
        return self._race.winner not in (None, self)

    @override
    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """A whole answer."""
        await self._race.won_by(self)
        await super().answer(status, content_type, body, usage)

    @override
    async def begin(self, status: int, content_type: bytes) -> None:
        """The start of a stream."""
        await self._race.won_by(self)
        await super().begin(status, content_type)

    async def settle(self, outcome: Outcome) -> Outcome:
        """What the outcome is in the race. What is wrong with the request is wrong in both lanes, so a refusal is an answer."""
        if isinstance(outcome, Abandoned) and self.is_outrun:
            return Outrun(outcome.usage or Usage(self._race.record.facts.prompt_tokens, 0), outcome.timing, is_estimate=True)
        if isinstance(outcome, Refused) and self._race.winner is None:
            await self._race.won_by(self)
        return outcome


class Race:
    """One attempt, and another one beside it once it is slow. `onto` is where the winner's answer goes."""

    __slots__ = ("_out", "lanes", "onto", "record", "winner")

    def __init__(self, record: Record, out: HttpDownstream, onto: Downstream) -> None:
        self.record = record
        self.onto = onto
        self.lanes: list[Lane] = []
        self.winner: Lane | None = None
        self._out = out

    async def run(self, first: Sending, after_s: float) -> None:
        """Make the attempt, and hedge it if nothing has come after so many seconds. Raises what a lane raises."""
        record, attempt, seat = self.record, first.attempt, first.seat
        record.seat = None  # each lane leaves its own
        primary = Lane(self, attempt, seat)
        begin(record, first)
        try:
            running = self._start(primary, self._run(primary, first))
            await asyncio.sleep(0)  # a task that is cancelled before its first step takes none, and would leave nothing
            await asyncio.wait((running,), timeout=after_s)
            if not running.done() and self.winner is None:
                record.heed_operators()
                second = hedge(attempt, record.decision, record.facts, record.runtime.fleet, record.history, time.monotonic())
                if second is not None and not record.is_barred(second.target):
                    beside = Lane(self, second)
                    self._start(beside, self._hedge(beside, attempt))
            await self._ended()
        except asyncio.CancelledError:
            await self._stop()
            if not self._out.is_gone:
                raise
        finally:
            record.seat = None
            if record.hedge and self.winner is not None:
                record.hedge = "primary" if self.winner is primary else "hedge"

    def _start(self, lane: Lane, steps: Coroutine[None, None, None]) -> asyncio.Task[None]:
        lane.task = asyncio.get_running_loop().create_task(steps)
        self.lanes.append(lane)
        return lane.task

    async def _ended(self) -> None:
        tasks = [lane.task for lane in self.lanes if lane.task is not None]
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.result()

    async def _stop(self) -> None:
        tasks = [lane.task for lane in self.lanes if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def _run(self, lane: Lane, sending: Sending) -> None:
        try:
            await send(self.record, sending, lane, lane.settle)
        finally:
            if lane.seat is not None:
                lane.seat.leave()

    async def _hedge(self, lane: Lane, slow: Attempt) -> None:
        """The second lane, if there is room for it at once."""
        record, attempt = self.record, lane.attempt
        fleet, door = record.runtime.fleet, record.runtime.admission.doors.get(attempt.target.name)
        if door is not None:
            lane.seat = record.enter_at_once(door, attempt)
            if lane.seat is None:
                return
        sending: Sending | None = None
        try:
            sending = await prepare(record, attempt, lane.seat)
        finally:
            if sending is None:
                fleet.release(attempt)
                if lane.seat is not None:
                    lane.seat.leave()
        if sending is not None:
            record.hedge = "neither"
            fleet.hedge(slow.target, time.monotonic())
            begin(record, sending)
            await self._run(lane, sending)

    async def won_by(self, lane: Lane) -> None:
        """The lane has an answer: the other one ends, and is recorded, before the caller sees anything."""
        self.winner = lane
        others = [other.task for other in self.lanes if other is not lane and other.task is not None and not other.task.done()]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others)
        self.record.seat = lane.seat
        self._out.describe(partial(self.record.committed, lane.attempt))
