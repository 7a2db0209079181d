import pytest

from gateway.report.period import Period, day_name

MONDAY = 1_794_182_400.0  # 2026-11-09T00:00:00Z
DAY = 86_400.0


def test_a_week_is_that_of_iso_8601_in_utc() -> None:
    week = Period.week("2026-W46")
    assert (week.since, week.until, week.name) == (MONDAY, MONDAY + 7 * DAY, "week 46, 9 to 15 November 2026")
    assert week == Period.week("2026W46")
    assert week.hours == 168
    assert week.midnights() == [MONDAY + DAY * at for at in range(7)]


def test_a_week_may_begin_in_another_year() -> None:
    assert Period.week("2026-W53").name == "week 53, 28 December 2026 to 3 January 2027"
    assert Period.week("2026-W01").name == "week 1, 29 December 2025 to 4 January 2026"
    assert Period.week("2026-W05").name == "week 5, 26 January to 1 February 2026"


@pytest.mark.parametrize("text", ["2026-46", "2026-W54", "2026-W00", "46", "0000-W01", ""])
def test_what_is_no_week_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is no week; write it as 2026-W46"):
        Period.week(text)


@pytest.mark.parametrize(
    ("now", "week"),
    [
        pytest.param(MONDAY + 7 * DAY, 46, id="on Monday it is the one that ended at midnight"),
        pytest.param(MONDAY + 7 * DAY - 1, 45, id="on Sunday it is the one before"),
    ],
)
def test_the_last_week_is_over(now: float, week: int) -> None:
    assert Period.last_week(now) == Period.week(f"2026-W{week}")


def test_days_are_whole_unless_the_last_is_today() -> None:
    now = MONDAY + 2.5 * DAY
    assert Period.days("2026-11-09", "2026-11-10", now) == Period(MONDAY, MONDAY + 2 * DAY, "9 to 10 November 2026")
    assert Period.days("2026-11-09", "", now) == Period(MONDAY, now, "9 to 11 November 2026")
    assert Period.days("2026-11-09", "2026-11-09", now).name == "9 November 2026"
    assert Period.days("2026-11-09", "", now).midnights() == [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY]


def test_days_that_are_none_are_said() -> None:
    with pytest.raises(ValueError, match="'9 Nov' is no day"):
        Period.days("9 Nov", "", MONDAY)
    with pytest.raises(ValueError, match="ends before it begins"):
        Period.days("2026-11-09", "2026-11-08", MONDAY)


def test_a_day_has_a_name() -> None:
    assert day_name(MONDAY + 1) == "Mon 9 Nov"
