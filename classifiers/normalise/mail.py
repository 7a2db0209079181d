"""E-mail addresses whose signs are words or set apart: `john at example dot com`, `john [at] example.com`, `john @ example . com`."""

import re
from collections.abc import Iterator

from classifiers.normalise.view import linear
from classifiers.work import Work

CANDIDATE = 60
"""Microseconds to look at one place."""

_TLD = (
    "com|net|org|edu|gov|mil|int|info|biz|name|io|ai|co|dev|app|me|tv|cc|xyz|online|site|email|cloud|tech|store|shop|blog|"
    "ac|ae|ar|at|au|be|bg|br|ca|ch|cl|cn|cz|de|dk|ee|eg|es|eu|fi|fr|gr|hk|hr|hu|id|ie|il|in|ir|is|it|jp|ke|kr|lt|lu|lv|"
    "ma|mx|my|ng|nl|no|nz|pe|ph|pk|pl|pt|ro|rs|ru|sa|se|sg|si|sk|th|tr|tw|ua|uk|us|vn|za|example|test|local|internal"
)
_DOT_WORDS = "dot|punkt|punto|point|ponto|d0t"
_AT_WORDS = "at|arroba|arobase|klammeraffe|ät"
_SAID_DOT = (
    rf"\s{{0,2}}[\[({{<]\s?(?:{_DOT_WORDS}|\.)\s?[\])}}>]\s{{0,2}}|\s{{1,2}}(?:{_DOT_WORDS})\s{{1,2}}|\s\.\s|[_-](?:{_DOT_WORDS})[_-]"
)
_DOT = rf"(?:{_SAID_DOT}|\.)"
_LABEL = r"[\pL\pN_-]+"
_HOST = rf"{_LABEL}(?:{_DOT}{_LABEL}){{0,3}}{_DOT}(?:{_TLD})\b"
_ADDRESS = linear(
    rf"(?i)(?:\s{{0,2}}[\[({{<]\s?(?:{_AT_WORDS}|@)\s?[\])}}>]\s{{0,2}}|(?P<word>\s{{1,2}}(?:{_AT_WORDS})\s{{1,2}}|[_-](?:{_AT_WORDS})[_-])"
    rf"|\s{{0,2}}@\s{{0,2}})(?P<host>{_HOST})"
)
_NAME = re.compile(rf"(?i)(?<![\w.+%-])[\w+%-]{{1,40}}(?:{_DOT}[\w+%-]{{1,40}}){{0,4}}$")
_DOTS = re.compile(rf"(?i){_DOT}")
_SAID = re.compile(rf"(?i){_SAID_DOT}")
_SPEAKS = re.compile(r"(?i)mail|write to|address|adress|correo|courriel|schreib")
_POINT = re.compile(r"(?i)\s(?:point|ponto|punto)\s")
_BEFORE, _LONGEST = 40, 64

_NO_NAMES = frozenset(
    (
        "look looked looking up me us it him her them you we i out in on off is are was were be been am being live lives lived work works "
        "worked working here there available found find see visit join joined meet meets met meeting start started starts arrive arrived "
        "hosted located page site website down back over only even also and or but not just still now then that this sign signed log "
        "logged stay stays stayed more info information details docs documentation shop buy sold listed register registered apply applied "
        "team people jobs job careers support store stores sale sales deals call calls called read reading online great best bad expert "
        "aim aimed point pointed laugh stare shout one all least most first last once times time rate price domain server address url "
        "link center centre desk office line portal forum chat account profile section tab booth event conference "
        "engineer manager director ceo cto founder developer employee intern professor student researcher guy"
    ).split()
)
"""Words that stand before "at example dot com" in prose."""

AT_GATE = (
    rf"(?i)[\[({{<] ?(?:{_AT_WORDS}|@|\.|{_DOT_WORDS}) ?[\])}}>]|[ _-](?:{_DOT_WORDS})[ _-]+[a-z]{{2}}|@\s|\s@"
    r"|[ \t\r\f\x0b]\.\s[a-z]|[!-~]\n\.\s[a-z]|[^\x00-\x7f]\n\.\s[a-z]"
    r"|arroba|arobase|klammeraffe|[ \n_-]\x{e4}t[ \n_-]|[ \n_-]at[ \n_-]+[^ \n.]+\.[^ \n]"
)
"""A text without this (re2 syntax) holds no such address. A dot that begins behind a cut is the end of a sentence."""


def mailed(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Addresses as they are written on an envelope. Raises `OverBudget`."""
    done = 0
    for match in _ADDRESS.finditer(text):
        work.spend(CANDIDATE)
        name = _NAME.search(text, max(done, match.start() - _LONGEST), match.start())
        if name is None or not _is_meant(match, name.group(), text):
            continue
        read = f"{_DOTS.sub('.', name.group())}@{_DOTS.sub('.', match['host'])}"
        if read != text[name.start() : match.end()]:
            yield name.start(), match.end(), read
            done = match.end()


def _is_meant(at: "re.Match[str]", name: str, text: str) -> bool:
    """Whether it is an address, where "at" stands as the plain word that it also is."""
    if at["word"] is None or len(at["word"].strip(" _-\n")) > 2:
        return True
    if _DOTS.split(name)[-1].lower() in _NO_NAMES or _POINT.search(at["host"]):  # "at some point in" is English
        return False
    if _SAID.search(at["host"]) or not name.isalpha():
        return True
    start = at.start() - len(name)
    return _SPEAKS.search(text, max(0, start - _BEFORE), max(0, start)) is not None
