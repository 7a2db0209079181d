"""What a local engine costs: its reservation by wall time, shared out over the requests that it works on. Integers only, and no clock.

Every second of a replica belongs to who was in flight, by weight, or is idle. Shares are counted in attoseconds (1e-18 s) of the replica,
prices in pico-USD a second, so that what is allocated and what is idle are the reservation exactly. A request's cost is what the total
of all that ended rose by, in whole micro-USD: the rest is carried to the next.

An account keeps virtual time, as fair queues do (Demers, Keshav, Shenker 1989): it grows by real time over the weight in flight, and a
request's share is its weight times the virtual time that it saw. So an event costs the same however many are in flight.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, Self

from router.cost import Amount
from router.hours import Hours
from router.names import MicroUsd

NANO = 1_000_000_000
_ATTO_PER_NANO = 1_000_000_000
_PER_MICRO = 10**24
"""Attoseconds times pico-USD a second, in one micro-USD."""
_PICO = Decimal(10) ** 12
_HOUR_S = 3600
_YEAR_S = 8760 * _HOUR_S

ANSWER = 1000
"""The weight of one answer that is being written."""
ALPHA = 1 / 150
"""What reading a token of a prompt takes, in steps of writing an answer, where the engine does not say.

Reading is bound by arithmetic (2 operations for each parameter and token), a step of writing by memory (2 bytes of each parameter): of an
H100 with 3.35 TB/s and 989 TFLOP/s in bf16 (NVIDIA's data sheet), half of which engines reach, 0.0068, whatever the model.
"""
STEP_TOKENS = 2048
"""Tokens of a prompt that an engine reads in one step at most, while others write: vLLM's default of `max_num_batched_tokens`."""
_LEAST_READ, _LEAST_WRITTEN = 1000, 100
"""Tokens from which on an engine's own times say something."""
_ALPHAS = 1e-4, 1.0


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a replica of `gpus` GPUs costs while it is there: `rate` in pico-USD a second, and how much of that is `energy`, if known.

    `hours`: when it is there; None: always. `terms`: the price as the operator stated it. Raises ValueError for a negative price.
    """

    gpus: int
    rate: int
    energy: int | None = None
    hours: Hours | None = None
    terms: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Check the signs."""
        if min(self.rate, self.energy or 0) < 0:
            raise ValueError("a price must not be negative")

    @classmethod
    def rented(cls, gpu_hour_usd: Amount, gpus: int, hours: Hours | None = None) -> Self:
        """GPUs by the hour: the price of one times how many there are. What of it is energy only the landlord knows."""
        terms = f"{_price(gpu_hour_usd)} a GPU-hour x {gpus}{_at(hours)}"
        return cls(gpus, _round(_decimal(gpu_hour_usd) * gpus / _HOUR_S), None, hours, terms)

    @classmethod
    def owned(cls, capex_usd: Amount, life_years: Amount, gpus: int, power: "Power | None" = None, hours: Hours | None = None) -> Self:
        """A machine of one's own: its price spread evenly over its life, of 8,760 hours a year, and its power."""
        energy = None if power is None else _round(_decimal(power.kw) * _decimal(power.pue) * _decimal(power.kwh_usd) / _HOUR_S)
        price = _round(_decimal(capex_usd) / (_decimal(life_years) * _YEAR_S))
        terms = f"${_decimal(capex_usd):,f} over {_short(life_years)} years" + ("" if power is None else f", {_short(power.kw)} kW")
        return cls(gpus, price + (energy or 0), energy, hours, terms + _at(hours))


class Power(NamedTuple):
    """What a machine draws in kW, times `pue`: power usage effectiveness, all that the room draws over that (ISO/IEC 30134-2)."""

    kw: Amount
    kwh_usd: Amount
    pue: Amount = 1


class Spent(NamedTuple):
    """What an attempt took: seconds of GPUs, its part of the reservation, and the energy in that, None where power is not known."""

    gpu_s: float
    cost: MicroUsd
    marginal: MicroUsd | None


class Leased(NamedTuple):
    """What an account counted since it was last drained; see `gateway.usage.rows.Leased`."""

    wall_s: float
    busy_s: float
    reserved: int
    allocated: int
    idle: int
    energy: int | None


@dataclass(slots=True, eq=False)
class Work:
    """One attempt at an engine, and the account in which it is now. Mutable; the account's alone."""

    account: "Account"
    weight: int
    since: int
    share: int = 0
    gpu_s: int = 0
    """Attoseconds of GPUs that earlier accounts gave it."""
    cost: int = 0
    marginal: int | None = 0


class Account:
    """One replica's time. Mutable. Times are nanoseconds of one clock that never goes back; an event that comes late counts as now.

    One of several gateways `bills`: only that one counts the reservation, all allocate. `alike` is how many there are: who is not told
    how many requests of others there are takes them to be as busy as this one.
    """

    def __init__(self, terms: Reservation, now: int, *, bills: bool = True, alike: int = 1) -> None:
        """Nothing in flight; the replica is there from now on."""
        self.terms = terms
        self.bills = bills
        self.is_there = True
        self.alpha = ALPHA
        self.wall = 0
        """Nanoseconds of the reservation, where this one bills."""
        self.shared = 0
        """Attoseconds that requests had, those in flight among them."""
        self.works: dict[Work, None] = {}
        self._settled = self._paid = self._powered = 0
        """What those had that have ended: attoseconds, micro-USD, and micro-USD of energy."""
        self._virtual = 0
        self._at = now
        self._own = 0
        self._others = 0
        self._alike = self._gateways = alike
        self._is_open, self._until = terms.hours is None, now
        self._told = (0, 0, 0, 0, 0)

    def begin(self, weight: int, now: int) -> Work:
        """An attempt starts, of this weight."""
        self.advance(now)
        work = Work(self, weight, self._virtual)
        self.works[work] = None
        self._own += weight
        return work

    def weigh(self, work: Work, weight: int, now: int) -> None:
        """From now on the attempt weighs this much."""
        self.advance(now)
        work.share += work.weight * (self._virtual - work.since)
        work.since = self._virtual
        self._own += weight - work.weight
        work.weight = weight

    def end(self, work: Work, now: int) -> Spent:
        """The attempt has ended, however that was: what it had."""
        self._settle(work, now)
        marginal = None if work.marginal is None else MicroUsd(work.marginal)
        return Spent(work.gpu_s / 1e18, MicroUsd(work.cost), marginal)

    def heard(self, strangers: int | None, now: int) -> None:
        """The engine says how many requests of others it works on; None: it does not say. Their time is not this gateway's to allocate."""
        self.advance(now)
        self._others, self._alike = (0, self._gateways) if strangers is None else (strangers * ANSWER, 1)

    def turn(self, now: int, *, is_there: bool) -> None:
        """The replica goes, or is back. One that has gone costs what its last requests take, and no more."""
        self.advance(now)
        self.is_there = is_there

    def hand_over(self, to: "Account", now: int) -> None:
        """The replica costs something else from now on: its attempts go on in the account `to`, and this one counts no more."""
        to.advance(now)
        for work in tuple(self.works):
            self._settle(work, now)
            work.account, work.since, work.share = to, to._virtual, 0  # noqa: SLF001  # its sibling
            to.works[work] = None
            to._own += work.weight  # noqa: SLF001
        self.turn(now, is_there=False)

    def advance(self, now: int) -> None:
        """Bring everything up to now."""
        passed = now - self._at
        if passed <= 0:
            return
        self._at = now
        if self._own:
            step = passed * _ATTO_PER_NANO // (self._own * self._alike + self._others)
            self._virtual += step
            self.shared += step * self._own
        elif not self.is_there:
            passed = 0
        elif self.terms.hours is not None:
            passed = self._open(self.terms.hours, now - passed, now)
        if self.bills:
            self.wall += passed

    def drain(self) -> Leased:
        """What was counted since this was last called. In whole micro-USD: the rest is told the next time, and no sum ever falls."""
        terms, told = self.terms, self._told
        reserved, allocated = _micro(self.wall * _ATTO_PER_NANO, terms.rate), _micro(self.shared, terms.rate)
        idle = reserved - allocated
        if self.bills:
            idle = max(idle, told[3])
        energy = 0 if terms.energy is None else _micro(self.wall * _ATTO_PER_NANO, terms.energy)
        self._told = new = (self.wall, self.shared, reserved, idle, energy)
        reserved, idle = reserved - told[2], idle - told[3]
        wall_s, busy_s = (new[0] - told[0]) / 1e9, (new[1] - told[1]) / 1e18
        return Leased(wall_s, busy_s, reserved, reserved - idle, idle, None if terms.energy is None else energy - told[4])

    def reading(self, tokens: int) -> int:
        """The weight of an attempt whose prompt is being read, with so many tokens that the engine has not in its cache."""
        return max(1, round(min(tokens, STEP_TOKENS) * self.alpha * max(1, len(self.works) + self._others // ANSWER) * ANSWER))

    def _settle(self, work: Work, now: int) -> None:
        self.advance(now)
        terms, share = self.terms, work.share + work.weight * (self._virtual - work.since)
        self._settled += share
        del self.works[work]
        self._own -= work.weight
        work.gpu_s += share * terms.gpus
        told, self._paid = self._paid, _micro(self._settled, terms.rate)
        work.cost += self._paid - told
        if terms.energy is None:
            work.marginal = None
        else:
            told, self._powered = self._powered, _micro(self._settled, terms.energy)
            work.marginal = None if work.marginal is None else work.marginal + self._powered - told

    def _open(self, hours: Hours, start: int, end: int) -> int:
        """How much of the time between is within the hours."""
        within = 0
        while start < end:
            if start >= self._until:
                self._is_open, self._until = hours.at(start)
            stop = min(end, self._until)
            within += (stop - start) * self._is_open
            start = stop
        return within


def alpha_of(read_s: float, read: float, write_s: float, written: float) -> float | None:
    """What a token takes to read, in steps of writing, by an engine's own times: seconds and tokens of both. None: too few to say."""
    if read < _LEAST_READ or written < _LEAST_WRITTEN or min(read_s, write_s) <= 0.0:
        return None
    least, most = _ALPHAS
    return min(max(read_s * written / (read * write_s), least), most)


def _micro(share: int, price: int) -> int:
    """Micro-USD, rounded half up: of a total that only rises, so that what is told of it in parts adds up to it."""
    return (share * price + _PER_MICRO // 2) // _PER_MICRO


def _decimal(amount: Amount) -> Decimal:
    return Decimal(str(amount))


def _round(usd: Decimal) -> int:
    """USD a second, in pico-USD."""
    return int((usd * _PICO).to_integral_value(ROUND_HALF_UP))


def _at(hours: Hours | None) -> str:
    return "" if hours is None else f", {hours}"


def _price(amount: Amount) -> str:
    whole, dot, cents = _short(amount).partition(".")
    return f"${whole}{dot}{cents.ljust(2, '0') if dot else ''}"


def _short(amount: Amount) -> str:
    return f"{_decimal(amount).normalize():f}"
