"""What metrics say adds up, exactly, whatever happens: every request once, every attempt, every token, every micro-USD that is known."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from itertools import pairwise
from operator import add

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import tally
from gateway.errors import CODES
from gateway.exchange import AttemptRecord, Exchange
from gateway.observers.prometheus import Prometheus
from gateway.plan import Plan
from gateway.seeds import TOKENS
from gateway.tally import Tally, added
from router.attempt import Usage
from router.failures import NOT_MADE
from router.fleet import Fleet
from tests.fakes.exchanges import everything, exchanges, fifty_models
from tests.fakes.gateway import compiled

FIXED = settings(max_examples=60, derandomize=True, deadline=None, database=None)
FEW = settings(FIXED, max_examples=20)
NONE = Usage()


@cache
def plan() -> Plan:
    return compiled(fifty_models())


@cache
def outside() -> frozenset[str]:
    return frozenset(name for name, target in plan().policy.targets.items() if target.zone == "external")


@cache
def drawn() -> st.SearchStrategy[list[Exchange]]:
    return st.lists(exchanges(plan()), max_size=25)


def counted(seen: Sequence[Exchange], most: int = 1_000) -> Tally:
    """What is counted of these, so many of them at a time at the most."""
    made, fleet = Prometheus(), Fleet(plan().policy.targets.values())
    made.configure(plan(), CODES, lambda: (fleet, 0.0))
    for number, exchange in enumerate(seen, 1):
        made(exchange)
        if number % most == 0:
            made.settle()
    return tally.decode(tally.encode(made.tally()))


def by(counted: Tally, name: str, *labels: int) -> Mapping[tuple[str, ...], float]:
    """The sums of a counter by some of its labels, without zeros."""
    found = Counter[tuple[str, ...]]()
    for row in counted.counts[name]:
        found[tuple(row.labels[label] for label in labels)] += row.value  # type: ignore[assignment]  # a counter of floats
    return {labels: value for labels, value in found.items() if value}


def observed(counted: Tally, name: str) -> int:
    return sum(sum(spread.counts) for spread in counted.buckets[name])


def calls(exchange: Exchange) -> list[tuple[str, Usage | None, int | None]]:
    """Whom the gateway has to pay for an exchange: target, usage, micro-USD; all that was spoken to where there were several."""
    if exchange.cascade or exchange.hedge:
        paid = [one for one in exchange.attempts if one.usage is not None or one.ending in ("Served", "Rejected")]
        return [(one.target, one.usage, one.cost) for one in paid]
    if exchange.usage is None and exchange.cost is None and exchange.result != "served":
        return []
    answered = exchange.target is not None
    beside = [(one.target, None, one.cost) for one in (exchange.attempts[:-1] if answered else exchange.attempts) if one.cost is not None]
    own = None if exchange.cost is None else exchange.cost - sum(cost for _, _, cost in beside)
    return [*beside, (str(exchange.target), exchange.usage, own)] if answered else [*beside]


def holds(counted: Tally, seen: Sequence[Exchange]) -> None:
    """Every identity."""
    decided = [one for one in seen if one.label is not None]
    attempts = [attempt for one in seen for attempt in one.attempts]
    assert by(counted, "requests_total") == ({(): len(seen)} if seen else {})
    assert by(counted, "requests_total", 3) == Counter((one.result,) for one in seen)
    assert observed(counted, "request_duration_seconds") == len(seen)
    for name, label in (("routes_total", 1), ("sensitivity_requests_total", 0)):
        assert by(counted, name, label) == Counter((str(one.label),) for one in decided)
    assert {sum(spread.counts) for spread in counted.buckets["overhead_seconds"]} == {len(decided)}
    assert by(counted, "refusals_total", 0) == Counter((one.code,) for one in seen if one.code)
    assert by(counted, "upstream_attempts_total", 0) == Counter((one.target,) for one in attempts)
    left = [one for one in attempts if one.target in outside() and one.failure not in NOT_MADE]
    assert by(counted, "egress_requests_total", 0) == Counter((one.target,) for one in left)
    assert by(counted, "egress_bytes_total").get((), 0) == sum(one.sent_bytes for one in left)
    changes = [(before, then) for one in seen for before, then in pairwise(one.attempts) if follows(before, then)]
    assert by(counted, "fallbacks_total", 0, 1) == Counter((before.target, then.target) for before, then in changes)
    streams = [one for one in seen if one.is_stream and one.result in ("served", "broken", "abandoned")]
    assert by(counted, "stream_terminations_total").get((), 0) == len(streams)
    holds_money(counted, seen)


def follows(before: AttemptRecord, then: AttemptRecord) -> bool:
    return before.target != then.target and before.ending not in ("Rejected", "Checked", "Outrun") and not then.is_hedge


def holds_money(counted: Tally, seen: Sequence[Exchange]) -> None:
    """Tokens equal what providers said, costs what is known of them, and what is unknown is counted."""
    paid = [call for one in seen for call in calls(one)]
    for kind in TOKENS:
        said = Counter[tuple[str, ...]]()
        for target, usage, _ in paid:
            said[target, kind] += getattr(usage or NONE, kind)
        shown = {labels: value for labels, value in by(counted, "tokens_total", 1, 2).items() if labels[1] == kind}
        assert shown == +said
    known = Counter[tuple[str, ...]]()
    for target, _, cost in paid:
        known[target,] += cost or 0
    assert {labels: round(value * 1e6) for labels, value in by(counted, "cost_usd_total", 1).items()} == +known
    assert by(counted, "cost_unknown_total", 0) == Counter((target,) for target, _, cost in paid if cost is None)
    beside = sum(one.cost or 0 for each in seen for one in each.attempts if one.ending in BESIDE)
    assert round(by(counted, "auxiliary_cost_usd_total").get((), 0) * 1e6) == beside


BESIDE = ("Checked", "Outrun", "Failed")


@FIXED
@given(st.data())
def test_what_is_counted_adds_up(data: st.DataObject) -> None:
    seen = data.draw(drawn())
    holds(counted(seen), seen)


@FEW
@given(st.data())
def test_exchanges_are_counted_together_as_they_are_one_by_one(data: st.DataObject) -> None:
    seen = data.draw(drawn()) * 4  # more than are held
    together, alone = counted(seen), counted(seen, most=1)
    assert shown(together) == shown(alone)


def shown(counted: Tally) -> dict[tuple[str, ...], object]:
    """Everything; of exemplars the buckets that have one, and sums as far as floats that are added in another order agree."""
    spreads = [(name, one) for name, each in counted.buckets.items() for one in each]
    return {
        **{(name, *row.labels): pytest.approx(row.value) for name, rows in counted.counts.items() for row in rows},
        **{(name, *one.labels): (one.counts, pytest.approx(one.sum), {place for place, _ in one.exemplars}) for name, one in spreads},
    }


@FEW
@given(st.data(), st.integers(1, 4))
def test_what_several_workers_counted_adds_up_too(data: st.DataObject, workers: int) -> None:
    each = [data.draw(drawn()) for _ in range(workers)]
    first, *others = [counted(seen) for seen in each]
    holds(added([first.lasting(), *others], {}), reduce(add, each))


def test_what_can_happen_adds_up() -> None:
    seen = [one for one in everything(plan()) if not one.cascade and not one.hedge][::5]
    made = counted(seen)
    assert by(made, "requests_total") == {(): len(seen)}
    assert observed(made, "request_duration_seconds") == len(seen)
    assert by(made, "upstream_attempts_total") == {(): sum(len(one.attempts) for one in seen)}


@pytest.mark.parametrize("name", ["request_duration_seconds", "time_to_first_token_seconds"])
def test_of_a_bucket_the_last_request_of_all_workers_is_shown(name: str) -> None:
    [stream] = [one for one in everything(plan()) if one.is_stream and one.result == "served"][:1]
    tallies = [counted([stream]), counted([stream])]
    at = [max(row[1][3] for spread in one.buckets[name] for row in spread.exemplars) for one in tallies]
    both = added(tallies, {})
    assert at[0] < at[1]
    assert [row[1][3] for spread in both.buckets[name] for row in spread.exemplars] == [at[1]]
