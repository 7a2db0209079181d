"""From a decoded body to a `Prompt`: every string, every long number and every unfamiliar object key becomes a part that is scanned.

The walk also counts what the strict decoder needs: members of objects (to find duplicate keys) and nesting.
"""

import msgspec

from classifiers.prompt import Part, Place, Prompt
from classifiers.signals import Doubt
from gateway.wire.familiar import KEYS, PLACE_OF_KEY, PLACE_OF_ROLE, PLAIN_KEYS, QUIET_KEYS, RESULTS, SPEAKERS, WORDS
from gateway.wire.opaque import (
    DATA_URL,
    OPAQUE,
    SEALED,
    SHORT,
    SIGNATURES,
    SOURCES,
    elsewhere,
    is_encoded,
    is_readable,
    is_text_file,
    is_undecodable,
)

_NUMBERS = frozenset({int, float})
_SPACES = frozenset(filter(str.isspace, map(chr, range(0x10000))))
LONGEST_PAIR = 300
"""Characters up to which an unfamiliar key and its value are one part."""
LONG_NUMBER = 1_000_000
"""Numbers from this size on are scanned as text: a card or identity number may travel as a JSON number."""


MOST_VALUES = 100_000
"""Values and keys that one body may hold. Each costs some microseconds here and again in every detector, whatever its length: the million
that would fit a body of 10 MB would hold up everybody else for many seconds. Token ids are not counted, they cost next to nothing."""

_MOST_INSIDE = 5_000
"""Keys inside of JSON strings that are read together with their values; the strings themselves are scanned whole in any case."""
_LONGEST_INSIDE = 200_000
_OPENS_JSON = frozenset('{["')
_FEWEST_DIGITS, _MOST_IN_ROW = 9, 40
"""Digits and items of a list that may be one number in pieces."""


class TooDeep(ValueError):
    """The body nests deeper than the limit."""


class TooMany(ValueError):
    """The body holds more values than the limit."""


class Walk(msgspec.Struct, gc=False):
    """One walk over one body, no deeper than `deepest`. `pairs` counts the members of all objects met."""

    deepest: int
    parts: list[Part] = []
    doubts: list[Doubt] = []
    pairs: int = 0
    turn: int = -1
    part: int = 0
    left: int = MOST_VALUES
    left_inside: int = _MOST_INSIDE

    def prompt(self) -> Prompt:
        """What was met so far."""
        return Prompt(tuple(self.parts), tuple(self.doubts) if self.doubts else ())

    def messages(self, messages: list[dict[str, object]], depth: int) -> None:
        """A list of chat messages: one turn each."""
        if depth + 1 > self.deepest:
            raise TooDeep
        append, plain = self.parts.append, 0
        for turn, message in enumerate(messages):
            if len(message) == 2 and type(role := message.get("role")) is str and type(text := message.get("content")) is str:
                place = SPEAKERS.get(role)
                if place is not None and is_prose(text):  # most turns
                    append(Part(text, turn, 0, place))
                    plain += 2
                    continue
            self._message(message, turn, depth + 1)
        self.pairs += plain
        self._count(len(messages) + plain)

    def _message(self, message: dict[str, object], turn: int, depth: int) -> None:
        self.pairs += len(message)
        self._count(len(message))
        outside, self.turn, self.part = self.part, turn, 0
        role = message.get("role")
        place = PLACE_OF_ROLE.get(role, "content") if type(role) is str else "content"
        for key, value in message.items():
            if key == "content" and type(value) is str:
                self._text(value, place)
            elif key != "role" or type(value) is not str or value not in WORDS:
                self._member(key, value, place, depth)
        self.turn, self.part = -1, outside

    def texts(self, value: object, depth: int) -> None:
        """`prompt` or `input`: a string, a list of strings, or token ids, which nobody can read."""
        outside = self.part
        if not isinstance(value, list):
            self.turn, self.part = 0, 0
            self.value(value, "content", depth)
        else:
            if value and set(map(type, value)) != {str}:
                self.doubts.append(Doubt("undecodable", 0, 0))
            if not _are_small(value):
                self._count(len(value))
                for self.turn, item in enumerate(value):
                    self.part = 0
                    self.value(item, "content", depth + 1)
        self.turn, self.part = -1, outside

    def member(self, key: str, value: object) -> None:
        """A member of the body itself, outside of the turns."""
        self._member(key, value, "field", 1)

    def value(self, value: object, place: Place, depth: int) -> None:
        """Any JSON value."""
        kind = type(value)
        if kind is str:
            if value not in WORDS:
                self._text(value, place)  # type: ignore[arg-type]  # it is a string
        elif kind is dict:
            self._object(value, place, depth)  # type: ignore[arg-type]  # it is one
        elif kind is list:
            self._list(value, place, depth)  # type: ignore[arg-type]  # it is one
        elif (kind is int or kind is float) and abs(value) >= LONG_NUMBER:  # type: ignore[arg-type]  # it is a number
            self._text(_written(value), place)

    def _object(self, members: dict[str, object], place: Place, depth: int) -> None:
        if depth > self.deepest:
            raise TooDeep
        self.pairs += len(members)
        self._count(len(members))
        kind = members.get("type")
        if type(kind) is not str:
            kind = ""
        if kind in RESULTS and place == "content":
            place = "result"
        made_by_models = SEALED.get(kind, SIGNATURES)
        for key, value in members.items():
            if key in made_by_models and type(value) is str:
                self._text(value, place, is_sealed=True)
            else:
                self._member(key, value, place, depth)

    def _list(self, items: list[object], place: Place, depth: int) -> None:
        if depth > self.deepest:
            raise TooDeep
        if not (kinds := set(map(type, items))):
            return
        if not kinds.isdisjoint(_NUMBERS):
            if row := _row(items):
                self._text(row, place)
            if _are_small(items):
                return
        self._count(len(items))
        for item in items:
            self.value(item, place, depth + 1)

    def _member(self, key: str, value: object, place: Place, depth: int) -> None:
        if key in PLAIN_KEYS:
            self.value(value, PLACE_OF_KEY.get(key, place), depth + 1)
        elif key in OPAQUE or key in SOURCES:
            self._opaque(key, value, place, depth)
        else:
            self._unfamiliar(key, value, place, depth)

    def _opaque(self, key: str, value: object, place: Place, depth: int) -> None:
        """A member that may hold, or point to, what no detector can read."""
        opaque = OPAQUE.get(key)
        if opaque is not None and is_text_file(value):
            opaque = None
        if kind := opaque or elsewhere(key, value):
            self.doubts.append(Doubt("media" if kind == "media" else "remote", self.turn, self.part))
        if opaque is not None and type(value) is str and is_encoded(value):
            if key not in KEYS:
                self._text(key, "field")
        elif key not in KEYS:
            self._unfamiliar(key, value, place, depth, is_read_together=opaque is None)
        else:
            self.value(value, place, depth + 1)

    def _unfamiliar(self, key: str, value: object, place: Place, depth: int, *, is_read_together: bool = True) -> None:
        """A member whose key is the caller's own. A scalar is read together with it: `password` or `date_of_birth` says what it is."""
        if type(value) is dict:
            self._text(key, "field")
            self._object(value, place, depth + 1)
            return
        written = _written(value) if is_read_together else ""
        if written and len(key) + len(written) < LONGEST_PAIR:
            self._pair(key, written, "field")
            return
        self._text(key, "field")
        if type(value) is list and len(value) <= _MOST_IN_ROW:
            self._listed(key, value)
        self.value(value, place, depth + 1)

    def _listed(self, key: str, values: list[object]) -> None:
        """A key that says what each of a few values is."""
        for value in values:
            written = _written(value)
            if written and len(key) + len(written) < LONGEST_PAIR:
                self._pair(key, written, "field")

    def _pair(self, key: str, written: str, place: Place) -> None:
        self.parts.append(Part(f"{key}: {written}", self.turn, self.part, place, len(key) + 2))
        self.part += 1

    def _text(self, text: str, place: Place, *, is_sealed: bool = False) -> None:
        if len(text) > SHORT and not is_sealed and is_undecodable(text):
            self.doubts.append(Doubt("media", self.turn, self.part))
        if ";" in text and ";base64," in text and self._is_data_url(text):  # one sign is looked for much faster than eight
            self.part += 1
            return
        self.parts.append(Part(text, self.turn, self.part, place))
        self.part += 1
        if text[:1] in _OPENS_JSON and self.left_inside > 0 and len(text) <= _LONGEST_INSIDE:
            self._json(text, place)

    def _is_data_url(self, text: str) -> bool:
        """Whether the text is a data URL that is not read in its place. What cannot be read of those that stand in it is a doubt."""
        if any(not is_readable(url) for url in DATA_URL.finditer(text)):
            self.doubts.append(Doubt("media", self.turn, self.part))
        return text.startswith("data:") and is_encoded(text) and not is_text_file(text)

    def _json(self, text: str, place: Place) -> None:
        """The pairs of a JSON text in a string, such as a tool call's arguments, read together as those of the body are."""
        waiting = _decoded(text)
        while waiting and self.left_inside > 0:
            value = waiting.pop()
            if isinstance(value, dict):
                self.left_inside -= len(value)
                for key, member in value.items():
                    written = _written(member)
                    if written and key not in KEYS and len(key) + len(written) < LONGEST_PAIR:
                        self._pair(key, written, place)
                    waiting.append(member)
            elif isinstance(value, list):
                self.left_inside -= len(value)
                waiting += value
            elif isinstance(value, str) and value[:1] in _OPENS_JSON:
                waiting += _decoded(value)

    def _count(self, values: int) -> None:
        self.left -= values
        if self.left < 0:
            raise TooMany


def is_prose(text: str) -> bool:
    """Whether a text is sure to be neither JSON nor base64, nor to hold such: a space before its last character says so. Most are."""
    if ";" in text or text[:1] in _OPENS_JSON:
        return False
    return len(text) <= SHORT or (" " in text and text[-1] not in _SPACES)


def is_plain(key: str, value: object) -> bool:
    """Whether a member is one of the protocol's own with a value that can carry nothing: most members of most bodies."""
    kind = type(value)
    is_number = kind is int or kind is float
    is_small = is_number and -LONG_NUMBER < value < LONG_NUMBER  # type: ignore[operator]  # it is a number
    return (is_small or kind is bool or value is None) and key in QUIET_KEYS


def _decoded(text: str) -> list[object]:
    """What the JSON in a string says; nothing for what is no JSON, which is scanned as the text that it is."""
    try:
        return [msgspec.json.decode(text)]
    except (ValueError, RecursionError):
        return []


def _row(items: list[object]) -> str:
    """A short list with numbers in it as one text: it may be one number in pieces. Empty for any other."""
    if not 1 < len(items) <= _MOST_IN_ROW or not any(type(item) in (int, float) for item in items):
        return ""
    written = [_written(item) for item in items]
    lengths = [len(item) if item.isdigit() else 0 for item in written]
    is_even = min(lengths) > 0 and set(lengths[:-1]) == {lengths[0]} and lengths[-1] <= lengths[0]
    return " ".join(written) if is_even and _FEWEST_DIGITS <= sum(lengths) < LONGEST_PAIR else ""


def _are_small(items: list[object]) -> bool:
    """Whether the list holds nothing but whole numbers too short to be scanned: token ids, a million of which may be."""
    return set(map(type, items)) == {int} and max(map(abs, items)) < LONG_NUMBER  # type: ignore[arg-type]  # they are numbers


def _written(value: object) -> str:
    """A scalar as text; empty for anything else, and for a data URL, which is looked at by itself."""
    if type(value) is str:
        return "" if value.startswith("data:") else value
    if type(value) is int:
        return str(value)
    if type(value) is float:
        whole = str(int(value))
        return whole if value == int(value) else f"{whole} {value!r}" if abs(value) >= LONG_NUMBER else repr(value)
    return ""
