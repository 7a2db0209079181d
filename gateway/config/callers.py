"""Keys of callers as types: who they are, and what they may ask for."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gateway.config.destinations import Name, SecretRef, Strict

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def _is_digest(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ValueError("expected the SHA-256 of the key as 64 hexadecimal digits")
    return text.lower()


class Quality(Strict):
    """Bounds on the quality that the requests of a key have, whatever they ask for; 5 is the usual."""

    min: float = Field(default=0.0, ge=0, le=10, description="The least: 7 sends out more than others.")
    max: float = Field(default=10.0, ge=0, le=10, description="The most: 3 sends out less than others.")

    @model_validator(mode="after")
    def _is_a_range(self) -> "Quality":
        if self.min > self.max:
            raise ValueError("`min` is above `max`")
        return self


class CallerKey(Strict):
    """A key that callers present as `Authorization: Bearer`."""

    name: Name = Field(description="Name of the key, for logs and metrics.")
    sha256: Annotated[str, AfterValidator(_is_digest)] | None = Field(default=None, description="SHA-256 of the key, in hexadecimal.")
    value: SecretRef | None = Field(default=None, description="Instead of sha256: where the key itself is read from.")
    tenant: Name = Field(default="default", description="Who is billed and limited.")
    floor: Name | None = Field(default=None, description="Requests with this key have at least this label.")
    may_declassify: bool = Field(
        default=False, description="Its holder may lower a request's label with `x-tidegate-declassify`. Each use is logged."
    )
    quality: Quality | None = Field(default=None, description="Bounds on `metadata.quality` and `reasoning_effort`. Absent: none.")
    may_ask_best: bool = Field(default=True, description="Whether its holder may ask for `auto:best`.")

    priority: int = Field(
        default=0,
        ge=0,
        le=9,
        description="Where requests wait for room, those of this key go first: a second for each step. 0: as they come.",
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> "CallerKey":
        if (self.sha256 is None) == (self.value is None):
            raise ValueError("give either `sha256` or `value`")
        return self
