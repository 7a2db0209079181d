"""The order of the steps of a request, written once: classify, decide, then try and look what happened until it is over, then record."""

import asyncio
import time
from functools import partial

from gateway.arrival import Arrival
from gateway.beside import LARGE
from gateway.cascade.cascading import Cascading
from gateway.continuing import Continuing, go_on, may_continue
from gateway.dialects.translating import back, lost_on, seen_at
from gateway.errors import BadRequest, Denied, NotFound, OurBug, Refusal
from gateway.exchange import Result
from gateway.hedging import Race
from gateway.http.downstream import HttpDownstream
from gateway.record import Record
from gateway.redact.answers import Restoring
from gateway.redact.lane import Redacted, redact
from gateway.runtime import Runtime
from gateway.sending import begin, prepare, send
from gateway.upstreams.upstream import Downstream
from gateway.wire.ask import Ask
from gateway.wire.refusals import caller_sees
from router.attempt import Attempt, Refused, Served, Tried
from router.decision import Decision
from router.facts import Facts
from router.failover import next_step
from router.failures import FAILURES
from router.hedging import is_hedged
from router.steps import Done, GiveUp, Keep, Step, Try, Wait
from router.values import replace


async def conduct(runtime: Runtime, ask: Ask, facts: Facts, arrival: Arrival, out: HttpDownstream) -> None:
    """Serve one request that was understood. Its exchange is observed whatever happens."""
    record = Record(runtime, ask, facts, arrival, runtime.undecided)
    try:
        record.judge(await record.classified_beside() if len(ask.body) >= LARGE else None)
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
        if record.seat is not None:
            record.leave_seat()
        if record.heard:
            record.learn()
        runtime.observe(record.exchange(out))


async def _serve(record: Record, out: HttpDownstream) -> None:
    if record.decision.verdict == "deny":
        await _refuse(record, out, "denied", _not_allowed(record.decision))
        return
    while record.outcome is None:
        step = _next(record)
        if isinstance(step, Try):
            await _go(record, step, out)
            if record.history and type(ended := record.history[-1].outcome) is Served:  # the usual end: neither clock nor dice are asked
                record.outcome = ended
        elif isinstance(step, Wait):
            await record.wait(step.delay_s)
        else:
            await _end(record, step, out)
            break
    record.settle_down()


async def _end(record: Record, step: Done | GiveUp | Keep, out: HttpDownstream) -> None:
    """It is over, and nobody has served it just now."""
    if isinstance(step, Done):
        record.outcome = step.outcome
    elif isinstance(step, GiveUp):
        if not record.decision.chain and (unserved := _unserved(record)) is not None:
            await _refuse(record, out, "invalid", unserved)
        else:
            await _refuse(record, out, "refused" if step.body else "failed", caller_sees(step, len(record.history)))
    else:
        await _keep(record, step, out)


async def _go(record: Record, step: Try, out: HttpDownstream) -> None:
    """Make an attempt as soon as its target has room for it, or what must come before. After a wait, or without room, all is asked anew."""
    attempt, target = step.attempt, step.attempt.target
    if step.delay_s and not await _may_still(record, step):
        return
    if record.decision.redacts is not None and record.needs_redaction(target):
        await _redact(record)
        return
    door = record.runtime.admission.doors.get(target.name)
    if door is not None and not await record.enter(door, attempt):
        return
    if door is None and record.seat is not None:
        record.leave_seat()
    try:
        await _try(record, attempt, out)
    finally:
        if record.seat is not None:
            record.leave_seat()


async def _may_still(record: Record, step: Try) -> bool:
    """Whether the attempt may be made after its delay: others may have found out meanwhile, or operators acted."""
    await asyncio.sleep(step.delay_s)
    return record.runtime.fleet.is_ready(step.attempt, time.monotonic()) and not record.is_barred(step.attempt.target)


def _next(record: Record) -> Step:
    """What to do now. A lockdown that began meanwhile leaves only local targets to do it, a reload only those that it left."""
    runtime = record.runtime
    if runtime.withdrawn or runtime.lockdown.is_on:
        record.heed_operators()
    return next_step(record.decision, record.facts, runtime.fleet, record.history, time.monotonic(), runtime.dice())


async def _keep(record: Record, step: Keep, out: HttpDownstream) -> None:
    """The caller gets the answer that was rejected: there is no other."""
    rejected, attempt = step.rejected, replace(step.attempt, number=len(record.history))
    served = Served(rejected.status, rejected.usage, rejected.answered, rejected.finish, rejected.timing)
    record.history += (Tried(attempt, served),)
    out.describe(record.lines, attempt)
    if record.cascading is not None:
        await record.cascading.keep()
    record.outcome = served


async def _redact(record: Record) -> None:
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


async def _try(record: Record, attempt: Attempt, out: HttpDownstream) -> None:
    """One attempt: clear the body for this target, relay, note what came of it. Where that is slow, there may be two."""
    target, decision = attempt.target, record.decision
    judged = None if decision.cascade is None else record.begin_cascade(attempt)
    try:
        way = record.way_to(target, is_plain=judged is not None)
    except BadRequest as refusal:
        record.note(attempt, Refused(FAILURES["NO_FORM"], refusal.status, refusal.body), None)
        return
    sent, at = way[-1], seen_at(way)
    sending = await prepare(record, attempt, record.seat, sent, None if judged is None else judged.body(sent.body_for(target)))
    if sending is None:
        return
    redacted = None if decision.redacts is None else record.redacted_for(target)
    record.lost = lost_on(way)
    keeper = record.arrival.keeper
    caller = out if keeper is None else keeper(out, decision.label)
    asked = (record.ask, *way[1 : at + 1])  # the caller hears of the request as it was before it was rewritten
    sink = record.hear(back(asked, caller, record.facts.request_id), None if redacted is None else redacted.label)
    held = Continuing(sink) if target.continues and redacted is None and judged is None and may_continue(record, sent, target) else None
    onto = back(way[at:], held or (sink if redacted is None and judged is None else _past(redacted, judged, sink)), record.facts.request_id)
    if target.hedge is not None and judged is None and len(way) == 1 and is_hedged(target, record.facts):
        await Race(record, out, onto).run(sending, target.hedge.after_s)
    else:
        out.describe(record.committed, attempt)
        begin(record, sending)
        await send(record, sending, onto, None if judged is None else partial(judged.settled, out=out))
    if held is not None:
        last = record.history[-1]
        await go_on(record, last.attempt, held, last.outcome)


def _past(redacted: Redacted | None, judged: Cascading | None, sink: Downstream) -> Downstream:
    """Where an answer goes that must be restored, or judged, before it goes to `sink`."""
    if redacted is not None:
        return Restoring(sink, redacted.answers)
    return sink if judged is None else judged.hold(sink)


async def _refuse(record: Record, out: HttpDownstream, result: Result, refusal: Refusal) -> None:
    """Tell the caller, and remember what they were told."""
    record.result, record.code = result, refusal.code
    out.describe(record.lines, record.history[-1].attempt if record.history else None)
    await out.refuse(refusal)


def _unserved(record: Record) -> Refusal | None:
    """What to say of an endpoint that the named model does not have, or no model at all: no waiting would help."""
    policy, facts = record.runtime.plan.policy, record.facts
    asked = policy.targets.values() if facts.named is None else (policy.targets[facts.named],)
    if any(target.serves(facts.endpoint) for target in asked):
        return None
    say = "No model here has this endpoint." if facts.named is None else "This model does not have this endpoint."
    return NotFound("endpoint_not_served", f"{say} Ask for another one, or have the gateway's operator add it to `serves`.", param="model")


def _not_allowed(decision: Decision) -> Refusal:
    say = f"The named model may not receive {decision.label} content. Ask for `auto`, and the gateway picks a model that may."
    return Denied("policy_violation", say, param="model")
