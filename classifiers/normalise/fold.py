"""`normalise`: the text as a reader sees it, with a map back to the original.

Compatibility forms (NFKC), digits of other scripts, dashes and spaces of all kinds, invisible characters, HTML entities and
percent-encoding are undone, also one inside the other. Plain text costs nearly nothing; time is linear in the text.
"""

import html
import re
import string
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from urllib.parse import unquote

from classifiers.kinds import OverBudget
from classifiers.normalise.view import View, linear
from classifiers.work import Work

LAYERS = 8
"""How often the text is gone over: an entity may be percent-encoded, and its result full-width. What changes even then is a doubt."""

LONGEST = 4
"""Characters that one character may become. Arabic has ligatures of eighteen, which hide nothing and swell the text."""

UNQUOTE = 0.5
"""Microseconds for each percent sign: a stretch of those can be as long as the text."""


def normalise(text: str, work: Work | None = None) -> View | None:
    """The view of what there is to undo in a text and of what stands near; None when there is nothing. Raises `OverBudget`."""
    work = work or Work()
    view = View(text)
    for layer in range(LAYERS):
        before = view
        for applies, changes in ((_may_mix, _tagged), (_may_be_encoded, _encoded), (_may_hide, _folded), (_may_mix, _unmixed)):
            if applies(view.text):
                work.spend(view.text.count("%") * UNQUOTE)
                view = view.rewritten(changes, work)
        if view is before:
            break
        if layer == 0:  # what is encoded twice has changed by now
            view = view.around(work)
    else:
        raise OverBudget("a text is disguised too often")
    return view if view.layers else None


def _may_be_encoded(text: str) -> bool:
    return "%" in text or "&" in text or "\\" in text or "=" in text or "U+" in text


def _may_hide(text: str) -> bool:
    if not text.isascii():
        return True
    for control in _CONTROLS:  # noqa: SIM110  # a generator costs three times as much
        if control in text:
            return True
    return False


def _may_mix(text: str) -> bool:
    return not text.isascii()


def _encoded(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _ENCODED.finditer(text):
        written = match.group()
        read = _READ_AS[written[0]](written)
        if read != written:
            yield *match.span(), read


def _unescaped(written: str) -> str:
    """A JSON string inside of a string: the arguments of a tool call, a tool's result."""
    if written[1] in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[written[1]]
    return chr(int(written[1:], 8)) if written[1].isdigit() else _named(written[2:].strip("{}"), written)


def _named(number: str, written: str) -> str:
    """The character of that hexadecimal number; what is written when there is none."""
    code = int(number, 16)
    return written if 0xD800 <= code < 0xE000 or code > sys.maxunicode else chr(code)


_SHORT_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " ", '"': '"', "/": "/", "\\": "\\"}


def _tagged(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _TAGS.finditer(text):
        yield *match.span(), match.group().translate(_AS_TAGS)


def _folded(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _FOLDED.finditer(text):
        written = match.group()
        read = "" if _GONE.fullmatch(written) else written.translate(_FOLDS)
        start, end = match.span()
        if read == written:
            continue
        if not read or len(read) == len(written) == sum(len(_FOLDS.get(ord(character), "?")) == 1 for character in written):
            yield start, end, read
        else:
            for at, character in enumerate(written, start):
                if ord(character) in _FOLDS:
                    yield at, at + 1, _FOLDS[ord(character)]


def _unmixed(text: str) -> Iterator[tuple[int, int, str]]:
    """Letters of other scripts that pass for Latin ones, where they touch a Latin letter, a digit or an at sign; elsewhere: real."""
    for match in _LOOKS_LATIN.finditer(text):
        yield *match.span(), match.group().translate(_AS_LATIN)


def _read(code: int) -> str:
    """How a character reads: nothing when nobody sees it, an ASCII digit, dash or dot for those of other scripts, else its NFKC form."""
    character = chr(code)
    category = unicodedata.category(character)
    if (
        category == "Cf"
        or code in _FILLERS
        or any(code in marks for marks in _MARKS)
        or (category == "Cc" and character not in "\t\n\r\f\v\x85")
    ):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if any(code in digits for digits in _ROUND_DIGITS):
        return str(int(unicodedata.numeric(character)))
    if character in _ALIKE:
        return _ALIKE[character]
    read = unicodedata.normalize("NFKC", character)
    return read if len(read) <= LONGEST else character


def _class(codes: Iterable[int]) -> str:
    """A character class as ranges, as re2 writes it."""
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(rf"\x{{{low:x}}}-\x{{{high:x}}}" for low, high in ranges) + "]"


_FILLERS = frozenset((0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)))
_MARKS = (
    range(0x300, 0x370),
    range(0x483, 0x48A),
    range(0x1AB0, 0x1B00),
    range(0x1DC0, 0x1E00),
    range(0x20D0, 0x2100),
    range(0xFE20, 0xFE30),
)
"""Marks over, under and through a letter or digit. A letter without its accent is another reading; the text as written is scanned too."""
_ROUND_DIGITS = (range(0x24F5, 0x24FF), range(0x2776, 0x2794), (0x24FF,))
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u02d7\u06d4\u2796\ufe58\ufe63\uff0d"
_ALIKE = {
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys("\u3002\uff61\u2024\u00b7\u2219\u22c5", "."),
    **dict.fromkeys("\u2028\u2029\x85", "\n"),
    **{chr(first + place): chr(0x41 + place) for first in (0x1F150, 0x1F170, 0x1F1E6) for place in range(26)},  # letters on a sign
    **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡıƖ", "abcdefghijklmnoprstuvwyzagil", strict=True)),
    **{character: character for character in "\u2026\u2122\u00a8\u00b4\u00b8\u00af"},  # ellipsis, trade mark, accents: read as written
}
_ALSO_LATIN = (
    ("аеорсхуіјѕԁԛԝһӏкАВЕІЈКМНОРСТХУЅҮ", "aeopcxyijsdqwhlkABEIJKMHOPCTXYSY"),  # Cyrillic
    ("οανιρυκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "oavipukABEZHIKMNOPTYX"),  # Greek
    ("օոսհցՕՍ", "onuhgOU"),  # Armenian
)
_AS_LATIN = {ord(one): latin for ours, theirs in _ALSO_LATIN for one, latin in zip(ours, theirs, strict=True)}
_SCRIPTS = (range(0x3400), range(0xA000, 0xAC00), range(0xF900, 0x20000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE0200))
"""Where characters can change: not Han and Hangul, nor planes without characters. Leaving those out halves the time to start."""

_APART = {*_FILLERS, *chain(*_MARKS, *_ROUND_DIGITS), *map(ord, _ALIKE)}
_FOLDS = {
    code: read
    for codes in _SCRIPTS
    for code, character in zip(codes, map(chr, codes), strict=True)
    if code in _APART or unicodedata.category(character) in {"Cf", "Cc", "Nd"} or not unicodedata.is_normalized("NFKC", character)
    if (code > 0x7E or code < 0x20) and (read := _read(code)) != character
} | dict.fromkeys(range(0xE0100, 0xE01F0), "")
_CONTROLS = tuple(chr(code) for code in _FOLDS if code < 0x80)
_PERCENT = "%[0-9A-Fa-f]{2}"
_ENTITY = r"&#[0-9]{1,7};?|&#[xX][0-9A-Fa-f]{1,6};?|&[A-Za-z][A-Za-z0-9]{1,31};"
_NUMBERED = (
    r"\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}|\\x[0-9A-Fa-f]{2}|\\U[0-9A-Fa-f]{8}|\\[0-3][0-7]{2}"
    r"|U\+[0-9A-Fa-f]{4,6}(?: U\+[0-9A-Fa-f]{4,6})*"
)
_QUOTED = "=[0-9A-F]{2}"
_BEGINS = r"[0-9A-Za-z@+(\\]"
"""What a short escape must stand before to hide anything: the end of a line in a program's text hides nothing."""
_ENCODED = re.compile(  # each alternative begins with its sign, so that `re` skips to the next one
    rf'{_PERCENT}(?:{_PERCENT})*|{_QUOTED}(?:{_QUOTED}){{2,}}|{_ENTITY}|{_NUMBERED}|\\[nrtbf"/\\](?={_BEGINS})|\\"(?<=[0-9A-Za-z]\\")'
)
_READ_AS: dict[str, Callable[[str], str]] = {
    "%": lambda written: unquote(written, errors="replace"),
    "=": lambda written: unquote(written.replace("=", "%"), errors="replace"),
    "U": lambda written: "".join([_named(code[2:], code) for code in written.split(" ")]),
    "&": html.unescape,
    "\\": _unescaped,
}
_LATIN = "A-Za-z0-9@"
_ALIENS = "".join(map(chr, _AS_LATIN))
_LOOKS_LATIN = re.compile(f"[{_ALIENS}](?:(?<=[{_LATIN}][{_ALIENS}])[{_ALIENS}]*|(?<![{_ALIENS}][{_ALIENS}])[{_ALIENS}]*+(?=[{_LATIN}]))")
_SIGNS = "".join(chr(code) for code, read in _FOLDS.items() if read and not read.strip(string.punctuation) and chr(code) not in _DASHES)
_LETTERS = (
    "".join(re.escape(chr(code)) for code in _FOLDS if code < 0x10000 and chr(code) not in _SIGNS + _DASHES) + "\U00010000-\U0010ffff"
)
_TAGS = re.compile("[\U000e0020-\U000e007e]{4,}")
"""Letters that only a machine sees. One or two among others hide what stands around them; many are a text."""
_AS_TAGS = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
_GONE = re.compile(f"[{''.join(re.escape(chr(code)) for code, read in _FOLDS.items() if not read)}]+")
_FOLDED = re.compile(  # signs of other scripts count beside letters and digits only: between their own words they hide nothing
    f"[{_LETTERS}{_SIGNS}{_DASHES}](?:(?<=[{_LETTERS}])[{_LETTERS}{_SIGNS}{_DASHES}]*"
    f"|(?<=[{_LATIN}][{_SIGNS}])|(?<=[{_LATIN}] [{_SIGNS}])|(?<=[{_SIGNS}])(?= ?[{_LATIN}{_LETTERS}])"
    f"|(?<=[0-9][{_DASHES}])|(?<=[{_DASHES}])(?=[0-9{_LETTERS}]))"
)
WORTH = rf'{_PERCENT}|{_QUOTED}{_QUOTED}|&[#A-Za-z]|\\[nrtbf"/\\uxU0-3]|U\+[0-9A-Fa-f]{{4}}|{_class(map(ord, _CONTROLS))}'
"""Every text in ASCII that reads otherwise than it is written matches this (re2 syntax), and some more."""

_BEYOND = linear(_class({*_FOLDS, *_AS_LATIN}))


def may_fold(encoded: bytes) -> bool:
    """Whether a text in UTF-8 holds characters beyond ASCII that may read otherwise than they are written."""
    return _BEYOND.search(encoded) is not None
