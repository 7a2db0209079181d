"""The fault matrix, after the first content: what breaks a stream that the caller has begun to read, and how the caller is told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from router.failures import FAILURES, Kind
from tests.fakes.client import Reply, ask
from tests.fakes.gateway import Gateway, configuration, gateway, total
from tests.fakes.patience import paced
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Close, Reset, Sleep
from tests.fakes.upstream import DONE, HEAD, Script, Upstream, chunk, delta, event, stream
from tests.journeys.faults.faults import CLOCK_S, OPENING, PROMPT, clocks
from tests.journeys.faults.playing import SOON_S, Change

Place = Literal["first", "last", "sensitive"]
PLACES: Sequence[Place] = ("first", "last", "sensitive")
HELLO = delta("Hello")
FINISH = delta(finish="stop")
_BEGUN = (HEAD, chunk(OPENING), chunk(HELLO))


@dataclass(frozen=True, slots=True)
class Break:
    """A row. `theirs` is the error event of the target's own, None for none; `after` what is relayed beyond the words."""

    say: str
    kind: Kind
    does: Script
    theirs: Mapping[str, Any] | None = None
    after: bytes = b""
    choices: int = 1
    lasts_s: float = 0.0
    clocks: Mapping[str, float] = field(default_factory=clocks)
    edits: Mapping[str, Any] = field(default_factory=dict)

    def at(self, pace: float) -> "Break":
        """The same with clocks that run out so many times later."""
        short = {name: seconds * pace for name, seconds in self.clocks.items() if seconds < 60}
        return replace(self, clocks={**self.clocks, **short}, lasts_s=self.lasts_s * pace)


def _told(say: str, kind: Kind, *after: bytes, **error: Any) -> Break:
    theirs = {"message": "engine died", "type": "t", "param": None, "code": None, **error}
    return Break(say, kind, stream(OPENING, HELLO, event({"error": theirs}), *after), theirs)


BREAKS: Sequence[Break] = (
    Break("reset", "CUT", (*_BEGUN, Reset())),
    Break("closed without the last chunk", "CUT", (*_BEGUN, Close())),
    Break("ended well without a finish reason", "CUT", stream(OPENING, HELLO)),
    Break("ended in the midst of an event", "CUT", stream(OPENING, HELLO, HELLO[:-9])),
    Break("only one of two choices finished", "CUT", stream(OPENING, HELLO, FINISH), after=FINISH, choices=2),
    Break("silent", "STALLED", (*_BEGUN, Sleep(120)), lasts_s=CLOCK_S, clocks=clocks(between_chunks_s=CLOCK_S)),
    Break(
        "word after word for longer than the total clock",
        "STALLED",
        (*_BEGUN, *(Sleep(0.05), chunk(HELLO)) * 40),
        lasts_s=3 * CLOCK_S,
        clocks=clocks(total_s=3 * CLOCK_S),
    ),
    Break("framed wrongly", "BAD_ANSWER", (*_BEGUN, b"zz\r\n")),
    Break(
        "an event that is too large",
        "BAD_ANSWER",
        (*_BEGUN, Sleep(0.1), chunk(b"data: " + b"x" * 9_000), Sleep(120)),
        edits={"limits.event_bytes": 5_000},
    ),
    _told("an error event", "SERVER_FAULT", code=500),
    _told("an error event and then [DONE]", "SERVER_FAULT", DONE, code=500),
    _told("an error event and then more words", "SERVER_FAULT", HELLO, code=500),
    _told("an event of overload", "OVERLOADED", type="overloaded_error"),
    _told("an event of a rate limit", "OVERLOADED", code="rate_limit_exceeded"),
    _told("an event about the context", "TOO_LONG", code="context_length_exceeded"),
    _told("an event of the filter", "FILTERED", code="content_filter"),
    _told("an event about the key", "OUR_KEY", code=401),
)
BY_NAME: Mapping[str, Break] = {row.say: row for row in BREAKS}


async def play(row: Break, place: Place, local: Upstream, cloud: Upstream, change: Change | None = None) -> None:
    """Play a row at a place of the chain, and look at all that comes of it."""

    async def scene(pace: float) -> None:
        await _play(row.at(pace), place, local, cloud, change)

    await (paced(scene) if row.lasts_s else scene(1.0))


async def _play(row: Break, place: Place, local: Upstream, cloud: Upstream, change: Change | None) -> None:
    name, at, other = ("gpt", cloud, local) if place == "last" else ("qwen", local, cloud)
    at.then(row.does)
    edits: dict[str, Any] = {f"destinations.{name}.clocks": dict(row.clocks), **row.edits}
    body = ask(Canary().say if place == "sensitive" else PROMPT, "gpt" if place == "last" else "auto", stream=True, n=row.choices)
    async with gateway(configuration(local.url, cloud.url, edits)) as gate:
        if change is not None:
            change(gate)
        before = 0 if place == "sensitive" else other.accepted  # of all that was played, nothing may have left
        reply = await gate.post(body)
        assert other.accepted == before, "after the commit point nobody else is asked"
        assert len(at.bodies) == 1, "nor the same target again"
        words = _assert_told(row, reply)
        await _assert_recorded(row, gate, name, words)


def _assert_told(row: Break, reply: Reply) -> int:
    """The caller has every byte that came, and then why there are no more. Returns how many words there were."""
    assert (reply.status, reply.is_whole) == (200, True)
    words = reply.body.count(HELLO)
    so_far = {"retryable": FAILURES[row.kind].is_passing, "tokens_served": words, "is_estimate": True}
    ours = {
        "message": "The upstream broke off; what was sent is not the whole answer. Send the request again.",
        "type": "server_error",
        "param": None,
        "code": "upstream_interrupted",
    }
    last = b"data: " + json.dumps({"error": {**(row.theirs or ours), **so_far}}, separators=(",", ":")).encode() + b"\n\n"
    assert reply.body == OPENING + HELLO * words + row.after + last
    assert words == 1 or "word after word" in row.say
    return words


async def _assert_recorded(row: Break, gate: Gateway, name: str, words: int) -> None:
    exchange = await gate.until_observed()
    assert [(one.target, one.ending, one.failure) for one in exchange.attempts] == [(name, "Broken", row.kind)]
    assert row.lasts_s - 0.005 <= exchange.attempts[0].total_s <= row.lasts_s + SOON_S
    assert (exchange.result, exchange.status, exchange.is_estimate) == ("broken", 200, True)
    assert exchange.usage is not None
    assert exchange.usage.completion == words
    assert exchange.usage.prompt == max(exchange.usage.prompt, 1)
    assert exchange.cost == (None if name == "qwen" else exchange.usage.prompt + 10 * words), "micro-USD at 1 and 10 USD per million"
    metrics = await gate.metrics()
    assert total(metrics, "tidegate_stream_terminations_total") == total(metrics, "tidegate_stream_terminations_total", kind="broken") == 1
    assert total(metrics, "tidegate_upstream_attempts_total", target=name, ending="Broken", failure=row.kind) == 1
    assert total(metrics, "tidegate_usage_estimated_total", target=name) == 1
    assert total(metrics, "tidegate_tokens_total", target=name, kind="completion") == words
    assert total(metrics, "tidegate_fallbacks_total") == 0
    assert total(metrics, "tidegate_requests_in_flight") == 0
