"""What `lockdown`, `drain` and `canary` do between their arguments and what they print."""

import asyncio
import http.client
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import typer

from gateway.canaries import RESULTS, Result, sing
from gateway.cli.judge import load_without_secrets
from gateway.errors import Refusal
from gateway.plan import Plan
from gateway.runtime import Runtime
from router.fleet import Fleet

_WITHIN_S = 5.0


class NotReached(Refusal):
    """No gateway answers on the admin address."""


def lockdown(path: Path, turn: str, admin_port: int | None, *, as_json: bool) -> None:
    """Turn the lockdown of the gateway that runs with this configuration `on` or `off`, or print its `status`. Raises `NotReached`."""
    body = b"" if turn == "status" else msgspec.json.encode({"on": turn == "on"})
    said = _admin(path, admin_port, "/admin/lockdown", body)
    if as_json:
        typer.echo(msgspec.json.encode(said).decode())
        return
    forgets = body and said.get("survives_restart") is False
    typer.echo(
        f"lockdown {said['lockdown']}" + (", until the gateway is restarted: set `lockdown_file`" if forgets and turn == "on" else "")
    )


def drain(path: Path, asked: tuple[str, str, bool], admin_port: int | None, *, as_json: bool) -> None:
    """Take a replica out of service, or put it back: `(target, replica, whether it is to be out)`. Raises `NotReached`."""
    target, replica, on = asked
    said = _admin(path, admin_port, "/admin/drain", msgspec.json.encode({"target": target, "replica": replica, "on": on}))
    if as_json:
        typer.echo(msgspec.json.encode(said).decode())
        return
    left = f"; it has {said['in_flight']} requests left" if on else "; it starts slowly"
    typer.echo(f"replica {said['replica']} of {target} gets {'no new requests' if on else 'requests again'}{left}")


def _admin(path: Path, admin_port: int | None, endpoint: str, body: bytes) -> dict[str, object]:
    """Ask the gateway that runs with this configuration. Raises `NotReached`."""
    listen = load_without_secrets(path, os.environ).listen
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.admin_host, listen.admin_host)  # noqa: S104  # where it binds, not where we connect
    port = listen.admin_port if admin_port is None else admin_port
    connection = http.client.HTTPConnection(host, port, timeout=_WITHIN_S)
    try:
        connection.request("POST" if body else "GET", endpoint, body or None)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status == 404 and b"no such replica" in said:
            raise NotReached("not_reached", "There is no such replica: see `replicas` of GET /admin/pools, by number and address.")
        if answer.status != 200:
            raise NotReached("not_reached", f"What answers at {host}:{port} is no gateway that can do that (status {answer.status}).")
        return msgspec.json.decode(said, type=dict[str, object])
    except (OSError, http.client.HTTPException, msgspec.DecodeError):
        lock = " Without its admin port: kill -USR1 its process." if endpoint == "/admin/lockdown" else ""
        say = f"No gateway answers at {host}:{port}. Is it running with this configuration?{lock}"
        raise NotReached("not_reached", say) from None
    finally:
        connection.close()


def canary(path: Path, *, as_json: bool) -> bool:
    """Judge a round of canaries with a configuration. Whether all would have stayed. Raises `ConfigError`."""
    tally = asyncio.run(_round(load_without_secrets(path, os.environ)))
    categories = list(dict.fromkeys(category for category, _ in tally))
    rows = {name: {result: tally[name, result] for result in RESULTS} for name in categories}
    if as_json:
        typer.echo(msgspec.json.encode(rows).decode())
    for name, row in {} if as_json else rows.items():
        typer.echo(f"{name:<12}" + "  ".join(f"{count} {result}" for result, count in row.items() if count))
    if not rows:
        typer.echo("nothing that canaries hold is looked for by this configuration", err=True)
    return bool(rows) and all(row["leaked"] + row["failed"] == 0 for row in rows.values())


async def _round(plan: Plan) -> Counter[tuple[str, Result]]:
    with ThreadPoolExecutor(1) as pool:
        return await sing(Runtime(plan=plan, upstreams={}, fleet=Fleet(plan.policy.targets.values()), pool=pool))
