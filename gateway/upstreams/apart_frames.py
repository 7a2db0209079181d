"""What the gateway and its vendors' process say to each other: one connection of this machine for an attempt, frames both ways.

A frame is its length in four bytes, most significant first, and a tagged struct in MessagePack. Who leaves closes the connection.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from typing_extensions import override

from gateway.plan import UpstreamPlan
from gateway.registry import destinations
from gateway.secret import Secret
from gateway.upstreams.upstream import Call
from router.attempt import Abandoned, Broken, Failed, Outcome, Refused, Served, Timing, Usage
from router.clearance import ClearedBody, clear
from router.decision import Clocks, Target
from router.failures import FAILURES, Failure, Kind, guessed
from router.labels import Labels
from router.names import Answered, Endpoint, Sent, TargetName, Zone


class _Mute(msgspec.Struct, frozen=True):
    """What shows nothing of itself in `repr`: keys, and what callers and models wrote."""

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Place(msgspec.Struct, frozen=True):
    """Where the target's library may connect to: a host and a port."""

    host: str
    port: int


class Vendor(_Mute, frozen=True):
    """A target and how it is reached: all of `Target` and `UpstreamPlan` that counts there. `secrets` names options that are secret."""

    name: str
    zone: Zone
    model: str
    clocks: tuple[float, float, float, float, float]
    urls: tuple[str, ...]
    key: str | None
    headers: tuple[tuple[str, str], ...]
    options: dict[str, Any]
    secrets: tuple[str, ...]
    places: tuple[Place, ...]

    def target(self, label: str) -> Target:
        """The target, cleared for that label: the gateway has asked about it before it sent anything here."""
        return Target(TargetName(self.name), self.zone, Labels((label,)).lowest, Sent(self.model), clocks=Clocks(*self.clocks))

    def plan(self) -> UpstreamPlan:
        """How it is reached."""
        options = {name: Secret(value) if name in self.secrets else value for name, value in self.options.items()}
        headers = tuple((name, Secret(value)) for name, value in self.headers)
        key = None if self.key is None else Secret(self.key)
        return UpstreamPlan(TargetName(self.name), "litellm", urls=self.urls, key=key, headers=headers, options=options)


class Asked(_Mute, frozen=True, tag=True):
    """The first frame: make this attempt. `vendor` is an encoded `Vendor`, so that it is made but once. Seconds as in `Call`."""

    vendor: bytes
    label: str
    body: bytes
    request_id: str
    endpoint: Endpoint
    is_stream: bool
    choices: int
    hides_usage: bool
    answer_bytes: int
    event_bytes: int
    prompt_tokens: int
    due: float

    def call(self) -> Call:
        """What the upstream must know of the request."""
        told = self.choices, self.hides_usage, self.answer_bytes, self.event_bytes, self.prompt_tokens, self.due
        return Call(self.request_id, self.endpoint, self.is_stream, *told)

    def cleared(self, target: Target) -> ClearedBody:
        """The body for the target that it was cleared for."""
        return clear(self.request_id, target, target.clearance, self.body)


class Whole(_Mute, frozen=True, tag=True):
    """A whole answer."""

    status: int
    content_type: bytes
    body: bytes
    usage: Usage | None


class Begun(_Mute, frozen=True, tag=True):
    """The start of a stream."""

    status: int
    content_type: bytes


class Piece(_Mute, frozen=True, tag=True):
    """Some of a stream; with `is_last` no more follows."""

    data: bytes
    is_last: bool = False


class Ended(_Mute, frozen=True, tag=True):
    """The last frame: how the attempt ended. Members are those of the outcomes."""

    ending: str
    timing: tuple[float | None, float | None, float]
    kind: Kind | None = None
    is_guess: bool = False
    status: int = 0
    retry_after_s: float | None = None
    body: bytes = b""
    usage: Usage | None = None
    answered: str | None = None
    finish: str = ""
    is_estimate: bool = False

    def outcome(self) -> Outcome:
        """The outcome itself."""
        timing = Timing(*self.timing)
        answered = None if self.answered is None else Answered(self.answered)
        failure = _failure(self.kind or "OUR_BUG", is_guess=self.is_guess)
        match self.ending:
            case "Served":
                return Served(self.status, self.usage, answered, self.finish, timing, self.is_estimate)
            case "Refused":
                return Refused(failure, self.status, self.body, timing)
            case "Broken":
                return Broken(failure, self.usage, timing, self.is_estimate)
            case "Abandoned":
                return Abandoned(self.usage, timing, self.is_estimate)
            case _:
                return Failed(failure, self.status, self.retry_after_s, timing)


Frame = Asked | Whole | Begun | Piece | Ended
_encode = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], Frame] = msgspec.msgpack.Decoder(Frame).decode


def framed(frame: Frame) -> bytes:
    """The bytes of a frame."""
    data = _encode(frame)
    return len(data).to_bytes(4, "big") + data


async def read(reader: asyncio.StreamReader) -> Frame:
    """The next frame. Raises `asyncio.IncompleteReadError` at the end, `msgspec.DecodeError` for what is none."""
    return _decode(await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big")))


def vendor_of(target: Target, plan: UpstreamPlan) -> bytes:
    """What the process must know of a target, encoded once for all its attempts."""
    clocks = target.clocks
    limits = clocks.connect_s, clocks.headers_s, clocks.first_token_s, clocks.between_chunks_s, clocks.total_s
    options = {name: value.reveal() if isinstance(value, Secret) else value for name, value in plan.options.items()}
    secrets = tuple(name for name, value in plan.options.items() if isinstance(value, Secret))
    key = None if plan.key is None else plan.key.reveal()
    headers = tuple((name, value.reveal()) for name, value in plan.headers)
    places = tuple(Place(one.host, one.port) for one in destinations(plan, target))
    return _encode(Vendor(target.name, target.zone, target.model, limits, plan.urls, key, headers, options, secrets, places))


def decoded(vendor: bytes) -> Vendor:
    """What `vendor_of` has encoded."""
    return msgspec.msgpack.decode(vendor, type=Vendor)


def asked(vendor: bytes, payload: ClearedBody, body: bytes, call: Call) -> Asked:
    """The first frame of an attempt."""
    told = call.choices, call.hides_usage, call.answer_bytes, call.event_bytes, call.prompt_tokens, call.due
    return Asked(vendor, payload.label.name, body, call.request_id, call.endpoint, call.is_stream, *told)


def ended(outcome: Outcome) -> Ended:
    """The last frame of one that ended so."""
    timing = outcome.timing.headers_s, outcome.timing.first_byte_s, outcome.timing.total_s
    failure: Failure | None = getattr(outcome, "failure", None)
    return Ended(
        type(outcome).__name__,
        timing,
        None if failure is None else failure.kind,
        failure is not None and failure is not FAILURES[failure.kind],
        getattr(outcome, "status", 0),
        getattr(outcome, "retry_after_s", None),
        getattr(outcome, "body", b""),
        getattr(outcome, "usage", None),
        getattr(outcome, "answered", None),
        getattr(outcome, "finish", ""),
        getattr(outcome, "is_estimate", False),
    )


def _failure(kind: Kind, *, is_guess: bool) -> Failure:
    return guessed(kind) if is_guess else FAILURES[kind]
