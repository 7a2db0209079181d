"""What `tidegate export` does between its arguments and what it prints."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import typer

from gateway.cli.judge import load_without_secrets
from gateway.config.addresses import LOCAL_NETWORKS
from gateway.config.errors import ConfigError, Problem
from gateway.netpolicy import kubernetes, nftables, openings, unresolved
from gateway.plan import Plan, UpstreamPlan
from gateway.registry import Exit, exits
from router.names import TargetName

Kind = Literal["kubernetes", "nftables"]


def network_policy(path: Path, kind: Kind, *, namespace: str = "", user: str = "tidegate") -> None:
    """Print the rules. Raises `ConfigError` when a name has no address, because rules without it would not be what was asked for."""
    plan = load_without_secrets(path, os.environ)
    found = exits(plan)
    is_stated = {str(name): one.networks not in {(), LOCAL_NETWORKS} for name, one in _reached(plan)}
    addresses = {host: _resolved(host) for host in unresolved(found, is_stated)}
    opened = openings(found, addresses, is_stated)
    closed = [one.exit for one in opened if not one.networks]
    if closed:
        raise ConfigError([Problem(_place(one), _say(one)) for one in closed], str(path))
    digest = plan.policy.digest
    if kind == "kubernetes":
        typer.echo(kubernetes(opened, digest=digest, namespace=namespace), nl=False)
    else:
        typer.echo(nftables(opened, digest=digest, user=user), nl=False)


def _reached(plan: Plan) -> Iterator[tuple[TargetName, UpstreamPlan]]:
    """Targets, and the services of detectors."""
    yield from plan.upstreams.items()
    yield from ((one.target.name, one.upstream) for one in plan.services)


def _resolved(host: str) -> list[str]:
    try:
        return sorted({str(row[4][0]) for row in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except OSError:
        return []


def _place(one: Exit) -> str:
    places = {"state": "state", "usage": "usage", "telemetry": "observers.otel"}
    return places.get(one.purpose, f"destinations.{one.name}")


def _say(one: Exit) -> str:
    remedy = "state its `networks`, or run this where its name resolves" if not one.is_external else "run this where its name resolves"
    return f"a packet filter knows addresses only, and {one.host} has none here that is allowed: {remedy}"
