"""The endpoints that are served without FastAPI: what callers ask all day."""

from collections.abc import Mapping

from gateway.http.chat import Hot
from gateway.http.paths import HOT
from gateway.http.resuming import Responses
from gateway.http.room import Room
from gateway.http.server import Shared
from gateway.live import Live


def hot(live: Live) -> Mapping[bytes, Hot]:
    """What serves each of their paths, as a raw ASGI application."""
    served = {path.encode(): Hot(endpoint, lambda: live.runtime) for path, endpoint in HOT.items()}
    served[b"/v1/responses"] = Responses(lambda: live.runtime, live.kept)
    served[b"/openai/responses"] = served[b"/v1/responses"]  # as Azure's older clients ask
    return served | {b"/openai" + path: one for path, one in served.items() if path.startswith(b"/v1/")}  # Azure's newer paths


def shared(live: Live) -> Shared:
    """What our own protocol serves them with."""
    return Shared(hot(live), Room(lambda: live.runtime.plan.limits, lambda: live.is_draining))
