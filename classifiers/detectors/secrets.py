"""`secrets`: credentials by their provider's format, in assignments, connection strings and command lines; placeholders are left alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from classifiers.kinds import Span
from classifiers.patterns import credentials
from classifiers.scan import Scan


@dataclass(frozen=True, slots=True)
class Options:
    """None yet."""


class Secrets:
    """Finds what `classifiers/patterns/credentials.py` describes. One category: `credential`."""

    __slots__ = ("_scan",)

    kind = "secrets"
    is_slow = False

    def __init__(self, scan: Scan) -> None:
        self._scan = scan

    @property
    def categories(self) -> frozenset[str]:
        """Every category that `detect` may return."""
        return self._scan.categories

    def detect(self, text: str) -> Iterable[Span]:
        """Spans in no particular order; they may overlap. Raises `OverBudget`."""
        return self._scan.spans(text)


def build(options: Options) -> Secrets:  # noqa: ARG001  # every kind is built from its options
    """Compile the table."""
    return Secrets(Scan(credentials.rows()))
