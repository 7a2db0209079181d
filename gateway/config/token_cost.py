"""The part of the configuration that prices tokens: a destination's `cost`, and the file of prices."""

import datetime as dt
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from gateway.config.strict import A_LIST, Strict, Usd
from router.tariff import Tool


class PerToken(Strict):
    """Prices in USD per million tokens."""

    input_per_mtok_usd: Usd = Field(description="USD per million input tokens.")
    output_per_mtok_usd: Usd = Field(description="USD per million output tokens.")
    cached_per_mtok_usd: Usd | None = Field(
        default=None, description="USD per million input tokens read from the vendor's cache; absent: as input."
    )
    cache_write_per_mtok_usd: Usd | None = Field(
        default=None, description="USD per million input tokens written to the vendor's cache; absent: as input."
    )
    cache_write_1h_per_mtok_usd: Usd | None = Field(
        default=None, description="USD per million input tokens written to the cache for an hour; absent: as the others written."
    )
    reasoning_per_mtok_usd: Usd | None = Field(default=None, description="USD per million tokens of thoughts; absent: as output.")
    audio_input_per_mtok_usd: Usd | None = Field(default=None, description="USD per million tokens of audio in; absent: as input.")
    audio_output_per_mtok_usd: Usd | None = Field(default=None, description="USD per million tokens of audio out; absent: as output.")
    cached_audio_per_mtok_usd: Usd | None = Field(default=None, description="USD per million cached tokens of audio; absent: as cached.")
    image_input_per_mtok_usd: Usd | None = Field(default=None, description="USD per million tokens of images in; absent: as input.")
    image_output_per_mtok_usd: Usd | None = Field(default=None, description="USD per million tokens of images out; absent: as output.")


class Above(PerToken):
    """Prices of requests with a long prompt, for all of their tokens. What is absent is as in short ones."""

    tokens: int = Field(ge=1, description="They hold for prompts with more tokens than this.")


class TierCost(PerToken):
    """Prices of a service tier. What is absent is as outside of it."""

    above: Annotated[tuple[Above, ...], A_LIST] = Field(default=(), description="Prices of long prompts in this tier.")


TierName: TypeAlias = Literal["flex", "priority", "batch", "balanced", "ultrafast", "fast"]


class TokenCost(TierCost):
    """Prices in USD per million tokens."""

    above: Annotated[tuple[Above, ...], A_LIST] = Field(default=(), description="Prices of long prompts.")
    request_usd: Usd = Field(default=0.0, description="USD per request, on top of tokens.")
    image_usd: Usd | None = Field(default=None, description="USD per image of the prompt, on top of tokens, if the answer counts them.")
    tools: dict[Tool, Usd] = Field(
        default={}, description="USD per call of a tool that the vendor runs. A call without a fee here makes the cost unknown."
    )
    tiers: dict[TierName, float | TierCost] = Field(
        default={}, description="Prices of service tiers: a factor on the ordinary prices per token, as 0.5, or prices."
    )


def _is_date(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError("expected a date: 2026-11-01") from None


class PriceFile(Strict):
    """Where prices come from, besides the map that comes with litellm, and how old they are."""

    file: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description="JSON or YAML in the words of litellm's price map. Its entries come before the bundled ones. "
        "Relative to the configuration's folder.",
    )
    as_of: Annotated[dt.date, BeforeValidator(_is_date)] | None = Field(
        default=None,
        description="The day on which the prices were right, of the file if there is one. `tidegate check` warns after 90 days.",
    )
