"""The part of the configuration that says what reports compare with."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from gateway.config.destinations import ModelName, Name, Strict, Usd


class Length(Strict):
    """How much longer the baseline's answers would have been than those that other models gave."""

    ratio: float = Field(default=1.0, gt=0, le=20, description="Output tokens of the baseline for each of another model.")
    low: float | None = Field(default=None, gt=0, le=20, description="The least that it may be, in 19 of 20 cases.")
    high: float | None = Field(default=None, gt=0, le=20, description="The most that it may be, in 19 of 20 cases.")

    @model_validator(mode="after")
    def _is_in_order(self) -> "Length":
        if (self.low is None) != (self.high is None):
            raise ValueError("give both `low` and `high`, or neither")
        if self.low is not None and self.high is not None and not self.low <= self.ratio <= self.high:
            raise ValueError("`ratio` is between `low` and `high`")
        return self


class Baseline(Strict):
    """A place where everything might have gone instead."""

    target: Name | None = Field(default=None, description="A destination with prices per token.")
    price_key: ModelName | None = Field(default=None, description="Name in litellm's price map, for example openai/gpt-4.1-mini.")
    all_local: Literal[True] | None = Field(default=None, description="true: nothing had left.")
    length: Length | None = Field(
        default=None, description="How long its answers would have been. Absent: as long as they were, or as pairs of answers show."
    )

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Baseline":
        if [self.target, self.price_key, self.all_local].count(None) != 2:
            raise ValueError("give one of `target`, `price_key` and `all_local`")
        return self


def _kind(value: object) -> str:
    return "table" if isinstance(value, dict | Baseline) else "word"


AnyBaseline: TypeAlias = Annotated[Annotated[Baseline, Tag("table")] | Annotated[Literal["all_local"], Tag("word")], Discriminator(_kind)]


class Report(Strict):
    """What `tidegate report` reckons with."""

    gateway_month_usd: Usd = Field(default=0.0, description="What the gateway itself costs in a month, in USD: its machine, its upkeep.")
    least_pairs: int = Field(
        default=200, ge=20, description="Requests that two models have answered, at least, before lengths are estimated from them."
    )
