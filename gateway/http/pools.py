"""Pools on the admin port: what is known of each replica, and taking one out of service."""

import time
from collections.abc import Iterator

import msgspec
from fastapi import FastAPI, Request

from gateway.errors import BadRequest, NotFound
from gateway.http import body
from gateway.http.answers import Json
from gateway.live import Live
from router.names import TargetName


class _Drain(msgspec.Struct, forbid_unknown_fields=True):
    target: str
    replica: int | str
    on: bool = True


def pools(app: FastAPI, live: Live) -> None:
    """Add the endpoints."""

    @app.get("/admin/pools")
    async def shown() -> Json:
        """Every replica: where it is, what it does, and why it gets no requests."""
        return Json({"replicas": list(replicas(live))})

    @app.post("/admin/drain")
    async def drain(request: Request) -> Json:
        """Give a replica no new requests, until that is undone: `{"target": ..., "replica": number or address, "on": true}`."""
        try:
            asked = msgspec.json.decode(await body.read(request.receive, 4_000, 10.0), type=_Drain)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadRequest("bad_field", 'Send {"target": "qwen", "replica": 0, "on": true}.') from None
        number = _number(live, asked)
        live.runtime.fleet.turn(TargetName(asked.target), number, "drained", time.monotonic(), on=asked.on)
        return Json(next(row for row in replicas(live) if (row["target"], row["replica"]) == (asked.target, number)))


def replicas(live: Live) -> Iterator[dict[str, object]]:
    """One row for each replica."""
    now = time.monotonic()
    for target, number, replica in live.runtime.fleet.replicas():
        load = replica.load
        yield {
            "target": target,
            "replica": number,
            "address": replica.address if "://" in replica.address or not replica.address.isdecimal() else "",
            "out": sorted(replica.outs),
            "circuit": replica.breaker.state(now),
            "warm": round(replica.warmth(now), 2),
            "in_flight": replica.breaker.in_flight,
            "pending_tokens": replica.pending,
            "running": None if load is None else load.running,
            "waiting": None if load is None else load.waiting,
            "kv_use": None if load is None else load.kv,
        }


def _number(live: Live, asked: _Drain) -> int:
    """The number of the replica that is meant, by its number or address."""
    for target, number, replica in live.runtime.fleet.replicas():
        if target == asked.target and asked.replica in (number, str(number), replica.address):
            return number
    raise NotFound("not_found", "There is no such replica. GET /admin/pools lists them.")
