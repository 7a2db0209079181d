"""What a configuration says of the store of files, batches and responses."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """How batches run: so many lines at a time that may leave, and so many that stay.

    Lines that stay begin only while fewer than `idle_below` other requests, or half of its slots, are under way at each local target.
    """

    concurrency: int = 8
    local_concurrency: int = 4
    idle_below: int = 2
    lines: int = 50_000


@dataclass(frozen=True, slots=True)
class StorePlan:
    """Where content is kept, for how many seconds, and how much: bytes of one upload, and of all together."""

    folder: Path
    keep_s: float = 2_592_000.0
    most_bytes: int = 100_000_000
    total_bytes: int = 4_000_000_000
    batch: BatchPlan = BatchPlan()
