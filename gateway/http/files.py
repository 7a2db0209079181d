"""`/v1/files`: what callers leave here for batches, and what batches leave for them. OpenAI's API, with the label of each content.

A tenant sees its own files only. Content is never in a log or a message.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Annotated, Literal, NamedTuple

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import StreamingResponse

from gateway.batches.content import label_of_file
from gateway.batches.shown import file_shown, listed
from gateway.errors import BadRequest, NotFound, TooLarge
from gateway.http import body
from gateway.http.answers import Json
from gateway.http.chat import demanded
from gateway.http.headers import Headers
from gateway.http.paths import BATCHED
from gateway.http.room import Room
from gateway.kept import files as kept_files
from gateway.kept.rows import File
from gateway.live import Live
from gateway.plan import CallerKey
from gateway.wire.forms import Form, Upload, read

PURPOSES = ("assistants", "batch", "evals", "fine-tune", "user_data", "vision")
LEAST_S, MOST_S = 3_600, 2_592_000
"""What a caller may say of how long its content lives, in seconds."""
_WITHIN_S = 120.0
_FORM_BYTES = 100_000
"""What a form may have beside its file."""
_AT_ONCE = 4
"""Uploads that are looked at and kept at the same time. Those that come in count among the bytes that are held."""
Order = Literal["asc", "desc"]
Limit = Annotated[int, Query(ge=1, le=10_000)]


class _Given(NamedTuple):
    """What a caller uploads."""

    upload: Upload
    purpose: str
    keep_s: float


def files(app: FastAPI, live: Live, room: Room) -> None:
    """Add the endpoints."""
    keeping = asyncio.Semaphore(_AT_ONCE)

    @app.post("/v1/files")
    async def upload(request: Request) -> Json:
        """Leave a file: a form with `file` and `purpose`, and `expires_after[seconds]` if it is to go earlier than others."""
        headers, caller = _caller(live, request)
        with room.holding() as hold:
            raw = await _read(live, request, headers, hold)
            async with keeping:
                return _shown(await _keep(live, headers, caller, await _given(live, headers, raw)))

    @app.get("/v1/files")
    async def page(request: Request, purpose: str = "", after: str = "", limit: Limit = 10_000, order: Order = "desc") -> Json:
        """The files of this tenant, the newest first, or with `order=asc` the oldest."""
        _, caller = _caller(live, request)
        asked = kept_files.Page(caller.tenant, limit + 1, purpose, after, order == "asc")
        found = await live.kept.ask(partial(kept_files.page, asked=asked, now=time.time()))
        return Json(listed([file_shown(file) for file in found], limit))

    @app.get("/v1/files/{name}")
    async def one(name: str, request: Request) -> Json:
        """One file, without its content."""
        return _shown(await _found(live, request, name))

    @app.get("/v1/files/{name}/content")
    async def content(name: str, request: Request) -> Response:
        """What is in it."""
        file = await _found(live, request, name)
        headers = {"content-length": str(file.bytes), "x-tidegate-label": file.label, "x-content-type-options": "nosniff"}
        return StreamingResponse(_pieces(live, file), media_type="application/octet-stream", headers=headers)

    @app.delete("/v1/files/{name}")
    async def delete(name: str, request: Request) -> Json:
        """Delete it."""
        file = await _found(live, request, name)
        await live.kept.forget(partial(kept_files.delete, tenant=file.tenant, name=name))
        return Json({"id": name, "object": "file", "deleted": True})


def _caller(live: Live, request: Request) -> tuple[Headers, CallerKey]:
    """Who asks. Raises `Unauthorised`, and `NotFound` where nothing is kept."""
    headers = Headers(request.scope["headers"])
    caller = headers.caller(live.runtime.plan.keys)
    _ = live.kept.plan
    return headers, caller


def _shown(file: File) -> Json:
    return Json(file_shown(file), headers={"x-tidegate-label": file.label})


async def _found(live: Live, request: Request, name: str) -> File:
    _, caller = _caller(live, request)
    file = await live.kept.ask(partial(kept_files.get, tenant=caller.tenant, name=name, now=time.time()))
    if file is None:
        raise NotFound("unknown_file", "You have no such file here, or it has expired. GET /v1/files lists yours.", param="file_id")
    return file


async def _pieces(live: Live, file: File) -> AsyncIterator[bytes]:
    number = 0
    while (piece := await live.kept.ask(partial(kept_files.piece, name=file.id, number=number))) is not None:
        yield piece
        number += 1


async def _read(live: Live, request: Request, headers: Headers, hold: Callable[[int], None]) -> bytes:
    most = live.kept.plan.most_bytes
    try:
        headers.check_framing(most + _FORM_BYTES)
        return await body.read(request.receive, most + _FORM_BYTES, _WITHIN_S, hold)
    except TooLarge:
        raise TooLarge("file_too_large", _larger(most), headers=body.CLOSE) from None


def _larger(most: int) -> str:
    return f"The file is larger than {most:,} bytes; send less, or ask the operator to raise `store.most_bytes`."


async def _given(live: Live, headers: Headers, raw: bytes) -> _Given:
    most = live.kept.plan.most_bytes
    form = await asyncio.to_thread(read, raw, headers.form)
    upload = next((one for one in form.uploads if one.field == "file"), None)
    if upload is None:
        raise BadRequest("bad_field", "The form must have a field `file` with a file in it.", param="file")
    if len(upload.content) > most:
        raise TooLarge("file_too_large", _larger(most))
    purpose = form.fields.get("purpose")
    if purpose not in PURPOSES:
        raise BadRequest("bad_field", f"`purpose` must be one of {', '.join(PURPOSES)}.", param="purpose")
    return _Given(upload, str(purpose), min(_keep_s(form), live.kept.plan.keep_s))


def _keep_s(form: Form) -> float:
    said = {name: form.fields.get(f"expires_after[{name}]") for name in ("anchor", "seconds")}
    return MOST_S if said["seconds"] is None and said["anchor"] is None else expires_after(said)


def expires_after(said: Mapping[str, object]) -> float:
    """How many seconds a caller wants its content kept. Raises `BadRequest`."""
    seconds = said.get("seconds")
    number = int(seconds) if isinstance(seconds, int) or (isinstance(seconds, str) and seconds.isdecimal()) else 0
    if said.get("anchor") != "created_at" or not LEAST_S <= number <= MOST_S:
        say = f"`expires_after` must be the anchor created_at, and {LEAST_S:,} to {MOST_S:,} seconds."
        raise BadRequest("bad_field", say, param="expires_after")
    return float(number)


async def _keep(live: Live, headers: Headers, caller: CallerKey, given: _Given) -> File:
    plan, now = live.runtime.plan, int(time.time())
    floor = demanded(headers, plan, caller)
    upload = given.upload
    label = await label_of_file(upload.content, upload.name, plan, BATCHED, is_batch=given.purpose == "batch")
    label = label if floor is None else max(label, floor)
    file = File(
        "file-" + secrets.token_hex(16),
        caller.tenant,
        caller.name,
        given.purpose,
        upload.name,
        len(upload.content),
        now,
        now + int(given.keep_s),
        label.name,
        "" if floor is None else floor.name,
    )
    pieces = kept_files.pieces(upload.content)
    return await live.kept.ask(partial(kept_files.put, file=file, content=pieces, most=live.kept.plan.total_bytes))
