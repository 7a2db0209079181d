"""From the record of a request to its rows."""

from collections.abc import Iterator, Mapping

from gateway.exchange import AttemptRecord, Exchange
from gateway.usage.store import Plain
from router.names import TargetName

_ANSWERS = ("Served", "Broken", "Abandoned")
"""Endings of attempts whose answer, or part of it, the caller got: of one that was continued there are two."""


def count(exchange: Exchange) -> int:
    """How many rows it makes."""
    attempts = exchange.attempts
    return 1 + len(attempts) if has_calls(attempts) else 1


def has_calls(attempts: tuple[AttemptRecord, ...]) -> bool:
    """Whether its attempts have rows of their own: they say nothing new of one attempt that served."""
    return len(attempts) > 1 or (len(attempts) == 1 and attempts[0].ending != "Served")


def used(at: float, exchange: Exchange, models: Mapping[TargetName, str], unknown: float | None) -> Plain:
    """The row of a request that ended `at` that Unix time, as `gateway.usage.rows.Used` has its members."""
    times, usage, attempts = exchange.times, exchange.usage, exchange.attempts
    label, target, first_byte, difficulty = exchange.label, exchange.target, times.first_byte_s, exchange.difficulty
    prompt: float | None
    completion: float | None
    cached: float | None
    cache_write: float | None
    reasoning: float | None
    cost: float | None
    beside: float | None
    if usage is None:
        prompt = completion = cached = cache_write = reasoning = unknown
    else:
        prompt, completion, cached = usage.prompt, usage.completion, usage.cached
        cache_write, reasoning = usage.cache_write, usage.reasoning
    if exchange.cost is None:
        beside = cost = unknown
    else:
        cost, beside = exchange.cost, 0 if len(attempts) == 1 and attempts[0].ending == "Served" else _beside(exchange.cost, exchange)
    return (
        at,
        exchange.request_id,
        exchange.endpoint or "",
        exchange.tenant,
        exchange.key,
        "" if label is None else label.name,
        exchange.route or "",
        exchange.path,
        target or "",
        models.get(target, "") if target else "",
        exchange.result,
        exchange.status,
        exchange.code,
        1 if exchange.is_stream else 0,
        prompt,
        completion,
        cached,
        cache_write,
        reasoning,
        1 if exchange.is_estimate else 0,
        cost,
        beside,
        attempts[0].gpu_s if len(attempts) == 1 else sum([one.gpu_s for one in attempts], 0.0),
        times.total_s,
        unknown if first_byte is None else first_byte,
        times.decode_s + times.classify_s + times.slow_s + times.decide_s + times.redact_s,
        times.queue_s,
        unknown if difficulty is None else difficulty,
        len(attempts),
        exchange.first or target or "",
        exchange.cascade,
        exchange.hedge,
        exchange.redaction,
    )


def _beside(cost: int, exchange: Exchange) -> int:
    """What was spent on attempts whose answer the caller did not get, as far as it is known."""
    got = (*_ANSWERS, "Rejected") if exchange.cascade == "kept" else _ANSWERS
    return min(cost, sum([one.cost or 0 for one in exchange.attempts if one.ending not in got]))


def called(at: float, exchange: Exchange, unknown: float | None) -> Iterator[Plain]:
    """The rows of its attempts, as `gateway.usage.rows.Called` has their members."""
    for one in exchange.attempts:
        usage, cost = one.usage, one.cost
        yield (
            at,
            exchange.request_id,
            one.number,
            one.target,
            one.replica,
            one.ending,
            one.failure,
            1 if one.is_hedge else 0,
            unknown if usage is None else usage.prompt,
            unknown if usage is None else usage.completion,
            unknown if cost is None else cost,
            one.gpu_s,
            one.total_s,
        )
