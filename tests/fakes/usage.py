"""Rows of the usage store."""

from typing import Any

from gateway.usage.rows import Called, Leased, Rated, Used

_USED = Used(
    at=1_000.0,
    request_id="req_1",
    endpoint="chat",
    tenant="acme",
    key="acme-key",
    label="public",
    route="easy",
    path="local",
    target="qwen",
    model="Qwen/Qwen3-8B",
    result="served",
    status=200,
    code="",
    is_stream=False,
    prompt=100,
    completion=20,
    cached=0,
    cache_write=0,
    reasoning=0,
    is_estimate=False,
    cost=45,
    beside=0,
    gpu_s=0.25,
    total_s=0.5,
    first_byte_s=0.125,
    own_s=0.001,
    queue_s=0.0,
    difficulty=0.25,
    attempts=1,
    first="qwen",
    cascade="",
    hedge="",
    redaction="",
)
_CALLED = Called(1_000.0, "req_1", 1, "qwen", 0, "Failed", "TIMEOUT", False, None, None, None, 0.0, 0.5)
_LEASED = Leased(1_000.0, "qwen", 0, 1, 60.0, 20.0, 40_000, 15_000, 25_000, 2_000)
_RATED = Rated(1_000.0, "req_1", "local", "qwen", "up", 0.75)


def used(**members: Any) -> Used:
    """A request."""
    return _USED._replace(**members)


def called(**members: Any) -> Called:
    """An attempt."""
    return _CALLED._replace(**members)


def leased(**members: Any) -> Leased:
    """A minute of a replica."""
    return _LEASED._replace(**members)


def rated(**members: Any) -> Rated:
    """A rating."""
    return _RATED._replace(**members)
