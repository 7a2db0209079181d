"""The server of a stand-in. `python -m gateway.standin --port P --name N`, or embedded: `StandIn(name)` is an ASGI application.

It keeps the bytes that it received. The same request always gets the same words. Binds to loopback only.
"""

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from gateway.standin import chat, messages, responses
from gateway.standin.chat import embeddings
from gateway.standin.others import ANSWERS, SOUND, images, picture
from gateway.standin.words import CREATED, Asked, Conduct, Fields, Said, answer, says

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_JSON = b"application/json"


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
        if path.startswith(("/v1/", "/tokenize")) and scope["method"] == "POST":
            self.received.append(body)
        out = _Out(send, self.conduct, is_anthropic=path.startswith("/v1/messages"))
        with contextlib.suppress(_Cut):  # without its last message the server closes the connection, which is the cut
            await self._serve(f"{scope['method']} {path}", body, out)

    async def _serve(self, what: str, body: bytes, out: "_Out") -> None:
        match what:
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
            case "POST /v1/audio/transcriptions" | "POST /v1/audio/translations" | "POST /v1/images/edits":
                await self._formed(what, out)
            case _ if what.startswith("POST ") and what[5:] in (*SPOKEN, *ANSWERS, "/v1/embeddings", "/v1/audio/speech"):
                await self._answer(what[5:], body, out)
            case _:
                await out.error(404, f"{self._tag} has no such endpoint")

    async def _formed(self, what: str, out: "_Out") -> None:
        """A form: nobody listens to it."""
        if await self._fails(out):
            return
        await out.json(images({}, self.model) if "images" in what else {"text": says(self._tag, 12)})

    async def _fails(self, out: "_Out") -> bool:
        """Whether it was told to fail, which it has said then."""
        await asyncio.sleep(self.conduct.delay_s)
        if self.conduct.fail_status:
            await out.error(self.conduct.fail_status, f"{self._tag} was told to fail")
        return self.conduct.fail_status > 0

    async def _answer(self, path: str, body: bytes, out: "_Out") -> None:
        if await self._fails(out):
            return
        try:
            fields = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError:
            await out.error(400, "not a JSON object")
            return
        try:
            await self._told(path, fields, out)
        except (AttributeError, IndexError, KeyError, TypeError):
            await out.error(400, f"{self._tag} cannot read this")

    async def _told(self, path: str, fields: Fields, out: "_Out") -> None:
        """Answer what can be read. Raises what comes of anything else."""
        if path == "/v1/audio/speech":
            await out.whole(200, b"audio/wav", SOUND)
        elif path == "/v1/images/generations" and fields.get("stream"):
            await out.stream(iter([picture()]))
        elif path in ANSWERS:
            await out.json(ANSWERS[path](fields, self.model))
        elif path == "/v1/embeddings":
            await out.json(embeddings(fields, self.model))
        elif self.conduct.only_streams and not fields.get("stream"):
            await out.error(400, f"{self._tag} was told to answer in streams alone")
        else:
            spoken = SPOKEN[path](fields, self)
            await (out.stream(spoken.events()) if fields.get("stream") else out.json(spoken.whole()))

    @property
    def _tag(self) -> str:
        return f"[stand-in for {self.name}]"

    def said(self, asked: Asked) -> Said:
        """What it answers."""
        return answer(asked, self._tag, self.conduct)


class Spoken(Protocol):
    """One answer, whole or in events."""

    def whole(self) -> object:
        """At once."""

    def events(self) -> Iterator[bytes]:
        """As server-sent events."""


SPOKEN: Mapping[str, Callable[[Fields, StandIn], Spoken]] = {
    "/v1/chat/completions": lambda fields, one: chat.Chat(fields, one.said(chat.asked(fields)), one.model, is_chat=True),
    "/v1/completions": lambda fields, one: chat.Chat(fields, one.said(chat.asked(fields)), one.model, is_chat=False),
    "/v1/messages": lambda fields, one: messages.Message(fields, one.said(messages.asked(fields)), one.model),
    "/v1/responses": lambda fields, one: responses.Response(fields, one.said(responses.asked(fields)), one.model),
}
"""What answers in words, by path."""


class _Out:
    """Sends one response."""

    def __init__(self, send: Send, conduct: Conduct, *, is_anthropic: bool) -> None:
        self._send, self._conduct, self._is_anthropic = send, conduct, is_anthropic

    async def whole(self, status: int, kind: bytes, body: bytes, more: Mapping[bytes, bytes] | None = None) -> None:
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), (b"x-stand-in", b"true"), *(more or {}).items()]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    async def json(self, content: object) -> None:
        await self.whole(200, _JSON, msgspec.json.encode(content))

    async def error(self, status: int, say: str) -> None:
        content = (
            messages.error(status, say)
            if self._is_anthropic
            else {
                "error": {"message": say, "type": "server_error" if status >= 500 else "invalid_request_error", "param": None, "code": None}
            }
        )
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
