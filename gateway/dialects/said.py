"""What a chat says in one choice, whole or a piece of it, whatever the engine's words for it are."""

from collections.abc import Mapping
from typing import NamedTuple

from gateway.dialects.reading import listed, mapping, string

Fields = dict[str, object]


_PLAIN = frozenset({"role", "content"})
"""What most pieces of a stream have, and no more: the rest need not be looked for then."""


class CallPiece(NamedTuple):
    """A piece of a tool call: which one of the answer, and what of it is told now, empty for nothing."""

    place: int
    call_id: str
    name: str
    arguments: str

    def is_another(self, call_id: str) -> bool:
        """Whether it begins a call other than that, whatever its place says: some engines give all calls the same one."""
        return bool(self.name and self.call_id) and self.call_id != call_id

    def is_same(self, later: "CallPiece") -> bool:
        """Whether a later piece is of the same call."""
        return self.place == later.place and not (self.call_id and later.is_another(self.call_id))

    def joined(self, later: "CallPiece") -> "CallPiece":
        """Both in one."""
        return CallPiece(self.place, self.call_id or later.call_id, self.name or later.name, self.arguments + later.arguments)


class Said(NamedTuple):
    """A piece of an answer, or all of it.

    `finish` is why it ended, empty while it has not; `matched` the stop sequence that ended it, which vLLM tells.
    """

    reasoning: str = ""
    text: str = ""
    refusal: str = ""
    calls: tuple[CallPiece, ...] = ()
    annotations: tuple[Fields, ...] = ()
    logprobs: tuple[Fields, ...] = ()
    finish: str = ""
    matched: str = ""


def said_in(chat: Mapping[str, object], member: str) -> Said:
    """What the first choice says in `message` or `delta`. What has another form than that of a chat says nothing."""
    choice = next((choice for choice in listed(chat.get("choices")) if not choice.get("index")), None)
    if choice is None:
        return Said()
    told = mapping(choice.get(member))
    content, logprobs, finish = told.get("content"), choice.get("logprobs"), string(choice.get("finish_reason"))
    if isinstance(content, str) and logprobs is None and not finish and told.keys() <= _PLAIN:
        return Said(text=content)
    reasoning, text = _content(content)
    return Said(
        reasoning=string(told.get("reasoning_content")) or string(told.get("reasoning")) or reasoning,
        text=text,
        refusal=string(told.get("refusal")),
        calls=tuple(_call(call, number) for number, call in enumerate(listed(told.get("tool_calls")))),
        annotations=tuple(_annotation(note) for note in listed(told.get("annotations"))),
        logprobs=tuple(_logprob(token) for token in listed(mapping(logprobs).get("content"))),
        finish=finish,
        matched=string(choice.get("stop_reason")),
    )


def _content(value: object) -> tuple[str, str]:
    """Reasoning and text of a content. Mistral's has parts, with its thoughts among them."""
    if isinstance(value, str):
        return "", value
    parts = listed(value)
    thoughts = [string(thought.get("text")) for part in parts for thought in listed(part.get("thinking"))]
    return "".join(thoughts), "".join(string(part.get("text")) for part in parts)


def _call(call: Mapping[str, object], number: int) -> CallPiece:
    index, told = call.get("index"), mapping(call.get("function"))
    place = index if isinstance(index, int) else number
    return CallPiece(place, string(call.get("id")), string(told.get("name")), string(told.get("arguments")))


def _annotation(note: Mapping[str, object]) -> Fields:
    """A citation, which a chat has one level deeper."""
    kind = string(note.get("type")) or "url_citation"
    inner = note.get(kind)
    return {"type": kind, **inner} if isinstance(inner, Mapping) else dict(note)


def _logprob(token: Mapping[str, object]) -> Fields:
    return {**_chance(token), "top_logprobs": [_chance(top) for top in listed(token.get("top_logprobs"))]}


def _chance(token: Mapping[str, object]) -> Fields:
    return {"token": token.get("token"), "bytes": token.get("bytes") or [], "logprob": token.get("logprob")}
