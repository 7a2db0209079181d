"""What the body of each endpoint must have: the members that carry what is asked, and what they may be."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from gateway.errors import BadRequest
from router.names import Endpoint

TURNS: Mapping[Endpoint, str] = {"chat": "messages", "messages": "messages", "count_tokens": "messages"}
"""Endpoints whose carrier is a list of turns, and nothing else."""
TEXTS: Mapping[Endpoint, str] = {"completions": "prompt", "embeddings": "input"}
"""Endpoints whose carrier is a text, a list of texts, or token ids."""
_CARRIES: Mapping[Endpoint, tuple[tuple[str, ...], ...]] = {
    "completions": (("prompt",),),
    "embeddings": (("input",),),
    "responses": (("input",),),
    "rerank": (("query", "documents"),),
    "score": (("text_1", "text_2"), ("queries", "documents"), ("queries", "items"), ("data_1", "data_2")),
    "moderations": (("input",),),
    "tokenize": (("prompt",), ("messages",)),
    "images": (("prompt",),),
    "image_edits": (("image",), ("image[]",), ("images",)),
    "speech": (("input",),),
    "transcriptions": (("file",),),
    "translations": (("file",),),
}
"""For each of the others the sets of members one of which must be there, the usual one first: each a text or a list, not empty."""
_OBJECTS = frozenset({"query", "queries", "documents", "text_1", "text_2", "data_1", "data_2"})
"""Members that may be objects: of pictures, or what names a conversation."""
_ELSEWHERE: Mapping[Endpoint, tuple[str, ...]] = {"responses": ("previous_response_id", "conversation", "prompt", "background")}
"""Members that name what is kept, or is to be done, where nobody here can look at it. What is kept here was put in their place before."""
_KEPT = "An item names what is kept elsewhere, which has no label here. Send the item itself."
STREAMED: frozenset[Endpoint] = frozenset({"chat", "completions", "responses", "messages", "transcriptions", "images", "image_edits"})
"""Endpoints that have answers in events."""


def carries(names: AbstractSet[str], endpoint: Endpoint) -> bool:
    """Whether a body with members of these names has what a request to the endpoint must carry."""
    conversed = TURNS.get(endpoint)
    return any(names >= {*one} for one in (((conversed,),) if conversed else _CARRIES[endpoint]))


def turns_of(fields: dict[str, object], endpoint: Endpoint) -> int:
    """How many turns the request has. Raises `BadRequest` when what it must carry is not there."""
    conversed = TURNS.get(endpoint)
    if conversed is not None:
        value = fields.get(conversed)
        if type(value) is list and value and _are_objects(value):
            return len(value)
        raise _missing(conversed, "a list of at least one message object")
    for name in _ELSEWHERE.get(endpoint, ()):
        if fields.get(name):
            raise BadRequest(
                "not_carried", f"`{name}` names what nobody here can look at. Send the whole conversation in `input`.", param=name
            )
    if endpoint == "responses" and any(map(_is_reference, _listed(fields.get("input")))):
        raise BadRequest("not_carried", _KEPT, param="input")
    sets = _CARRIES[endpoint]
    found = next((names for names in sets if all(fields.get(name) for name in names)), None)
    names = found or sets[0]
    wrong = next((name for name in names if not _is_carried(name, fields.get(name))), None)
    if wrong is not None:
        raise _missing(wrong, "a string or a list, not empty")
    carried = fields.get(names[0])
    return len(carried) if endpoint == "responses" and isinstance(carried, list) else 1


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_reference(item: object) -> bool:
    """Whether it is the id of an item that OpenAI keeps: it need not say that it is one, and of a picture that was made there it is all."""
    if not isinstance(item, dict):
        return False
    kind = item.get("type")
    return kind == "item_reference" or not (kind or item.get("role")) or (kind == "image_generation_call" and not item.get("result"))


def _is_carried(name: str, value: object) -> bool:
    return bool(value) and (isinstance(value, (str, list)) or (isinstance(value, dict) and name in _OBJECTS))


def is_conversation(value: object) -> bool:
    """Whether it is a list of turns."""
    return type(value) is list and _are_objects(value)


def _missing(name: str, wanted: str) -> BadRequest:
    return BadRequest("bad_field", f"`{name}` must be {wanted}.", param=name)


def _are_objects(values: list[object]) -> bool:
    for value in values:  # noqa: SIM110  # of few, which is quicker than a set of their types, and than `all`
        if type(value) is not dict:
            return False
    return True
