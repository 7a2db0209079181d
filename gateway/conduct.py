"""The order of the steps of a request, written once: classify, decide, then try and look what happened until it is over, then record."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from classifiers.classify import classify
from classifiers.signals import Signals
from gateway.errors import Denied, OurBug, Refusal
from gateway.exchange import AttemptRecord, Exchange, Result, Times
from gateway.http.downstream import HttpDownstream
from gateway.http.keys import ANONYMOUS
from gateway.plan import CallerKey
from gateway.runtime import Runtime
from gateway.upstreams.upstream import Call
from gateway.wire.ask import Ask
from gateway.wire.refusals import caller_sees
from router.attempt import Abandoned, Attempt, Broken, History, Outcome, Served, Tried, Usage
from router.clearance import clear
from router.cost import cost
from router.decide import decide
from router.decision import Decision, Target
from router.facts import Facts
from router.failover import GiveUp, Step, Try, next_step
from router.names import Endpoint, MicroUsd

_NOTHING_SAID = Signals()
_RESULTS: Mapping[type, Result] = {Served: "served", Broken: "broken", Abandoned: "abandoned"}
"""How a request ended whose last attempt ended so. Otherwise the caller was told something else."""


@dataclass(slots=True)
class Arrival:
    """One request's stopwatch, from the moment its headers were read. Seconds on the monotonic clock."""

    request_id: str
    endpoint: Endpoint
    started: float
    caller: CallerKey = ANONYMOUS
    body_bytes: int = 0
    receive_s: float = 0.0
    decode_s: float = 0.0
    classify_s: float = 0.0
    slow_s: float = 0.0
    decide_s: float = 0.0

    def received(self, body_bytes: int) -> None:
        """The body is complete."""
        self.body_bytes = body_bytes
        self.receive_s = time.monotonic() - self.started

    def decoded(self) -> None:
        """The body is understood."""
        self.decode_s = time.monotonic() - self.started - self.receive_s

    def times(self, first_byte: float | None, attempts: tuple[AttemptRecord, ...] = ()) -> Times:
        """All times so far."""
        return Times(
            total_s=time.monotonic() - self.started,
            first_byte_s=None if first_byte is None else first_byte - self.started,
            receive_s=self.receive_s,
            decode_s=self.decode_s,
            classify_s=self.classify_s,
            slow_s=self.slow_s,
            decide_s=self.decide_s,
            upstream_s=sum([attempt.total_s for attempt in attempts]),
        )


async def conduct(runtime: Runtime, ask: Ask, facts: Facts, arrival: Arrival, out: HttpDownstream) -> None:
    """Serve one request that was understood. Its exchange is observed whatever happens."""
    record = _Record(runtime, ask, facts, arrival)
    try:
        record.judge()
        if record.decision.leaves and runtime.plan.slow:
            await _judge_slowly(record)
        await _serve(record, out)
    except asyncio.CancelledError:
        if not out.is_gone:
            raise
        record.result = "abandoned"
    except Exception as error:  # noqa: BLE001  # the last net: the caller gets a sentence, the log a class name, nobody the text
        runtime.report(arrival.request_id, error)
        await _refuse(record, out, "failed", OurBug())
    finally:
        runtime.observe(record.exchange(out))


async def _judge_slowly(record: "_Record") -> None:
    """Slow detectors are asked only about what would leave; what they find can only raise the label."""
    start = time.monotonic()
    record.signals += await record.runtime.ask_slow(record.ask.prompt)
    record.decision = decide(record.facts, record.signals, record.runtime.plan.policy)
    record.arrival.slow_s = time.monotonic() - start


async def _serve(record: "_Record", out: HttpDownstream) -> None:
    decision = record.decision
    if decision.verdict == "deny":
        await _refuse(record, out, "denied", _not_allowed(decision))
        return
    step = record.next_step()
    while isinstance(step, Try):
        if step.delay_s:
            await asyncio.sleep(step.delay_s)
        await _try(record, step.attempt, out)
        step = record.next_step()
    if isinstance(step, GiveUp):
        await _refuse(record, out, "refused" if step.body else "failed", caller_sees(step, len(record.history)))
    else:
        record.outcome = step.outcome


async def _try(record: "_Record", attempt: Attempt, out: HttpDownstream) -> None:
    """One attempt: clear the body for this target, relay, note what came of it."""
    runtime, target, call = record.runtime, attempt.target, record.call()
    body = record.ask.body_for(target)
    payload = clear(record.facts.request_id, target, record.decision.label, body)
    out.describe(partial(record.committed, attempt))
    outcome: Outcome = Abandoned()
    runtime.fleet.begin(attempt, time.monotonic())
    try:
        outcome = await runtime.upstreams[target.name].relay(attempt, payload, call, out)
    finally:
        runtime.fleet.note(attempt, outcome, time.monotonic(), runtime.dice())
        record.history += (Tried(attempt, outcome),)
        record.attempts += (_attempt_record(attempt, outcome, len(body), payload.digest if target.zone == "external" else ""),)


async def _refuse(record: "_Record", out: HttpDownstream, result: Result, refusal: Refusal) -> None:
    """Tell the caller, and remember what they were told."""
    record.result, record.code = result, refusal.code
    out.describe(partial(record.lines, record.history[-1].attempt if record.history else None))
    await out.refuse(refusal)


def _not_allowed(decision: Decision) -> Refusal:
    say = f"The named model may not receive {decision.label} content. Ask for `auto`, and the gateway picks a model that may."
    return Denied("policy_violation", say, param="model")


def _attempt_record(attempt: Attempt, outcome: Outcome, sent_bytes: int, digest: str) -> AttemptRecord:
    failure = getattr(outcome, "failure", None)
    return AttemptRecord(
        target=attempt.target.name,
        replica=attempt.replica,
        ending=type(outcome).__name__,  # type: ignore[arg-type]  # the five outcomes are the five endings
        failure=failure.kind if failure else "",
        status=getattr(outcome, "status", 0),
        sent_bytes=sent_bytes,
        digest=digest,
        total_s=outcome.timing.total_s,
    )


class _Record:
    """What is known of a request while it is served; becomes its `Exchange`. Does not know the caller's side, which knows it: no cycle."""

    __slots__ = ("arrival", "ask", "attempts", "code", "decision", "facts", "history", "outcome", "result", "runtime", "signals")

    def __init__(self, runtime: Runtime, ask: Ask, facts: Facts, arrival: Arrival) -> None:
        self.runtime, self.ask, self.facts, self.arrival = runtime, ask, facts, arrival
        self.signals = _NOTHING_SAID
        self.decision: Decision = runtime.undecided
        self.history: History = ()
        self.attempts: tuple[AttemptRecord, ...] = ()
        self.outcome: Outcome | None = None
        self.result: Result = "failed"
        self.code = ""

    def judge(self) -> None:
        """Signals of the fast detectors, and the decision."""
        plan, arrival = self.runtime.plan, self.arrival
        start = time.monotonic()
        late = start + plan.fast_s
        self.signals = classify(self.ask.prompt, plan.fast, plan.scorer, is_late=lambda: time.monotonic() > late)
        classified = time.monotonic()
        self.decision = decide(self.facts, self.signals, plan.policy)
        arrival.classify_s, arrival.decide_s = classified - start, time.monotonic() - classified

    def next_step(self) -> Step:
        """What to do now."""
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
            known = _known_lines(target.path, decision.route, decision.label.name, target.name)
        paid = _price(usage, target)
        return b"%bx-tidegate-attempts: %d\r\nserver-timing: gateway;dur=%.2f, total;dur=%.2f\r\n%b" % (
            known,
            attempt.number if attempt else 0,
            1000 * (arrival.decode_s + arrival.classify_s + arrival.slow_s + arrival.decide_s),
            1000 * (time.monotonic() - arrival.started),
            b"" if paid is None else b"x-tidegate-cost-usd: %d.%06d\r\n" % divmod(paid, 1_000_000),
        )

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
            "blocked" if served is None else served.path,
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
        )


@lru_cache(1024)
def _known_lines(path: str, route: str, label: str, target: str = "") -> bytes:
    """The header lines that the configuration knows: there are as many as routes, labels and targets."""
    lines = f"x-tidegate-path: {path}\r\nx-tidegate-route: {route}\r\nx-tidegate-label: {label}\r\n"
    return (lines + f"x-tidegate-target: {target}\r\n" if target else lines).encode()


def _price(usage: Usage | None, target: Target | None) -> MicroUsd | None:
    return cost(usage, target.tariff) if usage and target and target.tariff else None


def invalid(arrival: Arrival, status: int, code: str) -> Exchange:
    """The exchange of a request that was not understood, or not allowed in, or met a defect on its way here."""
    return Exchange(
        request_id=arrival.request_id,
        endpoint=arrival.endpoint,
        result="abandoned" if status == 499 else "invalid" if status < 500 else "failed",
        status=status,
        code=code,
        tenant=arrival.caller.tenant,
        key=arrival.caller.name,
        body_bytes=arrival.body_bytes,
        times=arrival.times(None),
    )
