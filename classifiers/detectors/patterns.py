"""`patterns`: personal identifiers by shape, check digit and context: e-mail, phone, IP, cards, IBAN, dates of birth, national numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers
from stdnum import numdb

from classifiers.patterns import contact, europe, money, person, world
from classifiers.scan import leave_out
from classifiers.table import Table

_NUMBER_TABLES = ("iban", "cn/loc", "id/loc", "my/bp")


@dataclass(frozen=True, slots=True)
class Options:
    """`regions`: ISO 3166 codes in which phone numbers may be written nationally. `without`: categories that are not looked for."""

    regions: Sequence[str] = ("US", "GB", "DE", "FR", "ES")
    without: Sequence[str] = ()


def build(options: Options) -> Table:
    """Compile the tables. Raises ValueError for a region or category that does not exist."""
    regions = tuple(options.regions)
    if isinstance(options.regions, str) or any(len(region) != 2 or not region.isupper() for region in regions):
        raise ValueError("regions must be a list of two-letter country codes in capitals, such as [US, DE]")
    rows = (*money.rows(), *contact.rows(regions), *person.rows(), *europe.rows(), *world.rows())
    # Read now what the validators would read on first use, so that no request waits for a file: 60 ms.
    for name in _NUMBER_TABLES:
        numdb.get(name)
    for region in phonenumbers.SUPPORTED_REGIONS:
        phonenumbers.PhoneMetadata.metadata_for_region(region)
    return Table("patterns", leave_out(rows, options.without))
