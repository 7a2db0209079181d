"""The fleet: which replicas of which targets can be asked now, and which is best. A state machine without a clock.

One breaker per replica, one retry budget and one detour per target. Filter, score, pick: of the replicas that may be asked, those that
fit the request and are not overrun, the one with the least cost.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from router.attempt import Attempt, Outcome, Rejected, Served
from router.budget import Budget
from router.decision import Target
from router.detour import Detour
from router.facts import Facts
from router.names import TargetName
from router.replica import LEAST_TOKENS, Load, Out, Replica

CROWDED = 1.25
"""A replica with more than this times the average of requests, and `SLACK` more, is passed over: a popular prefix may not bury it."""
SLACK = 8
ALIKE = 0.25
"""Costs that differ by less than this share of the prompt are alike: then all gateways choose the same replica, whatever each has seen."""
MOST_REPLICAS = 64
"""Replicas of one target; more than these are not used, so that metrics stay bounded."""

Known = Mapping[tuple[TargetName, str], Replica]
"""What an earlier fleet knew, by target and address."""


class Fleet:
    """All replicas of all targets. Mutable, owned by one event loop.

    A replica keeps its number while it is there; numbers of those that are gone are given again.
    """

    def __init__(
        self, targets: Iterable[Target], addresses: Mapping[TargetName, Sequence[str]] | None = None, known: Known | None = None
    ) -> None:
        """A closed breaker for every replica, or what was `known` of it."""
        targets, given = tuple(targets), addresses or {}
        self._budgets = {target.name: Budget() for target in targets}
        self._hedges = {target.name: Budget(1.0, share=target.hedge.share, reserve=0.0) for target in targets if target.hedge is not None}
        self._detours = {target.name: Detour() for target in targets}
        self._known = dict(known or {})
        self.in_flight = 0
        """Attempts that began with this fleet and have not ended."""
        self._replicas: dict[TargetName, list[Replica]] = {}
        self._come_and_go = set[TargetName]()
        for target in targets:
            named = given.get(target.name) or [str(number) for number in range(max(target.replicas, 1))]
            self._replicas[target.name] = [self._recalled(target.name, address) for address in named]
            if target.replicas == 0:
                self._come_and_go.add(target.name)

    def pick(self, target: Target, now: float, but: Container[int] = (), facts: Facts | None = None) -> int | None:
        """The replica to ask: of those that may be asked, one not in `but` if possible, and the one where `facts` would wait least.

        None: no replica may be asked.
        """
        replicas = self._replicas[target.name]
        if len(replicas) == 1:  # most targets have one replica
            replica = replicas[0]
            return 0 if not replica.outs and (replica.breaker.is_calm or replica.breaker.is_ready(now)) else None
        return _best(replicas, target, now, but, facts)

    def is_ready(self, attempt: Attempt, now: float) -> bool:
        """Whether an attempt that was picked some time ago may still be made."""
        return self._of(attempt).is_ready(now)

    def soonest(self, target: Target, now: float) -> tuple[int, tuple[float, float]] | None:
        """The replica that may be asked first where no other target can be; in how many seconds, and when there is room in the crowd.

        None: none is in service.
        """
        waits = [(index, one.breaker.soonest_s(now)) for index, one in enumerate(self._replicas[target.name]) if not one.outs]
        return min(waits, key=lambda one: max(one[1]), default=None)

    def may_repeat(self, target: Target, now: float) -> bool:
        """Whether the target's budget has a retry left."""
        return self._budgets[target.name].allows(now)

    def may_hedge(self, target: Target, now: float) -> bool:
        """Whether a slow attempt at the target may be hedged: a share of its requests may."""
        budget = self._hedges.get(target.name)
        return budget is not None and budget.allows(now)

    def hedge(self, target: Target, now: float) -> None:
        """A slow attempt at the target is hedged."""
        self._hedges[target.name].take(now)

    def detour_s(self, target: Target, now: float) -> float:
        """Seconds until a request that failed elsewhere may turn to this target; 0 when it may now."""
        return self._detours[target.name].wait_s(now)

    def claim(self, attempt: Attempt, now: float) -> None:
        """An attempt that was picked is about to start: at an open breaker it is the probe, before anybody else is."""
        self._of(attempt).breaker.claim(attempt, now)

    def release(self, attempt: Attempt) -> None:
        """An attempt that was claimed is not made after all."""
        self._of(attempt).breaker.release(attempt)

    def begin(self, attempt: Attempt, now: float, facts: Facts | None = None) -> None:
        """An attempt starts: a first one pays into its target's budgets, a repeated one takes from one. `facts` are its request's."""
        self.in_flight += 1
        name = attempt.target.name
        is_first = attempt.number == 1
        if is_first or attempt.is_detour:
            self._budgets[name].pay()
            if self._hedges and name in self._hedges:
                self._hedges[name].pay()
            if not is_first:
                self._detours[name].begin(now)  # because another target failed
        elif attempt.is_repeated:
            self._budgets[name].take(now)
        replicas = self._replicas[name]
        replica = replicas[attempt.replica]
        replica.breaker.begin(attempt, now)
        if len(replicas) > 1 and facts is not None:
            replica.begin(attempt, facts, now)

    def answered(self, attempt: Attempt, now: float) -> bool:
        """The first bytes of the answer came. Call it at the commit point, so that a probe need not end before others may follow.

        Whether the replica has come back with that.
        """
        replica = self._replicas[attempt.target.name][attempt.replica]
        if replica.asked:
            replica.answered(attempt)
        return not replica.breaker.is_calm and replica.breaker.close(now)

    def ailing(self) -> list[tuple[TargetName, int]]:
        """Every replica that failed and was not answered since: what checks beside the traffic look at."""
        return [(name, index) for name, index, replica in self.replicas() if replica.breaker.open_until]

    def checked(self, target: TargetName, replica: int, now: float, *, is_up: bool) -> bool:
        """What such a check found; whether a replica is back that was known to be down. Unknown names are passed over."""
        replicas = self._replicas.get(target, [])
        return replica < len(replicas) and replicas[replica].breaker.checked(now, is_up=is_up)

    def budgets(self, now: float) -> Iterable[tuple[TargetName, float]]:
        """`(target, retries that it may still get)` of every target."""
        return ((name, budget.worth(now)) for name, budget in self._budgets.items())

    def note(self, attempt: Attempt, outcome: Outcome, now: float, dice: float) -> None:
        """An attempt, the very one that was begun, ended. `dice` in 0..1 jitters how long a breaker stays open."""
        if attempt.number > 1 and attempt.is_detour:
            self._detours[attempt.target.name].end()
        self.in_flight -= 1
        replica = self._replicas[attempt.target.name][attempt.replica]
        replica.breaker.note(attempt, outcome, now, dice)
        if replica.asked:
            replica.answered(attempt, is_answer=isinstance(outcome, (Served, Rejected)))

    def retry_after_s(self, targets: Iterable[Target], now: float) -> float | None:
        """Seconds until the first replica of any of the targets may be asked again; None when one may be asked now or nobody knows."""
        ins = (replica for target in targets for replica in self._replicas[target.name] if not replica.outs)
        return min((replica.breaker.wait_s(now) for replica in ins), default=0.0) or None

    def states(self, now: float) -> Iterable[tuple[TargetName, int, str, int]]:
        """`(target, replica, breaker state, requests in flight)` of every replica that is there."""
        for name, index, replica in self.replicas():
            yield name, index, replica.breaker.state(now), replica.breaker.in_flight

    def replicas(self) -> Iterable[tuple[TargetName, int, Replica]]:
        """`(target, number, replica)` of every replica that is there, or still has requests."""
        for name, replicas in self._replicas.items():
            for index, replica in enumerate(replicas):
                if "gone" not in replica.outs or replica.breaker.in_flight:
                    yield name, index, replica

    def openings(self, now: float) -> Iterable[tuple[TargetName, int, float]]:
        """`(target, replica, seconds left)` of every replica that this gateway itself found not fit. What it was told is not told on.

        Nothing of targets whose replicas come and go: every gateway numbers those as it finds them.
        """
        for name, index, replica in self.replicas():
            left = max(replica.breaker.open_until, replica.breaker.cool_until) - now
            if left > 0.0 and name not in self._come_and_go:
                yield name, index, left

    def hold(self, target: TargetName, replica: int, until: float) -> None:
        """Another gateway found this replica not fit: do not ask it before `until`. Never shortens; unknown names are passed over.

        Ignored while requests are under way there and none has failed: what is seen here counts for more, the trouble may be theirs.
        """
        replicas = self._replicas.get(target, [])
        if not 0 <= replica < len(replicas) or target in self._come_and_go:
            return
        breaker = replicas[replica].breaker
        if breaker.failures or not breaker.in_flight:
            breaker.hold(until)

    def turn(self, target: TargetName, replica: int, out: Out, now: float, *, on: bool) -> None:
        """Take a replica out of service for this reason, or put it back: then it starts slowly, with an empty cache if it had stalled."""
        one = self._replicas[target][replica]
        if on:
            one.outs.add(out)
        elif out in one.outs:
            one.outs.discard(out)
            one.since = now
            if out == "stalled":
                one.prefixes.clear()

    def report(self, target: TargetName, replica: int, load: Load | None) -> None:
        """What an engine said of itself; None: it does not say any more.

        A queue counts when it was there twice: what waited for a moment is gone before the next request comes.
        """
        one = self._replicas[target][replica]
        queued, one.queued = one.queued, 0 if load is None else load.waiting
        one.load = None if load is None else replace(load, waiting=min(queued, load.waiting))

    def follow(self, target: TargetName, addresses: Sequence[str], now: float) -> tuple[str, ...]:
        """The replicas of a target are those at `addresses` now. Gives the address of every number, empty where there is none.

        Those that are gone get no new request. New ones start slowly. An empty list is no news: replicas do not all vanish at once.
        """
        replicas = self._replicas[target]
        wanted = list(dict.fromkeys(addresses))[:MOST_REPLICAS] or [one.address for one in replicas if "gone" not in one.outs]
        for index, replica in enumerate(replicas):
            if replica.address not in wanted:
                replica.outs.add("gone")
            elif "gone" in replica.outs:
                self.turn(target, index, "gone", now, on=False)
        for address in wanted:
            if not any(replica.address == address for replica in replicas):
                free = (index for index, one in enumerate(replicas) if "gone" in one.outs and not one.breaker.in_flight)
                index = next(free, len(replicas))
                replicas[index : index + 1] = [self._recalled(target, address, now)]
        return tuple("" if "gone" in replica.outs else replica.address for replica in replicas)

    def known(self, target: TargetName) -> dict[str, Replica]:
        """The replicas of a target that are there, by address; none when the target is unknown. What a reload hands on."""
        return {replica.address: replica for replica in self._replicas.get(target, ()) if "gone" not in replica.outs}

    def pool(self, target: TargetName) -> Sequence[Replica]:
        """The replicas of a target by number, those that are gone among them."""
        return self._replicas[target]

    def _recalled(self, target: TargetName, address: str, since: float = float("-inf")) -> Replica:
        """A replica as an earlier fleet knew it, else a new one."""
        return self._known.pop((target, address), None) or Replica(address, since=since)

    def _of(self, attempt: Attempt) -> Replica:
        return self._replicas[attempt.target.name][attempt.replica]


def _best(replicas: Sequence[Replica], target: Target, now: float, but: Container[int], facts: Facts | None) -> int | None:
    """Of several: a function of its own, since what its closures share would be made for targets with one replica too."""
    able = [index for index, replica in enumerate(replicas) if replica.is_ready(now)]
    fresh = [index for index in able if index not in but] or able
    choice = [index for index in fresh if _fits(replicas[index], target, facts)] or fresh
    if len(choice) < 2:
        return choice[0] if choice else None
    crowds = {index: replicas[index].crowd for index in choice}
    most = CROWDED * sum(crowds.values()) / len(choice) + SLACK
    step = ALIKE * (LEAST_TOKENS if facts is None else max(facts.prompt_tokens, LEAST_TOKENS))

    def order(index: int) -> tuple[int, int, int, int]:
        replica = replicas[index]
        return round(replica.cost(target.model, facts, now) / step), replica.rank(facts), crowds[index], index

    return min((index for index in choice if crowds[index] <= most), key=order)


def _fits(replica: Replica, target: Target, facts: Facts | None) -> bool:
    return replica.fit.takes(target.model, 0 if facts is None else facts.prompt_tokens)
