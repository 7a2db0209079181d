"""An answer of the Messages API as a chat's, whole or in events.

Thoughts are `reasoning_content`, and `thinking_blocks` as well: with their signatures, so that a caller who sends them back has them taken.
What is no message, or no event of one, raises `msgspec.DecodeError`: an answer without it would look whole and not be.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from gateway.dialects.chat_over_messages.blocks import Blocks, message_of
from gateway.dialects.reading import Thing, counted, mapping, string
from gateway.dialects.refusals import openais_type
from gateway.dialects.translation import hex_of
from gateway.wire.sse import DONE, payload, split
from gateway.wire.usage import TYPED_FINISHES
from router.failures import recognise_event

Fields = dict[str, object]
_PING = b": ping\n\n"
"""What keeps a connection open and says nothing."""


class _Message(msgspec.Struct):
    content: list[dict[str, object]]
    model: object = None
    stop_reason: object = None
    stop_details: object = None
    usage: object = None


class _OfBlock(msgspec.Struct):
    index: int
    content_block: dict[str, object] | None = None
    delta: dict[str, object] | None = None


class ChatAnswers:
    """Brings one answer back. `asked` is the chat's request, `created` the Unix time that the answer has: Messages have none."""

    def __init__(self, asked: Mapping[str, object], request_id: str, created: int = 0) -> None:
        self._id = "chatcmpl-" + hex_of(request_id)
        self._model = string(asked.get("model"))
        self._created = created
        self._usage: Fields = {}
        self._stop = ""
        self._blocks = Blocks()
        self._is_begun = self._is_over = False

    def whole(self, body: bytes) -> bytes:
        """A whole answer of status 200."""
        told = msgspec.json.decode(body, type=_Message)
        self._model = string(told.model) or self._model
        message = message_of(told.content) | _declined(told.stop_details)
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_of(string(told.stop_reason))}
        return msgspec.json.encode(self._frame("chat.completion", [choice]) | used(told.usage))

    def events(self, block: bytes) -> bytes:
        """Whole events; what is to be said of them so far. After the end, or an error, nothing is."""
        return b"".join(piece for event in split(block) if not self._is_over for piece in self._event(event))

    def _event(self, event: bytes) -> Iterator[bytes]:
        text = payload(event)
        if not text:
            yield _PING
            return
        told = msgspec.json.decode(text, type=dict[str, object])
        yield from _EVENTS.get(msgspec.convert(told.get("type"), str), _nothing)(self, told)

    def _frame(self, kind: str, choices: list[Fields]) -> Fields:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model, "choices": choices}

    def _chunk(self, delta: Fields, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _sent(self._frame("chat.completion.chunk", [choice]))

    def _ping(self, _told: Thing) -> Iterator[bytes]:
        yield _PING

    def _begin(self, told: Thing) -> Iterator[bytes]:
        message = msgspec.convert(told.get("message"), Fields)
        self._is_begun = True
        self._model = string(message.get("model")) or self._model
        opening = mapping(message.get("usage"))
        self._usage |= {name: count for name, count in opening.items() if name != "output_tokens"}  # a token or two: not yet the answer
        yield self._chunk({"role": "assistant", "content": ""})

    def _block(self, told: Thing) -> Iterator[bytes]:
        block = msgspec.convert(told, _OfBlock)
        yield from map(self._chunk, self._blocks.begin(block.index, block.content_block or {}))

    def _delta(self, told: Thing) -> Iterator[bytes]:
        block = msgspec.convert(told, _OfBlock)
        yield from map(self._chunk, self._blocks.grow(block.index, block.delta or {}))

    def _block_end(self, told: Thing) -> Iterator[bytes]:
        yield from map(self._chunk, self._blocks.end(msgspec.convert(told, _OfBlock).index))

    def _message(self, told: Thing) -> Iterator[bytes]:
        delta = msgspec.convert(told.get("delta"), Fields)
        self._stop = string(delta.get("stop_reason")) or self._stop
        self._usage |= {name: count for name, count in mapping(told.get("usage")).items() if count is not None}
        if declined := _declined(delta.get("stop_details")):
            yield self._chunk(declined)

    def _end(self, _told: Thing) -> Iterator[bytes]:
        if not self._is_begun:
            raise msgspec.ValidationError("the end of a message that has not begun")
        self._is_over = True
        yield from map(self._chunk, self._blocks.close())
        yield self._chunk({}, finish_of(self._stop))
        if usage := used(self._usage):
            yield _sent(self._frame("chat.completion.chunk", []) | usage)
        yield DONE

    def _error(self, told: Thing) -> Iterator[bytes]:
        self._is_over = True
        yield _sent({"error": error(mapping(told.get("error")))})


def _nothing(_answers: ChatAnswers, _told: Thing) -> Iterator[bytes]:
    return iter(())


_EVENTS: Mapping[str, Callable[[ChatAnswers, Thing], Iterator[bytes]]] = {
    "message_start": ChatAnswers._begin,  # noqa: SLF001  # the class's own table
    "content_block_start": ChatAnswers._block,  # noqa: SLF001
    "content_block_delta": ChatAnswers._delta,  # noqa: SLF001
    "content_block_stop": ChatAnswers._block_end,  # noqa: SLF001
    "message_delta": ChatAnswers._message,  # noqa: SLF001
    "message_stop": ChatAnswers._end,  # noqa: SLF001
    "ping": ChatAnswers._ping,  # noqa: SLF001
    "error": ChatAnswers._error,  # noqa: SLF001
}
"""What each event means to a chat. What is not known means nothing, as Anthropic's API asks of its callers."""


def _declined(details: object) -> Fields:
    """What is said of a refusal, where something is."""
    why = string(mapping(details).get("explanation"))
    return {"refusal": why} if why else {}


def finish_of(stop: str) -> str:
    """A chat's finish reason for a `stop_reason`. One that nobody knows is an end like any other."""
    return TYPED_FINISHES.get(stop, "stop")


def used(told: object) -> Fields:
    """A chat's `usage`, whose prompt has all that was read, from a cache or not; what was written to one is told beside it.

    Nothing where prompt or answer is not told.
    """
    usage = counted(told)
    if usage is None:
        return {}
    written = {"cache_creation_tokens": usage.cache_write} if usage.cache_write else {}
    counts: Fields = {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached, **written},
    }
    thought: Fields = {"completion_tokens_details": {"reasoning_tokens": usage.reasoning}} if usage.reasoning else {}
    return {"usage": counts | thought}


def error(told: Thing) -> Fields:
    """An error of a stream in OpenAI's words. What it has beside them is kept."""
    event = msgspec.json.encode(told)
    failure = recognise_event(event)
    message, code = string(told.get("message")) or failure.say, string(told.get("code")) or failure.code
    return {**told, "message": message, "type": openais_type(event), "param": None, "code": code}


def _sent(content: Fields) -> bytes:
    return b"data: " + msgspec.json.encode(content) + b"\n\n"
