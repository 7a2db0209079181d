"""The order of the steps of a request, written once: classify, decide, then try and look what happened until it is over, then record."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial

from gateway.arrival import Arrival
from gateway.errors import Denied, OurBug, Refusal
from gateway.exchange import AttemptRecord, Exchange, Redaction, Result
from gateway.http.downstream import HttpDownstream
from gateway.judging import Judging
from gateway.ledger.entry import Sent, concluded, intent_of
from gateway.redact.answers import Restoring
from gateway.redact.lane import Redacted, redact
from gateway.runtime import Runtime
from gateway.upstreams.upstream import Call
from gateway.wire.ask import Ask
from gateway.wire.refusals import caller_sees
from router.attempt import Abandoned, Attempt, Broken, Failed, History, Outcome, Refused, Served, Tried, Usage
from router.clearance import ClearedBody, clear
from router.cost import cost
from router.decision import Decision, Target
from router.facts import Facts
from router.failover import GiveUp, Step, Try, next_step
from router.failures import FAILURES, Kind
from router.names import MicroUsd

_RESULTS: Mapping[type, Result] = {Served: "served", Broken: "broken", Abandoned: "abandoned"}
"""How a request ended whose last attempt ended so. Otherwise the caller was told something else."""


async def conduct(runtime: Runtime, ask: Ask, facts: Facts, arrival: Arrival, out: HttpDownstream) -> None:
    """Serve one request that was understood. Its exchange is observed whatever happens."""
    record = _Record(runtime, ask, facts, arrival)
    try:
        record.judge()
        if runtime.late_scorer is not None and record.hangs_on_difficulty:
            await record.score_late()
        if record.decision.leaves and (runtime.plan.slow or runtime.remote):
            await record.judge_slowly()
        record.settle()
        await _serve(record, out)
    except asyncio.CancelledError:
        if not out.is_gone:
            raise
        record.result = "abandoned"
    except Exception as error:  # noqa: BLE001  # the last net: the caller gets a sentence, the log a class name, nobody the text
        runtime.report(arrival.request_id, error)
        await _refuse(record, out, "failed", OurBug())
    finally:
        record.learn()
        runtime.observe(record.exchange(out))


async def _serve(record: "_Record", out: HttpDownstream) -> None:
    decision = record.decision
    if decision.verdict == "deny":
        await _refuse(record, out, "denied", _not_allowed(decision))
        return
    step = record.next_step()
    while isinstance(step, Try):
        if step.delay_s:
            await asyncio.sleep(step.delay_s)
        target = step.attempt.target
        if record.needs_redaction(target) and not record.is_barred(target):
            await _redact(record)
        elif not record.is_barred(target):
            await _try(record, step.attempt, out)
        step = record.next_step()
    if isinstance(step, GiveUp):
        await _refuse(record, out, "refused" if step.body else "failed", caller_sees(step, len(record.history)))
    else:
        record.outcome = step.outcome
        if isinstance(step.outcome, Served):
            record.remember(record.history[-1].attempt.target)


async def _redact(record: "_Record") -> None:
    """What may go to a target only rewritten is rewritten, and scanned as it would go out.

    Where that cannot be, only targets that may have the request as it is are left.
    """
    runtime, decision, start = record.runtime, record.decision, time.monotonic()
    limit = decision.label if decision.redacts is None else decision.redacts
    try:
        made = await redact(runtime, record.ask, record.redacted_facts(), record.signals, limit)
    except Exception as error:  # noqa: BLE001  # a defect here costs the cloud's answer, not the caller's
        runtime.report(record.facts.request_id, error)
        made = "failed"
    if isinstance(made, Redacted):
        record.redacted, record.redaction = made, "done"
    else:
        record.decision, record.redaction = decision.whole(), made
    record.arrival.redact_s = time.monotonic() - start


async def _try(record: "_Record", attempt: Attempt, out: HttpDownstream) -> None:
    """One attempt: clear the body for this target, relay, note what came of it."""
    runtime, target, call = record.runtime, attempt.target, record.call()
    redacted = record.redacted if record.decision.is_redacted(target) else None
    ask, label = (record.ask, record.decision.label) if redacted is None else (redacted.ask, redacted.label)
    payload = clear(record.facts.request_id, target, label, ask.body_for(target), is_locked=runtime.lockdown.is_on)
    line = None
    if runtime.ledger is not None and (target.zone == "external" or runtime.ledger.plan.keeps_all):
        sent = Sent(runtime.plan.policy.digest, payload.size, payload.digest, payload.label.name)
        line = intent_of(record.facts, record.signals, record.decision, attempt, sent)
        is_declared = await runtime.ledger.declare(line)
        if target.zone == "external" and (not is_declared or runtime.lockdown.is_on):  # a lockdown may have begun in the meantime
            record.unmade(attempt, "LOCKED_DOWN" if is_declared else "LEDGER_UNAVAILABLE")
            if is_declared:
                runtime.ledger.note(concluded(line, record.attempts[-1]))
            return
    out.describe(partial(record.committed, attempt))
    sink = record.hear(out, None if redacted is None else redacted.label)
    outcome: Outcome = Abandoned()
    runtime.fleet.begin(attempt, time.monotonic())
    try:
        outcome = await runtime.upstreams[target.name].relay(
            attempt, payload, call, sink if redacted is None else Restoring(sink, redacted.answers)
        )
        if redacted is not None and isinstance(outcome, Refused):
            outcome = replace(outcome, body=redacted.answers.whole(outcome.body))
    finally:
        runtime.fleet.note(attempt, outcome, time.monotonic(), runtime.dice())
        record.history += (Tried(attempt, outcome),)
        record.attempts += (_attempt_record(attempt, outcome, payload),)
        if runtime.ledger is not None and line is not None:
            runtime.ledger.note(concluded(line, record.attempts[-1]))


async def _refuse(record: "_Record", out: HttpDownstream, result: Result, refusal: Refusal) -> None:
    """Tell the caller, and remember what they were told."""
    record.result, record.code = result, refusal.code
    out.describe(partial(record.lines, record.history[-1].attempt if record.history else None))
    await out.refuse(refusal)


def _not_allowed(decision: Decision) -> Refusal:
    say = f"The named model may not receive {decision.label} content. Ask for `auto`, and the gateway picks a model that may."
    return Denied("policy_violation", say, param="model")


def _attempt_record(attempt: Attempt, outcome: Outcome, payload: ClearedBody | None) -> AttemptRecord:
    failure = getattr(outcome, "failure", None)
    return AttemptRecord(
        target=attempt.target.name,
        replica=attempt.replica,
        ending=type(outcome).__name__,  # type: ignore[arg-type]  # the five outcomes are the five endings
        failure=failure.kind if failure else "",
        status=getattr(outcome, "status", 0),
        sent_bytes=payload.size if payload else 0,
        digest=payload.digest if payload and attempt.target.zone == "external" else "",
        total_s=outcome.timing.total_s,
        label=payload.label if payload else None,
    )


class _Record(Judging):
    """What is known of a request while it is served; becomes its `Exchange`. Does not know the caller's side, which knows it: no cycle."""

    __slots__ = ("attempts", "code", "history", "outcome", "redacted", "redaction", "result")

    def __init__(self, runtime: Runtime, ask: Ask, facts: Facts, arrival: Arrival) -> None:
        super().__init__(runtime, ask, facts, arrival)
        self.history: History = ()
        self.attempts: tuple[AttemptRecord, ...] = ()
        self.outcome: Outcome | None = None
        self.redacted: Redacted | None = None
        self.redaction: Redaction = ""
        self.result: Result = "failed"
        self.code = ""

    def needs_redaction(self, target: Target) -> bool:
        """Whether the target may have the request only rewritten, and it is not."""
        return self.redacted is None and self.decision.is_redacted(target)

    def next_step(self) -> Step:
        """What to do now. A lockdown that began meanwhile leaves only local targets to do it."""
        self.heed_lockdown()
        return next_step(self.decision, self.facts, self.runtime.fleet, self.history, time.monotonic(), self.runtime.dice())

    def unmade(self, attempt: Attempt, kind: Kind) -> None:
        """The attempt was not made, because nothing may leave now: nothing was sent, and no breaker is to blame."""
        self.heed_lockdown()
        outcome = Failed(FAILURES[kind])
        self.history += (Tried(attempt, outcome),)
        self.attempts += (_attempt_record(attempt, outcome, None),)

    def call(self) -> Call:
        """What an upstream must know."""
        ask, limits = self.ask, self.runtime.plan.limits
        return Call(
            self.facts.request_id, ask.endpoint, ask.is_stream, ask.choices, ask.hides_usage, limits.answer_bytes, limits.event_bytes
        )

    def committed(self, attempt: Attempt, usage: Usage | None) -> bytes:
        """The first bytes of an answer are in hand: the target is well. Gives the header lines of the response."""
        self.runtime.fleet.answered(attempt)
        return self.lines(attempt, usage)

    def lines(self, attempt: Attempt | None, usage: Usage | None) -> bytes:
        """The `x-tidegate-*` lines of DESIGN section 10."""
        decision, arrival = self.decision, self.arrival
        target = None if attempt is None or self.code else attempt.target
        if target is None:
            known = _known_lines("blocked", decision.route, decision.label.name)
        else:
            known = _known_lines(decision.path(target), decision.route, decision.label.name, target.name)
        paid, unrestored = _price(usage, target), self.unrestored
        return b"%b%bx-tidegate-attempts: %d\r\nserver-timing: gateway;dur=%.2f, total;dur=%.2f\r\n%b%b" % (
            known,
            self._notes(target),
            attempt.number if attempt else 0,
            1000 * (arrival.decode_s + arrival.classify_s + arrival.slow_s + arrival.decide_s + arrival.redact_s),
            1000 * (time.monotonic() - arrival.started),
            b"" if paid is None else b"x-tidegate-cost-usd: %d.%06d\r\n" % divmod(paid, 1_000_000),
            b"x-tidegate-unrestored: %d\r\n" % unrestored if unrestored else b"",
        )

    def _notes(self, target: Target | None) -> bytes:
        """Lines that most answers do not have."""
        rerouted = self.rerouted(target) if target is not None else ""
        return (f"x-tidegate-rerouted: {rerouted}\r\n".encode() if rerouted else b"") + (
            b"x-tidegate-lockdown: on\r\n" if self.facts.is_locked else b""
        )

    @property
    def unrestored(self) -> int:
        """Placeholders of the answer that stand for nothing."""
        return 0 if self.redacted is None else self.redacted.answers.restorer.unrestored

    def exchange(self, out: HttpDownstream) -> Exchange:
        """The record that observers see. Its members in their order: by name, so many would take five times as long."""
        facts, signals, decision, outcome = self.facts, self.signals, self.decision, self.outcome
        served = self.history[-1].attempt.target if self.history and not self.code else None
        usage = getattr(outcome, "usage", None)
        return Exchange(
            facts.request_id,
            facts.endpoint,
            _RESULTS.get(type(outcome), self.result),
            out.status,
            self.code,
            facts.tenant,
            facts.key,
            facts.preference,
            facts.is_stream,
            decision.label,
            decision.route,
            decision.reason.because,
            "blocked" if served is None else decision.path(served),
            None if served is None else served.name,
            tuple(Counter(finding.category for finding in signals.findings).items()) if signals.findings else (),
            tuple(Counter(doubt.kind for doubt in signals.doubts).items()) if signals.doubts else (),
            signals.coverage,
            signals.difficulty.score if signals.difficulty else None,
            self.attempts,
            usage,
            getattr(outcome, "finish", ""),
            _price(usage, served),
            _price(usage, self.runtime.baseline),
            self.arrival.body_bytes,
            out.sent_bytes,
            self.arrival.times(out.first_byte, self.attempts),
            facts.lineage,
            self.declassified_from(),
            self.rerouted(served) if served is not None else "",
            facts.is_locked,
            self.redaction,
            *((0, 0) if self.redacted is None else (len(self.redacted.answers.restorer), self.unrestored)),
            self.leaned(),
        )


@lru_cache(1024)
def _known_lines(path: str, route: str, label: str, target: str = "") -> bytes:
    """The header lines that the configuration knows: there are as many as routes, labels and targets."""
    lines = f"x-tidegate-path: {path}\r\nx-tidegate-route: {route}\r\nx-tidegate-label: {label}\r\n"
    return (lines + f"x-tidegate-target: {target}\r\n" if target else lines).encode()


def _price(usage: Usage | None, target: Target | None) -> MicroUsd | None:
    return cost(usage, target.tariff) if usage and target and target.tariff else None
