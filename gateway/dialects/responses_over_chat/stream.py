"""An answer as it unfolds: what a chat says, piece by piece, as the items of a response and the events that tell of them.

A whole answer is one that unfolds in one piece. Reasoning and text are over when something else begins, as the clients expect that show
them; calls grow side by side to the end, since engines may tell several at once.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.dialects.responses_over_chat.output import Call, Fields, Growing, Item, Message, Tell, Thought
from gateway.dialects.responses_over_chat.said import CallPiece, Said
from gateway.dialects.responses_over_chat.tools import Tool


class Unfolding:
    """The output of one response. `name` makes the ids of items, with the kind of an item before it."""

    __slots__ = ("_calls", "_early", "_finish", "_is_summary", "_items", "_name", "_open", "_tell", "_tools")

    def __init__(self, name: str, tools: Mapping[str, Tool], tell: Tell, *, is_summary: bool) -> None:
        self._name = name
        self._tools = tools
        self._tell = tell
        self._is_summary = is_summary
        self._items: list[Item] = []
        self._open: Message | Thought | None = None
        self._calls: dict[int, Call] = {}
        self._early: dict[int, CallPiece] = {}
        self._finish = ""

    @property
    def finish(self) -> str:
        """Why the chat ended, empty while it has not."""
        return self._finish

    def say(self, said: Said) -> None:
        """More of the answer."""
        if said.reasoning:
            self._thought().say(said.reasoning)
        if said.text:
            self._message().say(said.text, said.logprobs)
        for note in said.annotations:
            self._message().annotate(note)
        if said.refusal:
            self._message().refuse(said.refusal)
        for piece in said.calls:
            self._call(piece)
        self._finish = said.finish or self._finish

    def close(self, status: str) -> list[Fields]:
        """All items, now that the answer is over. One that has not been completed breaks off in its last item."""
        for piece in self._early.values():
            self._begin(piece)
        if status == "completed" and not any(isinstance(item, Message | Call) for item in self._items):
            self._message().say("")
        for item in self._items:
            if item is self._open or isinstance(item, Call):
                item.close(status if item is self._items[-1] else "completed")
        return [item.shown() for item in self._items]

    def _thought(self) -> Thought:
        if not isinstance(self._open, Thought):
            self._turn()
            self._open = Thought(self._growing("rs"), is_summary=self._is_summary)
            self._items.append(self._open)
        return self._open

    def _message(self) -> Message:
        if not isinstance(self._open, Message):
            self._turn()
            self._open = Message(self._growing("msg"))
            self._items.append(self._open)
        return self._open

    def _call(self, piece: CallPiece) -> None:
        """A piece of a call. What is told of one before its name waits for that."""
        call = self._calls.get(piece.place)
        if call is not None and not call.is_another(piece):
            call.say(piece.arguments)
            return
        early = self._early.pop(piece.place, _NOTHING)
        piece = CallPiece(piece.place, early.call_id or piece.call_id, piece.name, early.arguments + piece.arguments)
        if piece.name:
            self._begin(piece)
        else:
            self._early[piece.place] = piece

    def _begin(self, piece: CallPiece) -> None:
        self._turn()
        tool = self._tools.get(piece.name) or Tool("function", "", piece.name)
        growing = self._growing(_PREFIXES[tool.type])
        call = self._calls[piece.place] = Call(growing, tool, piece.call_id or f"call_{growing.item_id}")
        self._items.append(call)
        call.say(piece.arguments)

    def _turn(self) -> None:
        """Something else begins."""
        if self._open is not None:
            self._open.close("completed")
        self._open = None

    def _growing(self, kind: str) -> Growing:
        index = len(self._items)
        return Growing(self._tell, f"{kind}_{self._name}_{index}", index)


_PREFIXES: Mapping[str, str] = MappingProxyType({"function": "fc", "custom": "ctc", "tool_search": "tsc"})
"""By the type of a tool what the ids of its calls begin with."""
_NOTHING = CallPiece(0, "", "", "")
