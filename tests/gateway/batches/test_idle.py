import time

from gateway.batches.idle import is_idle
from gateway.live import Live
from router.admission import Place
from router.attempt import Attempt
from router.names import TargetName
from tests.fakes.gateway import compiled, configuration


async def test_the_pool_is_idle_while_few_requests_of_others_are_there_and_nobody_waits() -> None:
    edits = {"destinations.qwen.admission": {"slots": 8, "reserved_share": 0}}
    live = Live(compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits)))
    runtime, now = live.runtime, time.monotonic()
    qwen = runtime.plan.policy.targets[TargetName("qwen")]
    attempt = Attempt(1, qwen)
    breaker = next(replica.breaker for name, _, replica in runtime.fleet.replicas() if name == "qwen")
    outside = next(replica.breaker for name, _, replica in runtime.fleet.replicas() if name == "gpt")
    outside.in_flight = 100
    assert is_idle(runtime, [None], 2, now)
    breaker.in_flight = 4
    assert not is_idle(runtime, [], 2, now), "half of the slots are taken"
    assert is_idle(runtime, [attempt], 2, now), "one of them is ours"
    assert is_idle(runtime, [], 5, now)
    breaker.in_flight = 0
    gate = runtime.admission.doors[TargetName("qwen")].gate
    for _ in range(9):
        gate.enter(Place("public", now, now + 10), now)
    assert not is_idle(runtime, [], 100, now), "somebody waits"
    await live.close()


async def test_without_a_door_only_the_number_counts() -> None:
    live = Live(compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")))
    breaker = next(replica.breaker for name, _, replica in live.runtime.fleet.replicas() if name == "qwen")
    breaker.in_flight = 1
    assert is_idle(live.runtime, [], 2, 0.0)
    breaker.in_flight = 2
    assert not is_idle(live.runtime, [], 2, 0.0)
    await live.close()
