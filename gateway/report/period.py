"""The time that a report is about: a week as ISO 8601 counts them, or from one day to another. Days begin at midnight, UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

HOUR_S, DAY_S = 3_600, 86_400

_WEEK = re.compile(r"(\d{4})-?W(\d{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """From `since`, to before `until`, in Unix time. `name` as in a title."""

    since: float
    until: float
    name: str

    @classmethod
    def week(cls, text: str) -> Self:
        """`2026-W46`. Raises ValueError, with a sentence, for what is no week."""
        found = _WEEK.fullmatch(text)
        try:
            first = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
        except ValueError:
            first = None
        if first is None:
            raise ValueError(f"{text!r} is no week; write it as 2026-W46")
        last = first + timedelta(days=6)
        return cls(_midnight(first), _midnight(first) + 7 * DAY_S, f"week {first.isocalendar()[1]}, {_days(first, last)}")

    @classmethod
    def last_week(cls, now: float) -> Self:
        """The last week that is over."""
        before = datetime.fromtimestamp(now, UTC).date() - timedelta(days=7)
        year, week, _ = before.isocalendar()
        return cls.week(f"{year}-W{week:02}")

    @classmethod
    def days(cls, since: str, until: str, now: float) -> Self:
        """From the beginning of a day to the end of another, each as `2026-11-09`; no `until` is now. Raises ValueError."""
        first = _day(since)
        last = _day(until) if until else datetime.fromtimestamp(now, UTC).date()
        if last < first:
            raise ValueError("it ends before it begins")
        end = _midnight(last) + DAY_S
        return cls(_midnight(first), end if until else min(end, now), _days(first, last))

    @property
    def hours(self) -> float:
        """How long it is."""
        return (self.until - self.since) / HOUR_S

    def midnights(self) -> list[float]:
        """The beginnings of its days."""
        return [self.since + DAY_S * at for at in range(max(1, -(-int(self.until - self.since) // DAY_S)))]


def day_name(at: float) -> str:
    """`Mon 9 Nov`."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%a} {moment.day} {moment:%b}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no day; write it as 2026-11-09") from None


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _days(first: date, last: date) -> str:
    """`9 to 15 November 2026`."""
    if first == last:
        return f"{first.day} {first:%B %Y}"
    begin = f"{first.day}" + ("" if first.month == last.month else f" {first:%B}") + ("" if first.year == last.year else f" {first.year}")
    return f"{begin} to {last.day} {last:%B %Y}"
