"""What a request needs a target to be able to do, in the words of chat, Messages and Responses alike."""

from collections.abc import Iterator, Mapping

from classifiers.prompt import Prompt
from router.facts import Needs
from router.names import Ability

NEEDING = frozenset({"tools", "functions", "response_format", "text", "output_config", "output_format"})
"""Members of a request that may need something of a target. Media are known by the doubts that they raise."""

_ABILITIES: Mapping[str, Ability] = {
    "image_url": "vision",
    "image": "vision",
    "input_image": "vision",
    "input_audio": "audio",
    "audio_url": "audio",
    "file": "documents",
    "input_file": "documents",
    "document": "documents",
}
"""Types of content parts, and what it takes to read them. Of others, as video, nobody says in the price map who can."""
_READABLE = ("text", "content")
"""Kinds of sources of a document that is text already."""
_DEEPEST = 3
"""A turn, its parts, and the parts of a tool's result among them."""


def needs_of(fields: Mapping[str, object], prompt: Prompt) -> Needs:
    """What the request needs. `prompt` is the same request, as it was walked over. Raises nothing."""
    has_tools = bool(fields.get("tools") or fields.get("functions"))
    has_media = any(doubt.kind in ("media", "remote") for doubt in prompt.doubts)
    by_schema = any(isinstance(form, dict) and form.get("type") == "json_schema" for form in _forms(fields))
    abilities: set[Ability] = set(_seen_in(fields.get("messages") or fields.get("input"), _DEEPEST)) if has_media else set()
    if has_tools:
        abilities.add("tools")
    if by_schema:
        abilities.add("json_schema")
    return Needs(has_tools, has_media, by_schema or fields.get("response_format") is not None, frozenset(abilities))


def _forms(fields: Mapping[str, object]) -> Iterator[object]:
    """The form of the answer, where each dialect says it."""
    yield fields.get("response_format")
    yield fields.get("output_format")
    for name in ("text", "output_config"):
        value = fields.get(name)
        if isinstance(value, dict):
            yield value.get("format")


def _seen_in(parts: object, deepest: int) -> Iterator[Ability]:
    """What it takes to read these turns or parts."""
    for part in parts if isinstance(parts, list) and deepest else ():
        if isinstance(part, dict):
            kind = part.get("type")
            ability = _ABILITIES.get(kind) if isinstance(kind, str) else None
            if ability is not None and not _is_text(part):
                yield ability
            yield from _seen_in(part.get("content"), deepest - 1)
            yield from _seen_in(part.get("output"), deepest - 1)


def _is_text(part: Mapping[str, object]) -> bool:
    source = part.get("source")
    return isinstance(source, dict) and source.get("type") in _READABLE
