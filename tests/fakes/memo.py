"""A memo that shows what it was told: texts as they are, which the gateway's own never holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from classifiers.signals import Finding


@dataclass
class Remembers:
    """Keeps everything. What is kept of beginnings is apart, in the order in which it came."""

    kept: dict[bytes, tuple[Finding, ...]] = field(default_factory=dict)
    begun: dict[bytes, None] = field(default_factory=dict)

    def key(self, text: str, are_borders: bool = False) -> bytes:
        """The text."""
        return b"borders: " * are_borders + text.encode("utf-8", "replace")

    def keys(self, texts: Sequence[str]) -> Sequence[bytes]:
        """The texts so far."""
        return [b"begins: " + each.encode("utf-8", "replace") for each in accumulate(texts)]

    def recall(self, key: bytes) -> tuple[Finding, ...] | None:
        """What was found, if it was."""
        return () if key in self.begun else self.kept.get(key)

    def keep(self, key: bytes, findings: Iterable[Finding]) -> None:
        """Of beginnings nothing can have been found."""
        if key.startswith(b"begins: "):
            assert not (*findings,)
            self.begun[key] = None
        else:
            self.kept[key] = tuple(findings)
