"""The items of a response's output, and the events that tell how each of them grows."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from gateway.dialects.reading import object_in
from gateway.dialects.responses_over_chat.free_text import FreeText
from gateway.dialects.responses_over_chat.tools import Tool
from gateway.dialects.said import CallPiece

Fields = dict[str, object]
Tell = Callable[[str, Fields], None]
"""Says an event: its type without `response.`, and its members."""


class Item(Protocol):
    """An item of the output."""

    def close(self, status: str) -> None:
        """It is over, `completed` or `incomplete`."""

    def shown(self) -> Fields:
        """As it is now."""


class Growing:
    """Where an item is, and its events."""

    __slots__ = ("_at", "_tell", "item_id", "status")

    def __init__(self, tell: Tell, item_id: str, index: int) -> None:
        self._tell = tell
        self._at: Fields = {"output_index": index}
        self.item_id = item_id
        self.status = "in_progress"

    def begin(self, item: Fields) -> None:
        """It is there."""
        self._tell("output_item.added", {**self._at, "item": item})

    def tell(self, kind: str, members: Fields) -> None:
        """It grows."""
        self._tell(kind, {"item_id": self.item_id, **self._at, **members})

    def end(self, item: Fields) -> None:
        """It is over."""
        self._tell("output_item.done", {**self._at, "item": item})


class Thought:
    """Reasoning: as the content of its item, or, asked for a summary, in its place."""

    __slots__ = ("_growing", "_is_summary", "_place", "_said")

    def __init__(self, growing: Growing, *, is_summary: bool) -> None:
        self._growing = growing
        self._is_summary = is_summary
        self._said: list[str] = []
        self._place: Fields = {"summary_index": 0} if is_summary else {"content_index": 0}
        growing.begin({"id": growing.item_id, "type": "reasoning", "status": "in_progress", "summary": [], "content": []})
        growing.tell(self._event("part.added"), {**self._place, "part": self._part("")})

    def say(self, delta: str) -> None:
        """More of it."""
        self._said.append(delta)
        self._growing.tell(self._event("text.delta"), {**self._place, "delta": delta})

    def close(self, status: str) -> None:
        """It is over."""
        text = "".join(self._said)
        self._growing.status = status
        self._growing.tell(self._event("text.done"), {**self._place, "text": text})
        self._growing.tell(self._event("part.done"), {**self._place, "part": self._part(text)})
        self._growing.end(self.shown())

    def shown(self) -> Fields:
        """As it is now."""
        parts = [self._part("".join(self._said))]
        summary, content = (parts, []) if self._is_summary else ([], parts)
        growing = self._growing
        return {"id": growing.item_id, "type": "reasoning", "status": growing.status, "summary": summary, "content": content}

    def _event(self, kind: str) -> str:
        if self._is_summary:
            return f"reasoning_summary_{kind}"
        return f"reasoning_{kind}" if kind.startswith("text") else f"content_{kind}"

    def _part(self, text: str) -> Fields:
        return {"type": "summary_text" if self._is_summary else "reasoning_text", "text": text}


class Message:
    """What the assistant says: text, or that it refuses, or one after the other."""

    __slots__ = ("_growing", "_logprobs", "_notes", "_parts", "_said")

    def __init__(self, growing: Growing) -> None:
        self._growing = growing
        self._parts: list[Fields] = []
        self._said: list[str] = []
        self._notes: list[Fields] = []
        self._logprobs: list[Fields] = []
        growing.begin(self.shown())

    def say(self, delta: str, logprobs: Sequence[Fields] = ()) -> None:
        """More text."""
        self._write()
        self._said.append(delta)
        self._logprobs += logprobs
        self._tell("output_text.delta", {"delta": delta, "logprobs": logprobs})

    def refuse(self, delta: str) -> None:
        """More of a refusal."""
        self._open({"type": "refusal", "refusal": ""})
        self._said.append(delta)
        self._tell("refusal.delta", {"delta": delta})

    def annotate(self, note: Fields) -> None:
        """A citation of the text."""
        self._write()
        self._tell("output_text.annotation.added", {"annotation_index": len(self._notes), "annotation": note})
        self._notes.append(note)

    def close(self, status: str) -> None:
        """It is over."""
        self._close_part()
        self._growing.status = status
        self._growing.end(self.shown())

    def shown(self) -> Fields:
        """As it is now; the text of a part is there when the part is over."""
        growing = self._growing
        return {"id": growing.item_id, "type": "message", "status": growing.status, "role": "assistant", "content": self._parts}

    def _write(self) -> None:
        """What follows is text."""
        self._open({"type": "output_text", "text": "", "annotations": [], "logprobs": []})

    def _open(self, part: Fields) -> None:
        """What follows belongs to such a part: to the last one if it is of this type, else to this one."""
        if not self._parts or self._parts[-1]["type"] != part["type"]:
            self._close_part()
            self._parts.append(part)
            self._tell("content_part.added", {"part": part})

    def _close_part(self) -> None:
        if not self._parts:
            return
        part, said = self._parts[-1], "".join(self._said)
        if part["type"] == "refusal":
            part["refusal"] = said
            self._tell("refusal.done", {"refusal": said})
        else:
            part |= {"text": said, "annotations": self._notes, "logprobs": self._logprobs}
            self._tell("output_text.done", {"text": said, "logprobs": self._logprobs})
        self._tell("content_part.done", {"part": part})
        self._said, self._notes, self._logprobs = [], [], []

    def _tell(self, kind: str, members: Fields) -> None:
        self._growing.tell(kind, {"content_index": len(self._parts) - 1, **members})


class Call:
    """A call of one of the caller's tools. The arguments of a function, and the text of a custom tool, are told as they come."""

    __slots__ = ("_call_id", "_free", "_growing", "_said", "_told", "_tool")

    def __init__(self, growing: Growing, tool: Tool, call_id: str) -> None:
        self._growing = growing
        self._tool = tool
        self._call_id = call_id
        self._said: list[str] = []
        self._free = FreeText() if tool.type == "custom" else None
        self._told: list[str] = []
        growing.begin(self.shown())

    @property
    def is_whole(self) -> bool:
        """Whether its arguments are a whole object, so that nothing can follow."""
        said = "".join(self._said).rstrip()
        return said.endswith("}") and object_in(said) is not None

    def is_another(self, piece: CallPiece) -> bool:
        """Whether a piece is of another call."""
        return piece.is_another(self._call_id)

    def say(self, delta: str) -> None:
        """More of its arguments."""
        self._said.append(delta)
        self._tell(delta if self._free is None else self._free.take(delta))

    def close(self, status: str) -> None:
        """It is over."""
        self._growing.status = status
        self._tell(self._free.rest() if self._free is not None else "")
        told = "".join(self._told)
        if self._tool.type == "function":
            self._growing.tell("function_call_arguments.done", {"name": self._tool.name, "arguments": told})
        elif self._tool.type == "custom":
            self._growing.tell("custom_tool_call_input.done", {"input": told})
        self._growing.end(self.shown())

    def shown(self) -> Fields:
        """As it is now."""
        growing, tool, told = self._growing, self._tool, "".join(self._told)
        item: Fields = {"id": growing.item_id, "type": CALLED[tool.type], "status": growing.status, "call_id": self._call_id}
        if tool.type == "tool_search":
            return item | {"execution": "client", "arguments": _object(told)}
        within = {"namespace": tool.namespace} if tool.namespace else {}
        return item | within | {"name": tool.name, "arguments" if tool.type == "function" else "input": told}

    def _tell(self, text: str) -> None:
        self._told.append(text)
        kind = _DELTAS.get(self._tool.type)
        if text and kind:
            self._growing.tell(kind, {"delta": text})


CALLED: Mapping[str, str] = MappingProxyType(
    {"function": "function_call", "custom": "custom_tool_call", "tool_search": "tool_search_call"},
)
"""By the type of a tool the type of an item that calls it."""
_DELTAS: Mapping[str, str] = MappingProxyType({"function": "function_call_arguments.delta", "custom": "custom_tool_call_input.delta"})


def _object(arguments: str) -> object:
    """The object that arguments are. A model that did not make one has said what it said."""
    found = object_in(arguments or "{}")
    return arguments if found is None else found
