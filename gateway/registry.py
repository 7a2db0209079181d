"""Where this process may connect to, and nothing else: the destinations of the configuration, and what the gateway itself needs.

One list for the backstop, for the network policies that are exported, and for the proof. Listening is no connecting.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from gateway.plan import Plan, UpstreamPlan
from gateway.telemetry.plan import OtelPlan
from gateway.upstreams.origin import Network, Origin
from gateway.usage.address import POSTGRES, address
from gateway.usage.plan import UsagePlan
from router.decision import Target

Purpose = Literal["destination", "account", "state", "usage", "telemetry"]
"""Request content goes to destinations. `account` is where a vendor's library gets credentials; `state` is Redis, `usage` PostgreSQL,
`telemetry` a collector of traces and metrics."""

_METADATA = "169.254.169.254:80"
_GOOGLE = ("oauth2.googleapis.com", "sts.googleapis.com", "iamcredentials.googleapis.com", "metadata.google.internal:80", _METADATA)
_AMAZON = (_METADATA, "169.254.170.2:80", "169.254.170.23:80")
_VENDORS = {
    "anthropic": ("api.anthropic.com",),
    "gemini": ("generativelanguage.googleapis.com",),
    "cohere": ("api.cohere.com", "api.cohere.ai"),
    "cohere_chat": ("api.cohere.com", "api.cohere.ai"),
    "replicate": ("api.replicate.com",),
}
_REDIS_PORT = 6379


@dataclass(frozen=True, slots=True)
class Exit:
    """One place: a host name or address and a port; `host` beginning with a slash is a socket of this machine.

    `networks` are those that the host's addresses must lie in; empty: any. `is_external` says that it is outside the own network.
    """

    name: str
    purpose: Purpose
    host: str
    port: int
    networks: tuple[Network, ...] = ()
    is_external: bool = False

    @property
    def is_address(self) -> bool:
        """Whether the host is an address and no name."""
        try:
            ip_address(self.host.partition("%")[0])
        except ValueError:
            return False
        return True

    def allows(self, address: str) -> bool:
        """Whether an address that the host resolved to may be connected to."""
        return Origin("http", self.host, self.port, networks=self.networks).allows(address.partition("%")[0])


def exits(plan: Plan) -> tuple[Exit, ...]:
    """Every place of a plan, each once."""
    found = [one for upstream in plan.upstreams.values() for one in _of(upstream, plan.policy.targets[upstream.target])]
    found += [one for remote in plan.services for one in _of(remote.upstream, remote.target)]
    beside = [*_state(plan.state_url), *_state(plan.redacting.vault_url), *_usage(plan.usage), *_telemetry(plan.observing.otel)]
    return tuple(dict.fromkeys([*found, *beside]))


def destinations(upstream: UpstreamPlan, target: Target) -> tuple[Exit, ...]:
    """The places of one target."""
    return tuple(_of(upstream, target))


def _of(upstream: UpstreamPlan, target: Target) -> Iterator[Exit]:
    is_external = target.zone == "external"
    for url in upstream.urls:
        origin = Origin.parse(url, upstream.networks)
        yield Exit(upstream.target, "destination", origin.host, origin.port, upstream.networks, is_external)
    if upstream.kind == "litellm":
        vendor = target.model.partition("/")[0]
        if not upstream.urls:
            for host in _hosts(vendor, upstream):
                yield Exit(upstream.target, "destination", host, 443, (), is_external)
        for place in _accounts(vendor, upstream):
            host, _, port = place.partition(":")
            yield Exit(upstream.target, "account", host, int(port or 443), (), is_external)


def _hosts(vendor: str, upstream: UpstreamPlan) -> tuple[str, ...]:
    """Where a vendor's API lives, for the regions that the options name. `gateway.upstreams.closed_door` holds it to the same."""
    options = upstream.options
    if vendor.startswith("bedrock"):
        return (f"bedrock-runtime.{options.get('aws_region_name', 'us-west-2')}.amazonaws.com",)
    if vendor == "vertex_ai":
        place = options.get("vertex_location", "us-central1")
        return ("aiplatform.googleapis.com", f"{place}-aiplatform.googleapis.com", f"aiplatform.{place}.rep.googleapis.com")
    return _VENDORS.get(vendor, ())


def _accounts(vendor: str, upstream: UpstreamPlan) -> tuple[str, ...]:
    """Where a vendor's library gets credentials from. No request content goes there."""
    if vendor == "vertex_ai":
        return _GOOGLE
    if vendor.startswith("bedrock"):
        return (*_AMAZON, "sts.amazonaws.com", f"sts.{upstream.options.get('aws_region_name', 'us-west-2')}.amazonaws.com")
    return ()


def _state(url: str) -> Iterator[Exit]:
    if url.startswith("unix://"):
        yield Exit("redis", "state", urlsplit(url).path, 0)
    elif url:
        parts = urlsplit(url)
        yield Exit("redis", "state", parts.hostname or "localhost", parts.port or _REDIS_PORT)


def _usage(usage: UsagePlan | None) -> Iterator[Exit]:
    if usage is not None and usage.url.startswith(POSTGRES):
        host, port = address(usage.url)
        is_socket = host.startswith("/")
        yield Exit("postgres", "usage", f"{host.rstrip('/')}/.s.PGSQL.{port}" if is_socket else host, 0 if is_socket else port)


def _telemetry(plan: OtelPlan | None) -> Iterator[Exit]:
    if plan is not None:
        origin = Origin.parse(plan.url, plan.networks)
        yield Exit("otel", "telemetry", origin.host, origin.port, plan.networks, not plan.networks)
