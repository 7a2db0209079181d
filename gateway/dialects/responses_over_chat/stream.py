"""An answer as it unfolds: what a chat says, piece by piece, as the items of a response and the events that tell of them.

A whole answer is one that unfolds in one piece. Items are told one after the other, as OpenAI tells them: clients exist that lose arguments
when calls are told side by side. A chat may do that: then a call waits until the one before it is whole.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.dialects.responses_over_chat.output import Call, Fields, Growing, Item, Message, Tell, Thought
from gateway.dialects.responses_over_chat.tools import Tool
from gateway.dialects.said import CallPiece, Said

MOST_WAITING = 1_000
"""Calls that may wait for the one before them: among more each piece would take long to be put where it belongs."""


class Unfolding:
    """The output of one response. `name` makes the ids of items, with the kind of an item before it."""

    __slots__ = ("_calls", "_finish", "_is_spoilt", "_is_summary", "_items", "_live", "_name", "_open", "_tell", "_tools", "_waiting")

    def __init__(self, name: str, tools: Mapping[str, Tool], tell: Tell, *, is_summary: bool) -> None:
        self._name = name
        self._tools = tools
        self._tell = tell
        self._is_summary = is_summary
        self._items: list[Item] = []
        self._open: Message | Thought | None = None
        self._live: Call | None = None
        self._calls: dict[int, Call] = {}
        self._waiting: list[CallPiece] = []
        self._is_spoilt = False
        self._finish = ""

    @property
    def finish(self) -> str:
        """Why the chat ended, empty while it has not. `error` where it told more of a call that was whole, or of too many."""
        return "error" if self._is_spoilt else self._finish

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
        """All items, now that the answer is over. One that has not been completed breaks off in what is open."""
        for piece in self._waiting:
            self._begin(piece)
        if status == "completed" and not any(isinstance(item, Message | Call) for item in self._items):
            self._message().say("")
        for item in self._items:
            if item is self._open or item is self._live:
                item.close(status)
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
        """A piece of a call: of one that was begun, or of one that waits for its name or its turn."""
        begun = self._calls.get(piece.place)
        if begun is None or begun.is_another(piece) or any(waiting.place == piece.place for waiting in self._waiting):
            self._wait(piece)
        elif begun is self._live:
            begun.say(piece.arguments)
        else:
            self._is_spoilt = self._is_spoilt or bool(piece.arguments.strip())
        while self._waiting and self._waiting[0].name and (self._live is None or self._live.is_whole):
            self._begin(self._waiting.pop(0))

    def _wait(self, piece: CallPiece) -> None:
        at = next((n for n, waiting in enumerate(self._waiting) if waiting.is_same(piece)), None)
        if at is not None:
            self._waiting[at] = self._waiting[at].joined(piece)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(piece)
        else:
            self._is_spoilt = True

    def _begin(self, piece: CallPiece) -> None:
        self._turn()
        if self._live is not None:
            self._live.close("completed")
        tool = self._tools.get(piece.name) or Tool("function", "", piece.name)
        growing = self._growing(_PREFIXES[tool.type])
        self._live = self._calls[piece.place] = Call(growing, tool, piece.call_id or f"call_{growing.item_id}")
        self._items.append(self._live)
        self._live.say(piece.arguments)

    def _turn(self) -> None:
        """Something else begins. A call of which not all was told stays open beside it."""
        if self._open is not None:
            self._open.close("completed")
        self._open = None
        if self._live is not None and self._live.is_whole:
            self._live.close("completed")
            self._live = None

    def _growing(self, kind: str) -> Growing:
        index = len(self._items)
        return Growing(self._tell, f"{kind}_{self._name}_{index}", index)


_PREFIXES: Mapping[str, str] = MappingProxyType({"function": "fc", "custom": "ctc", "tool_search": "tsc"})
"""By the type of a tool what the ids of its calls begin with."""
