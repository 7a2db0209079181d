"""Anthropic's Messages, as a stand-in answers them: whole, or in all the events that the API has."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gateway.standin.words import WORDS, Asked, Fields, Said, identity, pieces, size


def asked(fields: Fields) -> Asked:
    """What a request asks for."""
    tools = {tool["name"]: tool.get("input_schema") or {} for tool in fields.get("tools") or () if "name" in tool}
    choice = fields.get("tool_choice") or {}
    wanted = (fields.get("output_config") or {}).get("format") or fields.get("output_format") or {}
    last = fields["messages"][-1].get("content")
    blocks = last if isinstance(last, list) else ()
    return Asked(
        tools,
        choice.get("name", "") if choice.get("type") in ("any", "tool") else None,
        any(block.get("type") == "tool_result" for block in blocks),
        wanted.get("schema"),
        min(fields.get("max_tokens") or len(WORDS), len(WORDS)),
        size(fields["messages"]) + size(fields.get("system") or ""),
    )


class Message:
    """One answer."""

    def __init__(self, fields: Fields, said: Said, model: str) -> None:
        self.said, self.model, self.id = said, model, f"msg_standin_{identity(fields)}"

    @property
    def _block(self) -> dict[str, object]:
        call = self.said.call
        if call is None:
            return {"type": "text", "text": self.said.text}
        return {"type": "tool_use", "id": "toolu_standin", "name": call.name, "input": msgspec.json.decode(call.arguments)}

    @property
    def _stop(self) -> str:
        return "end_turn" if self.said.call is None else "tool_use"

    def _usage(self, said: int) -> dict[str, object]:
        return {
            "input_tokens": self.said.asked,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": said,
            "service_tier": "standard",
        }

    def _frame(self, content: list[object], stop: str | None, said: int) -> dict[str, Any]:
        frame: dict[str, Any] = {"id": self.id, "type": "message", "role": "assistant", "model": self.model}
        return frame | {"content": content, "stop_reason": stop, "stop_sequence": None, "usage": self._usage(said)}

    def whole(self) -> object:
        """The answer at once."""
        return self._frame([self._block], self._stop, self.said.said)

    def events(self) -> Iterator[bytes]:
        """The answer as server-sent events."""
        yield event("message_start", message=self._frame([], None, 1))
        yield event("content_block_start", index=0, content_block=self._empty)
        yield event("ping")
        for delta in self._deltas():
            yield event("content_block_delta", index=0, delta=delta)
        yield event("content_block_stop", index=0)
        yield event("message_delta", delta={"stop_reason": self._stop, "stop_sequence": None}, usage=self._usage(self.said.said))
        yield event("message_stop")

    @property
    def _empty(self) -> dict[str, object]:
        empty: dict[str, object] = {"text": ""} if self.said.call is None else {"input": {}}
        return self._block | empty

    def _deltas(self) -> Iterator[Mapping[str, object]]:
        call = self.said.call
        if call is None:
            yield from ({"type": "text_delta", "text": piece} for piece in pieces(self.said.text))
            return
        half = len(call.arguments) // 2
        yield from ({"type": "input_json_delta", "partial_json": part} for part in ("", call.arguments[:half], call.arguments[half:]))


def event(kind: str, **members: object) -> bytes:
    """One event, which says twice of what kind it is, as the API does."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), msgspec.json.encode({"type": kind, **members}))


def error(status: int, say: str) -> dict[str, object]:
    """An error in Anthropic's shape."""
    kinds = {
        400: "invalid_request_error",
        401: "authentication_error",
        404: "not_found_error",
        429: "rate_limit_error",
        529: "overloaded_error",
    }
    return {"type": "error", "error": {"type": kinds.get(status, "api_error"), "message": say}, "request_id": "req_standin"}
