"""Neighbourhoods: what kinds of questions with known outcomes an ask is close to. For explanations; no score depends on it."""

from dataclasses import dataclass
from importlib import resources

import numpy as np

from classifiers.models.difficulty.words import Floats


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Questions of the training sets that lie close together.

    `name`: their most common task. `failed`: the share that weak models failed. `likeness`: the cosine between an ask and their middle.
    """

    name: str
    questions: int
    failed: float
    likeness: float


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Middles of neighbourhoods among the word vectors (n, width), of length 1, and what is known of each."""

    centres: Floats
    names: tuple[str, ...]
    questions: tuple[int, ...]
    failed: tuple[float, ...]

    def near(self, place: Floats, most: int = 3) -> tuple[Neighbourhood, ...]:
        """The nearest to where a text lies (`Features.of`, from `named` on), nearest first; none for a text without known words."""
        length = float(np.linalg.norm(place))
        if not length:
            return ()
        likeness = self.centres @ (place / length)
        return tuple(
            Neighbourhood(self.names[at], self.questions[at], self.failed[at], round(float(likeness[at]), 3))
            for at in np.argsort(-likeness, kind="stable")[:most].tolist()
        )


def load() -> Neighbours:
    """Those that ship with Tidegate. Raises OSError when the file is not there."""
    with resources.files(__package__).joinpath("neighbours.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        centres = arrays["centres"].astype(np.float32)
        names = tuple(arrays["names"].tobytes().decode().split("\n"))
        failed = tuple(round(share, 3) for share in arrays["failed"].tolist())
        return Neighbours(centres / np.linalg.norm(centres, axis=1, keepdims=True), names, tuple(arrays["sizes"].tolist()), failed)
