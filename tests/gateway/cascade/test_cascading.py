"""A cascade between scripted upstreams: which answers are judged, what the ledger and the exchange keep, and that nothing leaks."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.types import Message
from typing_extensions import override

from gateway.arrival import Arrival
from gateway.cascade.cascading import Cascading
from gateway.cascade.self_check import costed
from gateway.exchange import AttemptRecord, Ending
from gateway.ledger.ledger import Ledger
from gateway.trying import Trying
from gateway.upstreams.upstream import Call, Downstream
from gateway.wire.ask import decode
from router.attempt import Attempt, Failed, Outcome, Served, Usage
from router.cascade import Cascade
from router.clearance import ClearedBody
from router.cost import Tariff
from router.facts import Facts
from router.failures import FAILURES
from router.names import MicroUsd
from tests.fakes.client import ask
from tests.fakes.gateway import compiled, configuration
from tests.fakes.ledgers import lines
from tests.fakes.scripted import Caller, Scripted, Stage, stage
from tests.router import examples

GOOD, BAD = "The answer is 42.", "I'm sorry, but I can't help with that."
GPT = replace(examples.GPT, tariff=Tariff.per_million(1.25, 10))
EMAIL = "write to someone.else@" + "tidegate-mail.org"
FIRST = {"name": "first", "to": ["qwen"], "fallback": ["gpt"], "redact": True, "cascade": {"accept": {"min_mean_logprob": -0.7}}}


@dataclass(slots=True)
class Talking(Scripted):
    """Says `says`, one after the other."""

    says: list[str] = field(default_factory=lambda: [GOOD])

    @override
    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
        """Say it."""
        text = self.says[min(len(self.seen), len(self.says) - 1)]
        self.seen.append((attempt, payload, call))
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "logprobs": None, "finish_reason": "stop"}
        await out.answer(200, b"application/json", msgspec.json.encode({"choices": [choice]}), Usage(7, 3))
        return Served(usage=Usage(7, 3))


def made(
    local: Scripted, cloud: Scripted, cascade: Mapping[str, Any] | None = None, edits: Mapping[str, Any] | None = None, **members: Any
) -> Stage:
    content = configuration(
        "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"routes": [FIRST | ({"cascade": cascade} if cascade else {})], **(edits or {})}
    )
    return stage(compiled(content), {"qwen": local, "gpt": cloud}, **members)


async def test_a_bad_answer_goes_out_of_sight() -> None:
    local, cloud = Talking(says=[BAD]), Talking()
    on = made(local, cloud)
    exchange = await on.conduct(ask())
    assert GOOD.encode() in on.caller.body
    assert BAD.encode() not in on.caller.body
    assert (exchange.cascade, exchange.grounds, exchange.usage) == ("escalated", "refusal", Usage(7, 3))
    assert exchange.cost is None, "the local model's price is not known"
    assert [one.cost for one in exchange.attempts] == [None, 37]
    assert "x-tidegate-cost-usd" not in on.caller.headers


@pytest.mark.parametrize("text", [GOOD, BAD, "", "{"])
@pytest.mark.parametrize(
    ("content", "label"),
    [
        pytest.param(EMAIL, "personal", id="personal"),
        pytest.param("my IBAN is DE89 3704 0044 0532 0130 00", "restricted", id="restricted"),
    ],
)
async def test_nothing_that_a_local_model_says_sends_what_is_sensitive_out(text: str, content: str, label: str) -> None:
    local, cloud = Talking(says=[text]), Talking()
    exchange = await made(local, cloud, {"accept": {"min_mean_logprob": 0, "self_check": {"min_probability": 1}}}).conduct(
        ask(content, response_format={"type": "json_object"})
    )
    assert (str(exchange.label), exchange.path, exchange.cascade) == (label, "local", "")
    assert len(local.seen) == 1
    assert b"logprobs" not in local.seen[0][1].for_target(local.seen[0][0].target.name)
    assert not cloud.seen


async def test_only_a_request_that_cascades_is_asked_for_logprobs() -> None:
    local = Talking()
    await made(local, Talking(), {"accept": {"min_mean_logprob": -1}}).conduct(ask())
    await made(local, Talking(), {"accept": {}}).conduct(ask())
    await made(local, Talking()).conduct(ask(model="auto:local"))
    assert [b'"logprobs":true' in payload.for_target(attempt.target.name) for attempt, payload, _ in local.seen] == [True, False, False]


async def test_who_leaves_before_the_verdict_is_abandoned() -> None:
    local = Scripted(["hang"])
    on = made(local, Talking())
    task, out = on.begin(ask())
    await asyncio.sleep(0.01)
    out.is_gone = True
    task.cancel()
    await task
    assert (on.exchanges[0].result, on.exchanges[0].cascade, on.exchanges[0].attempts[0].ending) == ("abandoned", "", "Abandoned")


async def test_who_left_when_the_verdict_fell_is_abandoned_and_not_escalated() -> None:
    @dataclass(slots=True)
    class Left(Talking):
        """The caller leaves while it speaks."""

        @override
        async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
            """Speak."""
            outcome = await Talking.relay(self, attempt, payload, call, out)
            left.is_gone = True
            return outcome

    local, cloud = Left(says=[BAD]), Talking()
    on = made(local, cloud)
    task, left = on.begin(ask())
    await task
    assert (on.exchanges[0].result, not cloud.seen) == ("abandoned", True)


CHECKING = {"accept": {"self_check": {"max_s": 0.1}}}


async def test_the_ledger_of_all_keeps_the_self_check(tmp_path: Path) -> None:
    edits = {"ledger": {"dir": str(tmp_path / "ledger"), "all": True}}
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits))
    assert plan.ledger is not None
    ledger = Ledger(plan.ledger)
    local, cloud = Talking(says=[GOOD, "no", BAD]), Talking()
    on = made(local, cloud, CHECKING, edits, ledger=ledger)
    await on.conduct(ask())
    await ledger.close()
    kept = [msgspec.json.decode(line) for line in lines(tmp_path / "ledger")]
    assert [(one["kind"], one["attempt"], one.get("ending", "")) for one in kept if "attempt" in one] == [
        ("intent", 1, ""),
        ("intent", 0, ""),
        ("outcome", 0, "Checked"),
        ("outcome", 1, "Served"),
    ]


async def test_a_self_check_has_the_caller_s_deadline() -> None:
    local, due = Talking(), time.monotonic() + 1_000
    await made(local, Talking(), CHECKING).begin(ask(), due)[0]
    assert [(attempt.number, call.due) for attempt, _, call in local.seen] == [(1, due), (0, due)]


@pytest.mark.parametrize(
    ("play", "failure"),
    [
        pytest.param(Failed(FAILURES["SERVER_FAULT"], 500), "SERVER_FAULT", id="it fails"),
        pytest.param("hang", "STALLED", id="it hangs"),
        pytest.param(RuntimeError("what the model said"), "OUR_BUG", id="it is a defect"),
    ],
)
async def test_a_self_check_that_fails_says_so_and_nothing_else(play: Any, failure: str, caplog: pytest.LogCaptureFixture) -> None:
    @dataclass(slots=True)
    class Once(Talking):
        """Speaks once."""

        @override
        async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
            """Speak, or play."""
            return await (Talking if attempt.number else Scripted).relay(self, attempt, payload, call, out)

    on = made(Once(plays=[play]), Talking(), CHECKING)
    exchange = await on.conduct(ask())
    assert [(one.ending, one.failure) for one in exchange.attempts] == [("Served", ""), ("Checked", failure)]
    assert (exchange.cascade, exchange.grounds) == ("accepted", "unmeasured")
    assert (on.caller.status, GOOD.encode() in on.caller.body) == (200, True)
    assert "what the model said" not in caplog.text


async def test_what_is_seen_of_a_rejected_answer_is_remembered_though_the_caller_left() -> None:
    @dataclass(slots=True)
    class Streaming(Scripted):
        """Says a refusal in two pieces."""

        @override
        async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
            """Stream it."""
            await out.begin(200, b"text/event-stream")
            for text, finish in (("I'm sorry, but I can't help you with what was said about the merger. ", None), ("Ask others.", "stop")):
                choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
                await out.write(b"data: %b\n\n" % msgspec.json.encode({"choices": [choice]}))
            await out.end(b"data: [DONE]\n\n")
            return Served()

    @dataclass(slots=True)
    class Slow(Caller):
        """Reads no more once it has seen something."""

        seen: asyncio.Event = field(default_factory=asyncio.Event)

        @override
        async def send(self, message: Message) -> None:
            """Keep it, and wait."""
            await Caller.send(self, message)
            if b"merger" in message.get("body", b""):
                self.seen.set()
                await asyncio.Event().wait()

    cloud = Scripted([Failed(FAILURES["SERVER_FAULT"], 500)])
    on = made(Streaming(), cloud, edits={"destinations.gpt.retries": 0, "sensitivity.labels": {"email": "internal"}})
    on.caller = slow = Slow()
    task, out = on.begin(ask(EMAIL, stream=True))
    await asyncio.wait_for(slow.seen.wait(), 5)
    out.is_gone = True
    task.cancel()
    await task
    assert (on.exchanges[0].result, on.exchanges[0].cascade, str(on.exchanges[0].label)) == ("abandoned", "kept", "internal")
    on.caller = Caller()
    assert (
        await on.conduct(ask("What of this? I'm sorry, but I can't help you with what was said about the merger."))
    ).inherited == "answer"


async def test_a_defect_in_an_upstream_leaves_no_clock_running() -> None:
    on = made(Scripted([RuntimeError("what the caller said")]), Talking())
    exchange = await on.conduct(ask())
    assert (on.caller.status, exchange.cascade, exchange.grounds) == (500, "", "")


def test_what_calls_cost_is_a_sum_or_unknown() -> None:
    def record(ending: Ending, micro_usd: int | None) -> AttemptRecord:
        return AttemptRecord(GPT.name, 0, ending, cost=None if micro_usd is None else MicroUsd(micro_usd))

    stages = made(Talking(), Talking())
    one = Cascading(
        Trying(stages.runtime, decode(msgspec.json.encode(ask()), "chat"), Facts("r"), Arrival("r", "chat", 0.0), stages.runtime.undecided),
        Attempt(1, GPT),
        Cascade(),
    )
    attempts = (record("Rejected", 5), record("Checked", 2), record("Served", 100))
    assert one.beside(attempts) == 7
    assert one.beside((*attempts, record("Checked", None))) is None
    one.is_kept = True
    assert one.beside(attempts) == 2, "the rejected answer is the one that is given"
    assert (one.result(None), one.grounds) == ("", "")


def test_a_call_costs_what_its_target_asks() -> None:
    record = AttemptRecord(GPT.name, 0, "Served")
    assert costed(record, GPT, Usage(1_000_000, 0)).cost == 1_250_000
    assert (costed(record, GPT, None, "length").cost, costed(record, GPT, None, "length").rejection) == (None, "length")
