"""Of an answer that gives way the caller sees nothing; one that is accepted comes as the engine sent it, but for what only we asked for.

Streams are drawn at random: their pieces, how they come, how sure the model is, and when the hold is over.
"""

import asyncio
import json
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.signals import Signals
from gateway.cascade.held import Held
from gateway.plan import Plan
from router.attempt import Attempt
from router.cascade import Accept, Cascade, Hold
from router.decide import decide
from router.failover import may_escalate
from router.fleet import Fleet
from router.policy import ENDPOINTS
from router.values import replace
from tests.fakes.downstream import FakeDownstream
from tests.fakes.gateway import compiled, configuration
from tests.router.examples import ASK

FIXED = settings(max_examples=300, derandomize=True, deadline=None, database=None)
PIECES = st.lists(
    st.tuples(st.sampled_from(["a", "I cannot help", '"', "\\", "logprobs", "ä", ""]), st.sampled_from([0.0, -0.5, -3.0])),
    min_size=1,
    max_size=8,
)
HOW = st.lists(st.sampled_from(["write", "at once", "pause"]), min_size=8, max_size=8)
TESTS = st.builds(Accept, st.sampled_from([None, -0.4, -1.0, 0.0]), st.booleans(), st.booleans(), st.booleans(), st.booleans())


def event(text: str, logprob: float | None, finish: str | None = None) -> bytes:
    told = None if logprob is None else {"content": [{"token": text, "logprob": logprob, "top_logprobs": []}]}
    choice = {"index": 0, "delta": {"content": text}, "logprobs": told, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}, separators=(",", ":")).encode() + b"\n\n"


async def relayed(held: Held, blocks: list[bytes], how: list[str]) -> bool:
    """Relay as an upstream does. Whether it came to its end."""
    try:
        await held.begin(200, b"text/event-stream")
        for index, block in enumerate(blocks):
            if how[index % len(how)] == "pause":
                await asyncio.sleep(0.002)
            if index == 0 or how[index % len(how)] == "write" or not held.write_nowait(block):
                await held.write(block)
        await held.end(event("", None, "stop") + b"data: [DONE]\n\n")
    except asyncio.CancelledError:
        return False
    finally:
        await held.close()
    return True


def test_a_rejected_stream_is_never_seen_and_an_accepted_one_is_whole() -> None:
    seen: Counter[str] = Counter()

    @FIXED
    @given(PIECES, HOW, TESTS, st.sampled_from([1, 3, 100]), st.sampled_from([0.001, 5.0]))
    def every(pieces: list[tuple[str, float]], how: list[str], accept: Accept, tokens: int, seconds: float) -> None:
        out = FakeDownstream()
        held_back = Cascade(accept, Hold(seconds, tokens))

        async def one() -> None:
            held = Held(out, held_back, "text", hides_logprobs=True)
            is_over = await relayed(held, [event(text, logprob) for text, logprob in pieces], how)
            await asyncio.sleep(0.003)
            if held.rejection is not None:
                assert not out.is_committed
                assert out.body == b""
                assert held.is_gone
                seen["stopped" if not is_over else "rejected"] += 1
                if not held.is_whole:
                    return
                await held.give()
            seen[held.grounds or "accepted"] += 1
            assert out.is_ended
            assert out.body == b"".join(event(text, None) for text, _ in pieces) + event("", None, "stop") + b"data: [DONE]\n\n"

        asyncio.run(one())

    every()
    assert min(seen[kind] for kind in ("accepted", "rejected", "stopped", "bound")) > 5, seen


@pytest.fixture(scope="module")
def plan() -> Plan:
    routes = [{"name": "all", "to": ["qwen"], "fallback": ["gpt"], "redact": True, "cascade": {}}]
    return compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", {"routes": routes}))


def test_no_answer_to_what_is_above_the_clouds_clearance_is_judged(plan: Plan) -> None:
    dice, policy = Random(7), plan.policy
    judged: Counter[str] = Counter()
    for _ in range(2_000):
        facts = replace(
            ASK,
            endpoint=dice.choice(ENDPOINTS),
            floor=dice.choice(list(policy.labels)),
            is_locked=dice.random() < 0.2,
            prompt_tokens=dice.choice([1, 10**6]),
        )
        decision = decide(facts, Signals(), policy)
        may = may_escalate(Attempt(1, decision.chain[0]), decision, facts, Fleet(policy.targets.values()), 0.0) if decision.chain else False
        judged[f"{decision.label} {may}"] += 1
        if may:
            assert all(target.clearance >= decision.label for target in decision.chain)
            assert not facts.is_locked
    assert judged["public True"] > 100
    assert judged["internal True"] > 100
    assert judged["personal True"] == judged["restricted True"] == 0
