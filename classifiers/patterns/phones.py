"""Phone numbers: international ones anywhere, national ones of the regions chosen, others after a word for phone or in a sentence."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import phonenumbers
import re2

from classifiers.patterns.checks import NUMBER
from classifiers.patterns.prose import IN_PROSE, in_prose, is_counting, is_uncounted
from classifiers.scan import Row, gated, re2_options

_NOUNS = (
    r"(?:tele)?phones?\b|telfs?\b|telfs?|telef|tfno|tlf|movil|landline|hotline|tel\b\.?|tél\b\.?|telefon\w*|téléphone|teléfono|mobile?\b|mobile_?num|mobilnummer|móvil|portable|handy\w*|cell(?:ular|phone)?\b|celular|fax\b|whatsapp|sms\b|"
    r"contact number|(?:mon|son|notre|votre|ton|leur) numéro|numéro de (?:téléphone|tél|portable|mobile|fax)|rufnummer|durchwahl|telefoon\w*|cellulare|telefone|telemóvel|komórk\w+|puhelin\w*|"
    r"тел\w*|τηλ\w*|電話|电话|手机|전화|هاتف|טלפון|फ़?फोन"
)
_VERBS = r"call(?:ed|ing|s)?|dial(?:l?ed|l?ing)?|ring|rang|text(?:ed)?|reach(?:ed)?|(?:ruf(?:en|t|e)?|erreich\w*) (?:sie |mich |uns |ihn |bitte )?|anrufen|anruf|appel(?:er|ez|le)?(?:-moi|-nous)?|joindre|ll[aá]m\w+|bel(?:len)?|chiam\w+|ligar|lig[au]e|zadzwoń|ringa?|звон\w+"
_TO = r"(?:\s+(?:\pL[\pL.'’-]{0,14}\s+){0,3}(?:at|on|under|unter|über|au|al|en|su|op|aan|pod|to|via|is|with)|(?:\s+(?:me|us|him|her|them|now|today|back|in|bitte|an|le|il|mich|uns|sie|(?-i:[A-ZÀ-ÖØ-Þ])[\pL.'’-]{1,14})){0,2})\s*[:.]?\s*"
"""After a verb: nothing, somebody, or words up to one like `at`."""

_PHONE_WORDS = rf"{_NOUNS}|{_VERBS}"

_SPOKEN = rf"(?i)(?:{_PHONE_WORDS})".replace(r"\b", "")

_OPTIONAL_COUNTRY = r"(?:\b1[-. ])?"


def rows(regions: Sequence[str], lone: bool = True) -> tuple[Row, ...]:
    """International numbers count everywhere, those written nationally where they are valid in one of the regions (ISO 3166 codes).

    `lone`: in a sentence also those of any country, when they are set out in groups.
    """
    return gated(NUMBER, (*_international(), *_national(_in(regions)), *_spoken(), *(_lone() if lone else ())))


def _lone() -> tuple[Row, ...]:
    return (
        Row(
            "phone",
            r"(?:\(|\b)\d[\d ().-]{5,32}\d\b",
            _is_somewhere,
            stands_alone=True,
            confidence=0.5,
            is_bounded=False,
            fits=in_prose,
            also=IN_PROSE,
        ),
        Row(
            "phone", r"\b0[1-9]\d{7,9}\b", _is_somewhere, stands_alone=True, confidence=0.5, is_bounded=False, fits=in_prose, also=IN_PROSE
        ),
    )


_PLUS = r"\+ ?\d(?:[ ().\-/]*\d){6}"
_TRUNK = r"(?:\(|\b)0\d(?:[ ./)-]{0,4}\d){3}"
"""Gates: the fewest digits that such numbers have anywhere."""


def _international() -> tuple[Row, ...]:
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
            gate=r"\b00[1-9][\d ()./-]{6}",
        ),
    )


def _national(is_national: Callable[[str], bool]) -> tuple[Row, ...]:
    return (
        Row(
            "phone",
            _OPTIONAL_COUNTRY + r"(?:\(\d{3}\) ?|\b\d{3}[-. ])\d{3}[-. ]\d{4}\b",
            is_national,
            stands_alone=True,
            confidence=0.75,
            fits=_is_free,
        ),
        Row(
            "phone",
            r"(?:\(0\d{1,5}\)|\b0\d{1,5})(?:[ ./-]{1,3}\d{2,9}){1,5}\b",
            is_national,
            shrinks=True,
            stands_alone=True,
            confidence=0.7,
            fits=_is_free,
            gate=_TRUNK,
        ),
        Row("phone", r"\b0[1-9]\d{8,9}\b", is_national, stands_alone=True, confidence=0.6, fits=_is_free),
        Row(
            "phone",
            r"\b[6-9]\d{2}(?:[ .-]\d{3}){2}\b|\b[6-9]\d{2}(?:[ .-]\d{2}){3}\b",
            is_national,
            _PHONE_WORDS,
            stands_alone=True,
            confidence=0.75,
        ),
    )


def _spoken() -> tuple[Row, ...]:
    return (
        Row(
            "phone",
            rf"(?i)(?:^|[^A-Za-z])(?:{_NOUNS})\PN{{0,25}}?({_NUMBER})\b",
            _is_spoken_of,
            confidence=0.85,
            fits=_is_no_model,
            gate=_SPOKEN,
            also=NUMBER,
        ),
        Row(
            "phone",
            rf"(?i)(?:^|[^A-Za-z])(?:{_VERBS}){_TO}({_NUMBER})\b",
            _is_spoken_of,
            confidence=0.85,
            fits=_is_no_model,
            gate=_SPOKEN,
            also=NUMBER,
        ),
    )


_NUMBER = r"\(?\+?\d(?:[ ()./-]{0,3}\d){5,14}"

_MODEL = re.compile(
    r"(?i)\b(?:models?|market|size|count|settings?|codes?|options?|versions?|has|have|had|from|sold|makers?|case|series|price\w*|cost\w*|with)\s+(?:\w+\s+){0,3}$"
)
_BESIDE = re.compile(r"\d[/:.,]$|(?://|www\.)\S*$|\S[/=]\S*$")


def _is_no_model(before: str, after: str) -> bool:
    """No models, sizes or prices of phones (`phone models 12 13 14 15`), and no count of those whom one reaches."""
    return _MODEL.search(before) is None and is_uncounted(before, after)


def _is_free(before: str, after: str) -> bool:
    """No part of a date, a path or a sum, and no string of code that only counts."""
    return _BESIDE.search(before) is None and not after.startswith(("/", ":")) and is_uncounted(before, after)


def _digits(value: str) -> str:
    return "".join(filter(str.isdecimal, value))


def _is_international(value: str) -> bool:
    """Country code and national number, by the metadata that phonenumbers' own check reads: that check takes many times as long."""
    country, national = _parse(value)
    return country > 0 and _behind(country).fullmatch(national) is not None


def _is_possible(value: str) -> bool:
    """A number set out as phone numbers are, of a length that its country has, counts although nobody was given it yet."""
    country, national = _parse(value)
    return country > 0 and len(national) in _lengths(country)


def _parse(value: str) -> tuple[int, str]:
    """No code is the beginning of another. 0 when there is none."""
    digits = _digits(value.replace("(0)", ""))
    if FEWEST <= len(digits) <= MOST:
        for length in (1, 2, 3):
            if int(digits[:length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
                return int(digits[:length]), digits[length:]
    return 0, ""


FEWEST, MOST = 7, 15
"""Digits of an international number, by ITU-T E.164 at most."""


def _is_dialled(value: str) -> bool:
    return _is_international(value[2:])


def _in(regions: Sequence[str]) -> Callable[[str], bool]:
    """Whether a number is valid as written inside one of the regions. Raises ValueError for a region that does not exist.

    One expression for all regions, made of the metadata that phonenumbers' own check reads: that check takes fifty times as long.
    """
    valid = re2.compile("|".join(map(_inside, regions)) or r"[^\x00-\x{10FFFF}]", re2_options())
    return lambda value: valid.fullmatch(_digits(value)) is not None and not _is_of_another_kind(value)


def _is_of_another_kind(value: str) -> bool:
    return _is_date(value) or is_counting(value)


def _inside(region: str) -> str:
    """What the digits of a number look like that is dialled in the region. Where the prefix is 0 it is written; the American 1 need not be."""
    metadata = _metadata(region)
    prefix = metadata.national_prefix or ""
    return f"{prefix if prefix == '0' else f'(?:{prefix})?'}(?:{'|'.join(_forms(metadata))})"


def _forms(metadata: phonenumbers.PhoneMetadata) -> list[str]:
    descriptions = (getattr(metadata, name) for name in _FORMS)
    return [one.national_number_pattern for one in descriptions if one is not None and one.national_number_pattern]


_FORMS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail")


def _metadata(region: str) -> phonenumbers.PhoneMetadata:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        raise ValueError(f"regions: there is no country {region!r}; give ISO 3166 codes such as US or DE")
    return metadata


def _is_date(value: str) -> bool:
    return len(value) in {8, 10} and sum(value.count(separator) for separator in "-/.") == 2 and len(_digits(value)) <= 8


def _is_spoken_of(value: str) -> bool:
    """After a word for phone nearly any number is one; a date is not."""
    return len(_digits(value)) >= SHORTEST and not _is_date(value) and not _YEARS.fullmatch(value) and not _DECIMALS.search(value)


def _is_somewhere(value: str) -> bool:
    """Whether a number is valid as written inside of some country. Nearly every number of eight to ten digits is."""
    if _QUANTITY.fullmatch(value) or _YEARS.fullmatch(value) or _DECIMALS.search(value) or _is_of_another_kind(value):
        return False
    if not _GROUPS.fullmatch(value) and not (value.isdecimal() and value[0] == "0"):
        return False
    digits = _digits(value)
    valid = everywhere().get(len(digits))
    return valid is not None and valid.fullmatch(digits) is not None


@cache
def everywhere() -> Mapping[int, re2._Regexp]:
    """For each number of digits, with the national prefix, what fixed and mobile numbers of any country look like.

    It reads all that is known of 245 regions, which takes some 60 ms.
    """
    forms: dict[int, set[str]] = {}
    for region in phonenumbers.SUPPORTED_REGIONS:
        metadata = _metadata(region)
        prefix = metadata.national_prefix or ""
        for form in filter(None, (metadata.fixed_line, metadata.mobile)):
            pattern = form.national_number_pattern
            for length in form.possible_length if pattern else ():
                forms.setdefault(length, set()).add(f"{pattern}")
                forms.setdefault(length + len(prefix), set()).add(f"{prefix}(?:{pattern})")
    forms[13] = {_ARGENTINE_MOBILE}
    return {length: re2.compile("|".join(sorted(of_length)), re2_options()) for length, of_length in forms.items()}


_GROUPS = re.compile(r"(?:\(\d{1,5}(?: \d)?\) ?|(?:8 \(?)?\d{1,5}\)?[ .-])\d{2,8}(?:[ .-]\d{2,8}){0,4}")


@cache
def _known(country: int) -> Sequence[phonenumbers.PhoneMetadata]:
    """What is known of the regions of a country code, or of the service that has it."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[country]
    return [*filter(None, (phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(country, region) for region in regions))]


@cache
def _behind(country: int) -> re2._Regexp:
    """What may stand behind a country code; many write the national prefix there too. Made with the first number of the country."""
    return re2.compile("|".join(f"(?:{one.national_prefix or ''})?(?:{'|'.join(_forms(one))})" for one in _known(country)), re2_options())


@cache
def _lengths(country: int) -> frozenset[int]:
    return frozenset(length for one in _known(country) if one.general_desc is not None for length in one.general_desc.possible_length)


SHORTEST = 6
"""Digits that a number after a word for phone has at least."""

_ARGENTINE_MOBILE = r"0\d{2,4}15\d{6,8}"
"""It is dialled with a 15 that is no part of it."""
_QUANTITY = re.compile(
    r"\d{1,3}(?:\.\d{3})+|\d (?:\d{3} ){1,2}\d{3}|\d{2,3}(?: \d{3}){3,}|\d{2,4}00?-\d{2,4}00|\d+\.\d+|\d{1,3}-\d{1,3}|\d{1,3} \d{2,3}|\d{1,4} (?:19|20)\d\d|\d\d\.\d\d\.\d\d|\d{1,3}(?:\.\d{1,3}){3}|\d{1,2} \d{2,3}000|\d{1,3}-\d{1,3} \d{1,3}-\d{1,3}"
)
"""`12.345.678`, `1 234 567`, `12 345 678 901`, decimals, addresses of machines and scores are quantities; `512 345 678` may be one."""

_YEARS = re.compile(r"1\d{3} ?[-/] ?(?:1\d|20)?\d\d|20\d\d ?[-/] ?(?:20)?\d\d|[1-9]\d0 ?- ?1[0-7]\d0|(?:(?:19|20)\d\d[ /-]?){2,4}")
_DECIMALS = re.compile(r"\d\.\d+ \d|\d \d+\.\d")
