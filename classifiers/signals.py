"""What classifiers say: findings, doubts, coverage, difficulty, subject. Offsets and categories, never text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec
from typing_extensions import override

DoubtKind = Literal[
    "media",  # an image, audio or video that no detector reads
    "remote",  # a URL or file id whose content was not seen
    "undecodable",  # bytes that are not text: token ids, broken base64
    "failed",  # a detector raised
    "late",  # a detector did not finish in its time
    "over_budget",  # text beyond the number of characters that is scanned
]


class Finding(msgspec.Struct, frozen=True, order=True, gc=False):
    """A span that a detector found.

    `start` and `end` are character offsets into the text of the part (`turn`, `part`); `confidence` is in 0..1.
    `category` is one of the categories that the detector declares (`email`, `iban`, ...); `detector` is the detector's kind.
    """

    turn: int
    part: int
    start: int
    end: int
    category: str
    detector: str
    confidence: float = 1.0


class Doubt(msgspec.Struct, frozen=True, order=True, gc=False):
    """Something that could not be read or finished. Unknown is not clean: by default a doubt carries the highest label."""

    kind: DoubtKind
    turn: int = -1
    part: int = -1
    detector: str = ""


Reasons = tuple[tuple[str, float], ...]
"""The named features that moved a score, strongest first: `(name, contribution)`."""


class Difficulty(msgspec.Struct, frozen=True, eq=False):
    """A score in 0..1, and why: the reasons, or what makes them, for most requests nobody asks why.

    Raises ValueError for any other number, and for none: a scorer that gives one has said nothing.
    """

    score: float
    why: Reasons | Callable[[], Reasons] = ()

    def __post_init__(self) -> None:
        """Check the score."""
        if not 0.0 <= self.score <= 1.0:  # NaN is neither
            raise ValueError("a difficulty is a number from 0 to 1")

    @property
    def reasons(self) -> Reasons:
        """The named features that moved the score, strongest first."""
        return self.why if isinstance(self.why, tuple) else self.why()

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Difficulty) and (self.score, self.reasons) == (other.score, other.reasons)

    @override
    def __hash__(self) -> int:
        return hash(self.score)

    @override
    def __repr__(self) -> str:
        return f"<Difficulty {self.score}>"  # what makes the reasons may hold the text


@dataclass(frozen=True, slots=True)
class Subject:
    """What the last ask is about. None: nobody asked, or it could not be told.

    `code`: whether there is program text in it. `language`: of its prose, as in ISO 639-1. `topic`: one of the operator's or of ours.
    """

    code: bool | None = None
    language: str | None = None
    topic: str | None = None


NOT_READ = Subject()
"""Nobody asked."""


class Signals(msgspec.Struct, frozen=True):
    """Everything that classifiers said about one prompt.

    `coverage` is the share of the prompt's parts, in 0..1, that every detector asked could read to the end.
    `difficulty` is None when no scorer was asked. `subject` is `NOT_READ` unless a rule asks for it.
    """

    findings: tuple[Finding, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    coverage: float = 1.0
    difficulty: Difficulty | None = None
    subject: Subject = NOT_READ

    def __add__(self, other: "Signals") -> "Signals":
        """What both said: findings and doubts are joined, coverage is the lower one, the first difficulty and subject win."""
        return Signals(
            findings=self.findings + other.findings,
            doubts=self.doubts + other.doubts,
            coverage=min(self.coverage, other.coverage),
            difficulty=self.difficulty or other.difficulty,
            subject=other.subject if self.subject is NOT_READ else self.subject,
        )
