"""`Record`: what is known of a request while it is served; becomes its `Exchange`. It does not know the caller's side, which knows it."""

import time
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from gateway.arrival import Arrival
from gateway.exchange import CascadeResult, Exchange, HedgeResult, Leaned, Redaction, Result
from gateway.http.downstream import HttpDownstream
from gateway.redact.lane import Redacted
from gateway.runtime import Runtime
from gateway.trying import Trying, price
from gateway.upstreams.upstream import Call
from gateway.wire.ask import Ask
from router.attempt import Abandoned, Attempt, Broken, Outcome, Served, Usage
from router.cascade import Grounds
from router.decision import Target
from router.facts import Facts
from router.names import TargetName

_RESULTS: Mapping[type, Result] = {Served: "served", Broken: "broken", Abandoned: "abandoned"}
"""How a request ended whose last attempt ended so. Otherwise the caller was told something else."""
_Rare = tuple[Redaction, int, int, Leaned | None, CascadeResult, Grounds, bool, HedgeResult, str, str, str, bool, TargetName | None]


class Record(Trying):
    """One request."""

    outcome: Outcome | None = None
    redacted: Redacted | None = None
    redaction: Redaction = ""
    result: Result = "failed"
    code: str = ""

    def needs_redaction(self, target: Target) -> bool:
        """Whether the target may have the request only rewritten, and it is not."""
        return self.redacted is None and target.clearance < self.decision.label

    def redacted_for(self, target: Target) -> Redacted | None:
        """The request as the target may have it, where that is only rewritten."""
        return self.redacted if self.decision.is_redacted(target) else None

    def call(self) -> Call:
        """What an upstream must know."""
        ask, limits = self.ask, self.runtime.plan.limits
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
        )

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
            self._tries(attempt),
            1000 * (arrival.decode_s + arrival.classify_s + arrival.slow_s + arrival.decide_s + arrival.redact_s),
            1000 * (time.monotonic() - arrival.started),
            b"" if paid is None else b"x-tidegate-cost-usd: %d.%06d\r\n" % divmod(paid, 1_000_000),
            b"x-tidegate-unrestored: %d\r\n" % unrestored if unrestored else b"",
        )

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
        )

    @property
    def unrestored(self) -> int:
        """Placeholders of the answer that stand for nothing."""
        return 0 if self.redacted is None else self.redacted.answers.restorer.unrestored

    def _rarely(self, served: Target | None) -> _Rare:
        """What most requests have none of: members about redaction, hints and conversations, cascade and hedge, and a trace."""
        masked = 0 if self.redacted is None else len(self.redacted.answers.restorer)
        told = self.redaction, masked, self.unrestored, self.leaned()
        ended = getattr(self.outcome, "is_estimate", False), self.hedge
        first = self.decision.chain[0] if self.decision.chain else None
        return *told, *self.judged(served), *ended, *self.arrival.trace[:4], None if first is None or first is served else first.name

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
            None if facts.endpoint == "embeddings" else price(usage, self.runtime.baseline),
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
