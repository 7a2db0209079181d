"""Every endpoint that carries content: how a caller asks it something, and a good answer of an engine that speaks it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from router.names import Endpoint
from tests.fakes.upstream import Script, answer, chat, delta, event, stream, words

BOUNDARY = "b0undary"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


@dataclass(frozen=True, slots=True)
class Asked:
    """How one endpoint is asked. `body` is made of a text, a model and more members; `good` is a whole answer, `flows` a stream or None.

    `spoken` is what the engine must speak.
    """

    endpoint: Endpoint
    path: str
    body: Callable[[str, str, dict[str, Any]], object]
    good: Script
    flows: Script | None = None
    spoken: Endpoint | None = None
    headers: Mapping[str, str] | None = None

    def of(self, text: str, model: str = "auto", **more: Any) -> Any:
        """A body that says this."""
        return self.body(text, model, more)

    @property
    def serves(self) -> list[str]:
        """What destinations must be said to serve for it."""
        return [self.spoken or self.endpoint]

    @override
    def __str__(self) -> str:
        """The endpoint, and in which words it is served."""
        return self.endpoint if self.spoken is None else f"{self.endpoint} over {self.spoken}"


def _members(**texts: Any) -> Callable[[str, str, dict[str, Any]], object]:
    """A body whose members are these, where TEXT stands for what is said."""

    def made(text: str, model: str, more: dict[str, Any]) -> object:
        said = json.loads(json.dumps(texts).replace('"TEXT"', json.dumps(text)))
        return {"model": model, **said, **{name: value for name, value in more.items() if name != "stream" or value}}

    return made


def _form(text: str, model: str, more: dict[str, Any]) -> bytes:
    fields = {"model": model, "prompt": text, **{name: value for name, value in more.items() if name != "stream"}}
    parts = [f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    file = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="FILE"; filename="a.bin"\r\ncontent-type: audio/wav\r\n\r\n'
    return ("".join(parts) + file).encode() + b"RIFF\x00\xff\r\n" + f"--{BOUNDARY}--\r\n".encode()


def _of(name: str) -> Callable[[str, str, dict[str, Any]], object]:
    return lambda text, model, more: _form(text, model, more).replace(b'"FILE"', f'"{name}"'.encode())


def _json(content: object) -> Script:
    return answer(200, json.dumps(content).encode())


def _typed(*events: tuple[str, dict[str, Any]]) -> Script:
    return stream(*(f"event: {kind}\n".encode() + event({"type": kind, **members}) for kind, members in events))


TURN = [{"role": "user", "content": "TEXT"}]
USED = {"input_tokens": 7, "output_tokens": 3}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "served",
    "content": [{"type": "text", "text": "from afar"}],
}
MESSAGE |= {"stop_reason": "end_turn", "stop_sequence": None, "usage": USED}
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "served",
    "usage": {**USED, "total_tokens": 10},
}
RESPONSE |= {
    "output": [
        {"id": "m", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "from afar", "annotations": []}]}
    ]
}
MESSAGES_FLOW = _typed(
    ("message_start", {"message": {**MESSAGE, "content": [], "stop_reason": None}}),
    ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "from afar"}}),
    ("content_block_stop", {"index": 0}),
    ("message_delta", {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USED}),
    ("message_stop", {}),
)
RESPONSES_FLOW = _typed(
    ("response.created", {"sequence_number": 0, "response": {**RESPONSE, "status": "in_progress", "output": []}}),
    ("response.output_text.delta", {"sequence_number": 1, "item_id": "m", "output_index": 0, "content_index": 0, "delta": "from afar"}),
    ("response.completed", {"sequence_number": 2, "response": RESPONSE}),
)
CHAT_FLOW = words("from", " afar")
TEXT_FLOW = stream(event({"choices": [{"index": 0, "text": "from afar", "finish_reason": "stop"}]}), b"data: [DONE]\n\n")
_CHAT = _members(messages=TURN)
_MESSAGES = _members(messages=TURN, max_tokens=50)
_RESPONSES = _members(input="TEXT")
_RESULTS = {"results": [{"index": 0, "relevance_score": 0.5}]}

ASKED: tuple[Asked, ...] = (
    Asked("chat", "/v1/chat/completions", _CHAT, chat("from afar"), CHAT_FLOW),
    Asked(
        "completions",
        "/v1/completions",
        _members(prompt="TEXT"),
        _json({"choices": [{"index": 0, "text": "from afar", "finish_reason": "stop"}]}),
        TEXT_FLOW,
    ),
    Asked("embeddings", "/v1/embeddings", _members(input="TEXT"), _json({"data": [{"index": 0, "embedding": [0.5]}]})),
    Asked("messages", "/v1/messages", _MESSAGES, _json(MESSAGE), MESSAGES_FLOW),
    Asked("messages", "/v1/messages", _MESSAGES, chat("from afar"), CHAT_FLOW, "chat"),
    Asked("chat", "/v1/chat/completions", _CHAT, _json(MESSAGE), MESSAGES_FLOW, "messages"),
    Asked("responses", "/v1/responses", _RESPONSES, _json(RESPONSE), RESPONSES_FLOW),
    Asked("responses", "/v1/responses", _RESPONSES, chat("from afar"), CHAT_FLOW, "chat"),
    Asked("responses", "/v1/responses", _RESPONSES, _json(MESSAGE), MESSAGES_FLOW, "messages"),
    Asked("count_tokens", "/v1/messages/count_tokens", _members(messages=TURN), _json({"input_tokens": 7})),
    Asked("count_tokens", "/v1/messages/count_tokens", _members(messages=TURN), _json({"count": 7, "tokens": []}), None, "tokenize"),
    Asked("rerank", "/v1/rerank", _members(query="anything", documents=["TEXT", "else"]), _json(_RESULTS)),
    Asked("score", "/v1/score", _members(text_1="anything", text_2=["TEXT"]), _json({"data": [{"index": 0, "score": 0.5}]})),
    Asked("moderations", "/v1/moderations", _members(input="TEXT"), _json({"id": "m", "model": "served", "results": [{"flagged": False}]})),
    Asked("tokenize", "/tokenize", _members(prompt="TEXT"), _json({"count": 2, "tokens": [1, 2]})),
    Asked("images", "/v1/images/generations", _members(prompt="TEXT"), _json({"created": 1, "data": [{"b64_json": "aGk="}]})),
    Asked("image_edits", "/v1/images/edits", _of("image"), _json({"created": 1, "data": [{"b64_json": "aGk="}]}), headers=FORM),
    Asked("speech", "/v1/audio/speech", _members(input="TEXT", voice="any"), answer(200, b"RIFF", kind="audio/wav")),
    Asked("transcriptions", "/v1/audio/transcriptions", _of("file"), _json({"text": "from afar"}), headers=FORM),
    Asked("translations", "/v1/audio/translations", _of("file"), _json({"text": "from afar"}), headers=FORM),
)
"""Each endpoint, and each way in which it can be served."""
DELTA = delta("from afar")
