"""`Cascading`: one request whose first answer is judged: what it is asked for, where its answer is held, what came of it."""

import asyncio
import time

import msgspec

from classifiers.scorers.lexical import last_ask
from gateway.cascade import self_check
from gateway.cascade.forms import form_of
from gateway.cascade.held import Held
from gateway.cascade.logprobs import is_ours, with_logprobs
from gateway.exchange import AttemptRecord, CascadeResult
from gateway.http.downstream import HttpDownstream
from gateway.judging import Judging
from gateway.ledger.entry import Sent, concluded, intent_of
from gateway.upstreams.upstream import Call, Downstream
from router.attempt import Abandoned, Attempt, Failed, Outcome, Refused, Rejected, Served, Usage
from router.cascade import Cascade, Grounds, Rejection, SelfCheck
from router.clearance import ClearedBody, clear
from router.cost import cost
from router.decision import Target
from router.failover import may_escalate
from router.names import MicroUsd

CHECK = 0
"""The number of a self-check among the attempts: it is part of the one whose answer it is about."""


class Cascading:
    """The cascade of a request. `is_kept`: the caller gets the rejected answer; `checks` are the calls that were made about it."""

    __slots__ = ("_attempt", "_cascade", "_hides", "_judging", "checks", "held", "is_kept")

    def __init__(self, judging: Judging, attempt: Attempt, cascade: Cascade) -> None:
        self._judging = judging
        self._attempt = attempt
        self._cascade = cascade
        self._hides = cascade.accept.min_mean_logprob is not None and is_ours(judging.ask)
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
        return with_logprobs(body, self._judging.ask) if self._hides else body

    async def relay(self, payload: ClearedBody, call: Call, sink: Downstream, out: HttpDownstream) -> Outcome:
        """Make the attempt. An answer that is rejected was not seen by the caller, and is no fault of the target's."""
        form = form_of(self._judging.ask.fields)
        doubts = None if self._cascade.accept.self_check is None else self._doubts
        held = self.held = Held(sink, self._cascade, form, hides_logprobs=self._hides, doubts=doubts)
        try:
            outcome = await self._judging.runtime.upstreams[self._attempt.target.name].relay(self._attempt, payload, call, held)
        finally:
            await held.close()
        if held.rejection is None:
            return outcome
        usage = outcome.usage if isinstance(outcome, (Served, Abandoned)) else None
        if out.is_gone:
            return Abandoned(usage, outcome.timing)
        if not isinstance(outcome, Served):  # it was stopped in the midst of its answer
            return Rejected(held.rejection, is_whole=False, usage=usage, timing=outcome.timing)
        return Rejected(held.rejection, True, outcome.status, usage, outcome.answered, outcome.finish, outcome.timing)

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
        """Ask the target about its own answer, as long as that may take. Whatever goes wrong says nothing of the answer."""
        judging, check, caught = self._judging, self._cascade.accept.self_check or SelfCheck(), self_check.Caught()
        runtime, target, label = judging.runtime, self._attempt.target, judging.decision.label
        body = self_check.body(target.model, last_ask(judging.ask.prompt)[0], answer)
        payload = clear(judging.facts.request_id, target, label, body, is_locked=runtime.lockdown.is_on)
        attempt, start = Attempt(CHECK, target, self._attempt.replica), time.monotonic()
        line, failure = None, "STALLED"
        if runtime.ledger is not None and runtime.ledger.plan.keeps_all:
            sent = Sent(runtime.plan.policy.digest, payload.size, payload.digest, label.name)
            line = intent_of(judging.facts, judging.signals, judging.decision, attempt, sent)
            await runtime.ledger.declare(line)
        try:
            async with asyncio.timeout(check.max_s):
                outcome = await runtime.upstreams[target.name].relay(attempt, payload, Call(judging.facts.request_id, "chat"), caught)
            failure = outcome.failure.kind if isinstance(outcome, (Failed, Refused)) else ""
        except TimeoutError:
            pass
        finally:
            took = time.monotonic() - start
            record = AttemptRecord(target.name, attempt.replica, "Checked", failure, 0, payload.size, "", took, label)
            self.checks = (*self.checks, costed(record, target, caught.usage))
            if runtime.ledger is not None and line is not None:
                runtime.ledger.note(concluded(line, record))
        return self_check.belief(caught.body) if caught.body else None


def cascading(judging: Judging, attempt: Attempt) -> Cascading | None:
    """The cascade that begins with this attempt; None when its answer is final, whatever it says."""
    decision = judging.decision
    if decision.cascade is None or not may_escalate(attempt, decision, judging.facts, judging.runtime.fleet, time.monotonic()):
        return None
    return Cascading(judging, attempt, decision.cascade)


def costed(record: AttemptRecord, target: Target, usage: Usage | None, rejection: Rejection | None = None) -> AttemptRecord:
    """The record with what the call cost, and why its answer was rejected."""
    return msgspec.structs.replace(record, usage=usage, cost=cost(usage, target.tariff), rejection=rejection or "")
