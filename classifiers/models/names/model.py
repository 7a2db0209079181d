"""The names model, loaded: which stretches of a text belong to a person or an address, with a probability."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

from classifiers.models.names.network import Weights, embed, probabilities, weights_of
from classifiers.models.names.tokens import Floats, Lists, Tokens, read

PIECE, MARGIN = 4_000, 150
"""Characters that are read at once, and those before and after them that are read for their neighbourhood only."""

PERSON, ADDRESS, PLACE, ORGANISATION = 1, 2, 3, 4

NOTICED = 0.25
"""Probability from which on a token belongs to a stretch; whether the stretch counts is for its surest token to say."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Character offsets, the tag, and the probability of its surest token."""

    start: int
    end: int
    tag: int
    probability: float


@dataclass(frozen=True, slots=True)
class Model:
    """Safe to share between threads: nothing in it changes. 25 MB."""

    table: npt.NDArray[np.int8]
    scale: Floats
    weights: Weights
    lists: Lists

    def find(self, text: str, last: int = ADDRESS) -> Iterator[Stretch]:
        """Stretches of the tags up to `last`, in the order of the text; time grows with its length, memory does not."""
        for begin in range(0, len(text), PIECE):
            first = max(0, begin - MARGIN)
            piece = text[first : begin + PIECE + MARGIN]
            tokens = read(piece, self.lists)
            shares = probabilities(embed(self.table, self.scale, tokens.rows), self.weights)
            yield from _joined(_stretches(tokens, shares[:, 1 : last + 1], first, begin, begin + PIECE))


def _stretches(tokens: Tokens, shares: Floats, offset: int, begin: int, stop: int) -> Iterator[Stretch]:
    """Neighbouring tokens of one tag, of those that begin in `begin`..`stop`."""
    tags = shares.argmax(axis=1) + 1
    sure = shares.max(axis=1)
    starts = tokens.starts + offset
    noticed = np.flatnonzero((sure >= NOTICED) & (starts >= begin) & (starts < stop))
    if not len(noticed):
        return
    breaks = np.flatnonzero((np.diff(noticed) > 1) | (np.diff(tags[noticed]) != 0)) + 1
    firsts, lasts = noticed[np.append(0, breaks)], noticed[np.append(breaks, len(noticed)) - 1]
    surest = np.maximum.reduceat(sure[noticed], np.append(0, breaks)).tolist()
    ends = tokens.ends + offset
    for start, end, tag, probability in zip(starts[firsts].tolist(), ends[lasts].tolist(), tags[firsts].tolist(), surest, strict=True):
        yield Stretch(start, end, tag, round(probability, 3))


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """A person right within an address is whom the street is named after."""
    held: list[Stretch] = []
    for stretch in stretches:
        held.append(stretch)
        if [each.tag for each in held[-3:]] == [ADDRESS, PERSON, ADDRESS] and held[-1].start - held[-2].end <= 1 >= held[-2].start - held[
            -3
        ].end:
            first, _, last = held[-3:]
            held[-3:] = [Stretch(first.start, last.end, ADDRESS, max(first.probability, last.probability))]
        if len(held) > 2:
            yield held.pop(0)
    yield from held


def load() -> Model:
    """The model that ships with Tidegate (0.1 s). Raises OSError when the file is not there."""
    with resources.files(__package__).joinpath("names.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        lists = Lists(arrays["lexicon"], arrays["cases"], arrays["gazetteer"], arrays["names"])
        return Model(arrays["table"], arrays["scale"], weights_of(arrays), lists)
