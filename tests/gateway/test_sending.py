"""What happens around one attempt: it is cleared for its target and declared before it is made."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from gateway.arrival import Arrival
from gateway.cascade.self_check import Caught
from gateway.http.chat import facts_of
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Intent
from gateway.plan import LedgerPlan
from gateway.record import Record
from gateway.sending import begin, prepare, send
from gateway.state.lockdown import Lockdown
from gateway.wire.ask import decode
from router.attempt import Attempt, Failed, Outcome
from router.failures import FAILURES
from router.names import TargetName
from router.values import replace
from tests.fakes.client import ask
from tests.fakes.gateway import compiled, configuration
from tests.fakes.ledgers import lines
from tests.fakes.scripted import Scripted, stage

HARD = "x" * 60


class Turned(Ledger):
    """A ledger during whose write a lockdown begins."""

    def __init__(self, plan: LedgerPlan, lockdown: Lockdown) -> None:
        super().__init__(plan)
        self._lockdown = lockdown

    @override
    async def declare(self, intent: Intent) -> bool:
        is_declared = await super().declare(intent)
        self._lockdown.turn(on=True)
        return is_declared


@pytest.mark.parametrize(
    ("model", "status", "targets"),
    [
        pytest.param("auto", 200, [("gpt", "LOCKED_DOWN"), ("qwen", "")], id="another target may serve it"),
        pytest.param("gpt", 200, [("gpt", "LOCKED_DOWN"), ("qwen", "")], id="a named one is a preference"),
    ],
)
async def test_a_lockdown_that_begins_while_the_ledger_writes_is_called_so(
    tmp_path: Path, model: str, status: int, targets: list[tuple[str, str]]
) -> None:
    local, cloud, lockdown = Scripted(), Scripted(), Lockdown()
    edits = {"ledger": {"dir": str(tmp_path / "ledger")}}
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits))
    assert plan.ledger is not None
    ledger = Turned(plan.ledger, lockdown)
    on = stage(plan, {"qwen": local, "gpt": cloud}, ledger=ledger, lockdown=lockdown)
    exchange = await on.conduct(ask(HARD, model))
    await ledger.close()
    assert (on.caller.status, [(attempt.target, attempt.failure) for attempt in exchange.attempts]) == (status, targets)
    assert exchange.is_locked
    assert not cloud.seen, "not a byte left"
    kept = [msgspec.json.decode(line) for line in lines(tmp_path / "ledger")]
    assert [(one["ending"], one["failure"]) for one in kept if one["kind"] == "outcome"] == [("Failed", "LOCKED_DOWN")]


class TurnedBy(Lockdown):
    """One that another process turns on just before it is looked at for the so-manieth time."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.looked = 0
        super().__init__()

    @property  # type: ignore[explicit-override]  # mypy wants it said of the setter too, and cannot read it there
    @override
    def is_on(self) -> bool:
        """Whether that has happened."""
        self.looked += 1
        return self.looked >= self.at

    @is_on.setter
    def is_on(self, _is_on: bool) -> None:
        """Others say."""


@pytest.mark.parametrize("at", range(1, 6))
async def test_whenever_another_process_turns_the_lockdown_on_the_caller_is_served_at_home(at: int) -> None:
    local, cloud = Scripted(), Scripted()
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
    on = stage(plan, {"qwen": local, "gpt": cloud}, lockdown=TurnedBy(at))
    exchange = await on.conduct(ask(HARD, "gpt"))
    assert on.caller.status == 200
    assert [attempt.failure for attempt in exchange.attempts] in ([""], ["LOCKED_DOWN", ""])
    assert len(cloud.seen) == (exchange.path == "cloud")
    assert exchange.path == "local" or at > 3, "after the third look the body is on its way"


async def test_an_external_body_is_the_encoding_and_a_local_one_the_bytes() -> None:
    local, cloud = Scripted(), Scripted()
    on = stage(compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")), {"qwen": local, "gpt": cloud})
    await on.conduct(ask(), is_stream=True)
    await on.conduct(ask(HARD), is_stream=True)
    for upstream, model in ((local, b"qwen3-8b"), (cloud, b"gpt-5")):
        attempt, payload, call = upstream.seen[0]
        body = payload.for_target(attempt.target.name)
        assert b'"model":"%b"' % model in body
        assert b'"stream_options":{"include_usage":true}' in body
        assert call.hides_usage


class Withdraws(Ledger):
    """A ledger during whose write a reload takes the local target away."""

    withdrawn: set[TargetName]

    @override
    async def declare(self, intent: Intent) -> bool:
        is_declared = await super().declare(intent)
        self.withdrawn.add(TargetName("qwen"))
        return is_declared


async def test_a_local_target_that_a_reload_takes_away_while_the_ledger_writes_gets_nothing(tmp_path: Path) -> None:
    local, cloud = Scripted(), Scripted()
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"ledger": {"dir": str(tmp_path / "ledger")}}))
    assert plan.ledger is not None
    ledger = Withdraws(replace(plan.ledger, keeps_all=True))
    on = stage(plan, {"qwen": local, "gpt": cloud}, ledger=ledger)
    ledger.withdrawn = on.runtime.withdrawn
    exchange = await on.conduct(ask("My e-mail is maria.huber@example.org."))
    await ledger.close()
    assert not local.seen, "its clearance may be another one by now"
    assert not cloud.seen
    assert (on.caller.status, [attempt.failure for attempt in exchange.attempts]) == (503, ["WITHDRAWN"])


async def test_an_attempt_has_ended_whatever_comes_of_settling_it() -> None:
    local = Scripted()
    on = stage(compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")), {"qwen": local, "gpt": Scripted()})
    raw = json.dumps(ask()).encode()
    request = decode(raw, "chat", 64)
    record = Record(on.runtime, request, facts_of("r", on.runtime.plan, request), Arrival("r", "chat", 0.0), on.runtime.undecided)
    record.judge()
    sending = await prepare(record, Attempt(1, on.runtime.plan.policy.targets[TargetName("qwen")]), None, request)
    assert sending is not None
    begin(record, sending)

    async def settle(_outcome: Outcome) -> Outcome:
        raise asyncio.CancelledError  # the caller leaves while it is looked which lane has won

    with pytest.raises(asyncio.CancelledError):
        await send(record, sending, Caught(), settle)
    assert on.runtime.fleet.in_flight == 0
    assert len(record.attempts) == 1


async def test_what_was_taken_back_while_a_connection_was_opened_was_not_sent() -> None:
    cloud = Scripted([Failed(FAILURES["LOCKED_DOWN"])])
    on = stage(compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")), {"qwen": Scripted(), "gpt": cloud})
    exchange = await on.conduct(ask(HARD))
    assert [(one.target, one.sent_bytes > 0) for one in exchange.attempts] == [("gpt", False), ("qwen", True)]
    *_, call = cloud.seen[0]
    gpt = on.runtime.plan.policy.targets[TargetName("gpt")]
    assert call.bar(gpt) is None
    on.runtime.lockdown.turn(on=True)
    assert call.bar(gpt) == "LOCKED_DOWN"
    on.runtime.lockdown.turn(on=False)
    on.runtime.withdrawn.add(gpt.name)
    assert call.bar(gpt) == "WITHDRAWN"
