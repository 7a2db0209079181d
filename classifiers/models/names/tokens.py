"""Text to tokens and the rows of features that the model looks up. No loop over tokens: everything is a step over whole arrays.

A token is a run of letters, a run of digits, or one other character; white space lies between. `ROWS` rows of the embedding table
describe a token: its word, its beginning and end, its shape, the gap around it, what lists say of it, and the register of its text.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.int64]
Kinds: TypeAlias = npt.NDArray[np.uint8]
Hashes: TypeAlias = npt.NDArray[np.uint64]

BITS = 17
"""Of an index into the table. Row 0 is zero: nothing known."""

ROWS = 14
WORD, LEXICON, GAZETTEER = 0, 8, 9
"""Columns that training blanks now and then, so that the model learns to do without."""

SPACE, OTHER, DIGIT, LOWER, UPPER = range(5)

_ODD = 0x9E3779B97F4A7C15
_CHARACTERS = 0x10000
"""Characters whose class is known; those beyond (emoji, rare scripts) count as other."""


def _classes() -> tuple[Kinds, npt.NDArray[np.uint32]]:
    """The class and the lower case of each character. Letters without case count as lower; so do the marks above letters."""
    kind = np.full(_CHARACTERS, OTHER, np.uint8)
    lower = np.arange(_CHARACTERS, dtype=np.uint32)
    for code in range(_CHARACTERS):
        character = chr(code)
        if character.isalpha() or 0x300 <= code < 0x370:
            small = character.lower()
            kind[code] = LOWER if small == character else UPPER
            lower[code] = ord(small) if len(small) == 1 else code
        elif character.isdigit():
            kind[code], lower[code] = DIGIT, ord("0") if code < 0x80 else code
        elif character.isspace():
            kind[code] = SPACE
    return kind, lower


_KIND, _LOWER = _classes()


@dataclass(frozen=True, slots=True)
class Tokens:
    """`starts` and `ends`: character offsets, (n,). `words`: a hash of each token in lower case. `kinds`: class of the first character.

    `rows`: (n, ROWS) indices into the table.
    """

    starts: Ints
    ends: Ints
    words: Hashes
    kinds: Kinds
    rows: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lists:
    """Hashes of words in rising order, and the flags (1..63) of each: what the lexicon and the lists of names say of it."""

    lexicon: Hashes
    cases: Kinds
    gazetteer: Hashes
    names: Kinds


EMPTY = Lists(np.zeros(0, np.uint64), np.zeros(0, np.uint8), np.zeros(0, np.uint64), np.zeros(0, np.uint8))


_CAPITALISED, _SYMBOLS = (0.02, 0.5, 0.8), (0.15, 0.3, 0.5)
"""Shares of a text's words, and of its tokens."""


def _inverse(odd: int) -> int:
    return pow(odd, -1, 1 << 64)


_LONGEST = 16_384
"""Characters of one piece of text."""

_AFFIXES = np.array([[2], [3], [4]])
_SALTS = (np.arange(1, ROWS + 1, dtype=np.uint64) * np.uint64(0xD6E8FEB86659FD93))[:, None]
_POWERS = np.concatenate([[np.uint64(1)], np.cumprod(np.full(_LONGEST, _ODD, np.uint64))])
_INVERSES = np.concatenate([[np.uint64(1)], np.cumprod(np.full(_LONGEST, _inverse(_ODD), np.uint64))])


def word_hash(word: str) -> int:
    """The hash of one word, as `Tokens.words` holds it."""
    return int(read(word, EMPTY).words[0])


def read(text: str, lists: Lists) -> Tokens:
    """Tokens of at most `_LONGEST` characters of text. Raises ValueError for more."""
    if len(text) > _LONGEST:
        raise ValueError(f"a piece has at most {_LONGEST} characters")
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    codes = np.where(codes < _CHARACTERS, codes, np.uint32(0xFFFD))
    kind, lower = _KIND[codes], _LOWER[codes]
    starts, ends = _cut(kind)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum((lower + np.uint32(1)) * _POWERS[: len(codes)], dtype=np.uint64)])

    words = (sums[ends] - sums[starts]) * _INVERSES[starts]
    kinds = kind[starts]
    case = _case(kind, kinds, starts, ends)
    before, after = _gaps(codes, starts, ends)
    begins = np.concatenate([np.broadcast_to(starts, (3, len(starts))), np.maximum(ends - _AFFIXES, starts)])
    stops = np.concatenate([np.minimum(starts + _AFFIXES, ends), np.broadcast_to(ends, (3, len(starts)))])
    affixes = (sums[stops] - sums[begins]) * _INVERSES[begins]
    cases, names = _looked_up(words, lists.lexicon, lists.cases), _looked_up(words, lists.gazetteer, lists.names)
    columns = np.empty((ROWS, len(starts)), np.uint64)
    columns[WORD], columns[1:7] = words, affixes
    columns[7] = case * 16 + np.minimum(ends - starts, 12)
    columns[LEXICON], columns[GAZETTEER] = cases, names
    columns[10] = before * 4 + after
    columns[11] = _register(kinds, case) * 8 + case
    columns[12] = _elsewhere(words, case)
    columns[13] = before * 8 + case
    rows = _indices(columns)
    rows[1:7] *= kinds >= LOWER
    rows[LEXICON] *= cases > 0
    rows[GAZETTEER] *= names > 0
    return Tokens(starts, ends, words, kinds, rows.T)


def _cut(kind: Kinds) -> tuple[Ints, Ints]:
    """Where tokens begin and end: at a change of class, and around every other character."""
    merged = np.minimum(kind, LOWER)
    opens = np.empty(len(kind), bool)
    opens[:1] = True
    opens[1:] = (merged[1:] != merged[:-1]) | (merged[1:] == OTHER)
    edges = np.flatnonzero(opens)
    stops = np.append(edges[1:], len(kind))
    real = kind[edges] != SPACE
    return edges[real], stops[real]


def _indices(columns: Hashes) -> Ints:
    """Rows of the table, from 1 on; the columns are told apart by their salt."""
    mixed = (columns ^ _SALTS) * np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed >>= np.uint64(64 - BITS)
    return np.maximum(mixed, np.uint64(1)).view(np.int64)


def _looked_up(words: Hashes, known: Hashes, flags: Kinds) -> Kinds:
    """The flags of each word; 0 for one that is not listed."""
    if not len(known):
        return np.zeros(len(words), np.uint8)
    at = np.minimum(known.searchsorted(words), len(known) - 1)
    found: Kinds = flags[at] * (known[at] == words)
    return found


def _case(kind: Kinds, first: Kinds, starts: Ints, ends: Ints) -> Ints:
    """0 other, 1 digits, 2 lower, 3 one capital letter, 4 Capitalised, 5 ALL CAPITALS, 6 mixed."""
    upper = np.zeros(len(kind) + 1, np.int64)
    np.cumsum(kind == UPPER, out=upper[1:])
    capitals = upper[ends] - upper[starts]
    case = np.where(capitals == 0, 2, np.where(capitals == ends - starts, np.where(capitals == 1, 3, 5), 6))
    case[(capitals == 1) & (first == UPPER) & (case == 6)] = 4
    return np.where(first >= LOWER, case, (first == DIGIT).astype(np.int64))


def _gaps(codes: npt.NDArray[np.uint32], starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Before and after each token: 0 nothing, 1 a space, 2 several, 3 a line's end or the text's."""
    lines = np.zeros(len(codes) + 1, np.int64)
    np.cumsum(codes == ord("\n"), out=lines[1:])
    gap = np.full(len(starts) + 1, 3)
    begin, stop = ends[:-1], starts[1:]
    gap[1:-1] = np.where(lines[stop] > lines[begin], 3, np.minimum(stop - begin, 2))
    return gap[:-1], gap[1:]


def _register(kinds: Kinds, case: Ints) -> int:
    """0..15: how much of the text is capitalised, and how much is neither word nor space."""
    words = int((kinds >= LOWER).sum())
    capitalised = int((case >= 3).sum()) / max(words, 1)
    symbols = (len(kinds) - words) / max(len(kinds), 1)
    return bisect_left(_CAPITALISED, capitalised) * 4 + bisect_left(_SYMBOLS, symbols)


def _elsewhere(words: Hashes, case: Ints) -> Ints:
    """0..7: whether the word also stands in lower case, capitalised, in capitals in this text."""
    _, inverse = np.unique(words, return_inverse=True)
    seen = np.zeros(len(words), np.int64)
    for bit, value in ((1, 2), (2, 4), (4, 5)):
        seen[inverse[case == value]] |= bit
    return seen[inverse]
