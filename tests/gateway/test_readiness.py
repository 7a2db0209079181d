from typing import Any

import pytest

from gateway.live import Live
from gateway.readiness import served
from router.attempt import Attempt, Failed
from router.breaker import TRIP
from router.failures import FAILURES
from router.names import TargetName
from router.replica import OUTS, Out
from tests.fakes.gateway import compiled, configuration

CONTENT = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
BY_ALL = {"public": True, "internal": True, "personal": True, "restricted": True}
BY_THE_CLOUD = BY_ALL | {"personal": False, "restricted": False}


def fail(live: Live, name: str) -> None:
    target = live.runtime.plan.policy.targets[TargetName(name)]
    for number in range(TRIP):
        attempt = Attempt(number, target, 0)
        live.runtime.fleet.begin(attempt, 0.0)
        live.runtime.fleet.note(attempt, Failed(FAILURES["UNREACHABLE"]), 0.0, 1.0)


@pytest.mark.parametrize(
    ("down", "is_locked", "now", "expected"),
    [
        pytest.param([], False, 1.0, BY_ALL, id="all is well"),
        pytest.param(["gpt"], False, 1.0, BY_ALL, id="without the cloud everything can stay"),
        pytest.param(["qwen"], False, 1.0, BY_THE_CLOUD, id="without the local engine what may not leave is not served"),
        pytest.param(["qwen"], False, 100.0, BY_ALL, id="a breaker that is due lets somebody through"),
        pytest.param(["qwen"], True, 1.0, dict.fromkeys(BY_ALL, False), id="a lockdown takes the cloud away"),
        pytest.param([], True, 1.0, BY_ALL, id="a lockdown alone does not"),
    ],
)
async def test_for_which_labels_there_is_a_target(down: list[str], is_locked: bool, now: float, expected: dict[str, Any]) -> None:
    live = Live(compiled(CONTENT))
    for name in down:
        fail(live, name)
    live.lockdown.is_on = is_locked
    assert {str(label): is_served for label, is_served in served(live.runtime, now).items()} == expected
    await live.close()


@pytest.mark.parametrize("out", OUTS)
async def test_who_gets_no_requests_serves_no_label(out: Out) -> None:
    live = Live(compiled(CONTENT))
    live.runtime.fleet.turn(TargetName("qwen"), 0, out, 0.0, on=True)
    assert {str(label): is_served for label, is_served in served(live.runtime, 0.0).items()} == BY_THE_CLOUD
    await live.close()
