"""One attempt, written once for those that are made alone and those that race: cleared for its target, declared, made, and told of."""

import time
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from gateway.ledger.entry import Sent, concluded, intent_of
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Intent
from gateway.record import Record
from gateway.trying import Seat
from gateway.upstreams.upstream import Downstream
from gateway.wire.ask import Ask
from router.attempt import Abandoned, Attempt, Failed, Outcome, Refused
from router.clearance import ClearedBody, clear
from router.failures import NOT_MADE, Kind
from router.values import replace

Settle = Callable[[Outcome], Awaitable[Outcome]]
"""What an outcome is in the end, for one who knows more than the upstream."""
_LEFT = Abandoned()
"""How an attempt ended of which nobody says anything else."""


class Sending(msgspec.Struct, frozen=True, gc=False):
    """An attempt that may be made: the request as it is sent, its body, the ledger's line where it keeps one, and its place."""

    attempt: Attempt
    ask: Ask
    payload: ClearedBody
    line: Intent | None
    seat: Seat | None


async def prepare(record: Record, attempt: Attempt, seat: Seat | None, ask: Ask, body: bytes | None = None) -> Sending | None:
    """Clear the request in this form, or this `body` of it, for the attempt's target, and declare that. None: not made, which is noted."""
    runtime, target = record.runtime, attempt.target
    redacted = None if record.redacted is None else record.redacted_for(target)
    label = record.decision.label if redacted is None else redacted.label
    is_locked = runtime.lockdown.is_on
    if is_locked and target.zone == "external":  # another process has turned it on since the target was chosen
        record.unmade(attempt, "LOCKED_DOWN")
        return None
    whole = ask.body_for(target) if body is None else body
    payload = clear(record.facts.request_id, target, label, whole, is_locked=is_locked, withdrawn=runtime.withdrawn)
    if runtime.ledger is None:
        return Sending(attempt, ask, payload, None, seat)
    runtime.fleet.claim(attempt, time.monotonic())  # what comes waits, and nobody else may probe meanwhile
    line = await _declare(record, runtime.ledger, attempt, payload)
    if line == "unmade":
        runtime.fleet.release(attempt)
        return None
    return Sending(attempt, ask, payload, line, seat)


def begin(record: Record, one: Sending) -> None:
    """The fleet hears of the attempt, before it chooses a replica for another request. Then it must be sent."""
    if record.runtime.reservations is not None:
        record.lease(one.attempt)
    record.runtime.fleet.begin(one.attempt, time.monotonic(), record.facts)


async def send(record: Record, one: Sending, out: Downstream, settle: Settle | None = None) -> Outcome:
    """Make the attempt that has begun. Its answer goes to `out`; record, fleet and ledger hear how it ended."""
    runtime, attempt, began = record.runtime, one.attempt, time.monotonic()
    outcome: Outcome = _LEFT
    try:
        outcome = await runtime.upstreams[attempt.target.name].relay(attempt, one.payload, record.call(one.ask), out)
        if record.redacted is not None and isinstance(outcome, Refused):
            outcome = _restored(record, attempt, outcome)
    finally:
        try:
            if settle is not None:
                outcome = await settle(outcome)
        finally:  # whatever comes of that: an attempt that was begun has ended
            is_made = type(outcome) is not Failed or outcome.failure.kind not in NOT_MADE
            ended = record.ended(attempt, outcome, one.payload if is_made else None, one.seat, began)
            if runtime.ledger is not None and one.line is not None:
                runtime.ledger.note(concluded(one.line, ended))
    return outcome


def _restored(record: Record, attempt: Attempt, refused: Refused) -> Refused:
    """The refusal of a target that had the request rewritten, as the caller may read it."""
    redacted = record.redacted_for(attempt.target)
    return refused if redacted is None else replace(refused, body=redacted.answers.whole(refused.body))


async def _declare(record: Record, ledger: Ledger, attempt: Attempt, payload: ClearedBody) -> Intent | Literal["unmade"] | None:
    """The ledger's line before the attempt, None for one that it does not keep. Without it, or in a lockdown, nothing goes outside.

    Nor anywhere, local or not, where a reload took the target away in the meantime.
    """
    runtime, is_external = record.runtime, attempt.target.zone == "external"
    if not is_external and not ledger.plan.keeps_all:
        return None
    sent = Sent(runtime.plan.policy.digest, payload.size, payload.digest, payload.label.name)
    line = intent_of(record.facts, record.signals, record.decision, attempt, sent)
    is_declared = await ledger.declare(line)
    lost: Kind | None = "LEDGER_UNAVAILABLE" if is_external and not is_declared else None
    barred = lost or record.bar(attempt.target)  # a lockdown or a reload may have come in the meantime
    if barred is not None:
        ended = record.unmade(attempt, barred)
        if is_declared:
            ledger.note(concluded(line, ended))
        return "unmade"
    return line
