"""The endpoints that show responses that are kept."""

import time
from functools import partial

from fastapi import FastAPI, Request, Response

from gateway.errors import NotFound
from gateway.http.answers import Json
from gateway.http.headers import Headers
from gateway.http.resuming import turns_of
from gateway.kept import responses as kept_responses
from gateway.kept.keeping import Turns
from gateway.live import Live


def responses(app: FastAPI, live: Live) -> None:
    """Add the endpoints that show what is kept."""

    @app.get("/v1/responses/{name}")
    async def response(name: str, request: Request) -> Response:
        """A response that is kept."""
        turns, label = await _found(live, request, name)
        return Json(turns.response, headers={"x-tidegate-label": label})

    @app.get("/v1/responses/{name}/input_items")
    async def input_items(name: str, request: Request) -> Response:
        """What was asked for it, the latest last, with all that it went on from."""
        turns, label = await _found(live, request, name)
        numbered = [{"id": f"item_{number}", **item} for number, item in enumerate(turns.input) if isinstance(item, dict)]
        ends = {"first_id": numbered[0]["id"] if numbered else None, "last_id": numbered[-1]["id"] if numbered else None}
        return Json({"object": "list", "data": numbered, "has_more": False, **ends}, headers={"x-tidegate-label": label})

    @app.delete("/v1/responses/{name}")
    async def forget(name: str, request: Request) -> Response:
        """Keep it no longer."""
        caller = Headers(request.scope["headers"]).caller(live.runtime.plan.keys)
        if not await live.kept.forget(partial(kept_responses.delete, tenant=caller.tenant, name=name)):
            raise NotFound("unknown_response", "You have no such response here, or it has expired.", param="response_id")
        return Json({"id": name, "object": "response", "deleted": True})


async def _found(live: Live, request: Request, name: str) -> tuple[Turns, str]:
    caller = Headers(request.scope["headers"]).caller(live.runtime.plan.keys)
    row = await live.kept.ask(partial(kept_responses.get, tenant=caller.tenant, name=name, now=time.time()))
    if row is None:
        raise NotFound("unknown_response", "You have no such response here, or it has expired.", param="response_id")
    return turns_of(row.items), row.label
