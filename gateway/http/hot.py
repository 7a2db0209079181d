"""The endpoints that are served without FastAPI: what callers ask all day."""

from collections.abc import Mapping

from gateway.http.chat import Hot
from gateway.http.responses import Responses
from gateway.http.room import Room
from gateway.http.server import Shared
from gateway.live import Live
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


def hot(live: Live) -> Mapping[bytes, Hot]:
    """What serves each of their paths, as a raw ASGI application."""
    served = {path.encode(): Hot(endpoint, lambda: live.runtime) for path, endpoint in HOT.items()}
    served[b"/v1/responses"] = Responses(lambda: live.runtime, live.kept)
    return served | {b"/openai" + path: one for path, one in served.items() if path.startswith(b"/v1/")}  # Azure's newer paths


def shared(live: Live) -> Shared:
    """What our own protocol serves them with."""
    return Shared(hot(live), Room(lambda: live.runtime.plan.limits, lambda: live.is_draining))
