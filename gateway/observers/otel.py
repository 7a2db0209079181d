"""Exchanges as OTLP: the spans and metrics of `gateway.telemetry`, in the wire format of OpenTelemetry's schema (opentelemetry-proto 1).

Conventions: GenAI as of semantic conventions 1.41.0 (status: development), see `gateway.telemetry.spans`. Content capture does not exist:
what is encoded here comes from an `Exchange`, which can hold no text. The numbers of fields are frozen in the schema, and a message has a
dozen of them, so they are written here: a quarter of the time that protobuf's objects take. Tests read it with the schema itself.
"""

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache

from gateway.telemetry.exporting import Ended
from gateway.telemetry.instruments import Row
from gateway.telemetry.places import Places
from gateway.telemetry.spans import Span, Value, spans

SCHEMA = b"https://opentelemetry.io/schemas/1.41.0"
KINDS = {"INTERNAL": b"\x30\x01", "SERVER": b"\x30\x02", "CLIENT": b"\x30\x03"}
"""Field 6 of a span."""
_ERROR = b"\x7a\x02\x18\x02"
"""Field 15 of a span: a status whose code (3) is 2."""
_CUMULATIVE = b"\x10\x02"
"""Field 2 of a histogram."""
_SAMPLED, _PARENT_KNOWN, _PARENT_ELSEWHERE = 0x1, 0x100, 0x200
_UNIQUE = "tidegate.request_id"
"""An attribute whose value does not come again."""
_WORD = (1 << 64) - 1
_LONGEST, _MOST_SPANS = 10, 1_000_000
"""Bytes of a number in a message at most, and spans that no message has: a collector that says more of either is not believed."""
_BYTES = [bytes((one,)) for one in range(0x80)]
_TAGS = [bytes((number << 3 | 2,)) for number in range(16)]
"""What a field of that number begins with, if it says how long it is."""


class Otlp:
    """Encodes for one collector. `service` and `version` say who we are, `instance` which of our processes."""

    def __init__(self, service: str, version: str, instance: str) -> None:
        said = {"service.name": service, "service.version": version, "service.instance.id": instance}
        self._resource = _field(1, b"".join(_field(1, _pair(name, value)) for name, value in said.items()))
        self._scope = _field(1, _field(1, b"tidegate") + _field(2, version.encode()))

    def traces(self, batch: Sequence[Ended], places: Places) -> bytes:
        """The body for `/v1/traces`."""
        found = []
        for exchange, ended in batch:
            trace_id = bytes.fromhex(exchange.trace_id)
            found += [_field(2, _span(span, trace_id)) for span in spans(exchange, ended, places)]
        return self._message(b"".join(found))

    def metrics(self, rows: Iterable[Row], since: int, now: int) -> bytes:
        """The body for `/v1/metrics`: what was counted from `since` to `now`, in nanoseconds since 1970."""
        points: dict[tuple[str, str], list[bytes]] = {}
        for row in rows:
            point = _field(1, _point(row, since, now))
            points.setdefault((row.instrument.name, row.instrument.unit), []).append(point)
        return self._message(
            b"".join(
                _field(2, _field(1, name.encode()) + _field(3, unit.encode()) + _field(9, b"".join(found) + _CUMULATIVE))
                for (name, unit), found in points.items()
            )
        )

    def _message(self, scoped: bytes) -> bytes:
        """One group of our resource with one group of our scope. Spans and metrics have the same fields for that."""
        return _field(1, self._resource + _field(2, self._scope + scoped) + _field(3, SCHEMA))

    def rejected(self, answer: bytes) -> int:
        """How many spans a collector says that it has dropped, of a message that it took; 0 for what cannot be read."""
        try:
            length, at = _read(answer, 1) if answer[0] == 0x0A else (0, 0)
            count = _read(answer, at + 1)[0] if length and answer[at] == 0x08 else 0
        except IndexError:
            return 0
        return count if count <= _MOST_SPANS else 0


def _span(span: Span, trace_id: bytes) -> bytes:
    parent, is_first = bytes.fromhex(span.parent_id), span.kind == "SERVER"
    flags = _SAMPLED | _PARENT_KNOWN | (_PARENT_ELSEWHERE if is_first and parent else 0)
    return b"".join(
        (
            b"\x0a\x10",
            trace_id,
            b"\x12\x08",
            bytes.fromhex(span.span_id),
            b"\x22\x08" + parent if parent else b"",
            _field(5, span.name.encode()),
            KINDS[span.kind],
            struct.pack("<BQBQ", 0x39, span.start, 0x41, span.end),
            *[
                _once(name, value) if type(value) is float or name == _UNIQUE else _again(name, value)
                for name, value in span.attributes.items()
            ],
            *[_field(11, struct.pack("<BQ", 0x09, at) + _field(2, name.encode())) for name, at in span.events],
            _ERROR if span.is_error else b"",
            struct.pack("<HI", 0x0185, flags),
        )
    )


def _point(row: Row, since: int, now: int) -> bytes:
    """One series of a histogram."""
    size, bounds = len(row.counts), row.instrument.bounds
    return b"".join(
        (
            struct.pack("<BQBQBQBd", 0x11, since, 0x19, now, 0x21, sum(row.counts), 0x29, row.sum),
            _field(6, struct.pack(f"<{size}Q", *row.counts)),
            _field(7, struct.pack(f"<{len(bounds)}d", *bounds)),
            *[_again(name, value) for name, value in row.attributes],
        )
    )


def _once(name: str, value: Value) -> bytes:
    """An attribute: field 9 of a span, and of a point."""
    return _field(9, _pair(name, value))


_again = lru_cache(8192, typed=True)(_once)
"""The same, kept: nearly all that is said is said again."""


def _pair(name: str, value: Value) -> bytes:
    return _key(name) + _field(2, _value(value))


@lru_cache(256)
def _key(name: str) -> bytes:
    return _field(1, name.encode())


def _value(value: Value) -> bytes:
    match value:
        case bool():
            return b"\x10\x01" if value else b"\x10\x00"
        case int():
            return b"\x18" + _varint(value & _WORD)
        case float():
            return struct.pack("<Bd", 0x21, value)
        case tuple():
            return _field(5, b"".join(_field(1, _value(one)) for one in value))
        case str():
            return _field(1, value.encode())


def _field(number: int, payload: bytes) -> bytes:
    """A field that says how long it is. `number` is at most 15."""
    size = len(payload)
    return (_TAGS[number] + _BYTES[size] if size < 0x80 else _TAGS[number] + _varint(size)) + payload


def _varint(number: int) -> bytes:
    if number < 0x80:
        return _BYTES[number]
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _read(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins there, and where the next field does. Raises `IndexError` where it does not end in time."""
    number, shift, data = 0, 0, data[: at + _LONGEST]
    while data[at] >= 0x80:
        number |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return number | data[at] << shift, at + 1
