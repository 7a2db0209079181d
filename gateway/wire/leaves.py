"""Leaves of a body: what single values say, as text, and which say nothing."""

import msgspec

from gateway.wire.familiar import QUIET_KEYS
from gateway.wire.opaque import SHORT

NUMBERS = frozenset({int, float})
LONGEST_PAIR = 300
"""Characters up to which an unfamiliar key and its value are one part."""
LONG_NUMBER = 1_000_000
"""Numbers from this size on are scanned as text: a card or identity number may travel as a JSON number."""
OPENS_JSON = frozenset('{["')
"""How a text begins that may be JSON: an object, a list, a string."""
BEGINNING = 64
"""Characters among which prose has a space."""
_FEWEST_DIGITS, MOST_IN_ROW = 9, 40
"""Digits and items of a list that may be one number in pieces."""


def is_prose(text: str) -> bool:
    """Whether a text is sure to be neither JSON nor base64, nor to hold such: a space with something behind it says so. Most are."""
    return ";" not in text and text[:1] not in OPENS_JSON and (len(text) <= SHORT or " " in text[:BEGINNING].rstrip())


def is_plain(key: str, value: object) -> bool:
    """Whether a member is one of the protocol's own with a value that can carry nothing: most members of most bodies."""
    kind = type(value)
    is_number = kind is int or kind is float
    is_small = is_number and -LONG_NUMBER < value < LONG_NUMBER  # type: ignore[operator]  # it is a number
    return (is_small or kind is bool or value is None) and key in QUIET_KEYS


def inside(text: str) -> list[object]:
    """What the JSON in a string says; nothing for what is no JSON, which is scanned as the text that it is."""
    try:
        return [msgspec.json.decode(text)]
    except (ValueError, RecursionError):
        return []


def row(items: list[object]) -> str:
    """A short list with numbers in it as one text: it may be one number in pieces. Empty for any other."""
    if not 1 < len(items) <= MOST_IN_ROW or not any(type(item) in (int, float) for item in items):
        return ""
    texts = [written(item) for item in items]
    lengths = [len(item) if item.isdigit() else 0 for item in texts]
    is_even = min(lengths) > 0 and set(lengths[:-1]) == {lengths[0]} and lengths[-1] <= lengths[0]
    return " ".join(texts) if is_even and _FEWEST_DIGITS <= sum(lengths) < LONGEST_PAIR else ""


def are_small(items: list[object]) -> bool:
    """Whether the list holds nothing but whole numbers too short to be scanned: token ids, a million of which may be."""
    return set(map(type, items)) == {int} and max(map(abs, items)) < LONG_NUMBER  # type: ignore[arg-type]  # they are numbers


def written(value: object) -> str:
    """A scalar as text; empty for anything else, and for a data URL, which is looked at by itself."""
    if type(value) is str:
        return "" if value.startswith("data:") else value
    if type(value) is int:
        return str(value)
    if type(value) is float:
        whole = str(int(value))
        return whole if value == int(value) else f"{whole} {value!r}" if abs(value) >= LONG_NUMBER else repr(value)
    return ""
