"""Azure's paths: `/openai/deployments/NAME/chat/completions` and the like, where the deployment is the model that is asked for.

The versions that callers name in `api-version` differ in what their bodies may have, none of which is taken away here.
"""

from collections.abc import Callable
from functools import partial

import msgspec
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from gateway.arrival import Arrival
from gateway.errors import NotFound
from gateway.http.chat import Hot
from gateway.http.downstream import AsgiDownstream
from gateway.http.headers import Headers
from gateway.http.ids import new_id
from gateway.http.paths import HOT
from gateway.http.resuming import Responses
from gateway.kept.kept import Kept
from gateway.live import Live
from gateway.plan import Plan
from gateway.runtime import Runtime
from gateway.wire.ask import Ask, decode, decode_form, members_of
from gateway.wire.forms import FORMED
from gateway.wire.splice import spliced
from router.labels import Label
from router.names import Endpoint

PATH = "/openai/deployments/{deployment}/{operation:path}"


class Deployed(Hot):
    """One endpoint, as the deployment of that name is asked."""

    def __init__(self, endpoint: Endpoint, runtime: Callable[[], Runtime], deployment: str) -> None:
        super().__init__(endpoint, runtime)
        self._deployment = deployment

    @override
    def _reading(self, raw: bytes, headers: Headers, deepest: int) -> Callable[[], Ask]:
        if self._endpoint in FORMED:
            return partial(decode_form, raw, headers.form, self._endpoint, deepest, self._deployment)
        return lambda: decode(asking_for(raw, self._deployment), self._endpoint, deepest)


class DeployedResponses(Responses):
    """Responses, as the deployment of that name is asked."""

    def __init__(self, runtime: Callable[[], Runtime], kept: Kept, deployment: str) -> None:
        super().__init__(runtime, kept)
        self._deployment = deployment

    @override
    async def _resumed(self, raw: bytes, arrival: Arrival, plan: Plan) -> tuple[bytes, Label | None]:
        return await super()._resumed(asking_for(raw, self._deployment), arrival, plan)


def asking_for(raw: bytes, model: str) -> bytes:
    """The body with this model, whether it names one or not. Raises `BadRequest` for what is no object."""
    fields = members_of(raw)
    if isinstance(fields.get("model"), str):
        return spliced(raw, fields, model, adds_usage=False)
    if "model" in fields:
        return raw  # which is refused for what it has there
    rest = raw.lstrip()[1:]
    return b'{"model":' + msgspec.json.encode(model) + (b"," if fields else b"") + rest


class Deployments:
    """Serves all deployments, as a raw ASGI application."""

    def __init__(self, live: Live) -> None:
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        given = scope["path_params"]
        endpoint = HOT.get(f"/v1/{given['operation']}")
        if endpoint is None:
            known = ", ".join(path.removeprefix("/v1/") for path in HOT if path.startswith("/v1/"))
            raise NotFound("not_found", f"A deployment has no such operation. There are: {known}.")
        headers = Headers(scope["headers"])
        out = AsgiDownstream(receive, send, headers.request_id or new_id())
        await self._deployed(endpoint, given["deployment"]).serve(headers, out)

    def _deployed(self, endpoint: Endpoint, deployment: str) -> Hot:
        if endpoint == "responses":
            return DeployedResponses(lambda: self._live.runtime, self._live.kept, deployment)
        return Deployed(endpoint, lambda: self._live.runtime, deployment)


def deployments(live: Live) -> Route:
    """The route of all deployments."""
    return Route(PATH, Deployments(live), methods=["POST"])
