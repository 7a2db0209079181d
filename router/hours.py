"""`Hours`: from when to when, each day, something is there. Times in nanoseconds since 1970; a time zone says which hours those are."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Self

from typing_extensions import override

_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Hours:
    """From `opens` to `closes` by the clocks of `zone`, every day; over midnight where it closes before it opens."""

    opens: time
    closes: time
    zone: tzinfo = UTC

    @classmethod
    def parse(cls, text: str, zone: tzinfo = UTC) -> Self:
        """Read `07:00-22:00`. Raises ValueError for what is none."""
        try:
            opens, closes = (datetime.strptime(part.strip(), "%H:%M").replace(tzinfo=UTC).time() for part in text.split("-"))
        except ValueError:
            raise ValueError("expected the hours of a day, as in 07:00-22:00") from None
        if opens == closes:
            raise ValueError("it opens when it closes; leave it out if it is always there")
        return cls(opens, closes, zone)

    def at(self, now: int) -> tuple[bool, int]:
        """Whether it is there at `now`, and when that changes."""
        here = datetime.fromtimestamp(now // _NANO, self.zone)
        day = here.date()
        days = (day + timedelta(days=by) for by in (-1, 0, 1, 2))
        turns = sorted(
            (_unix(datetime.combine(one, clock, self.zone)), is_open)
            for one in days
            for clock, is_open in ((self.opens, True), (self.closes, False))
        )
        is_open = [opened for when, opened in turns if when <= now][-1]
        return is_open, next(when for when, opened in turns if when > now and opened != is_open)

    @override
    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


def _unix(when: datetime) -> int:
    return round(when.timestamp()) * _NANO
