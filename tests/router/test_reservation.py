"""What requests have of an engine, and what is idle: together all of its time, whoever comes when."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.hours import Hours
from router.names import MicroUsd
from router.reservation import ALPHA, ANSWER, NANO, STEP_TOKENS, Account, Power, Reservation, Spent, Work, alpha_of

SECOND = NANO
ATTO = 10**9
"""Attoseconds of a nanosecond."""
RENTED = Reservation.rented("3.6", 2)
"""Two GPUs: 0.002 USD a second."""
OWNED = Reservation.owned(35_040, 4, 8, Power(kw=3, kwh_usd="0.24", pue="1.5"))
"""A machine for a dollar an hour and as much again, nearly, of power."""


def micro(account: Account) -> int:
    """What the account's wall time costs."""
    return rounded(account.wall * ATTO * account.terms.rate)


def rounded(money: int) -> int:
    """Attoseconds times pico-USD a second, in micro-USD."""
    return (money + 10**24 // 2) // 10**24


@pytest.mark.parametrize(
    ("terms", "rate", "energy", "say"),
    [
        pytest.param(Reservation.rented(2.49, 1), 691_666_667, None, "$2.49 a GPU-hour x 1", id="a rented GPU"),
        pytest.param(Reservation.rented("3.6", 2), 2_000_000_000, None, "$3.60 a GPU-hour x 2", id="two of them"),
        pytest.param(
            Reservation.rented(1, 1, Hours.parse("07:00-22:00")), 277_777_778, None, "$1 a GPU-hour x 1, 07:00-22:00", id="by day"
        ),
        pytest.param(Reservation.owned(35_040, 4, 8), 277_777_778, None, "$35,040 over 4 years", id="a machine, its power unknown"),
        pytest.param(OWNED, 277_777_778 + 300_000_000, 300_000_000, "$35,040 over 4 years, 3 kW", id="a machine and its power"),
    ],
)
def test_the_rate_is_the_price_of_a_second(terms: Reservation, rate: int, energy: int | None, say: str) -> None:
    assert (terms.rate, terms.energy, terms.terms) == (rate, energy, say)


def test_a_price_is_not_negative() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        Reservation(1, -1)


def test_terms_that_cost_the_same_are_the_same() -> None:
    assert Reservation.rented(2.49, 2) == Reservation.rented("4.98", 1).__class__(2, Reservation.rented("4.98", 1).rate)


def test_a_request_alone_has_all_the_time_it_takes() -> None:
    account = Account(RENTED, 0)
    work = account.begin(8, 10 * SECOND)
    assert account.end(work, 13 * SECOND) == Spent(6.0, MicroUsd(6000), None)
    account.advance(20 * SECOND)
    assert account.drain() == (20.0, 3.0, 40_000, 6000, 34_000, None)


def test_time_is_shared_by_weight() -> None:
    account = Account(RENTED, 0)
    light, heavy = account.begin(ANSWER, 0), account.begin(3 * ANSWER, 0)
    assert account.end(heavy, 4 * SECOND).cost == 6000
    assert account.end(light, 5 * SECOND).cost == 4000


def test_a_weight_counts_from_when_it_changes() -> None:
    account = Account(RENTED, 0)
    one, other = account.begin(ANSWER, 0), account.begin(ANSWER, 0)
    account.weigh(one, 3 * ANSWER, 4 * SECOND)
    assert [account.end(work, 8 * SECOND).cost for work in (one, other)] == [4000 + 6000, 4000 + 2000]


def test_of_energy_each_has_its_part() -> None:
    account = Account(OWNED, 0)
    spent = account.end(account.begin(ANSWER, 0), 10 * SECOND)
    assert spent == Spent(80.0, MicroUsd(5778), MicroUsd(3000))
    account.advance(30 * SECOND)
    assert account.drain().energy == 9000
    assert account.drain() == (0.0, 0.0, 0, 0, 0, 0)


def test_time_of_strangers_is_idle_to_us() -> None:
    account = Account(RENTED, 0)
    work = account.begin(ANSWER, 0)
    account.heard(3, 4 * SECOND)
    account.heard(0, 8 * SECOND)
    assert account.end(work, 12 * SECOND).cost == 8000 + 2000 + 8000
    assert account.drain()[2:5] == (24_000, 18_000, 6000)


def test_others_are_as_busy_as_we_are_until_the_engine_says() -> None:
    first, second = (Account(RENTED, 0, bills=bills, alike=2) for bills in (True, False))
    works = [account.begin(ANSWER, 0) for account in (first, second)]
    for account in (first, second):
        account.heard(1, 4 * SECOND)
        account.heard(None, 8 * SECOND)
    assert [account.end(work, 12 * SECOND).cost for account, work in zip((first, second), works, strict=True)] == [12_000, 12_000]
    assert first.drain() == (12.0, 6.0, 24_000, 12_000, 12_000, None)
    assert second.drain() == (0.0, 6.0, 0, 12_000, -12_000, None), "who does not bill has an idle time that makes the sum right"


def test_a_replica_that_has_gone_costs_what_its_last_requests_take() -> None:
    account = Account(RENTED, 0)
    work = account.begin(ANSWER, SECOND)
    account.turn(2 * SECOND, is_there=False)
    assert account.end(work, 5 * SECOND).cost == 8000
    account.advance(100 * SECOND)
    assert micro(account) == 10_000
    account.turn(200 * SECOND, is_there=True)
    account.advance(201 * SECOND)
    assert micro(account) == 12_000


def test_attempts_go_on_at_the_new_price() -> None:
    before, after = Account(OWNED, 0), Account(RENTED, 4 * SECOND)
    work, other = before.begin(ANSWER, 0), after.begin(ANSWER, 4 * SECOND)
    before.hand_over(after, 4 * SECOND)
    before.advance(50 * SECOND)
    assert (before.wall, before.works) == (4 * SECOND, {})
    after.end(other, 4 * SECOND)
    after.hand_over(last := Account(OWNED, 6 * SECOND), 6 * SECOND)
    assert last.end(work, 7 * SECOND) == Spent(4 * 8 + 2 * 2 + 8, MicroUsd(2311 + 4000 + 578), None), "of energy not all is known"


def test_an_event_that_comes_late_counts_as_now() -> None:
    account = Account(RENTED, 10 * SECOND)
    assert account.end(account.begin(ANSWER, 5 * SECOND), 7 * SECOND).cost == 0
    assert account.wall == 0


def test_rests_are_carried_so_that_costs_add_up() -> None:
    account = Account(Reservation(1, 300_000), 0)  # 0.3 micro-USD a second
    assert [account.end(account.begin(1, at * SECOND), (at + 1) * SECOND).cost for at in range(10)] == [0, 1, 0, 0, 1, 0, 0, 0, 1, 0]


def test_idle_time_is_never_told_as_less() -> None:
    account = Account(Reservation(1, 500_000), 0)  # half a micro-USD a second
    account.advance(SECOND)
    assert account.drain()[2:5] == (1, 0, 1)
    work = account.begin(ANSWER, SECOND)
    account.advance(2 * SECOND)
    assert account.drain()[2:5] == (0, 0, 0), "half of it idle, half of it not"
    account.end(work, 3 * SECOND)
    assert account.drain()[2:5] == (1, 1, 0)


@pytest.mark.parametrize(
    ("tokens", "strangers", "weight"),
    [
        pytest.param(0, 0, 1, id="nothing to read weighs something"),
        pytest.param(150, 0, ANSWER, id="a hundred and fifty tokens are a step of an answer"),
        pytest.param(1500, 4, 40 * ANSWER, id="a step is shared by those who write"),
        pytest.param(100_000, 0, round(STEP_TOKENS * ALPHA * ANSWER), id="no more than a step of them is read at a time"),
    ],
)
def test_a_prompt_weighs_as_much_as_is_read_of_it_in_a_step(tokens: int, strangers: int, weight: int) -> None:
    account = Account(RENTED, 0)
    account.heard(strangers, 0)
    assert account.reading(tokens) == weight


@pytest.mark.parametrize(
    ("times", "alpha"),
    [
        pytest.param((10.0, 200_000, 100.0, 10_000), 0.005, id="an engine that says"),
        pytest.param((10.0, 999, 100.0, 10_000), None, id="too little read"),
        pytest.param((10.0, 200_000, 100.0, 99), None, id="too little written"),
        pytest.param((0.0, 200_000, 100.0, 10_000), None, id="no time at all"),
        pytest.param((1e-9, 200_000, 100.0, 10_000), 1e-4, id="absurdly quick"),
        pytest.param((1e9, 200_000, 100.0, 10_000), 1.0, id="absurdly slow"),
        pytest.param((10.0, 200_000, 1e-320, 10**9), 1.0, id="written in next to nothing"),
    ],
)
def test_alpha_is_from_the_engines_own_times(times: tuple[float, float, float, float], alpha: float | None) -> None:
    assert alpha_of(*times) == (None if alpha is None else pytest.approx(alpha))


# ---- any schedule

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 10**11),
        st.sampled_from(["begin", "weigh", "end", "strangers", "gone", "back", "look", "price"]),
        st.integers(1, 10**6),
    ),
    max_size=60,
)
RATES = st.integers(0, 10**12)


@dataclass
class Exact:
    """The same by fractions: every second is shared out over who is in flight, without virtual time."""

    shares: dict[Work, Fraction]
    weights: dict[Work, int]
    strangers: int = 0
    is_there: bool = True
    wall: int = 0

    def pass_by(self, passed: int) -> None:
        total = sum(self.weights.values())
        self.wall += passed if total or self.is_there else 0
        for work, weight in self.weights.items():
            self.shares[work] += Fraction(passed * weight, total + self.strangers * ANSWER)


@settings(max_examples=300, deadline=None)
@given(EVENTS, RATES, st.none() | RATES, st.integers(1, 8))
def test_what_requests_had_and_what_is_idle_is_all_there_is(
    events: Sequence[tuple[int, str, int]], rate: int, energy: int | None, gpus: int
) -> None:
    now, account = 0, Account(Reservation(gpus, rate, energy), 0)
    accounts, spent, exact, told = [account], list[tuple[Work, Spent]](), Exact({}, {}), list[tuple[int, int, int]]()
    for passed, what, number in [*events, (1, "look", 1)]:
        now += passed
        exact.pass_by(passed)
        works = list(exact.weights)
        work = works[number % len(works)] if works else None
        if what == "begin":
            exact.weights[work := account.begin(number, now)] = number
            exact.shares[work] = Fraction(0)
        elif what == "weigh" and work is not None:
            account.weigh(work, number, now)
            exact.weights[work] = number
        elif what == "end" and work is not None:
            spent.append((work, account.end(work, now)))
            del exact.weights[work]
        elif what == "strangers":
            account.heard(number % 50, now)
            exact.strangers = number % 50
        elif what in ("gone", "back"):
            exact.is_there = what == "back"
            account.turn(now, is_there=exact.is_there)
        elif what == "price":
            later = Account(Reservation(gpus, number * 10**6, energy), now)
            later.heard(exact.strangers, now)
            later.turn(now, is_there=exact.is_there)
            account.hand_over(later, now)
            accounts.append(account := later)
        account.advance(now)
        told += [one.drain()[2:5] for one in accounts]
    for work in list(exact.weights):
        spent.append((work, account.end(work, now)))
    told += [one.drain()[2:5] for one in accounts]
    assert sum(one.wall for one in accounts) == exact.wall
    assert all(0 <= one.shared <= one.wall * ATTO for one in accounts)
    costs = sum(each.cost for _, each in spent)
    idle = sum(micro(one) - rounded(one.shared * one.terms.rate) for one in accounts)
    assert costs + idle == sum(map(micro, accounts)), "allocated and idle are the reservation to the micro-USD"
    assert costs == sum(rounded(one.shared * one.terms.rate) for one in accounts)
    for work, each in spent:
        assert each.gpu_s == pytest.approx(float(exact.shares[work] * gpus / 10**9), rel=1e-9, abs=1e-9)
    assert all(reserved == allocated + idle and idle >= 0 for reserved, allocated, idle in told)
    assert sum(reserved for reserved, _, _ in told) == sum(map(micro, accounts))
    assert abs(sum(allocated for _, allocated, _ in told) - costs) <= len(accounts)


# ---- a week of known work

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Known:
    """A request whose work is known: when it came in nanoseconds, to which replica, how long it was read and written, what was read."""

    at: int
    replica: int
    read: int
    written: int
    tokens: int


def known_work(seed: int, replicas: int, begin: int, hours: Hours) -> Iterator[Known]:
    """Some requests a minute by day, for a week; some begin just before it closes."""
    dice = random.Random(seed)
    now = begin
    while now < begin + 7 * DAY_S * SECOND:
        is_open, until = hours.at(now)
        if not is_open:
            now = until
            continue
        tokens = dice.randrange(1, 20_000)
        yield Known(now, dice.randrange(replicas), tokens * 50_000, dice.randrange(10, 60) * SECOND, tokens)
        now += round(dice.expovariate(1 / 40) * SECOND)


def played(works: Sequence[Known], terms: Reservation, replicas: int, begin: int, end: int) -> tuple[list[Spent], list[Account]]:
    """What each of the requests had, and the accounts at the end."""
    accounts = [Account(terms, begin) for _ in range(replicas)]
    events = sorted(
        (when, kind, number)
        for number, one in enumerate(works)
        for kind, when in enumerate((one.at, one.at + one.read, one.at + one.read + one.written))
    )
    under_way, spent = dict[int, Work](), dict[int, Spent]()
    for when, kind, number in events:
        account = accounts[works[number].replica]
        if kind == 0:
            under_way[number] = account.begin(account.reading(works[number].tokens), when)
        elif kind == 1:
            account.weigh(under_way[number], ANSWER, when)
        else:
            spent[number] = account.end(under_way.pop(number), when)
    for account in accounts:
        account.advance(end)
    return [spent[number] for number in range(len(works))], accounts


def union_s(spans: Sequence[tuple[int, int]]) -> int:
    """How many nanoseconds are covered."""
    covered, until = 0, 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, until))
        until = max(until, end)
    return covered


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        pytest.param("UTC", "2026-06-01T00:00:00Z", id="a week"),
        pytest.param("Europe/Vienna", "2026-10-22T00:00:00+02:00", id="the week in which clocks are put back"),
    ],
)
def test_nights_off_change_what_is_idle_and_nothing_else(zone: str, begin: str) -> None:
    replicas, day = 3, Hours.parse("07:00-22:00", ZoneInfo(zone))
    start = round(datetime.fromisoformat(begin).timestamp()) * SECOND
    end = start + 7 * DAY_S * SECOND
    works = [one for one in known_work(6, replicas, start, day) if one.at < end - DAY_S * SECOND // 24]
    always, by_day = Reservation.rented(2.49, 2), Reservation.rented(2.49, 2, day)
    spent, accounts = played(works, always, replicas, start, end)
    spent_by_day, accounts_by_day = played(works, by_day, replicas, start, end)
    assert len(works) > 5000
    assert spent == spent_by_day, "what requests had is the same, one by one"
    for replica, (on, by) in enumerate(zip(accounts, accounts_by_day, strict=True)):
        own = [each.cost for one, each in zip(works, spent, strict=True) if one.replica == replica]
        for account in (on, by):
            told = account.drain()
            assert sum(own) + told.idle == told.reserved == micro(account)
        spans = [(one.at, one.at + one.read + one.written) for one in works if one.replica == replica]
        nights, now = list[tuple[int, int]](), start
        while now < end:
            is_open, until = day.at(now)
            nights += [] if is_open else [(now, min(until, end))]
            now = until
        off = union_s(nights) + union_s(spans) - union_s([*nights, *spans])
        assert on.wall == 7 * DAY_S * SECOND
        assert on.wall - by.wall == union_s(nights) - off, "exactly the hours that nobody worked in and nobody paid for"
        assert on.shared == by.shared == pytest.approx(union_s(spans) * ATTO, rel=1e-12)
