"""What a clever reader could make of a text: digits apart, number words, letters set apart, "at" and "dot" in words, look-alike digits.

Every reading here is a guess. Whoever scans it must ask for proof: a check digit, a format, a word that says what it is. Each rule has a
gate that every text to which it applies matches; plain prose matches none. Time is linear in the text.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, Protocol

from classifiers.normalise.digits import STRETCH, is_long_card, regrouped
from classifiers.normalise.fold import WORTH
from classifiers.normalise.forms import FORM_GATES
from classifiers.normalise.mail import AT_GATE, mailed
from classifiers.normalise.numerals import COUNTED_GATE, HAN_GATE, characters, counted
from classifiers.normalise.unpack import RUN
from classifiers.normalise.view import LOOK, View, linear
from classifiers.work import Work

CANDIDATE = 6
"""Microseconds to look at one place to which a rule may apply."""


class Reads(Protocol):
    """What a rule changes in a text."""

    def __call__(self, text: str, work: Work) -> Iterator[tuple[int, int, str]]:
        """Each stretch, in order: start, end, how it reads. Raises `OverBudget`."""
        ...


class Rule(NamedTuple):
    """One way to read: where it may apply (re2 syntax), and what it changes."""

    gate: str
    changes: Reads


_APART = linear(
    "|".join(rf"[0-9A-Za-z@+]{by}[!-~](?:{by}[!-~]){{4,}}" for by in (" ", "  ", r"\t", r"\n", *(rf"[{by}] ?" for by in "._*|/,~-+:#^=;`")))
)
APART_GATE = r"[0-9A-Za-z@+](?:[ \t\n._*|/,~+:#^=;`-]{1,2}[!-~]){5}"
_LISTS = frozenset(",|\t\n/+:=;")
"""Signs between the numbers of a list or table, where only a card's check says that the digits belong together."""
_WORDS_OF_ONE = frozenset("aAeEiIoOuUwWyYzZàéèóèв")
"""Letters that are words, and may be the neighbour's: both readings are given."""
_FEWEST_APART = 6
"""Characters that must stand one by one to be read together."""


def together(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Characters that stand one by one, with the same sign or space between them all: `j o h n @ ...`, `4-1-1-1-...`."""
    for match in _APART.finditer(text):
        work.spend(CANDIDATE)
        start, end = match.span()
        step = 3 if text[start + 2] == " " else 2
        start += step * text[start - 1 : start].isalnum()  # the last letter of the word before
        end -= step * text[end : end + 1].isalnum()
        read = text[start:end:step]
        is_list = text[start + 1] in _LISTS and read.isdigit() and not is_long_card(read)
        if len(read) >= _FEWEST_APART and not is_list:
            yield start, end, " ".join((read, *(read[1:],) * (read[0] in _WORDS_OF_ONE), *(read[:-1],) * (read[-1] in _WORDS_OF_ONE)))


_FEWEST = 6
"""Digits of a number that is read as one."""
_PASSES = "OoIlSBZ|"
_ALIKES = rf"[0-9{_PASSES}]++(?!\w)"
_DIGIT_ALIKE = re.compile(  # bounded, and the first word begins where none runs on
    rf"[0-9{_PASSES}](?<!\w[0-9{_PASSES}])(?:(?<=\D)|(?=[0-9 .-]{{0,40}}[{_PASSES}]))[0-9{_PASSES}]*+(?!\w)(?:[ .-]{_ALIKES}){{0,5}}",
    re.ASCII,
)
_ALIKE_GATE = r"\d[OoIlSBZ|]|[OoIlSBZ|]\d"
_BESIDE = re.compile(_ALIKE_GATE, re.ASCII)
"""The bar of a table stands beside blanks only."""
_AS_DIGITS = str.maketrans("OoIlSBZ|", "00115821")


def straightened(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Letters in a long number that pass for digits: `4ll1 1O11 ...`, typed so or read so by a machine."""
    for match in _DIGIT_ALIKE.finditer(text):
        work.spend(CANDIDATE)
        written = match.group()
        work.spend(len(written) * LOOK)
        digits = sum(character.isdigit() for character in written)
        characters = len(re.sub(r"[ .-]", "", written))
        if _FEWEST <= digits < characters <= 2 * digits and _BESIDE.search(written):
            yield *match.span(), written.translate(_AS_DIGITS)


_TAGS = r"(?:</?[A-Za-z][^<>]{0,60}>|<!--[^<>]{0,60}-->)+"
_TAG = linear(rf"[\w@.]({_TAGS}(?: {{1,2}}{_TAGS})?)")
_TAG_GATE = r"[0-9A-Za-z_@.]<[/!A-Za-z]"
_MARK = r"[\"'`]"
_QUOTED = re.compile(  # bounded, and it begins with its sign, so that `re` skips to the next one
    rf"{_MARK}(?:(?<=[\w@.+-]{_MARK})\s{{0,24}}+[+.&]?\s{{0,24}}+{_MARK}(?=[\w@.+-])"
    rf"|(?<=[0-9]{_MARK}),\s{{0,2}}{_MARK}(?=[0-9])|(?<=@{_MARK}),\s{{0,2}}{_MARK}(?=\w)|(?<=\w{_MARK}),\s{{0,2}}{_MARK}(?=@))",
    re.ASCII,
)
"""Items of a list are only put together where digits or an at sign stand: lists of words are as common as lists."""
QUOTED_GATE = rf"{_MARK}\s{{0,24}}[+.&]?\s{{0,24}}{_MARK}[0-9A-Za-z_@.+-]|{_MARK},\s{{0,2}}{_MARK}[0-9@]|@{_MARK},"
_SECRET = linear(r"(?i)p[a@4][s$5]{2}[ _-]?(?:w[o0]r[dt]|phr[a@4]s[e3])\b")
_SECRET_GATE = r"(?i)p[a@4][s$5]{2}[ _-]?(?:w[o0]r|p?hr)"  # noqa: S105  # how the word is written


def unmarked(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Tags of a page between letters or digits."""
    for match in _TAG.finditer(text):
        work.spend(CANDIDATE)
        yield *match.span(1), " " if "> " in match.group(1) else ""


def added(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Strings that a program puts together: `"john" + "@example.org"`."""
    for match in _QUOTED.finditer(text):
        work.spend(CANDIDATE)
        yield *match.span(), ""


def _respelled(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    for match in _SECRET.finditer(text):
        work.spend(CANDIDATE)
        if match.group().lower() not in {"password", "passphrase"}:
            yield *match.span(), "password"


_CONTINUED = re.compile(r"(?<=[0-9A-Za-z])\\\r?\n(?=[0-9A-Za-z])", re.ASCII)
_CONTINUED_GATE = r"[0-9A-Za-z]\\\r?\n[0-9A-Za-z]"


def continued(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Words that go on in the next line, as a shell reads them."""
    for match in _CONTINUED.finditer(text):
        work.spend(CANDIDATE)
        yield *match.span(), ""


_PARTED = re.compile(r"(?<=[0-9])[^\w\s\x00-\x7f]{1,6}+(?=[0-9]{2})")
_PARTED_GATE = r"[0-9][^\x00-\x7f]{1,6}[0-9]{2}"


def parted(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Pictures and signs of all scripts between digits, as blanks."""
    for match in _PARTED.finditer(text):
        work.spend(CANDIDATE)
        yield *match.span(), " "


RULES: tuple[Rule, ...] = (
    Rule(_TAG_GATE, unmarked),
    Rule(QUOTED_GATE, added),
    Rule(COUNTED_GATE, counted),
    Rule(HAN_GATE, characters),
    Rule(APART_GATE, together),
    Rule(AT_GATE, mailed),
    Rule(_SECRET_GATE, _respelled),
    Rule(_ALIKE_GATE, straightened),
    Rule(_PARTED_GATE, parted),
    Rule(_CONTINUED_GATE, continued),
    Rule(STRETCH, regrouped),
)
"""In the order in which they are applied: what one has read another may read on."""

READING_GATES = (WORTH, RUN, *(rule.gate for rule in RULES), *FORM_GATES)
"""What every text that reads otherwise than it is written matches, for whoever passes over texts anyway (re2 syntax)."""


def guessed(view: View, applies: Callable[[str], bool], work: Work) -> View | None:
    """What a clever reader may read in the view, and what stands near; None when that is nothing else. Raises `OverBudget`.

    `applies` says which gates the view opens.
    """
    seen = start = View(view.text, view.layers)
    for rule in RULES:
        if applies(rule.gate):
            seen = seen.rewritten(partial(rule.changes, work=work), work)
    return None if seen is start else seen.around(work)
