"""An `Upstream` that plays outcomes, and what is needed to conduct a request without a socket."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.types import Message

from gateway.arrival import Arrival
from gateway.conduct import conduct
from gateway.exchange import Exchange
from gateway.http.chat import facts_of
from gateway.http.downstream import AsgiDownstream
from gateway.plan import Plan
from gateway.runtime import Runtime
from gateway.upstreams.upstream import Call, Downstream
from gateway.wire.ask import decode
from router.attempt import Abandoned, Attempt, Broken, Outcome, Served, Usage
from router.clearance import ClearedBody
from router.facts import NEVER
from router.fleet import Fleet
from router.names import TargetName
from router.values import replace

HANG = "hang"
ANSWER = b'{"choices": []}'
Play = Outcome | Exception | str


@dataclass(slots=True)
class Scripted:
    """Plays one outcome per attempt, the last one again and again. `seen` holds what it was given."""

    plays: list[Play] = field(default_factory=lambda: [Served(usage=Usage(7, 3))])
    seen: list[tuple[Attempt, ClearedBody, Call]] = field(default_factory=list)
    is_closed: bool = False

    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
        """Play."""
        play = self.plays[min(len(self.seen), len(self.plays) - 1)]
        self.seen.append((attempt, payload, call))
        if isinstance(play, Exception):
            raise play
        if isinstance(play, str):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if not out.is_gone:
                    raise
            return Abandoned()
        if isinstance(play, Served):
            await out.answer(play.status, b"application/json", ANSWER, play.usage)
        elif isinstance(play, Broken):
            await out.begin(200, b"text/event-stream")
            await out.end(b"data: {}\n\n")
        return play

    async def close(self) -> None:
        """Note it."""
        self.is_closed = True


@dataclass(slots=True)
class Caller:
    """The ASGI side: what was sent."""

    messages: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        """Keep a message."""
        self.messages.append(message)

    async def receive(self) -> Message:
        """Stay, and say nothing more."""
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    @property
    def status(self) -> int:
        """The status, 0 before the commit point."""
        return int(self.messages[0]["status"]) if self.messages else 0

    @property
    def headers(self) -> dict[str, str]:
        """The headers."""
        return {name.decode(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        """The body so far."""
        return b"".join(message["body"] for message in self.messages[1:])

    @property
    def error(self) -> dict[str, Any]:
        """The error in the body."""
        found: dict[str, Any] = msgspec.json.decode(self.body)["error"]
        return found


@dataclass(slots=True)
class Stage:
    """A runtime of scripted upstreams; `exchanges` is what its observer saw."""

    runtime: Runtime
    exchanges: list[Exchange]
    caller: Caller = field(default_factory=Caller)

    async def conduct(self, body: Mapping[str, object], *, is_stream: bool = False) -> Exchange:
        """Conduct one request to its end."""
        await self.begin({**body, "stream": is_stream})[0]
        return self.exchanges[-1]

    def begin(self, body: Mapping[str, object], due: float = NEVER) -> tuple[asyncio.Task[None], AsgiDownstream]:
        """Begin to conduct a request."""
        self.caller.messages.clear()
        ask = decode(msgspec.json.encode(body), "chat")
        facts = replace(facts_of("req_1", self.runtime.plan, ask), due=due)
        arrival = Arrival("req_1", "chat", time.monotonic())
        out = AsgiDownstream(self.caller.receive, self.caller.send, "req_1")
        return asyncio.ensure_future(conduct(self.runtime, ask, facts, arrival, out)), out


def stage(plan: Plan, upstreams: Mapping[str, Scripted], **members: Any) -> Stage:
    """A runtime of `plan` with these upstreams."""
    exchanges: list[Exchange] = []
    runtime = Runtime(
        plan=plan,
        upstreams={TargetName(name): one for name, one in upstreams.items()},
        fleet=Fleet(plan.policy.targets.values()),
        observers=(exchanges.append,),
        dice=lambda: 0.0,
        baseline=plan.policy.targets[TargetName("gpt")],
    )
    return Stage(replace(runtime, **members) if members else runtime, exchanges)
