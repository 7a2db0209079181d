"""An OpenTelemetry collector on a real socket: takes OTLP over HTTP and reads it with OpenTelemetry's own schema."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from gateway.config.addresses import LOCAL_NETWORKS
from gateway.plan import Plan
from gateway.telemetry.plan import OtelPlan
from tests.fakes.upstream import Script, Upstream, answer, upstream

TAKEN = answer(200, b"", kind="application/x-protobuf")


@dataclass(slots=True)
class Collected:
    """What came, decoded. `server` has the raw bytes."""

    server: Upstream

    @property
    def url(self) -> str:
        """The base of the addresses."""
        return f"http://127.0.0.1:{self.server.port}"

    def _of(self, path: bytes) -> list[bytes]:
        return [body for head, body in zip(self.server.heads, self.server.bodies, strict=True) if head.startswith(b"POST " + path)]

    @property
    def traces(self) -> list[ExportTraceServiceRequest]:
        """The messages for /v1/traces."""
        return [ExportTraceServiceRequest.FromString(body) for body in self._of(b"/v1/traces ")]

    @property
    def spans(self) -> list[Span]:
        """All spans."""
        return [span for one in self.traces for group in one.resource_spans for scope in group.scope_spans for span in scope.spans]

    @property
    def metrics(self) -> dict[str, list[HistogramDataPoint]]:
        """The last export of metrics: the points of each."""
        bodies = self._of(b"/v1/metrics ")
        if not bodies:
            return {}
        message = ExportMetricsServiceRequest.FromString(bodies[-1])
        scopes = [scope for group in message.resource_metrics for scope in group.scope_metrics]
        return {one.name: list(one.histogram.data_points) for scope in scopes for one in scope.metrics}

    def total(self, name: str, **labels: str) -> tuple[int, float]:
        """Count and sum of the points of a metric with these attributes; dots of their names are written as `__`."""
        wanted = {(key.replace("__", "."), value) for key, value in labels.items()}
        points = [one for one in self.metrics.get(name, []) if wanted <= set(said(one.attributes).items())]
        return sum(one.count for one in points), sum(one.sum for one in points)


def said(attributes: Any) -> dict[str, Any]:
    """Attributes as a dictionary."""
    pairs: list[KeyValue] = list(attributes)
    assert len({one.key for one in pairs}) == len(pairs), "an attribute stands twice"
    return {one.key: _value(one.value) for one in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return tuple(map(_value, value.array_value.values)) if kind == "array_value" else getattr(value, str(kind))


@asynccontextmanager
async def collector(*scripts: Script) -> AsyncIterator[Collected]:
    """Run one on a free port."""
    async with upstream(*(scripts or (TAKEN,))) as server:
        yield Collected(server)


def telling(plan: Plan, url: str, **more: Any) -> Plan:
    """The plan, with a collector."""
    return replace(plan, observing=replace(plan.observing, otel=OtelPlan(url, networks=LOCAL_NETWORKS, **more)))
