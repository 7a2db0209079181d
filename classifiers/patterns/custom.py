"""Patterns that an operator adds in YAML: one mapping each, checked before it may run."""

from collections.abc import Callable, Mapping, Sequence

import re2
from stdnum import damm, luhn, verhoeff
from stdnum.iso7064 import mod_97_10

from classifiers.patterns.checks import compact
from classifiers.scan import Row, re2_options

MOST, LONGEST, LARGEST = 200, 1_000, 10_000
"""Patterns, characters of one, and instructions of what it is compiled to: `\\pL{1000}` has more than all built-in rows together."""

CHECKS: Mapping[str, Callable[[str], bool]] = {
    "damm": damm.is_valid,
    "luhn": luhn.is_valid,
    "mod97": mod_97_10.is_valid,
    "verhoeff": verhoeff.is_valid,
}
"""Check digits that an added pattern may ask for; separators are taken out first."""

KEYS = ("category", "pattern", "context", "check")

_NAME = re2.compile(r"[a-z][a-z0-9_]{0,39}")
_TEXTS = ("", "a", " ", "a b", "1")
"""Whatever can match nothing at all does so in one of these."""


def rows(added: Sequence[Mapping[str, object]]) -> tuple[Row, ...]:
    r"""A row for each of `added`, such as `{category: badge, pattern: 'BDG-(\d{6})', context: [badge, access card], check: luhn}`.

    Raises ValueError; the message says which one, what is wrong and what to do.
    """
    if isinstance(added, (str, bytes, Mapping)) or not isinstance(added, Sequence):
        raise ValueError("add must be a list of mappings, such as [{category: badge, pattern: 'BDG-[0-9]{6}'}]")  # noqa: TRY004  # a mistake in the file, like the others
    if len(added) > MOST:
        raise ValueError(f"add: at most {MOST} patterns; join those of a category with |")
    return tuple(_row(f"add[{index}]", each) for index, each in enumerate(added))


def _row(where: str, given: object) -> Row:
    if not isinstance(given, Mapping):
        raise ValueError(f"{where} must be a mapping with category and pattern")  # noqa: TRY004  # the operator reads the sentence
    for key in given:
        if key not in KEYS:
            raise ValueError(f"{where}: there is no {key!r}; it takes {', '.join(KEYS)}")
    category = given.get("category")
    if not isinstance(category, str) or _NAME.fullmatch(category) is None:
        raise ValueError(f"{where}.category must be a name of small letters, digits and underscores, such as badge")
    check = given.get("check")
    if check is not None and check not in CHECKS:
        raise ValueError(f"{where}.check must be one of {', '.join(CHECKS)}")
    pattern = _pattern(f"{where}.pattern", given.get("pattern"))
    context = _context(f"{where}.context", given.get("context", ()))
    return Row(category, pattern, compact(CHECKS[str(check)]) if check else None, context, is_bounded=False)


def _pattern(where: str, pattern: object) -> str:
    if not isinstance(pattern, str) or not pattern:
        raise ValueError(f"{where} must be a string: what to look for, in re2's syntax")
    regex = _compiled(where, pattern)
    if regex.groups > 1:
        raise ValueError(f"{where} has {regex.groups} groups; at most one, which is what is found: write (?:...) for the others")
    if any(match.start() == match.end() for text in _TEXTS for match in regex.finditer(text)):
        raise ValueError(f"{where} can match nothing at all, so it would be everywhere: say what must be there")
    return pattern


def _context(where: str, context: object) -> str:
    words = [context] if isinstance(context, str) else context
    if not isinstance(words, Sequence) or not all(isinstance(word, str) and word for word in words):
        raise ValueError(f"{where} must be a word or a list of words, one of which must stand near")
    context = "|".join(f"(?:{word})" for word in words)
    if context:
        _compiled(where, context)
    return context


def _compiled(where: str, pattern: str) -> re2._Regexp:
    if len(pattern) > LONGEST:
        raise ValueError(f"{where} has {len(pattern)} characters; at most {LONGEST}: write several patterns")
    try:
        regex = re2.compile(pattern, re2_options())
    except re2.error as error:
        raise ValueError(f"{where} is not in re2's syntax (no look-around, no back-references)") from error
    if regex.programsize > LARGEST:
        raise ValueError(f"{where} is too large: repeat less, or smaller classes")
    return regex
