"""What a chat says in one choice, whole or a piece of it, whatever the engine's words for it are."""

from collections.abc import Mapping
from typing import NamedTuple

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
    """A piece of an answer, or all of it. `finish` is why it ended, empty while it has not."""

    reasoning: str = ""
    text: str = ""
    refusal: str = ""
    calls: tuple[CallPiece, ...] = ()
    annotations: tuple[Fields, ...] = ()
    logprobs: tuple[Fields, ...] = ()
    finish: str = ""


def said_in(chat: Mapping[str, object], member: str) -> Said:
    """What the first choice says in `message` or `delta`. What has another form than that of a chat says nothing."""
    choice = next((choice for choice in objects(chat.get("choices")) if not choice.get("index")), None)
    if choice is None:
        return Said()
    said = choice.get(member)
    told = said if isinstance(said, Mapping) else {}
    content, logprobs, finish = told.get("content"), choice.get("logprobs"), _text(choice, "finish_reason")
    if isinstance(content, str) and logprobs is None and told.keys() <= _PLAIN:
        return Said(text=content, finish=finish)
    reasoning, text = _content(content)
    return Said(
        reasoning=_text(told, "reasoning_content") or _text(told, "reasoning") or reasoning,
        text=text,
        refusal=_text(told, "refusal"),
        calls=tuple(_call(call, number) for number, call in enumerate(objects(told.get("tool_calls")))),
        annotations=tuple(_annotation(note) for note in objects(told.get("annotations"))),
        logprobs=tuple(_logprob(token) for token in objects(logprobs.get("content"))) if isinstance(logprobs, Mapping) else (),
        finish=finish,
    )


def objects(value: object) -> list[Mapping[str, object]]:
    """The objects of a list; none where it is no list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _text(told: Mapping[str, object], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _content(value: object) -> tuple[str, str]:
    """Reasoning and text of a content. Mistral's has parts, with its thoughts among them."""
    if isinstance(value, str):
        return "", value
    parts = objects(value)
    thoughts = [_text(thought, "text") for part in parts for thought in objects(part.get("thinking"))]
    return "".join(thoughts), "".join(_text(part, "text") for part in parts)


def _call(call: Mapping[str, object], number: int) -> CallPiece:
    index, function = call.get("index"), call.get("function")
    told = function if isinstance(function, Mapping) else {}
    place = index if isinstance(index, int) else number
    return CallPiece(place, _text(call, "id"), _text(told, "name"), _text(told, "arguments"))


def _annotation(note: Mapping[str, object]) -> Fields:
    """A citation, which a chat has one level deeper."""
    kind = _text(note, "type")
    inner = note.get(kind)
    return {"type": kind, **inner} if isinstance(inner, Mapping) else dict(note)


def _logprob(token: Mapping[str, object]) -> Fields:
    return {**_chance(token), "top_logprobs": [_chance(top) for top in objects(token.get("top_logprobs"))]}


def _chance(token: Mapping[str, object]) -> Fields:
    return {"token": token.get("token"), "bytes": token.get("bytes") or [], "logprob": token.get("logprob")}
