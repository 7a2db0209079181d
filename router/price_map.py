"""Prices in the words of litellm's price map: floats in USD per token, whose names carry the tier and the length of the prompt."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, cast

from router.tariff import Tariff, Tier, Tool, pico

PRICES: Mapping[str, str] = {
    "prompt": "input_cost_per_token",
    "completion": "output_cost_per_token",
    "cached": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "reasoning": "output_cost_per_reasoning_token",
    "audio_in": "input_cost_per_audio_token",
    "audio_out": "output_cost_per_audio_token",
    "cached_audio": "cache_read_input_audio_token_cost",
    "image_in": "input_cost_per_image_token",
    "image_out": "output_cost_per_image_token",
    "image": "input_cost_per_image",
    "request": "input_cost_per_request",
}
"""The prices of a tariff, and what the map calls them."""
_TIERS: Mapping[Tier, str] = {
    "flex": "_flex",
    "priority": "_priority",
    "batch": "_batches",
    "balanced": "_balanced",
    "ultrafast": "_ultrafast",
}
_TOOLS: Mapping[Tool, tuple[str, int]] = {
    "code_interpreter": ("code_interpreter_cost_per_session", 1),
    "file_search": ("file_search_cost_per_1k_calls", 1000),
    "maps": ("google_maps_grounding_cost_per_query", 1),
}
"""Kinds of tools, what the map calls their fee, and for how many calls that is."""
_SIZE = "search_context_size_"
_ABOVE = re.compile(r"input_cost_per_token_above_(\d{1,6})k_tokens")


def tariff_from_map(entry: Mapping[str, object]) -> Tariff | None:
    """The tariff of a model in litellm's price map. None when the entry does not price tokens.

    An embedding has no completion tokens, so its missing completion price is zero. An entry whose prices are all zero is unknown: the map
    writes zero for models that are billed otherwise, by time or by subscription; so is a fee of zero for a search. A tier or a length that
    has some of the prices has the others from outside of it; a tier above a length has the dearer of both, where it has none of its own.
    Not read: seconds, characters, regions, free quotas, and searches of another size than medium. Raises nothing.
    """
    entry, far = _unrolled(entry)
    prices = _of(entry, "")
    if "completion" not in prices and entry.get("mode") == "embedding":
        prices["completion"] = 0
    if "prompt" not in prices or "completion" not in prices:
        return None
    if prices["prompt"] == prices["completion"] == prices.get("request", 0) == 0:
        return None
    tools, base = tuple(_fees(entry)), {length: prices | found for length, found in far.items()}
    ordinary = _tariff(prices, tools, base)
    return dataclasses.replace(ordinary, tiers=tuple(_tiers(entry, ordinary, prices, base)))


def _tiers(
    entry: Mapping[str, object], ordinary: Tariff, prices: Mapping[str, int], base: Mapping[int, Mapping[str, int]]
) -> Iterator[tuple[Tier, Tariff]]:
    """The tiers that have prices for tokens. `base` are the ordinary prices above each length."""
    for tier, suffix in _TIERS.items():
        own = {**prices, **(found := _of(entry, suffix))}
        if found.keys() >= {"prompt", "completion"}:
            far = {length: _dearer(own, base[length]) | _of(entry, f"_above_{length // 1000}k_tokens{suffix}") for length in base}
            yield tier, _tariff(own, ordinary.tools, far)
    factors = entry.get("provider_specific_entry")
    if isinstance(factors, dict) and _price(factors, "fast") is not None:
        yield "fast", ordinary.times(factors["fast"])


def _tariff(
    prices: Mapping[str, int], tools: tuple[tuple[Tool, int], ...], far: Mapping[int, Mapping[str, int]] = MappingProxyType({})
) -> Tariff:
    above = tuple((length, _tariff(far[length], tools)) for length in sorted(far))
    return Tariff(**cast(dict[str, Any], prices), tools=tools, above=above)


def _dearer(some: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: max(some.get(name, 0), other.get(name, 0)) for name in (*some, *other)}


def _of(entry: Mapping[str, object], suffix: str) -> dict[str, int]:
    """The prices under their names with a suffix: pico-USD by the names of a tariff."""
    return {name: price for name, key in PRICES.items() if (price := _price(entry, key + suffix)) is not None}


def _unrolled(entry: Mapping[str, object]) -> tuple[Mapping[str, object], dict[int, dict[str, int]]]:
    """The entry with the prices of short prompts, and the prices from each length on, whichever way the map writes them."""
    far = {1000 * int(found[1]): _of(entry, f"_above_{found[1]}k_tokens") for key in entry if (found := _ABOVE.fullmatch(key))}
    steps = entry.get("tiered_pricing")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and isinstance(step.get("range"), list) and step["range"] and isinstance(step["range"][0], int | float):
            start = int(step["range"][0])
            if start > 0:
                far[start] = _of(step, "")
            else:
                entry = {**step, **entry}
    return entry, {length: prices for length, prices in far.items() if length > 0}


def _fees(entry: Mapping[str, object]) -> Iterator[tuple[Tool, int]]:
    """Fees per call of tools."""
    for kind, (key, calls) in _TOOLS.items():
        fee = _price(entry, key)
        if fee:
            yield kind, fee // calls
    searches = entry.get("search_context_cost_per_query")
    if isinstance(searches, dict) and (fee := _price(searches, f"{_SIZE}medium")):
        yield "web_search", fee


def _price(entry: Mapping[str, object], name: str) -> int | None:
    """A price of the map in pico-USD; None when it is missing or no price."""
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return pico(value)
    except ValueError:
        return None
