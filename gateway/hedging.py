"""A target that is slow to begin is hedged: another attempt is begun on the same path, and the first of the two to answer is the one.

The slower one is stopped, and recorded as outrun, before the caller sees a byte. So at the commit point there is one attempt, as always.
"""

import asyncio
import time
from collections.abc import Coroutine

from typing_extensions import override

from gateway.http.downstream import HttpDownstream
from gateway.record import Record
from gateway.sending import Sending, begin, prepare, send
from gateway.upstreams.upstream import Downstream, Through
from router.attempt import Abandoned, Attempt, Outcome, Outrun, Refused, Usage
from router.hedging import hedge


class Lane(Through):
    """The side of the caller that one of the attempts sees. Who writes first has won."""

    __slots__ = ("_race", "sending", "task")

    def __init__(self, race: "Race", sending: Sending) -> None:
        super().__init__(race.onto)
        self._race = race
        self.sending = sending
        self.task = asyncio.current_task()

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

    __slots__ = ("_out", "_tasks", "onto", "record", "winner")

    def __init__(self, record: Record, out: HttpDownstream, onto: Downstream) -> None:
        self.record = record
        self.onto = onto
        self.winner: Lane | None = None
        self._out = out
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, first: Sending, after_s: float) -> None:
        """Make the attempt, and hedge it if nothing has come after so many seconds. Raises what a lane raises."""
        record = self.record
        record.seat = None  # each lane leaves its own
        begin(record, first)
        try:
            running = self._start(self._drive(first))
            await asyncio.sleep(0)  # a task that is cancelled before its first step takes none, and would leave nothing
            await asyncio.wait((running,), timeout=after_s)
            if not running.done() and self.winner is None:
                self._start(self._hedge(first.attempt))
            await asyncio.wait(self._tasks)
            for task in self._tasks:
                if not task.cancelled():
                    task.result()
        except asyncio.CancelledError:
            await self._stop()
            if not self._out.is_gone:
                raise
        finally:
            record.seat = None
            if record.hedge and self.winner is not None:
                record.hedge = "hedge" if self.winner.sending.attempt.is_hedge else "primary"

    def _start(self, lane: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(lane)
        self._tasks.append(task)
        return task

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def _drive(self, sending: Sending) -> None:
        lane = Lane(self, sending)
        try:
            await send(self.record, sending, lane, lane.settle)
        finally:
            if sending.seat is not None:
                sending.seat.leave()

    async def _hedge(self, slow: Attempt) -> None:
        """The second lane, if there is somebody to ask, and room for it at once. From the choice to clearing it nothing is waited for."""
        record, runtime, now = self.record, self.record.runtime, time.monotonic()
        record.heed_operators()
        attempt = hedge(slow, record.decision, record.facts, runtime.fleet, record.history, now)
        if attempt is None:
            return
        if record.ask.endpoint not in attempt.target.speaks:  # the answer would come in other words
            return
        ask = record.way_to(attempt.target)[-1]
        seat, door = None, runtime.admission.doors.get(attempt.target.name)
        if door is not None:
            seat = record.enter_at_once(door, attempt)
            if seat is None:
                return
        sending: Sending | None = None
        try:
            sending = await prepare(record, attempt, seat, ask)
        finally:
            if sending is None:
                runtime.fleet.release(attempt)
                if seat is not None:
                    seat.leave()
        if sending is not None:
            record.hedge = "neither"
            runtime.fleet.hedge(slow.target, now)
            begin(record, sending)
            await self._drive(sending)

    async def won_by(self, lane: Lane) -> None:
        """The lane has an answer: the other one ends, and is recorded, before the caller sees anything."""
        self.winner = lane
        others = [task for task in self._tasks if task is not lane.task and not task.done()]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others)
        self.record.seat = lane.sending.seat
        self._out.describe(self.record.committed, lane.sending.attempt)
