"""From what a destination's `cost` says of tokens to a tariff."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.config.errors import Report, Where
from gateway.config.token_cost import Above, PerToken, TierCost, TokenCost
from router.tariff import Tariff, Tier, per_mtok, pico

_PRICES: Mapping[str, str] = {
    "prompt": "input_per_mtok_usd",
    "completion": "output_per_mtok_usd",
    "cached": "cached_per_mtok_usd",
    "cache_write": "cache_write_per_mtok_usd",
    "cache_write_1h": "cache_write_1h_per_mtok_usd",
    "reasoning": "reasoning_per_mtok_usd",
    "audio_in": "audio_input_per_mtok_usd",
    "audio_out": "audio_output_per_mtok_usd",
    "cached_audio": "cached_audio_per_mtok_usd",
    "image_in": "image_input_per_mtok_usd",
    "image_out": "image_output_per_mtok_usd",
}
"""The prices per token of a tariff, and what the configuration calls them."""
_MOST_TIMES = 100


def tariff_of(cost: TokenCost, where: Where, report: Report) -> Tariff:
    """The tariff. Lengths that stand twice, and factors that are none, are reported."""
    fees: dict[str, Any] = {
        "request": pico(cost.request_usd),
        "image": None if cost.image_usd is None else pico(cost.image_usd),
        "tools": tuple((kind, pico(usd)) for kind, usd in cost.tools.items()),
    }
    ordinary = _tariff(cost, fees, (*where, "above"), report)
    tiers: list[tuple[Tier, Tariff]] = []
    for name, tier in cost.tiers.items():
        place = (*where, "tiers", name)
        if isinstance(tier, TierCost):
            tiers.append((name, _tariff(tier, {**fees, **_own(cost)}, (*place, "above"), report)))
        elif 0 <= tier <= _MOST_TIMES:
            tiers.append((name, ordinary.times(tier)))
        else:
            report.add(place, f"a factor is 0 to {_MOST_TIMES}: 0.5 is half the price")
    return Tariff(**fees, **_own(cost), tiers=tuple(tiers), above=ordinary.above)


def _tariff(cost: TierCost, outside: Mapping[str, Any], where: Where, report: Report) -> Tariff:
    prices = {**outside, **_own(cost)}
    above = tuple((step.tokens, Tariff(**{**prices, **_own(step)})) for step in _ascending(cost.above, where, report))
    return Tariff(**prices, above=above)


def _ascending(steps: Sequence[Above], where: Where, report: Report) -> Sequence[Above]:
    """By their length, each length once."""
    found: dict[int, Above] = {}
    for index, step in enumerate(steps):
        if step.tokens in found:
            report.add((*where, index, "tokens"), "this length stands here twice")
        found[step.tokens] = step
    return [found[tokens] for tokens in sorted(found)]


def _own(cost: PerToken) -> dict[str, Any]:
    """The prices that it states, in pico-USD."""
    return {name: per_mtok(usd) for name, field in _PRICES.items() if (usd := getattr(cost, field)) is not None}
