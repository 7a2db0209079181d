"""`Cascading`: one request whose first answer is judged: what it is asked for, where its answer is held, what came of it."""

import time

from gateway.cascade.forms import form_of
from gateway.cascade.held import Held
from gateway.cascade.logprobs import is_ours, with_logprobs
from gateway.cascade.self_check import checked
from gateway.exchange import AttemptRecord, CascadeResult
from gateway.http.downstream import HttpDownstream
from gateway.judging import Judging
from gateway.upstreams.upstream import Downstream
from router.attempt import Abandoned, Attempt, Outcome, Refused, Rejected, Served
from router.cascade import Cascade, Grounds, SelfCheck
from router.decision import Target
from router.failover import may_escalate
from router.names import MicroUsd


class Cascading:
    """The cascade of a request. `is_kept`: the caller gets the rejected answer; `checks` are the calls that were made about it."""

    __slots__ = ("_attempt", "_cascade", "_hides", "_judging", "checks", "held", "is_kept")

    def __init__(self, judging: Judging, attempt: Attempt, cascade: Cascade) -> None:
        self._judging = judging
        self._attempt = attempt
        self._cascade = cascade
        self._hides = cascade.accept.min_mean_logprob is not None and is_ours(judging.ask.plain)
        self.held: Held | None = None
        self.is_kept = False
        self.checks: tuple[AttemptRecord, ...] = ()

    @property
    def grounds(self) -> Grounds:
        """What the verdict rests on."""
        return "" if self.held is None or self.held.grounds is None else self.held.grounds

    def result(self, served: Target | None) -> CascadeResult:
        """What came of it, when `served` has answered, or nobody. Empty when there was nothing to judge: it failed, or the caller left."""
        if self.held is None or self.held.grounds is None:
            return ""
        if self.held.rejection is None:
            return "accepted"
        return "kept" if served is not None and served.name == self._attempt.target.name else "escalated"

    def body(self, body: bytes) -> bytes:
        """What the target gets."""
        return with_logprobs(body, self._judging.ask.plain) if self._hides else body

    def hold(self, sink: Downstream) -> Held:
        """The caller's side of the attempt. What it is given is judged before it goes on to `sink`."""
        doubts = None if self._cascade.accept.self_check is None else self._doubts
        self.held = Held(sink, self._cascade, form_of(self._judging.ask.plain.fields), hides_logprobs=self._hides, doubts=doubts)
        return self.held

    async def settled(self, outcome: Outcome, out: HttpDownstream) -> Outcome:
        """How the attempt ended. An answer that is rejected was not seen by the caller, and is no fault of the target's."""
        if self.held is None:
            return outcome
        await self.held.close()
        if self._hides and isinstance(outcome, Refused) and outcome.failure.kind == "BAD_REQUEST":  # it may be about what we added
            return Rejected("unasked", is_whole=False, timing=outcome.timing)
        rejection = self.held.rejection
        if rejection is None or not isinstance(outcome, (Served, Abandoned)):
            return outcome
        if out.is_gone:
            return Abandoned(outcome.usage, outcome.timing, getattr(outcome, "is_estimate", False))
        if isinstance(outcome, Abandoned):  # it was stopped in the midst of its answer
            return Rejected(rejection, is_whole=False, usage=None if outcome.is_estimate else outcome.usage, timing=outcome.timing)
        return Rejected(rejection, True, outcome.status, outcome.usage, outcome.answered, outcome.finish, outcome.timing)

    async def keep(self) -> None:
        """Give the caller the rejected answer."""
        self.is_kept = True
        if self.held is not None:
            await self.held.give()

    def beside(self, attempts: tuple[AttemptRecord, ...]) -> MicroUsd | None:
        """What was spent beyond the answer that the caller gets; None when some of it is unknown."""
        spent = [one.cost for one in attempts if one.ending == "Checked" or (one.ending == "Rejected" and not self.is_kept)]
        known = [one for one in spent if one is not None]
        return MicroUsd(sum(known)) if len(known) == len(spent) else None

    async def _doubts(self, answer: str) -> float | None:
        check, record = await checked(self._judging, self._attempt, self._cascade.accept.self_check or SelfCheck(), answer)
        self.checks = (*self.checks, record)
        return check


def cascading(judging: Judging, attempt: Attempt) -> Cascading | None:
    """The cascade that begins with this attempt; None when its answer is final, whatever it says."""
    decision = judging.decision
    if decision.cascade is None or not may_escalate(attempt, decision, judging.facts, judging.runtime.fleet, time.monotonic()):
        return None
    return Cascading(judging, attempt, decision.cascade)
