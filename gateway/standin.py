"""A light stand-in for an engine or vendor that speaks OpenAI's API, for the demo and for journeys. It computes nothing, and says so.

`python -m gateway.standin --port P --name N`, or embedded: `StandIn(name)` is an ASGI application that keeps the bytes that it received.
The same request always gets the same words. Binds to loopback only.
"""

import argparse
import asyncio
import base64
import contextlib
import hashlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Fields = Mapping[str, Any]

CREATED = 1_750_000_000
"""Unix time of every answer: the same each time, so that answers can be compared."""

WORDS = (  # as a sentence it can be read
    "No model has read this. The words are always the same, however the question is put, and they stand here so that the answer has a "
    "length, a number of tokens and a price. Point the gateway at a real engine, and this text gives way to an answer."
).split()

_JSON = b"application/json"
_DIMENSIONS = 8


class Conduct(msgspec.Struct, forbid_unknown_fields=True):
    """How it behaves; `POST /_ctl` replaces it.

    Seconds before the first byte and between chunks; a status to fail with, 0: none; after how many chunks to cut a stream, -1: never.
    """

    delay_s: float = 0.0
    between_s: float = 0.0
    fail_status: int = 0
    cut_after: int = -1


class _Cut(ConnectionError):
    """The stream is to end in the middle."""


@dataclass(slots=True)
class StandIn:
    """One stand-in. `received` holds the raw body of every request to `/v1/`, in the order of arrival."""

    name: str
    model: str = ""
    conduct: Conduct = field(default_factory=Conduct)
    received: list[bytes] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Without a model's name, the stand-in's own is taken."""
        self.model = self.model or self.name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        body = await _read(receive)
        path = scope["path"]
        if path.startswith("/v1/") and scope["method"] == "POST":
            self.received.append(body)
        out = _Out(send, self.conduct)
        with contextlib.suppress(_Cut):  # without its last message the server closes the connection, which is the cut
            await self._serve(f"{scope['method']} {path}", body, out)

    async def _serve(self, what: str, body: bytes, out: "_Out") -> None:
        match what:
            case "POST /v1/chat/completions" | "POST /v1/completions" | "POST /v1/embeddings":
                await self._answer(what, body, out)
            case "GET /v1/models":
                await out.json(
                    {"object": "list", "data": [{"id": self.model, "object": "model", "created": CREATED, "owned_by": self._tag}]}
                )
            case "GET /health" | "GET /healthz":
                await out.json({"status": "ok", "is": self._tag})
            case "GET /_received":
                await out.whole(200, b"application/octet-stream", b"\n".join(self.received), {b"x-received": b"%d" % len(self.received)})
            case "POST /_ctl":
                self.conduct = msgspec.json.decode(body, type=Conduct)
                await out.json(self.conduct)
            case _:
                await out.error(404, f"{self._tag} has no such endpoint")

    async def _answer(self, what: str, body: bytes, out: "_Out") -> None:
        await asyncio.sleep(self.conduct.delay_s)
        if self.conduct.fail_status:
            await out.error(self.conduct.fail_status, f"{self._tag} was told to fail")
            return
        try:
            fields = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError:
            await out.error(400, "not a JSON object")
            return
        if what.endswith("embeddings"):
            await out.json(self._embeddings(fields))
            return
        answer = _Answer(self, fields, is_chat="chat" in what)
        if fields.get("stream"):
            await out.stream(answer.events())
        else:
            await out.json(answer.whole())

    @property
    def _tag(self) -> str:
        return f"[stand-in for {self.name}]"

    def says(self, words: int) -> str:
        """Its answer, of so many words."""
        return " ".join([self._tag, *(WORDS[index % len(WORDS)] for index in range(words))])

    def _embeddings(self, fields: Fields) -> object:
        asked = fields.get("input", "")
        inputs = asked if isinstance(asked, list) else [asked]
        width = fields.get("dimensions") or _DIMENSIONS
        vectors = [_vector(str(text), width) for text in inputs]
        is_packed = fields.get("encoding_format") == "base64"
        written = [_packed(vector) if is_packed else vector for vector in vectors]
        rows = [{"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(written)]
        tokens = sum(_tokens(str(text)) for text in inputs)
        return {"object": "list", "model": self.model, "data": rows, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


class _Answer:
    """One answer of chat or completions, whole or in events."""

    def __init__(self, stand_in: StandIn, fields: Fields, *, is_chat: bool) -> None:
        self.stand_in, self.fields, self.is_chat = stand_in, fields, is_chat
        self.choices = fields.get("n") or 1
        self.call = _called(fields) if is_chat else None
        most = fields.get("max_completion_tokens") or fields.get("max_tokens") or len(WORDS)
        schema = _schema(fields)
        self.text = msgspec.json.encode(_instance(schema, stand_in.says(0))).decode() if schema else stand_in.says(min(most, len(WORDS)))

    @property
    def _usage(self) -> Mapping[str, int]:
        asked = _tokens(msgspec.json.encode(self.fields.get("messages") or self.fields.get("prompt") or "").decode())
        answered = self.choices * (12 if self.call else len(self.text.split()))
        return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}

    @property
    def _finish(self) -> str:
        return "tool_calls" if self.call else "stop"

    def _frame(self, kind: str, choices: list[object]) -> dict[str, object]:
        request = hashlib.sha256(msgspec.json.encode(self.fields)).hexdigest()[:24]
        return {"id": f"standin-{request}", "object": kind, "created": CREATED, "model": self.stand_in.model, "choices": choices}

    def whole(self) -> object:
        """The answer at once."""
        if not self.is_chat:
            rows: list[object] = [
                {"index": index, "text": self.text, "logprobs": None, "finish_reason": "stop"} for index in range(self.choices)
            ]
            return self._frame("text_completion", rows) | {"usage": self._usage}
        message = {"role": "assistant", "content": None if self.call else self.text} | ({"tool_calls": [self.call]} if self.call else {})
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
            yield {"role": "assistant", "content": None, "tool_calls": [{"index": 0} | self.call]}
            return
        for place, word in enumerate(self.text.split(" ")):
            piece = f" {word}" if place else word
            yield ({"content": piece} | ({} if place else {"role": "assistant"})) if self.is_chat else piece

    def _row(self, index: int, delta: object, finish: str | None) -> object:
        return {"index": index, "delta" if self.is_chat else "text": delta, "finish_reason": finish}

    def _event(self, choices: list[object], usage: Mapping[str, int] | None = None) -> bytes:
        frame = self._frame("chat.completion.chunk" if self.is_chat else "text_completion", choices)
        return b"data: " + msgspec.json.encode(frame | ({"usage": usage} if usage else {})) + b"\n\n"


class _Out:
    """Sends one response."""

    def __init__(self, send: Send, conduct: Conduct) -> None:
        self._send, self._conduct = send, conduct

    async def whole(self, status: int, kind: bytes, body: bytes, more: Mapping[bytes, bytes] | None = None) -> None:
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), (b"x-stand-in", b"true"), *(more or {}).items()]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    async def json(self, content: object) -> None:
        await self.whole(200, _JSON, msgspec.json.encode(content))

    async def error(self, status: int, say: str) -> None:
        content = {
            "error": {"message": say, "type": "server_error" if status >= 500 else "invalid_request_error", "param": None, "code": None}
        }
        await self.whole(status, _JSON, msgspec.json.encode(content))

    async def stream(self, events: Iterator[bytes]) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"), (b"x-stand-in", b"true")]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        async for event in self._paced(events):
            await self._send({"type": "http.response.body", "body": event, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def _paced(self, events: Iterator[bytes]) -> AsyncIterator[bytes]:
        for number, event in enumerate(events):
            if number == self._conduct.cut_after:
                raise _Cut
            if number and self._conduct.between_s:
                await asyncio.sleep(self._conduct.between_s)
            yield event


async def _read(receive: Receive) -> bytes:
    pieces = []
    while (message := await receive())["type"] == "http.request":
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return b"".join(pieces)


def _tokens(text: str) -> int:
    """An estimate, as good as any without a tokenizer: four characters each."""
    return len(text) // 4 + 1


def _called(fields: Fields) -> dict[str, object] | None:
    """A call of the tool that the caller demanded. With `auto` a stand-in answers in words."""
    choice, tools = fields.get("tool_choice"), fields.get("tools")
    if not tools or not (choice == "required" or isinstance(choice, dict)):
        return None
    named = choice["function"]["name"] if isinstance(choice, dict) else tools[0]["function"]["name"]
    schema = next((tool["function"].get("parameters") for tool in tools if tool["function"]["name"] == named), None)
    arguments = msgspec.json.encode(_instance(schema or {"type": "object"}, "stand-in")).decode()
    return {"id": "call_standin", "type": "function", "function": {"name": named, "arguments": arguments}}


def _schema(fields: Fields) -> Mapping[str, Any] | None:
    wanted = fields.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema: Mapping[str, Any] = wanted["json_schema"]["schema"]
        return schema
    return {"type": "object", "properties": {"answer": {"type": "string"}}} if wanted.get("type") == "json_object" else None


def _instance(schema: Mapping[str, Any], text: str) -> object:
    """The plainest value that satisfies a plain schema."""
    if "enum" in schema:
        return schema["enum"][0]
    plain: Mapping[object, object] = {"integer": 0, "number": 0, "boolean": False, "array": [], "null": None}
    if schema.get("type") == "object" or "properties" in schema:
        return {name: _instance(inner, text) for name, inner in schema.get("properties", {}).items()}
    return plain.get(schema.get("type"), text)


def _vector(text: str, width: int) -> list[float]:
    digest = hashlib.shake_256(text.encode("utf-8", "replace")).digest(width)
    return [byte / 128 - 1 for byte in digest]


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def main() -> None:
    """Run one stand-in until it is told to end."""
    import uvicorn

    parser = argparse.ArgumentParser(description="A stand-in for an engine or vendor that speaks OpenAI's API. It computes nothing.")
    parser.add_argument("--port", type=int, required=True, help="port of 127.0.0.1 to listen on")
    parser.add_argument("--name", required=True, help="what it stands in for")
    parser.add_argument("--model", default="", help="name of its model (default: its own name)")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before an answer")
    given = parser.parse_args()
    stand_in = StandIn(given.name, given.model, Conduct(delay_s=given.delay))
    uvicorn.run(stand_in, host="127.0.0.1", port=given.port, log_level="warning", access_log=False, lifespan="off")


if __name__ == "__main__":
    main()
