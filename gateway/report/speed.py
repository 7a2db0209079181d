"""How fast it was: percentiles of the time to the first byte and to the last, and of the gateway's own time. Answered requests only."""

from dataclasses import dataclass

import numpy as np

from gateway.report.columns import Bools, Floats, Requests
from gateway.report.money import PATHS

Three = tuple[float, float, float]
"""The 50th, 95th and 99th percentile, in seconds."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Of the requests of one path: how many, and percentiles; None where there are none. First bytes are of those that have one."""

    path: str
    requests: int
    first: Three | None
    total: Three | None
    own: Three | None


def speeds(requests: Requests) -> list[Speed]:
    """By path, then of all."""
    served = requests.result.of("served")
    lines = [_speed(path, requests, served & requests.path.of(path)) for path in PATHS if path in requests.path.names]
    return [one for one in lines if one.requests] + [_speed("all", requests, served)]


def _speed(path: str, requests: Requests, where: Bools) -> Speed:
    first = requests.first_byte_s[where]
    return Speed(path, int(where.sum()), three(first[~np.isnan(first)]), three(requests.total_s[where]), three(requests.own_s[where]))


def three(values: Floats) -> Three | None:
    """The percentiles of the values; None of none."""
    if not len(values):
        return None
    middle, high, top = np.percentile(values, [50, 95, 99]).tolist()
    return middle, high, top
