"""The items of `input` as the messages of a chat.

What an assistant said and called in one go are several items here and one message there: its reasoning, its text and its calls are gathered
until something else comes. A tool can answer with images here and with text only there: images follow as a message of the user's.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from gateway.dialects.reading import Lost, Thing, bad, filled, not_carried, text, thing, things
from gateway.dialects.responses_over_chat.parts import Content, Part, as_parts, content_of, parts_of, plain
from gateway.dialects.responses_over_chat.tools import flat, flat_names

Message = dict[str, object]

_ROLES = ("user", "assistant", "system", "developer")
"""Who speaks. Many chat templates know no developer; where one is known, a system message means the same. What the system is told before
anything else is one message, since many templates take one there and no more."""
_REFERENCE = "The gateway cannot look this item up for the model that serves this request. Send the item itself instead of a reference."
_UNKNOWN = (
    "This kind of item has no counterpart at the model that serves this request: it tells of a tool that runs at OpenAI, or is for "
    "its models only. Leave it out, or send messages, function calls, custom tool calls and their outputs."
)
_FOLLOWS = "(The output is in the next message.)"
_PARTS_FOLLOW = "Output of the tools called above:"
_MESSAGE = frozenset({"type", "id", "status", "role", "content"})
_CALL = frozenset({"type", "id", "status", "call_id", "name", "namespace", "arguments", "input"})
_OUTPUT = frozenset({"type", "id", "status", "call_id", "output", "name", "namespace"})
_SEARCH = frozenset({"type", "id", "status", "call_id", "execution", "arguments", "tools", "role"})
_REASONING = frozenset({"type", "id", "status", "summary", "content"})


class Turns:
    """Messages so far. `add` takes the items in their order, `messages` closes what is open."""

    __slots__ = ("_calls", "_first", "_lost", "_messages", "_reasoning", "_returned", "_said")

    def __init__(self, lost: Lost) -> None:
        self._lost = lost
        self._first: list[Part] = []
        self._messages: list[Message] = []
        self._reasoning: list[str] = []
        self._said: Content | None = None
        self._calls: list[Message] = []
        self._returned: list[Part] = []

    def instruct(self, instructions: str) -> None:
        """What the system is told first."""
        self._first += as_parts(instructions)

    def add(self, item: Thing, param: str) -> None:
        """One item. Raises `BadRequest`."""
        kind = item.get("type", "message" if "role" in item else None)
        row = _ITEMS.get(filled(kind, f"{param}.type"))
        if row is None:
            raise not_carried(f"{param}.type", _REFERENCE if kind == "item_reference" else _UNKNOWN)
        known, added = row
        self._lost.rest(item, known, "input[]")
        added(self, item, param)

    def messages(self) -> list[Message]:
        """All of them."""
        self._close()
        self._show()
        if not self._first:
            return self._messages
        return [{"role": "system", "content": plain(self._first)}, *self._messages]

    def message(self, item: Thing, param: str) -> None:
        """A message of any role."""
        role = item.get("role")
        if role not in _ROLES:
            raise bad(f"{param}.role", "`user`, `assistant`, `system` or `developer`")
        content = content_of(item.get("content"), f"{param}.content", self._lost)
        if role == "assistant":
            self._say(content)
            return
        self._close()
        self._show()
        if role == "user" or self._messages:
            self._messages.append({"role": "user" if role == "user" else "system", "content": content})
        else:
            self._first += as_parts(content)

    def reasoning(self, item: Thing, param: str) -> None:
        """What the model thought: its text goes with what it said or called next. What only OpenAI can decrypt is lost."""
        if self._said is not None and not self._calls:
            self._close()
        member = "content" if item.get("content") else "summary"
        for place, part in things(item.get(member) or [], f"{param}.{member}"):
            self._reasoning.append(text(part.get("text"), f"{place}.text"))

    def call(self, item: Thing, param: str) -> None:
        """A call of a function."""
        self._call(item, param, text(item.get("arguments"), f"{param}.arguments"))

    def custom_call(self, item: Thing, param: str) -> None:
        """A call of a custom tool: of the function that stands for it."""
        self._call(item, param, msgspec.json.encode({"input": text(item.get("input"), f"{param}.input")}).decode())

    def search_call(self, item: Thing, param: str) -> None:
        """A search for tools that the caller runs."""
        arguments = msgspec.json.encode(thing(item.get("arguments"), f"{param}.arguments")).decode()
        self._call({**item, "name": "tool_search"}, param, arguments)

    def search_output(self, item: Thing, param: str) -> None:
        """What such a search found, which is among the tools now."""
        names = flat_names(item.get("tools"), f"{param}.tools")
        found = f"These tools can be called now: {', '.join(names)}." if names else "No tools were found."
        self.output({"call_id": item.get("call_id"), "output": found}, param)

    def tools(self, item: Thing, param: str) -> None:
        """More tools, which are among the others."""

    def output(self, item: Thing, param: str) -> None:
        """What a tool returned."""
        self._close()
        value = item.get("output")
        parts = as_parts(value) if isinstance(value, str) else parts_of(value, f"{param}.output", self._lost)
        texts = [part for part in parts if part["type"] == "text"]
        self._returned += [part for part in parts if part["type"] != "text"]
        content = plain(texts) if texts else _FOLLOWS if parts else ""
        self._messages.append({"role": "tool", "tool_call_id": filled(item.get("call_id"), f"{param}.call_id"), "content": content})

    def _say(self, content: Content) -> None:
        """Something that the assistant said: another message, unless it goes on after calls that nothing has answered yet."""
        if self._said is not None and not self._calls:
            self._close()
        self._show()
        self._said = content if self._said is None else as_parts(self._said) + as_parts(content)

    def _call(self, item: Thing, param: str, arguments: str) -> None:
        namespace = text(item.get("namespace") or "", f"{param}.namespace")
        function = {"name": flat(namespace, filled(item.get("name"), f"{param}.name")), "arguments": arguments}
        self._show()
        self._calls.append({"id": filled(item.get("call_id"), f"{param}.call_id"), "type": "function", "function": function})

    def _close(self) -> None:
        """The assistant has had its say. Reasoning that led to nothing is lost."""
        if self._said is None and not self._calls:
            if self._reasoning:
                self._lost.add("input[].reasoning")
        else:
            message: Message = {"role": "assistant", "content": self._said}
            if self._reasoning:
                message["reasoning_content"] = "\n\n".join(self._reasoning)
            if self._calls:
                message["tool_calls"] = self._calls
            self._messages.append(message)
        self._said, self._calls, self._reasoning = None, [], []

    def _show(self) -> None:
        """What tools returned beside text, after all of their answers."""
        if self._returned:
            self._messages.append({"role": "user", "content": [*as_parts(_PARTS_FOLLOW), *self._returned]})
            self._returned = []


_ITEMS: Mapping[str, tuple[frozenset[str], Callable[[Turns, Thing, str], None]]] = MappingProxyType(
    {
        "message": (_MESSAGE, Turns.message),
        "reasoning": (_REASONING, Turns.reasoning),
        "function_call": (_CALL, Turns.call),
        "custom_tool_call": (_CALL, Turns.custom_call),
        "function_call_output": (_OUTPUT, Turns.output),
        "custom_tool_call_output": (_OUTPUT, Turns.output),
        "tool_search_call": (_SEARCH, Turns.search_call),
        "tool_search_output": (_SEARCH, Turns.search_output),
        "additional_tools": (_SEARCH, Turns.tools),
    }
)
"""By the type of an item: the members that are carried, or say nothing to a model, and who carries them."""
