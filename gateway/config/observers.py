"""The part of the configuration that says who is told about requests."""

from typing import Literal

from pydantic import Field

from gateway.config.destinations import Name, SecretRef, Strict


class Otel(Strict):
    """An OpenTelemetry collector that gets traces and metrics of requests, by OTLP over HTTP. Never any text of them."""

    endpoint: str = Field(description="Base of the collector's addresses: http://127.0.0.1:4318, without /v1/traces.")
    zone: Literal["local", "external"] = Field(
        default="local",
        description="local: inside your own network, and held there. external: elsewhere, by https; it learns who asked what model when.",
    )
    headers: dict[str, SecretRef] = Field(default={}, description="Headers for every export, for example authorization: {env: OTLP_KEY}.")
    sample: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Part of the new traces that is exported. Where a caller sends a `traceparent`, its flag decides.",
    )
    propagate: Literal["none", "local", "external"] = Field(
        default="local",
        description="Who is told the trace of a request: nobody, local engines, or external destinations too. "
        "Callers choose the ids of their traces, and may say something by them.",
    )
    metrics: bool = Field(default=True, description="Export gen_ai.* metrics too, once a minute.")
    service: Name = Field(default="tidegate", description="What the gateway is called there (service.name).")


class Observers(Strict):
    """Which sinks get the record of each request."""

    log: bool = Field(default=True, description="One line per request, without any text of it.")
    prometheus: bool = Field(default=True, description="Metrics on the admin port.")
    otel: Otel | None = Field(default=None, description="An OpenTelemetry collector. Absent: none is told.")
