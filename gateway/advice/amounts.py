"""Amounts of money and counts as commands show them: in a table, in a sentence, and in JSON."""

import math
from fractions import Fraction

from router.calculators import cents, micro


def money(usd: Fraction) -> str:
    """To the cent: `$10,514.40`, `-$3.00`."""
    amount = cents(abs(usd))
    return f"-${amount:,}" if usd < 0 and amount else f"${amount:,}"


def rate(usd: Fraction) -> str:
    """A price, with as many digits as it has, and two at least: `$2.50`, `$0.0012`."""
    text = f"{float(usd):.10f}".rstrip("0")
    whole, _, digits = text.partition(".")
    return f"${int(whole):,}.{digits:0<2}"


def count(number: Fraction | float) -> str:
    """A count: `3,000,000`; with one digit where it is not whole and small."""
    return f"{round(number):,}" if number == round(number) or number >= 100 else f"{float(number):,.1f}"


def percent(share: Fraction | float) -> str:
    """A share: `70%`, `0.4%`, `99.98%`, `1,240%`."""
    value = float(share) * 100
    if 99 <= value < 100:
        return f"{math.floor(value * 100) / 100:.2f}".rstrip("0").rstrip(".") + "%"
    return f"{value:,.1f}%" if 0 < abs(value) < 10 and value != round(value) else f"{value:,.0f}%"


def per_million(pico_usd: int) -> str:
    """A price per token as price lists write it: `$1.25` of a million."""
    return rate(Fraction(pico_usd, 1_000_000))


def members(usd: Fraction) -> dict[str, object]:
    """An amount in JSON: text to the cent, and whole micro-USD."""
    return {"usd": str(cents(usd)), "micro_usd": micro(usd)}


def plain(number: Fraction) -> int | float:
    """A number in JSON."""
    return int(number) if number.denominator == 1 else float(number)
