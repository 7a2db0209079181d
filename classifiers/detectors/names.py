"""`names`: people and street addresses in English, German, French and Spanish, by a small model of our own (`classifiers/models/names`).

Some milliseconds for 2,000 characters, so it runs only for what would leave. Needs numpy: the extra `names`.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from classifiers.kinds import OverBudget, Span

if TYPE_CHECKING:
    from classifiers.models.names.model import Model, Stretch

_CATEGORIES: Final = {1: "person", 2: "address", 3: "place", 4: "organisation"}
_ALWAYS: Final = frozenset({"person", "address"})

_LONGEST_NAME, _LONGEST_ADDRESS = 120, 200
"""Characters; what is longer is no name, but a doubt about where it ends: it is cut, not dropped."""

_NEAR: Final = 200
"""Characters before and after a name in which a word makes it somebody's private matter."""

_PRIVATE: Final = re.compile(
    r"\b(?:my|our|me|i|mein\w*|unser\w*|ich|mon|ma|mes|notre|nos|je|mi|mis|nuestr[oa]s?|yo|patient\w*|client\w*|customer|kund\w+|paciente"
    r"|dear|hi|hello|liebe[rs]?|hallo|geehrte[rs]?|cher|chère|bonjour|querid[oa]|estimad[oa]|hola|mr|mrs|ms|herr|frau|mme|sra?|señora?"
    r"|née|geb|geboren|wife|husband|son|daughter|mother|father|sister|brother|friend|boss|colleague|neighbou?r|tenant|landlord|employee"
    r"|address|phone|email|e-mail|tel|dob|born|salary|diagnos\w+|invoice|account|resume|cv|interview)\b|[\w.]@\w|\d{5}",
    re.IGNORECASE,
)
"""Words of four languages that go with people one knows, and marks of contact details."""

_ASKS: Final = re.compile(
    r"\?|^\W*(?:who|what|when|where|why|how|which|did|was|is|tell me|explain|describe|summari[sz]e|compare|discuss|list"
    r"|write an? (?:essay|article|poem)"
    r"|wer|was|wann|wo|warum|wie|welche\w*|erkläre?|beschreibe?|vergleiche?|fasse|nenne?"
    r"|qui|que|quand|où|pourquoi|comment|quel\w*|explique[rz]?|décri\w+|compare[rz]?|résume[rz]?"
    r"|quién|qué|cuándo|dónde|cómo|cuál|por qué|explica\w*|describ\w+|resum\w+)\b",
    re.IGNORECASE,
)
"""A question, or a task about general knowledge, at the beginning of the text."""


@dataclass(frozen=True, slots=True)
class Options:
    """What counts.

    `persons`: `any` finds every name; `private` lets pass the well-known, in a question that names nobody else and holds nothing private.
    `sure` and `sure_small`: probability from which on a capitalised name counts, and one in lower case; see the model's card for what
    another value costs. `also`: `place` and `organisation` are reported too: in a letter or a résumé they tell who it is about, elsewhere
    they are common knowledge, so that they need a surer model (`sure_small`).
    `longest`: characters of a text that are read, about a second's work; more is a doubt.
    """

    persons: Literal["any", "private"] = "any"
    sure: float = 0.3
    sure_small: float = 0.5
    also: Sequence[str] = ()
    longest: int = 500_000


class Names:
    """Finds `person` and `address`; `place` and `organisation` when asked."""

    __slots__ = ("_last", "_model", "_options", "categories")

    kind = "names"
    is_slow = True

    def __init__(self, model: "Model", options: Options) -> None:
        self._model = model
        self._options = options
        self._last = 4 if options.also else 2
        self.categories = _ALWAYS | frozenset(options.also)

    def detect(self, text: str) -> Iterator[Span]:
        """Spans in the order of the text, read in pieces. Raises `OverBudget` after those of the first `longest` characters."""
        longest = self._options.longest
        spans = [span for stretch in self._model.find(text[:longest], self._last) if (span := self._span(text, stretch)) is not None]
        is_whole = len(text) <= longest
        if not (is_whole and self._options.persons == "private" and _is_general(text, spans)):
            yield from spans
        if not is_whole:
            raise OverBudget

    def _span(self, text: str, stretch: "Stretch") -> Span | None:
        category = _CATEGORIES[stretch.tag]
        start, end = stretch.start, min(stretch.end, stretch.start + (_LONGEST_NAME if stretch.tag == 1 else _LONGEST_ADDRESS))
        while start < end and not text[start].isalnum():
            start += 1
        while end > start and not (text[end - 1].isalnum() or text[end - 1] == "."):
            end -= 1
        found = text[start:end]
        needed = self._options.sure if category in _ALWAYS and not found.islower() else self._options.sure_small
        if category not in self.categories or stretch.probability < needed or not any(map(str.isalpha, found)):
            return None
        return Span(start, end, category, stretch.probability)


def _is_general(text: str, spans: Sequence[Span]) -> bool:
    """Whether a text names well-known people only, asks about them, and holds nothing private near them."""
    return (
        _ASKS.search(text) is not None
        and all(span.category == "person" and _is_well_known(text[span.start : span.end]) for span in spans)
        and not any(_PRIVATE.search(text, max(0, span.start - _NEAR), span.end + _NEAR) for span in spans)
    )


def _is_well_known(name: str) -> bool:
    from classifiers.models.names.well_known import ALONE, WHOLE

    capital = re.search(r"(?<!\w)[^\W\d_a-zà-ÿ]", name)  # a name may have come with a small word before it
    name = name[capital.start() :] if capital else name
    plain = "".join(each for each in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(each))
    plain = " ".join(re.findall(r"\w+", plain.removesuffix("'s")))
    return plain in WHOLE or plain in ALONE


def build(options: Options) -> Names:
    """Load the model (0.1 s, 10 MB). Raises ValueError for options out of range, ImportError without numpy."""
    if options.persons not in ("any", "private"):
        raise ValueError("persons must be any or private")
    if not (0.1 <= options.sure <= 1 and 0.1 <= options.sure_small <= 1):
        raise ValueError("sure and sure_small are probabilities, 0.1 to 1")
    if isinstance(options.also, str) or set(options.also) - set(_CATEGORIES.values()):
        raise ValueError("also is a list of: place, organisation")
    try:
        from classifiers.models.names.model import load
    except ImportError as error:
        raise ImportError("the detector 'names' needs numpy: pip install 'tidegate[names]'") from error
    return Names(load(), options)
