"""The content blocks of a streamed answer: one after another, each begun, told and ended before the next.

A chat may tell of several calls at once, piece by piece. Anthropic's streams cannot: a block that comes while the one before is not
whole waits, and is told as soon as that is. Text and thoughts of nothing but white space, which engines leave between what they think and
what they call, are no block: Anthropic's API has none such, and takes none back.
"""

from collections import deque
from collections.abc import Iterator, Mapping

import msgspec

from gateway.dialects.messages_over_chat.pieces import SIGNATURE, Piece
from gateway.dialects.reading import object_in


def event(name: str, **members: object) -> bytes:
    """One event of a stream."""
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode({"type": name, **members}) + b"\n\n"


class _Block:
    """One block: what of it waits to be told, and, of a call, all of its arguments."""

    __slots__ = ("arguments", "id", "is_begun", "is_blank", "kind", "opening", "waiting")

    def __init__(self, kind: str, opening: dict[str, object], call_id: str = "") -> None:
        self.kind = kind
        self.id = call_id
        self.opening = opening
        self.waiting: list[Mapping[str, object]] = []
        self.arguments: list[str] = []
        self.is_begun = False
        self.is_blank = kind != "tool_use"

    @property
    def is_named(self) -> bool:
        """Whether it can be begun: of a call that needs its name."""
        return self.opening.get("name") != ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing can follow, now that another block has begun."""
        if self.kind != "tool_use":
            return True
        return bool(self.arguments) and self.arguments[-1].rstrip().endswith("}") and object_in("".join(self.arguments)) is not None


class Blocks:
    """The blocks of one answer. `hex_id` names calls that have no id."""

    def __init__(self, hex_id: str) -> None:
        self._hex_id = hex_id
        self._index = 0
        self._untold: deque[_Block] = deque()
        self._calls: dict[int, _Block] = {}
        self._called: list[_Block] = []

    @property
    def arguments(self) -> list[str]:
        """The arguments of all calls so far."""
        return ["".join(block.arguments) for block in self._called]

    def take(self, piece: Piece) -> Iterator[bytes]:
        """What can be told now that this has come."""
        block = self._call(piece) if piece.kind == "tool_use" else self._prose(piece)
        _add(block, piece)  # what comes for a block that has ended is not told: behind a whole JSON object all is white space
        yield from self._told()

    def end(self) -> Iterator[bytes]:
        """The rest: nothing more will come."""
        yield from self._told(is_over=True)

    def _prose(self, piece: Piece) -> _Block:
        kind = "thinking" if piece.kind == "thinking" else "text"
        if self._untold and self._untold[-1].kind == kind:
            return self._untold[-1]
        opening: dict[str, object] = {"type": kind, kind: ""}
        return self._begun(_Block(kind, {**opening, "signature": ""} if kind == "thinking" else opening))

    def _call(self, piece: Piece) -> _Block:
        """The call that a piece belongs to: another id under the same index is another call."""
        block = self._calls.get(piece.call)
        if block is not None and piece.id in ("", block.id):
            return block
        call_id = piece.id_of(self._hex_id)
        opening: dict[str, object] = {"type": "tool_use", "id": call_id, "name": "", "input": {}}
        block = self._calls[piece.call] = self._begun(_Block("tool_use", opening, call_id))
        self._called.append(block)
        return block

    def _begun(self, block: _Block) -> _Block:
        self._untold.append(block)
        return block

    def _told(self, *, is_over: bool = False) -> Iterator[bytes]:
        while self._untold:
            block = self._untold[0]
            is_last = len(self._untold) == 1 and not is_over
            if block.is_blank and not is_last:
                self._untold.popleft()
                continue
            if block.is_blank or not (block.is_named or is_over):
                return
            yield from self._of(block)
            if is_last or not (block.is_whole or is_over):
                return
            yield from self._ended(block)

    def _of(self, block: _Block) -> Iterator[bytes]:
        """What is new of a block."""
        if not block.is_begun:
            block.is_begun = True
            yield event("content_block_start", index=self._index, content_block=block.opening)
        for delta in block.waiting:
            yield event("content_block_delta", index=self._index, delta=delta)
        block.waiting.clear()

    def _ended(self, block: _Block) -> Iterator[bytes]:
        if block.kind == "thinking":
            yield event("content_block_delta", index=self._index, delta={"type": "signature_delta", "signature": SIGNATURE})
        yield event("content_block_stop", index=self._index)
        self._untold.popleft()
        self._index += 1


def _add(block: _Block, piece: Piece) -> None:
    """What a piece adds to its block, to be told when that is its turn."""
    if piece.kind == "tool_use":
        block.opening["name"] = block.opening["name"] or piece.name
        if piece.said:
            block.arguments.append(piece.said)
            block.waiting.append({"type": "input_json_delta", "partial_json": piece.said})
        return
    block.is_blank = block.is_blank and piece.said.isspace()
    if piece.kind == "citation":
        block.waiting.append({"type": "citations_delta", "citation": piece.citation})
    elif piece.said:
        block.waiting.append({"type": f"{piece.kind}_delta", piece.kind: piece.said})
