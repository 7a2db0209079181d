"""What a chat's answer says, taken apart: its message, or what one event of its stream adds to that, which have the same members."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

SIGNATURE = "tidegate"
"""The signature of thoughts that were not Anthropic's. Clients keep a thought only if it has one, and send both back. It proves nothing,
and says so: who sends a conversation on to Anthropic's API, which checks signatures, knows by it which thoughts to leave out."""


class Piece(NamedTuple):
    """Some of a block. `call` tells the calls of an answer apart; `id` and `name` are empty where they are not said (again)."""

    kind: Literal["thinking", "text", "citation", "tool_use"]
    said: str = ""
    call: int = 0
    id: str = ""
    name: str = ""
    citation: Mapping[str, object] | None = None

    def id_of(self, hex_id: str) -> str:
        """The call's id: its own, or one made of the request's."""
        return self.id or f"call_{hex_id}_{self.call}"


def pieces(message: Mapping[str, object]) -> Iterator[Piece]:
    """The pieces in a message or a delta: thoughts, then text, then calls. Members of another form than is usual are passed over."""
    thought = string(message.get("reasoning_content")) or string(message.get("reasoning"))
    if thought:
        yield Piece("thinking", thought)
    for said in (_text(message.get("content")), string(message.get("refusal"))):
        if said:
            yield Piece("text", said)
    for note in listed(message.get("annotations")):
        if (citation := _citation(note)) is not None:
            yield Piece("citation", citation=citation)
    for place, call in enumerate(listed(message.get("tool_calls"))):
        index = call.get("index")
        function = mapping(call.get("function"))
        said, name = string(function.get("arguments")), string(function.get("name"))
        yield Piece("tool_use", said, index if isinstance(index, int) else place, string(call.get("id")), name)


def string(value: object) -> str:
    """A string; an empty one for anything else."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, object]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Mapping[str, object]]:
    """A list of objects; anything else in it or instead of it is passed over."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def asked_with(arguments: str) -> Mapping[str, object]:
    """The input of a call. What is no JSON object, as where the answer was cut short, is put as Anthropic's documentation has it."""
    if not arguments.strip():
        return {}
    found = object_in(arguments)
    return {"INVALID_JSON": arguments} if found is None else found


def object_in(text: str | bytes) -> Mapping[str, object] | None:
    """The JSON object that a text is; None for any other text."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(content: object) -> str:
    """Content is a text, at some vendors in parts."""
    return content if isinstance(content, str) else "".join(string(part.get("text")) for part in listed(content))


def _citation(note: Mapping[str, object]) -> Mapping[str, object] | None:
    """What a search of the model's own found, as a search at Anthropic would cite it. What it cites of the page, a chat does not say."""
    cited = mapping(note.get("url_citation"))
    if not string(cited.get("url")):
        return None
    title = string(cited.get("title")) or None
    return {"type": "web_search_result_location", "url": cited["url"], "title": title, "cited_text": "", "encrypted_index": ""}
