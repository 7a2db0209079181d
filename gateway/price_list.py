"""What a price list is known by. Its prices are looked up in `gateway.config.prices`."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class PriceList:
    """Where prices per token come from: `source` is `litellm`, `file`, or empty for nowhere, where each destination states its own.

    `version` is that of litellm, or the beginning of the file's SHA-256. `as_of` is the day on which they were right; None: unknown.
    """

    version: str = ""
    as_of: date | None = None
    source: Literal["", "litellm", "file"] = ""

    @override
    def __str__(self) -> str:
        return f"{self.source} {self.version}".strip()
