"""Every endpoint that carries content: how a caller asks it something, and in which dialects it can be served."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from router.names import Endpoint
from tests.fakes import dialects
from tests.fakes.client import Reply
from tests.fakes.dialects import Dialect
from tests.fakes.upstream import DONE, USAGE, Script

BOUNDARY = "b0undary"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """How one endpoint is asked, and what the engine speaks. `body` is made of a text, a model and more members.

    `is_seen` is False where nobody here can hear or see the content: it may not leave, whatever it says.
    """

    endpoint: Endpoint
    path: str
    body: Callable[[str, str, dict[str, Any]], object]
    dialect: Dialect
    headers: Mapping[str, str] | None = None
    is_seen: bool = True

    def of(self, text: str, model: str = "auto", **more: Any) -> Any:
        """A body that says this."""
        return self.body(text, model, more)

    @property
    def good(self) -> Script:
        """A whole answer of the engine's."""
        return self.dialect.good

    @property
    def flows(self) -> Script | None:
        """A stream of the engine's; None where nothing streams."""
        return self.dialect.flows

    @property
    def spoken(self) -> Endpoint:
        """What the engine speaks."""
        return self.dialect.endpoint

    @property
    def is_native(self) -> bool:
        """Whether that is what the caller speaks."""
        return self.endpoint == self.spoken

    @property
    def serves(self) -> list[str]:
        """What destinations must be said to serve for it."""
        return [self.spoken]

    @property
    def end(self) -> bytes:
        """What a stream must have in it to be whole, as the caller sees it."""
        return _ENDS.get(self.endpoint, b".completed")

    def assert_answered(self, reply: Reply, *, is_stream: bool) -> None:
        """The good answer came, all of it: the engine's own bytes, or what it said in the caller's words."""
        assert (reply.status, reply.is_whole) == (200, True), reply
        if self.is_native:
            flow = self.dialect.flow if is_stream else None
            said = b"".join((*flow.begun("from", " afar"), *flow.closing)) if flow else self.dialect.whole
            assert reply.body == said.replace(USAGE, b"")  # who did not ask for it does not get it
        elif is_stream:
            assert 0 < reply.body.index(b"from") < reply.body.index(b" afar") < reply.body.index(self.end)
        else:
            assert b"from afar" in reply.body or b":7" in reply.body, reply

    def assert_refused(self, reply: Reply, status: int, code: str, say: str) -> None:
        """An error of the gateway's own, in the caller's words."""
        assert (reply.status, reply.is_whole, reply.headers["content-type"]) == (status, True, "application/json"), reply
        error = {"message": say, "type": self.error_type(status), "param": None, "code": code}
        if self.is_anthropic:
            assert reply.json == {"type": "error", "error": error, "request_id": reply.headers["x-request-id"]}
        else:
            assert reply.json == {"error": error}

    def broken(self, reply: Reply) -> dict[str, Any]:
        """What the caller is told of a stream that broke."""
        said = [json.loads(one) for one in reply.events if one != b"[DONE]"]
        if self.endpoint == "responses":
            told = next((one for one in said if one["type"] == "error"), said[-1])
            return {**told, **(told.get("error") or {})}
        error: dict[str, Any] = said[-1]["error"]
        return error

    @property
    def is_anthropic(self) -> bool:
        """Whether the caller expects Anthropic's errors."""
        return self.endpoint in ("messages", "count_tokens")

    def error_type(self, status: int) -> str:
        """What the caller's SDK calls an error of that status."""
        if self.is_anthropic:
            return _ANTHROPICS[status]
        return "invalid_request_error" if status < 500 else "server_error"

    @override
    def __str__(self) -> str:
        """The endpoint, and in which words it is served."""
        return self.endpoint if self.is_native else f"{self.endpoint} over {self.spoken}"


_ENDS: Mapping[Endpoint, bytes] = {
    "chat": DONE,
    "completions": DONE,
    "messages": b'"message_stop"',
    "responses": b'"response.completed"',
    "transcriptions": b".done",
}
_ANTHROPICS = {
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
}
"""Types of errors, as in Anthropic's API reference ("Errors")."""


def _members(**texts: Any) -> Callable[[str, str, dict[str, Any]], object]:
    """A body whose members are these, where TEXT stands for what is said."""

    def made(text: str, model: str, more: dict[str, Any]) -> object:
        said = json.loads(json.dumps(texts).replace('"TEXT"', json.dumps(text)))
        return {"model": model, **said, **{name: value for name, value in more.items() if name != "stream" or value}}

    return made


def _form(text: str, model: str, more: dict[str, Any]) -> bytes:
    flags = {"stream": "true"} if more.get("stream") else {}
    fields = {"model": model, "prompt": text, **{name: value for name, value in more.items() if name != "stream"}, **flags}
    parts = [f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    file = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="FILE"; filename="a.bin"\r\ncontent-type: audio/wav\r\n\r\n'
    return ("".join(parts) + file).encode() + b"RIFF\x00\xff\r\n" + f"--{BOUNDARY}--\r\n".encode()


def _of(name: str) -> Callable[[str, str, dict[str, Any]], object]:
    return lambda text, model, more: _form(text, model, more).replace(b'"FILE"', f'"{name}"'.encode())


def _asked(endpoint: Endpoint, path: str, body: Callable[[str, str, dict[str, Any]], object], *spoken: Dialect) -> list[Asked]:
    return [Asked(endpoint, path, body, dialect) for dialect in spoken]


_TURN = [{"role": "user", "content": "TEXT"}]
ASKED: tuple[Asked, ...] = (
    *_asked("chat", "/v1/chat/completions", _members(messages=_TURN), dialects.CHAT, dialects.MESSAGES),
    *_asked("completions", "/v1/completions", _members(prompt="TEXT"), dialects.COMPLETIONS),
    *_asked("embeddings", "/v1/embeddings", _members(input="TEXT"), dialects.EMBEDDINGS),
    *_asked("messages", "/v1/messages", _members(messages=_TURN, max_tokens=50), dialects.MESSAGES, dialects.CHAT),
    *_asked("responses", "/v1/responses", _members(input="TEXT"), dialects.RESPONSES, dialects.CHAT, dialects.MESSAGES),
    *_asked("count_tokens", "/v1/messages/count_tokens", _members(messages=_TURN), dialects.COUNT_TOKENS, dialects.TOKENIZE),
    *_asked("rerank", "/v1/rerank", _members(query="anything", documents=["TEXT", "else"]), dialects.RERANK),
    *_asked("score", "/v1/score", _members(text_1="anything", text_2=["TEXT"]), dialects.SCORE),
    *_asked("moderations", "/v1/moderations", _members(input="TEXT"), dialects.MODERATIONS),
    *_asked("tokenize", "/tokenize", _members(prompt="TEXT"), dialects.TOKENIZE),
    *_asked("images", "/v1/images/generations", _members(prompt="TEXT"), dialects.IMAGES),
    *_asked("speech", "/v1/audio/speech", _members(input="TEXT", voice="any"), dialects.SPEECH),
    Asked("image_edits", "/v1/images/edits", _of("image"), dialects.IMAGE_EDITS, FORM, is_seen=False),
    Asked("transcriptions", "/v1/audio/transcriptions", _of("file"), dialects.TRANSCRIPTIONS, FORM, is_seen=False),
    Asked("translations", "/v1/audio/translations", _of("file"), dialects.TRANSLATIONS, FORM, is_seen=False),
)
"""Each endpoint, and each way in which it can be served."""
AS_CHAT = ASKED[0]
