"""The OpenTelemetry collector: where it is, which is held to a zone like a destination's, and what it is told."""

from gateway.config.addresses import LOCAL_NETWORKS, external_objection, local_objection
from gateway.config.compile_headers import fixed_headers
from gateway.config.models import Settings
from gateway.config.observers import Otel
from gateway.config.secrets import Secrets
from gateway.telemetry.plan import OtelPlan
from gateway.upstreams.origin import Network, Origin

_WHERE = ("observers", "otel")


def otel(settings: Settings, secrets: Secrets) -> OtelPlan | None:
    """The plan of the collector; None when there is none, or no address that it may have."""
    asked = settings.observers.otel
    if asked is None:
        return None
    networks = LOCAL_NETWORKS if asked.zone == "local" else ()
    objection = _objection(asked, networks)
    if objection:
        secrets.report.add((*_WHERE, "endpoint"), objection)
    headers = tuple(fixed_headers(asked.headers, (*_WHERE, "headers"), secrets))
    if objection:
        return None
    return OtelPlan(asked.endpoint.rstrip("/"), headers, networks, asked.sample, asked.propagate, asked.metrics, asked.service)


def _objection(asked: Otel, networks: tuple[Network, ...]) -> str:
    try:
        origin = Origin.parse(asked.endpoint, networks)
    except ValueError as error:
        return str(error)
    if origin.base_path.endswith(("/v1/traces", "/v1/metrics")):
        return "leave out /v1/traces and /v1/metrics: the gateway adds them"
    if asked.zone == "external":
        return external_objection(origin)
    said = local_objection(origin, has_networks=False)
    return said and "a collector outside of the local networks must be said to be `zone: external`, and be reached by https"
