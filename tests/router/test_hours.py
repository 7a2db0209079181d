"""Hours of a day, by clocks that are put back and forward."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from router.hours import Hours

NANO = 1_000_000_000
VIENNA = ZoneInfo("Europe/Vienna")


def at(text: str) -> int:
    """Nanoseconds of a time that says its own zone."""
    return round(datetime.fromisoformat(text).timestamp()) * NANO


@pytest.mark.parametrize(
    ("hours", "now", "is_open", "until"),
    [
        pytest.param("07:00-22:00", "2026-06-01T06:59:59Z", False, "2026-06-01T07:00:00Z", id="early in the morning"),
        pytest.param("07:00-22:00", "2026-06-01T07:00:00Z", True, "2026-06-01T22:00:00Z", id="the moment it opens"),
        pytest.param("07:00-22:00", "2026-06-01T22:00:00Z", False, "2026-06-02T07:00:00Z", id="the moment it closes"),
        pytest.param("22:00-06:00", "2026-06-01T23:00:00Z", True, "2026-06-02T06:00:00Z", id="over midnight, before it"),
        pytest.param("22:00-06:00", "2026-06-01T01:00:00Z", True, "2026-06-01T06:00:00Z", id="over midnight, after it"),
        pytest.param("22:00-06:00", "2026-06-01T12:00:00Z", False, "2026-06-01T22:00:00Z", id="by day"),
    ],
)
def test_it_is_there_in_its_hours(hours: str, now: str, is_open: bool, until: str) -> None:
    assert Hours.parse(hours).at(at(now)) == (is_open, at(until))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        pytest.param("2026-10-24T23:00:00+02:00", "2026-10-25T07:00:00+01:00", id="a night of an hour more"),
        pytest.param("2026-03-28T23:00:00+01:00", "2026-03-29T07:00:00+02:00", id="a night of an hour less"),
    ],
)
def test_clocks_of_the_zone_count(now: str, until: str) -> None:
    assert Hours.parse("07:00-22:00", VIENNA).at(at(now)) == (False, at(until))


def test_an_hour_that_comes_twice_opens_once() -> None:
    hours, walked, now = Hours.parse("02:30-05:00", VIENNA), [], at("2026-10-25T00:00:00+02:00")
    while now < at("2026-10-25T06:00:00+01:00"):
        is_open, until = hours.at(now)
        walked.append((is_open, (until - now) // NANO // 60))
        now = until
    assert walked == [(False, 150), (True, 210), (False, 1290)]


@pytest.mark.parametrize("text", ["", "7-22", "07:00", "07:00-25:00", "07:00-22:00-23:00", "noon-22:00"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected the hours of a day, as in 07:00-22:00"):
        Hours.parse(text)


def test_hours_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="it opens when it closes"):
        Hours.parse("07:00-07:00")
