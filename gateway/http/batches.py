"""`/v1/batches`: requests that nobody waits for. OpenAI's API; each line is served by the very rules of any request.

A batch is only noted here; `gateway.batches.runner` runs it, in whichever process has the turn.
"""

import re
import secrets
import time
from functools import partial
from typing import Annotated

import msgspec
from fastapi import FastAPI, Query, Request

from gateway.batches.closing import cancel as cancelled
from gateway.batches.shown import batch_shown, listed
from gateway.errors import BadRequest, Conflict, NotFound, advice
from gateway.http import body
from gateway.http.answers import Json
from gateway.http.chat import demanded
from gateway.http.files import expires_after
from gateway.http.headers import Headers
from gateway.http.paths import BATCHED
from gateway.kept import batches as kept_batches
from gateway.kept import files
from gateway.kept.rows import Batch
from gateway.live import Live
from gateway.plan import CallerKey

_MOST_BYTES = 100_000
_WITHIN_S = 10.0
_WINDOW = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_UNITS = {"m": 60, "h": 3_600, "d": 86_400}
LONGEST_S = 1_209_600
"""The longest completion window: two weeks."""
_MOST_METADATA = 16
Limit = Annotated[int, Query(ge=1, le=100)]
_SAY = "Send {input_file_id, endpoint, completion_window}, with `metadata` and `output_expires_after` if you like, and nothing else."


class _Asked(msgspec.Struct, forbid_unknown_fields=True):
    input_file_id: str
    endpoint: str
    completion_window: str = "24h"
    metadata: dict[str, str] | None = None
    output_expires_after: dict[str, str | int] | None = None


def batches(app: FastAPI, live: Live) -> None:
    """Add the endpoints."""

    @app.post("/v1/batches")
    async def create(request: Request) -> Json:
        """Have the requests in a file run, each line one; `completion_window` (24h, 30m, 7d) is how long they may wait."""
        headers = Headers(request.scope["headers"])
        caller = headers.caller(live.runtime.plan.keys)
        _ = live.kept.plan  # raises where nothing is kept
        asked = _decoded(await body.read(request.receive, _MOST_BYTES, _WITHIN_S))
        batch = await _made(live, headers, caller, asked)
        await live.kept.ask(partial(kept_batches.put, batch=batch))
        live.kept.wake()
        return await _shown(live, batch)

    @app.get("/v1/batches")
    async def page(request: Request, after: str = "", limit: Limit = 20) -> Json:
        """The batches of this tenant, the newest first."""
        tenant, labels = _tenant(live, request), live.runtime.plan.policy.labels
        found = await live.kept.ask(partial(kept_batches.page, tenant=tenant, after=after, most=limit + 1, now=time.time()))
        shown = [batch_shown(one, await live.kept.ask(partial(kept_batches.totals, batch=one)), labels) for one in found]
        return Json(listed(shown, limit))

    @app.get("/v1/batches/{name}")
    async def one(name: str, request: Request) -> Json:
        """One batch, and what came of it until now."""
        return await _shown(live, await _found(live, request, name))

    @app.post("/v1/batches/{name}/cancel")
    async def cancel(name: str, request: Request) -> Json:
        """Begin no further line of it. Those that are under way end, and what was answered is in its file."""
        batch = await _found(live, request, name)
        if not batch.is_open:
            raise Conflict("batch_ended", "The batch has ended; there is nothing to cancel.", headers=advice("batch_ended"))
        changed = await live.kept.ask(partial(kept_batches.change, name=name, edit=partial(cancelled, now=int(time.time()))))
        live.kept.wake()
        return await _shown(live, changed or batch)


async def _made(live: Live, headers: Headers, caller: CallerKey, asked: _Asked) -> Batch:
    """The batch that is asked for. Raises `BadRequest`."""
    plan, keep_s, now = live.runtime.plan, live.kept.plan.keep_s, int(time.time())
    window_s, own = _window_s(asked.completion_window), asked.output_expires_after
    file = await live.kept.ask(partial(files.get, tenant=caller.tenant, name=asked.input_file_id, now=now))
    if file is None or file.purpose != "batch":
        say = "You have no file of purpose `batch` with this id. POST /v1/files first."
        raise BadRequest("unknown_file", say, param="input_file_id")
    floors = [plan.policy.labels.named(file.floor)] if file.floor else []
    floor = demanded(headers, plan, caller)
    floors += [] if floor is None else [floor]
    return Batch(
        "batch_" + secrets.token_hex(16),
        caller.tenant,
        caller.name,
        asked.endpoint,
        file.id,
        now,
        asked.completion_window,
        now + window_s,
        metadata=asked.metadata,
        floor=max(floors).name if floors else "",
        keep_s=int(keep_s if own is None else min(keep_s, expires_after(own))),
    )


def _tenant(live: Live, request: Request) -> str:
    tenant = Headers(request.scope["headers"]).caller(live.runtime.plan.keys).tenant
    _ = live.kept.plan  # raises where nothing is kept
    return tenant


async def _found(live: Live, request: Request, name: str) -> Batch:
    tenant = _tenant(live, request)
    batch = await live.kept.ask(partial(kept_batches.get, tenant=tenant, name=name, now=time.time()))
    if batch is None:
        raise NotFound("unknown_batch", "You have no such batch here, or it has expired. GET /v1/batches lists yours.", param="batch_id")
    return batch


async def _shown(live: Live, batch: Batch) -> Json:
    totals = await live.kept.ask(partial(kept_batches.totals, batch=batch))
    return Json(batch_shown(batch, totals, live.runtime.plan.policy.labels))


def _decoded(raw: bytes) -> _Asked:
    try:
        asked = msgspec.json.decode(raw, type=_Asked)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("bad_field", _SAY) from None
    if asked.endpoint not in BATCHED:
        raise BadRequest("bad_field", f"`endpoint` must be one of {', '.join(BATCHED)}.", param="endpoint")
    metadata = asked.metadata or {}
    if len(metadata) > _MOST_METADATA or any(len(key) > 64 or len(value) > 512 for key, value in metadata.items()):
        say = f"`metadata` may have {_MOST_METADATA} members, of 64 characters and values of 512 at most."
        raise BadRequest("bad_field", say, param="metadata")
    return asked


def _window_s(said: str) -> int:
    match = _WINDOW.fullmatch(said)
    window_s = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 0 < window_s <= LONGEST_S:
        say = "`completion_window` must be a number of minutes, hours or days, as in 30m, 24h or 7d; two weeks at most."
        raise BadRequest("bad_field", say, param="completion_window")
    return window_s
