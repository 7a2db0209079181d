"""`Said`: the texts of an answer, read from the bytes that go by. For answers that must be remembered; all others are not looked into.

A stream is put together by choice and member: content, reasoning, refusal, the arguments of each tool call. Bounded: what is beyond `MOST`
characters is not kept. Whatever cannot be read says nothing.
"""

import re
from collections.abc import Iterator

import msgspec

from gateway.wire.sse import payload

MOST = 4_000_000
"""Characters of one answer that are looked into."""
_EVERY = 32_000
"""Bytes of a stream that are read together."""
_EVENT_ENDS = re.compile(rb"\r?\n\r?\n|\r\r")


class Said:
    """What one answer says. `id` is the id that it has, empty for none."""

    __slots__ = ("_pieces", "_room", "_size", "_waiting", "id")

    def __init__(self) -> None:
        self._pieces: dict[tuple[object, ...], list[str]] = {}
        self._waiting: list[bytes] = []
        self._size = 0
        self._room = MOST
        self.id = ""

    def stream(self, data: bytes) -> None:
        """Some whole events of a stream."""
        self._waiting.append(data)
        self._size += len(data)
        if self._size >= _EVERY:
            self._read()

    def whole(self, body: bytes) -> None:
        """A whole answer."""
        self._note(body)

    def texts(self) -> list[str]:
        """Every text so far."""
        self._read()
        return ["".join(pieces) for pieces in self._pieces.values()]

    @property
    def plain(self) -> str | None:
        """The text of an answer that has said nothing but one text, all of which was kept; None for any other."""
        self._read()
        said = [(where[-1], text) for where, pieces in self._pieces.items() if (text := "".join(pieces))]
        return said[0][1] if len(said) == 1 and said[0][0] == "content" and self._room > 0 else None

    def _read(self) -> None:
        waiting, self._waiting, self._size = self._waiting, [], 0
        for event in _EVENT_ENDS.split(b"".join(waiting)):
            if event and self._room > 0:
                self._note(payload(event))

    def _note(self, text: bytes) -> None:
        try:
            chunk = msgspec.json.decode(text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return
        if not isinstance(chunk, dict):
            return
        whole = next((inner for name in ("message", "response") if isinstance(inner := chunk.get(name), dict)), chunk)
        if not self.id and isinstance(one := whole.get("id"), str):
            self.id = one
        if "choices" not in chunk:
            self._note_typed(chunk, whole)
        choices = chunk.get("choices")
        for place, choice in enumerate(choices if isinstance(choices, list) else ()):
            if isinstance(choice, dict):
                index = choice.get("index", place)
                for key in ("message", "delta", "text"):
                    self._add((str(index),), key, choice.get(key))

    def _note_typed(self, event: dict[str, object], whole: dict[str, object]) -> None:
        """An answer, or an event of one, of Messages or Responses; or a transcript."""
        for key in ("content", "output", "text"):
            self._add(("whole",), key, whole.get(key))
        places = tuple(str(event.get(name)) for name in ("index", "output_index", "content_index") if name in event)
        for key in ("content_block", "delta"):
            self._add(places, key, event.get(key))

    def _add(self, where: tuple[object, ...], key: str, value: object) -> None:
        """A member of a choice: a text, or what holds texts. `message` and `delta` are no part of where a text stands."""
        if isinstance(value, str):
            if key not in _NAMES:
                self._room -= max(len(value), 1)
                self._pieces.setdefault((*where, key), []).append(value)
        elif len(where) < _DEEPEST:
            for name, member in _members(value):
                self._add((*where, key), name, member)


_NAMES = frozenset({"id", "role", "type", "name"})
_DEEPEST = 8


def _members(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield str(item.get("index", place) if isinstance(item, dict) else place), item
