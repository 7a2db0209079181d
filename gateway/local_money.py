"""What a scrape shows of local engines' money, made of what was counted: what is idle, the price of tokens, and whether it pays.

Processes count what was reserved, under `idle`, and what of it was allocated. Only where all of them are added up it is known what is
left; that is shown so that it never falls. Prices are of the last hour, or of the time since the start.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from gateway.series import Labels
from gateway.tally import Count, Tally

BASES = ("full", "allocated", "marginal")
"""Of what the price of tokens is: all that was reserved, what was allocated, the energy of that."""
HOUR_S = 3600.0
STEP_S = 60.0
"""How often is remembered what had been counted."""
_SHARES: Mapping[str, str] = {"local_cost_usd_total": "allocated", "local_gpu_seconds_total": "busy"}


class Counted(NamedTuple):
    """What was counted of one target: USD, seconds of GPUs, tokens, and USD that the tokens would have cost at the baseline."""

    reserved: float = 0.0
    allocated: float = 0.0
    energy: float = 0.0
    wall_s: float = 0.0
    busy_s: float = 0.0
    tokens: float = 0.0
    baseline: float = 0.0

    def since(self, before: "Counted") -> "Counted":
        """What came after `before`."""
        return Counted(*(max(now - then, 0.0) for now, then in zip(self, before, strict=True)))


class LocalMoney:
    """One for each place that is scraped."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._idle: dict[tuple[str, Labels], float] = {}
        self._past: deque[tuple[float, Mapping[str, Counted]]] = deque([(now(), {})])

    def shown(self, tally: Tally) -> Tally:
        """The tally of all, as it is shown."""
        counted = _counted(tally)
        if not counted:
            return tally
        now, past = self._now(), self._past
        while len(past) > 1 and now - past[1][0] >= HOUR_S:
            past.popleft()
        hour = {name: one.since(past[0][1].get(name, Counted())) for name, one in counted.items()}
        if now - past[-1][0] >= STEP_S:
            past.append((now, counted))
        counts = {name: self._left(name, tally.counts.get(name, ())) for name in _SHARES}
        knows_baseline = any(one.baseline for one in counted.values())
        gauges = {
            "unit_cost_usd_per_million_tokens": tuple(row for name, one in hour.items() for row in _prices(name, one)),
            "breakeven_ratio": tuple(
                Count((name,), one.baseline / one.reserved) for name, one in hour.items() if knows_baseline and one.reserved
            ),
        }
        return Tally({**tally.counts, **counts}, tally.buckets, {**tally.gauges, **gauges})

    def _left(self, family: str, rows: tuple[Count, ...]) -> tuple[Count, ...]:
        """The rows of a family, in which `idle` is what is left of the reservation."""
        taken = {labels[0]: value for labels, value in rows if labels[1] == _SHARES[family]}
        return tuple(self._idle_of(family, row, taken.get(row.labels[0], 0.0)) if row.labels[1] == "idle" else row for row in rows)

    def _idle_of(self, family: str, row: Count, taken: float) -> Count:
        least = self._idle.get((family, row.labels), 0.0)
        self._idle[family, row.labels] = left = max(least, row.value - taken)
        return Count(row.labels, left)


def _counted(tally: Tally) -> dict[str, Counted]:
    """By target."""
    money, seconds = _by_target(tally, "local_cost_usd_total"), _by_target(tally, "local_gpu_seconds_total")
    tokens, baseline = dict[str, float](), dict[str, float]()
    for (_, target, kind), value in tally.counts.get("tokens_total", ()) if money else ():
        tokens[target] = tokens.get(target, 0.0) + (value if kind in ("prompt", "completion") else 0.0)
    for (_, target), value in tally.counts.get("baseline_cost_usd_total", ()) if money else ():
        baseline[target] = baseline.get(target, 0.0) + value
    return {
        name: Counted(
            one["idle"],
            one["allocated"],
            one["energy"],
            seconds[name]["idle"],
            seconds[name]["busy"],
            tokens.get(name, 0.0),
            baseline.get(name, 0.0),
        )
        for name, one in money.items()
    }


def _by_target(tally: Tally, family: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (target, kind), value in tally.counts.get(family, ()):
        found[target][kind] = value
    return found


def _prices(name: str, hour: Counted) -> list[Count]:
    """Of a million tokens, on each basis; none while there are no tokens. Of energy nothing is said that is not known."""
    if not hour.tokens:
        return []
    spent = [hour.reserved, hour.allocated]
    if hour.energy and hour.wall_s:
        spent.append(hour.energy * hour.busy_s / hour.wall_s)
    return [Count((name, basis), usd * 1e6 / hour.tokens) for basis, usd in zip(BASES, spent, strict=False)]
