"""What engines say, endpoint by endpoint: a good answer, and the pieces of which streams and their faults are made."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from router.names import Endpoint
from tests.fakes.upstream import DONE, USAGE, Script, answer, chat, delta, event, stream

Error = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Flow:
    """A stream is `opening`, words and `closing`. `opening` carries nothing yet, `start` comes before the first word.

    `error` is the event that says so. `is_typed`: events say by a `type` what they are, and only the last one makes a stream whole.
    `is_counted`: a word is a token.
    """

    opening: bytes
    word: Callable[[str], bytes]
    closing: tuple[bytes, ...]
    error: Callable[[Error], bytes]
    start: bytes = b""
    is_typed: bool = True
    is_counted: bool = True

    def begun(self, *texts: str) -> tuple[bytes, ...]:
        """A stream as far as these words."""
        first, *more = map(self.word, texts)
        return self.opening, self.start + first, *more


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine speaks one endpoint. `whole` is the body of a good answer; `flow` is None where nothing streams."""

    endpoint: Endpoint
    whole: bytes
    flow: Flow | None = None
    kind: str = "application/json"

    @property
    def good(self) -> Script:
        """A whole answer."""
        return answer(200, self.whole, kind=self.kind)

    @property
    def flows(self) -> Script | None:
        """The same as a stream."""
        return None if self.flow is None else stream(*self.flow.begun("from", " afar"), *self.flow.closing)

    @property
    def large(self) -> Script:
        """A good answer of more than 9,000 bytes."""
        filler = "x" * 9_000
        if self.kind != "application/json":
            return answer(200, self.whole + filler.encode(), kind=self.kind)
        return answer(200, json.dumps({**json.loads(self.whole), "filler": filler}).encode())


def typed(kind: str, **members: Any) -> bytes:
    """An event that says what it is."""
    return f"event: {kind}\n".encode() + event({"type": kind, **members})


def _json(endpoint: Endpoint, flow: Flow | None = None, /, **members: Any) -> Dialect:
    return Dialect(endpoint, json.dumps(members).encode(), flow)


def _error(error: Error) -> bytes:
    return event({"error": error})


def _typed_error(error: Error) -> bytes:
    return typed("error", error=error)


USED = {"input_tokens": 7, "output_tokens": 3}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "served",
    "content": [{"type": "text", "text": "from afar"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": USED,
}
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "served",
    "usage": {**USED, "total_tokens": 10},
    "output": [
        {"id": "m", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "from afar", "annotations": []}]}
    ],
}
_PART = {"type": "output_text", "text": "", "annotations": []}
_OF = {"item_id": "m", "output_index": 0, "content_index": 0}

_CHAT_FLOW = Flow(delta(role="assistant", content=""), delta, (delta(finish="stop"), USAGE, DONE), _error, is_typed=False)


def _text(text: str, finish: str | None = None) -> bytes:
    return event({"choices": [{"index": 0, "text": text, "finish_reason": finish}]})


_TEXT_FLOW = Flow(_text(""), _text, (_text("", "stop"), DONE), _error, is_typed=False)
_MESSAGES_FLOW = Flow(
    typed("message_start", message={**MESSAGE, "content": [], "stop_reason": None, "usage": {"input_tokens": 7, "output_tokens": 1}}),
    lambda text: typed("content_block_delta", index=0, delta={"type": "text_delta", "text": text}),
    (
        typed("content_block_stop", index=0),
        typed("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=USED),
        typed("message_stop"),
    ),
    _typed_error,
    typed("content_block_start", index=0, content_block={"type": "text", "text": ""}),
)
_RESPONSES_FLOW = Flow(
    typed("response.created", sequence_number=0, response={**RESPONSE, "status": "in_progress", "output": [], "usage": None}),
    lambda text: typed("response.output_text.delta", sequence_number=3, delta=text, **_OF),
    (
        typed("response.output_text.done", sequence_number=4, text="from afar", **_OF),
        typed("response.completed", sequence_number=5, response=RESPONSE),
    ),
    lambda error: typed("error", sequence_number=4, message=error["message"], param=None, code=error["code"] or error["type"]),
    typed("response.output_item.added", sequence_number=1, output_index=0, item={**RESPONSE["output"][0], "content": []})
    + typed("response.content_part.added", sequence_number=2, part=_PART, **_OF),
)


def _pictures(name: str) -> Flow:
    return Flow(
        b": drawing\n\n",
        lambda text: typed(f"{name}.partial_image", b64_json=text, partial_image_index=0),
        (typed(f"{name}.completed", b64_json="aGk=", usage={**USED, "total_tokens": 10}),),
        _typed_error,
        is_counted=False,
    )


_HEARD_FLOW = Flow(
    b": listening\n\n",
    lambda text: typed("transcript.text.delta", delta=text),
    (typed("transcript.text.done", text="from afar", usage={"type": "tokens", **USED, "total_tokens": 10}),),
    _typed_error,
)
_SCORED = [{"index": 0, "relevance_score": 0.5}]

CHAT = Dialect("chat", bytes(chat("from afar")[0]).partition(b"\r\n\r\n")[2], _CHAT_FLOW)  # type: ignore[arg-type]  # bytes
COMPLETIONS = _json("completions", _TEXT_FLOW, choices=[{"index": 0, "text": "from afar", "finish_reason": "stop"}])
EMBEDDINGS = _json("embeddings", data=[{"index": 0, "embedding": [0.5]}])
MESSAGES = _json("messages", _MESSAGES_FLOW, **MESSAGE)
RESPONSES = _json("responses", _RESPONSES_FLOW, **RESPONSE)
COUNT_TOKENS = _json("count_tokens", input_tokens=7)
TOKENIZE = _json("tokenize", count=7, tokens=[1, 2, 3, 4, 5, 6, 7])
RERANK = _json("rerank", results=_SCORED)
SCORE = _json("score", data=[{"index": 0, "score": 0.5}])
MODERATIONS = _json("moderations", id="m", model="served", results=[{"flagged": False}])
IMAGES = _json("images", _pictures("image_generation"), created=1, data=[{"b64_json": "aGk="}])
IMAGE_EDITS = _json("image_edits", _pictures("image_edit"), created=1, data=[{"b64_json": "aGk="}])
SPEECH = Dialect("speech", b"RIFF", kind="audio/wav")
TRANSCRIPTIONS = _json("transcriptions", _HEARD_FLOW, text="from afar")
TRANSLATIONS = _json("translations", text="from afar")
