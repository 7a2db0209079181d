"""What the configuration says about reports: baselines to compare with, and what the gateway itself costs. Values only."""

from dataclasses import dataclass

from router.cost import Tariff
from router.names import TargetName

HOURS_A_MONTH = 730
"""As price lists of GPUs have it: 8,760 hours a year, a twelfth."""


@dataclass(frozen=True, slots=True)
class Length:
    """How many tokens a baseline would have written for each that another model wrote; `low` to `high` has it in 19 of 20 cases.

    Without `low` and `high` it is taken to be exact, which `origin` then has to admit.
    """

    ratio: float = 1.0
    low: float | None = None
    high: float | None = None
    origin: str = "assumed: as many tokens as were really written"


@dataclass(frozen=True, slots=True)
class Declared:
    """A baseline: all requests at `model`, whose prices are `tariff`; or, where that is None, at home. `target`: it is one of ours.

    `length` None: not declared. It may then be estimated from requests that two models have answered.
    """

    name: str
    model: str
    tariff: Tariff | None = None
    target: TargetName | None = None
    length: Length | None = None

    @property
    def is_at_home(self) -> bool:
        """Whether it asks what it would have cost had nothing left."""
        return self.tariff is None


@dataclass(frozen=True, slots=True)
class Reporting:
    """Baselines, in the order of the file. `gateway_month_usd` is what the gateway itself costs in a month: its machine, its people.

    A length is estimated from no fewer than `least_pairs` requests.
    """

    baselines: tuple[Declared, ...] = ()
    gateway_month_usd: float = 0.0
    least_pairs: int = 200
