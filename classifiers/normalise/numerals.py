"""Numbers in words: digit by digit and in pairs, as people dictate them in seven languages; numerals of Chinese characters."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

import re2

from classifiers.normalise.view import linear
from classifiers.work import Work

CANDIDATE, WORD = 6, 0.3
"""Microseconds to look at one place, and at each character of words for digits."""

_ENGLISH = {
    0: "zero oh nought null",
    1: "one",
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    6: "six",
    7: "seven",
    8: "eight",
    9: "nine niner",
    10: "ten",
    11: "eleven",
    12: "twelve",
    13: "thirteen",
    14: "fourteen",
    15: "fifteen",
    16: "sixteen",
    17: "seventeen",
    18: "eighteen",
    19: "nineteen",
}
_TENS = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty", 6: "sixty", 7: "seventy", 8: "eighty", 9: "ninety"}
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_SIGNS = {"plus": "+", "dash": "-", "hyphen": "-", "minus": "-"}

_LOW: Mapping[str, str] = {
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn"
    " neunzehn",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho"
    " diecinueve",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto"
    " diciannove",
    "pt": "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove",
    "nl": "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
}
"""Zero to nineteen."""
_HIGH: Mapping[str, str] = {
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
}
"""Twenty to ninety."""
_MORE = "eins:1 eine:1 ein:1 une:1 una:1 uma:1 zwo:2 fuenf:5 fünf:5 zwoelf:12 meia:6 veintidós:22 veintitrés:23 veintiséis:26"


def _german(ten: str, unit: str) -> Iterable[str]:
    return (f"{unit.removesuffix('s') if unit == 'eins' else unit}und{ten}",)


def _dutch(ten: str, unit: str) -> Iterable[str]:
    return f"{unit}{'ë' if unit.endswith('e') else 'e'}n{ten}", f"{unit}en{ten}"


def _romance(ten: str, unit: str) -> Iterable[str]:
    return (f"{ten} {sign}{unit}" for sign in ("", "y ", "e ", "et "))


def _italian(ten: str, unit: str) -> Iterable[str]:
    return f"{ten[:-1] if unit[0] in 'uo' else ten}{unit}", f"{ten}{unit}".replace("tre", "tré")


def _spanish(ten: str, unit: str) -> Iterable[str]:
    return (f"veinti{unit}",) if ten == "veinte" else _romance(ten, unit)


_JOINS = {"de": _german, "fr": _romance, "es": _spanish, "it": _italian, "pt": _romance, "nl": _dutch}


def _spelled(language: str) -> Iterator[tuple[str, str]]:
    """Every number below a hundred, with blanks for hyphens."""
    low, high = _LOW[language].split(), _HIGH[language].split()
    yield from zip([word.replace("-", " ") for word in low], map(str, range(20)), strict=True)
    for ten, word in enumerate(high, 2):
        goes_on = ten > 2 and high[ten - 3] == word  # seventy is sixty-ten
        if not goes_on:
            yield word.replace("-", " "), f"{ten}0"
        for unit, one in enumerate(low[10:] if goes_on else low[1:10], 0 if goes_on else 1):
            yield from ((each.replace("-", " "), f"{ten}{unit}") for each in _JOINS[language](word, one))


def _bare(word: str) -> str:
    """Without the accents that many leave out."""
    return word.translate(_ACCENTS).replace("ß", "ss")


def _known() -> dict[str, str]:
    spelled = dict(pair for language in _LOW for pair in _spelled(language))
    more = {word: number for word, _, number in (pair.partition(":") for pair in _MORE.split())}
    english = {word: str(number) for number, words in _ENGLISH.items() for word in words.split()}
    return {_bare(word): number for word, number in spelled.items()} | spelled | more | english


_ACCENTS = str.maketrans("éêèáíóúë", "eeeaioue")
_READ_AS = _known()
_TENS_OF = {word: str(number) for number, word in _TENS.items()}
_ALL = sorted((*_READ_AS, *_TENS.values(), *_TIMES, *_SIGNS), key=lambda word: (-len(word), word))
_WORDS = "|".join(word.replace(" ", "[ -]") for word in _ALL)
_BETWEEN = r"[\s,.;:_-]{1,3}"
_EACH = linear(rf"(?i)\b(?:{_WORDS}|[0-9]{{1,4}})")
_JOINED = "|".join(word.replace(" ", "[ -]" if re.search(r" (?:et|y|e) ", word) else "-") for word in _ALL)
_STRICTLY = linear(rf"(?i)\b(?:{_JOINED}|[0-9]{{1,4}})")
"""With the hyphens of a careful writer: `vingt quatre-vingt-deux` are 20 and 82, where others may mean 24 and 22."""

_COMMON = (
    "zero oh nought null zéro cero one eins un une uno una two zwei zwo deux dos three drei trois tres four vier quatre cuatro five"
    " fünf fuenf cinq cinco six sechs seis seven sieben sept siete eight acht huit ocho nine niner neun nueve ten zehn dix diez"
    " eleven elf onze twelve zwölf douze doce thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_COMMON += [*_TENS.values(), *_TIMES, *_SIGNS]
_OTHERS = sorted(_READ_AS.keys() - _COMMON)


def _begin(word: str) -> str:
    first = word.partition(" ")[0]
    return rf"{first}(?:\b|_)" if len(first) < LONG else first[:LONG]


def _ends(word: str) -> str:
    last = word.rpartition(" ")[2]
    return rf"\b{last}" if len(last) < LONG else last[-LONG:]


LONG = 5
"""Letters of a word's end, or of its beginning, that tell it."""
_COMMONLY, _BEGUN = "|".join(sorted(_COMMON)), "|".join(sorted(set(map(_begin, (*_COMMON, *_OTHERS)))))
COUNTED_GATE = (
    rf"(?i)\b(?:{_COMMONLY}){_BETWEEN}(?:{_COMMONLY}|[0-9]{{1,4}}){_BETWEEN}(?:{_BEGUN}|[0-9])"
    rf"|(?:{'|'.join(sorted(set(map(_ends, _OTHERS))))}){_BETWEEN}(?:{_BEGUN}|[0-9])"
)
"""Of any three words two common ones and the beginning of the third, or the end of another and the beginning of the next."""
_FEWEST = 6
"""Digits that number words must give to be read as a number."""


@cache  # made by the first text that asks: it takes 16 ms, and memory of 2 MB that most processes never need
def _runs() -> re2._Regexp:
    """Three number words in a row, or more, digits among them."""
    return linear(rf"(?i)\b(?:{_WORDS})(?:{_BETWEEN}(?:{_WORDS})|[\s,.;_-]{{1,3}}[0-9]{{1,4}}){{2,}}\b")


def counted(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Number words as digits: `four one double one`, `plus four nine`, `dreiundvierzig zwölf`, `quatre-vingt-dix-sept`."""
    for match in _runs().finditer(text):
        work.spend(CANDIDATE + (match.end() - match.start()) * WORD)
        read, other = (_digits(_words(each, match.group())) for each in (_EACH, _STRICTLY))
        if sum(character.isdigit() for character in read) >= _FEWEST:
            yield *match.span(), read if read == other else f"{read} {other}"


def _words(each: "re2._Regexp", text: str) -> Sequence[str]:
    return [match.group().lower().replace("-", " ") for match in each.finditer(text)]


def _digits(words: Sequence[str]) -> str:
    read, ten, times = "", "", 1
    for word in words:
        digit = _READ_AS.get(word, word if word.isdigit() else "")
        if ten and len(digit) == 1 and digit != "0":
            read, ten = read + ten + digit, ""
            continue
        read, ten = read + ten + "0" * bool(ten), _TENS_OF.get(word, "")
        read += digit * times + _SIGNS.get(word, "")
        times = _TIMES.get(word, 1)
    return read + ten + "0" * bool(ten)


_HAN = "〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_OF_HAN = str.maketrans(_HAN, "0001234567891123456789")
_NUMERALS = re.compile(rf"[{_HAN}]{{3}}(?:[ ,.、·-]?[{_HAN}]){{5,}}")
HAN_GATE = f"[{_HAN}]{{3}}"


def characters(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Eight numerals or more of Chinese characters, one for each digit; years have four."""
    for match in _NUMERALS.finditer(text):
        work.spend(CANDIDATE)
        yield *match.span(), match.group().translate(_OF_HAN)
