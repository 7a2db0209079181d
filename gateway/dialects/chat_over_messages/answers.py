"""An answer of the Messages API as a chat's, whole or in events.

Thoughts are `reasoning_content`, and `thinking_blocks` as well: with their signatures, so that a caller who sends them back has them taken.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from gateway.dialects.reading import listed, mapping, string
from gateway.dialects.translation import hex_of
from gateway.wire.sse import DONE, payload, split
from gateway.wire.usage import TYPED_FINISHES

Fields = dict[str, object]
_THOUGHTS = ("thinking", "redacted_thinking")


class ChatAnswers:
    """Brings one answer back. `asked` is the chat's request, `created` the Unix time that the answer has: Messages have none."""

    def __init__(self, asked: Mapping[str, object], request_id: str, created: int = 0) -> None:
        self._id = "chatcmpl-" + hex_of(request_id)
        self._model = string(asked.get("model"))
        self._created = created
        self._usage: dict[str, object] = {}
        self._stop = ""
        self._blocks: dict[int, Fields] = {}
        self._calls: dict[int, int] = {}
        self._called = 0
        self._is_over = False

    def whole(self, body: bytes) -> bytes:
        """A whole answer of status 200."""
        told = mapping(msgspec.json.decode(body))
        blocks = [mapping(block) for block in listed(told.get("content"))]
        self._model = string(told.get("model")) or self._model
        texts = [string(block.get("text")) for block in blocks if block.get("type") == "text"]
        message: Fields = {"role": "assistant", "content": "".join(texts) if texts else None, "refusal": None}
        message |= _thought(blocks)
        calls = [_call(block, encoded(block.get("input"))) for block in blocks if block.get("type") == "tool_use"]
        if calls:
            message["tool_calls"] = calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_of(string(told.get("stop_reason")))}
        return msgspec.json.encode(self._frame("chat.completion", [choice]) | {"usage": used(mapping(told.get("usage")))})

    def events(self, block: bytes) -> bytes:
        """Whole events; what is to be said of them so far. After the end, or an error, nothing is."""
        return b"".join(piece for event in split(block) for piece in self._event(event))

    def _event(self, event: bytes) -> Iterator[bytes]:
        try:
            told = mapping(msgspec.json.decode(payload(event)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        read = _EVENTS.get(string(told.get("type")))
        if read is not None and not self._is_over:
            yield from read(self, told)

    def _frame(self, kind: str, choices: list[Fields]) -> Fields:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model, "choices": choices}

    def _chunk(self, delta: Fields, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _sent(self._frame("chat.completion.chunk", [choice]))

    def _begin(self, told: Mapping[str, object]) -> Iterator[bytes]:
        message = mapping(told.get("message"))
        self._model = string(message.get("model")) or self._model
        self._usage |= mapping(message.get("usage"))
        yield self._chunk({"role": "assistant", "content": ""})

    def _block(self, told: Mapping[str, object]) -> Iterator[bytes]:
        block, index = dict(mapping(told.get("content_block"))), _index(told)
        self._blocks[index] = block
        self._calls.pop(index, None)
        if block.get("type") == "tool_use":
            place = self._calls[index] = self._called
            self._called += 1
            block["arguments"] = ""
            yield self._chunk({"tool_calls": [{"index": place, **_call(block, "")}]})
        elif block.get("type") == "text" and block.get("text"):
            yield self._chunk({"content": block["text"]})

    def _delta(self, told: Mapping[str, object]) -> Iterator[bytes]:
        delta, index = mapping(told.get("delta")), _index(told)
        block = self._blocks.setdefault(index, {})
        for name, said in (("text", "content"), ("thinking", "reasoning_content")):
            if piece := string(delta.get(name)):
                block[name] = string(block.get(name)) + piece
                yield self._chunk({said: piece})
        if signature := string(delta.get("signature")):
            block["signature"] = string(block.get("signature")) + signature
        if (piece := string(delta.get("partial_json"))) and index in self._calls:
            block["arguments"] = string(block.get("arguments")) + piece
            yield self._chunk({"tool_calls": [{"index": self._calls[index], "function": {"arguments": piece}}]})

    def _block_end(self, told: Mapping[str, object]) -> Iterator[bytes]:
        index = _index(told)
        block = self._blocks.get(index, {})
        if block.get("type") in _THOUGHTS:
            yield self._chunk({"thinking_blocks": [block]})
        elif index in self._calls and not block["arguments"]:  # none came in pieces: they stand in the block, or there are none
            arguments = encoded(block.get("input"))
            yield self._chunk({"tool_calls": [{"index": self._calls[index], "function": {"arguments": arguments}}]})

    def _message(self, told: Mapping[str, object]) -> Iterator[bytes]:
        self._stop = string(mapping(told.get("delta")).get("stop_reason")) or self._stop
        self._usage |= {name: count for name, count in mapping(told.get("usage")).items() if count is not None}
        yield from ()

    def _end(self, _told: Mapping[str, object]) -> Iterator[bytes]:
        self._is_over = True
        yield self._chunk({}, finish_of(self._stop))
        yield _sent(self._frame("chat.completion.chunk", []) | {"usage": used(self._usage)})
        yield DONE

    def _error(self, told: Mapping[str, object]) -> Iterator[bytes]:
        self._is_over = True
        error = mapping(told.get("error"))
        rest = {name: value for name, value in error.items() if name not in ("message", "type")}
        kind = string(error.get("type")) or "api_error"
        said = {"message": string(error.get("message")) or "The model failed. Try again.", "type": kind, "param": None, "code": kind}
        yield _sent({"error": said | rest})


_EVENTS: Mapping[str, Callable[[ChatAnswers, Mapping[str, object]], Iterator[bytes]]] = {
    "message_start": ChatAnswers._begin,  # noqa: SLF001  # the class's own table
    "content_block_start": ChatAnswers._block,  # noqa: SLF001
    "content_block_delta": ChatAnswers._delta,  # noqa: SLF001
    "content_block_stop": ChatAnswers._block_end,  # noqa: SLF001
    "message_delta": ChatAnswers._message,  # noqa: SLF001
    "message_stop": ChatAnswers._end,  # noqa: SLF001
    "error": ChatAnswers._error,  # noqa: SLF001
}
"""What each event means to a chat. `ping`, and what is not known, mean nothing."""


def _index(told: Mapping[str, object]) -> int:
    """Which block an event is of; the first where it does not say so."""
    index = told.get("index")
    return index if isinstance(index, int) else 0


def _thought(blocks: list[Mapping[str, object]]) -> Fields:
    thoughts = [block for block in blocks if block.get("type") in _THOUGHTS]
    said = "".join(string(block.get("thinking")) for block in thoughts)
    return ({"reasoning_content": said} if said else {}) | ({"thinking_blocks": thoughts} if thoughts else {})


def _call(block: Mapping[str, object], arguments: str) -> Fields:
    function = {"name": string(block.get("name")), "arguments": arguments}
    return {"id": string(block.get("id")), "type": "function", "function": function}


def encoded(value: object) -> str:
    """The arguments of a call, as the JSON that a chat has them in."""
    return msgspec.json.encode(value or {}).decode()


def finish_of(stop: str) -> str:
    """A chat's finish reason for a `stop_reason`. One that nobody knows is an end like any other."""
    return TYPED_FINISHES.get(stop, "stop")


def used(told: Mapping[str, object]) -> Fields:
    """A chat's `usage`, whose prompt has all that was read, from a cache or not. What was written to one is told beside it."""
    counts = {name: count for name, count in told.items() if type(count) is int}
    read, written = counts.get("cache_read_input_tokens", 0), counts.get("cache_creation_input_tokens", 0)
    prompt, completion = counts.get("input_tokens", 0) + read + written, counts.get("output_tokens", 0)
    details = {"cached_tokens": read, **({"cache_creation_tokens": written} if written else {})}
    thought = mapping(told.get("output_tokens_details")).get("thinking_tokens")
    more: Fields = {"completion_tokens_details": {"reasoning_tokens": thought}} if type(thought) is int else {}
    total = prompt + completion
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total, "prompt_tokens_details": details, **more}


def _sent(content: Fields) -> bytes:
    return b"data: " + msgspec.json.encode(content) + b"\n\n"
