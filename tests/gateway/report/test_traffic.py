from gateway.report.columns import requests
from gateway.report.house import House
from gateway.report.leases import leases
from gateway.report.period import DAY_S, HOUR_S, Period
from gateway.report.traffic import sensitivity, steps, table
from tests.fakes.usage import leased, used

HOUSE = House(("public", "internal", "personal"), frozenset({"qwen"}), {"qwen": "personal", "gpt": "internal"})
ROWS = [
    used(label="personal"),
    used(label="public", path="cloud", target="gpt", route="hard"),
    used(label="public"),
    used(label="", route="", path="blocked", target=""),
    used(label="odd"),
]


def test_requests_are_counted_by_row_and_path() -> None:
    found = table(requests(ROWS), "label", HOUSE.labels)
    assert list(found) == ["public", "personal", "no label", "odd"]
    assert found["public"] == {"local": 1, "cloud": 1, "blocked": 0}
    assert found["no label"] == {"local": 0, "cloud": 0, "blocked": 1}
    assert table(requests(ROWS), "route") == {
        "easy": {"local": 3, "cloud": 0, "blocked": 0},
        "no route": {"local": 0, "cloud": 0, "blocked": 1},
        "hard": {"local": 0, "cloud": 1, "blocked": 0},
    }
    assert table(requests([]), "label") == {}


def test_sensitive_requests_that_stay_are_well() -> None:
    found = sensitivity(requests(ROWS), HOUSE)
    assert (found.labels, found.requests, found.by_path, found.astray, found.unknown) == (("personal",), 1, {"local": 1}, 0, 0)


def test_what_went_where_it_may_not_is_counted() -> None:
    rows = [used(label="personal", path="cloud", target="gpt"), used(label="personal", path="redacted", target="gpt")]
    found = sensitivity(requests([*ROWS, *rows]), HOUSE)
    assert (found.requests, found.by_path, found.astray) == (3, {"cloud": 1, "local": 1, "redacted": 1}, 1)


def test_what_cannot_be_judged_today_is_counted_too() -> None:
    rows = [used(label="odd", path="cloud", target="gpt"), used(label="public", path="cloud", target="gone")]
    found = sensitivity(requests(rows), HOUSE)
    assert (found.astray, found.unknown) == (0, 2)


def test_steps_of_time_hold_everything_once() -> None:
    period = Period(0, 2 * DAY_S, "")
    rows = [used(at=0.0, cost=5), used(at=DAY_S - 0.5, cost=None), used(at=DAY_S + 1.0, cost=7, path="cloud")]
    bills = leases([leased(at=10.0, idle=100), leased(at=2.0 * DAY_S, idle=50)])
    days, hours = steps(requests(rows), bills, period, DAY_S), steps(requests(rows), bills, period, HOUR_S)
    assert (days.at, days.requests, days.cost, days.idle) == (
        (0, DAY_S),
        {"local": [2, 0], "cloud": [0, 1]},
        {"local": [5, 0], "cloud": [0, 7]},
        [100, 50],
    )
    assert len(hours.at) == 48
    assert sum(map(sum, hours.requests.values())) == 3
    assert sum(hours.idle) == 150
