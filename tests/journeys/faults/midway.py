"""The fault matrix, after the first content: what breaks a stream that the caller has begun to read, and how the caller is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from router.failures import FAILURES, Kind
from tests.fakes.client import Reply
from tests.fakes.dialects import Flow
from tests.fakes.endpoints import AS_CHAT, Asked
from tests.fakes.gateway import Gateway, configuration, gateway, total
from tests.fakes.patience import paced
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Close, Reset, Sleep
from tests.fakes.upstream import HEAD, Script, Upstream, chunk, stream
from tests.journeys.faults.faults import CLOCK_S, PROMPT, clocks
from tests.journeys.faults.playing import SOON_S, Change

Place = Literal["first", "last", "sensitive"]
PLACES: Sequence[Place] = ("first", "last", "sensitive")
HELLO = "Hello"


@dataclass(frozen=True, slots=True)
class Break:
    """A row. `theirs` is the error of the target's own, None for none; `after` how much of the flow's closing came.

    `is_typed` tells which streams can break so, None: all. `unreadable` events are taken for a token each, which an estimate may.
    """

    say: str
    kind: Kind
    does: Callable[[Flow], Script]
    theirs: Mapping[str, Any] | None = None
    after: int = 0
    choices: int = 1
    unreadable: int = 0
    is_typed: bool | None = None
    lasts_s: float = 0.0
    clocks: Mapping[str, float] = field(default_factory=clocks)
    edits: Mapping[str, Any] = field(default_factory=dict)

    def at(self, pace: float) -> "Break":
        """The same with clocks that run out so many times later."""
        short = {name: seconds * pace for name, seconds in self.clocks.items() if seconds < 60}
        return replace(self, clocks={**self.clocks, **short}, lasts_s=self.lasts_s * pace)


def _begun(flow: Flow, *more: bytes | Sleep | Reset | Close) -> Script:
    return (HEAD, *map(chunk, flow.begun(HELLO)), *more)


def _told(say: str, kind: Kind, after: Callable[[Flow], Sequence[bytes]] = lambda _: (), **error: Any) -> Break:
    theirs = {"message": "engine died", "type": "t", "param": None, "code": None, **error}
    return Break(say, kind, lambda flow: stream(*flow.begun(HELLO), flow.error(theirs), *after(flow)), theirs)


BREAKS: Sequence[Break] = (
    Break("reset", "CUT", lambda flow: _begun(flow, Reset())),
    Break("closed without the last chunk", "CUT", lambda flow: _begun(flow, Close())),
    Break("ended well without its end", "CUT", lambda flow: stream(*flow.begun(HELLO))),
    Break("ended in the midst of an event", "CUT", lambda flow: stream(*flow.begun(HELLO), flow.word(HELLO)[:-9])),
    Break(
        "only one of two choices finished",
        "CUT",
        lambda flow: stream(*flow.begun(HELLO), flow.closing[0]),
        after=1,
        choices=2,
        is_typed=False,
    ),
    Break(
        "ended well without its last event",
        "CUT",
        lambda flow: stream(*flow.begun(HELLO), *flow.closing[:-1]),
        after=-1,
        is_typed=True,
    ),
    Break("silent", "STALLED", lambda flow: _begun(flow, Sleep(120)), lasts_s=CLOCK_S, clocks=clocks(between_chunks_s=CLOCK_S)),
    Break(
        "word after word for longer than the total clock",
        "STALLED",
        lambda flow: _begun(flow, *(Sleep(0.05), chunk(flow.word(HELLO))) * 40),
        lasts_s=3 * CLOCK_S,
        clocks=clocks(total_s=3 * CLOCK_S),
    ),
    Break("framed wrongly", "BAD_ANSWER", lambda flow: (*_begun(flow), b"zz\r\n")),
    Break(
        "an event that is too large",
        "BAD_ANSWER",
        lambda flow: _begun(flow, Sleep(0.1), chunk(b"data: " + b"x" * 9_000), Sleep(120)),
        edits={"limits.event_bytes": 5_000},
    ),
    _told("an error event", "SERVER_FAULT", code=500),
    _told("an error event and then the end", "SERVER_FAULT", lambda flow: flow.closing, code=500),
    _told("an error event and then more words", "SERVER_FAULT", lambda flow: (flow.word(HELLO),), code=500),
    _told("an event of overload", "OVERLOADED", type="overloaded_error"),
    _told("an event of a rate limit", "OVERLOADED", code="rate_limit_exceeded"),
    _told("an event about the context", "TOO_LONG", code="context_length_exceeded"),
    _told("an event of the filter", "FILTERED", code="content_filter"),
    _told("an event about the key", "OUR_KEY", code=401),
)
BY_NAME: Mapping[str, Break] = {row.say: row for row in BREAKS}


@dataclass(frozen=True, slots=True)
class Scene:
    """A break, at a place of the chain, of a stream of one endpoint."""

    row: Break
    place: Place
    local: Upstream
    cloud: Upstream
    asked: Asked = AS_CHAT
    change: Change | None = None

    @property
    def flow(self) -> Flow:
        """What the target streams."""
        assert self.asked.dialect.flow is not None
        return self.asked.dialect.flow

    @property
    def body(self) -> object:
        """What is asked."""
        several = {} if self.row.choices == 1 else {"n": self.row.choices}
        text, model = Canary().say if self.place == "sensitive" else PROMPT, "gpt" if self.place == "last" else "auto"
        return self.asked.of(text, model, stream=True, **several)

    def tokens(self, words: int) -> tuple[int, bool]:
        """How many tokens so many words are held for, and whether that is an estimate."""
        if self.row.after == -1 and self.asked.spoken == "messages":
            return 3, False  # its event before the last one tells
        return words + self.row.unreadable if self.flow.is_counted else 0, True


def fits(row: Break, asked: Asked) -> bool:
    """Whether streams of that endpoint can break so."""
    flow = asked.dialect.flow
    has_choices = asked.endpoint in ("chat", "completions")
    return flow is not None and row.is_typed in (None, flow.is_typed) and (row.choices == 1 or has_choices)


async def play(scene: Scene) -> None:
    """Play a break, and look at all that comes of it."""

    async def at(pace: float) -> None:
        await _play(replace(scene, row=scene.row.at(pace)))

    await (paced(at) if scene.row.lasts_s else at(1.0))


async def _play(scene: Scene) -> None:
    row, asked, local, cloud = scene.row, scene.asked, scene.local, scene.cloud
    name, at, other = ("gpt", cloud, local) if scene.place == "last" else ("qwen", local, cloud)
    at.then(row.does(scene.flow))
    edits: dict[str, Any] = {f"destinations.{one}.serves": asked.serves for one in ("qwen", "gpt")}
    edits |= {f"destinations.{name}.clocks": dict(row.clocks), **row.edits}
    async with gateway(configuration(local.url, cloud.url, edits)) as gate:
        if scene.change is not None:
            scene.change(gate)
        before = 0 if scene.place == "sensitive" else other.accepted  # of all that was played, nothing may have left
        reply = await gate.post(scene.body, asked.path, asked.headers)
        assert other.accepted == before, "after the commit point nobody else is asked"
        assert len(at.bodies) == 1, "nor the same target again"
        await _assert_recorded(scene, gate, name, _assert_told(scene, reply))


def _assert_told(scene: Scene, reply: Reply) -> int:
    """The caller has every byte that came, and then why there are no more. Returns how many words there were."""
    row, asked = scene.row, scene.asked
    assert (reply.status, reply.is_whole) == (200, True), reply
    words = reply.body.count(HELLO.encode())
    assert words == 1 or (words and "word after word" in row.say)
    if asked.is_native:
        before = b"".join((*scene.flow.begun(*[HELLO] * words), *scene.flow.closing[: row.after]))
        assert reply.body.startswith(before)
        assert reply.body[len(before) :].startswith((b'data: {"error"', b"event: error\ndata: {")), "and nothing else"
    assert asked.end not in reply.body, "it looks whole"
    tokens, is_estimate = scene.tokens(words)
    ours = {
        "message": "The upstream broke off; what was sent is not the whole answer. Send the request again.",
        "code": "upstream_interrupted",
    }
    so_far = {"retryable": FAILURES[row.kind].is_passing, "tokens_served": tokens, "is_estimate": is_estimate}
    told = asked.broken(reply)
    wanted = {**({"message": row.theirs["message"]} if row.theirs else ours), **so_far}
    assert {name: told.get(name) for name in wanted} == wanted
    return words


async def _assert_recorded(scene: Scene, gate: Gateway, name: str, words: int) -> None:
    row = scene.row
    tokens, is_estimate = scene.tokens(words)
    exchange = await gate.until_observed()
    assert [(one.target, one.ending, one.failure) for one in exchange.attempts] == [(name, "Broken", row.kind)]
    assert row.lasts_s - 0.005 <= exchange.attempts[0].total_s <= row.lasts_s + SOON_S
    assert (exchange.result, exchange.status, exchange.is_estimate) == ("broken", 200, is_estimate)
    assert exchange.usage is not None
    assert exchange.usage.completion == tokens
    assert exchange.usage.prompt >= 1
    assert exchange.cost == (None if name == "qwen" else exchange.usage.prompt + 10 * tokens), "micro-USD at 1 and 10 USD per million"
    metrics = await gate.metrics()
    assert total(metrics, "tidegate_stream_terminations_total") == total(metrics, "tidegate_stream_terminations_total", kind="broken") == 1
    assert total(metrics, "tidegate_upstream_attempts_total", target=name, ending="Broken", failure=row.kind) == 1
    assert total(metrics, "tidegate_usage_estimated_total", target=name) == is_estimate
    assert total(metrics, "tidegate_tokens_total", target=name, kind="completion") == tokens
    assert total(metrics, "tidegate_fallbacks_total") == 0
    assert total(metrics, "tidegate_requests_in_flight") == 0
