"""`Record`: what is known of a request while it is served; becomes its `Exchange`. It does not know the caller's side, which knows it."""

import time
from collections import Counter
from collections.abc import Mapping

import msgspec

from gateway.dialects.refusals import ANTHROPIC
from gateway.exchange import ALL, Exchange, Redaction, Result
from gateway.http.downstream import HttpDownstream
from gateway.redact.lane import Redacted
from gateway.serving import Serving, identity, remembered
from gateway.tracing import NO_TRACE
from gateway.trying import Trying, price
from gateway.upstreams.upstream import Call
from gateway.wire.ask import Ask
from router.attempt import Abandoned, Attempt, Broken, Outcome, Served, Usage
from router.decision import Target
from router.names import READING

_RESULTS: Mapping[type, Result] = {Served: "served", Broken: "broken", Abandoned: "abandoned"}
"""How a request ended whose last attempt ended so. Otherwise the caller was told something else."""

_TIMED = b"%bserver-timing: gateway;dur=%.2f, total;dur=%.2f\r\n"
_PRICED = _TIMED + b"x-tidegate-cost-usd: %d.%06d\r\n"
"""What is known beforehand, two times in milliseconds, and dollars."""


class Record(Trying):
    """One request."""

    outcome: Outcome | None = None
    redacted: Redacted | None = None
    redaction: Redaction = ""
    result: Result = "failed"
    code: str = ""
    lost: tuple[str, ...] = ()
    """Members of the request that the form in which it is sent has no place for."""
    serving: Serving | None = None
    """The one that was asked for last."""

    def needs_redaction(self, target: Target) -> bool:
        """Whether the target may have the request only rewritten, and it is not."""
        return self.redacted is None and target.clearance < self.decision.label

    def redacted_for(self, target: Target) -> Redacted | None:
        """The request as the target may have it, where that is only rewritten."""
        return self.redacted if self.decision.is_redacted(target) else None

    def call(self, ask: Ask) -> Call:
        """What an upstream must know of the request in the form in which it is sent."""
        limits = self.runtime.plan.limits
        return Call(
            self.facts.request_id,
            ask.endpoint,
            ask.is_stream,
            ask.choices,
            ask.hides_usage,
            limits.answer_bytes,
            limits.event_bytes,
            self.facts.prompt_tokens,
            self.facts.due,
            self.bar,
            self.arrival.trace,
            self._more(ask),
        )

    def _more(self, ask: Ask) -> bytes:
        """Header lines that the request has beside its body."""
        if ask.form is not None:
            return ask.form.lines
        return self.arrival.betas if ask.endpoint in ANTHROPIC and self.redacted is None else b""  # it is scanned, but not rewritten

    def way_to(self, target: Target, *, is_plain: bool = False) -> tuple[Ask, ...]:
        """The request in each form that it takes on its way to the target; by way of a chat where somebody looks into the answer.

        Raises `BadRequest` when it has no form that the target speaks.
        """
        redacted = None if self.redacted is None else self.redacted_for(target)
        ask = self.ask if redacted is None else redacted.ask
        if ask.chat is not None and (is_plain or redacted is not None):
            return (ask, *ask.chat.way_to(target))
        return ask.way_to(target)

    def committed(self, attempt: Attempt, usage: Usage | None) -> bytes:
        """The first bytes of an answer are in hand: the target is well. Gives the header lines of the response."""
        if self.runtime.fleet.answered(attempt, time.monotonic()):
            self.runtime.waiting.wake()
        if self.seat is not None:
            self.seat.door.answered(self.seat.place)
        if self.works:
            self.read(attempt)
        return self.lines(attempt, usage)

    def lines(self, attempt: Attempt | None, usage: Usage | None) -> bytes:
        """The `x-tidegate-*` lines of DESIGN section 10."""
        arrival, facts, target = self.arrival, self.facts, None if attempt is None or self.code else attempt.target
        serving, paid = self._serving(target), self.paid(usage, target)
        is_first = attempt is not None and attempt.number == 1 and not self.history
        fixed = serving.at_once if is_first else b"%bx-tidegate-attempts: %d\r\n" % (serving.lines, self._tries(attempt))
        gateway_ms = 1000 * (arrival.decode_s + arrival.classify_s + arrival.slow_s + arrival.decide_s + arrival.redact_s)
        total_ms = 1000 * (time.monotonic() - arrival.started)
        if paid is None:
            lines = _TIMED % (fixed, gateway_ms, total_ms)
        else:
            lines = _PRICED % (fixed, gateway_ms, total_ms, paid // 1_000_000, paid % 1_000_000)
        is_noted = facts.is_locked or self.lost or facts.named is not None or self.cascading is not None or self.redacted is not None
        return lines + self._notes(target) if is_noted else lines

    def _tries(self, attempt: Attempt | None) -> int:
        """How many attempts there were with this one. One that was begun later, to hedge it, may have ended before."""
        return 0 if attempt is None else attempt.number + len([one for one in self.history if one.attempt.number > attempt.number])

    def _notes(self, target: Target | None) -> bytes:
        """Lines that most answers do not have."""
        rerouted = self.rerouted(target) if target is not None else ""
        cascade = "" if self.cascading is None else self.cascading.result(target)
        return (
            (f"x-tidegate-cascade: {cascade}\r\n".encode() if cascade else b"")
            + (f"x-tidegate-rerouted: {rerouted}\r\n".encode() if rerouted else b"")
            + (b"x-tidegate-lockdown: on\r\n" if self.facts.is_locked else b"")
            + (f"x-tidegate-dropped: {', '.join(self.lost)}\r\n".encode() if self.lost else b"")
            + (b"x-tidegate-unrestored: %d\r\n" % self.unrestored if self.unrestored else b"")
        )

    @property
    def unrestored(self) -> int:
        """Placeholders of the answer that stand for nothing."""
        return 0 if self.redacted is None else self.redacted.answers.restorer.unrestored

    def _serving(self, served: Target | None) -> Serving:
        """What is known of an answer that this target gives by the decision, or nobody."""
        serving, decision = self.serving, self.decision
        if serving is None or serving.served is not served or serving.decision is not decision:
            known = self.runtime.servings
            serving = self.serving = known.get((identity(decision), identity(served))) or remembered(known, decision, served)
        return serving

    def _is_plain(self, serving: Serving) -> bool:
        """Whether there is nothing to tell of redaction, hints and conversations, cascade and hedge, a trace, or another target."""
        facts, outcome = self.facts, self.outcome
        return (
            serving.first is None
            and type(outcome) is Served
            and not outcome.is_estimate
            and not self.redaction
            and facts.stay is None
            and not facts.hints
            and self.cascading is None
            and not self.hedge
            and self.arrival.trace is NO_TRACE
        )

    def exchange(self, out: HttpDownstream) -> Exchange:
        """The record that observers see. Its members in their order: by name, so many would take five times as long."""
        facts, signals, decision, outcome = self.facts, self.signals, self.decision, self.outcome
        served = self.history[-1].attempt.target if self.history and not self.code else None
        serving = self._serving(served)
        usage, finish = (outcome.usage, outcome.finish) if type(outcome) is Served else _told(outcome)
        exchange = Exchange(
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
            serving.because,
            serving.path,
            serving.target,
            tuple(Counter([finding.category for finding in signals.findings]).items()) if signals.findings else (),
            tuple(Counter([doubt.kind for doubt in signals.doubts]).items()) if signals.doubts else (),
            signals.coverage if signals.coverage < 1.0 else ALL,
            None if signals.difficulty is None else signals.difficulty.score,
            self.attempts,
            usage,
            finish,
            self.paid(usage, served),
            None if facts.endpoint in READING else price(usage, self.runtime.baseline),
            self.arrival.body_bytes,
            out.sent_bytes,
            self.arrival.times(out.first_byte, self.attempts),
            facts.lineage,
            None if facts.ceiling is None else self.declassified_from(),
            "" if served is None or facts.named is None else self.rerouted(served),
            facts.is_locked,
        )
        return exchange if self._is_plain(serving) else self._at_length(exchange, serving)

    def _at_length(self, exchange: Exchange, serving: Serving) -> Exchange:
        """The same with all that."""
        restorer, trace = None if self.redacted is None else self.redacted.answers.restorer, self.arrival.trace
        cascade, grounds = self.judged(serving.served)
        return msgspec.structs.replace(
            exchange,
            redaction=self.redaction,
            placeholders=0 if restorer is None else len(restorer),
            placeholders_unrestored=0 if restorer is None else restorer.unrestored,
            leaned=self.leaned(),
            cascade=cascade,
            grounds=grounds,
            is_estimate=getattr(self.outcome, "is_estimate", False),
            hedge=self.hedge,
            trace_id=trace.trace_id,
            span_id=trace.span_id,
            parent_span_id=trace.parent_span_id,
            is_sampled=trace.is_sampled,
            first=serving.first,
        )


def _told(outcome: Outcome | None) -> tuple[Usage | None, str]:
    """The usage and the finish reason, of an outcome that has them."""
    return getattr(outcome, "usage", None), getattr(outcome, "finish", "")
