"""`secrets`: credentials by their provider's format, in assignments, connection strings and command lines; placeholders are left alone."""

from dataclasses import dataclass

from classifiers.patterns import commands, credentials
from classifiers.table import Table


@dataclass(frozen=True, slots=True)
class Options:
    """None yet."""


def build(options: Options) -> Table:  # noqa: ARG001  # every kind is built from its options
    """Compile the table. One category: `credential`."""
    return Table("secrets", (*credentials.rows(), *commands.rows()))
