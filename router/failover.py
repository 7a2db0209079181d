"""`next_step`: a pure fold over what happened so far. It says what to try next, for whom to wait, or that it is over.

The chain was cleared when the decision was built, so nothing here can widen where a request may go; it only decides how often and how
soon. While the gateway is locked down no external target of a chain is tried, whatever the decision was; nor one that was withdrawn.
"""

from collections.abc import Iterator

from router.abilities import lacking, unable
from router.attempt import Abandoned, Attempt, Broken, Failed, History, Outcome, Refused, Rejected, Served, Tried
from router.breaker import FIRST_OPEN_S
from router.decision import Decision, Target
from router.facts import NEVER, Facts
from router.failures import FAILURES, NOT_MADE, Kind
from router.fleet import Fleet
from router.steps import Done, GiveUp, Keep, Step, Try, Wait

MOST_ATTEMPTS = 3
"""Attempts per request, all targets together (RELIABILITY P10)."""
LONGEST_RETRY_AFTER_S = 1.0
"""A target that asks for more patience than this is not waited for while another may be asked, nor where the caller said no deadline."""
FIRST_BACKOFF_S = 0.1
LONGEST_BACKOFF_S = 1.0
SLACK = 2.0
"""The estimate of prompt tokens may be wrong by this factor before a target is passed over unasked. Asking in vain costs a quick 400;
not asking costs an answer."""
LEAST_WAIT_S = 0.02
"""No shorter: many who wait for the same door would else look at it again and again."""
_MAYBE_BILLED: frozenset[Kind] = frozenset({"CUT", "BAD_ANSWER"})
"""After these a provider may have done the work, and bill it. An external target is not asked for the same work twice; another one may be.
A target that said that it failed (429, 5xx) has not, one that could not be reached neither; nor one that closed a kept connection at the
moment it was used (`DROPPED`)."""
_SILENT: frozenset[Kind] = frozenset({"SLOW_START", "STALLED"})
_STATUSES_KEPT = frozenset({429, 503, 504})
"""Statuses that an overloaded or failing target and the gateway in front of it mean alike; all others become the row's own."""
_OVERDUE = GiveUp(FAILURES["OVERDUE"], status=FAILURES["OVERDUE"].status)
"""The caller waits no longer: nothing is begun."""


def next_step(decision: Decision, facts: Facts, fleet: Fleet, history: History, now: float, dice: float) -> Step:
    """What to do now. `now` is monotonic, `dice` in 0..1.

    Terminates: every `Try` adds to the history, which `MOST_ATTEMPTS` bounds, and twice the chain where targets are full; no `Wait`
    reaches beyond a target's patience.
    """
    if not history:
        step = _onwards(decision, facts, fleet, history, now) if now < facts.due else _OVERDUE
        return step or _patiently(decision, facts, fleet, now) or _unasked(decision, facts, fleet, now)
    outcome = history[-1].outcome
    if isinstance(outcome, (Served, Broken, Abandoned)):  # a union would be made anew for every request
        return Done(outcome)
    is_final = outcome.reason == "unasked" if isinstance(outcome, Rejected) else outcome.failure.remedy == "stop"
    if is_final or made(history) >= _most(history):
        return _last(decision, facts, fleet, history, now)
    if now >= facts.due:
        return _last(decision, facts, fleet, history, now) if isinstance(history[0].outcome, Rejected) else _OVERDUE
    left_s = 0.0 if facts.due == NEVER else facts.due - now
    return (
        _again(facts, fleet, history, now, dice, LONGEST_RETRY_AFTER_S)
        or _onwards(decision, facts, fleet, history, now)
        or _again(facts, fleet, history, now, dice, left_s)
        or _last(decision, facts, fleet, history, now)
    )


def may_escalate(attempt: Attempt, decision: Decision, facts: Facts, fleet: Fleet, now: float) -> bool:
    """Whether the answer of an attempt that is about to be made is judged: the route cascades, and another target could follow now.

    Only the first attempt is, at the first target. Where none could follow its answer is final whatever it says: nothing is waited for.
    """
    if decision.cascade is None or attempt.number > 1 or attempt.target.name != decision.chain[0].name:
        return False
    return _onwards(decision, facts, fleet, (Tried(attempt, Rejected("empty")),), now) is not None


def elsewhere(attempt: Attempt, decision: Decision, facts: Facts, fleet: Fleet, history: History, now: float) -> Target | None:
    """The target that would be asked next if the one of this attempt, which is about to be made, had no room for it; None: nobody."""
    step = _onwards(decision, facts, fleet, (*history, Tried(attempt, Failed(FAILURES["FULL"]))), now)
    return step.attempt.target if isinstance(step, Try) else None


def made(history: History) -> int:
    """How many attempts were made: to find a target full costs it nothing."""
    return len([tried for tried in history if not _was_full(tried)])


def _was_full(tried: Tried) -> bool:
    return isinstance(tried.outcome, Failed) and tried.outcome.failure.kind == "FULL"


def _back(facts: Facts, fleet: Fleet, history: History, now: float) -> Try | None:
    """Who went elsewhere because a target was full, and found nobody there, comes back to it once, and waits."""
    if _was_full(history[-1]) or made(history) >= _most(history):
        return None
    names = [tried.attempt.target.name for tried in history]
    for target in [tried.attempt.target for tried in history if _was_full(tried)]:
        if names.count(target.name) == 1 and not is_barred(target, facts):
            replica = fleet.pick(target, now, facts=facts)
            if replica is not None:
                return Try(Attempt(len(history) + 1, target, replica))
    return None


def _most(history: History) -> int:
    """One attempt is kept back for the first target where its rejected answer is not whole, and nobody else has answered yet."""
    first = history[0].outcome
    return MOST_ATTEMPTS - (isinstance(first, Rejected) and not first.is_whole)


def _last(decision: Decision, facts: Facts, fleet: Fleet, history: History, now: float) -> Step:
    """What is left when no other target answers: the answer that was rejected, or to ask for it again, or an error."""
    first, outcome = history[0], history[-1].outcome
    if isinstance(first.outcome, Rejected):
        if first.outcome.is_whole:
            return Keep(first.attempt, first.outcome)
        target = first.attempt.target
        is_out = is_barred(target, facts) or target.name in [tried.attempt.target.name for tried in history[1:]]
        replica = None if is_out else fleet.pick(target, now, facts=facts)
        if replica is not None:
            return Try(Attempt(len(history) + 1, target, replica))
    if isinstance(outcome, (Refused, Failed)):
        back = _back(facts, fleet, history, now) if outcome.failure.remedy != "stop" else None
        return back or _told(decision, outcome, fleet, history, now)
    return _unasked(decision, facts, fleet, now)


def _again(facts: Facts, fleet: Fleet, history: History, now: float, dice: float, longest_s: float) -> Try | None:
    """The same target once more, with full jitter, if it has a retry left, its budget too, and it asks for no more than `longest_s`."""
    failed, target = history[-1].outcome, history[-1].attempt.target
    if not isinstance(failed, Failed) or is_barred(target, facts) or not _may_repeat(failed, target, longest_s):
        return None
    used = [tried.attempt.replica for tried in history if tried.attempt.target.name == target.name]
    if len(used) > target.retries or not fleet.may_repeat(target, now):
        return None
    # jitter on top of what was asked, so that all who were sent away together do not come back together
    delay = (failed.retry_after_s or 0.0) + min(FIRST_BACKOFF_S * 2.0 ** (len(used) - 1), LONGEST_BACKOFF_S) * dice
    replica = fleet.pick(target, now + delay, used, facts)
    if replica is None or now + delay >= facts.due or (failed.failure.kind in _SILENT and replica in used):
        return None
    return Try(Attempt(len(history) + 1, target, replica, is_repeated=True), delay)


def _may_repeat(failed: Failed, target: Target, longest_s: float) -> bool:
    """Whether this failure may be followed by another attempt at the same target, which asks for no more patience than this.

    A silent replica is not asked again, but another one of the pool may be. A 429 that does not say how long it wants is not repeated.
    """
    if failed.failure.kind in _SILENT:
        return target.zone == "local" and target.is_pool
    if failed.failure.remedy != "retry" or (target.zone == "external" and failed.failure.kind in _MAYBE_BILLED):
        return False
    return failed.status != 429 if failed.retry_after_s is None else failed.retry_after_s <= longest_s


def is_barred(target: Target, facts: Facts) -> bool:
    """Whether a lockdown, or a reload that took the target away, keeps the request from it."""
    return (facts.is_locked and target.zone == "external") or target.name in facts.withdrawn


def _onwards(decision: Decision, facts: Facts, fleet: Fleet, history: History, now: float) -> Try | Wait | None:
    """The next target of the chain that was not tried, fits, and may be asked; or a wait for room there."""
    some_are_barred = facts.is_locked or facts.withdrawn
    for target in decision.chain:
        if (history and not _may_follow(target, history)) or (some_are_barred and is_barred(target, facts)):
            continue
        if (target.window and not _fits(target, facts)) or (target.lacks and not _is_able(target, facts)):
            continue
        replica = fleet.pick(target, now, (), facts)
        if replica is not None:
            attempt = Attempt(len(history) + 1, target, replica)
            return _unhurriedly(attempt, facts, fleet, history, now) if history else Try(attempt)
    return None


def _may_follow(target: Target, history: History) -> bool:
    """Whether the target may be tried after all that: not twice, not outside once nothing may leave, only with more room if that lacked."""
    for tried in history:
        attempt, outcome = tried.attempt, tried.outcome
        if attempt.target.name == target.name or (target.zone == "external" and _was_not_made(outcome)):
            return False
        if _was_too_long(outcome) and target.window <= attempt.target.window:  # only a window that is known to be larger
            return False
    return True


def _unhurriedly(attempt: Attempt, facts: Facts, fleet: Fleet, history: History, now: float) -> Try | Wait:
    """The attempt; or a wait, when too many turn to its target at once because another one failed them, and there is time."""
    if isinstance(history[-1].outcome, Failed) and not _was_full(history[-1]):
        wait_s = fleet.detour_s(attempt.target, now)
        if wait_s and now + wait_s <= _until(attempt.target, facts, now):
            return Wait(max(wait_s, LEAST_WAIT_S))
    return Try(attempt)


def _until(target: Target, facts: Facts, now: float) -> float:
    """How long the request may wait for the target."""
    return min(min(facts.waiting_since, now) + target.patience_s, facts.due)


def _patiently(decision: Decision, facts: Facts, fleet: Fleet, now: float) -> Try | Wait | None:
    """Nobody may be asked now: the target that comes back first, or a wait for it, if that is soon enough for target and caller."""
    found = min(_returning(decision, facts, fleet, now), key=lambda one: one[0], default=None)
    if found is None:
        return None
    wait_s, target, replica = found
    return Wait(max(wait_s, LEAST_WAIT_S)) if wait_s > 0.0 else Try(Attempt(1, target, replica))


def _returning(decision: Decision, facts: Facts, fleet: Fleet, now: float) -> Iterator[tuple[float, Target, int]]:
    """In how many seconds which replica of which target may be asked, of those that the request can wait for."""
    for target in decision.chain:
        if is_barred(target, facts) or not _fits(target, facts) or not _is_able(target, facts):
            continue
        soonest = fleet.soonest(target, now)
        if soonest is None:
            continue
        replica, (shut_s, crowded_s) = soonest
        until = _until(target, facts, now)
        if target.patience_s and now + shut_s <= until:
            # there is no better use for patience, but a crowd alone is no reason to turn anybody away when it is over
            yield max(shut_s, crowded_s if now + crowded_s <= until else 0.0), target, replica


def _unasked(decision: Decision, facts: Facts, fleet: Fleet, now: float) -> GiveUp:
    """Nothing could even be tried: no target can do what is asked, or has room for it, or may be asked now."""
    able = [target for target in decision.chain if _is_able(target, facts)]
    if decision.chain and not able:
        failure = unable(lacking(decision.chain, facts.needs.abilities))
        return GiveUp(failure, status=failure.status)
    if able and not any(_fits(target, facts) for target in able):
        return GiveUp(FAILURES["TOO_LONG"], status=FAILURES["TOO_LONG"].status)
    failure = FAILURES["LOCAL_UNAVAILABLE" if _is_local(decision) else "UNAVAILABLE"]
    return GiveUp(failure, fleet.retry_after_s(decision.chain, now), failure.status)


def _told(decision: Decision, outcome: Refused | Failed, fleet: Fleet, history: History, now: float) -> GiveUp:
    """The caller is told how the last attempt ended; of a request that had to stay local, that no local target could serve."""
    failure = outcome.failure
    if isinstance(outcome, Refused):
        return GiveUp(failure, status=outcome.status, body=outcome.body)
    asked = [tried.outcome.retry_after_s for tried in history if isinstance(tried.outcome, Failed)]
    waits = [wait for wait in (*asked, fleet.retry_after_s(decision.chain, now)) if wait is not None]
    if failure.remedy != "stop" and _is_local(decision):
        unavailable = FAILURES["LOCAL_UNAVAILABLE"]
        return GiveUp(unavailable, min(waits, default=FIRST_OPEN_S), unavailable.status, cause=failure)
    keeps = failure.kind in {"OVERLOADED", "SERVER_FAULT"} and outcome.status in _STATUSES_KEPT
    return GiveUp(failure, min(waits, default=None), outcome.status if keeps else failure.status)


def _is_local(decision: Decision) -> bool:
    return bool(decision.chain) and all(target.zone == "local" for target in decision.chain)


def _was_too_long(outcome: Outcome) -> bool:
    return isinstance(outcome, Refused) and outcome.failure.remedy == "larger"


def _was_not_made(outcome: Outcome) -> bool:
    """Whether the attempt was not made because nothing may leave now: then no other may leave either."""
    return isinstance(outcome, Failed) and outcome.failure.kind in NOT_MADE


def _is_able(target: Target, facts: Facts) -> bool:
    """Whether it is not known to lack what the request needs."""
    return target.lacks.isdisjoint(facts.needs.abilities)


def _fits(target: Target, facts: Facts) -> bool:
    """Whether prompt and answer may fit the window, as far as they are known. What the caller says of the answer is no estimate."""
    return target.window == 0 or facts.prompt_tokens <= (target.window - facts.answer_tokens) * SLACK
