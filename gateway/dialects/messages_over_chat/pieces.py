"""What a chat says, piece by piece, as the blocks of the Messages API have it."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from gateway.dialects.reading import object_in, string
from gateway.dialects.said import Said

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


def pieces(said: Said) -> Iterator[Piece]:
    """Its pieces: thoughts, then text, then calls."""
    if said.reasoning:
        yield Piece("thinking", said.reasoning)
    for prose in (said.text, said.refusal):
        if prose:
            yield Piece("text", prose)
    for note in said.annotations:
        if (citation := _citation(note)) is not None:
            yield Piece("citation", citation=citation)
    for call in said.calls:
        yield Piece("tool_use", call.arguments, call.place, call.call_id, call.name)


def asked_with(arguments: str) -> Mapping[str, object]:
    """The input of a call. What is no JSON object, as where the answer was cut short, is put as Anthropic's documentation has it."""
    if not arguments.strip():
        return {}
    found = object_in(arguments)
    return {"INVALID_JSON": arguments} if found is None else found


def _citation(note: Mapping[str, object]) -> Mapping[str, object] | None:
    """What a search of the model's own found, as a search at Anthropic would cite it. What it cites of the page, a chat does not say."""
    if note.get("type") != "url_citation" or not string(note.get("url")):
        return None
    title = string(note.get("title")) or None
    return {"type": "web_search_result_location", "url": note["url"], "title": title, "cited_text": "", "encrypted_index": ""}
