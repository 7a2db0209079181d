"""The content blocks of a message, and what a chat has for them: of a whole answer at once, of a stream in deltas.

Kinds of blocks and of deltas that are not known say nothing, as Anthropic's API asks of its callers. What is no block, and a call without
what makes it one, raise `msgspec.ValidationError`: what is left without them is not the answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Annotated

import msgspec

from gateway.dialects.reading import Thing, listed, string

Fields = dict[str, object]
_THOUGHTS = ("thinking", "redacted_thinking")
_GROWS: Mapping[str, str] = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}
"""By the type of a delta which member of a block it adds to, in itself under the same name."""
_SAID: Mapping[str, str] = {"text": "content", "thinking": "reasoning_content"}
"""What a chat calls these members."""
_Name = Annotated[str, msgspec.Meta(min_length=1)]


class _Call(msgspec.Struct):
    id: _Name
    name: _Name


class _Open:
    """A block that is not over: its members as it began, what each of them grew by, and where in the text it begins.

    `place` is which call it is, None for none.
    """

    __slots__ = ("begins", "fields", "grown", "place")

    def __init__(self, fields: Thing, begins: int) -> None:
        self.fields = dict(fields)
        self.grown: dict[str, list[str]] = {}
        self.begins = begins
        self.place: int | None = None


def message_of(content: Sequence[Thing]) -> Fields:
    """The message of a chat, from the content of a whole answer."""
    texts, thoughts, calls = ([block for block in content if _kind(block) in kinds] for kinds in (("text",), _THOUGHTS, ("tool_use",)))
    said = [_text(block, "text") for block in texts]
    begins = accumulate(map(len, said), initial=0)
    more: Fields = {
        "reasoning_content": "".join(_text(block, "thinking") for block in thoughts),
        "thinking_blocks": thoughts,
        "annotations": [note for block, at, text in zip(texts, begins, said, strict=False) for note in _notes(block, at, at + len(text))],
        "tool_calls": [_called(block, _arguments(block)) for block in calls],
    }
    message: Fields = {"role": "assistant", "content": "".join(said) if said else None, "refusal": None}
    return message | {name: value for name, value in more.items() if value}


class Blocks:
    """The blocks of one stream, as deltas of a chat."""

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}
        self._calls = 0
        self._length = 0

    def begin(self, index: int, fields: Thing) -> Iterator[Fields]:
        """A block begins. One of the same index is over."""
        yield from self.end(index)
        block = self._open[index] = _Open(fields, self._length)
        kind = _kind(fields)
        if kind == "tool_use":
            block.place, self._calls = self._calls, self._calls + 1
            yield {"tool_calls": [{"index": block.place, **_called(fields, "")}]}
        elif kind in _SAID:
            yield from self._said(block, kind, _text(fields, kind))

    def grow(self, index: int, delta: Thing) -> Iterator[Fields]:
        """More of it."""
        block = self._open.get(index)
        if block is None:
            raise msgspec.ValidationError("more of a block that is not open")
        name = _GROWS.get(_kind(delta))
        if name is not None:
            piece = _text(delta, name)
            block.grown.setdefault(name, []).append(piece)
            yield from self._said(block, name, piece)
        elif "citation" in delta:
            block.fields["citations"] = [*listed(block.fields.get("citations")), delta["citation"]]

    def end(self, index: int) -> Iterator[Fields]:
        """It is over."""
        block = self._open.pop(index, None)
        if block is None:
            return
        if block.fields["type"] in _THOUGHTS:
            grown = {name: string(block.fields.get(name)) + "".join(said) for name, said in block.grown.items()}
            yield {"thinking_blocks": [block.fields | grown]}
        elif block.place is not None and not any(block.grown.get("partial_json", ())):  # they stand in the block, or there are none
            yield {"tool_calls": [{"index": block.place, "function": {"arguments": _arguments(block.fields)}}]}
        elif notes := _notes(block.fields, block.begins, self._length):
            yield {"annotations": notes}

    def close(self) -> Iterator[Fields]:
        """The answer is over, and with it whatever is open."""
        for index in tuple(self._open):
            yield from self.end(index)

    def _said(self, block: _Open, name: str, piece: str) -> Iterator[Fields]:
        if piece and name in _SAID:
            self._length += len(piece) if name == "text" else 0
            yield {_SAID[name]: piece}
        elif piece and name == "partial_json" and block.place is not None:
            yield {"tool_calls": [{"index": block.place, "function": {"arguments": piece}}]}


def _kind(fields: Thing) -> str:
    return msgspec.convert(fields.get("type"), str)


def _text(fields: Thing, name: str) -> str:
    """A text, which may be left out but is nothing else."""
    return msgspec.convert(fields.get(name), str | None) or ""


def _called(block: Thing, arguments: str) -> Fields:
    call = msgspec.convert(block, _Call)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _arguments(block: Thing) -> str:
    """What a call has in its block, as the JSON that a chat has it in."""
    return msgspec.json.encode(msgspec.convert(block.get("input"), Fields | None) or {}).decode()


def _notes(block: Thing, begins: int, ends: int) -> list[Fields]:
    """Its citations, with the stretch of the text that they are about. A chat knows those of pages; others keep the kind they have."""
    return [_note(found, {"start_index": begins, "end_index": ends}) for found in listed(block.get("citations"))]


def _note(found: Thing, where: Fields) -> Fields:
    told: Fields = {name: value for name, value in found.items() if name != "type"}
    url = next((found[name] for name in ("url", "source") if string(found.get(name)).startswith(("https://", "http://"))), None)
    if url is None:
        kind = string(found.get("type")) or "citation"
        return {"type": kind, kind: told | where}
    return {"type": "url_citation", "url_citation": told | {"url": url, "title": string(found.get("title"))} | where}
