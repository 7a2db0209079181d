"""`normalise`: the text as a reader sees it, with a map back to the original.

Compatibility forms (NFKC), digits of other scripts, dashes and spaces of all kinds, invisible characters, HTML entities and
percent-encoding are undone, also one inside the other. Plain text costs nearly nothing; time is linear in the text.
"""

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

import re2

from classifiers.work import Work

Changes = Callable[[str], Iterator[tuple[int, int, str]]]
"""Each stretch of a text that reads otherwise than it is written, in order: start, end, how it reads."""

LAYERS = 3
"""How often the text is gone over: an entity may be percent-encoded, and its result full-width."""

LONGEST = 4
"""Characters that one character may become. Arabic has ligatures of eighteen, which hide nothing and swell the text."""


LOOK, CHANGE, UNQUOTE = 0.05, 2, 0.5
"""Microseconds to look at a character, to change a stretch, and for each percent sign: a stretch of those can be as long as the text."""


@dataclass(frozen=True, slots=True)
class View:
    """A normalised text. `start` and `end` of a span in it lead back to the original."""

    text: str = field(repr=False)
    layers: tuple["_Layer", ...] = field(repr=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The smallest span of the original that covers the view's span. Monotone in both arguments."""
        for layer in reversed(self.layers):
            start, end = layer.start(start), layer.end(end)
        return start, end


@dataclass(frozen=True, slots=True)
class _Layer:
    """One pass. Piece i is `[seen[i], seen[i+1])` in the result and `[came[i], came[i+1])` in the source; equally long: straight."""

    seen: list[int]
    came: list[int]

    def start(self, offset: int) -> int:
        """Where the character at `offset` comes from."""
        i = min(bisect_right(self.seen, offset) - 1, len(self.seen) - 2)
        return self.came[i] + offset - self.seen[i] if self._is_straight(i) else self.came[i]

    def end(self, offset: int) -> int:
        """Where the character before `offset` ends in the source."""
        if offset <= 0:
            return 0
        i = bisect_right(self.seen, offset - 1) - 1
        return self.came[i] + offset - self.seen[i] if self._is_straight(i) else self.came[i + 1]

    def _is_straight(self, i: int) -> bool:
        return self.seen[i + 1] - self.seen[i] == self.came[i + 1] - self.came[i]


def normalise(text: str, work: Work | None = None) -> View | None:
    """The view of a text, or None when there is nothing to undo. Raises `OverBudget`."""
    work = work or Work()
    layers: list[_Layer] = []
    seen = text
    for _ in range(LAYERS):
        if _is_plain(seen):
            break
        for applies, changes in ((_may_be_encoded, _encoded), (_may_fold, _folded)):
            if applies(seen):
                result, layer = _pass(seen, changes, work)
                if result != seen:
                    layers.append(layer)
                    seen = result
    return View(seen, tuple(layers)) if seen != text else None


def _is_plain(text: str) -> bool:
    if not _may_be_encoded(text) and not _may_fold(text):
        return True
    return _WORTH.search(text.encode("utf-8", "replace")) is None


def _may_be_encoded(text: str) -> bool:
    return "%" in text or "&" in text or "\\" in text


def _may_fold(text: str) -> bool:
    if not text.isascii():
        return True
    for control in _CONTROLS:  # noqa: SIM110  # a generator costs three times as much
        if control in text:
            return True
    return False


def _pass(text: str, changes: Changes, work: Work) -> tuple[str, _Layer]:
    pieces: list[str] = []
    seen, came = [0], [0]
    at = length = 0
    work.spend(len(text) * LOOK + text.count("%") * UNQUOTE)
    for start, end, piece in changes(text):
        work.spend(CHANGE + (end - start) * LOOK)
        if start > at:
            pieces.append(text[at:start])
            length += start - at
            seen.append(length)
            came.append(start)
        pieces.append(piece)
        length += len(piece)
        seen.append(length)
        came.append(end)
        at = end
    if at < len(text):
        pieces.append(text[at:])
        seen.append(length + len(text) - at)
        came.append(len(text))
    return "".join(pieces), _Layer(seen, came)


def _encoded(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _ENCODED.finditer(text):
        written = match.group()
        read = _READ_AS[written[0]](written)
        if read != written:
            yield *match.span(), read


def _unescaped(written: str) -> str:
    """A JSON string inside of a string: the arguments of a tool call, a tool's result."""
    if written[1] != "u":
        return _SHORT_ESCAPES[written[1]]
    code = int(written.removeprefix("\\u"), 16)
    return written if 0xD800 <= code < 0xE000 else chr(code)


_SHORT_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " ", '"': '"', "/": "/", "\\": "\\"}


def _folded(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _FOLDED.finditer(text):
        written = match.group()
        read = written.translate(_FOLDS)
        if read == written:
            continue
        if not read or len(read) == len(written) == sum(len(_FOLDS.get(ord(character), "?")) == 1 for character in written):
            yield *match.span(), read
        else:
            for at, character in enumerate(written, match.start()):
                if ord(character) in _FOLDS:
                    yield at, at + 1, _FOLDS[ord(character)]


def _read(code: int) -> str:
    """How a character reads: nothing when nobody sees it, an ASCII digit, dash or dot for those of other scripts, else its NFKC form."""
    character = chr(code)
    category = unicodedata.category(character)
    if category == "Cf" or code in _FILLERS or (category == "Cc" and character not in "\t\n\r\f\v\x85"):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
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


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = 64 << 20
    options.log_errors = False
    return options


_FILLERS = frozenset((0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)))
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u02d7\u06d4\u2796\ufe58\ufe63\uff0d"
_ALIKE = {
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys("\u3002\uff61\u2024\u00b7\u2219\u22c5", "."),
    **dict.fromkeys("\u2028\u2029\x85", "\n"),
    **{character: character for character in "\u2026\u2122\u00a8\u00b4\u00b8\u00af"},  # ellipsis, trade mark, accents: read as written
}
_SCRIPTS = (range(0x3400), range(0xA000, 0xAC00), range(0xF900, 0x20000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE0200))
"""Where characters can change: not Han and Hangul, nor planes without characters. Leaving those out halves the time to start."""

_FOLDS = {
    code: read for codes in _SCRIPTS for code in codes if code > 0x7E or code < 0x20 if (read := _read(code)) != chr(code)
} | dict.fromkeys(range(0xE0100, 0xE01F0), "")
_CONTROLS = tuple(chr(code) for code in _FOLDS if code < 0x80)
_ENTITY = r"%[0-9A-Fa-f]{2}|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_JSON = r"\\(?:u[0-9A-Fa-f]{4}|[nrtbf\"/\\])"
_ENCODED = re.compile(rf"(?:%[0-9A-Fa-f]{{2}})+|{_ENTITY}|{_JSON}")
_READ_AS: dict[str, Callable[[str], str]] = {
    "%": lambda written: unquote(written, errors="replace"),
    "&": html.unescape,
    "\\": _unescaped,
}
_FOLDED = re.compile(r"[^ -~\t\n\r]+")  # what can change at all; a class of all that does is a list that `re` walks for each character
_DASH = _class(map(ord, _DASHES))
# A dash between words is only a dash; prose full of them need not be scanned twice.
_REST = rf"{_class(set(_FOLDS) - set(map(ord, _DASHES)))}|[0-9]{_DASH}|{_DASH}[0-9]"
_WORTH = re2.compile(rf"{_ENTITY}|{_JSON}|{_REST}", _options())
WORTH = rf"%[0-9A-Fa-f]{{2}}|&[#A-Za-z]|\\[unrtbf\"/\\]|{_REST}"
"""Every text that reads otherwise than it is written matches this (re2 syntax), and some more: short, for it is matched with much else."""
