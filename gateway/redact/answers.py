"""Answers with their placeholders restored: whole bodies, and streams event by event. Only strings with placeholders change."""

from collections.abc import Iterator

import msgspec
from typing_extensions import override

from gateway.redact.restore import Flow, Restorer
from gateway.upstreams.upstream import Downstream, Through
from gateway.wire.sse import payload, split
from router.attempt import Usage

_NOT_TEXT = frozenset({"role", "id", "type", "name", "index", "object"})
"""Members of a delta that come whole: nothing is held back of them."""
_JSON = frozenset({"arguments", "partial_json"})
"""Members whose text is JSON."""


class Place(msgspec.Struct, frozen=True):
    """Where in an answer a text stands that comes in pieces: a choice, the names and indices below it."""

    choice: int
    steps: tuple[str | int, ...]


class Answers:
    """Restores one answer. `is_json`: the caller asked for an answer that is JSON, so that a value in it must be escaped."""

    __slots__ = ("_flows", "_is_json", "_last", "restorer")

    def __init__(self, restorer: Restorer, *, is_json: bool = False) -> None:
        self.restorer = restorer
        self._is_json = is_json
        self._flows: dict[Place, Flow] = {}
        self._last: dict[str, object] = {}

    def whole(self, body: bytes) -> bytes:
        """A whole answer. What is no JSON, or has no placeholder, stays byte for byte."""
        try:
            decoded = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return body
        restored = self._deep(decoded, "")
        return body if restored == decoded else msgspec.json.encode(restored)

    def _deep(self, value: object, key: str) -> object:
        if isinstance(value, str):
            return self.restorer.whole(value, is_json=self._escapes(key))
        if isinstance(value, dict):
            return {self.restorer.whole(name): self._deep(member, name) for name, member in value.items()}
        if isinstance(value, list):
            return [self._deep(member, key) for member in value]
        return value

    def _escapes(self, key: str) -> bool:
        return key in _JSON or (self._is_json and key in {"content", "text"})

    def events(self, block: bytes) -> bytes:
        """Whole events of a stream. The last texts come before the end of their choice, and before `[DONE]`."""
        return b"".join(piece for event in split(block) for piece in self._event(event))

    def _event(self, event: bytes) -> Iterator[bytes]:
        text = payload(event)
        if text == b"[DONE]":
            yield from self._flushed(tuple(self._flows))
        try:
            chunk = msgspec.json.decode(text) if text[:1] == b"{" else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            chunk = None
        choices = chunk.get("choices") if isinstance(chunk, dict) else None
        if chunk is None or not isinstance(choices, list) or not choices:
            yield event
            return
        self._last = {name: member for name, member in chunk.items() if name not in ("choices", "usage")}
        before = msgspec.json.encode(choices)
        restored: list[object] = []
        for choice in choices:
            if isinstance(choice, dict):
                yield from self._flushed(self._passed(choice))
                restored.append(self._choice(choice))
            else:
                restored.append(choice)
        yield event if msgspec.json.encode(restored) == before else _rewritten(event, {**chunk, "choices": restored})

    def _passed(self, choice: dict[str, object]) -> tuple[Place, ...]:
        """The texts that are over: the choice goes on with another one, or ends."""
        index = _index(choice)
        mine = tuple(place for place, flow in self._flows.items() if place.choice == index and flow.is_holding)
        if not mine:
            return ()
        going_on = set(_texts(choice, index))
        if choice.get("finish_reason") is not None:  # its own texts are finished by `_choice`
            return tuple(place for place in mine if place not in going_on)
        fields = {place.steps[:2] for place in going_on}  # tool calls may take turns
        return tuple(place for place in mine if fields and place.steps[:2] not in fields)

    def _choice(self, choice: dict[str, object]) -> dict[str, object]:
        index, is_over = _index(choice), choice.get("finish_reason") is not None

        def restored(value: object, steps: tuple[str | int, ...]) -> object:
            key = next((step for step in reversed(steps) if isinstance(step, str)), "")
            if isinstance(value, str):
                if key in _NOT_TEXT or steps[0] not in ("delta", "text"):
                    return self.restorer.whole(value)
                if not value:
                    return value
                place = Place(index, steps)
                flow = self._flows.get(place) or self._flows.setdefault(place, self.restorer.flow(is_json=self._escapes(key)))
                return flow.feed(value) + (flow.finish() if is_over else "")
            if isinstance(value, dict):
                return {name: restored(member, (*steps, name)) for name, member in value.items()}
            if isinstance(value, list):
                return [restored(member, (*steps, _place(member, at))) for at, member in enumerate(value)]
            return value

        return {name: restored(member, (name,)) for name, member in choice.items()}

    def _flushed(self, places: tuple[Place, ...]) -> Iterator[bytes]:
        """An event for each text of which something was held back."""
        for place in places:
            text = self._flows[place].finish()
            if text:
                choice = {"index": place.choice, "finish_reason": None, **_built(place.steps, text)}
                yield b"data: " + msgspec.json.encode({**self._last, "choices": [choice]}) + b"\n\n"


class Restoring(Through):
    """A caller's side that gets the answer restored. What is held back is never half a placeholder."""

    __slots__ = ("_answers", "_unsent")

    def __init__(self, out: Downstream, answers: Answers) -> None:
        super().__init__(out)
        self._answers = answers
        self._unsent: bytes | None = None

    @override
    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """A whole answer."""
        await super().answer(status, content_type, self._answers.whole(body), usage)

    @override
    async def write(self, data: bytes) -> None:
        """Some of a stream. What `write_nowait` could not write was restored there."""
        ready = self._answers.events(data) if self._unsent is None else self._unsent
        self._unsent = None
        if ready:
            await super().write(ready)

    @override
    def write_nowait(self, data: bytes) -> bool:
        """Some of a stream, at once. False, and nothing was written: `write` must follow with the same bytes."""
        ready = self._answers.events(data)
        if not ready or super().write_nowait(ready):
            return True
        self._unsent = ready
        return False

    @override
    async def end(self, data: bytes = b"") -> None:
        """The last of a stream."""
        await super().end(self._answers.events(data))


def _rewritten(event: bytes, chunk: dict[str, object]) -> bytes:
    """The event with other data; its other fields stay."""
    kept = b"".join(line + b"\n" for line in event.splitlines() if line and not line.startswith(b"data:"))
    return kept + b"data: " + msgspec.json.encode(chunk) + b"\n\n"


def _index(choice: dict[str, object]) -> int:
    index = choice.get("index")
    return index if type(index) is int else 0


def _place(member: object, at: int) -> int:
    """The place of a member of a list: what it says itself, since a list in a delta holds only those that go on."""
    index = member.get("index") if isinstance(member, dict) else None
    return index if type(index) is int else at


def _texts(value: object, index: int, steps: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """The texts of a choice that come in pieces."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name not in _NOT_TEXT and (steps or name in ("delta", "text")):
                yield from _texts(member, index, (*steps, name))
    elif isinstance(value, list):
        for at, member in enumerate(value):
            yield from _texts(member, index, (*steps, _place(member, at)))
    elif isinstance(value, str) and value:
        yield Place(index, steps)


def _built(steps: tuple[str | int, ...], text: str) -> dict[str, object]:
    """The members of a choice with nothing but this text at its place."""
    value: object = text
    for step in reversed(steps):
        if isinstance(step, str):  # noqa: SIM108  # two kinds of steps
            value = {step: value}
        else:
            value = [{"index": step, **value}] if isinstance(value, dict) else [value]
    return value if isinstance(value, dict) else {}
