"""Prices of a target, in integers: pico-USD (1e-12 USD) per token, so that 0.15 USD per million tokens is 150,000 exactly."""

import dataclasses
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Literal, Self, TypeAlias

_PICO = Decimal(10) ** 12
_TOKENS = Decimal(10) ** 6

Amount = Decimal | float | str
"""USD. A float is read as the shortest decimal that prints the same, so that 0.15 is 0.15 and not a binary neighbour of it."""
Tier: TypeAlias = Literal["", "flex", "priority", "batch", "balanced", "ultrafast", "fast"]
"""Service tiers that may have prices of their own; empty for the ordinary one. `fast` is Anthropic's fast mode."""
Tool: TypeAlias = Literal["web_search", "x_search", "file_search", "code_interpreter", "maps"]
"""Kinds of tools that a vendor runs and bills by the call."""
OF_TOKENS = (
    "prompt", "completion", "cached", "cache_write", "cache_write_1h", "reasoning",
    "audio_in", "audio_out", "cached_audio", "image_in", "image_out",
)  # fmt: skip
"""The prices of a tariff that are per token. A discount of a tier is one on these."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of a target in pico-USD per token; `request` is a fee per request, `image` one per image of the prompt.

    What has no price of its own costs what the tokens cost that it is part of: `cached`, `cache_write`, `audio_in` and `image_in` as
    `prompt`, `cache_write_1h` as `cache_write`, `cached_audio` as `cached`, and `reasoning`, `audio_out` and `image_out` as `completion`.
    `tools` are fees per call of a tool that the vendor runs, by kind. `tiers` are the tariffs of service tiers; in any other tier this one
    holds. `above` are the tariffs of whole requests with more prompt tokens than so many, ascending; a tier has its own.
    Raises ValueError for a negative price, and for tiers or lengths that are not in order.
    """

    prompt: int
    completion: int
    cached: int | None = None
    cache_write: int | None = None
    request: int = 0
    reasoning: int | None = None
    cache_write_1h: int | None = None
    audio_in: int | None = None
    audio_out: int | None = None
    cached_audio: int | None = None
    image_in: int | None = None
    image_out: int | None = None
    image: int | None = None
    tools: tuple[tuple[Tool, int], ...] = ()
    tiers: tuple[tuple[Tier, "Tariff"], ...] = ()
    above: tuple[tuple[int, "Tariff"], ...] = ()
    is_flat: bool = field(init=False, repr=False, compare=False)
    """Whether there is one price of a kind of tokens, and those of reasoning are not apart: most tariffs."""

    def __post_init__(self) -> None:
        """Check the signs, and that nothing is nested deeper than it is looked for."""
        object.__setattr__(self, "is_flat", not self.above and not self.tiers and self.reasoning is None)
        prices = [getattr(self, name) or 0 for name in (*OF_TOKENS, "request", "image")]
        if min(*prices, *(fee for _, fee in self.tools)) < 0:
            raise ValueError("a price must not be negative")
        lengths = [tokens for tokens, _ in self.above]
        if lengths != sorted({*lengths}) or min(lengths, default=1) < 1 or any(far.above or far.tiers for _, far in self.above):
            raise ValueError("prices above a length ascend by it, from 1 token on, and have neither lengths nor tiers")
        if len(dict(self.tiers)) < len(self.tiers) or any(tier.tiers for _, tier in self.tiers):
            raise ValueError("a tier stands once among the tiers, and has none itself")

    @classmethod
    def per_million(
        cls, prompt: Amount, completion: Amount = 0, cached: Amount | None = None, cache_write: Amount | None = None, request: Amount = 0
    ) -> Self:
        """A tariff as price lists write it: USD per million tokens, `request` in USD. Raises ValueError for what is no price."""
        return cls(
            per_mtok(prompt),
            per_mtok(completion),
            None if cached is None else per_mtok(cached),
            None if cache_write is None else per_mtok(cache_write),
            pico(request),
        )

    def times(self, factor: Amount) -> Self:
        """The same with every price per token times `factor`, as of a tier with a discount; fees stay. Raises ValueError for no factor."""
        share = number(factor)
        prices: dict[str, Any] = {name: _rounded(price * share) for name in OF_TOKENS if (price := getattr(self, name)) is not None}
        above = tuple((tokens, tariff.times(factor)) for tokens, tariff in self.above)
        return dataclasses.replace(self, **prices, above=above, tiers=())


def per_mtok(usd: Amount) -> int:
    """Pico-USD per token, of USD per million tokens. Raises ValueError for what is not a number or negative."""
    return _rounded(number(usd) * _PICO / _TOKENS)


def pico(usd: Amount) -> int:
    """Pico-USD, of USD. Raises ValueError for what is not a number or negative."""
    return _rounded(number(usd) * _PICO)


def number(usd: Amount) -> Decimal:
    """The amount. Raises ValueError for what is not a number or negative."""
    try:
        amount = Decimal(str(usd))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{usd!r} is no price; write USD as a number, 0 or more")
    return amount


def _rounded(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_HALF_UP))
