"""`decode`: from the bytes of a request to an `Ask`, strictly, once. What was scanned is what is sent.

UTF-8 only, no duplicate keys, no NaN or Infinity, no lone surrogates, bounded nesting (RELIABILITY P1). Unknown members pass, but for
hints of where else a request may go: those are scanned and left out.
"""

import msgspec
from typing_extensions import override

from classifiers.prompt import Prompt
from gateway.errors import BadRequest, TooLarge
from gateway.wire.hints import HINTED
from gateway.wire.leaves import is_plain
from gateway.wire.outline import Outline, members_written, outline, outside
from gateway.wire.splice import spliced
from gateway.wire.walk import MOST_VALUES, TooDeep, TooMany, Walk
from router.decision import Target
from router.facts import Needs
from router.names import Endpoint

_FORBIDDEN = frozenset(
    "api_base base_url api_key api_version extra_headers extra_query headers custom_llm_provider chat_template proxy proxies".split()
)
"""Members that could name an address, a key, a header or a template: a request body may never do that."""

_HINTS = frozenset(
    "models fallbacks default_fallbacks context_window_fallbacks content_policy_fallbacks route provider router plugins".split()
)
"""Members by which gateways and resellers behind a destination are told where else a request may go. No destination gets them: the policy
has decided where it goes, and a hint could only widen that."""

_CARRIES: dict[Endpoint, str] = {"chat": "messages", "completions": "prompt", "embeddings": "input"}


_NEEDING = frozenset({"tools", "functions", "response_format"})
_OBJECT = (dict, type(None))
_json = msgspec.json.Decoder().decode
_NO_NEEDS = Needs()
_HEEDED = _FORBIDDEN | _HINTS | _NEEDING | HINTED | {"stream", "stream_options", "n", "max_tokens", "max_completion_tokens"}
"""Members that say something of the request beside what is asked, and of whom."""
_LARGE = 4_000
"""Bytes from which on a look at each of them costs more than an outline."""
_MOST_CLOSED = 2 * MOST_VALUES  # well above, so that deep nesting is still called that


class Ask(msgspec.Struct, frozen=True):
    """A decoded request. `body` is what the caller sent, but for hints, `fields` its members; `repr` shows neither.

    `hides_usage` says that the caller did not ask for usage in the stream, so that the chunk that we asked for must not reach them.
    `answer_tokens` are the most that the caller lets an answer have; 0 when the request does not say. `turns` are the messages of a chat.
    """

    endpoint: Endpoint
    body: bytes
    fields: dict[str, object]
    prompt: Prompt
    model: str
    outline: Outline | None
    turns: int = 1
    needs: Needs = _NO_NEEDS
    is_stream: bool = False
    hides_usage: bool = False
    choices: int = 1
    answer_tokens: int = 0
    is_bare: bool = False
    """It says what is asked, and of whom, and nothing that anybody heeds beside that."""

    @override
    def __repr__(self) -> str:
        return f"<Ask {self.endpoint}, {len(self.body)} bytes>"

    def body_for(self, target: Target) -> bytes:
        """What `target` gets: a local one the caller's bytes, spliced; an external one the encoding of what was scanned."""
        if target.zone == "local":
            return spliced(self.body, self.fields, target.model, adds_usage=self.hides_usage, outline=self.outline)
        fields = {**self.fields, "model": target.model}
        if self.hides_usage:
            options = self.fields.get("stream_options")
            fields["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
        return msgspec.json.encode(fields)


def decode(body: bytes, endpoint: Endpoint, deepest: int = 64) -> Ask:
    """The request in `body`. Raises `BadRequest` or `TooLarge` with a sentence that says what is wrong, without quoting it."""
    if len(body) > _MOST_CLOSED:
        _check_containers(body)
    fields = _members(body)
    model = fields.get("model")
    if type(model) is not str or not model:
        raise BadRequest("missing_model", "Say which model: a target's name, or `auto`. GET /v1/models lists them.", param="model")
    is_bare = _HEEDED.isdisjoint(fields)
    if not is_bare:
        _check_names(fields)
    turns = _check_carrier(fields, endpoint)
    if not is_bare:
        _check(fields, endpoint)
    walk = Walk(deepest)
    try:
        _walk(walk, fields, endpoint)
    except TooDeep:
        raise BadRequest("too_deep", f"The body nests deeper than {deepest} levels; flatten it.") from None
    except TooMany:
        raise _too_many() from None
    outlined = None if len(body) < _LARGE and body.count(b":") == walk.pairs else _outlined(body, walk)
    if is_bare and not walk.doubts:
        return Ask(endpoint, body, fields, Prompt(tuple(walk.parts)), model, outlined, turns, is_bare=True)
    return _heeded(Ask(endpoint, body, fields, walk.prompt(), model, outlined, turns))


def _heeded(ask: Ask) -> Ask:
    """The same request with what it says of itself, or needs, and without hints."""
    fields, body, outlined = ask.fields, ask.body, ask.outline
    if not _HINTS.isdisjoint(fields):
        fields = {name: value for name, value in fields.items() if name not in _HINTS}
        body, outlined = msgspec.json.encode(fields), None
    is_stream = fields.get("stream") is True
    most = fields.get("max_completion_tokens") or fields.get("max_tokens")
    return Ask(
        ask.endpoint,
        body,
        fields,
        ask.prompt,
        ask.model,
        outlined,
        ask.turns,
        _needs(fields, ask.prompt) if ask.prompt.doubts or not _NEEDING.isdisjoint(fields) else _NO_NEEDS,
        is_stream,
        is_stream and not _wants_usage(fields),
        fields.get("n") or 1,  # type: ignore[arg-type]  # `_check` has made sure
        most if type(most) is int and most > 0 else 0,
    )


def _outlined(body: bytes, walk: Walk) -> Outline:
    """The outline of a body that is large, or has more colons than members.

    Raises `BadRequest` when more members are written than were met.
    """
    made = outline(body, walk.parts)
    if made.text.count(b":") != walk.pairs and members_written(made.text) != walk.pairs:
        raise BadRequest("duplicate_key", "An object in the body has the same key twice; send each key once.")
    return made


def _members(body: bytes) -> dict[str, object]:
    try:
        fields = _json(body)
    except UnicodeDecodeError:
        raise BadRequest("not_utf8", "The body is not UTF-8; encode it as UTF-8.") from None
    except RecursionError:
        raise BadRequest("too_deep", "The body nests too deeply; flatten it.") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise BadRequest("malformed_json", f"The body is not valid JSON{_where(error)}; send one JSON object.") from None
    if type(fields) is not dict:
        raise BadRequest("not_an_object", "The body must be one JSON object.")
    return fields


def _check_containers(body: bytes) -> None:
    """Before decoding, which would take seconds for the millions of empty lists that a body has room for. Unclosed ones cost nothing."""
    if _closed(body) > _MOST_CLOSED and _closed(outside(body)) > _MOST_CLOSED:
        raise _too_many()


def _closed(text: bytes) -> int:
    return text.count(b"]") + text.count(b"}")


def _too_many() -> TooLarge:
    return TooLarge(
        "body_too_large", f"The body holds more than {MOST_VALUES:,} values; send fewer, in several requests or in longer strings."
    )


def _where(error: Exception) -> str:
    """The position that msgspec names, which is the only part of its message that is sure not to quote the body."""
    _, found, rest = str(error).rpartition("(byte ")
    position = rest.rstrip(")")
    return f" (at byte {position})" if found and position.isdigit() else ""


def _check_names(fields: dict[str, object]) -> None:
    if not _FORBIDDEN.isdisjoint(fields):
        name = min(_FORBIDDEN.intersection(fields))
        raise BadRequest("forbidden_field", f"`{name}` may not be set by a request; the gateway's configuration decides it.", param=name)


def _check_carrier(fields: dict[str, object], endpoint: Endpoint) -> int:
    """How many turns the request has."""
    if endpoint == "chat":
        value = fields.get("messages")
        if type(value) is list and value and _are_objects(value):
            return len(value)
        carrier, wanted = "messages", "a list of at least one message object"
    else:
        carrier, wanted = _CARRIES[endpoint], "a string or a list, not empty"
        value = fields.get(carrier)
        if isinstance(value, (str, list)) and value:
            return 1
    raise BadRequest("bad_field", f"`{carrier}` must be {wanted}.", param=carrier)


def _are_objects(values: list[object]) -> bool:
    for value in values:  # noqa: SIM110  # of few, which is quicker than a set of their types, and than `all`
        if type(value) is not dict:
            return False
    return True


def _check(fields: dict[str, object], endpoint: Endpoint) -> None:
    stream = fields.get("stream")
    if stream is not None and type(stream) is not bool:
        raise BadRequest("bad_field", "`stream` must be true or false.", param="stream")
    if endpoint == "embeddings" and stream:  # an engine that ignores it answers whole, which would look like its failure
        raise BadRequest("bad_field", "Embeddings are not streamed; leave `stream` out.", param="stream")
    if type(fields.get("stream_options")) not in _OBJECT:
        raise BadRequest("bad_field", "`stream_options` must be an object.", param="stream_options")
    choices = fields.get("n")
    if choices is not None and (type(choices) is not int or choices < 1):
        raise BadRequest("bad_field", "`n` must be a whole number of at least 1.", param="n")


def _walk(walk: Walk, fields: dict[str, object], endpoint: Endpoint) -> None:
    walk.pairs = len(fields)
    carrier = _CARRIES[endpoint]
    for key, value in fields.items():
        if key == carrier:
            if endpoint == "chat":
                walk.messages(value, 2)  # type: ignore[arg-type]  # `_check` has made sure
            else:
                walk.texts(value, 2)
        elif key != "model" and not is_plain(key, value):
            walk.member(key, value)


def _wants_usage(fields: dict[str, object]) -> bool:
    options = fields.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def _needs(fields: dict[str, object], prompt: Prompt) -> Needs:
    return Needs(
        has_tools=bool(fields.get("tools") or fields.get("functions")),
        has_media=any(doubt.kind in ("media", "remote") for doubt in prompt.doubts),
        has_schema=fields.get("response_format") is not None,
    )
