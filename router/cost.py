"""Money, in integers: tariffs in pico-USD per token, costs in micro-USD. Unknown is None, never zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Self

from router.names import MicroUsd
from router.values import value

_PICO = Decimal(10) ** 12
_TOKENS = Decimal(10) ** 6
_PICO_PER_MICRO = 1_000_000

Amount = Decimal | float | str
"""USD. A float is read as the shortest decimal that prints the same, so that 0.15 is 0.15 and not a binary neighbour of it."""


@value(frozen=True, slots=True)
class Usage:
    """Tokens as the target reported them. `cached` and `cache_write` are parts of `prompt`, `reasoning` is part of `completion`."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of a target in pico-USD (1e-12 USD) per token, so that 0.15 USD per million tokens is 150,000 exactly.

    `cached` is the price of cached input tokens, `cache_write` of writing them (both default to `prompt`); `request` is a fee per request.
    Raises ValueError for a negative price.
    """

    prompt: int
    completion: int
    cached: int | None = None
    cache_write: int | None = None
    request: int = 0

    def __post_init__(self) -> None:
        """Check the signs."""
        if min(self.prompt, self.completion, self.cached or 0, self.cache_write or 0, self.request) < 0:
            raise ValueError("a price must not be negative")

    @classmethod
    def per_million(
        cls, prompt: Amount, completion: Amount = 0, cached: Amount | None = None, cache_write: Amount | None = None, request: Amount = 0
    ) -> Self:
        """A tariff as price lists write it: USD per million tokens, `request` in USD. Raises ValueError for what is no price."""
        return cls(
            _pico(prompt, _TOKENS),
            _pico(completion, _TOKENS),
            None if cached is None else _pico(cached, _TOKENS),
            None if cache_write is None else _pico(cache_write, _TOKENS),
            _pico(request),
        )


def cost(usage: Usage | None, tariff: Tariff | None) -> MicroUsd | None:
    """What the usage costs, rounded half up to a micro-USD; None when usage or price is unknown.

    Counts that contradict each other are read so that no token is free: more cached than prompt tokens are all charged as cached.
    """
    if usage is None or tariff is None:
        return None
    pico, fresh = tariff.request, usage.prompt
    if usage.cached > 0:
        pico += usage.cached * (tariff.prompt if tariff.cached is None else tariff.cached)
        fresh -= usage.cached
    if usage.cache_write > 0:
        pico += usage.cache_write * (tariff.prompt if tariff.cache_write is None else tariff.cache_write)
        fresh -= usage.cache_write
    if fresh > 0:
        pico += fresh * tariff.prompt
    if usage.completion > 0:
        pico += usage.completion * tariff.completion
    return MicroUsd((pico + _PICO_PER_MICRO // 2) // _PICO_PER_MICRO)


def tariff_from_map(entry: Mapping[str, object]) -> Tariff | None:
    """The tariff of a model in litellm's price map, whose prices are floats in USD per token. None when the entry does not price tokens.

    An embedding has no completion tokens, so its missing completion price is zero. Prices that depend on the length of the prompt, the
    tier or the modality are not read: the base price holds, and an operator who needs more precision states a tariff. An entry whose
    prices are all zero is unknown: the map writes zero for models that are billed otherwise, by time or by subscription.
    """
    prompt, completion = _price(entry, "input_cost_per_token"), _price(entry, "output_cost_per_token")
    if completion is None and entry.get("mode") == "embedding":
        completion = 0
    if prompt is None or completion is None or prompt == completion == 0:
        return None
    return Tariff(prompt, completion, _price(entry, "cache_read_input_token_cost"), _price(entry, "cache_creation_input_token_cost"))


def _price(entry: Mapping[str, object], name: str) -> int | None:
    """A price of the map in pico-USD per token; None when it is missing or no price."""
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return _pico(value)
    except ValueError:
        return None


def _pico(usd: Amount, per: Decimal = Decimal(1)) -> int:
    """Pico-USD per token, of `usd` per so many tokens. Raises ValueError for what is not a number or negative."""
    try:
        amount = Decimal(str(usd))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{usd!r} is no price; write USD as a number, 0 or more")
    return int((amount * _PICO / per).to_integral_value(ROUND_HALF_UP))
