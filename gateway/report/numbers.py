"""Numbers as people read them: rounded to what matters, with their units. Unknown is a dash, never zero."""

import math
from datetime import UTC, datetime

DASH = "\N{EN DASH}"
"""Nothing is known."""

MINUS = "\N{MINUS SIGN}"
_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def usd(micro: float | None) -> str:
    """`$1,234.56` of micro-USD; three digits that say something below a cent. With a minus before the dollar below zero."""
    if micro is None:
        return DASH
    amount = abs(micro) / 1e6
    places = 2 if amount >= 0.1 or amount == 0 else min(6, 2 - math.floor(math.log10(amount)))
    said = f"${amount:,.{places}f}"
    return MINUS + said if micro < 0 and float(said[1:].replace(",", "")) else said


def dollars(micro: float | None) -> str:
    """As `usd`, for sentences and axes: without cents from 100 dollars on."""
    if micro is None:
        return DASH
    is_whole = abs(micro) >= 1e8 or micro == 0
    return f"{MINUS if micro < 0 else ''}${abs(micro) / 1e6:,.0f}" if is_whole else usd(micro)


def count(number: float | None) -> str:
    """`12,345`."""
    return DASH if number is None else f"{number:,.0f}".replace("-", MINUS)


def short(number: float | None) -> str:
    """`3.2 M`, three digits at most; below 1,000 whole."""
    if number is None:
        return DASH
    for step, sign in _STEPS:
        if abs(number) >= step * 0.9995:
            value = number / step
            return f"{value:.{0 if abs(value) >= 99.95 else 1}f} {sign}".replace("-", MINUS)
    return f"{number:.0f}".replace("-", MINUS)


def share(part: float | None, whole: float | None = 1.0) -> str:
    """`41 %`, one digit more below 10 and above 99: what is not nothing, or not all, is not called so."""
    if part is None or not whole:
        return DASH
    value = 100 * part / whole
    if 0 < value < 0.1:
        return "< 0.1 %"
    if 99 < value < 100:
        return f"{math.floor(value * 10) / 10:.1f} %"
    return f"{value:,.{0 if abs(value) >= 9.95 or value in (0, 100) else 1}f} %".replace("-", MINUS)


def seconds(value: float | None) -> str:
    """`0.12 ms`, `340 ms`, `1.25 s`, `2 min 5 s`."""
    if value is None or math.isnan(value):
        return DASH
    if value < 0.01:
        return f"{value * 1e3:.2f} ms"
    if value < 0.9995:
        return f"{value * 1e3:.0f} ms"
    if value < 99.5:
        return f"{value:.{2 if value < 9.995 else 1}f} s"
    return f"{int(value + 0.5) // 60} min {int(value + 0.5) % 60} s"


def moment(at: float) -> str:
    """`2026-11-16 06:00`, UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 request`, `2 requests`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"
