"""From a decoded body to a `Prompt`: every string, every long number and every unfamiliar object key becomes a part that is scanned."""

from classifiers.prompt import Part, Place, Prompt
from classifiers.signals import Doubt
from gateway.wire.familiar import (
    KEYS,
    KNOWN,
    LONGEST_WORD,
    PARAMETERS,
    PLACE_OF_KEY,
    PLAIN_KEYS,
    RESULTS,
    SPEAKERS,
    TELLING,
    WORDS,
    place_of_turn,
)
from gateway.wire.leaves import (
    BEGINNING,
    LONG_NUMBER,
    LONGEST_PAIR,
    MOST_IN_ROW,
    NUMBERS,
    OPENS_JSON,
    are_small,
    inside,
    is_prose,
    row,
    written,
)
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

MOST_VALUES = 100_000
"""Values and keys that one body may hold. Each costs some microseconds here and again in every detector, whatever its length: the million
that would fit a body of 10 MB would hold up everybody else for many seconds. Token ids are not counted, they cost next to nothing."""

_MOST_INSIDE = 5_000
"""Keys inside of JSON strings that are read together with their values; the strings themselves are scanned whole in any case."""
_LONGEST_INSIDE = 200_000


class TooDeep(ValueError):
    """The body nests deeper than the limit."""


class TooMany(ValueError):
    """The body holds more values than the limit."""


class Walk:
    """One walk over one body, no deeper than `deepest`. `pairs` counts the members of all objects met.

    No struct: what is counted here is set several times for each value, and a struct's member is set more slowly than a plain one.
    """

    turn: int = -1
    part: int = 0
    pairs: int = 0
    left: int = MOST_VALUES
    left_inside: int = _MOST_INSIDE

    def __init__(self, deepest: int) -> None:
        """Before the first value."""
        self.deepest = deepest
        self.parts: list[Part] = []
        self.doubts: list[Doubt] = []

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
        place = place_of_turn(message)
        for key, value in message.items():
            if type(value) is str and key in PLAIN_KEYS:
                if key == "content" or value not in WORDS:
                    self._text(value, PLACE_OF_KEY.get(key, place))
            elif value is not None or key not in PLAIN_KEYS:
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
            if not are_small(value):
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
        if kind is dict:
            self._object(value, place, depth)  # type: ignore[arg-type]  # it is one
        elif kind is str:
            if value not in WORDS:
                self._text(value, place)  # type: ignore[arg-type]  # it is a string
        elif kind is list:
            self._list(value, place, depth)  # type: ignore[arg-type]  # it is one
        elif (kind is int or kind is float) and abs(value) >= LONG_NUMBER:  # type: ignore[arg-type]  # it is a number
            self._text(written(value), place)

    def _object(self, members: dict[str, object], place: Place, depth: int) -> None:
        self._enter(len(members), depth)
        plain, made_by_models = PLAIN_KEYS, SIGNATURES
        kind = members.get("type")
        if type(kind) is str and kind in TELLING:
            made_by_models = SEALED.get(kind, SIGNATURES)
            plain = PLAIN_KEYS - made_by_models
            place = "result" if place == "content" and kind in RESULTS else place
        for key, value in members.items():
            if type(value) is str and key in plain:
                if len(value) > LONGEST_WORD or value not in WORDS:
                    self._text(value, PLACE_OF_KEY.get(key, place))
            elif type(value) is dict and key not in KNOWN:  # what `_member` does, at once: schemas consist of these
                self._text(key, "field")
                self._object(value, place, depth + 1)
            elif key in plain:
                self.value(value, PLACE_OF_KEY.get(key, place), depth + 1)
            elif type(value) is str and key in made_by_models:
                self._text(value, place, is_sealed=True)
            else:
                self._member(key, value, place, depth)

    def _parameters(self, named: object, place: Place, depth: int) -> None:
        """The parameters of a tool: a name such as `image_url` is one, and not a picture."""
        if place != "tool" or type(named) is not dict:
            self.value(named, place, depth)
            return
        self._enter(len(named), depth)
        for name, schema in named.items():
            self._text(name, "field")
            self.value(schema, place, depth + 1)

    def _list(self, items: list[object], place: Place, depth: int) -> None:
        if depth > self.deepest:
            raise TooDeep
        if not items:
            return
        if not NUMBERS.isdisjoint(map(type, items)):
            if digits := row(items):
                self._text(digits, place)
            if are_small(items):
                return
        self._count(len(items))
        for item in items:
            if type(item) is dict:
                self._object(item, place, depth + 1)
            else:
                self.value(item, place, depth + 1)

    def _member(self, key: str, value: object, place: Place, depth: int) -> None:
        if key in PLAIN_KEYS:
            self.value(value, PLACE_OF_KEY.get(key, place), depth + 1)
        elif key == PARAMETERS:
            self._parameters(value, place, depth + 1)
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
        said = written(value) if is_read_together else ""
        if said and len(key) + len(said) < LONGEST_PAIR:
            self._pair(key, said, "field")
            return
        self._text(key, "field")
        if type(value) is list and len(value) <= MOST_IN_ROW:
            self._listed(key, value)
        self.value(value, place, depth + 1)

    def _listed(self, key: str, values: list[object]) -> None:
        """A key that says what each of a few values is."""
        for value in values:
            said = written(value)
            if said and len(key) + len(said) < LONGEST_PAIR:
                self._pair(key, said, "field")

    def _pair(self, key: str, said: str, place: Place) -> None:
        self.parts.append(Part(f"{key}: {said}", self.turn, self.part, place, len(key) + 2))
        self.part += 1

    def _text(self, text: str, place: Place, *, is_sealed: bool = False) -> None:
        if (
            ";" not in text and text[:1] not in OPENS_JSON and (len(text) <= SHORT or " " in text[:BEGINNING].rstrip())
        ):  # `is_prose`, without a call for each
            self.parts.append(Part(text, self.turn, self.part, place))
            self.part += 1
            return
        if ";" in text or len(text) > SHORT:  # one sign is looked for much faster than eight
            if not is_sealed and is_undecodable(text):
                self.doubts.append(Doubt("media", self.turn, self.part))
            if ";base64," in text and self._is_data_url(text):
                self.part += 1
                return
        self.parts.append(Part(text, self.turn, self.part, place))
        self.part += 1
        if text[:1] in OPENS_JSON and self.left_inside > 0 and len(text) <= _LONGEST_INSIDE:
            self._json(text, place)

    def _is_data_url(self, text: str) -> bool:
        """Whether the text is a data URL that is not read in its place. What cannot be read of those that stand in it is a doubt."""
        if any(not is_readable(url) for url in DATA_URL.finditer(text)):
            self.doubts.append(Doubt("media", self.turn, self.part))
        return text.startswith("data:") and is_encoded(text) and not is_text_file(text)

    def _json(self, text: str, place: Place) -> None:
        """The pairs of a JSON text in a string, such as a tool call's arguments, read together as those of the body are."""
        waiting = inside(text)
        while waiting and self.left_inside > 0:
            value = waiting.pop()
            if isinstance(value, dict):
                self.left_inside -= len(value)
                for key, member in value.items():
                    said = written(member)
                    if said and key not in KEYS and len(key) + len(said) < LONGEST_PAIR:
                        self._pair(key, said, place)
                    waiting.append(member)
            elif isinstance(value, list):
                self.left_inside -= len(value)
                waiting += value
            elif isinstance(value, str) and value[:1] in OPENS_JSON:
                waiting += inside(value)

    def _enter(self, members: int, depth: int) -> None:
        """An object with so many members."""
        if depth > self.deepest:
            raise TooDeep
        self.pairs += members
        self.left -= members
        if self.left < 0:
            raise TooMany

    def _count(self, values: int) -> None:
        self.left -= values
        if self.left < 0:
            raise TooMany
