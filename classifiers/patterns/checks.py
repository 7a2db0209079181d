"""What validators and rows share: separators taken out before a check, check digits that python-stdnum lacks, words that confirm a number."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re
from collections.abc import Callable

from stdnum import luhn
from stdnum.cn import ric

SEPARATORS = str.maketrans("", "", " -./\u00a0")

NUMBER = r"\d(?:[ ./()-]{0,3}\d){5}"
"""The gate of all numbers: six digits with nothing but separators between them."""

BEHIND_DIGITS = r"\d{4}[A-Z]"
"""The gate of what has a capital behind four digits."""

ID_WORDS = (
    r"national (?:id|identi|num|insur)|identi(?:ty|fication|fier)|id[- ]?(?:number|card|no\b|nr\b|code)|personal (?:id|num|code)|tax(?:payer)?[- ]?(?:id|num|no\b|code|file|ref)|"
    r"tin\b|social (?:security|insurance|num)|insurance (?:num|no\b)|citizen|resident|passport|ssn\b|fiscal|civil (?:id|num)"
)
"""Words that confirm any national number. `id` alone is not among them: every JSON document has one."""


TOGETHER = re.compile(r"\d[A-Za-z ./,+-]{0,2}\d")
"""Two digits with two signs between at most: what keeps words and versions out where an identifier is meant."""


def is_ric(value: str) -> bool:
    """China's identity number. python-stdnum raises KeyError for some places that its table does not have: those are none."""
    try:
        return bool(ric.is_valid(value))
    except KeyError:
        return False


def is_firmenbuch(value: str) -> bool:
    """Whether it is an Austrian company number: up to six digits and the letter that their weighted sum has (mod 17)."""
    if not re.fullmatch(r"\d{1,6}[a-z]", value):
        return False
    total = sum(int(d) * w for d, w in zip(value[:-1].zfill(6), (6, 4, 14, 15, 10, 1), strict=True))
    return value[-1] == "abdfghikmpstvwxyz"[total % 17]


def is_dz_nif(value: str) -> bool:
    """Whether it is built like an Algerian tax number: 15 digits, or 20 for a branch; no check digit is known.

    Of people and firms the kind, three digits of a year from 1900 on, and a province (1 to 58); of authorities a 4 and a province.
    """
    if not re.fullmatch(r"\d{15}(?:\d{5})?", value):
        return False
    if value[0] == "4":
        return 1 <= int(value[1:3]) <= _PROVINCES
    return value[0] in "0123" and (value[1] == "9" or value[1:4] <= "049") and 1 <= int(value[4:6]) <= _PROVINCES


_PROVINCES = 58


def compact(is_valid: Callable[[str], bool]) -> Callable[[str], bool]:
    """The check, applied to the candidate without spaces, dashes, dots and slashes."""
    return lambda value: is_valid(value.translate(SEPARATORS))


def is_card(value: str) -> bool:
    """Whether it is a payment card number: an issuer's prefix of the right length (ISO/IEC 7812), and Luhn."""
    digits = value.translate(SEPARATORS)
    return any(digits.startswith(prefixes) and len(digits) in lengths for prefixes, lengths in ISSUERS) and luhn.is_valid(digits)


ISSUERS: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = (
    (("4",), (13, 16, 19)),  # Visa
    (tuple(map(str, (*range(51, 56), *range(2221, 2721)))), (16,)),  # Mastercard
    (("34", "37"), (15,)),  # American Express
    (("6011", "65", *map(str, range(644, 650))), (16, 19)),  # Discover
    (tuple(map(str, range(3528, 3590))), (16,)),  # JCB
    (("300", "301", "302", "303", "304", "305", "309", "36", "38", "39"), (14,)),  # Diners Club
    (("62",), (16, 17, 18, 19)),  # UnionPay
    (("5018", "5020", "5038", "6304", "6759", "6761", "6763"), (13, 14, 15, 16, 17, 18, 19)),  # Maestro
)


def is_ssn(value: str) -> bool:
    """Whether it can be a US social security number. The famous ones of specimen cards count: somebody who types one means it."""
    digits = value.translate(SEPARATORS)
    return digits[:3] not in {"000", "666"} and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def is_medicare(value: str) -> bool:
    """Whether it is an Australian Medicare number: 10 digits, the ninth a weighted sum of the first eight."""
    digits = value.translate(SEPARATORS)
    return digits[0] in "23456" and sum(int(d) * w for d, w in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9), strict=False)) % 10 == int(digits[8])


def is_rvnr(value: str) -> bool:
    """Whether it is a German pension insurance number: area, birth date, letter, serial number, check digit (VKVV section 4)."""
    code = value.translate(SEPARATORS)
    day, month = int(code[2:4]), int(code[4:6])
    if not (1 <= day <= 31 or 51 <= day <= 81) or not 1 <= month <= 12:
        return False
    digits = code[:8] + f"{ord(code[8]) - 64:02}" + code[9:11]
    total = sum(sum(divmod(int(d) * w, 10)) for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return total % 10 == int(code[11])


def is_nino(value: str) -> bool:
    """Whether a UK national insurance number's prefix is one that is issued."""
    return value[:2] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


def is_routing(value: str) -> bool:
    """Whether it is a US bank routing number (ABA): 3-7-1 weighted sum divisible by ten."""
    return sum(int(d) * w for d, w in zip(value, (3, 7, 1) * 3, strict=True)) % 10 == 0


def has_digits(value: str) -> bool:
    """Whether there are four digits in it, two of them close together: keeps words and versions out where an identifier is meant."""
    return sum(map(str.isdigit, value)) >= 4 and value[-1].isalnum() and TOGETHER.search(value) is not None
