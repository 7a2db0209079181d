"""What a destination's vendor, the price map and the operator say of it: endpoints, abilities, quirks, headers."""

from collections.abc import Iterator, Mapping

from gateway.config.capabilities import Differences
from gateway.config.destinations import Destination, PriceKey
from gateway.config.errors import Report, Where
from gateway.config.vendors import VENDORS, KeyHeader, Vendor
from gateway.secret import Secret
from router.names import CONVERSED, Ability, Endpoint
from router.quirks import Quirks, Thinks

Entry = Mapping[str, object] | None

_CONVERSING: frozenset[Endpoint] = CONVERSED | {"completions", "count_tokens", "tokenize"}
"""What a model that talks may serve. One of which nobody knows what it is for is taken to be such a model."""
_BY_MODE: Mapping[str, frozenset[Endpoint]] = {
    "responses": frozenset({"responses"}),
    "completion": frozenset({"completions"}),
    "embedding": frozenset({"embeddings"}),
    "rerank": frozenset({"rerank", "score"}),
    "moderation": frozenset({"moderations"}),
    "image_generation": frozenset({"images", "image_edits"}),
    "image_edit": frozenset({"image_edits"}),
    "audio_speech": frozenset({"speech"}),
    "audio_transcription": frozenset({"transcriptions", "translations"}),
}
_LISTED: Mapping[str, Endpoint] = {
    "/v1/chat/completions": "chat",
    "/v1/completions": "completions",
    "/v1/responses": "responses",
    "/v1/messages": "messages",
    "/v1/embeddings": "embeddings",
    "/v1/images/generations": "images",
    "/v1/images/edits": "image_edits",
    "/v1/audio/speech": "speech",
    "/v1/audio/transcriptions": "transcriptions",
}
"""What the price map calls endpoints that it says a model has."""
_SAYS: Mapping[Ability, str] = {
    "tools": "supports_function_calling",
    "vision": "supports_vision",
    "audio": "supports_audio_input",
    "documents": "supports_pdf_input",
    "json_schema": "supports_response_schema",
}
"""What the price map calls abilities. What is not there is unknown: the map leaves out as much as it denies."""
_UNTHINKING = Quirks(frozenset({"reasoning_effort", "reasoning", "thinking"}))
_UNSAMPLED = Quirks(frozenset({"temperature", "top_p", "top_k"}))


def row_of(settings: Destination) -> Vendor | None:
    """The row of its vendor; None: it names none."""
    return None if settings.vendor is None else VENDORS[settings.vendor]


def speaks_of(settings: Destination, entry: Entry) -> frozenset[Endpoint]:
    """The endpoints that it has itself: as stated, else those of its vendor that a model like this serves."""
    row = row_of(settings)
    if settings.serves or row is None:
        return frozenset(settings.serves or ("chat", "completions"))
    meant = row.speaks & _BY_MODE.get(str((entry or {}).get("mode")), _CONVERSING)
    listed = (entry or {}).get("supported_endpoints")
    named = {_LISTED[one] for one in listed if one in _LISTED} if isinstance(listed, list) else set()
    return meant & named or meant or row.speaks & _CONVERSING


def lacks_of(settings: Destination, entry: Entry) -> frozenset[Ability]:
    """The abilities that it is known not to have: what the operator says counts most, then the vendor's row, then the price map."""
    row = row_of(settings)
    denied = {ability for ability, name in _SAYS.items() if (entry or {}).get(name) is False} | (row.lacks if row else frozenset())
    stated = settings.can.model_dump(exclude_none=True) if settings.can else {}
    return frozenset(ability for ability in _SAYS if not stated.get(ability, ability not in denied))


def quirks_of(settings: Destination, entry: Entry) -> Quirks | None:
    """In which words it differs: as stated, else as its vendor and its model do. None: in none that are known.

    Local ones have none: they get the caller's own bytes.
    """
    if settings.zone == "local":
        return None
    quirks = Quirks()
    for one in _known(settings, entry) if settings.quirks is None else (_stated(settings.quirks),):
        quirks = quirks.also(one)
    if _thinks(settings, entry) is False:
        quirks = quirks.also(_UNTHINKING)
    return None if quirks == Quirks() else quirks


def _stated(stated: Differences) -> Quirks:
    called, roles = tuple(stated.called.items()), tuple(stated.roles.items())
    return Quirks(frozenset(stated.without), called, roles, frozenset(stated.messages_without), stated.thinks)


def _known(settings: Destination, entry: Entry) -> Iterator[Quirks]:
    row = row_of(settings)
    if row is None:
        return
    yield row.quirks
    # a deployment is called as its owner likes; what it is priced as says what it is
    priced_as = settings.cost.price_key.rpartition("/")[2] if isinstance(settings.cost, PriceKey) else ""
    for pattern, quirks in row.of_models:
        if pattern.fullmatch(settings.model) or pattern.fullmatch(priced_as):
            yield quirks
    if (entry or {}).get("supports_sampling_params") is False:
        yield _UNSAMPLED
    if settings.vendor == "anthropic" and entry is not None:
        yield Quirks(thinks=_told(entry))


def _told(entry: Mapping[str, object]) -> Thinks:
    """How it is told to think, which the price map says of Anthropic's models."""
    if entry.get("supports_adaptive_thinking") is not True:
        return "by_budget" if entry.get("supports_reasoning") is True else "either"
    if entry.get("thinking_always_on") is True:
        return "always"
    return "either" if entry.get("supports_legacy_thinking") is True else "by_effort"


def _thinks(settings: Destination, entry: Entry) -> object:
    if settings.can is not None and settings.can.reasoning is not None:
        return settings.can.reasoning
    return (entry or {}).get("supports_reasoning") if settings.vendor else None


def key_header_of(settings: Destination) -> KeyHeader:
    """The header that its key travels in."""
    row = row_of(settings)
    return settings.key_header or (row.key_header if row else "authorization")


def headers_of(settings: Destination) -> Iterator[tuple[str, Secret]]:
    """The headers that its vendor wants in every request, but for those that the operator has stated."""
    stated = {name.lower() for name in settings.headers}
    row = row_of(settings)
    return ((name, Secret(value)) for name, value in (row.headers if row else ()) if name not in stated)


def check(settings: Destination, where: Where, report: Report) -> None:
    """Object to what a vendor needs and has not got, and to what would have no effect."""
    if settings.quirks is not None and settings.zone == "local":
        report.add((*where, "quirks"), "a local destination gets what the caller sent, in the caller's words; leave it out")
    if settings.key_header is not None and settings.kind == "litellm":
        report.add((*where, "key_header"), "litellm knows how each vendor wants its key; leave it out")
    row = row_of(settings)
    if row is None:
        return
    if settings.kind != "openai_compatible":
        report.add((*where, "vendor"), "vendors are asked in OpenAI's or Anthropic's API; leave out `kind`, or `vendor`")
    if not row.url and settings.url is None and settings.urls is None and not report.is_lost(*where):
        report.add(where, f"needs `url`, which is your own at this vendor: {row.like}")
    if row.env and settings.key is None and not settings.headers and not report.is_lost(*where, "key"):
        report.add((*where, "key"), f"is missing: this vendor wants a key, for example key: {{env: {row.env}}}")
