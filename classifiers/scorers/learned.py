"""`learned`: difficulty from a small model of our own: static word vectors and named features of the last ask under a calibrated head.

Trained on public outcomes of weak and strong models (`classifiers/models/difficulty/CARD.md`). It looks at a bounded number of
characters, so its time is bounded too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

from classifiers.asked import asked
from classifiers.models.difficulty.features import Features, features
from classifiers.models.difficulty.head import Head, of_file, shipped
from classifiers.models.difficulty.neighbours import Neighbourhood, Neighbours, load
from classifiers.prompt import Prompt
from classifiers.signals import Difficulty, Reasons

SMALL = 0.02
"""Log-odds that are too little to be a reason."""

WHAT_IT_MEANS = "meaning"
"""The reason that stands for the word vectors together."""


@dataclass(frozen=True, slots=True)
class Options:
    """`head`: path of a head that replaces the shipped one; `tidegate train` writes them."""

    head: str = ""


class Learned:
    """Scores the last ask of a prompt."""

    __slots__ = ("_along", "_features", "_head", "_named", "_typical")

    kind = "learned"

    def __init__(self, features: Features, head: Head) -> None:
        self._features, self._head = features, head
        named = features.named
        rows = zip(head.names[:named], head.weights[:named].tolist(), head.centres[:named].tolist(), strict=True)
        self._named = [(at, name, weight, centre) for at, (name, weight, centre) in enumerate(rows) if weight]
        self._along = features.words.along(head.weights[named:]) if head.weights[named:].any() else None
        self._typical = float(head.weights[named:] @ head.centres[named:])

    def score(self, prompt: Prompt) -> Difficulty:
        """Difficulty in 0..1 of the last turn's content, and what moved it away from a typical ask, strongest first."""
        ask = asked(prompt)
        values, words = self._features.read(ask.text, ask.turns)
        meaning = -self._typical
        if self._along is not None and (rows := self._features.words.known(words)):
            meaning += float(self._along[rows].sum() / self._features.words.weights[rows].sum())
        total = self._head.bias + meaning
        for at, _, weight, centre in self._named:
            total += weight * (values[at] - centre)
        return Difficulty(self._head.probability(total), partial(self._reasons, values, meaning))

    def _reasons(self, values: Sequence[float], meaning: float) -> Reasons:
        added = [(name, weight * (values[at] - centre)) for at, name, weight, centre in self._named]
        added.append((WHAT_IT_MEANS, meaning))
        return tuple(sorted([reason for reason in added if abs(reason[1]) >= SMALL], key=_strength))

    def neighbours(self, prompt: Prompt) -> tuple[Neighbourhood, ...]:
        """Kinds of questions with known outcomes that the ask is close to, nearest first. For explanations; no score depends on them."""
        ask = asked(prompt)
        return _neighbours().near(self._features.of(ask.text, ask.turns)[self._features.named :])


@cache
def _neighbours() -> Neighbours:
    return load()


def _strength(reason: tuple[str, float]) -> float:
    return -abs(reason[1])


def build(options: Options) -> Learned:
    """Load vectors and head. Raises `Unreadable` or OSError for a head that cannot be read."""
    made = features()
    head = of_file(options.head, made.names) if options.head else shipped(made.names)
    return Learned(made, head)
