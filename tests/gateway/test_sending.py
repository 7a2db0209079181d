"""What happens around one attempt: it is cleared for its target and declared before it is made."""

from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Intent
from gateway.plan import LedgerPlan
from gateway.state.lockdown import Lockdown
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
