"""The order of the steps of a request, written once: classify, decide, then try and look what happened until it is over, then record."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

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

    def times(self, first_byte: float | None, history: History) -> Times:
        """All times so far."""
        return Times(
            total_s=time.monotonic() - self.started,
            first_byte_s=None if first_byte is None else first_byte - self.started,
            receive_s=self.receive_s,
            decode_s=self.decode_s,
            classify_s=self.classify_s,
            slow_s=self.slow_s,
            decide_s=self.decide_s,
            upstream_s=sum(tried.outcome.timing.total_s for tried in history),
        )


async def conduct(runtime: Runtime, ask: Ask, facts: Facts, arrival: Arrival, out: HttpDownstream) -> None:
    """Serve one request that was understood. Its exchange is observed whatever happens."""
    record = _Record(runtime, ask, facts, arrival, out)
    try:
        await _judge(record)
        await _serve(record)
    except asyncio.CancelledError:
        if not out.is_gone:
            raise
        record.result = "abandoned"
    except Exception as error:  # noqa: BLE001  # the last net: the caller gets a sentence, the log a class name, nobody the text
        runtime.report(arrival.request_id, error)
        await record.refuse("failed", OurBug())
    finally:
        runtime.observe(record.exchange())


async def _judge(record: "_Record") -> None:
    """Signals and decision. Slow detectors are asked only about what would leave; what they find can only raise the label."""
    plan, arrival, prompt = record.runtime.plan, record.arrival, record.ask.prompt
    start = time.monotonic()
    record.signals = classify(prompt, plan.fast, plan.scorer, is_late=lambda: time.monotonic() - start > plan.fast_s)
    classified = time.monotonic()
    record.decision = decide(record.facts, record.signals, plan.policy)
    decided = time.monotonic()
    arrival.classify_s, arrival.decide_s = classified - start, decided - classified
    if record.decision.leaves and plan.slow:
        record.signals += await record.runtime.ask_slow(prompt)
        record.decision = decide(record.facts, record.signals, plan.policy)
        arrival.slow_s = time.monotonic() - decided


async def _serve(record: "_Record") -> None:
    decision = record.decision
    if decision.verdict == "deny":
        await record.refuse("denied", _not_allowed(decision))
        return
    step = record.next_step()
    while isinstance(step, Try):
        if step.delay_s:
            await asyncio.sleep(step.delay_s)
        await _try(record, step.attempt)
        step = record.next_step()
    record.outcome = None if isinstance(step, GiveUp) else step.outcome
    if isinstance(step, GiveUp):
        await record.refuse("refused" if step.body else "failed", caller_sees(step, len(record.history)))


async def _try(record: "_Record", attempt: Attempt) -> None:
    """One attempt: clear the body for this target, relay, note what came of it."""
    runtime, target, call = record.runtime, attempt.target, record.call()
    body = record.ask.body_for(target)
    payload = clear(record.facts.request_id, target, record.decision.label, body)
    record.out.describe(lambda usage: record.committed(attempt, usage))
    outcome: Outcome = Abandoned()
    runtime.fleet.begin(attempt, time.monotonic())
    try:
        outcome = await runtime.upstreams[target.name].relay(attempt, payload, call, record.out)
    finally:
        runtime.fleet.note(attempt, outcome, time.monotonic(), runtime.dice())
        record.history += (Tried(attempt, outcome),)
        record.attempts += (_attempt_record(attempt, outcome, len(body), payload.digest if target.zone == "external" else ""),)


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
    """What is known of a request while it is served; becomes its `Exchange`."""

    __slots__ = ("arrival", "ask", "attempts", "code", "decision", "facts", "history", "out", "outcome", "result", "runtime", "signals")

    def __init__(self, runtime: Runtime, ask: Ask, facts: Facts, arrival: Arrival, out: HttpDownstream) -> None:
        self.runtime, self.ask, self.facts, self.arrival, self.out = runtime, ask, facts, arrival, out
        self.signals = Signals()
        self.decision: Decision = runtime.undecided
        self.history: History = ()
        self.attempts: tuple[AttemptRecord, ...] = ()
        self.outcome: Outcome | None = None
        self.result: Result = "failed"
        self.code = ""

    def next_step(self) -> Step:
        """What to do now."""
        return next_step(self.decision, self.facts, self.runtime.fleet, self.history, time.monotonic(), self.runtime.dice())

    def call(self) -> Call:
        """What an upstream must know."""
        ask, limits = self.ask, self.runtime.plan.limits
        return Call(
            self.facts.request_id, ask.endpoint, ask.is_stream, ask.choices, ask.hides_usage, limits.answer_bytes, limits.event_bytes
        )

    async def refuse(self, result: Result, refusal: Refusal) -> None:
        """Tell the caller, and remember what they were told."""
        self.result, self.code = result, refusal.code
        self.out.describe(lambda _usage: self.headers(self.history[-1].attempt if self.history else None, None))
        await self.out.refuse(refusal)

    def committed(self, attempt: Attempt, usage: Usage | None) -> bytes:
        """The first bytes of an answer are in hand: the target is well. Gives the headers of the response."""
        self.runtime.fleet.answered(attempt)
        return self.headers(attempt, usage)

    def headers(self, attempt: Attempt | None, usage: Usage | None) -> bytes:
        """The `x-tidegate-*` lines of DESIGN section 10."""
        decision, elapsed = self.decision, time.monotonic() - self.arrival.started
        is_refusal = self.code != ""
        lines = [
            f"x-tidegate-path: {'blocked' if is_refusal or attempt is None else attempt.target.path}",
            f"x-tidegate-route: {decision.route}",
            f"x-tidegate-label: {decision.label}",
            f"x-tidegate-attempts: {attempt.number if attempt else 0}",
            f"server-timing: gateway;dur={self._own_ms():.2f}, total;dur={elapsed * 1000:.2f}",
        ]
        if attempt is not None and not is_refusal:
            lines.append(f"x-tidegate-target: {attempt.target.name}")
            paid = cost(usage, attempt.target.tariff) if usage and attempt.target.tariff else None
            if paid is not None:
                lines.append(f"x-tidegate-cost-usd: {paid / 1_000_000:.6f}")
        return ("\r\n".join(lines) + "\r\n").encode()

    def _own_ms(self) -> float:
        arrival = self.arrival
        return 1000 * (arrival.decode_s + arrival.classify_s + arrival.slow_s + arrival.decide_s)

    def exchange(self) -> Exchange:
        """The record that observers see."""
        facts, signals, decision, arrival = self.facts, self.signals, self.decision, self.arrival
        served = self.history[-1].attempt.target if self.history and not self.code else None
        usage = getattr(self.outcome, "usage", None)
        return Exchange(
            request_id=facts.request_id,
            endpoint=facts.endpoint,
            result=self._result(),
            status=self.out.status,
            code=self.code,
            tenant=facts.tenant,
            key=facts.key,
            preference=facts.preference,
            is_stream=facts.is_stream,
            label=decision.label,
            route=decision.route,
            because=decision.reason.because,
            path="blocked" if served is None else served.path,
            target=None if served is None else served.name,
            findings=tuple(Counter(finding.category for finding in signals.findings).items()) if signals.findings else (),
            doubts=tuple(Counter(doubt.kind for doubt in signals.doubts).items()) if signals.doubts else (),
            coverage=signals.coverage,
            difficulty=signals.difficulty.score if signals.difficulty else None,
            attempts=self.attempts,
            usage=usage,
            finish=getattr(self.outcome, "finish", ""),
            cost=_price(usage, served),
            baseline_cost=_price(usage, self.runtime.baseline),
            body_bytes=arrival.body_bytes,
            answer_bytes=self.out.sent_bytes,
            times=arrival.times(self.out.first_byte, self.history),
        )

    def _result(self) -> Result:
        match self.outcome:
            case Served():
                return "served"
            case Broken():
                return "broken"
            case Abandoned():
                return "abandoned"
            case _:
                return self.result


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
        times=arrival.times(None, ()),
    )
