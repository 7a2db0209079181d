"""Exchanges as OTLP: spans and metrics of `gateway.telemetry` in the messages of OpenTelemetry's schema. The only file that knows it.

Conventions: GenAI as of semantic conventions 1.41.0 (status: development), see `gateway.telemetry.spans`. Content capture does not exist:
what is encoded here comes from an `Exchange`, which can hold no text.
"""

from collections.abc import Iterable, Sequence

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    Histogram,
    HistogramDataPoint,
    Metric,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from gateway.telemetry.exporting import Ended
from gateway.telemetry.instruments import Row
from gateway.telemetry.places import Places
from gateway.telemetry.spans import Span, Value, spans

SCHEMA = "https://opentelemetry.io/schemas/1.41.0"
_KINDS = trace_pb2.Span.SpanKind
_ERROR = trace_pb2.Status(code=trace_pb2.Status.STATUS_CODE_ERROR)
_FLAGS = 0x100
"""It is known whether the parent is in another process (0x200: it is); the low byte has the sampled flag."""


class Otlp:
    """Encodes for one collector. `service` and `version` say who we are, `instance` which of our processes."""

    def __init__(self, service: str, version: str, instance: str) -> None:
        said = {"service.name": service, "service.version": version, "service.instance.id": instance}
        self._resource = Resource(attributes=_attributes(said.items()))
        self._scope = InstrumentationScope(name="tidegate", version=version)

    def traces(self, batch: Sequence[Ended], places: Places) -> bytes:
        """The body for `/v1/traces`."""
        message = ExportTraceServiceRequest()
        group = message.resource_spans.add(resource=self._resource, schema_url=SCHEMA).scope_spans.add(scope=self._scope)
        for exchange, ended in batch:
            trace_id = bytes.fromhex(exchange.trace_id)
            group.spans.extend([_span(span, trace_id) for span in spans(exchange, ended, places)])
        return bytes(message.SerializeToString())

    def metrics(self, rows: Iterable[Row], since: int, now: int) -> bytes:
        """The body for `/v1/metrics`: what was counted from `since` to `now`, in nanoseconds since 1970."""
        found: dict[str, Metric] = {}
        for row in rows:
            name = row.instrument.name
            if name not in found:
                found[name] = Metric(
                    name=name, unit=row.instrument.unit, histogram=Histogram(aggregation_temporality=AGGREGATION_TEMPORALITY_CUMULATIVE)
                )
            found[name].histogram.data_points.append(
                HistogramDataPoint(
                    attributes=_attributes(row.attributes),
                    start_time_unix_nano=since,
                    time_unix_nano=now,
                    count=sum(row.counts),
                    sum=row.sum,
                    bucket_counts=row.counts,
                    explicit_bounds=row.instrument.bounds,
                )
            )
        scoped = ScopeMetrics(scope=self._scope, metrics=list(found.values()))
        grouped = ResourceMetrics(resource=self._resource, scope_metrics=[scoped], schema_url=SCHEMA)
        return bytes(ExportMetricsServiceRequest(resource_metrics=[grouped]).SerializeToString())

    def rejected(self, answer: bytes) -> int:
        """How many spans a collector says that it has dropped, of a message that it took; 0 for what cannot be read."""
        try:
            return int(ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans)
        except Exception:  # noqa: BLE001  # whatever the library raises for bytes that are something else
            return 0


def _span(span: Span, trace_id: bytes) -> trace_pb2.Span:
    is_first = span.kind == "SERVER"
    return trace_pb2.Span(
        trace_id=trace_id,
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_id),
        flags=_FLAGS | 1 | (0x200 if is_first and span.parent_id else 0),
        name=span.name,
        kind=_KINDS.Value(f"SPAN_KIND_{span.kind}"),
        start_time_unix_nano=span.start,
        end_time_unix_nano=span.end,
        attributes=_attributes(span.attributes.items()),
        events=[trace_pb2.Span.Event(name=name, time_unix_nano=at) for name, at in span.events],
        status=_ERROR if span.is_error else None,
    )


def _attributes(said: Iterable[tuple[str, Value]]) -> list[KeyValue]:
    return [KeyValue(key=name, value=_value(value)) for name, value in said]


def _value(value: Value) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[AnyValue(string_value=one) for one in value]))
        case str():
            return AnyValue(string_value=value)
