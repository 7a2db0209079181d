"""Something that could be done, with its figures, what it rests on, and how sure it is. Nothing is applied."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do. `saves` is USD a month, `low` to `high` its interval; None: unknown, or nobody can say how sure.

    `assumes` is what it rests on. `patch` is the configuration that does it, if a configuration can.
    `gpus_usd`: what GPUs cost less a month then; `home_usd`: what the work that comes home cost outside, below 0 for work that goes out.
    """

    do: str
    figures: str
    assumes: str
    saves: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    patch: str = ""
    gpus_usd: Fraction = Fraction(0)
    home_usd: Fraction = Fraction(0)
