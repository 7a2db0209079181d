"""Exchanges as an exporter gets them."""

from typing import Any

import msgspec

from gateway.exchange import AttemptRecord, Exchange, Times
from gateway.telemetry.places import Place, Places
from router.attempt import Usage
from router.labels import Labels
from router.names import MicroUsd, RouteName, TargetName

QWEN, GPT = TargetName("qwen"), TargetName("gpt")
PLACES: Places = {
    QWEN: Place("openai_compatible", "qwen3-8b", (("10.0.0.1", 8000), ("10.0.0.2", 8000))),
    GPT: Place("openai", "gpt-5", (("api.openai.com", 443),)),
}
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
ATTEMPT = AttemptRecord(QWEN, 0, "Served", status=200, total_s=0.4, began_s=0.1, first_byte_s=0.2)
EXCHANGE = Exchange(
    "req_1",
    "chat",
    "served",
    200,
    is_stream=True,
    label=Labels()["personal"],
    route=RouteName("easy"),
    path="local",
    target=QWEN,
    difficulty=0.25,
    attempts=(ATTEMPT,),
    usage=Usage(7, 3, cached=2, reasoning=1),
    finish="stop",
    cost=MicroUsd(5_000),
    times=Times(total_s=0.5, first_byte_s=0.3, classify_s=0.05, decide_s=0.00001),
    trace_id=TRACE,
    span_id=SPAN,
    parent_span_id="00f067aa0ba902b7",
    is_sampled=True,
)


def exchange(**more: Any) -> Exchange:
    """One, with other members."""
    return msgspec.structs.replace(EXCHANGE, **more)


def attempt(**more: Any) -> AttemptRecord:
    """One attempt, with other members."""
    return msgspec.structs.replace(ATTEMPT, **more)
