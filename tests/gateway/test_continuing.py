"""A plain text that breaks off is continued by the same target, where that is said to be able to; the caller sees one stream."""

import json
import math
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typing_extensions import override

from router.attempt import Abandoned, Attempt, Outcome
from router.budget import MOST, RESERVE
from router.cost import Usage
from router.fleet import Fleet
from router.names import TargetName
from tests.fakes.client import Reply, ask
from tests.fakes.gateway import between, configuration, gateway, total
from tests.fakes.patience import paced
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Reset, Sleep
from tests.fakes.upstream import DONE, HEAD, Script, Upstream, chunk, delta, event, failing, stream, upstream

PROMPT = "Say something."
OPENING = delta(role="assistant", content="")
NEXT_YEAR = time.monotonic() + 365 * 86_400
ABLE: dict[str, Any] = {"destinations.qwen.continues": True}
BEGUN = (HEAD, chunk(OPENING), chunk(delta("one")), chunk(delta(" two")))
_USAGE = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
_OTHER = {"id": "c2", "object": "chat.completion.chunk", "created": 2, "model": "served"}
REST: Script = stream(
    event({**_OTHER, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}),
    event({**_OTHER, "choices": [{"index": 0, "delta": {"content": " three"}, "finish_reason": None}]}),
    event({**_OTHER, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    event({**_OTHER, "choices": [], "usage": _USAGE}),
    DONE,
)
BROKEN: dict[str, Script] = {
    "reset": (*BEGUN, Reset()),
    "silent": (*BEGUN, Sleep(60)),
    "ended without a finish": stream(OPENING, delta("one"), delta(" two")),
    "told of an error": stream(OPENING, delta("one"), delta(" two") + event({"error": {"message": "died", "code": 500}})),
}


class Shy(Fleet):
    """A fleet that gives a replica once."""

    @override
    def note(self, attempt: Attempt, outcome: Outcome, now: float, dice: float) -> None:
        super().note(attempt, outcome, now, dice)
        self.hold(attempt.target.name, attempt.replica, now + 60)


@pytest_asyncio.fixture
async def local() -> AsyncIterator[Upstream]:
    async with upstream() as server:
        yield server


@pytest_asyncio.fixture
async def cloud() -> AsyncIterator[Upstream]:
    async with upstream() as server:
        yield server


def _text(reply: Reply) -> str:
    chunks = [json.loads(data) for data in reply.events if data.startswith(b"{")]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk.get("choices", ()))


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("is_sensitive", [False, True], ids=["public", "sensitive"])
async def test_it_goes_on_from_its_own_words(local: Upstream, cloud: Upstream, how: str, is_sensitive: bool) -> None:
    async def scene(pace: float) -> None:
        local.then(BROKEN[how], REST)
        before = 0 if is_sensitive else cloud.accepted  # of what is sensitive nothing may have left in any scene
        edits = ABLE | {"destinations.qwen.clocks": {"between_chunks_s": 0.3 * pace}}
        said = Canary().say if is_sensitive else PROMPT
        async with between(local, cloud, edits) as gate:
            reply = await gate.post(ask(said, stream=True, max_tokens=50, temperature=0.5, stream_options={"include_usage": True}))
            assert (reply.status, reply.is_whole, reply.events[-1]) == (200, True, b"[DONE]")
            assert _text(reply) == "one two three"
            assert b"error" not in reply.body
            chunks = [json.loads(data) for data in reply.events[:-1]]
            assert {one["id"] for one in chunks} == {"c1"}, "one answer has one id"
            assert chunks[-1]["usage"] == {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
            first, second = local.fields
            assert second["messages"] == [*first["messages"], {"role": "assistant", "content": "one two"}]
            assert (second["continue_final_message"], second["add_generation_prompt"]) == (True, False)
            assert (second["max_tokens"], second["temperature"]) == (48, 0.5)
            assert cloud.accepted == before, "nobody else gets anything"
            exchange = await gate.until_observed()
            assert [(one.target, one.ending) for one in exchange.attempts] == [("qwen", "Broken"), ("qwen", "Served")]
            assert (exchange.result, exchange.usage, exchange.is_estimate) == ("served", Usage(10, 5), True)
            assert total(await gate.metrics(), "tidegate_requests_in_flight") == 0

    await paced(scene)


@pytest.mark.parametrize(
    "then,kind,words",
    [
        pytest.param(failing(503), "OVERLOADED", "one two", id="it refuses"),
        pytest.param((Reset(),), "CUT", "one two", id="it is gone"),
        pytest.param(stream(delta(" three")), "CUT", "one two three", id="it breaks once more"),
    ],
)
async def test_what_cannot_be_continued_ends_in_one_error(local: Upstream, cloud: Upstream, then: Script, kind: str, words: str) -> None:
    local.then(BROKEN["reset"], then)
    async with between(local, cloud, ABLE) as gate:
        reply = await gate.post(ask(PROMPT, stream=True))
        assert (reply.status, reply.is_whole, _text(reply)) == (200, True, words)
        assert b"[DONE]" not in reply.body
        assert reply.body.count(b'"error"') == 1
        assert json.loads(reply.events[-1])["error"]["tokens_served"] == len(words.split())
        assert len(local.bodies) == 2, "once, and no more"
        assert cloud.accepted == 0, "after the commit point nobody else is asked"
        exchange = await gate.until_observed()
        assert [(one.ending, one.failure) for one in exchange.attempts] == [("Broken", "CUT"), ("Broken", kind)]
        assert exchange.result == "broken"


@pytest.mark.parametrize(
    "more,first",
    [
        pytest.param({"tools": [{"type": "function", "function": {"name": "f"}}]}, BROKEN["reset"], id="tools"),
        pytest.param({"response_format": {"type": "json_object"}}, BROKEN["reset"], id="a form"),
        pytest.param({"n": 2}, BROKEN["reset"], id="two choices"),
        pytest.param({"max_tokens": 2}, BROKEN["reset"], id="nothing left to say"),
        pytest.param({}, stream(OPENING, delta("one", reasoning_content="hm")), id="thoughts"),
        pytest.param({}, stream(OPENING, delta("one"), event({"error": {"message": "too long", "code": 400}})), id="it would not help"),
    ],
)
async def test_what_is_no_plain_text_is_not_continued(local: Upstream, cloud: Upstream, more: dict[str, Any], first: Script) -> None:
    local.then(first, REST)
    async with between(local, cloud, ABLE) as gate:
        reply = await gate.post(ask(PROMPT, stream=True, **more))
        assert reply.events[-1].startswith(b'{"error"')
        assert len(local.bodies) == 1


async def test_a_stream_that_does_not_break_is_as_it_was(local: Upstream, cloud: Upstream) -> None:
    good = OPENING + delta("one") + delta(finish="stop") + DONE
    local.then(stream(OPENING, delta("one"), delta(finish="stop"), DONE))
    async with between(local, cloud, ABLE) as gate:
        assert (await gate.post(ask(PROMPT, stream=True))).body == good
        assert (await gate.until_observed()).is_estimate is False


async def test_another_replica_of_the_target_goes_on(local: Upstream, cloud: Upstream) -> None:
    local.then(BROKEN["reset"])
    async with upstream(REST) as second:
        content = configuration("", cloud.url, ABLE | {"destinations.qwen.urls": [local.url, second.url]})
        del content["destinations"]["qwen"]["url"]
        async with gateway(content) as gate:
            assert _text(await gate.post(ask(PROMPT, "qwen", stream=True))) == "one two three"
            assert (len(local.bodies), len(second.bodies)) == (1, 1)


async def test_usage_that_is_none_is_passed_on_as_it_is(local: Upstream, cloud: Upstream) -> None:
    odd = event({**_OTHER, "choices": [], "usage": {"prompt_tokens": "many"}})
    local.then(BROKEN["reset"], stream(b"data: [oddity]\n\n", delta(" three"), delta(finish="stop"), odd, DONE))
    async with between(local, cloud, ABLE) as gate:
        reply = await gate.post(ask(PROMPT, stream=True, stream_options={"include_usage": True}))
        assert _text(reply) == "one two three"
        assert json.loads(reply.events[-2])["usage"] == {"prompt_tokens": "many"}
        assert b"data: [oddity]\n\n" in reply.body


async def test_a_target_that_may_not_be_asked_now_is_not(local: Upstream, cloud: Upstream) -> None:
    local.then(BROKEN["reset"], REST)
    async with between(local, cloud, ABLE) as gate:
        object.__setattr__(gate.live.runtime, "fleet", Shy(gate.live.runtime.plan.policy.targets.values()))
        reply = await gate.post(ask(PROMPT, stream=True))
        assert reply.events[-1].startswith(b'{"error"')
        assert len(local.bodies) == 1


async def test_a_continuation_takes_from_the_retry_budget(local: Upstream, cloud: Upstream) -> None:
    local.then(BROKEN["reset"], REST, BROKEN["reset"], REST)
    async with between(local, cloud, ABLE) as gate:
        fleet, target = gate.live.runtime.fleet, gate.live.runtime.plan.policy.targets[TargetName("qwen")]
        assert (await gate.post(ask(PROMPT, stream=True))).events[-1] == b"[DONE]"
        assert total(await gate.metrics(), "tidegate_retry_budget", target="qwen") <= RESERVE, "paid once, taken once"
        for number in range(math.ceil(MOST)):
            spent = Attempt(number + 2, target, is_repeated=True)
            fleet.begin(spent, NEXT_YEAR)  # nothing comes back of the reserve until then
            fleet.note(spent, Abandoned(), NEXT_YEAR, 0.0)
        reply = await gate.post(ask(PROMPT, stream=True))
        assert (_text(reply), json.loads(reply.events[-1])["error"]["retryable"]) == ("one two", True)
        assert len(local.bodies) == 3, "nothing was left"


async def test_nothing_is_continued_while_the_ledger_keeps_every_attempt(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    local.then(BROKEN["reset"], REST)
    async with between(local, cloud, ABLE | {"ledger": {"dir": str(tmp_path / "ledger"), "all": True}}) as gate:
        assert (await gate.post(ask(PROMPT, stream=True))).events[-1].startswith(b'{"error"')
        assert len(local.bodies) == 1
