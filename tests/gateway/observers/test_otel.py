import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from gateway.observers.otel import SCHEMA, Otlp
from gateway.telemetry.instruments import Instruments
from tests.fakes.collector import said
from tests.fakes.told import EXCHANGE, PLACES, SPAN, TRACE, exchange

OTLP = Otlp("gate", "1.2", "here")
WHO = {"service.name": "gate", "service.version": "1.2", "service.instance.id": "here"}


def test_a_batch_is_one_message_in_the_schema() -> None:
    message = ExportTraceServiceRequest.FromString(OTLP.traces([(EXCHANGE, 10**18), (exchange(result="failed"), 10**18)], PLACES))
    [group] = message.resource_spans
    [scope] = group.scope_spans
    assert (said(group.resource.attributes), group.schema_url, scope.scope.name) == (WHO, SCHEMA.decode(), "tidegate")
    roots = [span for span in scope.spans if span.kind == Span.SPAN_KIND_SERVER]
    assert [span.status.code for span in roots] == [Status.STATUS_CODE_UNSET, Status.STATUS_CODE_ERROR]
    assert {span.trace_id.hex() for span in scope.spans} == {TRACE}
    assert (roots[0].span_id.hex(), roots[0].parent_span_id.hex(), roots[0].flags) == (SPAN, "00f067aa0ba902b7", 0x301)
    assert {span.flags for span in scope.spans if span not in roots} == {0x101}, "their parent is here"
    assert said(roots[0].attributes)["gen_ai.response.finish_reasons"] == ("stop",)
    assert said(roots[0].attributes)["tidegate.stream"] is True
    assert said(roots[0].attributes)["tidegate.difficulty"] == 0.25
    assert [(event.name, event.time_unix_nano) for event in roots[0].events] == [("commit", 10**18 - 200_000_000)]
    [first] = ExportTraceServiceRequest.FromString(OTLP.traces([(exchange(parent_span_id="", attempts=()), 10**18)], {})).resource_spans
    assert (first.scope_spans[0].spans[0].parent_span_id, first.scope_spans[0].spans[0].flags) == (b"", 0x101)


def test_metrics_are_cumulative_histograms() -> None:
    made = Instruments(PLACES)
    made.add(EXCHANGE)
    made.add(EXCHANGE)
    message = ExportMetricsServiceRequest.FromString(OTLP.metrics(made.rows(), 5, 9))
    [group] = message.resource_metrics
    assert said(group.resource.attributes) == WHO
    [scope] = group.scope_metrics
    names = [metric.name for metric in scope.metrics]
    assert len(set(names)) == len(names) == 5
    for metric in scope.metrics:
        assert metric.histogram.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
        for point in metric.histogram.data_points:
            assert (point.start_time_unix_nano, point.time_unix_nano, point.count, sum(point.bucket_counts)) == (5, 9, 2, 2)
    tokens = scope.metrics[names.index("gen_ai.client.token.usage")]
    assert tokens.unit == "{token}"
    assert [(said(point.attributes)["gen_ai.token.type"], point.sum) for point in tokens.histogram.data_points] == [
        ("input", 14.0),
        ("output", 6.0),
    ]


def test_what_a_collector_says_it_dropped() -> None:
    partly = ExportTraceServiceResponse(partial_success=ExportTracePartialSuccess(rejected_spans=3)).SerializeToString()
    assert (OTLP.rejected(partly), OTLP.rejected(b""), OTLP.rejected(b"\xff\xff no such message")) == (3, 0, 0)


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(b"\xff" * 60_000 + b"\x01", id="a number of sixty kilobytes"),
        pytest.param(b"\xff" * 9 + b"\x01", id="less than nothing"),
        pytest.param(b"\xff" * 8 + b"\x7f", id="more spans than any message has"),
    ],
)
def test_a_count_that_no_message_has_is_not_believed(count: bytes) -> None:
    size = len(count) + 1
    answer = b"\x0a" + (_varint(size) + b"\x08" + count)
    assert OTLP.rejected(answer) == 0


def _varint(number: int) -> bytes:
    return bytes((number,)) if number < 0x80 else bytes((number & 0x7F | 0x80,)) + _varint(number >> 7)
