"""From a decoded body to a `Prompt`: every string, every long number and every unfamiliar object key becomes a part that is scanned.

The walk also counts what the strict decoder needs: members of objects (to find duplicate keys) and nesting.
"""

import msgspec

from classifiers.prompt import Part, Place, Prompt
from classifiers.signals import Doubt
from gateway.wire.opaque import DATA_URL, OPAQUE, SHORT, elsewhere, is_encoded, is_readable, is_text_file, is_undecodable, sealed

_FAMILIAR_WORDS = frozenset(
    (
        "user assistant system developer tool function text image_url input_audio file auto none required json_object json_schema low "
        "medium high minimal object string number integer boolean array null default flex priority float base64 audio stop length"
    ).split()
)
"""Values that the protocol itself defines. They carry nothing of the caller's, so they are not scanned."""

_FAMILIAR_KEYS = frozenset(
    (
        "role content type text name messages model stream stream_options include_usage temperature top_p n max_tokens "
        "max_completion_tokens stop tools tool_choice tool_calls tool_call_id function arguments description parameters properties "
        "required items enum strict id index user metadata response_format json_schema schema seed logprobs top_logprobs "
        "presence_penalty frequency_penalty logit_bias prompt input suffix image_url url detail input_audio data format file file_id "
        "file_data filename reasoning_effort parallel_tool_calls prediction modalities audio service_tier store verbosity "
        "safety_identifier prompt_cache_key dimensions encoding_format best_of echo additionalProperties title refusal reasoning "
        "reasoning_content function_call functions top_k min_p repetition_penalty extra_body"
    ).split()
)

_PLACE_OF_ROLE: dict[object, Place] = {
    "system": "instruction",
    "developer": "instruction",
    "assistant": "answer",
    "model": "answer",
    "tool": "result",
    "function": "result",
}
"""Any other role is a person's."""
_RESULTS = frozenset({"tool_result", "function_call_output", "mcp_tool_result"})
"""Content parts of a person's turn that hold what a tool returned."""
_PLACE_OF_KEY: dict[str, Place] = {"name": "name", "filename": "name", "tools": "tool", "functions": "tool", "arguments": "call"}
LONGEST_PAIR = 300
"""Characters up to which an unfamiliar key and its value are one part."""
LONG_NUMBER = 1_000_000
"""Numbers from this size on are scanned as text: a card or identity number may travel as a JSON number."""


MOST_VALUES = 100_000
"""Values and keys that one body may hold. Each costs some microseconds here and again in every detector, whatever its length: the million
that would fit a body of 10 MB would hold up everybody else for many seconds. Token ids are not counted, they cost next to nothing."""

_MOST_INNER = 5_000
"""Keys inside of JSON strings that are read together with their values; the strings themselves are scanned whole in any case."""
_LONGEST_INNER = 200_000
_OPENS_JSON = ("{", "[", '"')
_FEWEST_DIGITS, _MOST_IN_ROW = 9, 40
"""Digits and items of a list that may be one number in pieces."""


class TooDeep(ValueError):
    """The body nests deeper than the limit."""


class TooMany(ValueError):
    """The body holds more values than the limit."""


class Walk:
    """One walk over one body. `pairs` counts the members of all objects met."""

    __slots__ = ("_deepest", "_inner", "_left", "_next", "doubts", "pairs", "parts")

    def __init__(self, deepest: int) -> None:
        self._deepest = deepest
        self._left = MOST_VALUES
        self._inner = _MOST_INNER
        self._next: dict[int, int] = {}
        self.parts: list[Part] = []
        self.doubts: list[Doubt] = []
        self.pairs = 0

    def prompt(self) -> Prompt:
        """What was met so far."""
        return Prompt(tuple(self.parts), tuple(self.doubts))

    def messages(self, messages: list[object], depth: int) -> None:
        """A list of chat messages: one turn each."""
        if depth + 1 > self._deepest:
            raise TooDeep
        self._count(len(messages))
        for turn, message in enumerate(messages):
            if type(message) is not dict:
                self.value(message, "content", turn, depth + 1)
                continue
            self.pairs += len(message)
            self._count(len(message))
            role = message.get("role")
            place = _PLACE_OF_ROLE.get(role, "content") if type(role) is str else "content"
            for key, value in message.items():
                if type(value) is str and key == "content":
                    self._text(value, place, turn)
                elif key == "role" and type(value) is str and value in _FAMILIAR_WORDS:
                    continue
                else:
                    self._member(key, value, place, turn, depth + 1)

    def texts(self, value: object, depth: int) -> None:
        """`prompt` or `input`: a string, a list of strings, or token ids, which nobody can read."""
        if isinstance(value, list) and value and not all(type(item) is str for item in value):
            self.doubts.append(Doubt("undecodable", 0, 0))
        if isinstance(value, list):
            if _are_small(value):
                return
            self._count(len(value))
            for turn, item in enumerate(value):
                self.value(item, "content", turn, depth + 1)
            return
        self.value(value, "content", 0, depth)

    def member(self, key: str, value: object) -> None:
        """A member of the body itself, outside of the turns."""
        self._member(key, value, "field", -1, 1)

    def value(self, value: object, place: Place, turn: int, depth: int) -> None:
        """Any JSON value."""
        if type(value) is str:
            if value not in _FAMILIAR_WORDS:
                self._text(value, place, turn)
        elif isinstance(value, dict | list):
            self._container(value, place, turn, depth)
        elif isinstance(value, int | float) and abs(value) >= LONG_NUMBER:
            self._text(_written(value), place, turn)

    def _container(self, value: dict[str, object] | list[object], place: Place, turn: int, depth: int) -> None:
        if depth > self._deepest:
            raise TooDeep
        if isinstance(value, list):
            if row := _row(value):
                self._text(row, place, turn)
            if _are_small(value):
                return
            self._count(len(value))
            for item in value:
                self.value(item, place, turn, depth + 1)
            return
        self.pairs += len(value)
        self._count(len(value))
        kind = value.get("type")
        made_by_models = sealed(kind)
        place = "result" if place == "content" and type(kind) is str and kind in _RESULTS else place
        for key, member in value.items():
            if key in made_by_models and type(member) is str:
                self._text(member, place, turn, is_sealed=True)
            else:
                self._member(key, member, place, turn, depth)

    def _member(self, key: str, value: object, place: Place, turn: int, depth: int) -> None:
        opaque = OPAQUE.get(key)
        if opaque is not None and is_text_file(value):
            opaque = None
        if kind := opaque or elsewhere(key, value):
            self.doubts.append(Doubt("media" if kind == "media" else "remote", turn, self._next.get(turn, 0)))
        if key not in _FAMILIAR_KEYS:
            written = _written(value) if opaque is None else ""
            if written and len(key) + len(written) < LONGEST_PAIR:
                self._pair(key, written, "field", turn)  # together: `password` or `date_of_birth` says what the value is
                return
            self._text(key, "field", turn)
            if type(value) is list and len(value) <= _MOST_IN_ROW:
                self._listed(key, value, turn)
        if opaque is None or type(value) is not str or not is_encoded(value):
            self.value(value, _PLACE_OF_KEY.get(key, place), turn, depth + 1)

    def _listed(self, key: str, values: list[object], turn: int) -> None:
        """A key that says what each of a few values is."""
        for value in values:
            written = _written(value)
            if written and len(key) + len(written) < LONGEST_PAIR:
                self._pair(key, written, "field", turn)

    def _pair(self, key: str, written: str, place: Place, turn: int) -> None:
        self._add(f"{key}: {written}", place, turn, len(key) + 2)

    def _add(self, text: str, place: Place, turn: int, lead: int = 0) -> None:
        part = self._next.get(turn, 0)
        self._next[turn] = part + 1
        self.parts.append(Part(text, turn, part, place, lead))

    def _text(self, text: str, place: Place, turn: int, *, is_sealed: bool = False) -> None:
        part = self._next.get(turn, 0)
        if len(text) > SHORT and not is_sealed and is_undecodable(text):
            self.doubts.append(Doubt("media", turn, part))
        if ";base64," in text:
            if any(not is_readable(url) for url in DATA_URL.finditer(text)):
                self.doubts.append(Doubt("media", turn, part))
            if is_encoded(text) and text.startswith("data:") and not is_text_file(text):
                self._next[turn] = part + 1
                return
        self._add(text, place, turn)
        if text[:1] in _OPENS_JSON and self._inner > 0 and len(text) <= _LONGEST_INNER:
            self._json(text, place, turn)

    def _json(self, text: str, place: Place, turn: int) -> None:
        """The pairs of a JSON text in a string, such as a tool call's arguments, read together as those of the body are."""
        waiting = _decoded(text)
        while waiting and self._inner > 0:
            value = waiting.pop()
            if isinstance(value, dict):
                self._inner -= len(value)
                for key, member in value.items():
                    written = _written(member)
                    if written and key not in _FAMILIAR_KEYS and len(key) + len(written) < LONGEST_PAIR:
                        self._pair(key, written, place, turn)
                    waiting.append(member)
            elif isinstance(value, list):
                self._inner -= len(value)
                waiting += value
            elif isinstance(value, str) and value[:1] in _OPENS_JSON:
                waiting += _decoded(value)

    def _count(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            raise TooMany


def is_plain(key: str, value: object) -> bool:
    """Whether a member is one of the protocol's own with a value that can carry nothing: most members of most bodies."""
    kind = type(value)
    is_small = kind in (int, float) and -LONG_NUMBER < value < LONG_NUMBER  # type: ignore[operator]  # it is a number
    return (is_small or kind is bool or value is None) and key in _FAMILIAR_KEYS and key not in OPAQUE


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
