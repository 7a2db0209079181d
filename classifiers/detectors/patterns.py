"""`patterns`: personal identifiers by shape, check digit and context: e-mail, phone, IP, cards, IBAN, dates of birth, national numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import phonenumbers
from stdnum import numdb

from classifiers.patterns import (
    addresses,
    contact,
    crypto,
    custom,
    devices,
    documents,
    europe,
    health,
    identity,
    messages,
    money,
    online,
    person,
    phones,
    tax,
    vehicles,
    world,
)
from classifiers.scan import leave_out
from classifiers.table import Table

_READ: tuple[Callable[[], object], ...] = (
    *(partial(phonenumbers.PhoneMetadata.metadata_for_region, region) for region in sorted(phonenumbers.SUPPORTED_REGIONS)),
    phones.everywhere,
    *(partial(numdb.get, name) for name in ("iban", "cn/loc", "id/loc", "my/bp")),
)
"""What validators read from files."""


@dataclass(frozen=True, slots=True)
class Options:
    r"""What is looked for.

    `regions`: ISO 3166 codes in which phone numbers may be written nationally anywhere in a text; those of all others count after a word
    for phone, and in a sentence. `lone_numbers`: whether numbers count that only stand in a sentence, without a word that says what they
    are (`possible_id`, and phones of other regions). `without`: categories that are not looked for. `add`: patterns of your own, such as
    `{category: badge, pattern: 'BDG-\d{6}', context: [badge], check: luhn}`; the last two may be left out. A new category is `restricted`
    as long as `sensitivity.labels` says nothing else.
    """

    regions: Sequence[str] = ("US", "GB", "DE", "FR", "ES")
    lone_numbers: bool = True
    without: Sequence[str] = ()
    add: Sequence[Mapping[str, object]] = ()


def build(options: Options) -> Table:
    """Compile the tables. Raises ValueError for a region or category that does not exist, and for an added pattern that may not run."""
    regions = tuple(options.regions)
    if isinstance(options.regions, str) or any(len(region) != 2 or not region.isupper() for region in regions):
        raise ValueError("regions must be a list of two-letter country codes in capitals, such as [US, DE]")
    if not isinstance(options.lone_numbers, bool):
        raise ValueError("lone_numbers must be true or false")  # noqa: TRY004  # the operator reads the sentence
    rows = (
        *custom.rows(options.add),
        *money.rows(),
        *crypto.rows(),
        *contact.rows(),
        *phones.rows(regions, options.lone_numbers),
        *health.rows(),
        *person.rows(),
        *messages.rows(),
        *documents.rows(),
        *devices.rows(),
        *vehicles.rows(),
        *online.rows(),
        *addresses.rows(),
        *europe.rows(),
        *world.rows(),
        *tax.rows(),
        *identity.rows(options.lone_numbers),
    )
    return Table("patterns", leave_out(rows, options.without), _READ)
