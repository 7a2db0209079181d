import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.report.columns import ids, requests
from gateway.report.declared import Reporting
from gateway.report.leases import leases
from gateway.report.money import FAILED, Money, line, money, tenants
from gateway.report.period import Period
from gateway.usage.rows import Called, Leased, Used
from tests.fakes.usage import called, leased, used

DAY = Period(0, 73 * 3_600, "a tenth of a month")


def spent(used_rows: list[Used], calls: list[Called], bills: list[Leased], month_usd: float = 0.0) -> Money:
    return money(requests(used_rows, ids(calls)), calls, leases(bills), DAY, Reporting(gateway_month_usd=month_usd))


def test_everything_is_counted_once() -> None:
    rows = [
        used(request_id="a", cost=15_000, path="local"),
        used(request_id="b", cost=9_000, beside=4_000, path="cloud", target="gpt"),
        used(request_id="c", cost=None, path="cloud", target="gpt"),
        used(request_id="d", cost=None, attempts=0, path="blocked", target=""),
    ]
    calls = [
        called(request_id="b", ending="Rejected", failure="", cost=4_000),
        called(request_id="b", target="gpt", ending="Served", failure="", cost=5_000),
    ]
    found = spent(rows, calls, [leased(reserved=40_000, allocated=20_000, idle=20_000)], 10.0)
    assert [(one.name, one.requests, one.cost, one.unknown) for one in found.paths] == [
        ("local", 1, 15_000, 0),
        ("cloud", 2, 9_000, 1),
        ("blocked", 1, 0, 0),
    ]
    assert (found.whole.cost, found.whole.beside, found.whole.unknown) == (24_000, 4_000, 1)
    assert (found.idle, found.unseen, found.gateway) == (20_000, 1_000, 1_000_000)
    assert found.total == 24_000 + 20_000 + 1_000 + 1_000_000
    assert found.purposes == {"local answers not good enough": 4_000}


def test_rates_are_of_what_is_known() -> None:
    rows = [used(cost=100, prompt=900, completion=100), used(cost=None), used(cost=7_000, prompt=None, completion=None)]
    found = line("x", requests(rows), np.ones(3, np.bool_))
    assert (found.per_million, found.per_request, found.rated) == (100_000, 100, 1)
    assert found.tokens == 1_000 + 120
    nothing = line("x", requests(rows), np.zeros(3, np.bool_))
    assert (nothing.per_million, nothing.per_request) == (None, None)


@pytest.mark.parametrize(
    ("ending", "purpose"),
    [
        ("Rejected", "local answers not good enough"),
        ("Outrun", "second attempts outrun"),
        ("Checked", "questions about answers"),
        ("Failed", FAILED),
    ],
)
def test_purposes_are_said_in_words(ending: str, purpose: str) -> None:
    assert spent([], [called(ending=ending, cost=7)], []).purposes == {purpose: 7}
    assert spent([], [called(ending="Served", cost=7), called(ending=ending, cost=0)], []).purposes == {}


def test_gpu_time_of_requests_that_began_before_is_below_zero() -> None:
    found = spent([used(cost=20_000)], [], [leased(reserved=40_000, allocated=15_000, idle=25_000)])
    assert found.unseen == -5_000
    assert found.total == 40_000


def test_what_was_tried_twice_at_home_had_its_gpu_time_once() -> None:
    rows = [used(request_id="h", cost=20_000, beside=5_000, hedge="primary")]
    calls = [
        called(request_id="h", ending="Served", failure="", cost=15_000),
        called(request_id="h", ending="Outrun", failure="", cost=5_000),
    ]
    assert spent(rows, calls, [leased(allocated=20_000, idle=20_000)]).unseen == 0


def test_nothing_costs_nothing_and_has_no_rate() -> None:
    found = spent([], [], [])
    assert (found.total, found.per_million, found.per_request) == (0, None, None)


COSTS = st.one_of(st.none(), st.integers(0, 10**9))


@given(
    st.lists(st.tuples(st.sampled_from(["local", "cloud", "redacted", "blocked"]), COSTS), max_size=30),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=5),
)
def test_the_parts_are_the_total_and_gpus_cost_their_bill(rows: list[tuple[str, int | None]], minutes: list[tuple[int, int]]) -> None:
    asked = [
        used(request_id=f"{at}", path=path, target="qwen" if path == "local" else "gpt", cost=cost) for at, (path, cost) in enumerate(rows)
    ]
    bills = [leased(reserved=busy + idle, allocated=busy, idle=idle) for busy, idle in minutes]
    found = spent(asked, [], bills)
    assert sum(one.cost for one in found.paths) == found.whole.cost
    assert sum(one.requests for one in found.paths) == found.whole.requests == len(rows)
    if minutes:
        elsewhere = sum(cost or 0 for path, cost in rows if path != "local")
        assert found.total - elsewhere == sum(busy + idle for busy, idle in minutes)


def test_tenants_come_by_what_they_spent_and_the_rest_is_one() -> None:
    rows = [used(tenant=f"t{at:02}", cost=at) for at in range(12)] + [used(tenant="quiet", cost=None)]
    lines, rest = tenants(requests(rows))
    assert [one.name for one in lines] == [f"t{at:02}" for at in range(11, 1, -1)]
    assert rest is not None
    assert (rest.name, rest.requests, rest.cost, rest.unknown) == ("3 more", 3, 1, 1)
    assert tenants(requests(rows[:2]))[1] is None


def test_what_an_adapter_had_of_an_engine_is_counted_once() -> None:
    rows = [used(cost=10_000), used(request_id="b", target="adapter", cost=8_000), used(request_id="c", target="adapter", cost=2_000)]
    calls = [called(request_id="c", target="adapter", ending="Broken", cost=2_000, gpu_s=0.1)]
    found = spent(rows, calls, [leased(reserved=40_000, allocated=20_000, idle=20_000)])
    assert (found.unseen, found.total) == (0, 40_000), "one bill, which has the name of the first"


def test_what_gpus_cost_for_a_request_of_unknown_cost_is_in_the_total() -> None:
    rows = [used(request_id="a", cost=15_000), used(request_id="b", cost=None, beside=None, path="cloud", target="gpt")]
    calls = [called(request_id="b", cost=5_000, gpu_s=0.1), called(request_id="b", target="gpt", ending="Served", failure="")]
    found = spent(rows, calls, [leased(reserved=40_000, allocated=20_000, idle=20_000)])
    assert (found.whole.cost, found.unseen, found.total) == (15_000, 5_000, 40_000)
    assert found.purposes == {}, "it is not in what was spent beside answers"


def test_purposes_are_the_parts_of_what_was_spent_beside_answers() -> None:
    rows = [
        used(request_id="kept", cascade="kept", cost=3_000, beside=1_000),
        used(request_id="refused", result="refused", cost=500, beside=500),
    ]
    calls = [
        called(request_id="kept", ending="Rejected", failure="", cost=2_000),
        called(request_id="kept", ending="Checked", failure="", cost=1_000),
        called(request_id="refused", ending="Refused", failure="BAD_REQUEST", cost=500),
    ]
    found = spent(rows, calls, [])
    assert found.purposes == {"questions about answers": 1_000, FAILED: 500}
    assert sum(found.purposes.values()) == found.whole.beside
