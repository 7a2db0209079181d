"""`POST /v1/feedback`: what a caller thought of an answer, by the request's id. A thumb, a number, a repetition; never text."""

import time
from typing import Annotated, Literal

import msgspec
from fastapi import FastAPI, Request

from gateway.errors import BadRequest, GaveUp, NotFound
from gateway.http import body
from gateway.http.answers import Json
from gateway.http.headers import Headers
from gateway.live import Live
from gateway.usage.rows import Rated
from gateway.usage.store import Known, StoreError

_MOST_BYTES = 1_000
_WITHIN_S = 10.0
_SAY = (
    'Send {"request_id": ..., "rating": "up", "down" or "regenerate", "score": 0 to 1}, of which one of the last two may be absent, '
    "and nothing else: a comment is text, which is not kept here."
)


class _Feedback(msgspec.Struct, forbid_unknown_fields=True):
    request_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    rating: Literal["up", "down", "regenerate"] | None = None
    score: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


def feedback(app: FastAPI, live: Live) -> None:
    """Add the endpoint."""

    @app.post("/v1/feedback")
    async def rate(request: Request) -> Json:
        """Rate an answer by its `x-request-id`. A score alone counts as up from 0.5 on, else as down."""
        caller = Headers(request.scope["headers"]).caller(live.runtime.plan.keys)
        try:
            given = msgspec.json.decode(await body.read(request.receive, _MOST_BYTES, _WITHIN_S), type=_Feedback)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadRequest("bad_field", _SAY) from None
        if given.rating is None and given.score is None:
            raise BadRequest("bad_field", _SAY, param="rating")
        known = await _known(live, given.request_id, caller.tenant)
        rating = given.rating or ("up" if given.score is not None and given.score >= 0.5 else "down")
        live.metrics.feedback(known.path, known.target, rating)
        if live.usage.recorder is not None:
            live.usage.recorder.note(Rated(time.time(), given.request_id, known.path, known.target, rating, given.score))
        return Json({"request_id": given.request_id, "rating": rating, "score": given.score})


async def _known(live: Live, request_id: str, tenant: str) -> Known:
    """Where the request was answered. Raises `NotFound`, also for one of another tenant, of which nobody may learn here."""
    try:
        known = await live.usage.find(request_id, tenant)
    except StoreError:
        say = "Whether there is such a request cannot be looked up now. Send the feedback again in a minute."
        raise GaveUp(503, "store_unavailable", say, headers={"retry-after": "60"}) from None
    if known is None:
        say = (
            "No answer that you got of late has this id, which is in its x-request-id header. If another process of this gateway "
            "gave it, it is known a second later, and only where a usage store is configured."
        )
        raise NotFound("unknown_request", say, param="request_id")
    return known
