"""`Reservations`: the accounts of all replicas that cost something by the hour. One per process; it outlives reloads.

An account belongs to an engine: destinations at the same address, as a model and its adapters, have one, under the name of the first.
Of several workers all allocate and the first counts the bill. Its clock is Unix time as of the start, and never goes back.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import add
from typing import NamedTuple

import msgspec

from gateway.exchange import AttemptRecord
from gateway.plan import Plan
from gateway.usage.rows import Leased
from router.attempt import Attempt
from router.facts import Facts
from router.fleet import Fleet
from router.names import TargetName
from router.replica import Load
from router.reservation import ALPHA, Account, Reservation, Work

_BYTES_PER_TOKEN = 4
ROW_S = 50
"""A row is due after so many seconds: who asks every ten seconds or oftener gets one a minute at least."""
_Key = tuple[TargetName, str]


@dataclass(slots=True)
class Ledgered:
    """An account, whose it is, and when it was last told."""

    account: Account
    target: TargetName
    number: int
    told: int


class Seen(NamedTuple):
    """One replica of a target that costs something."""

    target: TargetName
    number: int
    address: str
    is_there: bool
    terms: Reservation

    @property
    def key(self) -> str:
        """Which engine it is. A name server's answers are of their target alone: no port stands in them."""
        return self.address if "://" in self.address else f"{self.target} {self.address}"


class Sums(NamedTuple):
    """What accounts of one target have counted, exactly: money in 1e-30 USD, seconds of GPUs in attoseconds.

    `reserved` and `wall` are nothing where another worker counts them.
    """

    reserved: int = 0
    allocated: int = 0
    energy: int = 0
    wall: int = 0
    busy: int = 0

    def plus(self, account: Account) -> "Sums":
        """And one account more."""
        terms, wall, shared = account.terms, account.wall * 1_000_000_000, account.shared
        more = wall * terms.rate, shared * terms.rate, wall * (terms.energy or 0), wall * terms.gpus, shared * terms.gpus
        return Sums(*map(add, self, more))


def _clock() -> Callable[[], int]:
    since = time.time_ns() - time.monotonic_ns()
    return lambda: time.monotonic_ns() + since


@dataclass(slots=True)
class Reservations:
    """All accounts. `slot` is this worker's number among `workers`."""

    slot: int = 0
    workers: int = 1
    now: Callable[[], int] = field(default_factory=_clock)
    _terms: Mapping[TargetName, Reservation] = field(default_factory=dict)
    _fleet: Fleet | None = None
    _ledgered: dict[str, Ledgered] = field(default_factory=dict)
    """By the engine's address."""
    _accounts: dict[_Key, Account] = field(default_factory=dict)
    _leaving: list[Ledgered] = field(default_factory=list)
    """Accounts of what is gone, until their last attempts have ended."""
    _closed: dict[TargetName, Sums] = field(default_factory=dict)
    _rows: list[Leased] = field(default_factory=list)

    def follow(self, plan: Plan, fleet: Fleet) -> None:
        """From now on these are served. An engine whose price stayed keeps its account; else its attempts go on in a new one."""
        self._terms = {name: one.reservation for name, one in plan.upstreams.items() if one.reservation is not None}
        self._fleet = fleet
        self.look()

    @property
    def is_empty(self) -> bool:
        """Whether nothing costs anything by the hour."""
        return not self._terms

    def look(self) -> None:
        """See which replicas there are."""
        now, seen = self.now(), dict[str, Account]()
        self._accounts = {}
        for one in sorted(self._replicas(), key=lambda one: not one.is_there):
            if one.key not in seen and (one.is_there or one.key in self._ledgered):
                seen[one.key] = self._account(one, now)
            if one.key in seen:
                self._accounts[one.target, one.address] = seen[one.key]
        for address in self._ledgered.keys() - seen.keys():
            self._leave(self._ledgered.pop(address), now)
        self._sweep()

    def _replicas(self) -> Iterator[Seen]:
        for name, terms in self._terms.items():
            for number, replica in enumerate(self._fleet.pool(name) if self._fleet is not None else ()):
                yield Seen(name, number, replica.address, "gone" not in replica.outs, terms)

    def account(self, fleet: Fleet, attempt: Attempt) -> Account | None:
        """The account of an attempt's replica, in a fleet that may be of an earlier plan."""
        name = attempt.target.name
        return self._accounts.get((name, fleet.pool(name)[attempt.replica].address))

    def begin(self, fleet: Fleet, attempt: Attempt, facts: Facts, answers: int, *, reads: bool) -> Work | None:
        """An attempt starts. `reads`: it will be told when its first byte is here, and reads its prompt until then."""
        account = self.account(fleet, attempt)
        if account is None:
            return None
        if not reads:
            return account.begin(answers, self.now())
        share = fleet.pool(attempt.target.name)[attempt.replica].share(facts) if facts.blocks else 0.0
        return account.begin(account.reading(round(facts.prompt_tokens * (1.0 - share))), self.now())

    def check(self, fleet: Fleet, attempt: Attempt, size: int) -> Work | None:
        """A question of so many bytes about an answer starts. It is answered in one token."""
        account = self.account(fleet, attempt)
        return None if account is None else account.begin(account.reading(size // _BYTES_PER_TOKEN), self.now())

    def end(self, work: Work, record: AttemptRecord) -> AttemptRecord:
        """An attempt has ended: its record, with what it had."""
        gpu_s, cost, marginal = work.account.end(work, self.now())
        return msgspec.structs.replace(record, gpu_s=gpu_s, cost=cost, marginal=marginal)

    def heard(self, target: TargetName, address: str, load: Load | None, alpha: float | None) -> None:
        """What an engine said of itself."""
        account = self._accounts.get((target, address))
        if account is not None:
            account.heard(None if load is None else max(load.running - len(account.works), 0), self.now())
            account.alpha = alpha or ALPHA

    def rows(self, *, of_all: bool = False) -> list[Leased]:
        """The rows that are due, each once; `of_all` before the end: also those that are not due yet."""
        self.look()
        now = self.now()
        for one in self._ledgered.values():
            if of_all or now - one.told >= ROW_S * 1_000_000_000:
                one.account.advance(now)
                self._tell(one, now)
        rows, self._rows = self._rows, []
        return rows

    def sums(self) -> dict[TargetName, Sums]:
        """What was counted so far, by target."""
        self.look()
        now, sums = self.now(), dict(self._closed)
        for one in (*self._ledgered.values(), *self._leaving):
            one.account.advance(now)
            sums[one.target] = sums.get(one.target, Sums()).plus(one.account)
        return sums

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """What the metrics show. `idle` is the whole reservation here: what was allocated is taken off where all workers are added up."""
        for name, sums in self.sums().items():
            yield "local_cost_usd_total", (name, "allocated"), sums.allocated / 1e30
            yield "local_cost_usd_total", (name, "idle"), sums.reserved / 1e30
            if sums.energy:
                yield "local_cost_usd_total", (name, "energy"), sums.energy / 1e30
            yield "local_gpu_seconds_total", (name, "busy"), sums.busy / 1e18
            yield "local_gpu_seconds_total", (name, "idle"), sums.wall / 1e18

    def _account(self, seen: Seen, now: int) -> Account:
        known = self._ledgered.get(seen.key)
        if known is not None and (known.account.terms, known.target) == (seen.terms, seen.target):
            known.number = seen.number
            if known.account.is_there is not seen.is_there:
                known.account.turn(now, is_there=seen.is_there)
            return known.account
        account = Account(seen.terms, now, bills=self.slot == 0, alike=self.workers)
        if known is not None:
            known.account.hand_over(account, now)
            self._leave(known, now)
        self._ledgered[seen.key] = Ledgered(account, seen.target, seen.number, now)
        return account

    def _leave(self, one: Ledgered, now: int) -> None:
        one.account.turn(now, is_there=False)
        self._leaving.append(one)

    def _sweep(self) -> None:
        """Accounts that are over keep their counts, and no more."""
        for one in [one for one in self._leaving if not one.account.works]:
            self._leaving.remove(one)
            self._closed[one.target] = self._closed.get(one.target, Sums()).plus(one.account)
            self._tell(one, self.now())

    def _tell(self, one: Ledgered, now: int) -> None:
        told = one.account.drain()
        one.told = now
        if told.wall_s or told.busy_s:
            members = told.wall_s, told.busy_s, told.reserved, told.allocated, told.idle, told.energy
            self._rows.append(Leased(now / 1e9, one.target, one.number, one.account.terms.gpus, *members))
