"""`decode`: from the bytes of a request to an `Ask`, strictly, once. What was scanned is what is sent.

UTF-8 only, no duplicate keys, no NaN or Infinity, no lone surrogates, bounded nesting (RELIABILITY P1). Unknown members pass, but for
hints of where else a request may go: those are scanned and left out.
"""

import msgspec
from typing_extensions import override

from classifiers.prompt import Prompt
from gateway.dialects.messages_over_chat.thoughts import OURS, without_ours
from gateway.dialects.table import TRANSLATIONS
from gateway.errors import BadRequest, TooLarge
from gateway.wire.carriers import STREAMED, TEXTS, TURNS, is_conversation, turns_of
from gateway.wire.forms import Form, read
from gateway.wire.hints import HINTED
from gateway.wire.leaves import is_plain
from gateway.wire.needs import NEEDING, needs_of
from gateway.wire.outline import Outline, members_written, outline, outside
from gateway.wire.quirks import adapted, without_unkept
from gateway.wire.servers import check_servers
from gateway.wire.splice import spliced, unkept
from gateway.wire.walk import MOST_VALUES, TooDeep, TooMany, Walk
from router.decision import Target
from router.facts import Needs
from router.names import CONVERSED, OVER, Endpoint
from router.values import replace

_FORBIDDEN = frozenset(
    "api_base base_url api_key api_version extra_headers extra_query headers custom_llm_provider chat_template proxy proxies".split()
)
"""Members that could name an address, a key, a header or a template: a request body may never do that."""

_HINTS = frozenset(
    "models fallbacks default_fallbacks context_window_fallbacks content_policy_fallbacks route provider router plugins".split()
)
"""Members by which gateways and resellers behind a destination are told where else a request may go. No destination gets them: the policy
has decided where it goes, and a hint could only widen that."""

_LISTS = frozenset({"messages", "input"})
"""Members that hold turns, where they are lists of objects."""
_CHATTED = frozenset[Endpoint](called for called, form in TRANSLATIONS if form == "chat")
_ADAPTED: frozenset[Endpoint] = CONVERSED | {"completions"}
"""Endpoints at which targets are known to differ."""
_TOLD_LAST: frozenset[Endpoint] = frozenset({"chat", "completions"})
"""Endpoints whose streams tell of usage only to who asks for it."""
TWICE = "An object in the body has the same key twice; send each key once."
_OBJECT = (dict, type(None))
_json = msgspec.json.Decoder().decode
_NO_NEEDS = Needs()
_HEEDED = _FORBIDDEN | _HINTS | NEEDING | HINTED | {"stream", "stream_options", "n", "max_tokens"}
_HEEDED |= {"max_completion_tokens", "max_output_tokens", "mcp_servers"}
"""Members that say something of the request beside what is asked, and of whom."""
_LARGE = 4_000
"""Bytes from which on a look at each of them costs more than an outline."""
_MOST_CLOSED = 2 * MOST_VALUES  # well above, so that deep nesting is still called that


class Ask(msgspec.Struct, frozen=True):
    """A decoded request. `body` is what the caller sent, but for hints, `fields` its members; `repr` shows neither.

    `hides_usage` says that the caller did not ask for usage in the stream, so that the chunk that we asked for must not reach them.
    `answer_tokens` are the most that the caller lets an answer have; 0 when the request does not say. `turns` are the messages of a chat.
    `chat` is the same as a chat, where the endpoint can be served by that; `untold` says what hinders it. `lost` names members of the
    request that this is a translation of and that it could not take over. `form` is what it came as, where that is no JSON.
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
    chat: "Ask | None" = None
    untold: BadRequest | None = None
    lost: tuple[str, ...] = ()
    form: Form | None = None

    @override
    def __repr__(self) -> str:
        return f"<Ask {self.endpoint}, {len(self.body)} bytes>"

    @property
    def plain(self) -> "Ask":
        """It in the form that everything in the gateway knows: as a chat, where that can be."""
        return self.chat or self

    def way_to(self, target: Target) -> "tuple[Ask, ...]":
        """It in each form that it must take for the target, from this one on; the last is sent. Raises `BadRequest` when it cannot."""
        if self.endpoint in target.speaks:
            return (self.adapted_to(target),)
        if self.chat is not None:
            return (self, *self.chat.way_to(target))
        if self.untold is not None:
            raise self.untold
        return (self, self.over(OVER[self.endpoint]).adapted_to(target))

    def adapted_to(self, target: Target) -> "Ask":
        """It as this target takes it, who may refuse what others take, or call it otherwise."""
        fields, lost = self.fields, self.lost
        if self.endpoint == "messages" and target.zone == "external" and OURS in self.body:
            fields = without_ours(fields)
        if self.endpoint == "responses" and target.zone == "external":
            fields, lost = without_unkept(fields)
        if target.quirks is not None and self.endpoint in _ADAPTED:
            fields, more = adapted(fields, target.quirks)
            lost = (*lost, *more)
        if fields is self.fields:
            return self
        return replace(self, fields=fields, body=msgspec.json.encode(fields), outline=None, lost=lost)

    def over(self, form: Endpoint) -> "Ask":
        """It in the words of another endpoint. Raises `BadRequest` for what has none there."""
        fields, lost = TRANSLATIONS[self.endpoint, form].translated(self.fields)
        body = msgspec.json.encode(fields)
        plain = replace(self, endpoint=form, body=body, fields=fields, outline=None)
        return replace(plain, hides_usage=False, is_bare=False, chat=None, untold=None, lost=lost)

    def body_for(self, target: Target) -> bytes:
        """What `target` gets: a local one the caller's bytes, spliced; an external one the encoding of what was scanned."""
        if self.form is not None:
            return self.form.written({"model": target.model})
        if target.zone == "local":
            made = spliced(self.body, self.fields, target.model, adds_usage=self.hides_usage, outline=self.outline)
            return unkept(made, self.fields) if self.endpoint == "responses" else made
        fields = {**self.fields, "model": target.model}
        if self.hides_usage and not (target.quirks is not None and "stream_options" in target.quirks.without):
            options = self.fields.get("stream_options")
            fields["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
        if self.endpoint == "responses":
            fields["store"] = False  # what is kept is kept here, with its label
        return msgspec.json.encode(fields)


def decode(body: bytes, endpoint: Endpoint, deepest: int = 64) -> Ask:
    """The request in `body`. Raises `BadRequest` or `TooLarge` with a sentence that says what is wrong, without quoting it."""
    if len(body) > _MOST_CLOSED:
        _check_containers(body)
    fields = members_of(body)
    model = fields.get("model")
    if type(model) is not str or not model:
        raise BadRequest("missing_model", "Say which model: a target's name, or `auto`. GET /v1/models lists them.", param="model")
    is_bare = _HEEDED.isdisjoint(fields)
    if not is_bare or endpoint == "responses":
        _check_names(fields)
    turns = turns_of(fields, endpoint)
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
        ask = Ask(endpoint, body, fields, Prompt(tuple(walk.parts)), model, outlined, turns, is_bare=True)
    else:
        ask = _heeded(Ask(endpoint, body, fields, walk.prompt(), model, outlined, turns))
    return ask if endpoint not in _CHATTED else _with_chat(ask)


def decode_form(body: bytes, content_type: bytes, endpoint: Endpoint, deepest: int = 64, model: str = "") -> Ask:
    """The request in a form, for this model, or the one that it names. Raises `BadRequest`."""
    form = read(body, content_type)
    form = replace(form, fields={**form.fields, "model": model}) if model else form
    fields = {**form.fields, **{upload.field: upload.name or "file" for upload in form.uploads}}
    ask = decode(msgspec.json.encode(fields), endpoint, deepest)
    plain = {name: value for name, value in ask.fields.items() if name in form.fields}
    return replace(ask, body=body, fields=plain, prompt=form.seen(ask.prompt), form=replace(form, fields=plain), outline=None)


def _with_chat(ask: Ask) -> Ask:
    """The same with itself as a chat, or with what hinders that."""
    try:
        return replace(ask, chat=ask.over("chat"))
    except BadRequest as refusal:
        return replace(ask, untold=refusal)


def _heeded(ask: Ask) -> Ask:
    """The same request with what it says of itself, or needs, and without hints."""
    fields, body, outlined = ask.fields, ask.body, ask.outline
    if not _HINTS.isdisjoint(fields):
        fields = {name: value for name, value in fields.items() if name not in _HINTS}
        body, outlined = msgspec.json.encode(fields), None
    is_stream = fields.get("stream") is True
    most = fields.get("max_completion_tokens") or fields.get("max_tokens") or fields.get("max_output_tokens")
    return Ask(
        ask.endpoint,
        body,
        fields,
        ask.prompt,
        ask.model,
        outlined,
        ask.turns,
        needs_of(fields, ask.prompt) if ask.prompt.doubts or not NEEDING.isdisjoint(fields) else _NO_NEEDS,
        is_stream,
        is_stream and ask.endpoint in _TOLD_LAST and not _wants_usage(fields),
        fields.get("n") or 1,  # type: ignore[arg-type]  # `_check` has made sure
        most if type(most) is int and most > 0 else 0,
    )


def _outlined(body: bytes, walk: Walk) -> Outline:
    """The outline of a body that is large, or has more colons than members.

    Raises `BadRequest` when more members are written than were met.
    """
    made = outline(body, walk.parts)
    if made.text.count(b":") != walk.pairs and members_written(made.text) != walk.pairs:
        raise BadRequest("duplicate_key", TWICE)
    return made


def members_of(body: bytes) -> dict[str, object]:
    """The members of the object that a body is. Raises `BadRequest`."""
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
    check_servers(fields)


def _check(fields: dict[str, object], endpoint: Endpoint) -> None:
    stream = fields.get("stream")
    if stream is not None and type(stream) is not bool:
        raise BadRequest("bad_field", "`stream` must be true or false.", param="stream")
    if stream and endpoint not in STREAMED:  # an engine that ignores it answers whole, which would look like its failure
        raise BadRequest("bad_field", "This endpoint does not stream; leave `stream` out.", param="stream")
    if type(fields.get("stream_options")) not in _OBJECT:
        raise BadRequest("bad_field", "`stream_options` must be an object.", param="stream_options")
    choices = fields.get("n")
    if choices is not None and (type(choices) is not int or choices < 1):
        raise BadRequest("bad_field", "`n` must be a whole number of at least 1.", param="n")


def _walk(walk: Walk, fields: dict[str, object], endpoint: Endpoint) -> None:
    walk.pairs = len(fields)
    conversed, texts = TURNS.get(endpoint), TEXTS.get(endpoint)
    for key, value in fields.items():
        if key == conversed or (key in _LISTS and is_conversation(value)):
            walk.messages(value, 2)  # type: ignore[arg-type]  # `turns_of` has made sure
        elif key == texts:
            walk.texts(value, 2)
        elif key != "model" and not is_plain(key, value):
            walk.member(key, value)


def _wants_usage(fields: dict[str, object]) -> bool:
    options = fields.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True
