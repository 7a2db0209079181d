"""The paths of the endpoints that carry content."""

from collections.abc import Mapping

from gateway.wire.forms import FORMED
from router.names import Endpoint

HOT: Mapping[str, Endpoint] = {
    "/v1/chat/completions": "chat",
    "/v1/completions": "completions",
    "/v1/embeddings": "embeddings",
    "/v1/responses": "responses",
    "/v1/messages": "messages",
    "/v1/messages/count_tokens": "count_tokens",
    "/v1/rerank": "rerank",
    "/v1/score": "score",
    "/v1/moderations": "moderations",
    "/v1/images/generations": "images",
    "/v1/images/edits": "image_edits",
    "/v1/audio/speech": "speech",
    "/v1/audio/transcriptions": "transcriptions",
    "/v1/audio/translations": "translations",
    "/tokenize": "tokenize",
}

BATCHED: Mapping[str, Endpoint] = {path: endpoint for path, endpoint in HOT.items() if endpoint not in FORMED | {"speech"}}
"""Those that a batch may be for: what is asked and answered in JSON."""
