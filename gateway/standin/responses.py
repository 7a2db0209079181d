"""OpenAI's Responses, as a stand-in answers them: whole, or in all the events that the API has."""

import itertools
from collections.abc import Iterator
from typing import Any

from gateway.standin.messages import event
from gateway.standin.words import CREATED, WORDS, Asked, Fields, Said, identity, pieces, size


def asked(fields: Fields) -> Asked:
    """What a request asks for."""
    tools = {tool["name"]: tool.get("parameters") or {} for tool in fields.get("tools") or () if tool.get("type") == "function"}
    choice = fields.get("tool_choice")
    items = fields.get("input") or ""
    wanted = (fields.get("text") or {}).get("format") or {}
    return Asked(
        tools,
        choice.get("name", "") if isinstance(choice, dict) else "" if choice == "required" else None,
        isinstance(items, list) and any(item.get("type") == "function_call_output" for item in items),
        wanted.get("schema") or ({"type": "object", "properties": {"answer": {}}} if wanted.get("type") == "json_object" else None),
        min(fields.get("max_output_tokens") or len(WORDS), len(WORDS)),
        size(items) + size(fields.get("instructions") or ""),
    )


class Response:
    """One answer."""

    def __init__(self, fields: Fields, said: Said, model: str) -> None:
        self.fields, self.said, self.model, self.id = fields, said, model, identity(fields)

    @property
    def _item(self) -> dict[str, Any]:
        call = self.said.call
        if call is not None:
            made = {"call_id": "call_standin", "name": call.name, "arguments": call.arguments}
            return {"id": f"fc_{self.id}", "type": "function_call", "status": "completed", **made}
        content = [{"type": "output_text", "text": self.said.text, "annotations": [], "logprobs": []}]
        return {"id": f"msg_{self.id}", "type": "message", "status": "completed", "role": "assistant", "content": content}

    def _frame(self, status: str, output: list[object]) -> dict[str, object]:
        echoed = {name: self.fields.get(name) for name in ("instructions", "metadata", "temperature", "top_p", "max_output_tokens", "user")}
        is_over = status == "completed"
        return {
            "id": f"resp_{self.id}",
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "model": self.model,
            "output": output,
            "parallel_tool_calls": self.fields.get("parallel_tool_calls", True),
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None},
            "store": self.fields.get("store", True),
            "text": self.fields.get("text") or {"format": {"type": "text"}},
            "tool_choice": self.fields.get("tool_choice", "auto"),
            "tools": self.fields.get("tools") or [],
            "truncation": "disabled",
            "usage": self._usage if is_over else None,
            **echoed,
        }

    @property
    def _usage(self) -> dict[str, object]:
        asked, said = self.said.asked, self.said.said
        details: dict[str, object] = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        return {"input_tokens": asked, "output_tokens": said, "total_tokens": asked + said, **details}

    def whole(self) -> object:
        """The answer at once."""
        return self._frame("completed", [self._item])

    def events(self) -> Iterator[bytes]:
        """The answer as server-sent events, numbered."""
        numbers = itertools.count()
        for kind, members in self._steps():
            yield event(kind, sequence_number=next(numbers), **members)

    def _steps(self) -> Iterator[tuple[str, dict[str, Any]]]:
        item = self._item
        yield "response.created", {"response": self._frame("in_progress", [])}
        yield "response.in_progress", {"response": self._frame("in_progress", [])}
        empty: dict[str, Any] = {"content": []} if "content" in item else {"arguments": ""}
        begun = item | empty | {"status": "in_progress"}
        yield "response.output_item.added", {"output_index": 0, "item": begun}
        place = {"item_id": item["id"], "output_index": 0}
        yield from self._called(item, place) if self.said.call else self._spoken(item, place | {"content_index": 0})
        yield "response.output_item.done", {"output_index": 0, "item": item}
        yield "response.completed", {"response": self._frame("completed", [item])}

    def _called(self, item: dict[str, Any], place: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        arguments = item["arguments"]
        half = len(arguments) // 2
        for part in (arguments[:half], arguments[half:]):
            yield "response.function_call_arguments.delta", place | {"delta": part}
        yield "response.function_call_arguments.done", place | {"name": item["name"], "arguments": arguments}

    def _spoken(self, item: dict[str, Any], place: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        part = item["content"][0]
        yield "response.content_part.added", place | {"part": part | {"text": ""}}
        for piece in pieces(self.said.text):
            yield "response.output_text.delta", place | {"delta": piece, "logprobs": []}
        yield "response.output_text.done", place | {"text": self.said.text, "logprobs": []}
        yield "response.content_part.done", place | {"part": part}
