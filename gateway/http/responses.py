"""Responses that are kept: what one goes on from is put before what is asked, with its label, and what is answered is kept.

No target keeps any: what would be kept outside would be there without its label, and only there could be gone on from.
"""

import time
from collections.abc import Callable
from functools import partial

import msgspec
from fastapi import FastAPI, Request, Response
from typing_extensions import override

from gateway.arrival import Arrival
from gateway.errors import BadRequest, NotFound
from gateway.http.answers import Json
from gateway.http.chat import Hot
from gateway.http.headers import Headers
from gateway.kept import responses as kept_responses
from gateway.kept.keeping import Keeper, Turns
from gateway.kept.kept import Kept
from gateway.live import Live
from gateway.plan import Plan
from gateway.runtime import Runtime
from gateway.wire.ask import members_of
from router.labels import Label

_OFF = "Nothing is kept here, so nothing can be gone on from. Send the whole conversation in `input`, or ask the operator for a `store`."
_GONE = "There is no such response here, or it has expired. Send the whole conversation in `input`."
_BACKGROUND = "Nothing is done in the background here. Leave `background` out, and stream, or create a batch."
_turns = msgspec.json.Decoder(Turns).decode


class Responses(Hot):
    """`POST /v1/responses`."""

    resumes = True

    def __init__(self, runtime: Callable[[], Runtime], kept: Kept) -> None:
        super().__init__("responses", runtime)
        self._kept = kept

    @override
    async def _resumed(self, raw: bytes, arrival: Arrival, plan: Plan) -> tuple[bytes, Label | None]:
        fields = members_of(raw)
        if fields.get("background"):
            raise BadRequest("not_carried", _BACKGROUND, param="background")
        previous, own = fields.get("previous_response_id"), _items(fields.get("input"))
        is_kept = fields.get("store") is not False
        label: Label | None = None
        if previous is not None:
            earlier, label = await self._earlier(previous, arrival.caller.tenant, plan)
            own = [*earlier, *own]
            fields = {name: value for name, value in fields.items() if name != "previous_response_id"} | {"input": own}
        if is_kept and self._kept.is_on:
            arrival.keeper = Keeper(self._kept, arrival.caller.tenant, own).before
        elif is_kept:
            fields = {**fields, "store": False}
        return (raw if previous is None and (not is_kept or self._kept.is_on) else msgspec.json.encode(fields)), label

    async def _earlier(self, name: object, tenant: str, plan: Plan) -> tuple[list[object], Label]:
        """The conversation up to a response, and its label: the highest, where that has another name now."""
        if not isinstance(name, str):
            raise BadRequest("bad_field", "`previous_response_id` must be a string.", param="previous_response_id")
        if not self._kept.is_on:
            raise BadRequest("store_off", _OFF, param="previous_response_id")
        row = await self._kept.ask(partial(kept_responses.get, tenant=tenant, name=name, now=time.time()))
        if row is None:
            raise BadRequest("previous_response_not_found", _GONE, param="previous_response_id")
        labels = plan.policy.labels
        return _turns(row.items).items, next((one for one in labels if one.name == row.label), labels.highest)


def _items(given: object) -> list[object]:
    """What is asked, as items; anything else is for the strict decoder to refuse."""
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return given if isinstance(given, list) else []


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
        if not await live.kept.ask(partial(kept_responses.delete, tenant=caller.tenant, name=name)):
            raise NotFound("unknown_response", "You have no such response here, or it has expired.", param="response_id")
        return Json({"id": name, "object": "response", "deleted": True})


async def _found(live: Live, request: Request, name: str) -> tuple[Turns, str]:
    caller = Headers(request.scope["headers"]).caller(live.runtime.plan.keys)
    row = await live.kept.ask(partial(kept_responses.get, tenant=caller.tenant, name=name, now=time.time()))
    if row is None:
        raise NotFound("unknown_response", "You have no such response here, or it has expired.", param="response_id")
    return _turns(row.items), row.label
