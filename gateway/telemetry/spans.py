"""From an exchange to its spans, in the words of the GenAI conventions: one of the request, of its stages, and of every attempt.

The names are those of the semantic conventions 1.41, the last release with those for GenAI (status: development) before they moved to a
repository of their own. Whatever is said here stands in the configuration, is of a closed set, or is a number.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gateway.exchange import AttemptRecord, Exchange
from gateway.http.paths import HOT
from gateway.telemetry.places import NO_CALL, NOWHERE, OPERATIONS, Place, Places
from gateway.tracing import CHECKS, STAGES, below
from router.attempt import Usage
from router.names import Endpoint

Value = str | bool | int | float | tuple[str, ...]
ROUTES: Mapping[Endpoint | None, str] = {endpoint: path for path, endpoint in HOT.items()}
VISIBLE_S = 0.0001
"""A stage that took less has no span of its own: there would be more spans than anybody can look at."""
FAILED = frozenset({"Failed", "Broken", "Refused"})
"""Endings of attempts that are errors. Who was left, outrun or found not good enough did not fail."""
_NANO = 1_000_000_000


class Span(NamedTuple):
    """One span. Times are in nanoseconds since 1970, ids in hexadecimal digits; `events` are names and times."""

    name: str
    kind: str
    span_id: str
    parent_id: str
    start: int
    end: int
    attributes: dict[str, Value]
    events: tuple[tuple[str, int], ...] = ()
    is_error: bool = False


def spans(exchange: Exchange, ended: int, places: Places) -> Iterator[Span]:
    """The spans of an exchange that ended at that time: the request's first, then those below it, each within it."""
    start = ended - int(exchange.times.total_s * _NANO)
    yield _request(exchange, start, ended, places)
    yield from _stages(exchange, start, ended)
    operation, checks = OPERATIONS[exchange.endpoint], 0
    for attempt, usage in calls(exchange):
        number, checks = (CHECKS + checks, checks + 1) if attempt.ending == "Checked" else (attempt.number, checks)
        place = places.get(attempt.target, NOWHERE)
        span = _attempt(attempt, place, operation, below(exchange.span_id, number), exchange.span_id)
        begin = min(start + int(attempt.began_s * _NANO), ended)
        end = min(begin + int(attempt.total_s * _NANO), ended)
        first = () if attempt.first_byte_s is None else (("first_token", min(begin + int(attempt.first_byte_s * _NANO), end)),)
        yield span._replace(start=begin, end=end, events=first, attributes={**span.attributes, **_tokens(usage)})


def calls(exchange: Exchange) -> Iterator[tuple[AttemptRecord, Usage | None]]:
    """The attempts, each with what it used. Where there is neither cascade nor hedge, that of the request is the last one's."""
    own = bool(exchange.cascade or exchange.hedge)
    last = len(exchange.attempts) - 1
    for index, attempt in enumerate(exchange.attempts):
        yield attempt, attempt.usage if own else exchange.usage if index == last and exchange.target == attempt.target else None


def error_of(exchange: Exchange) -> str:
    """`error.type` of a request: our error code, or how it broke. Empty for one that was served."""
    if exchange.code or exchange.result == "served":
        return exchange.code
    return (exchange.attempts[-1].failure if exchange.attempts else "") or exchange.result


def _request(exchange: Exchange, start: int, ended: int, places: Places) -> Span:
    operation, place, times = OPERATIONS[exchange.endpoint], places.get(exchange.target, NOWHERE), exchange.times
    error = error_of(exchange)
    said: dict[str, Value | None] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": place.provider,
        "gen_ai.request.model": place.model,
        "gen_ai.response.finish_reasons": (exchange.finish,) if exchange.finish else None,
        "error.type": error,
        "http.request.method": "POST",
        "http.route": ROUTES.get(exchange.endpoint),
        "http.response.status_code": exchange.status,
        "tidegate.request_id": exchange.request_id,
        "tidegate.result": exchange.result,
        "tidegate.preference": exchange.preference,
        "tidegate.path": exchange.path,
        "tidegate.target": exchange.target,
        "tidegate.tenant": exchange.tenant,
        "tidegate.label": None if exchange.label is None else exchange.label.name,
        "tidegate.route": exchange.route,
        "tidegate.rerouted": exchange.rerouted,
        "tidegate.redaction": exchange.redaction,
        "tidegate.cascade": exchange.cascade,
        "tidegate.hedge": exchange.hedge,
        "tidegate.attempts": len(exchange.attempts),
        "tidegate.stream": exchange.is_stream,
        "tidegate.cost_usd": None if exchange.cost is None else exchange.cost / 1e6,
        "tidegate.difficulty": exchange.difficulty,
    }
    attributes = {name: value for name, value in said.items() if value is not None and value != ""} | _tokens(exchange.usage)
    commit = () if times.first_byte_s is None else (("commit", min(start + int(times.first_byte_s * _NANO), ended)),)
    name = f"{operation} {exchange.target}" if exchange.target else operation
    is_error = exchange.result in ("failed", "broken")
    return Span(name, "SERVER", exchange.span_id, exchange.parent_span_id, start, ended, attributes, commit, is_error)


def _attempt(attempt: AttemptRecord, place: Place, operation: str, span_id: str, parent_id: str) -> Span:
    """One attempt, without its times. One that was not made, for want of room or of leave, is no call of a client."""
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": place.provider,
        "gen_ai.request.model": place.model,
        "tidegate.target": attempt.target,
        "tidegate.replica": attempt.replica,
        "tidegate.attempt": attempt.number,
        "tidegate.ending": attempt.ending,
        "tidegate.sent_bytes": attempt.sent_bytes,
    }
    if attempt.replica < len(place.addresses):
        attributes["server.address"], attributes["server.port"] = place.addresses[attempt.replica]
    if attempt.failure:
        attributes["error.type"] = attempt.failure
    if attempt.status:
        attributes["http.response.status_code"] = attempt.status
    if attempt.rejection:
        attributes["tidegate.rejection"] = attempt.rejection
    if attempt.is_hedge:
        attributes["tidegate.is_hedge"] = True
    if attempt.cost is not None:
        attributes["tidegate.cost_usd"] = attempt.cost / 1e6
    kind = "INTERNAL" if attempt.failure in NO_CALL else "CLIENT"
    name = f"{operation} {place.model}" if place.model else operation
    return Span(name, kind, span_id, parent_id, 0, 0, attributes, is_error=attempt.ending in FAILED)


def _tokens(usage: Usage | None) -> dict[str, Value]:
    if usage is None:
        return {}
    told: dict[str, Value] = {"gen_ai.usage.input_tokens": usage.prompt, "gen_ai.usage.output_tokens": usage.completion}
    if usage.cached:
        told["gen_ai.usage.cache_read.input_tokens"] = usage.cached
    if usage.cache_write:
        told["gen_ai.usage.cache_creation.input_tokens"] = usage.cache_write
    if usage.reasoning:
        told["gen_ai.usage.reasoning.output_tokens"] = usage.reasoning
    return told


def _stages(exchange: Exchange, start: int, ended: int) -> Iterator[Span]:
    """The stages before the first attempt one after the other, as they were, and the waits for room.

    Durations are exact. What was decided again after slow detectors or redaction stands with the first decision.
    """
    times, at_s, number = exchange.times, 0.0, STAGES
    stages: list[tuple[str, float, float]] = []
    one_by_one = (
        ("receive", times.receive_s),
        ("decode", times.decode_s),
        ("classify", times.classify_s),
        ("decide", times.decide_s),
        ("classify slowly", times.slow_s),
        ("redact", times.redact_s),
    )
    for name, took_s in one_by_one:
        stages.append((name, at_s, took_s))
        at_s += took_s
    stages += [("queue", one.began_s - one.queue_s, one.queue_s) for one in exchange.attempts if one.line]
    for name, begin_s, took_s in stages:
        if took_s >= VISIBLE_S:
            begin = min(start + int(max(begin_s, 0.0) * _NANO), ended)
            end = min(begin + int(took_s * _NANO), ended)
            number += 1
            yield Span(f"tidegate {name}", "INTERNAL", below(exchange.span_id, number), exchange.span_id, begin, end, {})
