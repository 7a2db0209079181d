"""What the GPUs at home cost: the rows of `Leased` as columns, and figures for each target.

Of each target's bill, reserved = allocated + idle; full, allocated and marginal cost are that, less its idle part, and its energy.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gateway.report.columns import Bools, Floats, Ints, Requests, Words
from gateway.usage.rows import Leased


@dataclass(frozen=True, slots=True)
class Leases:
    """The columns of `Leased`. Money in micro-USD; `energy` is 0 where `has_energy` is not."""

    at: Floats
    target: Words
    replica: Ints
    gpus: Ints
    wall_s: Floats
    busy_s: Floats
    reserved: Ints
    allocated: Ints
    idle: Ints
    energy: Ints
    has_energy: Bools

    @property
    def gpu_s(self) -> Floats:
        """GPU-seconds that were paid for."""
        return self.wall_s * self.gpus

    @property
    def busy_gpu_s(self) -> Floats:
        """Those of them in which there was something to do."""
        return self.busy_s * self.gpus


def leases(rows: Iterable[Leased]) -> Leases:
    """The columns of the rows."""
    many = list(rows)
    seen: dict[str, int] = {}
    codes = np.array([seen.setdefault(one.target, len(seen)) for one in many], np.int64)
    return Leases(
        at=np.array([one.at for one in many], np.float64),
        target=Words(tuple(seen), codes),
        replica=np.array([one.replica for one in many], np.int64),
        gpus=np.array([one.gpus for one in many], np.int64),
        wall_s=np.array([one.wall_s for one in many], np.float64),
        busy_s=np.array([one.busy_s for one in many], np.float64),
        reserved=np.array([one.reserved for one in many], np.int64),
        allocated=np.array([one.allocated for one in many], np.int64),
        idle=np.array([one.idle for one in many], np.int64),
        energy=np.array([one.energy or 0 for one in many], np.int64),
        has_energy=np.array([one.energy is not None for one in many], np.bool_),
    )


@dataclass(frozen=True, slots=True)
class Gpus:
    """One target's GPUs. `tokens` are of the answers it gave; `elsewhere` is what each baseline would have charged for them, by its name.

    `replicas` have each their row of `gpus`; `energy` is None where power is not configured for all of it.
    """

    target: str
    replicas: int
    gpus: int
    hours: float
    busy_hours: float
    reserved: int
    allocated: int
    idle: int
    energy: int | None
    tokens: int
    elsewhere: dict[str, int]

    @property
    def utilisation(self) -> float | None:
        """The part of the paid GPU-hours in which there was something to do; None where none were paid."""
        return self.busy_hours / self.hours if self.hours else None

    def per_million(self, cost: int | None) -> float | None:
        """Micro-USD per million tokens; None where there are no tokens or the cost is unknown."""
        return None if cost is None or not self.tokens else cost * 1e6 / self.tokens

    def breakeven(self, baseline: str) -> float | None:
        """What the baseline would have charged for the same tokens, as a part of the bill: above 1 the GPUs pay for themselves."""
        return self.elsewhere[baseline] / self.reserved if baseline in self.elsewhere and self.reserved else None


def gpus(bills: Leases, requests: Requests, elsewhere: dict[str, Ints]) -> list[Gpus]:
    """The figures of each target with GPUs. `elsewhere` has what each baseline would have charged for each request."""
    found = []
    for name in sorted(bills.target.names):
        own, served = bills.target.of(name), requests.target.of(name) & requests.is_answered
        replicas = {int(number): int(size) for number, size in zip(bills.replica[own], bills.gpus[own], strict=True)}
        found.append(
            Gpus(
                target=name,
                replicas=len(replicas),
                gpus=sum(replicas.values()),
                hours=float(bills.gpu_s[own].sum()) / 3_600,
                busy_hours=float(bills.busy_gpu_s[own].sum()) / 3_600,
                reserved=int(bills.reserved[own].sum()),
                allocated=int(bills.allocated[own].sum()),
                idle=int(bills.idle[own].sum()),
                energy=int(bills.energy[own].sum()) if bills.has_energy[own].all() else None,
                tokens=int(requests.tokens[served].sum()),
                elsewhere={baseline: int(charges[served].sum()) for baseline, charges in elsewhere.items()},
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Days:
    """GPU-hours by day: with something to do, and without."""

    busy: list[float]
    idle: list[float]


def busy(bills: Leases, midnights: list[float]) -> Days:
    """By the days that begin then."""
    places = np.searchsorted(midnights, bills.at, side="right").clip(1) - 1
    had = np.bincount(places, bills.gpu_s, len(midnights)) / 3_600
    used = np.bincount(places, bills.busy_gpu_s, len(midnights)) / 3_600
    return Days(used.tolist(), (had - used).clip(0).tolist())
