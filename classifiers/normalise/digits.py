"""Long numbers whose digits stand apart in unusual ways, or stick to letters: cards, IBANs, and what has the shape of another identifier.

Logs and tables are full of numbers, so a stretch is read together only when its check digits hold, or its shape is no list's.
"""

import re
from collections.abc import Iterator

from classifiers.normalise.view import linear, spans
from classifiers.patterns.checks import is_card
from classifiers.work import Work

CANDIDATE, CHARACTER = 5, 0.1
"""Microseconds to look at one stretch, and at one character in it."""

_SIGNS = r"[\x00-/:-@\[-`{-\x7f]{0,6}"
STRETCH = rf"[0-9](?:{_SIGNS}[0-9]){{8}}"
"""The beginning of nine digits or more with no letter between them (re2 syntax)."""

_STRETCH = re.compile(r"[0-9](?:[\x00-/:-@\[-`{-\x7f]{0,6}+[0-9]){8,}+")
_RUN = re.compile(r"[0-9]+(?:([^0-9]+)[0-9]+(?:\1[0-9]+)*+)?")
"""Groups with the same separator between them all."""
_GROUP = re.compile(r"[0-9]+")
_SEPARATOR = re.compile(r"[^0-9]+")
_FEWEST, _MOST = 9, 15
"""Digits that a number has whose check nobody knows here: social security and phone numbers."""
_LONGEST = 240
"""Characters of the longest stretch that can hold one number. A longer one is a table or a dump."""
_CARD_WORDS = re.compile(r"(?i)card|visa|master|amex|credit|debit|\bcc\b|\bpan\b|karte|tarjeta|carte|payment")
_NEAR = 60
_CARD_SHAPES = ([4, 6, 5], [4, 6, 4], [4, 4, 4, 4, 3])
_SSN_SHAPE = [3, 2, 4]
_ODD = frozenset("._-/*~#|•=+\\'\"`<>:")
_PLAIN = frozenset((" ", "-", ".", "/"))

_IBAN_LENGTHS = dict(
    re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28"
        "IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24"
        "SC31SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20",
    )
)
"""Characters of an IBAN by country (SWIFT's IBAN registry)."""
_COUNTRIES = "|".join(_SIGNS.join(country) for country in _IBAN_LENGTHS)
_IBAN_HEAD = linear(rf"(?i)(?:{_COUNTRIES}){_SIGNS}[0-9]{_SIGNS}[0-9]")
_NO_LETTERS = re.compile(r"[^A-Za-z]")
_ALNUM = re.compile(r"[0-9A-Za-z]")
_MOST_LETTERS = 8
_FARTHEST = 7
"""Characters that one letter or digit of an IBAN may take with what separates it from the next."""


def regrouped(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Numbers in their usual form. Raises `OverBudget`."""
    done = 0
    for start, end, read in sorted((*_ibans(text, work), *_numbers(text, work))):
        if start >= done:
            yield start, end, f" {read} "
            done = end


def _ibans(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    for start, end in spans(_IBAN_HEAD, text):
        work.spend(CANDIDATE)
        head = text[start:end]
        if text[start - 1 : start].isalnum() and not head.isalnum():
            continue  # the end of a word, and a number behind it
        country = _NO_LETTERS.sub("", head).upper()
        count = int(_IBAN_LENGTHS[country])
        value, length = _first(text[start : start + count * _FARTHEST], count)
        done = start + length
        if len(value) < count or (value[-1].isalpha() and text[done : done + 1].isalpha()) or not _is_iban(value):
            continue
        if text[start:done] != value or text[start - 1 : start].isalnum() or text[done : done + 1].isalnum():
            yield start, done, value


def _first(window: str, count: int) -> tuple[str, int]:
    """So many letters and digits, and how long a stretch holds them."""
    if (value := window[:count]).isalnum():
        return value.upper(), len(value)
    places = [found.start() for found in _ALNUM.finditer(window)][:count]
    return "".join([window[place] for place in places]).upper(), places[-1] + 1


def _is_iban(value: str) -> bool:
    """The remainder, and few letters: with many it is words whose remainder happens to be right."""
    return (
        len(_NO_LETTERS.sub("", value)) <= _MOST_LETTERS
        and int("".join([str(int(character, 36)) for character in value[4:] + value[:4]])) % 97 == 1
    )


def _numbers(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    for match in _STRETCH.finditer(text):
        start, end = match.span()
        work.spend(CANDIDATE)
        if end - start > _LONGEST:
            continue
        stretch = match[0]
        work.spend(CHARACTER * len(stretch))
        if read := _read(stretch, text, start, end):
            yield start, end, read
            continue
        for run in _RUN.finditer(stretch):
            begin, stop = run.span()
            if _FEWEST <= stop - begin < end - start and (read := _read(run[0], text, start + begin, start + stop)):
                yield start + begin, start + stop, read


def _read(stretch: str, text: str, start: int, end: int) -> str:
    """The number that the groups are; empty when they are none, or one in its usual form."""
    digits = _SEPARATOR.sub("", stretch)
    if len(digits) < _FEWEST:
        return ""
    is_one = len(digits) == len(stretch)
    if is_long_card(digits) and (_sticks(text, start, end) if is_one else _is_set_out(stretch, text, start, end)):
        return digits
    if is_one or len(digits) > _MOST:
        return ""
    between = _SEPARATOR.findall(stretch)
    if _PLAIN.issuperset(between) and not _sticks(text, start, end):
        return ""
    if len(digits) == len(between) + 1 or text[start - 1 : start] == "+":
        return digits
    is_ssn = _sizes(stretch) == _SSN_SHAPE and all(map(_is_odd, between))
    return "-".join(_GROUP.findall(stretch)) if is_ssn else ""


_DOUBLED = str.maketrans("0123456789", "0246813579")
_VALUES = bytes.maketrans(b"0123456789", bytes(range(10)))


def is_long_card(digits: str) -> bool:
    """Luhn first: so written it takes less than a microsecond, and refuses nine in ten."""
    if not 13 <= len(digits) <= 19:
        return False
    weighed = digits[-1::-2] + digits[-2::-2].translate(_DOUBLED)
    return sum(weighed.encode().translate(_VALUES)) % 10 == 0 and is_card(digits)


def _is_set_out(stretch: str, text: str, start: int, end: int) -> bool:
    """Whether the digits stand in groups as those of a card may, or something near says that it is one."""
    sizes = _sizes(stretch)
    is_even = len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0]
    return is_even or sizes in _CARD_SHAPES or _CARD_WORDS.search(text, max(0, start - _NEAR), end + _NEAR) is not None


def _sizes(stretch: str) -> list[int]:
    """How many digits each group has."""
    return list(map(len, _GROUP.findall(stretch)))


def _sticks(text: str, start: int, end: int) -> bool:
    """Whether a letter or the like stands right before or behind, so that no pattern would see where the number begins or ends."""
    before, after = text[max(0, start - 2) : start], text[end : end + 1]
    return (len(before) > 0 and (before[-1].isalpha() or (before[-1] in "_-" and before[0].isalpha()))) or after.isalpha() or after == "_"


def _is_odd(separator: str) -> bool:
    """Whether nobody would separate the numbers of a list or a date so."""
    signs = separator.strip()
    return bool(signs) and set(signs) <= _ODD and signs not in {"/", ":", "|"} and separator not in _PLAIN
