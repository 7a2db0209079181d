"""The other endpoints of OpenAI's and of engines, as a stand-in answers them: each answer is the same, but for its length."""

import base64
from collections.abc import Callable, Mapping

from gateway.standin.messages import event
from gateway.standin.words import CREATED, Fields, size

SOUND = b"RIFF$\x00\x00\x00WAVEfmt " + b"\x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00@\x1f\x00\x00\x01\x00\x08\x00data\x00\x00\x00\x00"
"""A recording of no length."""
PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
"""A picture of one point."""


def rerank(fields: Fields, model: str) -> object:
    """Every document a little less relevant than the one before it."""
    documents = fields["documents"]
    most = fields.get("top_n") or len(documents)
    results = [{"index": place, "relevance_score": 1 / (place + 1)} for place in range(min(most, len(documents)))]
    return {"id": "rerank-standin", "model": model, "usage": _usage(fields), "results": results}


def score(fields: Fields, model: str) -> object:
    """The same score for each pair."""
    second = fields.get("text_2") or fields.get("documents") or fields.get("data_2") or ""
    count = len(second) if isinstance(second, list) else 1
    rows = [{"index": place, "object": "score", "score": 0.5} for place in range(count)]
    return {"id": "score-standin", "object": "list", "created": CREATED, "model": model, "data": rows, "usage": _usage(fields)}


def moderations(fields: Fields, model: str) -> object:
    """Nothing is ever flagged."""
    wanted = fields["input"]
    kinds = ("harassment", "hate", "illicit", "self-harm", "sexual", "violence")
    row = {"flagged": False, "categories": dict.fromkeys(kinds, False), "category_scores": dict.fromkeys(kinds, 0.0)}
    count = len(wanted) if isinstance(wanted, list) and wanted and isinstance(wanted[0], str) else 1
    return {"id": "modr-standin", "model": model, "results": [row] * count}


def images(_fields: Fields, _model: str) -> object:
    """One point."""
    return {"created": CREATED, "data": [{"b64_json": base64.b64encode(PICTURE).decode()}]}


def picture() -> bytes:
    """The same as the one event of a stream."""
    return event("image_generation.completed", created_at=CREATED, b64_json=base64.b64encode(PICTURE).decode(), usage=None)


def tokenize(fields: Fields, _model: str) -> object:
    """Numbers in a row, one for four characters."""
    count = size(fields.get("prompt") or fields.get("messages") or "") // 4 + 1
    return {"count": count, "max_model_len": 8192, "tokens": list(range(count)), "token_strs": None}


def count_tokens(fields: Fields, _model: str) -> object:
    """As Anthropic counts: the number alone."""
    return {"input_tokens": (size(fields["messages"]) + size(fields.get("system") or "")) // 4 + 1}


def _usage(fields: Fields) -> dict[str, int]:
    count = size(fields) // 4 + 1
    return {"prompt_tokens": count, "total_tokens": count}


ANSWERS: Mapping[str, Callable[[Fields, str], object]] = {
    "/v1/rerank": rerank,
    "/v1/score": score,
    "/v1/moderations": moderations,
    "/v1/images/generations": images,
    "/tokenize": tokenize,
    "/v1/messages/count_tokens": count_tokens,
}
"""What answers each path."""
