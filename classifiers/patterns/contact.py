"""Ways to reach a person or a machine: e-mail addresses, phone numbers, IP and MAC addresses."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import ipaddress
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import phonenumbers

from classifiers.patterns.checks import NUMBER
from classifiers.scan import Row, gated

_FILES = ("png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "ts", "css", "mjs", "tsx", "py")
"""`icon@2x.png` is not an address."""

_PHONE_WORDS = (
    r"(?:tele)?phone|tel\b\.?|tél\b\.?|telefon\w*|téléphone|teléfono|mobile?|mobil\w*|móvil|portable|handy\w*|cell(?:phone)?|celular|fax|whatsapp|"
    r"call (?:me|us|him|her|them)|text me|reach (?:me|us|him|her|them)|ring me|contact number|rufnummer|ruf(?:en)? sie|appel\w*|llám\w+|anrufen"
)

_OPTIONAL_COUNTRY = r"(?:\b1[-. ])?"


def rows(regions: Sequence[str]) -> tuple[Row, ...]:
    """`regions` are ISO 3166 codes: a number written nationally must be valid in one of them. International numbers count everywhere."""
    return (*gated(NUMBER, _phones(_in(regions))), *_addresses())


_PLUS, _ZERO = r"\+ ?\d", r"\b0\d|\(0\d"


def _phones(is_national: Callable[[str], bool]) -> tuple[Row, ...]:
    return (
        Row("phone", r"\+ ?\d[\d ().\-/]{5,22}\d\b", _is_international, shrinks=True, cost=40, gate=_PLUS),
        Row(
            "phone",
            r"\+[1-9]\d{0,2}[ -](?:\(\d{1,4}\) ?|\d{1,4}[ -])\d{2,4}(?:[ -]\d{2,4}){1,3}\b",
            _is_possible,
            stands_alone=True,
            confidence=0.75,
            cost=60,
            gate=_PLUS,
        ),
        Row(
            "phone",
            r"\b00[1-9]\d{0,2}[ ()./-]{0,2}\d[\d ()./-]{4,18}\d\b",
            _is_dialled,
            shrinks=True,
            stands_alone=True,
            confidence=0.7,
            cost=40,
            gate=_ZERO,
        ),
        Row(
            "phone",
            _OPTIONAL_COUNTRY + r"(?:\(\d{3}\) ?|\b\d{3}[-. ])\d{3}[-. ]\d{4}\b",
            is_national,
            stands_alone=True,
            confidence=0.75,
            cost=60,
        ),
        Row(
            "phone",
            r"(?:\(0\d{1,5}\)|\b0\d{1,5})(?:[ ./-]{1,3}\d{2,9}){1,5}\b",
            is_national,
            shrinks=True,
            stands_alone=True,
            confidence=0.7,
            cost=60,
            gate=_ZERO,
        ),
        Row("phone", r"\b0[1-9]\d{8,9}\b", is_national, stands_alone=True, confidence=0.6, cost=60),
        Row(
            "phone",
            r"\b[6-9]\d{2}(?:[ .-]\d{3}){2}\b|\b[6-9]\d{2}(?:[ .-]\d{2}){3}\b",
            is_national,
            _PHONE_WORDS,
            stands_alone=True,
            confidence=0.75,
            cost=60,
        ),
        Row("phone", rf"(?i)\b(?:{_PHONE_WORDS})\PN{{0,25}}?(\(?\+?\d(?:[ ()./-]{{0,3}}\d){{6,14}})\b", _is_spoken_of, confidence=0.85),
    )


_COLONS = r"(?i)::|[0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2}|:[0-9a-f]{1,4}:[0-9a-f]"


def _addresses() -> tuple[Row, ...]:
    return (
        Row(
            "email",
            r"(?i)[\pL\pN_.%+'-]+@(?:[\pL\pN-]+\.)+(?:xn--[a-z0-9-]{2,30}|\pL{2,24})",
            _is_email,
            is_bounded=False,
            confidence=0.95,
            gate="@",
        ),
        Row("ip_address", r"\b(?:\d{1,3}\.){3}\d{1,3}\b", _is_ipv4, stands_alone=True, confidence=0.8, gate=r"\d\.\d{1,3}\.\d"),
        Row("ip_address", r"(?i)\b(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b", confidence=0.9, gate=_COLONS),
        Row(
            "ip_address",
            r"(?i)\b(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe80)(?::[0-9a-f]{1,4}){0,6}::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?",
            _is_ipv6,
            gate=_COLONS,
        ),
        Row(
            "mac_address",
            r"(?i)\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b|\b(?:[0-9a-f]{2}-){5}[0-9a-f]{2}\b",
            _is_mac,
            stands_alone=True,
            confidence=0.8,
            gate=_COLONS,
        ),
    )


def _is_email(value: str) -> bool:
    local, _, domain = value.partition("@")
    # `git@github.com:owner/name` is how a repository is cloned; nobody reads mail there.
    return local != "git" and domain.rpartition(".")[2].lower() not in _FILES


def _digits(value: str) -> str:
    return "".join(character for character in value if character.isdecimal())


def _is_international(value: str) -> bool:
    """Country code and national number, without phonenumbers' own parser: that takes ten times as long as its validation."""
    number = _parse(value)
    return number is not None and phonenumbers.is_valid_number(number)


def _is_possible(value: str) -> bool:
    """A number set out as phone numbers are, of a length that its country has, counts although nobody was given it yet."""
    number = _parse(value)
    return number is not None and phonenumbers.is_possible_number(number)


def _parse(value: str) -> phonenumbers.PhoneNumber | None:
    digits = _digits(value.replace("(0)", ""))
    if 7 <= len(digits) <= 15:
        for length in (1, 2, 3):
            if int(digits[:length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
                return _number(int(digits[:length]), digits[length:])
    return None


def _is_dialled(value: str) -> bool:
    return _is_international(value[2:])


def _number(country: int, national: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.PhoneNumber(
        country_code=country, national_number=int(national), italian_leading_zero=national.startswith("0") or None
    )


def _in(regions: Sequence[str]) -> Callable[[str], bool]:
    """Whether a number is valid as written inside one of the regions. Raises ValueError for a region that does not exist."""
    checks = tuple(_inside(region) for region in regions)
    return lambda value: not _is_date(value) and not _is_counting(value) and any(is_inside(_digits(value)) for is_inside in checks)


def _inside(region: str) -> Callable[[str], bool]:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.general_desc is None:
        raise ValueError(f"regions: there is no country {region!r}; give ISO 3166 codes such as US or DE")
    country, prefix, lengths = (
        phonenumbers.country_code_for_region(region),
        metadata.national_prefix or "",
        frozenset(metadata.general_desc.possible_length),
    )

    def is_inside(digits: str) -> bool:
        national = digits.removeprefix(prefix)
        # Where the prefix is 0 it is written; the American 1 is not.
        if len(national) not in lengths or (prefix == "0" and national == digits):
            return False
        return phonenumbers.is_valid_number_for_region(_number(country, national), region)

    return is_inside


def _is_date(value: str) -> bool:
    return len(value) in {8, 10} and sum(value.count(separator) for separator in "-/.") == 2 and len(_digits(value)) <= 8


def _is_counting(value: str) -> bool:
    """`01 02 03 04 05` is the beginning of a hex dump or a list, and by chance also a French number."""
    numbers = [int(group) for group in re.findall(r"\d+", value)]
    return len(numbers) >= 3 and all(after - before == 1 for before, after in pairwise(numbers))


def _is_spoken_of(value: str) -> bool:
    """After a word for phone nearly any number is one; a date is not."""
    return len(_digits(value)) >= 7 and not _is_date(value)


def _is_ipv4(value: str) -> bool:
    """Private addresses count: they tell about the inside of a network. Loopback, wildcard, masks and small section numbers do not."""
    octets = [int(octet) for octet in value.split(".")]
    if any(octet > 255 for octet in octets) or octets[0] in {0, 127, 255}:
        return False
    return max(octets) >= 10 and not any(len(octet) > 1 and octet[0] == "0" for octet in value.split("."))


def _is_ipv6(value: str) -> bool:
    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return True


def _is_mac(value: str) -> bool:
    """At least one letter, else six two-digit numbers in a row (a time with a date) would do; not the broadcast address."""
    return any(character.isalpha() for character in value) and len(set(value.lower())) > 2
