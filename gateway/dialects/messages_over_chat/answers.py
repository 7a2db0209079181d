"""Answers of a chat, brought back to callers of the Messages API."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from gateway.dialects.messages_over_chat.endings import calls_in, error, stopped, used
from gateway.dialects.messages_over_chat.pieces import SIGNATURE, Piece, asked_with, pieces
from gateway.dialects.messages_over_chat.stream import Blocks, event
from gateway.dialects.naming import shortened
from gateway.dialects.reading import listed, mapping, string
from gateway.dialects.said import Said, said_in
from gateway.dialects.translation import hex_of
from gateway.wire.sse import payload, split

_decode = msgspec.json.Decoder(dict[str, object]).decode
_Thoughts = Literal["shown", "omitted", "none"]


class MessagesAnswers:
    """One answer. `asked` is the caller's request, `request_id` the gateway's id of it.

    Thoughts are shown, as vLLM itself shows them in this API, but to a caller who has turned thinking off (`disabled`): they get none
    even of a model that cannot help it. To one who wants them `omitted` their block is empty.
    """

    def __init__(self, asked: Mapping[str, object], request_id: str) -> None:
        self._hex_id = hex_of(request_id)
        self._model = string(asked.get("model"))
        self._shortened = shortened(asked)
        self._thoughts = _thoughts(mapping(asked.get("thinking")))
        self._blocks = Blocks(self._hex_id)
        self._finish = ""
        self._matched = ""
        self._refused = False
        self._usage: object = None
        self._tier: object = None
        self._is_begun = self._is_over = False

    def whole(self, body: bytes) -> bytes:
        """A whole answer of status 200."""
        answer = mapping(msgspec.json.decode(body))
        said = said_in(answer, "message")
        shown = list(self._shown(said))
        calls = calls_in([piece.said for piece in shown if piece.kind == "tool_use"])
        ending = stopped(said.finish, said.matched, calls, refused=bool(said.refusal))
        usage = used(answer.get("usage"), answer.get("service_tier"))
        return msgspec.json.encode({**self._head(answer), "content": _content(shown, self._hex_id), **ending, "usage": usage})

    def events(self, block: bytes) -> bytes:
        """What is to be said of a stream so far. Its end is told at `[DONE]`, when what it used is known.

        Raises `msgspec.DecodeError` for what is no event: an answer without it would look whole and not be.
        """
        return b"".join(said for each in split(block) for said in self._event(each))

    def _event(self, each: bytes) -> Iterator[bytes]:
        told = payload(each)
        if self._is_over:
            return
        if told == b"[DONE]":
            yield from self._end()
        elif not told:
            yield event("ping")  # a comment, which keeps the connection open
        else:
            yield from self._chunk(_decode(told))

    def _chunk(self, chunk: Mapping[str, object]) -> Iterator[bytes]:
        if chunk.get("error"):
            self._is_over = True
            failed = chunk["error"]
            yield event("error", error=error(failed if isinstance(failed, dict) else {"message": failed}))
            return
        self._usage = chunk.get("usage") or self._usage
        self._tier = chunk.get("service_tier") or self._tier
        yield from self._begin(chunk)
        said = said_in(chunk, "delta")
        self._refused = self._refused or bool(said.refusal)
        self._finish = said.finish or self._finish
        self._matched = said.matched or self._matched
        for piece in self._shown(said):
            yield from self._blocks.take(piece)

    def _begin(self, chunk: Mapping[str, object]) -> Iterator[bytes]:
        if not self._is_begun:
            self._is_begun = True
            opening = {**self._head(chunk), "content": [], "stop_reason": None, "stop_sequence": None, "usage": used(self._usage)}
            yield event("message_start", message=opening)

    def _end(self) -> Iterator[bytes]:
        self._is_over = True
        yield from self._begin({})
        yield from self._blocks.end()
        ending = stopped(self._finish, self._matched, calls_in(self._blocks.arguments), refused=self._refused)
        yield event("message_delta", delta=ending, usage=used(self._usage, self._tier))
        yield event("message_stop")

    def _head(self, answer: Mapping[str, object]) -> dict[str, object]:
        model = string(answer.get("model")) or self._model
        return {"id": f"msg_{self._hex_id}", "type": "message", "role": "assistant", "model": model}

    def _shown(self, said: Said) -> Iterator[Piece]:
        """The pieces that the caller is to see, with the names that the caller knows."""
        for piece in pieces(said):
            if piece.kind == "tool_use":
                yield piece._replace(name=self._shortened.get(piece.name, piece.name)) if self._shortened else piece
            elif piece.kind != "thinking" or self._thoughts == "shown":
                yield piece
            elif self._thoughts == "omitted" and not piece.said.isspace():
                yield Piece("thinking")


def _content(said: Iterable[Piece], hex_id: str) -> list[dict[str, object]]:
    """The blocks of a whole answer: as in a stream, white space alone is none."""
    blocks: list[dict[str, object]] = []
    prose: dict[str, object] = {}
    for piece in said:
        if piece.kind == "thinking":
            blocks.append({"type": "thinking", "thinking": piece.said, "signature": SIGNATURE})
        elif piece.kind == "tool_use":
            blocks.append({"type": "tool_use", "id": piece.id_of(hex_id), "name": piece.name, "input": asked_with(piece.said)})
        else:
            if not prose:
                prose = {"type": "text", "text": ""}
                blocks.append(prose)
            prose["text"] = f"{prose['text']}{piece.said}"
            if piece.citation is not None:
                prose["citations"] = [*listed(prose.get("citations")), piece.citation]
    return [block for block in blocks if "citations" in block or not string(block.get(str(block["type"]))).isspace()]


def _thoughts(thinking: Mapping[str, object]) -> _Thoughts:
    if thinking.get("type") == "disabled":
        return "none"
    return "omitted" if thinking.get("display") == "omitted" else "shown"
