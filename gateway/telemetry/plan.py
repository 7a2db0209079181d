"""`OtelPlan`: the part of a plan that says what an OpenTelemetry collector is told, and where it is."""

from dataclasses import dataclass
from typing import Literal

from gateway.secret import Secret
from gateway.upstreams.origin import Network


@dataclass(frozen=True, slots=True)
class OtelPlan:
    """The OpenTelemetry collector that gets traces and metrics, by OTLP over HTTP; `url` is its base, as `http://127.0.0.1:4318`.

    `networks` are those that its address must lie in, none: it is outside. `sample` is the share of new traces that are exported, 0 to 1.
    `propagate` says whom traces are told: nobody, local engines, or external destinations too. `service` is what we are called there.
    """

    url: str
    headers: tuple[tuple[str, Secret], ...] = ()
    networks: tuple[Network, ...] = ()
    sample: float = 1.0
    propagate: Literal["none", "local", "external"] = "local"
    metrics: bool = True
    service: str = "tidegate"
