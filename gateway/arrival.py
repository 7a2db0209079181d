"""`Arrival`: one request's stopwatch and caller, from its headers on; and the exchange of one that was not even understood."""

import time
from collections.abc import Callable

import msgspec

from gateway.exchange import NO_S, AttemptRecord, Exchange, Times
from gateway.http.keys import ANONYMOUS
from gateway.plan import CallerKey
from gateway.tracing import NO_TRACE, Trace
from gateway.upstreams.upstream import Downstream
from router.labels import Label
from router.names import Endpoint


class Arrival(msgspec.Struct, eq=False, gc=False):
    """One request's stopwatch, from the moment its headers were read. Seconds on the monotonic clock."""

    request_id: str
    endpoint: Endpoint
    started: float
    caller: CallerKey = ANONYMOUS
    body_bytes: int = 0
    receive_s: float = NO_S
    decode_s: float = NO_S
    classify_s: float = NO_S
    slow_s: float = NO_S
    decide_s: float = NO_S
    redact_s: float = NO_S
    queue_s: float = NO_S
    trace: Trace = NO_TRACE
    keeper: Callable[[Downstream, Label], Downstream] | None = None
    """Who keeps the answer on its way to the caller; None: nobody."""
    betas: bytes = b""
    """The line by which a caller of Anthropic's API asks for what is not settled there yet."""

    def times(self, first_byte: float | None, attempts: tuple[AttemptRecord, ...] = ()) -> Times:
        """All times so far."""
        started = self.started
        return Times(
            time.monotonic() - started,
            None if first_byte is None else first_byte - started,
            self.receive_s,
            self.decode_s,
            self.classify_s,
            self.slow_s,
            self.decide_s,
            attempts[0].total_s if len(attempts) == 1 else sum([attempt.total_s for attempt in attempts]),
            self.redact_s,
            self.queue_s,
        )


def invalid(arrival: Arrival, status: int, code: str) -> Exchange:
    """The exchange of a request that was not understood, or not allowed in, or met a defect on its way here."""
    trace = arrival.trace
    return Exchange(
        request_id=arrival.request_id,
        endpoint=arrival.endpoint,
        result="abandoned" if status == 499 else "invalid" if status < 500 else "failed",
        status=status,
        code=code,
        tenant=arrival.caller.tenant,
        key=arrival.caller.name,
        body_bytes=arrival.body_bytes,
        times=arrival.times(None),
        trace_id=trace.trace_id,
        span_id=trace.span_id,
        parent_span_id=trace.parent_span_id,
        is_sampled=trace.is_sampled,
    )
