"""What it would have cost had nothing left: the GPUs at home if they could have taken it, else as many as it would have taken.

How much a GPU does is measured: the work of the busiest tenth of the hours in which any was done, by the GPU-seconds in which there was
something to do. Work is counted in tokens written; `READ` tokens read without a cache are as much work as one. No hour may fill GPUs by
more than `FULL`. What a GPU could do at most is not known, only what it did: so this is the most that it would have cost, and the bill as
it was the least.
"""

import math
from dataclasses import dataclass

import numpy as np

from gateway.report.columns import Floats, Requests
from gateway.report.leases import Leases
from gateway.report.period import HOUR_S, Period
from router.reservation import ALPHA

READ = round(1 / ALPHA)
"""Prompt tokens that are as much work as an answer's token."""

FULL = 0.8
"""How busy GPUs may be in the busiest hour. More, and answers would wait for each other."""


@dataclass(frozen=True, slots=True)
class AtHome:
    """Work by the hour that begins `at`, in GPU-seconds: what is there whatever lengths are, and what grows with them.

    `had` are GPU-seconds that were paid for, `gpu_s_price` micro-USD for one, `gpus` the most that were there at a time, `step` those of
    one replica. `lasted` is how much of each hour is on record, in seconds: bills may begin and end in the midst of one.
    """

    at: Floats
    steady: Floats
    by_length: Floats
    had: Floats
    gpu_s_price: float
    gpus: int
    step: int
    lasted: Floats

    @property
    def paid(self) -> float:
        """The bill as it was, in micro-USD."""
        return float(self.had.sum()) * self.gpu_s_price

    def need(self, ratio: float) -> int:
        """GPUs for the busiest hour, in whole replicas."""
        busiest = float((self.steady + ratio * self.by_length).max()) / (HOUR_S * FULL)
        return math.ceil(busiest / self.step - 1e-9) * self.step

    def costs(self, ratios: Floats) -> Floats:
        """Micro-USD at each of the ratios. GPUs that are off at night would be on in hours that have work."""
        hours = self.steady + np.multiply.outer(ratios, self.by_length)
        needed = np.ceil(hours / (HOUR_S * FULL * self.step) - 1e-9) * self.step
        factor = np.maximum(1.0, needed.max(axis=1) / self.gpus)
        seconds = np.maximum(np.multiply.outer(factor, self.had), needed * self.lasted)
        return np.asarray(seconds.sum(axis=1) * self.gpu_s_price, np.float64)


def at_home(requests: Requests, bills: Leases, local: frozenset[str], period: Period) -> AtHome | None:
    """None where no GPU was paid for, or none had anything to do: then nothing can be said."""
    many = max(1, math.ceil(period.hours))

    def hourly(at: Floats, values: Floats) -> Floats:
        places = np.clip((at - period.since) // HOUR_S, 0, many - 1).astype(np.int64)
        return np.asarray(np.bincount(places, values, many), np.float64)

    read, written = (requests.prompt - requests.cached).clip(0) / READ, requests.completion.astype(np.float64)
    is_home = requests.target.of(*local) & requests.is_answered
    home = hourly(requests.at, np.where(is_home, read + written, 0.0))
    out_read = hourly(requests.at, np.where(is_home, 0.0, read))
    out_written = hourly(requests.at, np.where(is_home, 0.0, written))
    had, busy = hourly(bills.at, bills.gpu_s), hourly(bills.at, bills.busy_gpu_s)
    working = np.flatnonzero((home > 0) & (busy > 0))
    if not len(working) or not had.any():
        return None
    busiest = working[np.argsort(home[working])[-max(1, len(working) // 10) :]]
    rate = home[busiest].sum() / busy[busiest].sum()
    return AtHome(
        np.asarray(period.since + HOUR_S * np.arange(many), np.float64),
        (home + out_read) / rate,
        out_written / rate,
        had,
        float(bills.reserved.sum() / bills.gpu_s.sum()),
        max(1, round(max(had.max() / HOUR_S, had.sum() / float(bills.at.max() - (bills.at - bills.wall_s).min())))),
        int(np.median(bills.gpus)),
        _lasted(requests, bills, period, many),
    )


def _lasted(requests: Requests, bills: Leases, period: Period, many: int) -> Floats:
    """Seconds of each hour that are on record: all, but of the first and the last hour that have a bill."""
    edges = period.since + HOUR_S * np.arange(many + 1)
    begins, ends = edges[:-1].copy(), edges[1:].copy()
    first, last = (int(np.clip((at - period.since) // HOUR_S, 0, many - 1)) for at in (bills.at.min(), bills.at.max()))
    at = requests.at
    begins[first] = max(edges[first], min((bills.at - bills.wall_s).min(), at[at >= edges[first]].min(initial=np.inf)))
    ends[last] = min(edges[last + 1], max(bills.at.max(), at[at < edges[last + 1]].max(initial=-np.inf)))
    return np.asarray(ends - begins, np.float64)
