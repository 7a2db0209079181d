"""`names`: people and street addresses in English, German, French and Spanish, by a small model of our own (`classifiers/models/names`).

And people of whom the words before them tell (`told.py`), whatever the model thinks.
Also the places and organisations that tell whom a text is about: where somebody works or lives.
Some milliseconds for 2,000 characters, so it runs only for what would leave. Needs numpy: the extra `names`.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from classifiers.kinds import OverBudget, Span
from classifiers.models.names.own import tells
from classifiers.models.names.told import told

if TYPE_CHECKING:
    from classifiers.models.names.model import Model, Stretch

_CATEGORIES: Final = {1: "person", 2: "address", 3: "place", 4: "organisation"}
_ALWAYS: Final = frozenset({"person", "address"})
_TELLING: Final = frozenset({"place", "organisation"})

_LONGEST_NAME, _LONGEST_ADDRESS = 120, 200
"""Characters; what is longer is no name, but a doubt about where it ends: it is cut, not dropped."""

_MOST: Final = 5_000
"""Findings in one text. The rest of a longer list of names is a doubt: to sort it would hold up everybody else."""

_SURE_OWN: Final = 0.35
"""Probability from which on a place or an organisation counts that the words around it tell to be somebody's own."""

_TOLD: Final = 0.7
"""Confidence in a name of which only the words before it speak."""

_LONGEST_UNCASED: Final = 6
"""Letters of a name in a script without capitals, of which the model knows next to nothing: a whole sentence there is one word to it."""

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
    r"\W*(?:who|what|when|where|why|how|which|did|was|is|tell me|explain|describe|summari[sz]e|compare|discuss|list"
    r"|write an? (?:essay|article|poem)"
    r"|wer|was|wann|wo|warum|wie|welche\w*|erkläre?|beschreibe?|vergleiche?|fasse|nenne?"
    r"|qui|que|quand|où|pourquoi|comment|quel\w*|explique[rz]?|décri\w+|compare[rz]?|résume[rz]?"
    r"|quién|qué|cuándo|dónde|cómo|cuál|por qué|explica\w*|describ\w+|resum\w+)\b",
    re.IGNORECASE,
)
"""A question or a task about general knowledge, at the beginning of a text."""


@dataclass(frozen=True, slots=True)
class Options:
    """What counts.

    `persons`: `any` finds every name; `private` lets pass the well-known, in a question that names nobody else and holds nothing private.
    `sure` and `sure_small`: probability from which on a capitalised name counts, and one in lower case; see the model's card for what
    another value costs. `own`: places and organisations count where the words around them say that they are somebody's own: an employer, a
    home, an application, a letter (`classifiers/models/names/own.py`). `also`: `place` and `organisation` count wherever they stand, if
    the model is as sure as `sure_small`.
    `longest`: characters of a text that are read, about a second's work; more is a doubt.
    """

    persons: Literal["any", "private"] = "any"
    sure: float = 0.25
    sure_small: float = 0.5
    own: bool = True
    also: Sequence[str] = ()
    longest: int = 500_000


class Names:
    """Finds `person` and `address`, and `place` and `organisation` as its options say."""

    __slots__ = ("_anywhere", "_last", "_model", "_options", "categories")

    kind = "names"
    is_slow = True

    def __init__(self, model: "Model", options: Options) -> None:
        self._model = model
        self._options = options
        self._last = 4 if options.also or options.own else 2
        self._anywhere = _ALWAYS | frozenset(options.also)
        self.categories = self._anywhere | (_TELLING if options.own else frozenset())

    def detect(self, text: str) -> Iterator[Span]:
        """Spans in the order of the text, read in pieces. Raises `OverBudget` after those of the first `longest` characters."""
        longest = self._options.longest
        is_own = tells(text[:longest]) if self._options.own else _never
        found = (self._span(text, stretch, is_own) for stretch in self._model.find(text[:longest], self._last))
        spans = list(islice((span for span in found if span is not None), _MOST + 1))
        spans = sorted((*spans, *self._told(text[:longest], spans)), key=lambda span: span.start)[: _MOST + 1]
        is_whole = len(text) <= longest and len(spans) <= _MOST
        if not (is_whole and self._options.persons == "private" and _is_general(text, spans)):
            yield from spans
        if not is_whole:
            raise OverBudget

    def _span(self, text: str, stretch: "Stretch", is_own: Callable[[int], bool]) -> Span | None:
        category = _CATEGORIES[stretch.tag]
        start, end = stretch.start, min(stretch.end, stretch.start + (_LONGEST_NAME if stretch.tag == 1 else _LONGEST_ADDRESS))
        while start < end and not text[start].isalnum():
            start += 1
        while end > start and not (text[end - 1].isalnum() or text[end - 1] == "."):
            end -= 1
        found = text[start:end]
        is_sure = stretch.probability >= (self._options.sure if category in _ALWAYS and not found.islower() else self._options.sure_small)
        counts = (is_sure and category in self._anywhere) or (category in _TELLING and stretch.probability >= _SURE_OWN and is_own(start))
        return Span(start, end, category, stretch.probability) if counts and _is_name(found) else None

    def _told(self, text: str, spans: Sequence[Span]) -> Iterator[Span]:
        """What the words before tell to be a name, where none of the spans is: the model knows best where one ends."""
        ends = [span.end for span in spans]
        for name in told(text):
            after = bisect_right(ends, name.start)
            if (after == len(spans) or spans[after].start >= name.end) and (self._options.own or not name.is_firm):
                yield Span(name.start, name.end, "organisation" if name.is_firm else "person", _TOLD)


def _never(_start: int) -> bool:
    return False


def _is_name(found: str) -> bool:
    """Whether it has letters, and not only a long run of those that have no capitals."""
    letters = "".join(filter(str.isalpha, found))
    return letters.lower() != letters.upper() or 1 < len(letters) <= _LONGEST_UNCASED


def _is_general(text: str, spans: Sequence[Span]) -> bool:
    """Whether a text names well-known people only, asks about them, and holds nothing private near them."""
    return (
        ("?" in text or _ASKS.match(text) is not None)
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
