"""`store:` of the configuration, as types."""

from typing import Annotated

from pydantic import Field

from gateway.config.destinations import Strict


class Batch(Strict):
    """How batches of requests run beside others."""

    concurrency: int = Field(default=8, ge=1, le=1_000, description="Lines that run at the same time, of those that may leave.")
    local_concurrency: int = Field(
        default=4, ge=1, le=1_000, description="Lines that run at the same time, of those that no destination outside may have."
    )
    idle_below: int = Field(
        default=2,
        ge=1,
        le=100_000,
        description="They begin only while nobody waits for a local destination, and each has fewer other requests than this, "
        "or than half of its slots.",
    )
    lines: int = Field(default=50_000, ge=1, le=1_000_000, description="Lines that a batch may have.")


class Store(Strict):
    """Files, batches and responses of callers, kept with their content in a file of SQLite that nobody else can read."""

    folder: str = Field(min_length=1, description="Folder on a disk that stays; relative to the configuration's folder.")
    keep_s: Annotated[float, Field(ge=60, le=31_622_400)] = Field(
        default=2_592_000.0, description="How long content is kept at most, in seconds. Callers may ask for less."
    )
    most_bytes: int = Field(default=100_000_000, ge=1_000, le=1_000_000_000, description="Largest upload.")
    total_bytes: int = Field(default=4_000_000_000, ge=1_000, description="All that is kept together. More is refused.")
    batch: Batch = Field(default=Batch(), description="How batches run.")
