"""Prompts that are no HTTP request: a text, a line of a file, a body that need not say which model. Decoded as strictly as any request."""

import re
from collections.abc import Mapping

import msgspec

from gateway.errors import BadRequest
from gateway.wire.ask import Ask, decode
from gateway.wire.carriers import carries
from router.names import Endpoint

_OBJECTS = re.compile(rb"\s*\[\s*\{")
_RESPONSES = frozenset("instructions max_output_tokens previous_response_id store include reasoning text tools truncation stream".split())
_TOLD: Mapping[Endpoint, frozenset[str]] = {
    "messages": frozenset({"system", "stop_sequences", "thinking"}),
    "chat": frozenset(),
    "rerank": frozenset(),
    "score": frozenset(),
    "speech": frozenset({"voice"}),
    "responses": _RESPONSES,
    "embeddings": frozenset(),
    "images": frozenset({"size", "quality", "output_format"}),
    "completions": frozenset(),
}
"""Beside what it must carry, one of these tells that a body is for the endpoint, if there are any. The first that fits counts."""


def ask_of_text(text: str, model: str = "auto", deepest: int = 64) -> Ask:
    """A chat request of one user turn."""
    return decode(msgspec.json.encode({"model": model, "messages": [{"role": "user", "content": text}]}), "chat", deepest)


def ask_of_body(body: bytes, deepest: int = 64) -> Ask:
    """A whole request body. It may lack `model`, which is `auto` then, and have an `id` of the caller's, which is no part of it.

    Raises `BadRequest`.
    """
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        fields = {}  # `decode` says what is wrong, as the gateway would
    endpoint = _endpoint_of(fields)
    has_model = "model" in fields
    if not fields or (has_model and "id" not in fields):
        return decode(body, endpoint, deepest)
    # Once as it is, for what only the raw bytes show: a key that stands there twice. Once as it would be sent.
    decode(body if has_model else b'{"model":"auto",' + body.lstrip()[1:], endpoint, deepest)
    fields.pop("id", None)
    return decode(msgspec.json.encode({"model": "auto"} | fields), endpoint, deepest)


def _endpoint_of(fields: Mapping[str, msgspec.Raw]) -> Endpoint:
    """Which one has such a body. A list of objects as `input` is a conversation."""
    names = fields.keys()
    found: Endpoint = next((one for one, told in _TOLD.items() if carries(names, one) and (not told or told & names)), "chat")
    is_conversation = found == "embeddings" and _OBJECTS.match(bytes(fields["input"])) is not None
    return "responses" if is_conversation else found


class Line(msgspec.Struct):
    """What a line of a file of prompts may have: an id, and a text or the parts of a request body."""

    id: str | int | float | None = None
    text: str | dict[str, msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    """A prompt; an object is what a request to Responses says of its answer."""
    messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    prompt: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    input: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    query: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    text_1: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    @property
    def has_body(self) -> bool:
        """Whether it is a request body."""
        return any(member is not msgspec.UNSET for member in (self.messages, self.prompt, self.input, self.query, self.text_1))


def ask_of_line(line: bytes, read: Line, deepest: int = 64) -> Ask:
    """The request that a line of a file of prompts stands for. Raises `BadRequest`."""
    if read.has_body and isinstance(read.text, str):
        raise BadRequest("two_prompts", "The line has `text` and a request body; give one of them.")
    if read.has_body:
        return ask_of_body(line, deepest)
    if not isinstance(read.text, str):
        raise BadRequest("no_prompt", "The line has no prompt; give `text`, `messages` or a whole request body.")
    return ask_of_text(read.text, deepest=deepest)


class _Typed(Line):
    """A text that is asked about by itself."""

    model: str = "auto"


def ask_of_any(body: bytes, deepest: int = 64) -> Ask:
    """A request body, with a model or without, or `{"text": ...}` with or without `model`. Raises `BadRequest`."""
    try:
        typed = msgspec.json.decode(body, type=_Typed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ask_of_body(body, deepest)  # which says what is wrong, as the gateway would
    if not isinstance(typed.text, str) or typed.has_body:
        return ask_of_line(body, typed, deepest)
    return ask_of_text(typed.text, typed.model, deepest)
