"""Where requests went: label by path, route by path, hour by hour; and where the sensitive ones went."""

import math
from dataclasses import dataclass

import numpy as np

from gateway.report.columns import Bools, Requests
from gateway.report.house import House
from gateway.report.leases import Leases
from gateway.report.money import PATHS
from gateway.report.period import Period

Table = dict[str, dict[str, int]]
"""Requests by the name of a row and by path."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Requests that carry a label that no target outside is cleared for, by path; and what of all requests went where it may not.

    `astray` were sent whole to a target outside that is not cleared for their label: it has to be 0. `unknown` were sent outside to
    targets, or with labels, that the configuration of today does not have.
    """

    labels: tuple[str, ...]
    requests: int
    by_path: dict[str, int]
    astray: int
    unknown: int


def table(requests: Requests, rows: str, names: tuple[str, ...] = ()) -> Table:
    """Counts by `label` or `route`, and path. Rows of `names` come in their order, others by size; who has none is `no label`."""
    column = requests.label if rows == "label" else requests.route
    found = {name: requests.path.counts(column.of(name)) for name in column.counts()}
    ordered = [name for name in names if name in found] + [name for name in found if name not in names]
    return {name or f"no {rows}": {path: found[name].get(path, 0) for path in PATHS if path in requests.path.names} for name in ordered}


def sensitivity(requests: Requests, house: House) -> Sensitivity:
    """Where the sensitive requests went, and whether any request went where it may not."""
    of_them = requests.label.of(*house.sensitive)
    outside = requests.path.of("cloud")
    astray = unknown = 0
    for label in requests.label.names:
        for target, many in requests.target.counts(outside & requests.label.of(label)).items():
            may = house.may_receive(target, label)
            astray += many if may is False else 0
            unknown += many if may is None else 0
    return Sensitivity(house.sensitive, int(of_them.sum()), requests.path.counts(of_them), astray, unknown)


@dataclass(frozen=True, slots=True)
class Steps:
    """By the hour or day that begins `at`: requests by path, and micro-USD by path and for idle GPUs; all lists of one length."""

    at: tuple[float, ...]
    requests: dict[str, list[int]]
    cost: dict[str, list[int]]
    idle: list[int]


def steps(requests: Requests, bills: Leases, period: Period, size_s: int) -> Steps:
    """By steps of so many seconds."""
    many = max(1, math.ceil((period.until - period.since) / size_s))
    places = np.clip((requests.at - period.since) // size_s, 0, many - 1).astype(np.int64)
    idle = np.clip((bills.at - period.since) // size_s, 0, many - 1).astype(np.int64)

    def summed(where: Bools, *, costs: bool) -> list[int]:
        weights = requests.cost[where] if costs else None
        return [round(value) for value in np.bincount(places[where], weights, many).tolist()]

    paths = {path: requests.path.of(path) for path in PATHS if path in requests.path.names}
    return Steps(
        tuple(period.since + size_s * at for at in range(many)),
        {path: summed(where, costs=False) for path, where in paths.items()},
        {path: summed(where, costs=True) for path, where in paths.items()},
        [round(value) for value in np.bincount(idle, bills.idle, many).tolist()],
    )
