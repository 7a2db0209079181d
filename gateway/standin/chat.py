"""OpenAI's chat, completions and embeddings, as a stand-in answers them."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gateway.standin.words import CREATED, WORDS, Asked, Fields, Said, identity, packed, pieces, size, tokens, vector

_DIMENSIONS = 8


def asked(fields: Fields) -> Asked:
    """What a chat or a completion asks for."""
    tools = {tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in fields.get("tools") or () if "function" in tool}
    choice = fields.get("tool_choice")
    named = choice["function"]["name"] if isinstance(choice, dict) else ""
    messages = fields.get("messages") or ()
    return Asked(
        tools,
        named if choice == "required" or isinstance(choice, dict) else None,
        any(message.get("role") == "tool" for message in messages),
        _schema(fields.get("response_format") or {}),
        fields.get("max_completion_tokens") or fields.get("max_tokens") or len(WORDS),
        size(messages or fields.get("prompt") or ""),
    )


def _schema(wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if wanted.get("type") == "json_schema":
        schema: Mapping[str, Any] = wanted["json_schema"]["schema"]
        return schema
    return {"type": "object", "properties": {"answer": {"type": "string"}}} if wanted.get("type") == "json_object" else None


class Chat:
    """One answer of chat or completions, whole or in events."""

    def __init__(self, fields: Fields, said: Said, model: str, *, is_chat: bool) -> None:
        self.fields, self.said, self.model, self.is_chat = fields, said, model, is_chat
        self.choices = fields.get("n") or 1
        self.call = said.call if is_chat else None

    @property
    def _usage(self) -> Mapping[str, int]:
        said = self.choices * (self.said.said if self.is_chat else len(self.said.text.split()))
        return {"prompt_tokens": self.said.asked, "completion_tokens": said, "total_tokens": self.said.asked + said}

    @property
    def _finish(self) -> str:
        return "tool_calls" if self.call else "stop"

    @property
    def _called(self) -> dict[str, object]:
        call = self.call
        function = {} if call is None else {"name": call.name, "arguments": call.arguments}
        return {"id": "call_standin", "type": "function", "function": function}

    def _frame(self, kind: str, choices: list[object]) -> dict[str, object]:
        return {"id": f"standin-{identity(self.fields)}", "object": kind, "created": CREATED, "model": self.model, "choices": choices}

    def whole(self) -> object:
        """The answer at once."""
        if not self.is_chat:
            rows: list[object] = [
                {"index": index, "text": self.said.text, "logprobs": None, "finish_reason": "stop"} for index in range(self.choices)
            ]
            return self._frame("text_completion", rows) | {"usage": self._usage}
        content = None if self.call else self.said.text
        message = {"role": "assistant", "content": content} | ({"tool_calls": [self._called]} if self.call else {})
        rows = [{"index": index, "message": message, "logprobs": None, "finish_reason": self._finish} for index in range(self.choices)]
        return self._frame("chat.completion", rows) | {"usage": self._usage}

    def events(self) -> Iterator[bytes]:
        """The answer as server-sent events, one word at a time, with usage if it was asked for, and the end mark."""
        for index in range(self.choices):
            for delta in self._deltas():
                yield self._event([self._row(index, delta, None)])
            yield self._event([self._row(index, {} if self.is_chat else "", self._finish)])
        if (self.fields.get("stream_options") or {}).get("include_usage"):
            yield self._event([], self._usage)
        yield b"data: [DONE]\n\n"

    def _deltas(self) -> Iterator[object]:
        if self.call:
            yield {"role": "assistant", "content": None, "tool_calls": [{"index": 0} | self._called]}
            return
        for place, piece in enumerate(pieces(self.said.text)):
            yield ({"content": piece} | ({} if place else {"role": "assistant"})) if self.is_chat else piece

    def _row(self, index: int, delta: object, finish: str | None) -> object:
        return {"index": index, "delta" if self.is_chat else "text": delta, "finish_reason": finish}

    def _event(self, choices: list[object], usage: Mapping[str, int] | None = None) -> bytes:
        frame = self._frame("chat.completion.chunk" if self.is_chat else "text_completion", choices)
        return b"data: " + msgspec.json.encode(frame | ({"usage": usage} if usage else {})) + b"\n\n"


def embeddings(fields: Fields, model: str) -> object:
    """Embeddings: digits of a digest of each text."""
    wanted = fields.get("input", "")
    inputs = wanted if isinstance(wanted, list) else [wanted]
    width = fields.get("dimensions") or _DIMENSIONS
    vectors = [vector(str(text), width) for text in inputs]
    is_packed = fields.get("encoding_format") == "base64"
    written = [packed(one) if is_packed else one for one in vectors]
    rows = [{"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(written)]
    count = sum(tokens(str(text)) for text in inputs)
    return {"object": "list", "model": model, "data": rows, "usage": {"prompt_tokens": count, "total_tokens": count}}
