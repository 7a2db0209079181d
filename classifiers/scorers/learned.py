"""`learned`: difficulty from a small model of our own: static word vectors and named features of the last ask under a calibrated head.

Trained on public outcomes of weak and strong models (`classifiers/models/difficulty/CARD.md`). It looks at a bounded number of
characters, so its time is bounded too.
"""

from dataclasses import dataclass
from pathlib import Path

from classifiers.models.difficulty.features import MEANING, Features, features
from classifiers.models.difficulty.head import Head, read, shipped
from classifiers.models.difficulty.words import Floats
from classifiers.prompt import Prompt
from classifiers.scorers.lexical import last_ask
from classifiers.signals import Difficulty

SMALL = 0.02
"""Log-odds that are too little to be a reason."""


@dataclass(frozen=True, slots=True)
class Options:
    """`head`: path of a head that replaces the shipped one; `tidegate train` writes them."""

    head: str = ""


class Learned:
    """Scores the last ask of a prompt."""

    __slots__ = ("_features", "_head", "_named")

    kind = "learned"

    def __init__(self, features: Features, head: Head) -> None:
        self._features, self._head = features, head
        self._named = sum(not name.startswith(MEANING) for name in features.names)

    @property
    def head(self) -> Head:
        """What turns features into a score."""
        return self._head

    def vector(self, prompt: Prompt) -> Floats:
        """The features of the last turn's content."""
        return self._features.of(*last_ask(prompt))

    def score(self, prompt: Prompt) -> Difficulty:
        """Difficulty in 0..1 of the last turn's content, and what moved it away from a typical ask, strongest first."""
        added = self._head.added(self.vector(prompt))
        named = added[: self._named].tolist()
        meaning = float(added[self._named :].sum())
        reasons = [(name, weight) for name, weight in zip(self._features.names, named, strict=False) if abs(weight) >= SMALL]
        if abs(meaning) >= SMALL:
            reasons.append(("meaning", meaning))
        reasons.sort(key=_strength)
        return Difficulty(self._head.probability(self._head.bias + sum(named) + meaning), tuple(reasons))


def _strength(reason: tuple[str, float]) -> tuple[float, str]:
    return -abs(reason[1]), reason[0]


def build(options: Options) -> Learned:
    """Load vectors and head. Raises `Unreadable` or OSError for a head that cannot be read."""
    made = features()
    head = read(Path(options.head).read_text(encoding="utf-8"), made.names) if options.head else shipped(made.names)
    return Learned(made, head)
