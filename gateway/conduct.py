"""The order of the steps of a request, written once: classify, decide, then try and look what happened until it is over, then record."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Literal

from gateway.arrival import Arrival
from gateway.cascade.cascading import Cascading
from gateway.errors import Denied, OurBug, Refusal
from gateway.exchange import CascadeResult, Exchange, Leaned, Redaction, Result
from gateway.http.downstream import HttpDownstream
from gateway.ledger.entry import Sent, concluded, intent_of
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Intent
from gateway.redact.answers import Restoring
from gateway.redact.lane import Redacted, redact
from gateway.runtime import Runtime
from gateway.trying import Trying, price
from gateway.upstreams.upstream import Call, Downstream
from gateway.wire.ask import Ask
from gateway.wire.refusals import caller_sees
from router.attempt import Abandoned, Attempt, Broken, Outcome, Refused, Served, Tried, Usage
from router.cascade import Grounds
from router.clearance import ClearedBody, clear
from router.decision import Decision, Target
from router.facts import Facts
from router.failover import GiveUp, Keep, Step, Try, next_step

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
    elif isinstance(step, Keep):
        await _keep(record, step, out)
    else:
        record.outcome = step.outcome
    record.settle_down()


async def _keep(record: "_Record", step: Keep, out: HttpDownstream) -> None:
    """The caller gets the answer that was rejected: there is no other."""
    rejected, attempt = step.rejected, replace(step.attempt, number=len(record.history))
    served = Served(rejected.status, rejected.usage, rejected.answered, rejected.finish, rejected.timing)
    record.history += (Tried(attempt, served),)
    out.describe(partial(record.lines, attempt))
    if record.cascading is not None:
        await record.cascading.keep()
    record.outcome = served


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
    runtime, target = record.runtime, attempt.target
    redacted = record.redacted if record.decision.is_redacted(target) else None
    ask, label = (record.ask, record.decision.label) if redacted is None else (redacted.ask, redacted.label)
    judged = None if record.decision.cascade is None else record.begin_cascade(attempt)
    body = ask.body_for(target) if judged is None else judged.body(ask.body_for(target))
    payload = clear(record.facts.request_id, target, label, body, is_locked=runtime.lockdown.is_on)
    line = None if runtime.ledger is None else await _declare(record, runtime.ledger, attempt, payload)
    if line == "unmade":
        return
    out.describe(partial(record.committed, attempt))
    sink = record.hear(out, None if redacted is None else redacted.label)
    outcome: Outcome = Abandoned()
    runtime.fleet.begin(attempt, time.monotonic())
    try:
        outcome = await runtime.upstreams[target.name].relay(
            attempt, payload, record.call(), sink if redacted is None and judged is None else _past(redacted, judged, sink)
        )
        if redacted is not None and isinstance(outcome, Refused):
            outcome = replace(outcome, body=redacted.answers.whole(outcome.body))
    finally:
        if judged is not None:
            outcome = await judged.settled(outcome, out)
        runtime.fleet.note(attempt, outcome, time.monotonic(), runtime.dice())
        ended = record.note(attempt, outcome, payload)
        if runtime.ledger is not None and line is not None:
            runtime.ledger.note(concluded(line, ended))


async def _declare(record: "_Record", ledger: Ledger, attempt: Attempt, payload: ClearedBody) -> Intent | Literal["unmade"] | None:
    """The ledger's line before the attempt, None for one that it does not keep. Without it, or in a lockdown, nothing goes outside."""
    runtime, is_external = record.runtime, attempt.target.zone == "external"
    if not is_external and not ledger.plan.keeps_all:
        return None
    sent = Sent(runtime.plan.policy.digest, payload.size, payload.digest, payload.label.name)
    line = intent_of(record.facts, record.signals, record.decision, attempt, sent)
    is_declared = await ledger.declare(line)
    if is_external and (not is_declared or runtime.lockdown.is_on):  # a lockdown may have begun in the meantime
        ended = record.unmade(attempt, "LOCKED_DOWN" if is_declared else "LEDGER_UNAVAILABLE")
        if is_declared:
            ledger.note(concluded(line, ended))
        return "unmade"
    return line


def _past(redacted: Redacted | None, judged: Cascading | None, sink: Downstream) -> Downstream:
    """Where an answer goes that must be restored, or judged, before it goes to `sink`."""
    if redacted is not None:
        return Restoring(sink, redacted.answers)
    return sink if judged is None else judged.hold(sink)


async def _refuse(record: "_Record", out: HttpDownstream, result: Result, refusal: Refusal) -> None:
    """Tell the caller, and remember what they were told."""
    record.result, record.code = result, refusal.code
    out.describe(partial(record.lines, record.history[-1].attempt if record.history else None))
    await out.refuse(refusal)


def _not_allowed(decision: Decision) -> Refusal:
    say = f"The named model may not receive {decision.label} content. Ask for `auto`, and the gateway picks a model that may."
    return Denied("policy_violation", say, param="model")


class _Record(Trying):
    """What is known of a request while it is served; becomes its `Exchange`. Does not know the caller's side, which knows it: no cycle."""

    __slots__ = ("code", "outcome", "redacted", "redaction", "result")

    def __init__(self, runtime: Runtime, ask: Ask, facts: Facts, arrival: Arrival) -> None:
        super().__init__(runtime, ask, facts, arrival)
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
        paid, unrestored = self.paid(usage, target), self.unrestored
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
        cascade = "" if self.cascading is None else self.cascading.result(target)
        return (
            (f"x-tidegate-cascade: {cascade}\r\n".encode() if cascade else b"")
            + (f"x-tidegate-rerouted: {rerouted}\r\n".encode() if rerouted else b"")
            + (b"x-tidegate-lockdown: on\r\n" if self.facts.is_locked else b"")
        )

    @property
    def unrestored(self) -> int:
        """Placeholders of the answer that stand for nothing."""
        return 0 if self.redacted is None else self.redacted.answers.restorer.unrestored

    def _rarely(self, served: Target | None) -> tuple[Redaction, int, int, Leaned | None, CascadeResult, Grounds]:
        """What most requests have none of: members about redaction, hints and conversations, and cascade."""
        masked = 0 if self.redacted is None else len(self.redacted.answers.restorer)
        return self.redaction, masked, self.unrestored, self.leaned(), *self.judged(served)

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
            self.paid(usage, served),
            price(usage, self.runtime.baseline),
            self.arrival.body_bytes,
            out.sent_bytes,
            self.arrival.times(out.first_byte, self.attempts),
            facts.lineage,
            self.declassified_from(),
            self.rerouted(served) if served is not None else "",
            facts.is_locked,
            *self._rarely(served),
        )


@lru_cache(1024)
def _known_lines(path: str, route: str, label: str, target: str = "") -> bytes:
    """The header lines that the configuration knows: there are as many as routes, labels and targets."""
    lines = f"x-tidegate-path: {path}\r\nx-tidegate-route: {route}\r\nx-tidegate-label: {label}\r\n"
    return (lines + f"x-tidegate-target: {target}\r\n" if target else lines).encode()
