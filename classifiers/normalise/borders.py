"""Text across borders: the end of one part and the beginning of the next, read as one.

Half a number in one message and half in the next is a number, and "What is your date of birth?" says what the answer holds. Only what
stands near a border is read again, so this is linear in the number of parts; and where the first of them were read before, and are known
to hold nothing, only what stands near the border to the others is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import compress, islice, pairwise, takewhile
from typing import NamedTuple

from classifiers.prompt import Part, Place

REACH = 80
"""Characters on each side of a border that are read again."""

_CUT = "\n" * 64
"""Stands for what was left out: longer than any context reaches."""

_BETWEEN = " "
_BLANK = " \t\r\n"

_SPEECH: frozenset[Place] = frozenset({"content", "answer", "instruction", "result"})


class Piece(NamedTuple):
    """A stretch of a part: which part, where it begins there and in the joined text, how long it is, and whether the part goes on there."""

    part: int
    begins: int
    at: int
    length: int
    is_cut_before: bool = False
    is_cut_after: bool = False
    is_glued: bool = False


class Chain(NamedTuple):
    """Parts, by their places, that are read one after the other, with `between` between them.

    A space between them says that a word in one part may say what stands in the next; without it, that a value may go on there.
    `is_cut`: it begins in the middle, behind what is known; a long part, then, with its end.
    """

    between: str
    places: Sequence[int]
    is_cut: bool = False


class Joined:
    """Pieces of parts read as one text: chain after chain. `comes_again`: they are of fields, as tools are, which many requests share."""

    __slots__ = ("_made", "chains", "comes_again", "parts", "text")

    def __init__(self, text: str, parts: Sequence[Part], chains: Sequence[Chain], comes_again: bool = False) -> None:
        self.text = text
        self.parts = parts
        self.chains = chains
        self.comes_again = comes_again
        self._made: list[Piece] = []

    def places(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """The stretches of parts that a span covers: part, start, end. None when it does not have to do with a border.

        Glued text is read for what crosses a border; what lies in one part was found there. Nothing counts that crosses or touches a
        cut: it may be a piece of something else.
        """
        if not self._made:
            self._made.extend(self._pieces())
        first = max(bisect_right(self._made, start, key=lambda piece: piece.at) - 1, 0)
        near = takewhile(lambda piece: piece.at < end, islice(self._made, first, None))
        found = [piece for piece in near if piece.at + piece.length > start]
        if not found or (len(found) == 1 and found[0].is_glued) or _touches_cut(found, start, end):
            return []
        return [(piece.part, piece.begins + max(start - piece.at, 0), piece.begins + min(end - piece.at, piece.length)) for piece in found]

    def _pieces(self) -> Iterator[Piece]:
        """In the order of the text. Made when something was found, which is seldom."""
        at = 0
        for between, places, is_cut in self.chains:
            at += len(_CUT) if is_cut else 0
            for index in places:
                begin, end = _own(self.parts[index])
                is_cut_here = is_cut and index == places[0]
                if end - begin <= _WHOLE:
                    yield Piece(index, begin, at, end - begin, is_cut_here, is_glued=not between)
                    at += end - begin
                else:
                    if not is_cut_here:
                        yield Piece(index, begin, at, REACH, is_cut_after=True, is_glued=not between)
                        at += REACH + len(_CUT)
                    yield Piece(index, end - REACH, at, REACH, is_cut_before=True, is_glued=not between)
                    at += REACH
                at += len(_CUT) if index == places[-1] else len(between)


def _touches_cut(found: Sequence[Piece], start: int, end: int) -> bool:
    first, last = found[0], found[-1]
    return (
        any(left.at + left.length + len(_BETWEEN) < right.at for left, right in pairwise(found))
        or (first.is_cut_before and start <= first.at)
        or (last.is_cut_after and end >= last.at + last.length)
    )


def joined(parts: Sequence[Part], known: int = 0) -> tuple[Joined, ...]:
    """The text around all borders of speech: of neighbours, and of every second turn (a caller's, between answers); and that of fields.

    Nothing stands in the first `known` parts, or across them.
    """
    said = [part.place in _SPEECH for part in parts]
    places = range(len(parts))
    speech = places if all(said) else [*compress(places, said)]
    fields = [place for place in places if not said[place]] if len(speech) < len(parts) else ()
    glued: list[Sequence[int]] = [speech]
    if _alternate(parts, speech):
        odd = [parts[place].turn % 2 for place in speech]
        glued += ([place for place, rest in zip(speech, odd, strict=True) if not rest], [*compress(speech, odd)])
    spoken = [Chain("", those) for those in glued if len(those) > 1]
    if len(speech) > 1:
        spoken.append(Chain(_BETWEEN, speech))
    chained = [spoken, [Chain("", fields)] if len(fields) > 1 else []]
    if known:
        chained = [[_behind(chain, parts, known) for chain in chains] for chains in chained]
    first = min([chain.places[0] for chains in chained for chain in chains], default=len(parts))
    clips = [*[""] * first, *map(_clip, parts[first:])]
    return tuple(
        [Joined(_CUT.join([_text(chain, clips) for chain in chains]), parts, chains, chains is chained[1]) for chains in chained if chains]
    )


def alternates(parts: Sequence[Part]) -> bool:
    """Whether every second turn is read as one, too."""
    return _alternate(parts, [place for place, part in enumerate(parts) if part.place in _SPEECH])


def _alternate(parts: Sequence[Part], speech: Sequence[int]) -> bool:
    return len(speech) > 2 and parts[speech[-1]].turn - parts[speech[0]].turn > 1


def _text(chain: Chain, clips: Sequence[str]) -> str:
    between, places, is_cut = chain
    if not is_cut:
        return between.join([clips[place] for place in places])
    first = clips[places[0]]
    return between.join([first[REACH:] if len(first) > _WHOLE else _CUT + first, *[clips[place] for place in places[1:]]])


_WHOLE = 2 * REACH
"""Characters up to which a part is read again as a whole."""


def _behind(chain: Chain, parts: Sequence[Part], known: int) -> Chain:
    """The chain from where it can have to do with what is not known: from a cut on, or from as much before it as stands at a border.

    A run without blanks may be longer, and what is encoded in it is read from its beginning: none is cut.
    """
    between, places, _ = chain
    first, room, is_cut = bisect_left(places, known), _WHOLE, False
    while first and not is_cut:
        first -= 1
        begin, end = _own(part := parts[places[first]])
        room -= end - begin
        is_cut = end - begin > _WHOLE or (first > 0 and room <= 0 and part.text.find(" ", begin, end) >= 0)
    return Chain(between, places[first:], is_cut)


def _clip(part: Part) -> str:
    """What stands near the part's borders."""
    text, begin = part.text, 0
    end = len(text)
    if end <= _WHOLE and not part.lead:
        return text.strip(_BLANK)
    if part.lead or text[0] in _BLANK or text[-1] in _BLANK:
        begin, end = _own(part)
    return f"{text[begin : begin + REACH]}{_CUT}{text[end - REACH : end]}" if end - begin > _WHOLE else text[begin:end]


def _own(part: Part) -> tuple[int, int]:
    """Where the string itself begins and ends in the part's text, without white space around: the border is where the words are."""
    text, lead = part.text, part.lead
    own = text[lead:] if lead else text
    begin = len(text) - len(own.lstrip(_BLANK))
    return begin, max(begin, len(text.rstrip(_BLANK)))
