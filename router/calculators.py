"""The standard calculators of money: a month at a closed model, a month of GPUs, a million tokens on one, and where they break even.

Everything is exact: USD are fractions, and are rounded only where they are shown (`cents`, `micro`). The formulas are those that price
lists and spreadsheets use, so that what is computed here can be checked by hand.
"""

import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from router.cost import Tariff, Usage
from router.names import MicroUsd

_PICO = 10**12
MILLION = 1_000_000
HOUR_S = 3_600
_ENDINGS = (
    ("%", Fraction(1, 100)),
    ("k", Fraction(1_000)),
    ("M", Fraction(MILLION)),
    ("B", Fraction(1_000 * MILLION)),
)


def exact(text: str) -> Fraction:
    """What a person wrote: `1000`, `2.50`, `70%`, `60M`, `1,000`, `$5,000`. Raises ValueError for anything else and below 0."""
    plain = text.strip().replace(",", "").replace("_", "").removeprefix("$")
    factor = Fraction(1)
    for ending, times in _ENDINGS:
        if plain.endswith(ending):
            plain, factor = plain[: -len(ending)], times
            break
    try:
        number = Decimal(plain)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise ValueError(f"{text!r} is no number; write 1000, 2.50, 70%, 20k or 60M")
    return Fraction(number) * factor


def micro(usd: Fraction) -> MicroUsd:
    """Rounded half up to a micro-USD."""
    return MicroUsd(math.floor(usd * MILLION + Fraction(1, 2)))


def cents(usd: Fraction) -> Decimal:
    """Rounded half up to a cent, with two digits."""
    return Decimal(math.floor(usd * 100 + Fraction(1, 2))).scaleb(-2)


def of_micro(amount: int) -> Fraction:
    """USD of micro-USD."""
    return Fraction(amount, MILLION)


def tokens_usd(usage: Usage, tariff: Tariff, requests: int | Fraction = 1) -> Fraction:
    """What so many requests cost whose tokens are, in all, `usage`: the tariff's base prices, and its fee for each request."""
    fresh = usage.prompt - usage.cached - usage.cache_write
    cached = tariff.prompt if tariff.cached is None else tariff.cached
    written = tariff.prompt if tariff.cache_write is None else tariff.cache_write
    pico = fresh * tariff.prompt + usage.cached * cached + usage.cache_write * written + usage.completion * tariff.completion
    return Fraction(pico + requests * tariff.request) / _PICO


def suited(tariff: Tariff, prompt: Fraction | int, tier: str = "") -> Tariff:
    """The prices of a service tier (empty: the ordinary one), for prompts of that length. Raises ValueError for a tier without prices."""
    tiers = {str(name): one for name, one in tariff.tiers}
    if tier and tier not in tiers:
        raise ValueError(f"it has no prices for the tier {tier!r}; it has {', '.join(sorted(tiers)) or 'none'}")
    chosen = tiers[tier] if tier else tariff
    return next((far for tokens, far in reversed(chosen.above) if prompt > tokens), chosen)


@dataclass(frozen=True, slots=True)
class Mix:
    """One request on average: tokens in, tokens out, and the share (0..1) of those in that the vendor's cache has."""

    prompt: Fraction
    completion: Fraction
    cached: Fraction = Fraction(0)

    @property
    def tokens(self) -> Fraction:
        """Tokens of a request, in and out."""
        return self.prompt + self.completion

    def usd(self, tariff: Tariff, requests: Fraction = Fraction(1)) -> Fraction:
        """What so many of them cost."""
        kept = tariff.prompt if tariff.cached is None else tariff.cached
        a_token = tariff.prompt * (1 - self.cached) + kept * self.cached
        return requests * (self.prompt * a_token + self.completion * tariff.completion + tariff.request) / _PICO


@dataclass(frozen=True, slots=True)
class Gpus:
    """GPUs for a month. `hour_usd` is the price of one for an hour; `hours` of the month; `utilisation` the share of them that is paid for.

    That share is what standard calculators multiply the hours with: it suits GPUs that are switched off, or given back, when there is no
    work. Whoever reserves GPUs pays for every hour, with work or without: a utilisation of 1. `storage_usd` is per GPU and month,
    `network_usd` per GPU and paid hour, `engineering_usd` per month, `power_kw` and `kwh_usd` what one GPU draws and what that costs
    where energy is not in the price.
    """

    count: Fraction
    hour_usd: Fraction
    hours: Fraction = Fraction(730)
    utilisation: Fraction = Fraction(1)
    storage_usd: Fraction = Fraction(0)
    network_usd: Fraction = Fraction(0)
    engineering_usd: Fraction = Fraction(0)
    power_kw: Fraction = Fraction(0)
    kwh_usd: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        """Check the share."""
        if not 0 <= self.utilisation <= 1:
            raise ValueError("the utilisation is a share of the hours: 0% to 100%")

    @property
    def paid_hours(self) -> Fraction:
        """GPU hours that are paid for."""
        return self.count * self.hours * self.utilisation

    def bill(self) -> tuple[tuple[str, Fraction], ...]:
        """Its lines, which add up to the month."""
        return (
            ("GPUs", self.paid_hours * self.hour_usd),
            ("storage", self.count * self.storage_usd),
            ("network", self.paid_hours * self.network_usd),
            ("energy", self.paid_hours * self.power_kw * self.kwh_usd),
            ("engineering", self.engineering_usd),
        )

    def usd(self) -> Fraction:
        """The month."""
        return sum((usd for _, usd in self.bill()), Fraction(0))


def million_usd(hour_usd: Fraction, tokens_per_second: Fraction) -> Fraction:
    """USD for a million tokens on what costs so much an hour and makes so many a second. Raises ValueError for none a second."""
    if tokens_per_second <= 0:
        raise ValueError("it must make more than 0 tokens a second")
    return hour_usd * MILLION / (tokens_per_second * HOUR_S)


@dataclass(frozen=True, slots=True)
class BreakEven:
    """How many requests a month it takes until GPUs that cost `usd` a month cost no more than a closed model. None: no number does.

    `ratio` is what the closed model would cost for today's requests over what the GPUs cost: above 1 the GPUs pay. None: no volume given.
    `share_of_room` is the part of what the GPUs can do that the break-even volume takes: above 1 they cannot do so much, and never pay.
    """

    usd: Fraction
    request_usd: Fraction
    requests: int | None
    ratio: Fraction | None
    share_of_room: Fraction | None


def break_even(usd: Fraction, request_usd: Fraction, now: Fraction | None = None, room: Fraction | None = None) -> BreakEven:
    """Where fixed costs of `usd` a month meet `request_usd` for each request. `now` and `room`: requests a month, today and at most."""
    requests = math.ceil(usd / request_usd) if request_usd > 0 else None
    ratio = now * request_usd / usd if now is not None and usd > 0 else None
    return BreakEven(usd, request_usd, requests, ratio, requests / room if room and requests is not None else None)
