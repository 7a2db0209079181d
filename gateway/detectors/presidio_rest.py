"""`presidio_rest`: Presidio's analyzer as a service of its own, `POST /analyze`, with whatever recognisers its operator gave it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from classifiers.detectors.presidio import ENTITIES
from classifiers.kinds import Span


class _Result(msgspec.Struct):
    entity_type: str
    start: int
    end: int
    score: float


_decode = msgspec.json.Decoder(list[_Result]).decode


@dataclass(frozen=True, slots=True)
class Options:
    """`language`: what the text is read as. `entities`: which entities count, and the category of each.

    `threshold`: the least score, in 0..1, that counts. `longest`: characters of a text up to which it is sent.
    """

    language: str = "en"
    entities: dict[str, str] = field(default_factory=lambda: dict(ENTITIES))
    threshold: float = 0.4
    longest: int = 50_000


@dataclass(frozen=True, slots=True)
class PresidioRest:
    """Asks for every entity and takes those of `entities`: a service that lacks one of them refuses a request that names it."""

    language: str
    entities: Mapping[str, str]
    threshold: float
    longest: int
    kind = "presidio_rest"
    path = b"/analyze"

    @property
    def categories(self) -> frozenset[str]:
        """Those of `entities`."""
        return frozenset(self.entities.values())

    def ask(self, text: str) -> bytes:
        """One text, as `/analyze` takes it."""
        return msgspec.json.encode({"text": text, "language": self.language, "score_threshold": self.threshold})

    def read(self, text: str, answer: bytes) -> Iterable[Span]:
        """Spans in the service's order. Raises ValueError for offsets outside of the text, and for anything that is not its answer."""
        spans = []
        for one in _decode(answer):
            if not 0 <= one.start < one.end <= len(text):
                raise ValueError("a span lies outside of the text")
            if one.entity_type in self.entities:
                spans.append(Span(one.start, one.end, self.entities[one.entity_type], min(max(one.score, 0.0), 1.0)))
        return spans


def build(options: Options, model: str) -> PresidioRest:  # noqa: ARG001  # what the service runs is its own affair
    """The dialect. Raises ValueError for options without sense."""
    if not options.entities or not 0 <= options.threshold <= 1 or options.longest < 1:
        raise ValueError("entities must not be empty, threshold lies in 0..1, longest is at least 1")
    return PresidioRest(options.language, options.entities, options.threshold, options.longest)
