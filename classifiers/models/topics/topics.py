"""Topics: the nearest centroid to an ask, in the space of the difficulty model's word vectors turned so that topics stand apart.

The fourteen that ship are the domains of MMLU-Pro. An operator's own come from a few phrases each and take their place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

import numpy as np
import numpy.typing as npt

from classifiers.models.difficulty.marks import WORD
from classifiers.models.difficulty.words import Floats, Words, load
from classifiers.models.topics.names import NoPhrase

HEAD, TAIL = 1_600, 600
"""Characters that are read: the beginning and the end of a text."""

LEAST_SHIPPED, LEAST_OWN = 0.35, 0.5
"""Cosine below which a topic is unknown. Measured: CARD.md."""


@dataclass(frozen=True, slots=True)
class Space:
    """`mean` and `turn`: a mean vector v of words stands at (v - mean) @ turn, at the length of one."""

    words: Words = field(repr=False)
    mean: Floats = field(repr=False)
    turn: Floats = field(repr=False)

    def place(self, text: str) -> Floats | None:
        """Where a text stands; None for one without a known word. Case and the kind of white space do not matter."""
        if len(text) > HEAD + TAIL:
            text = f"{text[:HEAD]} {text[-TAIL:]}"
        rows = self.words.known(WORD.findall(text.lower()))
        return _unit((self.words.mean(rows) - self.mean) @ self.turn) if rows else None


@dataclass(frozen=True, slots=True)
class Topics:
    """Names, and a centroid for each. `least` is the cosine from which on a text is about the nearest one."""

    space: Space
    names: tuple[str, ...]
    centroids: Floats = field(repr=False)
    least: float

    def near(self, text: str) -> tuple[tuple[str, float], ...]:
        """Every topic with its cosine, the nearest first; none for a text without a known word."""
        place = self.space.place(text)
        if place is None:
            return ()
        cosines = self.centroids @ place
        return tuple((self.names[row], float(cosines[row])) for row in np.argsort(-cosines))

    def of(self, text: str) -> str | None:
        """What a text is about; None when nothing is near enough."""
        near = self.near(text)
        return near[0][0] if near and near[0][1] >= self.least else None


def shipped() -> Topics:
    """The fourteen domains. Raises OSError when the file is not there."""
    with resources.files(__package__).joinpath("topics.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        names = tuple(arrays["names"].tobytes().decode().split("\n"))
        space = Space(load(), arrays["mean"].astype(np.float32), arrays["turn"].astype(np.float32))
        return Topics(space, names, arrays["centroids"].astype(np.float32), LEAST_SHIPPED)


def own(phrases: Mapping[str, Sequence[str]]) -> Topics:
    """Topics of a few phrases each. Raises `NoPhrase` for a topic of which nothing is known."""
    space = shipped().space
    return Topics(space, tuple(phrases), np.stack([_centroid(space, name, said) for name, said in phrases.items()]), LEAST_OWN)


def _centroid(space: Space, name: str, phrases: Sequence[str]) -> Floats:
    places = [place for place in map(space.place, phrases) if place is not None]
    if not places:
        raise NoPhrase(f"{name!r} has no phrase with a word that the word vectors know; write some as callers would")
    return _unit(np.mean(places, axis=0))


def _unit(vector: npt.NDArray[np.floating]) -> Floats:
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)
