"""`hedge`: who is asked beside a target that is slow to begin. Of the same path only: another replica of it, or the next of its chain.

The chain was cleared when the decision was built, so a hedge goes nowhere that a fallback would not.
"""

from router.attempt import Attempt, History
from router.decision import Decision, Target
from router.facts import Facts
from router.failover import MOST_ATTEMPTS, elsewhere, is_barred, made
from router.fleet import Fleet


def is_hedged(target: Target, facts: Facts) -> bool:
    """Whether a slow attempt of this request may be hedged at all.

    Streams and embeddings: how long a whole answer takes says how long it is, not how slow its target.
    """
    return target.hedge is not None and (facts.is_stream or facts.endpoint == "embeddings")


def hedge(attempt: Attempt, decision: Decision, facts: Facts, fleet: Fleet, history: History, now: float) -> Attempt | None:
    """The attempt to make beside this one, which is under way. None: the budget is empty, or there is nobody else on the same path."""
    target = attempt.target
    if now >= facts.due or made(history) + 2 > MOST_ATTEMPTS or is_barred(target, facts) or not fleet.may_hedge(target, now):
        return None
    number = len(history) + 2
    used = [attempt.replica, *(tried.attempt.replica for tried in history if tried.attempt.target.name == target.name)]
    replica = fleet.pick(target, now, used, facts)
    if replica is not None and (replica not in used or target.zone == "external"):  # a vendor's address has many engines behind it
        return Attempt(number, target, replica, is_hedge=True)
    other = elsewhere(attempt, decision, facts, fleet, history, now)
    if other is None or decision.path(other) != decision.path(target):
        return None
    replica = fleet.pick(other, now, facts=facts)
    return None if replica is None else Attempt(number, other, replica, is_hedge=True)
