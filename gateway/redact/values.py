"""What is masked: the values that detectors found, and every other place where the same value, or a part of the same name, stands.

Values are looked for in the whole body, not only where they were found: a name that a detector saw once and missed twice would tell itself.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import re2
from typing_extensions import override

from classifiers.prompt import Prompt
from classifiers.signals import Finding
from gateway.redact.placeholders import Placeholder, kind_of

_WORDS = frozenset({"PERSON", "NAME", "ADDRESS", "EMAIL", "USERNAME", "PLACE", "FACILITY", "LOCATION"})
"""Kinds whose values are words: compared without case. Of all others only letters and digits count."""
_NAMES = frozenset({"PERSON", "NAME"})
"""Kinds whose single words are masked too."""
_PARTICLES = frozenset(
    "al an am as at be by de do el in is it la le my no of on or so to up us we da di du der den des del della dos van von und and the "
    "bin ibn ter ten zu zum mr mrs ms miss dr prof sir herr frau mme mlle sr sra jr".split()
)
"""Words of names that are ordinary words, or titles."""
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")  # noqa: RUF001  # the curly apostrophe of a name
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|[nrtbf\"/\\])")
_SPACE = r"[\s\x{a0}]+"
_MOST_PARTS = 26


class Value(msgspec.Struct, frozen=True, array_like=True):
    """A value that got a placeholder, as it was first written. Shows no text in `repr`."""

    kind: str
    number: int
    text: str

    @override
    def __repr__(self) -> str:
        return f"<Value {self.kind}_{self.number}>"


@dataclass(frozen=True, slots=True)
class Mask:
    """A text and the placeholder that stands for it. `is_exact`: upper and lower case matter."""

    text: str = field(repr=False)
    placeholder: Placeholder
    is_exact: bool = False


def identity(kind: str, text: str) -> str:
    """What two ways to write the same value have in common."""
    folded = unicodedata.normalize("NFKC", _unescaped(text)).casefold()
    seen = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    if kind in _WORDS:
        return " ".join(seen.split())
    return "".join(character for character in seen if character.isalnum()) or seen


def values_of(prompt: Prompt, findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Kind and text of what was found, each once, in the order of the prompt. Findings that overlap are one value, and each is one too."""
    texts = {(part.turn, part.part): part.text for part in prompt.parts}
    found: dict[tuple[str, str], None] = {}
    for group in _groups(findings):
        longest = max(group, key=lambda finding: finding.end - finding.start)
        text = texts.get((longest.turn, longest.part), "")
        spans = [(longest.category, min(one.start for one in group), max(one.end for one in group))]
        for category, start, end in spans + [(one.category, one.start, one.end) for one in group]:
            value = text[start:end].strip()
            if len(value) > 1:  # a single character stands everywhere
                found[kind_of(category), value] = None
                found[kind_of(category), _unescaped(value)] = None
    return list(found)


def _groups(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Findings that overlap, together."""
    group: list[Finding] = []
    end = 0
    for finding in sorted(findings, key=lambda each: (each.turn, each.part, each.start, -each.end)):
        if group and ((finding.turn, finding.part) != (group[0].turn, group[0].part) or finding.start >= end):
            yield group
            group = []
        end = max(end, finding.end) if group else finding.end
        group.append(finding)
    if group:
        yield group


def _unescaped(text: str) -> str:
    """The value of a text that stands inside of JSON that is a string; any other text as it is."""
    if _ESCAPE.search(text) is None:
        return text
    try:
        return msgspec.json.decode(f'"{text}"', type=str)
    except (msgspec.DecodeError, UnicodeError):
        return text


class Book:
    """The placeholders of a conversation. Numbers are given out once; `taken` are those that the caller's own text looks like."""

    __slots__ = ("_masks", "_next", "_taken", "_words", "values")

    def __init__(self, known: Sequence[Value], taken: Collection[Placeholder]) -> None:
        self._taken = {(placeholder.kind, placeholder.number) for placeholder in taken}
        self._next: dict[str, int] = {}
        self.values: dict[tuple[str, str], Value] = {}
        self._words: dict[tuple[str, str], Placeholder] = {}
        self._masks: dict[Mask, None] = {}
        for value in known:
            self._next[value.kind] = max(self._next.get(value.kind, 0), value.number)
        for value in known:
            self._enter(value.kind, value.text, value.number)

    @property
    def masks(self) -> tuple[Mask, ...]:
        """What is to be looked for."""
        return tuple(self._masks)

    def add(self, found: Iterable[tuple[str, str]]) -> None:
        """Give placeholders to these kinds and texts. Full names first, so that a single word of one is known as its part."""
        for kind, text in sorted(found, key=lambda each: -len(each[1].split()) if each[0] in _NAMES else 0):
            self._enter(kind, text, 0)

    def _enter(self, kind: str, text: str, number: int) -> None:
        one = identity(kind, text)
        if (kind, one) in self.values:
            self._masks[Mask(text, Placeholder(kind, self.values[kind, one].number))] = None
            return
        part = self._words.get((kind, one))
        if part is not None:
            self._masks[Mask(text, part)] = None
            return
        if not number or (kind, number) in self._taken:
            number = self._fresh(kind)
        self.values[kind, one] = Value(kind, number, text)
        self._masks[Mask(text, Placeholder(kind, number))] = None
        if kind in _NAMES:
            self._parts(kind, number, text)

    def _fresh(self, kind: str) -> int:
        number = self._next.get(kind, 0) + 1
        while (kind, number) in self._taken:
            number += 1
        self._next[kind] = number
        return number

    def _parts(self, kind: str, number: int, text: str) -> None:
        words = _WORD.findall(text)
        if len(words) < 2:
            return
        for place, word in enumerate(words[:_MOST_PARTS]):
            if len(word) < 2 or word.casefold() in _PARTICLES:
                continue
            placeholder = self._words.setdefault((kind, identity(kind, word)), Placeholder(kind, number, chr(65 + place)))
            if placeholder.number == number:
                title = word[0].upper() + word[1:]
                self._masks.update((Mask(form, placeholder, is_exact=True), None) for form in (word, title, word.upper()))


class Masks:
    """Looks for the values of a book in texts, in one pass over each. `values` is what each placeholder that was put in stands for."""

    __slots__ = ("_exact", "_folded", "_pattern", "values")

    def __init__(self, masks: Iterable[Mask]) -> None:
        ordered = sorted(masks, key=lambda mask: (-len(mask.text), mask.is_exact))
        self._exact = {mask.text: mask.placeholder for mask in reversed(ordered) if mask.is_exact}
        self._folded = {_folded(mask.text): mask.placeholder for mask in reversed(ordered) if not mask.is_exact}
        pieces = [piece if mask.is_exact else f"(?i:{piece})" for mask in ordered for piece in (_pattern(mask.text),)]
        self._pattern = re2.compile("|".join(dict.fromkeys(pieces)), _options()) if pieces else None
        self.values: dict[Placeholder, str] = {}

    def seen(self, text: str) -> Iterator[tuple[int, int, Placeholder]]:
        """Where values stand."""
        for match in self._pattern.finditer(text) if self._pattern is not None and text else ():
            start, end = match.span()
            written = text[start:end]
            placeholder = self._exact.get(written) or self._folded.get(_folded(written))
            if placeholder is not None and not _is_inside(text, start, end, placeholder):
                yield start, end, placeholder

    def masked(self, text: str, *, is_bare: bool = False) -> str:
        """The text with placeholders instead of values. `is_bare`: without brackets."""
        pieces, at = [], 0
        for start, end, placeholder in self.seen(text):
            self.values.setdefault(placeholder, text[start:end])
            pieces += [text[at:start], placeholder.bare if is_bare else placeholder.text]
            at = end
        return "".join((*pieces, text[at:])) if pieces else text


def _pattern(text: str) -> str:
    return _SPACE.join(re2.escape(word) for word in text.split()) or re2.escape(text)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _is_inside(text: str, start: int, end: int, placeholder: Placeholder) -> bool:
    """Whether the value is a piece of a longer word or number. A name may have the `s` of a genitive."""
    if start and _joins(text[start - 1], text[start]):
        return True
    after = end
    if placeholder.kind in _NAMES and text[end : end + 1] == "s":
        after = end + 1
    return after < len(text) and _joins(text[end - 1], text[after])


def _joins(one: str, other: str) -> bool:
    return (one.isalnum() or one == "_") and (other.isalnum() or other == "_")


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = 64 << 20
    options.log_errors = False
    return options
